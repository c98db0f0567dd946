"""The lines of a solution give the engine's damped amounts again, whatever the rule."""

from __future__ import annotations

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.settlement import Floor, FloorAndCeiling, Protection, Transition, Undamped
from cyps.settlement.example import example
from cyps.settlement.solution import group_lines, solution
from made_settlements import EVERYONE, made, named, rules

CODES = [place.code for place in EVERYONE]
RULES = tuple(rules(CODES))


def settled(name, n, phasing, groups):
    """Every settlement of some seeds that can be kept."""
    group = named(CODES[:n], *groups) if groups else None
    rule = rules(CODES[:n])[name]
    found = []
    for seed in range(8):
        try:
            found.append(made(seed, n, rule=rule, transition=Transition(phasing, group)))
        except CypsError:
            continue
    return found


@pytest.mark.parametrize("phasing", [None, 1 / 3])
@pytest.mark.parametrize("groups", [(), ("north", "south")])
@pytest.mark.parametrize("name", RULES)
def test_factor_and_amounts_follow_from_the_lines(name, groups, phasing):
    if name == "pace" and phasing:
        with pytest.raises(CypsError, match="choose one"):
            made(1, 12, rule=rules(CODES)[name], transition=Transition(phasing))
        return
    every = [s for n in (2, 12, 60) for s in settled(name, n, phasing, groups)]
    assert len(every) > 5
    for settlement in every:
        lines = solution(settlement)
        of_groups = group_lines(settlement, lines)
        moves = of_groups.moving_slope > 0
        slope = np.where(moves, of_groups.moving_slope, 1.0)
        factor = np.where(moves, (of_groups.to_share - of_groups.fixed) / slope, 0.0)
        free = lines.fixed + factor[lines.group - 1] * lines.moving_slope
        damped = np.clip(free, lines.lower, lines.upper)
        largest = settlement.damped.allocation.max()
        np.testing.assert_allclose(
            damped, settlement.damped.allocation, rtol=0, atol=1e-12 * largest
        )
        np.testing.assert_allclose(factor[moves], of_groups.factor[moves], rtol=1e-9)
        assert of_groups.pounds.sum() == settlement.scenario.pot


def test_somebody_stands_everywhere():
    stands = {
        place
        for name in RULES
        for settlement in settled(name, 60, None, ())
        for place in solution(settlement).stands.tolist()
    }
    assert stands == {"least", "moves", "most"}


def test_groups_come_in_order_of_name():
    settlement = settled("none", 12, None, ("south", "north", "East"))[0]
    lines = solution(settlement)
    of_groups = group_lines(settlement, lines)
    assert of_groups.names == ("East", "north", "south")
    assert lines.group[:3].tolist() == [3, 2, 1]
    assert of_groups.authorities.tolist() == [4, 4, 4]


@pytest.mark.parametrize("name", RULES)
def test_totals_are_what_the_group_gets_at_that_factor(name):
    """Brute force: everybody's amount at the factor where one leaves or meets a limit."""
    for settlement in settled(name, 12, None, ("north", "south")):
        lines = solution(settlement)
        for points, totals in (
            (lines.leaves, lines.total_leaving),
            (lines.meets, lines.total_meeting),
        ):
            for i, point in enumerate(points):
                if np.isinf(point):
                    assert totals[i] == np.inf
                    continue
                here = lines.group == lines.group[i]
                free = lines.base[here] + point * lines.slope[here]
                amounts = np.clip(free, lines.lower[here], lines.upper[here])
                assert totals[i] == pytest.approx(amounts.sum(), rel=1e-12)
        moving = lines.slope > 0
        assert np.isinf(lines.leaves[~moving]).all()
        assert np.isinf(lines.meets[~moving]).all()


def test_rates_are_those_of_the_rule():
    codes = CODES[:12]
    lines = {name: solution(made(rule=rule)) for name, rule in rules(codes).items()}
    assert set(lines["none"].least) == {-1.0}
    assert np.isnan(lines["none"].most).all()
    banded = rules(codes)["bands"]
    assert lines["bands"].least.tolist() == [banded.bands[banded.member[c]].floor for c in codes]
    ceilings = [banded.bands[banded.member[c]].ceiling for c in codes]
    assert [None if np.isnan(most) else most for most in lines["bands"].most] == ceilings
    assert set(lines["floor and ceiling"].most) == {0.4}


