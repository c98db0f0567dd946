"""What cannot be settled is refused word for word, and by the names that a reader knows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.needs import ServiceAreaSpend, Use, area_cost_adjusted, cost_weights, typed_weights
from cyps.settlement import (
    Band,
    Bands,
    Exclusion,
    Floor,
    Proportional,
    Protection,
    Transition,
    Undamped,
    Year,
    reorganise,
    settle,
    settle_years,
)
from cyps.settlement.dated import origin_in
from cyps.settlement.example import example
from cyps.settlement.record import from_json, to_json
from made_settlements import EVERYONE, made

ONE = example()
DERBY, HARTLEPOOL = "E06000015", "E06000001"


def refused(call):
    with pytest.raises(CypsError) as told:
        call()
    return str(told.value)


# --- use and its shares


@pytest.mark.parametrize(
    ("codes", "children", "says"),
    [
        (("E1", "E2"), [[1.0]],
         "The use table has (1, 1) numbers for 2 authorities and 1 metrics. Give one number for "
         "each."),
        (("E3", "E1", "E2", "E1", "E2"), [[1.0]] * 5,
         "The use table names E1, E2 more than once."),
        (("E1", "E2", "E3", "E4", "E5", "E6", "E7"), [[1.0], *[[-1.0]] * 5, [np.nan]],
         "Use of CIN is missing or below zero for 6 authorities (E2, E3, E4, E5, E6). Every "
         "authority needs a number of 0 or more."),
        (("E1", "E2"), [[0.0], [0.0]],
         "Nobody in any authority uses CIN, so its shares cannot be formed. Leave the metric out "
         "or give its use."),
    ],
)  # fmt: skip
def test_use_that_cannot_be_shared(codes, children, says):
    assert refused(lambda: Use(codes, ("CIN",), children, "made up")) == says


def test_use_of_one_child_in_all_is_use():
    assert Use(("E1", "E2"), ("CIN",), [[1], [0]], "made up").children.dtype == np.float64


def test_use_and_scenario_are_their_own():
    """A settlement's numbers do not change under it, whatever becomes of the arrays given."""
    children = np.array([[30.0], [20.0]])
    use = Use(("E1", "E2"), ("CIN",), children, "made up")
    children[0] = 99
    assert use.children.tolist() == [[30.0], [20.0]]
    for array in (use.children, ONE.scenario.baseline, ONE.scenario.area_cost):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_lines_of_one_metric_are_added():
    spent = [("CIN", 1.0), ("CARE", 5.0), ("CIN", 4.0)]
    lines = [ServiceAreaSpend(str(i), *line) for i, line in enumerate(spent)]
    assert cost_weights(lines, ["CIN", "CARE"]).tolist() == [0.5, 0.5]
    assert typed_weights({"CIN": 1, "CARE": 3}, ["CIN", "CARE"]).dtype == np.float64
    for amount in (np.nan, np.inf, -1.0):
        assert "must be numbers of 0 or more" in refused(
            lambda amount=amount: typed_weights({"CIN": amount, "CARE": 3.0}, ["CIN", "CARE"])
        )


def test_factors_for_somebody_else():
    assert refused(lambda: area_cost_adjusted(np.array([0.5, 0.5]), np.ones(3))) == (
        "There are 3 area cost factors for 2 authorities. Give one for each."
    )


# --- a scenario and who is in it


def test_a_scenario_out_of_order():
    backwards = ONE.scenario.authorities[::-1]
    for wrong in (backwards, (ONE.scenario.authorities[0],) * 2):
        assert refused(lambda wrong=wrong: replace(ONE.scenario, authorities=wrong)) == (
            "The authorities of a scenario must be in the order of their codes, each once."
        )


@pytest.mark.parametrize("pot", [0, -1, 99.5, -0.5])
def test_a_pot_of_no_whole_pounds(pot):
    assert refused(lambda: replace(ONE.scenario, pot=pot)) == (
        f"The pot is {pot}. It must be a whole number of pounds above 0."
    )
    assert replace(ONE.scenario, pot=1).pot == 1


def test_typed_numbers_become_numbers_with_decimals():
    scenario = replace(ONE.scenario, baseline=[50, 50], area_cost=[1, 1])
    assert {scenario.baseline.dtype, scenario.area_cost.dtype} == {np.dtype(np.float64)}


def test_factors_of_other_metrics():
    other = replace(ONE.scenario, area_cost=np.ones((2, 2)), area_cost_metrics=("CARE", "CEASED"))
    assert refused(lambda: other.area_cost_of(("CIN", "CARE"))) == (
        "Area cost factors are given for CARE, CEASED, but use for CIN, CARE. Give a factor for "
        "each metric of use and no other."
    )


def use_of(*codes):
    return Use(codes, ("CIN",), np.arange(1.0, len(codes) + 1)[:, None], "made up")


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        ((HARTLEPOOL,), f"use is missing for {DERBY}"),
        ((), f"use is missing for {HARTLEPOOL}, {DERBY}"),
        ((DERBY, "E1", HARTLEPOOL, "E2"), "use is given for E1, E2, not in this settlement"),
        (("E1",), f"use is missing for {HARTLEPOOL}, {DERBY}; use is given for E1, not in this "
                  "settlement"),
    ],
)  # fmt: skip
def test_use_of_others(codes, says):
    use = use_of(*codes) if codes else replace(ONE.use, codes=("E9", "E8"))
    expected = f"Use and scenario do not name the same authorities: {says}"
    told = refused(lambda: settle(ONE.scenario, use))
    assert told == f"{expected}." if codes else told.startswith(expected)


