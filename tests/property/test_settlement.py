"""What must hold for every needs share and every settlement, whatever the numbers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.needs import (
    ServiceAreaSpend,
    Use,
    area_cost_adjusted,
    cost_weights,
    metric_shares,
    needs_shares,
)
from cyps.settlement import Floor, FloorTooHigh, Scenario, floor_damped, settle, whole_pounds

METRICS = ("CIN", "CARE", "CEASED")
EVERYONE = authorities(2025)


@st.composite
def amounts(draw, low, high, size):
    """Numbers between low and high: all alike, in steps with ties, or anyhow."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["alike", "ties", "anyhow"]))
    if kind == "alike":
        return np.full(size, rng.uniform(low, high))
    if kind == "ties":
        return rng.choice([low, (low + high) / 2, high], size)
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


@st.composite
def cases(draw):
    """A scenario with 2 to 153 authorities and its use; the floor fits."""
    n = draw(st.integers(2, len(EVERYONE)))
    listed = EVERYONE[:n]
    children = np.column_stack([draw(amounts(0.5, 20_000, n)) for _ in METRICS])
    spend = tuple(
        ServiceAreaSpend(f"services of {m}", m, draw(st.floats(1.0, 1e10))) for m in METRICS
    )
    baseline = draw(amounts(100.0, 5e8, n))
    pot = max(1, round(baseline.sum() * draw(st.floats(0.2, 5.0))))
    floor = draw(st.floats(-1.0, min(pot / baseline.sum() - 1, 1.0)))
    area_cost = draw(amounts(0.8, 1.3, n))
    scenario = Scenario(
        "Any",
        "made up",
        "Made up.",
        2025,
        listed,
        spend,
        area_cost,
        baseline,
        pot,
        Floor(floor=floor),
    )
    return scenario, Use(scenario.codes, METRICS, children, "made up")


@given(cases())
def test_shares_sum_to_one(case):
    scenario, use = case
    settlement = settle(scenario, use)
    assert settlement.weights.sum() == pytest.approx(1, abs=1e-12)
    assert np.allclose(settlement.metric_share.sum(axis=0), 1, rtol=0, atol=1e-12)
    assert settlement.needs_share.sum() == pytest.approx(1, abs=1e-12)
    assert settlement.share.sum() == pytest.approx(1, abs=1e-12)


@given(cases())
def test_the_pot_is_shared_to_the_pound(case):
    scenario, use = case
    settlement = settle(scenario, use)
    assert int(settlement.pounds.sum()) == scenario.pot
    assert settlement.damped.allocation.sum() == pytest.approx(scenario.pot, rel=1e-11)
    assert (np.abs(settlement.pounds - settlement.damped.allocation) < 1 + 1e-6).all()


@given(cases())
def test_nobody_is_below_the_floor(case):
    scenario, use = case
    settlement = settle(scenario, use)
    floors = scenario.baseline * (1 + scenario.floor)
    assert (settlement.damped.allocation >= floors).all()
    assert (settlement.pounds > floors - 1 - 1e-6).all()
    assert 0 <= settlement.damped.scaling_factor <= 1


@given(cases())
def test_nobody_above_the_floor_gains_from_damping(case):
    scenario, use = case
    settlement = settle(scenario, use)
    above = settlement.damped.headroom > 0
    assert (settlement.damped.allocation[above] <= settlement.target[above] * (1 + 1e-12)).all()


@given(cases(), st.randoms(use_true_random=False))
def test_order_of_the_rows_does_not_matter(case, random):
    scenario, use = case
    order = list(range(len(use.codes)))
    random.shuffle(order)
    shuffled = Use(tuple(use.codes[i] for i in order), METRICS, use.children[order], use.basis)
    one, other = settle(scenario, use), settle(scenario, shuffled)
    assert one.pounds.tolist() == other.pounds.tolist()
    assert one.share.tolist() == other.share.tolist()


@given(cases(), st.randoms(use_true_random=False))
def test_whole_pounds_follow_their_authority_wherever_it_stands(case, random):
    scenario, use = case
    allocation = settle(scenario, use).damped.allocation
    order = list(range(allocation.size))
    random.shuffle(order)
    codes = tuple(scenario.codes[i] for i in order)
    shuffled = whole_pounds(allocation[order], scenario.pot, codes)
    straight = whole_pounds(allocation, scenario.pot, scenario.codes)
    assert shuffled.tolist() == straight[order].tolist()


