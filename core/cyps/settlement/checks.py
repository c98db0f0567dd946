"""Checks of a settlement: what must hold, and what a reader must know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.settlement.rules import Bands, DampingRule, Floor, FloorAndCeiling, Proportional
from cyps.settlement.settle import Settlement
from cyps.settlement.summaries import on_the_floor


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was checked, how it stands, and that in words."""

    name: str
    state: Literal["OK", "STOP", "WARN"]
    sentence: str


def checks(settlement: Settlement) -> tuple[Check, ...]:
    """Every check of a settlement, those that must hold first.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> [check.state for check in checks(example())]
    ['OK', 'OK', 'OK', 'WARN']
    """
    return (*_sums(settlement), *_to_know(settlement))


def _sums(settlement: Settlement) -> Iterator[Check]:
    scenario = settlement.scenario
    left = scenario.pot - int(settlement.pounds.sum())
    yield Check(
        "Pot",
        "STOP" if left else "OK",
        f"Whole pounds differ from the pot by {left:,}." if left else
        f"Whole pounds add up to the pot of {scenario.pot:,}.",
    )  # fmt: skip
    off = float(np.abs(settlement.metric_share.sum(axis=0) - 1).max())
    off = max(off, abs(float(settlement.share.sum()) - 1))
    yield Check(
        "Shares",
        "STOP" if off > 1e-9 else "OK",
        f"Shares add up to 1 to within {off:.0e}.",
    )
    gap = float(settlement.damped.allocation.sum() - settlement.target.sum())
    much = abs(gap) > 1e-9 * scenario.pot
    yield Check(
        "Damping",
        "STOP" if much else "OK",
        f"Damping {'makes or loses money: ' if much else 'makes and loses no money: '}"
        f"{scenario.damping_in_words}; {int(on_the_floor(settlement).sum())} authorities get "
        "their floor and no more.",
    )


def _to_know(settlement: Settlement) -> Iterator[Check]:
    scenario = settlement.scenario
    yield Check("Status", "WARN", f"{scenario.status}: {scenario.statement}")
    for doubt in doubts(settlement):
        yield Check("Units", "WARN", doubt)
    if scenario.exclusions:
        names = ", ".join(f"{gone.name} ({gone.reason})" for gone in scenario.exclusions)
        yield Check("Left out", "WARN", f"Not in this settlement: {names}.")
    if settlement.top_up.any():
        yield Check(
            "Top-up",
            "WARN",
            f"{int(settlement.top_up.sum()):,} pounds come from outside the pot.",
        )


FAR = 20.0
"""Times by which a target is from its baseline where their units must differ: real settlements
move authorities by up to 70%, pounds and thousands differ by 1,000."""
FAR_COST = 3.0
"""Times by which an area cost factor is from the middle one where it must be a slip."""
FAR_CEILING = 1.0
"""Ceiling above which it must be a percentage that was meant as one: 10 for 10%."""
FAR_USE = 50.0
"""Times by which use for a pound of baseline is from the middle one where it must be a slip:
published use of a small authority was 12 times away (2021), thousands are 1,000."""
FAR_FLOOR = -0.5
"""Floor below which it must be a percentage that was meant as one: -0.9 for -0.9%. -1 is none."""
SMALL_WEIGHT = 0.001
"""A cost weight above 0 and below this is a slip: weights from outturn are 9% or more."""
_SHOWN = 5


def doubts(settlement: Settlement) -> tuple[str, ...]:
    """What can be settled but is hardly meant: baselines in thousands, a factor of 112, +1000%.

    Also use of one metric in thousands, and a lower limit of area cost that lifts everybody.

    Nothing stops such numbers, and pounds still add up to the pot. A floor against a baseline in
    thousands protects nobody, and one wrong factor takes from everybody.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from cyps.settlement import settle
    >>> from cyps.settlement.example import example
    >>> one = example()
    >>> doubts(one)
    ()
    >>> thousands = replace(one.scenario, baseline=one.scenario.baseline / 1000)
    >>> doubts(settle(thousands, one.use))[0][:67]
    'Baselines and pot do not seem to be in one unit: baselines add up t'
    """
    return (
        *_baselines_far(settlement),
        *_use_far(settlement),
        *_metrics_swapped(settlement),
        *_weights_small(settlement),
        *_factors_far(settlement),
        *_factors_alike(settlement),
        *_limits_far(settlement.scenario.damping),
    )


