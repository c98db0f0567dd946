"""How damping was solved: every line between target and damped amount, to be recomputed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.settlement.rules import (
    Bands,
    DampingRule,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
    Protection,
    Undamped,
)
from cyps.settlement.settle import Settlement
from cyps.settlement.share_out import ROUNDING
from cyps.settlement.transition import phased
from cyps.settlement.whole_pounds import to_6_decimals

Amounts = NDArray[np.float64]

LEAST, MOVES, MOST = "least", "moves", "most"
"""Where an authority stands when its group's total is shared out."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The lines of every authority, arrays (n_authorities,), pounds unless said.

    A rule is put as damped = clip(base + factor x slope, lower, upper). `leaves` and `meets`
    are the factors at which an authority leaves `lower` and meets `upper`; `total_leaving`
    and `total_meeting` what its group gets in all at those factors. Whatever never happens
    is infinite. From these alone follows where each one `stands` at the group's total, and
    from that the factor: (to share - sum of `fixed`) / sum of `moving_slope`.

    `group` counts damping groups from 1, in the order of their names; `least` and `most` are
    rates against the baseline, `most` not a number where there is no ceiling.
    """

    group: NDArray[np.int64]
    phased: Amounts
    least: Amounts
    most: Amounts
    lower: Amounts
    upper: Amounts
    base: Amounts
    slope: Amounts
    leaves: Amounts
    meets: Amounts
    total_leaving: Amounts
    total_meeting: Amounts
    stands: NDArray[np.str_]
    fixed: Amounts
    moving_slope: Amounts


def solution(settlement: Settlement) -> Solution:
    """The lines by which a settlement's targets became damped amounts.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> lines = solution(example())
    >>> lines.stands.tolist(), lines.slope.round(6).tolist()
    (['moves', 'least'], [20.0, 0.0])
    """
    scenario = settlement.scenario
    rule, B = scenario.damping, scenario.baseline
    group = group_numbers(settlement)
    F = settlement.target.copy()
    if scenario.transition.phasing is not None:
        for members in _members(group):
            F[members] = phased(F[members], B[members], scenario.transition.phasing)
    least, most = _rates(rule, scenario.codes)
    lower, upper, base, slope = _shape(rule, F, B, least, most)
    leaves, meets = _points(lower, upper, base, slope)
    totals = np.full((2, F.size), np.inf)
    stands = np.empty(F.size, dtype="<U5")
    for members in _members(group):
        one = (lower[members], upper[members], base[members], slope[members])
        moments = np.stack([leaves[members], meets[members]])
        totals[:, members] = _totals(one, moments)
        stands[members] = _stands(totals[:, members], one[0], float(F[members].sum()))
    fixed = np.select([stands == LEAST, stands == MOST], [lower, upper], base)
    moving_slope = np.where(stands == MOVES, slope, 0.0)
    return Solution(
        group, F, least, most, lower, upper, base, slope, leaves, meets, totals[0], totals[1],
        stands, fixed, moving_slope,
    )  # fmt: skip


def group_names(settlement: Settlement) -> tuple[str, ...]:
    """Damping groups in order of name; one of all where there are none."""
    group = settlement.scenario.transition.group
    if group is None:
        return ("All authorities",)
    return tuple(sorted({group[code] for code in settlement.scenario.codes}))


def group_numbers(settlement: Settlement) -> NDArray[np.int64]:
    """The damping group of each authority, counted from 1 in the order of `group_names`."""
    group, codes = settlement.scenario.transition.group, settlement.scenario.codes
    if group is None:
        return np.ones(len(codes), dtype=np.int64)
    number = {name: i for i, name in enumerate(group_names(settlement), start=1)}
    return np.array([number[group[code]] for code in codes])


def _members(group: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    return [group == number for number in range(1, int(group.max()) + 1)]


def _rates(rule: DampingRule, codes: tuple[str, ...]) -> tuple[Amounts, Amounts]:
    """Least and most change against the baseline; no rule is a floor of -100%."""
    none = np.full(len(codes), np.nan)
    match rule:
        case Undamped():
            return np.full(len(codes), -1.0), none
        case Bands():
            bands = [rule.bands[rule.member[code]] for code in codes]
            most = [np.nan if band.ceiling is None else band.ceiling for band in bands]
            return np.array([band.floor for band in bands]), np.array(most)
        case Protection():
            return np.array([rule.tiers[rule.member[code]] - 1 for code in codes]), none
        case PaceOfChange():
            return np.full(len(codes), rule.least), np.full(len(codes), rule.most)
        case FloorAndCeiling() | Proportional():
            ceiling = np.nan if rule.ceiling is None else rule.ceiling
            return np.full(len(codes), rule.floor), np.full(len(codes), ceiling)
    return np.full(len(codes), rule.floor), none


def _shape(
    rule: DampingRule, F: Amounts, B: Amounts, least: Amounts, most: Amounts
) -> tuple[Amounts, Amounts, Amounts, Amounts]:
    """Lower and upper limit, base and slope: the rule as amounts that follow one factor."""
    L = B * (1 + least)
    U = np.where(np.isnan(most), np.inf, B * (1 + np.nan_to_num(most)))
    if isinstance(rule, Undamped) or (isinstance(rule, Protection) and rule.payer == "outside"):
        return F, F, F, np.zeros_like(F)
    if isinstance(rule, Proportional):
        return L, np.where(F > 0, U, L), np.zeros_like(F), F
    if isinstance(rule, PaceOfChange):
        lower = np.maximum(L, F * (1 + rule.furthest_below))
        return lower, np.maximum(lower, np.minimum(U, F)), L, np.maximum(0.0, F - L)
    return L, np.where(F > L, U, L), L, np.maximum(0.0, F - L)


def _points(
    lower: Amounts, upper: Amounts, base: Amounts, slope: Amounts
) -> tuple[Amounts, Amounts]:
    moving = slope > 0
    divisor = np.where(moving, slope, 1.0)
    leaves = np.where(moving, np.maximum(0.0, (lower - base) / divisor), np.inf)
    return leaves, np.where(moving, (upper - base) / divisor, np.inf)


def _totals(one: tuple[Amounts, ...], moments: Amounts) -> Amounts:
    """What a group gets in all at each factor of `moments`; infinite at an infinite one."""
    lower, upper, base, slope = one
    leaves, meets = _points(lower, upper, base, slope)
    totals = np.full(moments.shape, np.inf)
    for place in zip(*np.nonzero(np.isfinite(moments)), strict=True):
        s = moments[place]
        free = np.where(s >= meets, upper, base + s * slope)
        totals[place] = np.where(s <= leaves, lower, free).sum()
    return totals


def _stands(totals: Amounts, lower: Amounts, to_share: float) -> NDArray[np.str_]:
    # Whose own point is reached before the total is shared out has passed it. A total that
    # the least amounts meet, but for rounding, moves nobody.
    slack = ROUNDING * max(to_share, float(lower.sum()))
    nobody_moves = 0.0 if lower.sum() >= to_share - slack else to_share
    past = totals[1] < to_share * TIE
    return np.where(totals[0] >= nobody_moves, LEAST, np.where(past, MOST, MOVES))


TIE = 0.99999999999999
"""Totals closer than this part are one: the last to move still moves at the very end."""


@dataclass(frozen=True, slots=True)
class GroupLines:
    """The lines of the damping groups, arrays (n_groups,), pounds unless said.

    `to_share` is what the group shares out after phasing; `least`, `most` what it gets when
    everybody is at the lower, the upper limit; `fixed` and `moving_slope` the sums behind
    `factor`. `rounded`, `below`, `remainder`, `order` lead to the group's whole `pounds`.
    """

    names: tuple[str, ...]
    authorities: NDArray[np.int64]
    target: Amounts
    baseline: Amounts
    to_share: Amounts
    least: Amounts
    most: Amounts
    fixed: Amounts
    moving_slope: Amounts
    factor: Amounts
    damped: Amounts
    rounded: Amounts
    below: Amounts
    remainder: Amounts
    order: NDArray[np.int64]
    pounds: NDArray[np.int64]


def group_lines(settlement: Settlement, lines: Solution) -> GroupLines:
    """The lines of each damping group.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> groups = group_lines(example(), solution(example()))
    >>> groups.names, groups.pounds.tolist(), groups.factor.round(6).tolist()
    (('All authorities',), [100], [1.0])
    """
    members = _members(lines.group)
    pounds_of = settlement.pounds

    def sums(amounts: Amounts) -> Amounts:
        return np.array([amounts[m].sum() for m in members])

    target = sums(settlement.target)
    # One group of all has the pot itself, which a sum of targets only comes near.
    one = settlement.scenario.transition.group is None
    rounded = np.array([float(settlement.scenario.pot)]) if one else to_6_decimals(target)
    below = np.floor(rounded)
    remainder = to_6_decimals(rounded - below)
    order = np.empty(len(members), dtype=np.int64)
    order[np.argsort(-remainder, kind="stable")] = np.arange(1, len(members) + 1)
    return GroupLines(
        names=group_names(settlement),
        authorities=np.array([int(m.sum()) for m in members]),
        target=target,
        baseline=sums(settlement.scenario.baseline),
        to_share=sums(lines.phased),
        least=sums(lines.lower),
        most=sums(lines.upper),
        fixed=sums(lines.fixed),
        moving_slope=sums(lines.moving_slope),
        factor=np.array([settlement.damped.factor[m][0] for m in members]),
        damped=sums(settlement.damped.allocation),
        rounded=rounded,
        below=below,
        remainder=remainder,
        order=order,
        pounds=np.array([int(pounds_of[m].sum()) for m in members]),
    )
