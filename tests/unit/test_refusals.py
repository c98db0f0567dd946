"""Refusals, word for word: what an officer reads when a rule cannot be kept.

Whoever changes one reads it aloud first.
"""

from __future__ import annotations

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.settlement import (
    Bands,
    Floor,
    FloorAndCeiling,
    FloorTooHigh,
    Infeasible,
    PaceOfChange,
    Proportional,
    Protection,
    Transition,
    Undamped,
    Year,
    damp,
    floor_and_ceiling_damped,
    floor_damped,
    pace_of_change,
    phased,
    protected,
    settle_years,
    whole_pounds,
)
from cyps.settlement.example import example

ONE_YEAR = example()
ONE, TWO, SIX, EIGHT = (np.ones(n) for n in (1, 2, 6, 8))
BANDS = Bands(bands={"x": {"floor": 0.0}}, member={"A": "x"})
SAID = [
    (
        lambda: floor_damped([9, 20], [1000, 2000], 0.0),
        "A floor of 0.0000% cannot be paid for: guaranteeing it to everyone would cost more "
        "than the pot. The highest floor that fits is -99.033334%. Lower the floor to that or "
        "below, or raise the pot. Baselines add up to over ten times the pot: are both in pounds?",
    ),
    (
        lambda: floor_damped([9, 20], [10, 20], 0.1),
        "A floor of 10.0000% cannot be paid for: guaranteeing it to everyone would cost more "
        "than the pot. The highest floor that fits is -3.333334%. Lower the floor to that or "
        "below, or raise the pot.",
    ),
    (
        lambda: floor_damped([9, 20], [10, 20], -1.5),
        "The floor is -1.5. It is a change against the baseline, such as -0.05 for a fall of "
        "at most 5%, and cannot be below -1 (-100%).",
    ),
    (
        lambda: floor_damped([9, 20], [10], 0.0),
        "Damping needs one target and one baseline for each authority, but got 2 targets and "
        "1 baselines.",
    ),
    (
        lambda: floor_damped([-9, 20], [10, 2], 0.0),
        "A target is missing or below zero. Every authority needs a target of 0 or more.",
    ),
    (
        lambda: floor_damped([9, 20], [10, np.nan], 0.0),
        "A baseline is missing or below zero. Every authority needs a baseline of 0 or more.",
    ),
    (
        lambda: floor_and_ceiling_damped([9, 20], [10, 20], [0.1, 0.0]),
        "The floors cannot be paid for: guaranteeing them to everyone would cost more than "
        "the pot. Lower every band's floor (or every protected part) by 6.666667 percentage "
        "points, or raise the pot.",
    ),
    (
        lambda: floor_and_ceiling_damped([150, 210], [100, 200], -0.5, 0.0),
        "The ceilings leave £60 of the pot unspent: everybody above their floor would be at "
        "their ceiling. Raise every ceiling by at least 20.000000% of the baseline, or lower "
        "the pot.",
    ),
    (
        lambda: floor_and_ceiling_damped([150, 10], [0, 0], -0.5, 0.0),
        "The ceilings leave £160 of the pot unspent: everybody above their floor would be at "
        "their ceiling. Give those without a baseline no ceiling, or lower the pot.",
    ),
    (
        lambda: floor_and_ceiling_damped([9, 20], [10, 20], -1.5),
        "A floor is missing or below -100%. Each is a change such as -5%.",
    ),
    (
        lambda: floor_and_ceiling_damped([9, 20], [10, 20], 0.1, 0.0),
        "A ceiling is missing or below its floor, so nothing would lie between them. Raise "
        "the ceiling or lower the floor.",
    ),
    (
        lambda: phased([9], [10], 1.5),
        "The phasing weight is 1.5. It lies between 0 and 1, such as 1/3.",
    ),
    (lambda: phased([9], [0], 0.5), "Phasing starts from the baseline, but every baseline is 0."),
    (
        lambda: protected([9], [10], 0.9, "nobody"),
        "The payer of protection is 'nobody'. It is 'group' or 'outside'.",
    ),
    (
        lambda: protected([9], [10], -0.1, "outside"),
        "A protected part of the baseline is missing or below 0.",
    ),
    (
        lambda: protected([9], [10], np.inf, "outside"),
        "A protected part of the baseline is missing or below 0.",
    ),
    (
        lambda: pace_of_change([0, 9], [1, 2], 0.0, 0.1),
        "Distance from target needs every target to be above 0.",
    ),
    (
        lambda: pace_of_change([1, 9], [1, 2], 0.2, 0.1),
        "Least growth (20.00%) must be -100% or more and at most 10.00%.",
    ),
    (
        lambda: pace_of_change([1, 9], [1, 2], -1.1, 0.1),
        "Least growth (-110.00%) must be -100% or more and at most 10.00%.",
    ),
    (
        lambda: pace_of_change([1, 9], [0, 0], 0.0, 0.1),
        "Pace of change starts from the baseline, but every baseline is 0.",
    ),
    (
        lambda: pace_of_change([60, 210], [100, 200], 0.3, 0.5),
        "Growth of at least 30.00% for everybody and lifts to -5.00% of target cost £390, "
        "more than the pot of £270. Lower the least growth to -29.500001% or below, or let "
        "authorities stay further below target.",
    ),
    (
        lambda: pace_of_change([60, 210], [100, 200], 0.3, 0.5, 0.01),
        "Everybody cannot be lifted to 1.00% above target: give how far below target is left, "
        "such as -5%.",
    ),
    (
        lambda: pace_of_change([100, 400], [100, 200], 0.0, 0.01),
        "Growth of at most 1.0000% leaves part of the pot unspent. Raise 'most' to "
        "100.000000% or above, or lower the pot.",
    ),
    (
        lambda: damp(PaceOfChange(least=0, most=1), ONE, ONE, ("A",), Transition(phasing=0.5)),
        "Phasing and pace of change are both a transition from baseline to target: choose one.",
    ),
    (
        lambda: damp(BANDS, EIGHT, EIGHT, tuple("ABCDEFGH")),
        "No band is given for B, C, D, E, F and 2 more. Every authority of the settlement "
        "needs one.",
    ),
    (
        lambda: damp(BANDS, SIX, SIX, tuple("ABCDEF")),
        "No band is given for B, C, D, E, F. Every authority of the settlement needs one.",
    ),
    (
        lambda: damp(Protection(tiers={"x": 1.0}, member={}, payer="group"), ONE, ONE, ("A",)),
        "No tier is given for A. Every authority of the settlement needs one.",
    ),
    (
        lambda: damp(Undamped(), TWO, TWO, ("A", "B"), Transition(group={"A": "x"})),
        "No damping group is given for B. Every authority of the settlement needs one.",
    ),
    (
        lambda: whole_pounds(np.array([1.5, 2.0]), 9, ("A", "B")),
        "The allocations add up to 3.50, not to the pot of 9.",
    ),
]