def far_from_baseline(settlement: Settlement) -> NDArray[np.bool_]:
    """Whose target and baseline are more than 20 times apart, (n_authorities,)."""
    baseline, target = settlement.scenario.baseline, settlement.target
    known = (baseline > 0) & (target > 0)
    ratio = np.divide(target, baseline, out=np.ones_like(target), where=known)
    return np.asarray((ratio > FAR) | (ratio < 1 / FAR))


def far_use(settlement: Settlement) -> NDArray[np.bool_]:
    """Which use is more than 50 times the middle one, or as much below, (n_authorities, n_metrics).

    Use is taken for each pound of baseline, because children are not always known; the middle
    one is the middle use over the middle baseline. Use and baselines of 0 are never far.
    """
    use, baseline = settlement.use.children, settlement.scenario.baseline[:, None]
    middle_use, middle_baseline = np.median(use, axis=0), np.median(baseline)
    known = (use > 0) & (baseline > 0) & (middle_use > 0) & (middle_baseline > 0)
    here, middle = use * middle_baseline, middle_use * baseline
    return np.asarray(known & ((here > FAR_USE * middle) | (FAR_USE * here < middle)))


def far_area_cost(settlement: Settlement) -> NDArray[np.bool_]:
    """Which factors are more than 3 times the middle one, or as much below: (n_authorities, k)."""
    factors = settlement.area_cost.reshape(len(settlement.area_cost), -1)
    middle = float(np.median(factors))
    return np.asarray((factors > FAR_COST * middle) | (factors < middle / FAR_COST))


def _baselines_far(settlement: Settlement) -> Iterator[str]:
    baseline, target = settlement.scenario.baseline, settlement.target
    known, far = (baseline > 0) & (target > 0), far_from_baseline(settlement)
    if not baseline.any():
        yield (
            "Every baseline is 0, so that no limit holds and there is no change to tell. Were the "
            "file's formulas computed? Open it in Excel, save it, and look at the column."
        )
    elif 2 * far.sum() > known.sum():
        yield (
            f"Baselines and pot do not seem to be in one unit: baselines add up to "
            f"£{baseline.sum():,.0f}, the pot is £{settlement.scenario.pot:,}. Give both in "
            "pounds: otherwise limits against the baseline, and every change, mean nothing."
        )
    elif far.any():
        shown = [
            f"{settlement.scenario.authorities[i].name} (baseline £{baseline[i]:,.0f}, target "
            f"£{target[i]:,.0f})"
            for i in np.flatnonzero(far)
        ]
        yield (
            f"Baseline and target are {FAR:g} times apart or more for {_some(shown)}. Check the "
            "baseline, use and area cost."
        )


def _use_far(settlement: Settlement) -> Iterator[str]:
    far, use = far_use(settlement), settlement.use
    # Where all that an authority has is far off, baselines are, and that is told already.
    baselines = bool(far_from_baseline(settlement).any())
    told = far & ~(far.all(axis=1, keepdims=True) & baselines)
    if told.any():
        shown = [
            f"{settlement.scenario.authorities[i].name} ({use.metrics[m]} "
            f"{use.children[i, m]:,.6g})"
            for i, m in np.argwhere(told)
        ]
        yield (
            f"Use for each pound of baseline is {FAR_USE:g} times the middle one or more, or as "
            f"much below it, for {_some(shown)}. Check for thousands and slips: one wrong number "
            "moves everybody's share."
        )


