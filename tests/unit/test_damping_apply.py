"""Rules applied: phasing before the rule, groups by themselves, pounds that add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.needs import ServiceAreaSpend, Use
from cyps.settlement import (
    Band,
    Bands,
    DampingRule,
    Floor,
    FloorAndCeiling,
    FloorTooHigh,
    Infeasible,
    PaceOfChange,
    Proportional,
    Protection,
    Scenario,
    Transition,
    Undamped,
    damp,
    floor_damped,
    settle,
)

PLACES = authorities(2025)[:12]
CODES = tuple(place.code for place in PLACES)
RNG = np.random.default_rng(11)
TARGET = RNG.uniform(40e6, 90e6, 12)
BASELINE = TARGET * RNG.uniform(0.85, 1.2, 12) * 0.94
HALVES = {code: ("north" if i < 5 else "south") for i, code in enumerate(CODES)}
TIERS = {code: ("cash" if i % 2 else "most") for i, code in enumerate(CODES)}
RULES = {
    "none": Undamped(),
    "floor": Floor(floor=-0.05),
    "floor and ceiling": FloorAndCeiling(floor=-0.05, ceiling=0.2),
    "proportional": Proportional(floor=-0.05, ceiling=0.2),
    "bands": Bands(
        bands={"north": Band(floor=-0.1), "south": Band(floor=-0.03, ceiling=0.3)}, member=HALVES
    ),
    "protection": Protection(tiers={"cash": 0.97, "most": 0.9}, member=TIERS, payer="group"),
    "protection, outside": Protection(
        tiers={"cash": 1.0, "most": 0.95}, member=TIERS, payer="outside"
    ),
    "pace of change": PaceOfChange(least=-0.1, most=0.4, furthest_below=-0.1),
}


def scenario(rule, transition=None):
    return Scenario(
        "Rules", "illustrative", "Made up.", 2025, PLACES,
        (ServiceAreaSpend("All", "CIN", 1.0),),
        area_cost=np.ones(12), baseline=BASELINE, pot=round(TARGET.sum()), damping=rule,
        transition=transition or Transition(),
    )  # fmt: skip


USE = Use(CODES, ("CIN",), TARGET[:, None] / 1000, "made up")


PERMITTED = [
    (name, groups, phasing)
    for name in RULES
    for groups in (None, HALVES)
    for phasing in (None, 1 / 3)
    if not (name == "pace of change" and phasing)  # refused, as tested below
]


@pytest.mark.parametrize(("name", "groups", "phasing"), PERMITTED)
def test_the_pot_is_shared_to_the_pound(name, groups, phasing):
    result = settle(scenario(RULES[name], Transition(phasing, groups)), USE)
    assert result.pounds.sum() == result.scenario.pot
    np.testing.assert_array_less(np.abs(result.pounds - result.damped.allocation), 1.0)
    for members in [np.array([HALVES[c] == half for c in CODES]) for half in ("north", "south")]:
        if groups:
            together = result.target[members].sum()
            assert result.damped.allocation[members].sum() == pytest.approx(together)
            assert abs(result.pounds[members].sum() - together) < 1


def test_groups_are_settled_by_themselves():
    members = np.array([HALVES[code] == "north" for code in CODES])
    whole = damp(Floor(floor=-0.05), TARGET, BASELINE, CODES, Transition(group=HALVES))
    for half in (members, ~members):
        alone = floor_damped(TARGET[half], BASELINE[half], -0.05)
        np.testing.assert_array_equal(whole.allocation[half], alone.allocation)
        np.testing.assert_array_equal(whole.factor[half], alone.scaling_factor)
    assert np.isnan(whole.scaling_factor)


def test_one_group_of_all_is_no_group():
    together = dict.fromkeys(CODES, "England")
    one = damp(Floor(floor=-0.02), TARGET, BASELINE, CODES, Transition(group=together))
    none = damp(Floor(floor=-0.02), TARGET, BASELINE, CODES)
    np.testing.assert_array_equal(one.allocation, none.allocation)


def test_phasing_comes_before_the_rule():
    phased = damp(Undamped(), TARGET, BASELINE, CODES, Transition(phasing=1 / 3)).allocation
    both = damp(Floor(floor=-0.02), TARGET, BASELINE, CODES, Transition(phasing=1 / 3))
    by_hand = floor_damped(phased, BASELINE, -0.02)
    np.testing.assert_array_equal(both.allocation, by_hand.allocation)


def test_bands_and_tiers_guarantee_what_they_say():
    bands = damp(RULES["bands"], TARGET, BASELINE, CODES).allocation / BASELINE - 1
    floors = np.array([-0.1 if HALVES[code] == "north" else -0.03 for code in CODES])
    assert (bands >= floors - 1e-12).all()
    least = np.array([0.97 if TIERS[code] == "cash" else 0.9 for code in CODES])
    group = damp(RULES["protection"], TARGET, BASELINE, CODES)
    assert (group.allocation >= least * BASELINE * (1 - 1e-12)).all()
    assert not group.top_up.any()


def test_outside_pays_on_a_line_of_its_own():
    result = settle(scenario(RULES["protection, outside"]), USE)
    least = np.array([1.0 if TIERS[code] == "cash" else 0.95 for code in CODES])
    assert result.pounds.sum() == result.scenario.pot
    np.testing.assert_allclose(result.damped.allocation, result.target)
    short = np.maximum(0, least * BASELINE - result.target)
    assert short.any()
    assert (result.top_up >= short - 1e-6).all()
    assert (result.top_up < short + 1).all()


@pytest.mark.parametrize(
    ("rule", "transition", "says"),
    [
        (RULES["pace of change"], Transition(phasing=0.5), "choose one"),
        (Floor(floor=0.0), Transition(phasing=1.5), "phasing weight is 1.5"),
        (
            Bands(bands={"north": Band(floor=0.0)}, member={CODES[0]: "north"}),
            Transition(),
            rf"No band is given for {CODES[1]}.* and 6 more",
        ),
        (Floor(floor=0.0), Transition(group={}), "No damping group is given for"),
    ],
)
def test_what_cannot_be_applied_is_said(rule, transition, says):
    with pytest.raises(CypsError, match=says):
        damp(rule, TARGET, BASELINE, CODES, transition)


def test_an_infeasible_group_is_named():
    short = np.where([HALVES[code] == "north" for code in CODES], TARGET * 0.5, TARGET * 2)
    with pytest.raises(FloorTooHigh, match="In the damping group 'north': A floor of -5"):
        damp(Floor(floor=-0.05), short, BASELINE, CODES, Transition(group=HALVES))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "flour"},
        {"kind": "floor", "floor": -1.5},
        {"kind": "floor", "floor": "5%"},
        {"kind": "floor", "floor": 0.0, "cieling": 0.1},
        {"kind": "bands", "bands": {"a": {"floor": 0.0}}, "member": {"E1": "b"}},
        {"kind": "protection", "tiers": {}, "member": {}, "payer": "group"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        TypeAdapter(DampingRule).validate_python(wrong)


def test_rules_say_themselves_in_words():
    for rule in RULES.values():
        assert TypeAdapter(DampingRule).validate_json(rule.model_dump_json()) == rule
    by_words = scenario(Floor(floor=-0.05), Transition(phasing=1 / 3, group=HALVES))
    words = "0.3333 of the way to target, then floor -5.00%, by group"
    assert by_words.damping_in_words == words
    assert by_words.floor is None
    assert replace(by_words, transition=Transition()).floor == -0.05


def test_bands_that_cost_too_much_say_how_far_all_must_fall():
    bands = {"north": Band(floor=0.3), "south": Band(floor=0.2)}
    with pytest.raises(
        FloorTooHigh, match=r"Lower every band's floor .* by \d+\.\d{6} perc"
    ) as told:
        damp(Bands(bands=bands, member=HALVES), TARGET, BASELINE, CODES)
    points = float(str(told.value).split(" by ")[1].split(" ")[0]) / 100
    lower = {name: Band(floor=band.floor - points) for name, band in bands.items()}
    damped = damp(Bands(bands=lower, member=HALVES), TARGET, BASELINE, CODES)
    assert damped.allocation.sum() == pytest.approx(TARGET.sum())


def test_bands_say_their_ceilings():
    assert "south floor -3.00%, ceiling +30.00%" in RULES["bands"].words()


CEILING = FloorAndCeiling(floor=-0.5, ceiling=0.0)
SLOW, STEEP = PaceOfChange(least=0.0, most=0.01), PaceOfChange(least=0.3, most=0.5)
RULES_THAT_CANNOT_BE_KEPT = [
    (Floor(floor=0.2), [90.0, 200.0, 50.0], [100.0, 200.0, 100.0], "C", "Lifting"),
    (CEILING, [150.0, 210.0, 10.0], [100.0, 200.0, 10.0], "A", "Ceilings hold"),
    (SLOW, [100.0, 400.0, 5.0], [100.0, 200.0, 5.0], "B", "It holds back"),
    (STEEP, [60.0, 210.0, 130.0], [100.0, 200.0, 100.0], "A", "Lifting"),
]


@pytest.mark.parametrize(("rule", "F", "B", "most", "says"), RULES_THAT_CANNOT_BE_KEPT)
def test_a_refusal_knows_whom_the_limits_move_most(rule, F, B, most, says):
    names = ("A", "B", "C")
    big = 1e6
    with pytest.raises(Infeasible) as refused:
        damp(rule, big * np.array(F), big * np.array(B), names)
    who = refused.value.who(names)
    assert who.startswith(f"{says}")
    assert f"most for {most} (£" in who


def test_a_refusal_in_a_group_knows_whom_it_binds_in_the_whole():
    F, B = np.array([1e8, 0.9e8, 2e8, 0.5e8]), np.full(4, 1e8)
    transition = Transition(group={"A": "x", "B": "y", "C": "x", "D": "y"})
    with pytest.raises(Infeasible, match="In the damping group 'y'") as refused:
        damp(Floor(floor=0.0), F, B, tuple("ABCD"), transition)
    assert refused.value.binding.tolist() == [0, 1e7, 0, 5e7]
    assert refused.value.who(tuple("ABCD")) == (
        "Lifting to the limit costs most for D (£50,000,000), B (£10,000,000)."
    )
