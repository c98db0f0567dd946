"""Cost weights: what a metric's services cost nationally, as a part of all spend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cyps.errors import CypsError

SERVICE_AREAS: dict[int, str] = {
    1: "Child, young people and family support services",
    2: "Safeguarding triage: assessment, case management, commissioning",
    3: "Residential care for children looked after, incl. their education",
    4: "Fostering, incl. short breaks and education of children looked after",
    5: "Supporting legal permanence in alternative families",
    6: "Care leaver services",
    7: "Youth justice",
}
"""The seven service areas of NR TWG 19-04, paragraph 10."""

METRIC_OF_SERVICE_AREA: dict[int, str] = {
    1: "CIN",
    2: "CIN",
    3: "CARE",
    4: "CARE",
    5: "CEASED",
    6: "CEASED",
    7: "CIN",
}
"""The three-metric model: which activity stands for which service area (paragraph 12)."""

METRIC_SETS: dict[int, dict[int, str]] = {
    3: METRIC_OF_SERVICE_AREA,
    4: METRIC_OF_SERVICE_AREA | {2: "REF"},
}
"""Metrics by service area for the three- and the four-metric model.

The paper says that four metrics were tried, not which area REF stood for; that it is area 2
is our reading.
"""

TYPED_BASIS = 1_000_000
"""Pounds of spend that typed weights are told as parts of."""


class Unweighable(CypsError):  # noqa: N818 - a state of the spend, which its reader puts a place to
    """Spend makes no cost weight of `metric`, or of any where that is None.

    Whoever read the spend knows the file, and where in it the metric is named.
    """

    def __init__(self, sentence: str, metric: str | None = None) -> None:
        self.metric = metric
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class ServiceAreaSpend:
    """National spend on one service area and the metric that stands for it."""

    service_area: str
    metric: str
    pounds: float


def cost_weights(spend: Sequence[ServiceAreaSpend], metrics: Sequence[str]) -> NDArray[np.float64]:
    """Cost weight of each metric: spend of its service areas over spend of all.

    Parameters
    ----------
    spend : one line a service area, pounds in one unit throughout
    metrics : the metrics, in the order in which the weights are wanted

    Returns
    -------
    array (n_metrics,), sums to 1

    Raises
    ------
    Unweighable
        When spend is negative or missing, a line's metric is not modelled, or
        a metric has no spend line at all. `unweighable` gives all of these.

    Examples
    --------
    >>> lines = [ServiceAreaSpend("Support", "CIN", 60.0), ServiceAreaSpend("Foster", "CARE", 40.0)]
    >>> cost_weights(lines, ["CIN", "CARE"]).tolist()
    [0.6, 0.4]
    """
    for problem in unweighable(spend, metrics):
        raise problem
    totals: dict[str, float] = dict.fromkeys(metrics, 0.0)
    for line in spend:
        totals[line.metric] += line.pounds
    return typed_weights(totals, metrics)


def unweighable(spend: Sequence[ServiceAreaSpend], metrics: Sequence[str]) -> Iterator[Unweighable]:
    """Everything that keeps spend from being weights of these metrics, once a metric.

    Examples
    --------
    >>> lines = [ServiceAreaSpend("Support", "CIN", 60.0), ServiceAreaSpend("Care", "CARE", 4.0)]
    >>> [problem.metric for problem in unweighable(lines, ["CIN", "REF"])]
    ['CARE', None]
    """
    told: set[str] = set()
    for line in spend:
        if line.metric not in metrics and line.metric not in told:
            told.add(line.metric)
            yield Unweighable(
                f"Spend on '{line.service_area}' stands for metric {line.metric}, but the use "
                f"table has only {', '.join(metrics)}. Change the mapping or add the metric.",
                line.metric,
            )
        elif not (np.isfinite(line.pounds) and line.pounds >= 0):
            yield Unweighable(
                f"Spend on '{line.service_area}' is {line.pounds}. It must be 0 or more.",
                line.metric,
            )
    without = [metric for metric in metrics if not any(line.metric == metric for line in spend)]
    if without:
        yield Unweighable(
            f"No spend line stands for {', '.join(without)}, so it would get no weight. "
            "Add its spend (0 is allowed if you mean it)."
        )


def typed_weights(amounts: Mapping[str, float], metrics: Sequence[str]) -> NDArray[np.float64]:
    """Cost weights from any amounts: only their ratio matters, so they are scaled to sum to 1.

    Examples
    --------
    >>> typed_weights({"CIN": 3, "CARE": 1}, ["CIN", "CARE"]).tolist()
    [0.75, 0.25]
    """
    missing = [metric for metric in metrics if metric not in amounts]
    if missing:
        raise Unweighable(f"No cost weight is given for {', '.join(missing)}.")
    weights = np.array([amounts[metric] for metric in metrics], dtype=np.float64)
    if not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() <= 0:
        raise Unweighable(
            f"Cost weights ({', '.join(f'{m} {float(amounts[m]):g}' for m in metrics)}) must be "
            "numbers of 0 or more with at least one above 0."
        )
    return np.asarray(weights / weights.sum())


def weights_as_spend(weights: Mapping[str, float], origin: str) -> tuple[ServiceAreaSpend, ...]:
    """Typed cost weights as spend: what goes to each metric of every £1,000,000.

    Weights take the way of spend, so that every output shows them alike.

    Parameters
    ----------
    weights : by metric, add up to 1
    origin : where they come from, in words; stands in the name of each line

    Raises
    ------
    CypsError
        When they do not add up to 1 (to within 1e-9), or one is below 0: an omitted metric
        or a slip of the pen would otherwise be scaled away.

    Examples
    --------
    >>> lines = weights_as_spend({"CIN": 0.54, "CARE": 0.46}, "assumed")
    >>> lines[0]
    ServiceAreaSpend(service_area='Typed weight of CIN, of each £1,000,000 (assumed)', \
metric='CIN', pounds=540000.0)
    >>> weights_as_spend({"CIN": 0.54, "CARE": 0.37}, "assumed")
    Traceback (most recent call last):
        ...
    cyps.errors.CypsError: Typed weights add up to 0.91, not 1 (CIN 0.54, CARE 0.37). Change one.
    """
    shown = ", ".join(f"{metric} {weight:.12g}" for metric, weight in weights.items())
    amounts = np.array(list(weights.values()), dtype=np.float64)
    if not amounts.size or not np.isfinite(amounts).all() or (amounts < 0).any():
        raise CypsError(f"Typed weights ({shown or 'none'}) must be numbers of 0 or more.")
    if abs(amounts.sum() - 1) > 1e-9:
        raise CypsError(
            f"Typed weights add up to {amounts.sum():.12g}, not 1 ({shown}). Change one."
        )
    name = f"of each £{TYPED_BASIS:,} ({origin})"
    return tuple(
        ServiceAreaSpend(f"Typed weight of {metric}, {name}", metric, weight * TYPED_BASIS)
        for metric, weight in weights.items()
    )


def weekly_unit_cost(
    social_work_and_commissioning: ArrayLike, children_in_need: ArrayLike
) -> NDArray[np.float64]:
    """Weekly cost of social work for each child in need, pounds: x / y / 365 x 7.

    The published convention (What Works for Children's Social Care, appendix B, note 42).

    Parameters
    ----------
    social_work_and_commissioning : pounds a year: total expenditure on social work and on
        commissioning and children's services strategy (section 251 outturn)
    children_in_need : children in need on 31 March, same shape

    Returns
    -------
    array of that shape; not a number where there are no children

    Examples
    --------
    >>> round(float(weekly_unit_cost(15_690_213, 2_836)), 2)
    106.1
    """
    pounds = np.asarray(social_work_and_commissioning, dtype=np.float64)
    children = np.asarray(children_in_need, dtype=np.float64)
    if (pounds < 0).any() or (children < 0).any():
        raise CypsError("Spend and children in need must be 0 or more.")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(children > 0, pounds / children / 365 * 7, np.nan))