def _metrics_swapped(settlement: Settlement) -> Iterator[str]:
    """More than twice as many in care as in need: in England (2025) there are five times fewer."""
    total = dict(
        zip(settlement.use.metrics, settlement.use.children.sum(axis=0).tolist(), strict=True)
    )
    if total.get("CARE", 0.0) > 2 * total.get("CIN", np.inf):
        yield (
            f"Use of CARE adds up to {total['CARE']:,.6g}, of CIN to {total['CIN']:,.6g}, but far "
            "more children are in need than in care. Are the two columns swapped?"
        )


def _weights_small(settlement: Settlement) -> Iterator[str]:
    for metric, weight in zip(settlement.use.metrics, settlement.weights, strict=True):
        if 0 < weight < SMALL_WEIGHT:
            yield (
                f"The cost weight of {metric} is {weight:.3g}, so that its use hardly counts. Is "
                "its spend in thousands, or another's too large? 0 gives it no weight."
            )


def _factors_alike(settlement: Settlement) -> Iterator[str]:
    """What a lower limit does that is too high: most authorities, or all, are at it.

    Not of a factor of 1, which is no adjustment.
    """
    factors = settlement.area_cost.reshape(len(settlement.scenario.authorities), -1)
    lowest = factors.min(axis=0)
    at_it = (factors == lowest).sum(axis=0)
    for m in np.flatnonzero((2 * at_it > len(factors)) & (lowest != 1)):
        of = f" of {settlement.scenario.area_cost_metrics[m]}" if factors.shape[1] > 1 else ""
        most = at_it[m] < len(factors)
        who = f"{at_it[m]} of {len(factors)} authorities have" if most else "Every authority has"
        yield (
            f"{who} the same area cost factor{of}, {lowest[m]:.6g}"
            f"{', which is the lowest' if most else ', so that it moves nobody'}. A lower limit "
            f"that is too high does that: look at lower_limit of [area_cost], or at the factors."
        )


def _factors_far(settlement: Settlement) -> Iterator[str]:
    factors = settlement.area_cost
    middle = float(np.median(factors))
    by_row, far = factors.reshape(len(factors), -1), far_area_cost(settlement)
    if far.any():
        shown = [
            f"{settlement.scenario.authorities[i].name} ({by_row[i][far[i]][0]:.6g})"
            for i in np.flatnonzero(far.any(axis=1))
        ]
        yield (
            f"The area cost factor is {FAR_COST:g} times the middle one ({middle:.6g}) or more, "
            f"or as much below it, for {_some(shown)}. Check for per cent and slips: one wrong "
            "factor moves everybody's share."
        )


def far_ceilings(rule: DampingRule) -> list[float]:
    """The ceilings of a rule, or of its bands, above +100%."""
    match rule:
        case FloorAndCeiling() | Proportional():
            ceilings = [rule.ceiling]
        case Bands():
            ceilings = [band.ceiling for band in rule.bands.values()]
        case _:
            ceilings = []
    return [x for x in ceilings if x is not None and x > FAR_CEILING]


def far_floors(rule: DampingRule) -> list[float]:
    """The floors of a rule, or of its bands, below -50%, but for -100%, which is none."""
    match rule:
        case Floor() | FloorAndCeiling() | Proportional():
            floors = [rule.floor]
        case Bands():
            floors = [band.floor for band in rule.bands.values()]
        case _:
            floors = []
    return [x for x in floors if -1 < x < FAR_FLOOR]


def _limits_far(rule: DampingRule) -> Iterator[str]:
    if ceilings := far_ceilings(rule):
        highest = max(ceilings)
        yield (
            f"A ceiling of {highest:+.2%} lets an authority have {1 + highest:g} times its "
            "baseline, so that it hardly limits anybody. Rates are parts of 1: write 0.1 for 10%."
        )
    if floors := far_floors(rule):
        lowest = min(floors)
        yield (
            f"A floor of {lowest:+.2%} lets an authority lose {-lowest:.4g} of its baseline, so "
            "that it hardly protects anybody. Rates are parts of 1: write -0.05 for -5%; a floor "
            "of -1 is none."
        )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
