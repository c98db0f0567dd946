"""Ingredients of a settlement: what can be taken from one and put into another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cyps.needs import share_after_area_cost
from cyps.settlement import DampingRule, Settlement, Transition, damp

Pounds = NDArray[np.float64]
USE_OF = "use of "


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a damped allocation is made of.

    `share` has the share of use (n_authorities,) of each metric, `weight` its cost
    weight; weights sum to 1. `area_cost` is (n_authorities,) or has a column for
    each metric in the order of `weight`. Rule and transition are the damping together. The
    pot of a trial need not be whole pounds: nothing is rounded here.
    """

    codes: tuple[str, ...]
    share: Mapping[str, NDArray[np.float64]]
    weight: Mapping[str, float]
    area_cost: NDArray[np.float64]
    pot: float
    baseline: Pounds
    rule: DampingRule
    transition: Transition

    def allocation(self) -> Pounds:
        """Damped allocation, not rounded, (n_authorities,); as `settle` makes it.

        Raises
        ------
        CypsError
            When the rule cannot be kept, such as a floor that costs more than the pot.
        """
        shares = np.column_stack([self.share[metric] for metric in self.weight])
        weights = np.array(list(self.weight.values()))
        target = share_after_area_cost(shares, weights, self.area_cost) * self.pot
        return damp(self.rule, target, self.baseline, self.codes, self.transition).allocation


def ingredients(settlement: Settlement, metrics: tuple[str, ...] | None = None) -> Ingredients:
    """The ingredients of a settlement; `metrics` it doesn't have get a weight of 0.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> ingredients(example()).allocation().tolist()
    [60.0, 40.0]
    """
    scenario, own = settlement.scenario, settlement.use.metrics
    weight = dict(zip(own, settlement.weights.tolist(), strict=True))
    return Ingredients(
        codes=scenario.codes,
        share={metric: settlement.metric_share[:, m] for m, metric in enumerate(own)},
        weight={metric: weight.get(metric, 0.0) for metric in metrics or own},
        area_cost=settlement.area_cost,
        pot=scenario.pot,
        baseline=scenario.baseline,
        rule=scenario.damping,
        transition=scenario.transition,
    )


def paired(before: Settlement, after: Settlement) -> tuple[Ingredients, Ingredients]:
    """Both settlements' ingredients over the metrics of either.

    A metric that only one of them has keeps that one's shares in both, with a weight of 0
    in the other: what its coming or going moves is told under cost weights.
    """
    metrics = tuple(dict.fromkeys((*before.use.metrics, *after.use.metrics)))
    one, other = ingredients(before, metrics), ingredients(after, metrics)
    cost, other_cost = _area_costs(before, after, metrics)
    return (
        replace(one, share=_in_order({**other.share, **one.share}, metrics), area_cost=cost),
        replace(
            other, share=_in_order({**one.share, **other.share}, metrics), area_cost=other_cost
        ),
    )


def _area_costs(
    before: Settlement, after: Settlement, metrics: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both area costs, by metric where either is; a metric that one has not is the other's."""
    if before.area_cost.ndim == after.area_cost.ndim == 1:
        return before.area_cost, after.area_cost
    own, others = _by_metric(before, metrics), _by_metric(after, metrics)
    return (
        np.column_stack([{**others, **own}[metric] for metric in metrics]),
        np.column_stack([{**own, **others}[metric] for metric in metrics]),
    )


def _by_metric(settlement: Settlement, metrics: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    cost = settlement.area_cost
    if cost.ndim == 1:
        return dict.fromkeys(metrics, cost)
    return dict(zip(settlement.use.metrics, cost.T, strict=True))


def _in_order(
    share: Mapping[str, NDArray[np.float64]], metrics: tuple[str, ...]
) -> dict[str, NDArray[np.float64]]:
    return {metric: share[metric] for metric in metrics}


def what_differs(one: Ingredients, other: Ingredients) -> tuple[str, ...]:
    """Names of the ingredients that are not equal, in the order of the formula."""
    names = [
        f"{USE_OF}{metric}"
        for metric in one.share
        if not np.array_equal(one.share[metric], other.share[metric])
    ]
    if one.weight != other.weight:
        names.append("cost weights")
    if not np.array_equal(one.area_cost, other.area_cost):
        names.append("area cost")
    if one.pot != other.pot:
        names.append("pot")
    if not np.array_equal(one.baseline, other.baseline):
        names.append("baseline")
    if one.rule != other.rule or one.transition != other.transition:
        names.append("damping rule")
    return tuple(names)


def mixed(one: Ingredients, other: Ingredients, taken: frozenset[str]) -> Ingredients:
    """`one` with the named ingredients taken from `other`."""
    damping = other if "damping rule" in taken else one
    return Ingredients(
        codes=one.codes,
        share={
            metric: (other if f"{USE_OF}{metric}" in taken else one).share[metric]
            for metric in one.share
        },
        weight=(other if "cost weights" in taken else one).weight,
        area_cost=(other if "area cost" in taken else one).area_cost,
        pot=(other if "pot" in taken else one).pot,
        baseline=(other if "baseline" in taken else one).baseline,
        rule=damping.rule,
        transition=damping.transition,
    )
