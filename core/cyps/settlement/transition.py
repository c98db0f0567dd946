"""Transition: phasing from a baseline to the target, protection, and pace of change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cyps.errors import CypsError
from cyps.settlement.damping import Infeasible, check_amounts
from cyps.settlement.limits import floor_and_ceiling_damped
from cyps.settlement.share_out import LimitsTooHigh, LimitsTooLow, share_out


def phased(target: ArrayLike, baseline: ArrayLike, weight: float) -> NDArray[np.float64]:
    """Part of the way from the baseline to the target: (1 - w) B + w F.

    The baseline is first brought to the target's total, so that a pot is shared
    whole in every year, whatever it has grown by.

    Parameters
    ----------
    target, baseline : arrays (n_authorities,), pounds
    weight : w in [0, 1]; by thirds over three years 1/3, 2/3, 1

    Returns
    -------
    array (n_authorities,), pounds, same sum as `target`

    Examples
    --------
    >>> phased([90, 110], [100, 100], 0.5).tolist()
    [95.0, 105.0]
    """
    F, B = check_amounts(target, baseline)
    if not 0 <= weight <= 1:
        raise CypsError(f"The phasing weight is {weight}. It lies between 0 and 1, such as 1/3.")
    if B.sum() == 0:
        raise CypsError("Phasing starts from the baseline, but every baseline is 0.")
    return np.asarray((1 - weight) * B * (F.sum() / B.sum()) + weight * F)


@dataclass(frozen=True, slots=True)
class Protected:
    """Allocations after protection, and what was paid from outside.

    `allocation` and `top_up` are (n_authorities,), pounds. The allocations add up to
    the pot plus the top-ups; `scaling_factor` is 1 unless the group pays.
    """

    allocation: NDArray[np.float64]
    top_up: NDArray[np.float64]
    scaling_factor: float


def protected(
    allocation: ArrayLike, baseline: ArrayLike, least: ArrayLike, payer: Literal["group", "outside"]
) -> Protected:
    """Nobody gets less than a part of the baseline: protection tiers.

    Parameters
    ----------
    allocation, baseline : arrays (n_authorities,), pounds
    least : part of the baseline that is protected, one for all or one for each
        authority: 1 for cash, 1 + deflator for real terms, 0.95, ...
    payer : "group": those above their protection pay (floor damping); "outside":
        a top-up on a line of its own, and the total grows by it

    Raises
    ------
    FloorTooHigh
        When the group cannot pay.

    Examples
    --------
    >>> protected([90, 110], [100, 100], 0.95, "outside").top_up.tolist()
    [5.0, 0.0]
    >>> protected([90, 110], [100, 100], 0.95, "group").allocation.tolist()
    [95.0, 105.0]
    """
    A, B = check_amounts(allocation, baseline)
    part = np.broadcast_to(np.asarray(least, dtype=np.float64), A.size)
    if payer == "group":
        damped = floor_and_ceiling_damped(A, B, part - 1)
        return Protected(damped.allocation, np.zeros_like(A), damped.scaling_factor)
    if payer != "outside":
        raise CypsError(f"The payer of protection is '{payer}'. It is 'group' or 'outside'.")
    if not (np.isfinite(part) & (part >= 0)).all():
        raise CypsError("A protected part of the baseline is missing or below 0.")
    top_up = np.maximum(0.0, B * part - A)
    return Protected(A + top_up, top_up, 1.0)


class PaceTooSlow(Infeasible):
    """Growth of at most `most` leaves money; `least_most` is the least growth that spends it."""

    does = "It holds back"

    def __init__(self, most: float, least_most: float, binding: NDArray[np.float64]) -> None:
        self.most = most
        self.least_most = least_most
        super().__init__(
            f"Growth of at most {most:.4%} leaves part of the pot unspent. Raise 'most' to "
            f"{math.ceil(least_most * 1e8) / 1e6:.6f}% or above, or lower the pot.",
            binding,
        )


class PaceTooFast(Infeasible):
    """Growth of at least `least` and lifts cost too much; `highest_least` is what fits."""

    def __init__(
        self, least: float, highest_least: float, costs: str, binding: NDArray[np.float64]
    ) -> None:
        self.least = least
        self.highest_least = highest_least
        super().__init__(
            f"Growth of at least {least:.2%} for everybody and {costs}. Lower the least growth to "
            f"{math.floor(highest_least * 1e8) / 1e6:.6f}% or below, or let authorities stay "
            "further below target.",
            binding,
        )


@dataclass(frozen=True, slots=True)
class PaceOfChange:
    """Growth towards target at a measured pace.

    All arrays are (n_authorities,): `allocation` in pounds, same sum as the target;
    `opening_distance` and `closing_distance` from target as rates (-0.05 is 5% below).
    `factor` is the part of the way from least growth to target that is gone.
    """

    allocation: NDArray[np.float64]
    opening_distance: NDArray[np.float64]
    closing_distance: NDArray[np.float64]
    factor: float


def pace_of_change(
    target: ArrayLike, baseline: ArrayLike, least: float, most: float, furthest_below: float = -0.05
) -> PaceOfChange:
    """Allocations by distance from target, as NHS allocations go.

    Everybody's baseline grows by at least `least`. What is left goes to those whose target
    is above that, in proportion to how far above, nobody growing by more than `most`;
    whoever would still be further below target than `furthest_below` is lifted to it.

    Parameters
    ----------
    target, baseline : arrays (n_authorities,), pounds; targets above 0
    least, most : growth of the baseline, such as 0.01 and 0.08
    furthest_below : furthest distance below target that is left, such as -0.05

    Raises
    ------
    PaceTooFast
        When least growth and lifts alone cost more than the pot; carries the growth that fits.
    PaceTooSlow
        When the pot cannot be spent with growth of at most `most`; carries the least that can.

    Examples
    --------
    >>> pace = pace_of_change([100, 120], [100, 100], 0.0, 0.5)
    >>> pace.allocation.tolist(), pace.closing_distance.tolist()
    ([100.0, 120.0], [0.0, 0.0])
    """
    F, B = check_amounts(target, baseline)
    if not (F > 0).all():
        raise CypsError("Distance from target needs every target to be above 0.")
    if furthest_below > 0:
        raise CypsError(
            f"Everybody cannot be lifted to {furthest_below:.2%} above target: give how far below "
            "target is left, such as -5%."
        )
    if not -1 <= least <= most:
        raise CypsError(f"Least growth ({least:.2%}) must be -100% or more and at most {most:.2%}.")
    if B.sum() == 0:
        raise CypsError("Pace of change starts from the baseline, but every baseline is 0.")
    opening = B * (F.sum() / B.sum()) / F - 1
    lower = np.maximum(B * (1 + least), F * (1 + furthest_below))
    # Nobody is taken past the target, but for who already is.
    upper = np.maximum(lower, np.minimum(B * (1 + most), F))
    way = np.maximum(0.0, F - B * (1 + least))
    try:
        shared = share_out(B * (1 + least), way, lower, upper, float(F.sum()))
    except LimitsTooHigh:
        # Everybody grows alike, but for those who are lifted.
        lifted = F * (1 + furthest_below)
        highest = share_out(np.zeros_like(F), B, lifted, np.full_like(F, np.inf), float(F.sum()))
        raise PaceTooFast(
            least,
            highest.factor - 1,
            f"lifts to {furthest_below:.2%} of target cost £{lower.sum():,.0f}, more than the pot "
            f"of £{F.sum():,.0f}",
            lower - F,
        ) from None
    except LimitsTooLow:
        # The growth at which everybody is at it, at target, or lifted.
        needed = share_out(np.zeros_like(F), B, lower, np.maximum(lower, F), float(F.sum()))
        raise PaceTooSlow(most, needed.factor - 1, F - upper) from None
    return PaceOfChange(shared.amount, opening, shared.amount / F - 1, shared.factor)
