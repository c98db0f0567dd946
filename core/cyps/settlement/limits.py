"""Floors with ceilings, one for all or by band, in the official and the proportional form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cyps.errors import CypsError
from cyps.settlement.damping import Damped, FloorTooHigh, Infeasible, check_amounts, damped_lines
from cyps.settlement.share_out import LimitsTooHigh, LimitsTooLow, Pounds, share_out


class CeilingTooLow(Infeasible):
    """The ceilings leave part of the pot unspent; `raise_by` is the least rise that mends it."""

    does = "Ceilings hold back"

    def __init__(self, unspent: float, raise_by: float, binding: NDArray[np.float64]) -> None:
        self.unspent = unspent
        self.raise_by = raise_by
        mend = "Give those without a baseline no ceiling, or lower the pot."
        if math.isfinite(raise_by):
            least = math.ceil(raise_by * 1e8) / 1e8
            mend = f"Raise every ceiling by at least {least:.6%} of the baseline, or lower the pot."
        super().__init__(
            f"The ceilings leave £{unspent:,.0f} of the pot unspent: everybody above their floor "
            f"would be at their ceiling. {mend}",
            binding,
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """Least and most change against the baseline of each authority.

    `floor` and `ceiling` are (n_authorities,); a ceiling of infinity is none.
    """

    floor: NDArray[np.float64]
    ceiling: NDArray[np.float64]


def limits(floor: ArrayLike, ceiling: ArrayLike | None, n_authorities: int) -> Limits:
    """One floor and ceiling for all, or one for each authority (bands).

    Examples
    --------
    >>> limits(-0.05, None, 2).ceiling.tolist()
    [inf, inf]
    """
    f = np.broadcast_to(np.asarray(floor, dtype=np.float64), n_authorities)
    c = np.broadcast_to(np.asarray(np.inf if ceiling is None else ceiling), n_authorities)
    if not (np.isfinite(f) & (f >= -1)).all():
        raise CypsError("A floor is missing or below -100%. Each is a change such as -5%.")
    if not (c >= f).all():
        raise CypsError(
            "A ceiling is missing or below its floor, so nothing would lie between them. "
            "Raise the ceiling or lower the floor."
        )
    return Limits(f, np.asarray(c, dtype=np.float64))


def floor_and_ceiling_damped(
    target: ArrayLike, baseline: ArrayLike, floor: ArrayLike, ceiling: ArrayLike | None = None
) -> Damped:
    """Allocations between floors and ceilings, in the official form.

    Only the increase above the floor is scaled: D = L where F <= L, else
    min(U, L + s (F - L)). The factor s is above 1 when the ceilings yield more than
    the floors cost. One floor for all and no ceiling is `floor_damped`.

    Parameters
    ----------
    target, baseline : arrays (n_authorities,), pounds
    floor, ceiling : least and most change against the baseline, one for all or one
        for each authority (bands)

    Returns
    -------
    Damped
        `allocation` (n_authorities,), same sum as `target`

    Raises
    ------
    FloorTooHigh
        When the floors cost more than the pot; carries the highest floor that fits
        (for bands, every floor lowered alike).
    CeilingTooLow
        When the pot cannot be spent under the ceilings.

    Examples
    --------
    >>> F, B = [96, 215, 170, 49, 510], [100, 200, 150, 50, 500]
    >>> damped = floor_and_ceiling_damped(F, B, 0.0, 0.08)
    >>> round(damped.scaling_factor, 12), damped.allocation.round(6).tolist()
    (1.2, [100.0, 216.0, 162.0, 50.0, 512.0])
    """
    F, B = check_amounts(target, baseline)
    bounds = limits(floor, ceiling, F.size)
    L = B * (1 + bounds.floor)
    U = np.where(F > L, _amounts(B, bounds.ceiling), L)
    slope = np.maximum(F - L, 0.0)
    return _damped(F, B, bounds, (L, slope, L, U))


def proportionally_damped(
    target: ArrayLike, baseline: ArrayLike, floor: ArrayLike, ceiling: ArrayLike | None = None
) -> Damped:
    """Allocations between floors and ceilings, everybody else's target scaled alike.

    D = kF within the limits: the proportional form, also used in practice. Authorities
    just above their floor can fall to it, which the official form rules out.

    Parameters, returns and errors are those of `floor_and_ceiling_damped`; the
    scaling factor is k.

    Examples
    --------
    >>> damped = proportionally_damped([90, 150], [100, 100], 0.0)
    >>> damped.allocation.tolist(), round(damped.scaling_factor, 9)
    ([100.0, 140.0], 0.933333333)
    """
    F, B = check_amounts(target, baseline)
    bounds = limits(floor, ceiling, F.size)
    L = B * (1 + bounds.floor)
    return _damped(F, B, bounds, (np.zeros_like(F), F, L, _amounts(B, bounds.ceiling)))


def per_pound(amount: float, baseline: Pounds) -> float:
    """An amount as a rate of the baselines together; infinite where they are 0."""
    return amount / float(baseline.sum()) if baseline.sum() > 0 else math.inf


def _amounts(B: Pounds, ceiling: NDArray[np.float64]) -> Pounds:
    # No ceiling on a baseline of 0 is no ceiling, not 0 times infinity.
    return np.asarray(
        np.where(np.isinf(ceiling), np.inf, B * (1 + np.where(np.isinf(ceiling), 0, ceiling)))
    )


def _damped(F: Pounds, B: Pounds, bounds: Limits, shape: tuple[Pounds, ...]) -> Damped:
    base, slope, lower, upper = shape
    try:
        shared = share_out(base, slope, lower, upper, float(F.sum()))
    except LimitsTooHigh:
        # Lowering every floor alike by this rate of the baseline makes them fit.
        over = (lower.sum() - F.sum()) / B.sum()
        highest = float(bounds.floor.max())
        by_band = bool(np.ptp(bounds.floor) > 0)
        raise FloorTooHigh(highest, highest - float(over), lower - F, by_band=by_band) from None
    except LimitsTooLow:
        capped = (slope > 0) & np.isfinite(upper)
        unspent = float(F.sum() - np.where(slope > 0, upper, np.clip(base, lower, upper)).sum())
        held = np.where(capped, F - upper, 0.0)
        raise CeilingTooLow(unspent, per_pound(unspent, B[capped]), held) from None
    return damped_lines(F, B * (1 + bounds.floor), shared.factor, shared.amount)
