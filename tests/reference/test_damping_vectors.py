"""Floor damping against hand-checked vectors and a root finder that knows only the rule."""

import numpy as np
import pytest
from scipy.optimize import brentq

from cyps.settlement import FloorTooHigh, floor_damped, whole_pounds

BASELINE = [100, 200, 150, 50, 500]
TARGET = [96, 215, 170, 49, 510]

VECTORS = [
    (0.00, 0.8888888889, [100, 213.333333, 167.777778, 50, 508.888889]),
    (0.01, 0.8219178082, [101, 212.684932, 166.705479, 50.5, 509.109589]),
    (0.02, 0.7142857143, [102, 211.857143, 165.142857, 51, 510]),
    (-0.03, 0.9859154930, [97, 214.704225, 169.654930, 48.992958, 509.647887]),
]


@pytest.mark.parametrize(("floor", "factor", "allocation"), VECTORS)
def test_vectors(floor, factor, allocation):
    damped = floor_damped(TARGET, BASELINE, floor)
    assert damped.scaling_factor == pytest.approx(factor, abs=5e-11)
    assert damped.allocation == pytest.approx(allocation, abs=5e-7)
    assert damped.allocation.sum() == pytest.approx(1040, rel=1e-14)


def test_highest_floor_of_the_vector_is_four_per_cent():
    with pytest.raises(FloorTooHigh, match=r"4\.000000%") as told:
        floor_damped(TARGET, BASELINE, 0.05)
    assert told.value.highest_floor == pytest.approx(0.04, rel=1e-14)
    assert floor_damped(TARGET, BASELINE, 0.04).scaling_factor == pytest.approx(0, abs=1e-12)


def by_root_finding(target, baseline, floor):
    """Scale what is above the floor until the total is right."""
    lowest = baseline * (1 + floor)

    def allocated(s):
        return np.where(target <= lowest, lowest, lowest + s * (target - lowest))

    s = brentq(lambda s: allocated(s).sum() - target.sum(), 0, 1, xtol=1e-15)
    return s, allocated(s)


@pytest.mark.parametrize("seed", range(25))
def test_against_root_finding_at_national_size(seed):
    rng = np.random.default_rng(seed)
    baseline = rng.lognormal(18, 0.7, 153)
    target = baseline * rng.lognormal(0, 0.25, 153)
    target *= baseline.sum() / target.sum()
    floor = -rng.uniform(0.001, 0.2)
    s, allocation = by_root_finding(target, baseline, floor)
    damped = floor_damped(target, baseline, floor)
    assert damped.scaling_factor == pytest.approx(s, abs=1e-11)
    assert np.allclose(damped.allocation, allocation, rtol=1e-11)


def test_no_damping_when_nobody_is_below():
    damped = floor_damped(TARGET, BASELINE, -0.5)
    assert damped.scaling_factor == 1
    assert damped.allocation.tolist() == TARGET


def test_whole_pounds_ties_go_by_code_not_by_place():
    pounds = whole_pounds(np.array([1.5, 2.5, 3.0]), 7, ("E2", "E1", "E3"))
    assert pounds.tolist() == [1, 3, 3]


def test_whole_pounds_of_the_vector():
    allocation = floor_damped(TARGET, BASELINE, 0.0).allocation
    codes = ("A", "B", "C", "D", "E")
    # Remainders .33, .78, .89: two pounds left, to E and C.
    assert whole_pounds(allocation, 1040, codes).tolist() == [100, 213, 168, 50, 509]


def test_the_last_bits_of_an_allocation_do_not_decide_a_pound():
    pounds = whole_pounds(np.array([1.5 - 1e-9, 2.5 + 1e-9]), 4, ("A", "B"))
    assert pounds.tolist() == [2, 2]