@pytest.mark.parametrize(("refused", "words"), SAID)
def test_a_refusal_is_said_in_these_words(refused, words):
    with pytest.raises(CypsError) as said:
        refused()
    assert str(said.value) == words


@pytest.mark.parametrize(
    ("binding", "who"),
    [
        ([0.9, 0.0], ""),
        ([1.0, 0.0], "Lifting to the limit costs most for A (£1)."),
        ([5, 7, 6], "Lifting to the limit costs most for B (£7), C (£6), A (£5)."),
        (
            [5, 7000, 6, 7000],
            "Lifting to the limit costs most for B (£7,000), D (£7,000), C (£6), and less for "
            "1 other.",
        ),
        (
            [5, 7, 6, 9, 1],
            "Lifting to the limit costs most for D (£9), B (£7), C (£6), and less for 2 others.",
        ),
    ],
)
def test_who_is_bound_in_words(binding, who):
    refused = Infeasible("It cannot be kept.", np.array(binding, dtype=float))
    assert str(refused) == "It cannot be kept."
    assert refused.who("ABCDE") == who


def test_a_refusal_carries_the_nearest_value_that_works():
    F, B = np.array([9.0, 20.0]), np.array([10.0, 20.0])
    with pytest.raises(FloorTooHigh) as refused:
        floor_damped(F, B, 0.1)
    assert refused.value.floor == 0.1
    assert refused.value.highest_floor == pytest.approx(29 / 30 - 1)
    assert refused.value.binding.tolist() == [2.0, 2.0]
    highest = refused.value.highest_floor
    floor_damped(F, B, highest)
    with pytest.raises(FloorTooHigh):
        floor_damped(F, B, highest + 1e-6)
    with pytest.raises(Infeasible) as ceilings:
        floor_and_ceiling_damped([150, 210], [100, 200], -0.5, 0.0)
    assert ceilings.value.unspent == 60
    assert ceilings.value.raise_by == pytest.approx(0.2)
    assert ceilings.value.binding.tolist() == [50, 10]
    floor_and_ceiling_damped([150, 210], [100, 200], -0.5, ceilings.value.raise_by + 1e-12)
    with pytest.raises(Infeasible) as pace:
        pace_of_change([100, 400], [100, 200], 0.0, 0.01)
    assert (pace.value.most, pace.value.least_most) == (0.01, 1.0)
    assert pace.value.binding.tolist() == pytest.approx([0, 20])
    pace_of_change([100, 400], [100, 200], 0.0, pace.value.least_most)


