"""The figures of an authority's calculation, each with what it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.settlement import Floor, Scenario, Settlement, phased
from cyps.settlement.summaries import PoundsBelow, pounds_below


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the calculation; keys of its inputs stand in its formula in {braces}."""

    key: str
    name: str
    value: float
    unit: str
    source: str
    formula: str = ""
    kind: Literal["input", "total", "line"] = "line"
    made_of: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Keys of the figures that it is made of, in order."""
        return tuple(dict.fromkeys((*re.findall(r"\{(\w+)\}", self.formula), *self.made_of)))


def figures(settlement: Settlement, row: int) -> tuple[Figure, ...]:
    """Every figure of an authority's calculation, inputs before what is made of them.

    Formulas are plain arithmetic: / x + - max( ) floor( ) round( ), with keys in braces.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> [figure.key for figure in figures(example(), 0)][-2:]
    ['last_pound', 'pounds']
    """
    return (
        *_needs(settlement, row),
        *_target(settlement, row),
        *_damping(settlement, row),
        *_pounds(settlement, row),
    )


def noted(scenario: Scenario, what: str) -> str:
    """What a scenario's notes say of an input, or else its title.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> noted(example().scenario, "Baseline")
    "Scenario 'Two'; its notes do not say more"
    """
    told = [note for note in scenario.notes if re.match(rf"{what}\b[^:]*:", note)]
    return " ".join(told) or f"Scenario '{scenario.title}'; its notes do not say more"


def _everyone(settlement: Settlement) -> str:
    return f"sum over the {len(settlement.scenario.authorities)} authorities"


def _needs(settlement: Settlement, row: int) -> Iterator[Figure]:
    """Use, shares, weights and the needs share."""
    scenario, use = settlement.scenario, settlement.use
    spent = sum(line.pounds for line in scenario.spend)
    for m, metric in enumerate(use.metrics):
        lines = [line for line in scenario.spend if line.metric == metric]
        yield Figure(
            f"use_{metric}", f"Use of {metric}", float(use.children[row, m]), "use",
            use.basis, kind="input",
        )  # fmt: skip
        yield Figure(
            f"all_use_{metric}", f"Use of {metric}, all authorities",
            float(use.children[:, m].sum()), "use", _everyone(settlement), kind="total",
        )  # fmt: skip
        yield Figure(
            f"metric_share_{metric}", f"Share of {metric} use",
            float(settlement.metric_share[row, m]), "factor", "use over all use",
            f"{{use_{metric}}} / {{all_use_{metric}}}",
        )  # fmt: skip
        yield Figure(
            f"spend_{metric}", f"Spend that {metric} stands for",
            sum(line.pounds for line in lines), "pounds",
            f"{'; '.join(line.service_area for line in lines)}. {noted(scenario, 'Spend')}",
            kind="input",
        )  # fmt: skip
        if m == 0:
            yield Figure(
                "all_spend", "Spend on all service areas", spent, "pounds",
                "sum over the service areas", kind="total",
            )  # fmt: skip
        yield Figure(
            f"weight_{metric}", f"Cost weight of {metric}", float(settlement.weights[m]), "factor",
            "spend over all spend", f"{{spend_{metric}}} / {{all_spend}}",
        )  # fmt: skip
    products = (f"{{metric_share_{m}}} x {{weight_{m}}}" for m in use.metrics)
    yield Figure(
        "needs_share", "Needs share, before area cost", float(settlement.needs_share[row]),
        "factor", "metric shares by cost weight (NR TWG 19-04, 9-12)", " + ".join(products),
    )  # fmt: skip


def _target(settlement: Settlement, row: int) -> Iterator[Figure]:
    """Area cost, share, pot, target."""
    scenario = settlement.scenario
    yield from _area_cost(settlement, row)
    yield Figure(
        "pot", "Pot", float(scenario.pot), "whole pounds", noted(scenario, "Pot"),
        kind="input",
    )  # fmt: skip
    yield Figure(
        "target", "Target", float(settlement.target[row]), "pounds", "undamped",
        "{share} x {pot}",
    )  # fmt: skip
    yield Figure(
        "baseline", "Baseline", float(scenario.baseline[row]), "pounds",
        noted(scenario, "Baseline"), kind="input",
    )  # fmt: skip


def _area_cost(settlement: Settlement, row: int) -> Iterator[Figure]:
    """From needs to the share of the pot, by one factor or by a factor for each metric."""
    scenario, cost = settlement.scenario, settlement.area_cost
    by_cost = settlement.needs_share * settlement.area_cost_factor
    before = "{needs_share} x {area_cost}"
    if cost.ndim == 1:
        yield Figure(
            "area_cost", "Area cost factor", float(cost[row]), "factor",
            noted(scenario, "Area cost"), kind="input",
        )  # fmt: skip
    else:
        metrics = settlement.use.metrics
        for metric, factor in zip(metrics, cost[row].tolist(), strict=True):
            yield Figure(
                f"area_cost_{metric}", f"Area cost factor of {metric}", factor, "factor",
                noted(scenario, "Area cost"), kind="input",
            )  # fmt: skip
        products = (f"{{metric_share_{m}}} x {{weight_{m}}} x {{area_cost_{m}}}" for m in metrics)
        yield Figure(
            "needs_by_cost", "Needs share x area cost", float(by_cost[row]), "factor",
            "metric shares by cost weight and area cost", " + ".join(products),
        )  # fmt: skip
        before = "{needs_by_cost}"
    yield Figure(
        "all_needs_by_cost", "Needs share x area cost, all", float(by_cost.sum()), "factor",
        _everyone(settlement), kind="total",
    )  # fmt: skip
    yield Figure(
        "share", "Share of the pot", float(settlement.share[row]), "factor",
        "area cost adjusted, made to sum to 1", f"{before} / {{all_needs_by_cost}}",
    )  # fmt: skip


def _damping(settlement: Settlement, row: int) -> Iterator[Figure]:
    """From target to damped allocation, by formula for a floor and in words for other rules."""
    scenario, damped = settlement.scenario, settlement.damped
    members, of_whom = _damping_group(settlement, row)
    start = "target"
    if scenario.transition.phasing is not None:
        start = "phased"
        yield from _phasing(settlement, row, members, of_whom, scenario.transition.phasing)
    if isinstance(scenario.damping, Floor):
        yield from _floor_lines(settlement, row, scenario.damping, start)
        yield from _floor_totals(settlement, members, of_whom)
        yield Figure(
            "scaling_factor", "Scaling factor", float(damped.factor[row]), "factor",
            "local government floor damping",
            "max(0, 1 - {all_cost} / {all_headroom})" if damped.headroom[members].any() else "1",
        )  # fmt: skip
        yield Figure(
            "damped_allocation", "Damped allocation", float(damped.allocation[row]), "pounds",
            f"floor, and the increase above it scaled; {scenario.damping_in_words}",
            "{floor_amount} + {scaling_factor} x {headroom}",
        )  # fmt: skip
        return
    yield Figure(
        "scaling_factor", "Factor of the rule", float(damped.factor[row]), "factor",
        f"makes the allocations of {of_whom} add up to their targets", kind="total",
    )  # fmt: skip
    yield Figure(
        "damped_allocation", "Damped allocation", float(damped.allocation[row]), "pounds",
        f"by the rule: {scenario.damping_in_words}",
        made_of=(start, "baseline", "scaling_factor"),
    )  # fmt: skip
    yield Figure(
        "top_up", "Top-up from outside, in whole pounds", float(settlement.top_up[row]),
        "whole pounds", f"not in the pot; by the rule: {scenario.damping_in_words}",
        made_of=(start, "baseline"),
    )  # fmt: skip


def _damping_group(settlement: Settlement, row: int) -> tuple[NDArray[np.bool_], str]:
    """Who shares a factor with an authority, and what they are called."""
    codes, group = settlement.scenario.codes, settlement.scenario.transition.group
    if group is None:
        return np.ones(len(codes), dtype=np.bool_), "all authorities"
    own = group[codes[row]]
    return np.array([group[code] == own for code in codes]), f"the damping group '{own}'"


def _phasing(
    settlement: Settlement, row: int, members: NDArray[np.bool_], of_whom: str, part: float
) -> Iterator[Figure]:
    scenario = settlement.scenario
    yield Figure(
        "phasing", "Part of the way to target", part, "factor", noted(scenario, "Damping"),
        kind="input",
    )  # fmt: skip
    for key, words, amount in (
        ("all_targets", "Targets", settlement.target),
        ("all_baselines", "Baselines", scenario.baseline),
    ):
        total = float(amount[members].sum())
        yield Figure(
            key, f"{words} of {of_whom}", total, "pounds", f"sum over {of_whom}", kind="total"
        )
    value = phased(settlement.target[members], scenario.baseline[members], part)
    yield Figure(
        "phased", "Phased target", float(value[members[:row].sum()]), "pounds",
        "the baseline, brought to the targets' total, moves to the target",
        "(1 - {phasing}) x {baseline} x {all_targets} / {all_baselines} + {phasing} x {target}",
    )  # fmt: skip


def _floor_lines(settlement: Settlement, row: int, rule: Floor, start: str) -> Iterator[Figure]:
    damped = settlement.damped
    yield Figure(
        "floor", "Floor", rule.floor, "factor", noted(settlement.scenario, "Damping"),
        kind="input",
    )  # fmt: skip
    yield Figure(
        "floor_amount", "Floor amount", float(damped.floor_amount[row]), "pounds",
        "least allocation", "{baseline} x (1 + {floor})",
    )  # fmt: skip
    yield Figure(
        "cost", "Cost of the floor", float(damped.cost[row]), "pounds",
        "what lifting to the floor takes", f"max(0, {{floor_amount}} - {{{start}}})",
    )  # fmt: skip
    yield Figure(
        "headroom", "Headroom above the floor", float(damped.headroom[row]), "pounds",
        "what may be scaled", f"max(0, {{{start}}} - {{floor_amount}})",
    )  # fmt: skip


def _floor_totals(
    settlement: Settlement, members: NDArray[np.bool_], of_whom: str
) -> Iterator[Figure]:
    for key, words, amount in (
        ("all_cost", "Cost", settlement.damped.cost),
        ("all_headroom", "Headroom", settlement.damped.headroom),
    ):
        total = float(amount[members].sum())
        yield Figure(
            key, f"{words} of {of_whom}", total, "pounds", f"sum over {of_whom}", kind="total"
        )


def _pounds(settlement: Settlement, row: int) -> Iterator[Figure]:
    """Whole pounds by largest remainder."""
    members, of_whom = _damping_group(settlement, row)
    below = pounds_below(settlement.damped.allocation[members])
    own = int(members[:row].sum())
    last = int(settlement.pounds[row]) - int(below.base[own])
    yield Figure(
        "pounds_below", "Whole pounds below it", float(below.base[own]), "whole pounds",
        "damped allocation, rounded to 6 decimals, cut", "floor(round({damped_allocation}, 6))",
    )  # fmt: skip
    yield Figure(
        "last_pound", "Last pound by largest remainder", float(last), "count",
        _place_by_remainder(settlement, members, below, own, of_whom), kind="total",
    )  # fmt: skip
    yield Figure(
        "pounds", "Whole pounds", float(settlement.pounds[row]), "whole pounds",
        "whole pounds add up to the pot", "{pounds_below} + {last_pound}",
    )  # fmt: skip
    if settlement.top_up.any():
        top_up = float(settlement.top_up[row])
        yield Figure(
            "pounds_with_top_up", "Whole pounds with the top-up",
            float(settlement.pounds[row]) + top_up, "whole pounds",
            "the pot's pounds and what comes from outside it", "{pounds} + {top_up}",
        )  # fmt: skip


def _place_by_remainder(
    settlement: Settlement, members: NDArray[np.bool_], below: PoundsBelow, own: int, of_whom: str
) -> str:
    left = int(settlement.pounds[members].sum()) - int(below.base.sum())
    return (
        f"remainder {below.remainder[own]:.6f}, place {below.order[own]} of {of_whom}; the first "
        f"{left} get one more"
    )
