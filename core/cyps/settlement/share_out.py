"""Share out a total between limits: one exact solution behind every damping rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pounds = NDArray[np.float64]

# Totals of pounds are sums of rounded doubles: a total this little beyond what the
# limits allow, as a part of it, is a total that exactly meets them.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class SharedOut:
    """Amounts that add up to the total, and the factor that makes them do so.

    `amount` (n,); `factor` s in amount = clip(base + s x slope, lower, upper).
    """

    amount: Pounds
    factor: float


class LimitsTooHigh(Exception):  # noqa: N818 - what happened, for the rules to put in words
    """The lower limits alone are more than the total."""


class LimitsTooLow(Exception):  # noqa: N818
    """Even at their upper limits the amounts are less than the total."""


def share_out(base: Pounds, slope: Pounds, lower: Pounds, upper: Pounds, total: float) -> SharedOut:
    """Amounts clip(base + s x slope, lower, upper) that add up to a total.

    The sum is continuous, non-decreasing and piecewise linear in s, so s is found
    exactly from the sorted points at which an amount leaves its lower limit or
    meets its upper one: no iteration to a tolerance.

    Parameters
    ----------
    base, slope, lower, upper : arrays (n,); slope >= 0, lower <= upper, upper may be infinite
    total : what the amounts must add up to

    Returns
    -------
    SharedOut
        With the smallest s >= 0 that gives the total; amounts without slope stay at
        their base, within their limits.

    Raises
    ------
    LimitsTooHigh, LimitsTooLow
        When no s >= 0 gives the total.

    Examples
    --------
    >>> ten = np.array([10.0, 10.0])
    >>> shared = share_out(np.zeros(2), np.array([1.0, 3.0]), np.zeros(2), ten, 14.0)
    >>> shared.amount.tolist(), shared.factor
    ([4.0, 10.0], 4.0)
    """
    slack = ROUNDING * max(abs(total), float(np.abs(lower).sum()))
    at_zero = float(np.clip(base, lower, upper).sum())
    if at_zero > total + slack:
        raise LimitsTooHigh
    highest = float(np.where(slope > 0, upper, np.clip(base, lower, upper)).sum())
    if highest < total - slack:
        raise LimitsTooLow
    if at_zero >= total - slack:
        return SharedOut(np.clip(base, lower, upper), 0.0)
    points = _points(base, slope, lower, upper)
    # The sum at each point, by bisection over the points: the segment that holds the total.
    low, high = 0, points.size
    while low < high:
        middle = (low + high) // 2
        if np.clip(base + points[middle] * slope, lower, upper).sum() < total:
            low = middle + 1
        else:
            high = middle
    before = points[low - 1] if low > 0 else 0.0
    after = points[low] if low < points.size else np.inf
    factor = _factor(base, slope, lower, upper, total, (before, after))
    return SharedOut(np.clip(base + factor * slope, lower, upper), factor)


def _points(base: Pounds, slope: Pounds, lower: Pounds, upper: Pounds) -> Pounds:
    moving = slope > 0
    with np.errstate(over="ignore"):
        leaves = (lower[moving] - base[moving]) / slope[moving]
        meets = (upper[moving] - base[moving]) / slope[moving]
    points = np.concatenate([leaves, meets])
    return np.unique(points[(points > 0) & np.isfinite(points)])


def _factor(
    base: Pounds,
    slope: Pounds,
    lower: Pounds,
    upper: Pounds,
    total: float,
    segment: tuple[float, float],
) -> float:
    """The factor within a segment on which the same amounts move."""
    before, after = segment
    inside = before + 1.0 if np.isinf(after) else (before + after) / 2
    free = base + inside * slope
    moves = (slope > 0) & (free > lower) & (free < upper)
    fixed = np.clip(free, lower, upper)[~moves].sum()
    if not moves.any():  # a flat stretch at the total: its near end
        return before
    factor = (total - fixed - base[moves].sum()) / slope[moves].sum()
    return float(min(max(factor, before), after))
