"""The one solution behind every damping rule, on totals that a reader can add up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cyps.settlement.damping import FloorTooHigh
from cyps.settlement.limits import (
    CeilingTooLow,
    floor_and_ceiling_damped,
    limits,
    per_pound,
    proportionally_damped,
)
from cyps.settlement.share_out import LimitsTooHigh, LimitsTooLow, share_out

BILLION = 1e9


def shared(base, slope, lower, upper, total):
    arrays = (np.array(one, dtype=float) for one in (base, slope, lower, upper))
    found = share_out(*arrays, total)
    return found.amount.tolist(), found.factor


@pytest.mark.parametrize(
    ("base", "slope", "lower", "upper", "total", "amounts", "factor"),
    [
        # One moves, one cannot: what is over goes to the first.
        ([0, 5], [2, 0], [0, 0], [100, 100], 25, [20, 5], 10.0),
        # A base above its upper limit counts as the limit, one below its lower as that.
        ([20, 0], [0, 1], [0, 0], [10, 100], 15, [10, 5], 5.0),
        ([0, 0], [0, 1], [30, 0], [40, 10], 38, [30, 8], 8.0),
        # Slopes below one pound have break points, too.
        ([0, 0], [0.5, 0.25], [0, 0], [10, 1000], 35, [10, 25], 100.0),
        # Nobody moves until the factor lifts them off their lower limit.
        ([-10, 0], [1, 1], [0, 0], [50, 50], 6, [0, 6], 6.0),
        ([-10, 0], [1, 1], [0, 0], [50, 50], 14, [2, 12], 12.0),
        # Beyond the last upper limit only the one without a limit moves.
        ([0, 0], [1, 1], [0, 0], [10, math.inf], 110, [10, 100], 100.0),
        # A total that is met from the start needs no factor.
        ([7, 3], [1, 1], [0, 0], [20, 20], 10, [7, 3], 0.0),
        ([30, 3], [1, 1], [0, 0], [20, 20], 23, [20, 3], 0.0),
        # A flat stretch at the total: the near end.
        ([0, -100], [1, 1], [0, 0], [10, 50], 10, [10, 0], 10.0),
    ],
)
def test_shared_by_hand(base, slope, lower, upper, total, amounts, factor):
    assert shared(base, slope, lower, upper, total) == (amounts, factor)


@pytest.mark.parametrize(
    ("base", "slope", "lower", "upper", "total", "error"),
    [
        ([0, 0], [1, 1], [6, 5], [10, 10], 10, LimitsTooHigh),
        ([0, 0], [1, 1], [0, 0], [10, 10], 21, LimitsTooLow),
        # Who has no slope never rises, whatever its upper limit.
        ([5, 0], [0, 1], [0, 0], [100, 10], 50, LimitsTooLow),
        ([50, 0], [0, 1], [0, 0], [20, 10], 40, LimitsTooLow),
    ],
)
def test_totals_outside_the_limits(base, slope, lower, upper, total, error):
    with pytest.raises(error):
        shared(base, slope, lower, upper, total)


def test_a_total_that_meets_its_limits_but_for_rounding_is_met():
    beyond = BILLION * (1 + 2e-13)
    at_lower, factor = shared(
        [0, 0], [1, 1], [BILLION / 2] * 2, [BILLION] * 2, 2 * BILLION - beyond
    )
    assert (at_lower, factor) == ([BILLION / 2] * 2, 0.0)
    at_upper, _ = shared([0, 0], [1, 1], [0, 0], [BILLION / 2] * 2, beyond)
    assert at_upper == [BILLION / 2] * 2
    for off in (-0.01, 0.01):  # a penny in a billion is more than rounding
        with pytest.raises((LimitsTooHigh, LimitsTooLow)):
            shared([0, 0], [1, 1], [BILLION / 2] * 2, [BILLION / 2] * 2, BILLION + off)


def test_rounding_is_measured_by_the_larger_of_total_and_limits():
    """Limits of a billion against a total of nothing: their sum is not known to the penny."""
    found, _ = shared([-3e9, -3e9], [1, 1], [BILLION, -BILLION], [BILLION, BILLION], -1e-4)
    assert found == [BILLION, -BILLION]


def test_a_limit_too_far_to_reach_is_no_point_of_the_way():
    amounts, factor = shared([0, 0], [1e-10, 1], [0, 0], [1e308, 10], 5)
    assert amounts == pytest.approx([5e-10, 5])
    assert factor == pytest.approx(5)


def test_limits_are_rates_one_for_each():
    for floor in (0, -1, -1.0):
        bounds = limits(floor, 1, 3)
        assert bounds.floor.tolist() == [floor] * 3
        assert bounds.ceiling.tolist() == [1.0] * 3
        assert bounds.floor.dtype == bounds.ceiling.dtype == np.float64


def test_the_least_rise_of_a_ceiling_is_told_to_the_last_place():
    with pytest.raises(CeilingTooLow) as told:
        floor_and_ceiling_damped([500, 500], [300, 300], 0.0, 0.0)
    assert told.value.raise_by == pytest.approx(2 / 3, abs=1e-15)
    assert "at least 66.666667% of the baseline" in str(told.value)


def test_who_binds_is_told_in_pounds_each():
    with pytest.raises(FloorTooHigh) as high:
        floor_and_ceiling_damped([90, 30], [100, 50], 0.1, 0.5)
    assert high.value.binding.tolist() == pytest.approx([20.0, 25.0])
    with pytest.raises(FloorTooHigh) as bands:
        floor_and_ceiling_damped([90, 30], [100, 50], [0.1, 0.0], 0.5)
    assert bands.value.binding.tolist() == pytest.approx([20.0, 20.0])


def test_ceilings_that_hold_back_less_than_a_pound_each():
    with pytest.raises(CeilingTooLow) as told:
        floor_and_ceiling_damped([1.2, 2.1, 0.05], [1, 2, 0.1], -0.5, 0.0)
    assert told.value.binding.tolist() == pytest.approx([0.2, 0.1, 0.0])
    assert told.value.unspent == pytest.approx(0.3)
    assert told.value.raise_by == pytest.approx(0.3 / 3)


def test_ceilings_in_the_proportional_form_with_nothing_needed():
    with pytest.raises(CeilingTooLow) as told:
        proportionally_damped([0, 10], [4, 5], -0.5, 0.0)
    assert told.value.unspent == 3.0  # 2 at the floor, 5 at the ceiling, of 10
    assert told.value.binding.tolist() == [0.0, 5.0]
    assert told.value.raise_by == pytest.approx(3 / 5)


def test_per_pound_of_less_than_a_pound():
    assert per_pound(0.2, np.array([0.5])) == 0.4
    assert per_pound(0.2, np.array([0.0])) == math.inf
