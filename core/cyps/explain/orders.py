"""Average what each component moves over the orders in which they can be changed."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Averaged:
    """What each component moves on average.

    `contribution` is (n, k); `feasible_orders` of the `orders` = k! count.
    """

    contribution: NDArray[np.float64]
    orders: int
    feasible_orders: int


def averaged_over_orders(settled: NDArray[np.float64]) -> Averaged | None:
    """The average over orders of what each component moves when its turn comes.

    With every combination feasible this is the Shapley value. Otherwise the average is
    over those orders that meet no infeasible combination; on each of them the steps add
    up from first to last, so their average does, too.

    Parameters
    ----------
    settled : (2^k, n), the result of each combination: row s has the components whose
        bits are set in s changed; a row that begins with not a number is infeasible

    Returns
    -------
    Averaged, or None when no order is feasible

    Examples
    --------
    >>> averaged = averaged_over_orders(np.array([[0.0], [1.0], [4.0], [6.0]]))
    >>> averaged.contribution.tolist(), averaged.orders
    ([[1.5, 4.5]], 2)
    """
    k = len(settled).bit_length() - 1
    feasible = [not np.isnan(row[0]) for row in settled]
    # Ways to a combination from the start, and from it to the end, by feasible steps.
    to, onward = [0] * len(settled), [0] * len(settled)
    to[0] = onward[-1] = 1
    for s in range(1, len(settled)):
        if feasible[s]:
            to[s] = sum(to[s ^ bit] for bit in _bits(s))
    for s in range(len(settled) - 2, -1, -1):
        if feasible[s]:
            onward[s] = sum(onward[s | bit] for bit in _bits(len(settled) - 1 - s))
    if onward[0] == 0:
        return None
    contribution = np.zeros((settled.shape[1], k))
    for component in range(k):
        bit = 1 << component
        for s in range(len(settled)):
            ways = 0 if s & bit else to[s] * onward[s | bit]
            if ways:
                contribution[:, component] += ways / onward[0] * (settled[s | bit] - settled[s])
    return Averaged(contribution, factorial(k), onward[0])


def _bits(s: int) -> list[int]:
    return [1 << k for k in range(s.bit_length()) if s >> k & 1]
