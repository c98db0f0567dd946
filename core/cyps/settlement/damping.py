"""Damping: nobody falls too far at once, and no money is made or lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cyps.errors import CypsError
from cyps.settlement.share_out import ROUNDING


class Infeasible(CypsError):  # noqa: N818 - the officer's words, not "InfeasibleError"
    """A rule that cannot be kept with this pot.

    `binding` (n_authorities,) is in pounds what the limits add to each authority, or keep from
    it; `does` says which of the two in words.
    """

    does = "Lifting to the limit costs"

    def __init__(self, message: str, binding: NDArray[np.float64]) -> None:
        self.binding = binding
        super().__init__(message)

    def who(self, names: Sequence[str]) -> str:
        """A sentence that names those whom the limits move most, and counts the others."""
        bound = [i for i in np.argsort(-self.binding, kind="stable") if self.binding[i] >= 1]
        if not bound:
            return ""
        most = ", ".join(f"{names[i]} (£{self.binding[i]:,.0f})" for i in bound[:3])
        more = len(bound) - 3
        others = f", and less for {more} other{'s' if more > 1 else ''}" if more > 0 else ""
        return f"{self.does} most for {most}{others}."


class FloorTooHigh(Infeasible):
    """The floors together cost more than the pot; `highest_floor` is the highest that fits."""

    def __init__(
        self,
        floor: float,
        highest_floor: float,
        binding: NDArray[np.float64],
        *,
        by_band: bool = False,
    ) -> None:
        self.floor = floor
        self.highest_floor = highest_floor
        if by_band:
            # One floor for all has a highest that fits; several have how far all must fall.
            points = math.ceil((floor - highest_floor) * 1e8) / 1e6
            super().__init__(
                "The floors cannot be paid for: guaranteeing them to everyone would cost more "
                f"than the pot. Lower every band's floor (or every protected part) by {points:.6f} "
                "percentage points, or raise the pot.",
                binding,
            )
            return
        super().__init__(
            f"A floor of {floor:.4%} cannot be paid for: guaranteeing it to everyone would cost "
            "more than the pot. The highest floor that fits is "
            f"{_rounded_down(highest_floor):.6%}. Lower the floor to that or below, or "
            f"raise the pot.{_OTHER_UNIT if highest_floor < _HARDLY_MEANT else ''}",
            binding,
        )


_HARDLY_MEANT = -0.9
_OTHER_UNIT = " Baselines add up to over ten times the pot: are both in pounds?"


def _rounded_down(rate: float) -> float:
    # A floor rounded up to the nearest would be one that doesn't fit.
    return math.floor(rate * 1e8) / 1e8


@dataclass(frozen=True, slots=True)
class Damped:
    """Floor-damped allocations and the lines that led to them.

    All arrays are (n_authorities,), pounds: `floor_amount` = baseline x (1 + floor),
    `cost` = what lifting the authority to its floor takes, `headroom` = how far its
    target is above its floor, `allocation` = the damped allocation, with the same
    sum as the target. `scaling_factor` = 1 - sum(cost)/sum(headroom), in [0, 1], for a
    floor alone; other rules say what theirs is, and it is not a number where damping groups
    have one each. `factor` (n_authorities,) is the factor of each authority's group, and
    `top_up` what is paid from outside the pot on top of `allocation`.
    """

    floor_amount: NDArray[np.float64]
    cost: NDArray[np.float64]
    headroom: NDArray[np.float64]
    scaling_factor: float
    allocation: NDArray[np.float64]
    top_up: NDArray[np.float64]
    factor: NDArray[np.float64]


def damped_lines(
    target: NDArray[np.float64],
    floor_amount: NDArray[np.float64],
    scaling_factor: float,
    allocation: NDArray[np.float64],
    top_up: NDArray[np.float64] | None = None,
) -> Damped:
    """The lines of one damping group, with the cost and headroom that its floors make."""
    return Damped(
        floor_amount=floor_amount,
        cost=np.maximum(0.0, floor_amount - target),
        headroom=np.maximum(0.0, target - floor_amount),
        scaling_factor=scaling_factor,
        allocation=allocation,
        top_up=np.zeros_like(allocation) if top_up is None else top_up,
        factor=np.full_like(allocation, scaling_factor),
    )


def floor_damped(target: ArrayLike, baseline: ArrayLike, floor: float) -> Damped:
    """Allocations with nobody below the floor, paid for by those above it.

    Only the increase above the floor is scaled back, so the total stays the
    same (local government floor damping; the factor is 1 - cost/headroom).

    Parameters
    ----------
    target, baseline : array of shape (n_authorities,), pounds
    floor : least change against the baseline, e.g. -0.05

    Returns
    -------
    Damped
        `allocation` (n_authorities,), same sum as `target`; `scaling_factor` in [0, 1].

    Raises
    ------
    FloorTooHigh
        When the floors together cost more than the pot; carries the highest floor that fits.

    Examples
    --------
    >>> damped = floor_damped([96, 215, 170, 49, 510], [100, 200, 150, 50, 500], 0.0)
    >>> round(damped.scaling_factor, 10)
    0.8888888889
    >>> damped.allocation.round(6).tolist()
    [100.0, 213.333333, 167.777778, 50.0, 508.888889]
    """
    F, B = check_amounts(target, baseline)
    if not (np.isfinite(floor) and floor >= -1):
        raise CypsError(
            f"The floor is {floor}. It is a change against the baseline, such as -0.05 for a "
            "fall of at most 5%, and cannot be below -1 (-100%)."
        )
    L = B * (1 + floor)
    cost = np.maximum(0.0, L - F)
    headroom = np.maximum(0.0, F - L)
    if cost.sum() - headroom.sum() > ROUNDING * max(F.sum(), B.sum()):
        raise FloorTooHigh(floor, float(F.sum() / B.sum() - 1), cost)
    # Without headroom there is nothing to scale, and the pot is what the floors cost.
    s = max(0.0, float(1 - cost.sum() / headroom.sum())) if headroom.sum() > 0 else 1.0
    return damped_lines(F, L, s, np.where(F <= L, L, L + s * (F - L)))


def check_amounts(
    target: ArrayLike, baseline: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Targets and baselines as arrays, or a sentence that says why they cannot be used."""
    F = np.asarray(target, dtype=np.float64)
    B = np.asarray(baseline, dtype=np.float64)
    if F.shape != B.shape or F.ndim != 1 or F.size == 0:
        raise CypsError(
            f"Damping needs one target and one baseline for each authority, "
            f"but got {F.size} targets and {B.size} baselines."
        )
    for name, amount in (("target", F), ("baseline", B)):
        if not (np.isfinite(amount) & (amount >= 0)).all():
            raise CypsError(
                f"A {name} is missing or below zero. Every authority needs a {name} of 0 or more."
            )
    return F, B