@given(cases(), st.floats(1e-3, 1e3))
def test_shares_do_not_depend_on_units(case, k):
    scenario, use = case
    weights = cost_weights(scenario.spend, METRICS)
    share = needs_shares(metric_shares(use), weights)
    scaled_use = Use(use.codes, METRICS, use.children * k, use.basis)
    scaled_spend = [replace(line, pounds=line.pounds * k) for line in scenario.spend]
    assert np.allclose(metric_shares(scaled_use), metric_shares(use), rtol=1e-12, atol=0)
    assert np.allclose(cost_weights(scaled_spend, METRICS), weights, rtol=1e-12, atol=0)
    assert np.allclose(
        area_cost_adjusted(share, scenario.area_cost * k),
        area_cost_adjusted(share, scenario.area_cost),
        rtol=1e-12,
        atol=0,
    )


@given(cases(), st.integers(2, 1000))
def test_twice_the_money_is_twice_for_everyone(case, k):
    scenario, use = case
    more = replace(scenario, pot=scenario.pot * k, baseline=scenario.baseline * k)
    one, other = settle(scenario, use), settle(more, use)
    largest = float(other.damped.allocation.max())
    assert np.allclose(
        other.damped.allocation, one.damped.allocation * k, rtol=0, atol=1e-10 * largest
    )


@given(cases())
def test_damping_what_is_damped_changes_nothing(case):
    scenario, use = case
    once = settle(scenario, use).damped.allocation
    again = floor_damped(once, scenario.baseline, scenario.floor)
    assert np.allclose(again.allocation, once, rtol=1e-9, atol=1e-9 * once.max())


@given(cases())
def test_settling_twice_gives_the_same_bits(case):
    scenario, use = case
    one, other = settle(scenario, use), settle(scenario, use)
    assert one.damped.allocation.tobytes() == other.damped.allocation.tobytes()
    assert one.pounds.tobytes() == other.pounds.tobytes()


@given(cases(), st.floats(1e-6, 0.5))
def test_a_floor_too_high_names_the_highest_that_works(case, above):
    scenario, use = case
    target = settle(replace(scenario, damping=Floor(floor=-1.0)), use).target
    highest = float(target.sum() / scenario.baseline.sum() - 1)
    with pytest.raises(FloorTooHigh) as told:
        floor_damped(target, scenario.baseline, highest + above)
    assert told.value.highest_floor == pytest.approx(highest, rel=1e-12, abs=1e-12)
    at_the_limit = floor_damped(target, scenario.baseline, told.value.highest_floor)
    assert at_the_limit.allocation.sum() == pytest.approx(target.sum(), rel=1e-11)
    with pytest.raises(FloorTooHigh):
        floor_damped(target, scenario.baseline, told.value.highest_floor + 1e-6)


@given(cases())
def test_the_floor_that_the_message_names_can_be_typed(case):
    scenario, use = case
    target = settle(replace(scenario, damping=Floor(floor=-1.0)), use).target
    with pytest.raises(FloorTooHigh) as told:
        floor_damped(target, scenario.baseline, 1e9)
    named = str(told.value).split("that fits is ")[1].split("%")[0]
    floor_damped(target, scenario.baseline, float(named) / 100)


@given(amounts(1.0, 1e9, 7), st.floats(0.5, 2.0))
def test_everyone_exactly_on_the_floor_is_feasible(baseline, k):
    target = baseline * k
    damped = floor_damped(target, baseline, float(target.sum() / baseline.sum() - 1))
    assert np.allclose(damped.allocation, target, rtol=1e-12)


@given(st.integers(1, 60), st.integers(1, 10**6))
def test_equal_remainders_go_to_the_lower_codes(n, pot):
    codes = tuple(a.code for a in EVERYONE[:n])
    pounds = whole_pounds(np.full(n, pot / n), pot, codes)
    assert int(pounds.sum()) == pot
    assert pounds.tolist() == sorted(pounds.tolist(), reverse=True)
    assert pounds.max() - pounds.min() <= 1


@given(cases(), st.sampled_from([float("nan"), float("inf"), -1.0]))
def test_no_impossible_number_gets_through(case, bad):
    scenario, use = case
    children = np.array(use.children)
    children[0, 0] = bad
    with pytest.raises(CypsError):
        Use(use.codes, METRICS, children, "made up")
    baseline = np.array(scenario.baseline)
    baseline[0] = bad
    with pytest.raises(CypsError):
        settle(replace(scenario, baseline=baseline), use)
    area_cost = np.array(scenario.area_cost)
    area_cost[0] = bad
    with pytest.raises(CypsError):
        settle(replace(scenario, area_cost=area_cost), use)
