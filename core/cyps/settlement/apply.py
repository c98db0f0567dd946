"""Apply a damping rule: phasing first, then the rule, group by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.settlement.damping import Damped, Infeasible, check_amounts, damped_lines, floor_damped
from cyps.settlement.limits import floor_and_ceiling_damped, proportionally_damped
from cyps.settlement.rules import (
    Bands,
    DampingRule,
    Floor,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
    Protection,
    Undamped,
)
from cyps.settlement.transition import pace_of_change, phased, protected


@dataclass(frozen=True, slots=True)
class Transition:
    """How a target becomes an allocation, besides the rule.

    `phasing` is the part of the way from baseline to target, or None; `group` the damping
    group of each authority by GSS code, or None: money stays within a group.
    """

    phasing: float | None = None
    group: Mapping[str, str] | None = None


NO_TRANSITION = Transition()


def damp(
    rule: DampingRule,
    target: NDArray[np.float64],
    baseline: NDArray[np.float64],
    codes: tuple[str, ...],
    transition: Transition = NO_TRANSITION,
) -> Damped:
    """Damped allocations under a rule.

    Order: phasing from the baseline to the target, then the rule on what phasing
    gives, each damping group by itself. Phasing and pace of change are two
    transitions at once and refused.

    Parameters
    ----------
    rule : what is guaranteed and who pays
    target, baseline : arrays (n_authorities,), pounds
    codes : GSS codes, which bands, tiers and groups go by
    transition : phasing and groups; none by default

    Returns
    -------
    Damped
        `allocation` has the target's sum in every group; a top-up from outside is apart

    Examples
    --------
    >>> damped = damp(Floor(floor=0.0), np.array([90.0, 110]), np.array([100.0, 95]), ("E1", "E2"))
    >>> damped.allocation.tolist()
    [100.0, 100.0]
    """
    if transition.phasing is not None and isinstance(rule, PaceOfChange):
        raise CypsError(
            "Phasing and pace of change are both a transition from baseline to target: choose one."
        )
    F, B = check_amounts(target, baseline)
    if transition.group is None:
        return _damp_together(rule, F, B, codes, transition.phasing)
    groups = np.array(_of_each(transition.group, codes, "damping group"))
    parts = {}
    for name in np.unique(groups).tolist():
        members = groups == name
        own = tuple(np.array(codes)[members].tolist())
        try:
            damped = _damp_together(rule, F[members], B[members], own, transition.phasing)
        except CypsError as error:
            error.args = (f"In the damping group '{name}': {error}",)
            if isinstance(error, Infeasible):  # of the whole settlement, not of the group
                of_group, error.binding = error.binding, np.zeros(len(codes))
                error.binding[members] = of_group
            raise
        parts[name] = (members, damped)
    return _joined(parts, len(codes))


def _joined(parts: dict[str, tuple[NDArray[np.bool_], Damped]], n: int) -> Damped:
    """One `Damped` of all groups; each authority carries its group's factor."""
    whole = {
        line: np.empty(n)
        for line in ("floor_amount", "cost", "headroom", "allocation", "top_up", "factor")
    }
    for members, damped in parts.values():
        for line, values in whole.items():
            values[members] = getattr(damped, line)
    return Damped(scaling_factor=float("nan"), **whole)


def _damp_together(
    rule: DampingRule,
    target: NDArray[np.float64],
    B: NDArray[np.float64],
    codes: tuple[str, ...],
    phasing: float | None,
) -> Damped:
    """One damping group: phasing, then the rule."""
    F = target if phasing is None else phased(target, B, phasing)
    match rule:
        case Undamped():
            return damped_lines(F, np.zeros_like(F), 1.0, F)
        case Floor():
            return floor_damped(F, B, rule.floor)
        case FloorAndCeiling():
            return floor_and_ceiling_damped(F, B, rule.floor, rule.ceiling)
        case Proportional():
            return proportionally_damped(F, B, rule.floor, rule.ceiling)
        case Bands():
            bands = [rule.bands[name] for name in _of_each(rule.member, codes, "band")]
            ceilings = [np.inf if band.ceiling is None else band.ceiling for band in bands]
            return floor_and_ceiling_damped(F, B, [band.floor for band in bands], ceilings)
        case Protection():
            return _protected(rule, F, B, codes)
        case PaceOfChange():
            pace = pace_of_change(F, B, rule.least, rule.most, rule.furthest_below)
            return damped_lines(F, B * (1 + rule.least), pace.factor, pace.allocation)


def _protected(
    rule: Protection, F: NDArray[np.float64], B: NDArray[np.float64], codes: tuple[str, ...]
) -> Damped:
    least = np.array([rule.tiers[name] for name in _of_each(rule.member, codes, "tier")])
    safe = protected(F, B, least, rule.payer)
    return damped_lines(
        F, B * least, safe.scaling_factor, safe.allocation - safe.top_up, safe.top_up
    )


def _of_each(named: Mapping[str, str], codes: tuple[str, ...], what: str) -> list[str]:
    missing = [code for code in codes if code not in named]
    if missing:
        raise CypsError(
            f"No {what} is given for {', '.join(missing[:5])}"
            f"{f' and {len(missing) - 5} more' if len(missing) > 5 else ''}. "
            f"Every authority of the settlement needs one."
        )
    return [named[code] for code in codes]