def test_distance_from_target_before_and_after():
    """By hand: baselines of 300 brought to 360 are 120 and 240; targets 160 and 200."""
    pace = pace_of_change([160, 200], [100, 200], -0.1, 0.7, -1.0)
    np.testing.assert_allclose(pace.opening_distance, [120 / 160 - 1, 240 / 200 - 1])
    np.testing.assert_allclose(pace.closing_distance, pace.allocation / [160, 200] - 1)


LIMITED = {
    "floor and ceiling": FloorAndCeiling(floor=-0.05, ceiling=0.04),
    "proportional": Proportional(floor=-0.05, ceiling=0.5),
    "bands": Bands(bands={"x": {"floor": -0.05}}, member=dict.fromkeys("ABC", "x")),
    "group": Protection(tiers={"x": 0.95}, member=dict.fromkeys("ABC", "x"), payer="group"),
    "outside": Protection(tiers={"x": 0.95}, member=dict.fromkeys("ABC", "x"), payer="outside"),
    "pace": PaceOfChange(least=-0.05, most=0.5),
    "floor": Floor(floor=-0.05),
}


@pytest.mark.parametrize("name", LIMITED)
def test_every_rule_tells_its_floors_and_what_they_cost(name):
    F, B = np.array([90.0, 210.0, 103.0]), np.array([100.0, 200.0, 100.0])
    damped = damp(LIMITED[name], F, B, ("A", "B", "C"))
    floor = 0.95 * B
    np.testing.assert_allclose(damped.floor_amount, floor, rtol=1e-15)
    np.testing.assert_allclose(damped.cost, np.maximum(0, floor - F), rtol=1e-12)
    np.testing.assert_allclose(damped.headroom, np.maximum(0, F - floor), rtol=1e-12)
    assert damped.allocation.sum() == pytest.approx(F.sum())
    np.testing.assert_array_equal(damped.factor, np.full(3, damped.scaling_factor))
    outside = [5.0, 0, 0] if name == "outside" else [0.0, 0, 0]
    np.testing.assert_allclose(damped.top_up, outside, atol=1e-12)
    if name in {"floor", "bands", "group"}:
        assert damped.scaling_factor == pytest.approx(1 - 5 / (20 + 8))
    if name == "outside":
        assert damped.scaling_factor == 1.0


PREVIOUS = Year("2026-27", 100, Undamped(), baseline="previous")
GIVEN = Year("2026-27", 100, Undamped())


@pytest.mark.parametrize(
    ("years", "words"),
    [
        ([], "Years need labels, each its own, but are none."),
        (
            [GIVEN, Year("2026-27", 5, Undamped())],
            "Years need labels, each its own, but are 2026-27, 2026-27.",
        ),
        (
            [PREVIOUS],
            "The first year (2026-27) cannot take the year before as its baseline: there is none. "
            "Set its baseline to 'given'.",
        ),
    ],
)
def test_years_that_cannot_be_settled_are_said_in_these_words(years, words):
    with pytest.raises(CypsError) as said:
        settle_years(ONE_YEAR.scenario, years, ONE_YEAR.use)
    assert str(said.value) == words


def test_a_label_is_in_the_title_and_only_several_years_name_the_year_of_a_refusal():
    scenario, use = ONE_YEAR.scenario, ONE_YEAR.use
    ((_, unnamed),) = settle_years(scenario, [Year(str(scenario.year), 100, Undamped())], use)
    assert unnamed.scenario.title == scenario.title
    ((_, alone),) = settle_years(scenario, [GIVEN], use)
    assert alone.scenario.title == f"{scenario.title}, 2026-27"
    two = settle_years(scenario, [GIVEN, Year("2027-28", 100, Undamped())], use)
    assert [s.scenario.title for _, s in two] == [
        f"{scenario.title}, 2026-27", f"{scenario.title}, 2027-28",
    ]  # fmt: skip
    steep = Year("2027-28", 10, Floor(floor=0.0))
    with pytest.raises(Infeasible, match=r"^A floor of"):
        settle_years(scenario, [steep], use)
    with pytest.raises(Infeasible, match=r"^Year 2027-28: A floor of"):
        settle_years(scenario, [GIVEN, steep], use)


def test_a_year_builds_on_what_everybody_had_with_top_ups():
    scenario, use = ONE_YEAR.scenario, ONE_YEAR.use
    tiers = dict.fromkeys(scenario.codes, "all")
    outside = Protection(tiers={"all": 1.2}, member=tiers, payer="outside")
    (_, first), (_, second) = settle_years(
        scenario,
        [Year("1", 100, outside), Year("2", 100, Undamped(), baseline="previous")],
        use,
    )
    assert first.top_up.any()
    np.testing.assert_array_equal(second.scenario.baseline, first.pounds + first.top_up)
    assert second.scenario.baseline.dtype == np.float64
