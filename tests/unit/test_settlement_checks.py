"""Checks of a settlement: each state and each sentence, on results put wrong by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cyps.needs import weights_as_spend
from cyps.settlement import Exclusion, Protection, Undamped, settle
from cyps.settlement.checks import checks, doubts, far_area_cost, far_from_baseline, far_use
from cyps.settlement.example import example
from cyps.settlement.illustration import illustration
from cyps.settlement.rules import Band, Bands, Floor, FloorAndCeiling, PaceOfChange, Proportional
from made_settlements import EVERYONE, made

GOOD = example()
ALL_IS_WELL = [
    ("Pot", "OK", "Whole pounds add up to the pot of 100."),
    ("Damping", "OK", "Damping makes and loses no money: floor -20.00%; "
     "1 authorities get their floor and no more."),
    ("Status", "WARN", "illustrative: Made up."),
]  # fmt: skip


def told(settlement):
    return [(check.name, check.state, check.sentence) for check in checks(settlement)]


def test_a_settlement_in_order():
    lines = told(GOOD)
    assert [line for line in lines if line[0] != "Shares"] == ALL_IS_WELL
    assert lines[1][0:2] == ("Shares", "OK")
    assert lines[1][2].startswith("Shares add up to 1 to within ")
    assert float(lines[1][2].split()[-1].rstrip(".")) < 1e-15


def test_pounds_that_are_not_the_pot():
    assert told(replace(GOOD, pounds=GOOD.pounds - 600))[0] == (
        "Pot", "STOP", "Whole pounds differ from the pot by 1,200.",
    )  # fmt: skip
    assert told(replace(GOOD, pounds=GOOD.pounds + np.array([0, 3])))[0][2].endswith("by -3.")


@pytest.mark.parametrize("share", ["metric_share", "share"])
@pytest.mark.parametrize(("off", "state"), [(3e-9, "STOP"), (-3e-9, "STOP"), (5e-10, "OK")])
def test_shares_that_do_not_add_up(share, off, state):
    wrong = getattr(GOOD, share).copy()
    wrong[0] += off
    line = told(replace(GOOD, **{share: wrong}))[1]
    assert line == ("Shares", state, f"Shares add up to 1 to within {abs(off):.0e}.")


@pytest.mark.parametrize("made", [1e-6, -1e-6])
def test_damping_that_makes_or_loses_money(made):
    damped = replace(GOOD.damped, allocation=GOOD.damped.allocation + np.array([made, 0]))
    line = told(replace(GOOD, damped=damped))[2]
    assert line[:2] == ("Damping", "STOP")
    assert line[2].startswith("Damping makes or loses money: floor -20.00%; ")
    small = replace(GOOD.damped, allocation=GOOD.damped.allocation + np.array([1e-8, 0]))
    assert told(replace(GOOD, damped=small))[2][1] == "OK"


def test_who_is_left_out_and_what_comes_from_outside():
    gone = (Exclusion("E1", "Rutland", "no return"), Exclusion("E2", "Scilly", "too few"))
    scenario = replace(
        GOOD.scenario,
        pot=100_000,
        baseline=np.array([50_000.0, 50_000.0]),
        exclusions=gone,
        damping=Protection(
            tiers={"all": 0.9}, member=dict.fromkeys(GOOD.scenario.codes, "all"), payer="outside"
        ),
    )
    settlement = settle(scenario, GOOD.use)
    lines = told(settlement)
    assert lines[4] == (
        "Left out", "WARN", "Not in this settlement: Rutland (no return), Scilly (too few).",
    )  # fmt: skip
    assert lines[5] == ("Top-up", "WARN", "5,000 pounds come from outside the pot.")
    assert len(lines) == 6


MEMBER = {"A": "x"}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Undamped(), "no damping"),
        (Proportional(floor=-0.05), "floor -5.00%, proportional form"),
        (Proportional(floor=0.0, ceiling=0.1), "floor +0.00%, ceiling +10.00%, proportional form"),
        (Band(floor=0.01), "floor +1.00%"),
        (
            Bands(bands={"x": Band(floor=0.01), "y": Band(floor=0.0, ceiling=0.02)}, member=MEMBER),
            "limits by band (x floor +1.00%; y floor +0.00%, ceiling +2.00%)",
        ),
        (
            Protection(tiers={"x": 1.0, "y": 0.955}, member=MEMBER, payer="group"),
            "protection (x 100.00%, y 95.50%), paid by the group",
        ),
        (
            Protection(tiers={"x": 1.0}, member=MEMBER, payer="outside"),
            "protection (x 100.00%), paid by outside",
        ),
        (
            PaceOfChange(least=-0.01, most=0.05, furthest_below=-0.025),
            "pace of change -1.00% to +5.00%, nobody further below target than -2.50%",
        ),
    ],
)
def test_a_rule_in_words(rule, words):
    assert rule.words() == words


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Bands(bands={"x": Band(floor=0.0), "z": Band(floor=0.0)},
                       member={"A": "y", "B": "w"}), "band w, y is not described; there are x, z"),
        (lambda: Protection(tiers={"x": 1.0}, member={"A": "y"}, payer="group"),
         "tier y is not described; there are x"),
    ],
)  # fmt: skip
def test_a_member_of_nothing_is_named(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_baselines_in_thousands_are_doubted():
    thousands = replace(GOOD.scenario, baseline=GOOD.scenario.baseline / 1000)
    (doubt,) = doubts(settle(thousands, GOOD.use))
    assert "baselines add up to £0, the pot is £100. Give both in pounds" in doubt
    assert ("Units", "WARN", doubt) in told(settle(thousands, GOOD.use))


def test_one_wrong_factor_is_doubted_by_name():
    wrong = replace(GOOD.scenario, area_cost=[1.0, 112.0])
    (doubt,) = [d for d in doubts(settle(wrong, GOOD.use)) if "factor" in d]
    names = [authority.name for authority in GOOD.scenario.authorities]
    assert names[0] in doubt  # far below the middle of the two
    plain = replace(GOOD.scenario, area_cost=[1.0, 1.4])
    assert doubts(settle(plain, GOOD.use)) == ()


def test_five_doubted_authorities_are_named_and_the_others_counted():
    good = illustration()

    def told_of(number):
        cost = np.ones(len(good.pounds))
        cost[:number] = 400
        wrong = replace(good.scenario, area_cost=cost)
        (doubt,) = [d for d in doubts(settle(wrong, good.use)) if "factor is" in d]
        return doubt

    names = [f"{a.name} (400)" for a in good.scenario.authorities]
    assert f", for {', '.join(names[:5])}. Check" in told_of(5)
    assert f", for {', '.join(names[:5])} and 1 more. Check" in told_of(6)
    assert f", for {', '.join(names[:5])} and 2 more. Check" in told_of(7)


def test_who_is_far_from_target_is_told_with_both_amounts():
    made = illustration()
    ratio = made.target / made.scenario.baseline
    baseline = made.scenario.baseline.copy()
    baseline[0] = made.target[0] / 21
    baseline[1] = made.target[1] * 21
    baseline[2] = made.target[2] / 19
    baseline[3] = made.target[3] * 19
    baseline[4] = 0.0
    one = settle(replace(made.scenario, baseline=baseline, damping=Undamped()), made.use)
    assert far_from_baseline(one).tolist() == [True, True] + [False] * (len(ratio) - 2)
    (doubt,) = doubts(one)
    told_of = [
        f"{a.name} (baseline £{own:,.0f}, target £{goal:,.0f})"
        for a, own, goal in zip(one.scenario.authorities[:2], baseline, one.target, strict=False)
    ]
    assert doubt == (
        f"Baseline and target are 20 times apart or more for {', '.join(told_of)}. Check the "
        "baseline, use and area cost."
    )


@pytest.mark.parametrize("wrong", [76, 77])
def test_units_are_doubted_where_most_are_far_off(wrong):
    made = illustration()
    baseline = made.scenario.baseline.copy()
    baseline[:wrong] /= 1000
    one = settle(replace(made.scenario, baseline=baseline, damping=Undamped()), made.use)
    (doubt,) = doubts(one)
    assert far_from_baseline(one).sum() == wrong
    units = (
        f"Baselines and pot do not seem to be in one unit: baselines add up to "
        f"£{baseline.sum():,.0f}, the pot is £{made.scenario.pot:,}. Give both in pounds: "
        "otherwise limits against the baseline, and every change, mean nothing."
    )
    assert (doubt == units) == (2 * wrong > len(baseline))


def test_a_factor_far_off_is_found_for_one_metric_too():
    made = illustration()
    cost = np.ones((len(made.pounds), 3))
    cost[3, 1], cost[5, 2], cost[7, 0], cost[8, 0] = 3.1, 0.3, 2.9, 0.34
    scenario = replace(made.scenario, area_cost=cost, area_cost_metrics=made.use.metrics)
    one = settle(scenario, made.use)
    far = far_area_cost(one)
    assert far.shape == cost.shape
    assert np.argwhere(far).tolist() == [[3, 1], [5, 2]]
    names = [a.name for a in made.scenario.authorities]
    (doubt,) = [d for d in doubts(one) if "factor is" in d]
    assert doubt == (
        "The area cost factor is 3 times the middle one (1) or more, or as much below it, for "
        f"{names[3]} (3.1), {names[5]} (0.3). Check for per cent and slips: one wrong factor moves "
        "everybody's share."
    )


def standing(baseline, target):
    """The example with the baselines and targets of two authorities typed in."""
    scenario = replace(GOOD.scenario, baseline=np.array(baseline))
    return replace(GOOD, scenario=scenario, target=np.array(target))


@pytest.mark.parametrize(
    ("baseline", "target", "far", "units"),
    [
        ([50.0, 50.0], [1000.1, 1000.0], [True, False], False),
        ([1000.1, 1000.0], [50.0, 50.0], [True, False], False),
        ([50.0, 50.0], [2000.0, 0.0], [True, False], True),
        ([0.0, 50.0], [60.0, 2000.0], [False, True], True),
        ([0.5, 50.0], [0.6, 2000.0], [False, True], False),
        ([50.0, 0.5], [2000.0, 0.6], [True, False], False),
        ([0.01, 50.0], [0.9, 50.0], [True, False], False),
    ],
)
def test_more_than_20_times_counts_among_those_with_both(baseline, target, far, units):
    one = standing(baseline, target)
    assert far_from_baseline(one).tolist() == far
    (doubt,) = [d for d in doubts(one) if "factor" not in d]
    assert doubt.startswith("Baselines and pot") == units


def test_a_factor_is_far_beyond_3_times_the_middle_one():
    made = illustration()
    cost = np.full(len(made.pounds), 2.0)
    cost[:6] = 6.01, 6.0, 0.66, 2 / 3, 2.9, 5.0
    far = far_area_cost(settle(replace(made.scenario, area_cost=cost), made.use))
    assert far[:6, 0].tolist() == [True, False, True, False, False, False]
    assert not far[6:].any()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (FloorAndCeiling(floor=-0.05, ceiling=10), "+1000.00% lets an authority have 11 times"),
        (Proportional(floor=-0.05, ceiling=1.5), "+150.00% lets an authority have 2.5 times"),
        (FloorAndCeiling(floor=-0.05, ceiling=1.0), None),
        (Proportional(floor=-0.05), None),
        (PaceOfChange(least=-0.15, most=3.0, furthest_below=-0.5), None),
    ],
)
def test_a_ceiling_that_was_meant_in_per_cent_is_doubted(rule, said):
    found = [doubt for doubt in doubts(made(rule=rule)) if "ceiling" in doubt]
    assert found == ([] if said is None else [
        f"A ceiling of {said} its baseline, so that it hardly limits anybody. Rates are parts of "
        "1: write 0.1 for 10%."
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Floor(floor=-0.9), "-90.00% lets an authority lose 0.9"),
        (FloorAndCeiling(floor=-0.51, ceiling=0.9), "-51.00% lets an authority lose 0.51"),
        (Proportional(floor=-0.8), "-80.00% lets an authority lose 0.8"),
        (Floor(floor=-0.5), None),
        (Floor(floor=-1.0), None),
    ],
)
def test_a_floor_that_was_meant_in_per_cent_is_doubted(rule, said):
    found = [doubt for doubt in doubts(made(rule=rule)) if "floor" in doubt]
    assert found == ([] if said is None else [
        f"A floor of {said} of its baseline, so that it hardly protects anybody. Rates are parts "
        "of 1: write -0.05 for -5%; a floor of -1 is none."
    ])  # fmt: skip


def test_the_highest_ceiling_of_bands_is_doubted():
    member = dict(zip([a.code for a in EVERYONE[:12]], "abc" * 4, strict=True))
    bands = {
        c: Band(floor=-0.2, ceiling=most) for c, most in zip("abc", (None, 5, 0.9), strict=True)
    }
    one = made(rule=Bands(bands=bands, member=member))
    (doubt,) = [doubt for doubt in doubts(one) if "ceiling" in doubt]
    assert doubt.startswith("A ceiling of +500.00% lets an authority have 6 times its baseline")


@pytest.mark.parametrize(("times", "number"), [(1000, 1), (1 / 1000, 1), (40, 0), (1 / 40, 0)])
def test_use_of_one_metric_in_other_units_is_doubted_by_name(times, number):
    good = illustration()
    use = good.use.children.copy()
    typical = int(np.argsort(use[:, 1] / good.scenario.baseline)[len(use) // 2])
    use[typical, 1] *= times
    one = settle(replace(good.scenario, damping=Undamped()), replace(good.use, children=use))
    assert np.argwhere(far_use(one)).tolist() == [[typical, 1]] * number
    found = [doubt for doubt in doubts(one) if "Use for each pound" in doubt]
    name = good.scenario.authorities[typical].name
    assert found == [
        "Use for each pound of baseline is 50 times the middle one or more, or as much below it, "
        f"for {name} (CARE {use[typical, 1]:,.6g}). Check for thousands and slips: one wrong "
        "number moves everybody's share."
    ] * number  # fmt: skip


def test_use_is_not_doubted_where_it_or_a_baseline_is_0_or_a_baseline_is_doubted():
    good = illustration()
    use, baseline = good.use.children.copy(), good.scenario.baseline.copy()
    use[4, 1] = 0.0
    baseline[5] = 0.0
    baseline[6] /= 1000
    scenario = replace(good.scenario, baseline=baseline, damping=Undamped())
    one = settle(scenario, replace(good.use, children=use))
    assert not far_use(one)[:6].any()
    assert far_use(one)[6].all()
    (doubt,) = doubts(one)
    assert doubt.startswith("Baseline and target are 20 times apart")


def test_a_lower_limit_that_lifts_most_or_all_is_doubted():
    good = illustration()
    real = 1 + np.arange(len(good.pounds)) / 1000

    def said(lowest):
        one = settle(replace(good.scenario, area_cost=np.maximum(real, lowest)), good.use)
        return [doubt for doubt in doubts(one) if "lower limit" in doubt]

    assert said(0.9) == said(1.0) == said(real[75]) == []  # 76 at it, not the half
    (most,) = said(real[76])
    assert most == (
        "77 of 153 authorities have the same area cost factor, 1.076, which is the lowest. A "
        "lower limit that is too high does that: look at lower_limit of [area_cost], or at the "
        "factors."
    )
    (everybody,) = said(1.5)
    assert everybody.startswith(
        "Every authority has the same area cost factor, 1.5, so that it moves nobody. A lower"
    )


def test_a_lower_limit_is_doubted_for_the_metric_that_it_lifts():
    good = illustration()
    cost = 1 + np.arange(3 * len(good.pounds)).reshape(-1, 3) / 1000
    cost[:, 2] = 1.2
    scenario = replace(good.scenario, area_cost=cost, area_cost_metrics=good.use.metrics)
    (doubt,) = [d for d in doubts(settle(scenario, good.use)) if "lower limit" in d]
    assert doubt.startswith("Every authority has the same area cost factor of CEASED, 1.2, so")


@pytest.mark.parametrize(("times", "doubted"), [(2.01, True), (2.0, False), (0.2, False)])
def test_care_and_cin_that_seem_swapped_are_doubted(times, doubted):
    good = illustration()
    use = good.use.children.copy()
    use[:, 1] = times * use[:, 0]
    found = [
        d for d in doubts(settle(good.scenario, replace(good.use, children=use))) if "swa" in d
    ]
    assert found == [
        f"Use of CARE adds up to {use[:, 1].sum():,.6g}, of CIN to {use[:, 0].sum():,.6g}, but far "
        "more children are in need than in care. Are the two columns swapped?"
    ] * doubted  # fmt: skip
    only = replace(good.use, metrics=("REF", "CARE", "CEASED"), children=use)
    spend = tuple(
        replace(line, metric="REF") if line.metric == "CIN" else line
        for line in good.scenario.spend
    )
    assert not any(
        "swapped" in d for d in doubts(settle(replace(good.scenario, spend=spend), only))
    )


@pytest.mark.parametrize(("part", "doubted"), [(0.0, False), (0.0009, True), (0.001, False)])
def test_a_cost_weight_that_hardly_counts_is_doubted(part, doubted):
    good = illustration()
    spend = weights_as_spend({"CIN": 0.6 - part, "CARE": 0.4, "CEASED": part}, "x")
    found = [
        d for d in doubts(settle(replace(good.scenario, spend=spend), good.use)) if "weight" in d
    ]
    assert found == [
        "The cost weight of CEASED is 0.0009, so that its use hardly counts. Is its spend in "
        "thousands, or another's too large? 0 gives it no weight."
    ] * doubted  # fmt: skip


def test_baselines_that_are_all_0_are_doubted():
    good = illustration()
    scenario = replace(good.scenario, baseline=good.scenario.baseline * 0, damping=Undamped())
    (doubt,) = doubts(settle(scenario, good.use))
    assert doubt.startswith("Every baseline is 0, so that no limit holds")