def test_use_in_another_order_is_put_in_order():
    use = Use((DERBY, HARTLEPOOL), ("CIN",), [[20.0], [30.0]], "by hand")
    again = settle(ONE.scenario, use)
    assert again.pounds.tolist() == ONE.pounds.tolist()
    assert (again.use.codes, again.use.basis) == (ONE.scenario.codes, "by hand")


def in_groups(group, n=153, exclusions=()):
    one = made(n=n)
    scenario = replace(
        one.scenario, transition=Transition(group=group), damping=Undamped(), exclusions=exclusions
    )
    return settle(scenario, one.use)


@pytest.mark.parametrize("number", [1, 19, 20, 21, 22])
def test_who_has_no_group_is_named(number):
    left = {place.code: "a" for place in EVERYONE[number:]}
    names = ", ".join(f"{a.name} ({a.code})" for a in EVERYONE[: min(number, 20)])
    more = {21: " and 1 more", 22: " and 2 more"}.get(number, "")
    assert refused(lambda: in_groups(left)) == (
        f"The damping cannot be used: no damping group is given for {names}{more}, and every "
        "authority needs one."
    )


@pytest.mark.parametrize("number", [1, 19, 20, 21, 22])
def test_a_group_of_nobody_here_is_named(number):
    others = [f"X{i}" for i in range(number)]
    group = {a.code: "a" for a in EVERYONE} | dict.fromkeys(others, "a")
    more = {21: " and 1 more", 22: " and 2 more"}.get(number, "")
    assert refused(lambda: in_groups(group)) == (
        f"The damping cannot be used: a damping group is given for {', '.join(others[:20])}"
        f"{more}, not in this settlement."
    )


def test_both_are_said_and_who_is_left_out_may_have_a_group():
    group = {a.code: "a" for a in EVERYONE[1:3]} | {"X1": "b"}
    assert refused(lambda: in_groups(group, 3)) == (
        "The damping cannot be used: no damping group is given for "
        f"{EVERYONE[0].name} ({EVERYONE[0].code}), and every authority needs one; a damping "
        "group is given for X1, not in this settlement."
    )
    gone = (Exclusion("X1", "Gone", "no return"),)
    whole = dict.fromkeys((a.code for a in EVERYONE[:3]), "a") | {"X1": "b"}
    assert in_groups(whole, 3, gone).pounds.sum() == in_groups(whole, 3, gone).scenario.pot


def test_pounds_of_a_group_stay_in_it():
    group = {a.code: "ab"[i % 2] for i, a in enumerate(EVERYONE[:40])}
    one = in_groups(group, 40)
    assert one.pounds.dtype == np.int64
    for name in "ab":
        members = np.array([group[code] == name for code in one.scenario.codes])
        assert abs(one.pounds[members].sum() - one.target[members].sum()) < 1


def test_what_cannot_be_paid_names_who_binds():
    member = {HARTLEPOOL: "x", DERBY: "y"}
    tiers = Protection(tiers={"x": 0.5, "y": 1.9}, member=member, payer="group")
    told = refused(lambda: settle(replace(ONE.scenario, damping=tiers), ONE.use))
    assert "Derby" in told
    assert "None" not in told
    plain = refused(lambda: settle(replace(ONE.scenario, damping=Floor(floor=0.5)), ONE.use))
    assert plain.startswith("A floor of 50.0000% cannot be paid for")
    assert plain == plain.strip()


def test_each_of_two_years_is_named_even_by_the_lists_own_year():
    years = [Year(label, 100, Floor(floor=-0.1)) for label in ("2025", "2026")]
    titles = [one.scenario.title for _, one in settle_years(ONE.scenario, years, ONE.use)]
    assert titles == ["Two, 2025", "Two, 2026"]
    ((_, alone),) = settle_years(ONE.scenario, years[:1], ONE.use)
    assert alone.scenario.title == "Two"


@pytest.mark.parametrize(
    ("character", "fits"),
    [("\n", True), ("\t", False), ("\x1b", False), ("\x7e", True), ("\x7f", False),
     ("\x9f", False), ("\xa0", True), (" ", True)],
)  # fmt: skip
def test_words_hold_nothing_that_a_terminal_would_obey(character, fits):
    words = f"By{character}hand"
    scenario = replace(ONE.scenario, statement=words)
    if fits:
        assert from_json(to_json(scenario, ONE.use))[0].statement == words
    else:
        assert "has a control character" in refused(lambda: from_json(to_json(scenario, ONE.use)))


def test_an_origin_without_a_date_has_none():
    note = "Area cost: by weight (illustrative: A paper)."
    assert origin_in(note) == ("Area cost: by weight", "A paper", "illustrative", "")


def test_use_of_others_cannot_be_reorganised():
    other = use_of("E1", "E2")
    assert refused(lambda: reorganise(ONE.scenario, other, ())) == (
        "Use and scenario must name the same authorities to be reorganised."
    )


# --- what ceilings do that are not in the plain rules


def test_ceilings_of_bands_and_of_the_proportional_form_bind():
    codes = [a.code for a in authorities(2025)[:12]]
    bands = Bands(
        bands={"a": Band(floor=-0.2), "b": Band(floor=-0.2, ceiling=0.02)},
        member={code: "ab"[i % 2] for i, code in enumerate(codes)},
    )
    proportional = Proportional(floor=-0.2, ceiling=0.15)
    for rule, ceiling, capped in ((bands, 0.02, np.s_[1::2]), (proportional, 0.15, np.s_[:])):
        one = made(rule=rule)
        most = one.scenario.baseline[capped] * (1 + ceiling)
        allocation = one.damped.allocation[capped]
        assert (allocation <= most * (1 + 1e-12)).all()
        assert np.isclose(allocation, most, rtol=1e-12).any()
    assert made(rule=Undamped()).damped.factor.tolist() == [1.0] * 12
