"""Average what each component moves over the orders in which they can be changed."""

from __future__ import annotations

from collections.abc import Sequence
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
    weighed = weights_of_steps([not np.isnan(row[0]) for row in settled])
    if weighed is None:
        return None
    contribution = np.zeros((settled.shape[1], k))
    for component in range(k):
        bit = 1 << component
        for s in np.flatnonzero(weighed.weight[component]).tolist():
            step = settled[s | bit] - settled[s]
            contribution[:, component] += weighed.weight[component, s] * step
    return Averaged(contribution, factorial(k), weighed.feasible_orders)


@dataclass(frozen=True, slots=True)
class StepWeights:
    """In which part of the feasible orders each component is changed at each combination.

    `weight` is (k, 2^k): of component j at combination s (which has not got it); a row sums
    to 1. `feasible_orders` is how many count.
    """

    weight: NDArray[np.float64]
    feasible_orders: int


def weights_of_steps(feasible: Sequence[bool]) -> StepWeights | None:
    """The weights over those orders that meet no infeasible combination; None without one.

    Examples
    --------
    >>> weights_of_steps([True] * 4).weight.tolist()
    [[0.5, 0.0, 0.5, 0.0], [0.5, 0.5, 0.0, 0.0]]
    """
    k = len(feasible).bit_length() - 1
    # Ways to a combination from the start, and from it to the end, by feasible steps.
    to, onward = [0] * len(feasible), [0] * len(feasible)
    to[0] = onward[-1] = 1
    for s in range(1, len(feasible)):
        if feasible[s]:
            to[s] = sum(to[s ^ bit] for bit in _bits(s))
    for s in range(len(feasible) - 2, -1, -1):
        if feasible[s]:
            onward[s] = sum(onward[s | bit] for bit in _bits(len(feasible) - 1 - s))
    if onward[0] == 0:
        return None
    weight = np.zeros((k, len(feasible)))
    for component in range(k):
        bit = 1 << component
        for s in range(len(feasible)):
            if not s & bit:
                weight[component, s] = to[s] * onward[s | bit] / onward[0]
    return StepWeights(weight, onward[0])


def _bits(s: int) -> list[int]:
    return [1 << k for k in range(s.bit_length()) if s >> k & 1]