def test_nobody_gets_more_than_a_target_of_nothing():
    """Zero use of the only metric: no target, nothing that follows the factor."""
    children = np.array([0.0, 30.0, 20.0])[:, None]
    amounts = {"n": 3, "metrics": ("CIN",), "children": children, "spend": [1.0]}
    amounts |= {"area_cost": np.ones(3), "baseline": np.array([0.5, 60.0, 40.0]), "pot": 100}
    for rule in (FloorAndCeiling(floor=-0.1, ceiling=0.5), rules(CODES)["proportional"]):
        lines = solution(made(rule=rule, **amounts))
        assert lines.slope[0] == 0.0
        assert lines.upper[0] == lines.lower[0] == pytest.approx(0.5 * (1 + rule.floor))


def test_everybody_on_the_least_moves_nobody():
    """The pot is the floors to the penny; sums of decimals miss it by rounding, either way."""
    missed = []
    for seed in range(40):
        cents = np.random.default_rng(seed).integers(10**7, 10**9, 150)
        cents[-1] += -cents.sum() % 100
        baseline = cents / 100
        one = made(seed, 150, Floor(floor=0.0), baseline=baseline, pot=int(cents.sum()) // 100)
        lines = solution(one)
        missed.append(float(lines.lower.sum() - lines.phased.sum()))
        assert set(lines.stands.tolist()) == {"least"}
        np.testing.assert_allclose(lines.fixed, baseline, rtol=1e-15)
    assert min(missed) < 0 < max(missed)


def test_the_last_to_meet_the_most_still_moves():
    """The pot is the ceilings to the pound: one has met its own before, the other just then."""
    amounts = {"n": 2, "metrics": ("CIN",), "spend": [1.0], "area_cost": np.ones(2)}
    amounts |= {"children": np.array([[60.0], [50.0]]), "baseline": np.array([50.0, 50.0])}
    one = made(rule=FloorAndCeiling(floor=-0.1, ceiling=0.1), pot=110, **amounts)
    assert one.damped.allocation == pytest.approx([55, 55])
    assert solution(one).stands.tolist() == ["most", "moves"]


def test_what_is_paid_from_outside_is_not_damped():
    member = dict.fromkeys(CODES[:12], "cash")
    one = made(rule=Protection(tiers={"cash": 0.9}, member=member, payer="outside"))
    lines = solution(one)
    for amounts in (lines.lower, lines.upper, lines.fixed):
        assert amounts.tolist() == one.target.tolist()
    assert not lines.moving_slope.any()


@pytest.mark.parametrize("groups", [("north", "south"), tuple(CODES[:60])])
def test_whole_pounds_of_groups_follow_from_their_lines(groups):
    for settlement in settled("floor", 60, None, groups):
        of_groups = group_lines(settlement, solution(settlement))
        lines, pounds_of = solution(settlement), settlement.pounds
        for told, amounts in (
            (of_groups.target, settlement.target),
            (of_groups.baseline, settlement.scenario.baseline),
            (of_groups.to_share, lines.phased),
            (of_groups.least, lines.lower),
            (of_groups.most, lines.upper),
            (of_groups.fixed, lines.fixed),
            (of_groups.moving_slope, lines.moving_slope),
            (of_groups.damped, settlement.damped.allocation),
            (of_groups.pounds, pounds_of),
        ):
            sums = np.bincount(lines.group - 1, amounts)
            np.testing.assert_allclose(told, sums, rtol=1e-12)
        left = settlement.scenario.pot - of_groups.below.sum()
        pounds = of_groups.below + (of_groups.order <= left)
        assert pounds.tolist() == of_groups.pounds.tolist()
        np.testing.assert_allclose(of_groups.rounded, of_groups.target, rtol=0, atol=5.1e-7)
        np.testing.assert_allclose(
            of_groups.remainder, of_groups.rounded - of_groups.below, rtol=0, atol=5.1e-7
        )


def test_equal_groups_take_the_last_pounds_in_their_order():
    """Two remainders among 150 groups: a sort that keeps no order of equals would show."""
    n = 150
    children = np.where(np.random.default_rng(5).random(n) < 0.5, 1.0, 2.0)
    amounts = {"metrics": ("CIN",), "spend": [1.0], "children": children[:, None], "pot": 1001}
    amounts |= {"area_cost": np.ones(n), "baseline": np.full(n, 6.0)}
    group = {code: code for code in CODES[:n]}
    one = made(n=n, rule=Undamped(), transition=Transition(group=group), **amounts)
    of_groups = group_lines(one, solution(one))
    assert len(set(of_groups.remainder)) == 2
    by_hand = sorted(range(n), key=lambda i: (-of_groups.remainder[i], i))
    assert np.argsort(of_groups.order).tolist() == by_hand


def test_one_group_of_all_shares_out_the_pot_itself():
    one = example()
    of_groups = group_lines(one, solution(one))
    assert of_groups.rounded.tolist() == [one.scenario.pot]
    assert of_groups.remainder.tolist() == [0.0]
    assert (of_groups.order.tolist(), of_groups.order.dtype) == ([1], np.int64)
