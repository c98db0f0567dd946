"""Cost weights: what a metric's services cost nationally, as a part of all spend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    CypsError
        When spend is negative or missing, a line's metric is not modelled, or
        a metric has no spend line at all.

    Examples
    --------
    >>> lines = [ServiceAreaSpend("Support", "CIN", 60.0), ServiceAreaSpend("Foster", "CARE", 40.0)]
    >>> cost_weights(lines, ["CIN", "CARE"]).tolist()
    [0.6, 0.4]
    """
    totals: dict[str, float] = dict.fromkeys(metrics, 0.0)
    for line in spend:
        if line.metric not in totals:
            raise CypsError(
                f"Spend on '{line.service_area}' stands for metric {line.metric}, but the use "
                f"table has only {', '.join(metrics)}. Change the mapping or add the metric."
            )
        if not (np.isfinite(line.pounds) and line.pounds >= 0):
            raise CypsError(
                f"Spend on '{line.service_area}' is {line.pounds}. It must be 0 or more."
            )
        totals[line.metric] += line.pounds
    without = [metric for metric in metrics if not any(line.metric == metric for line in spend)]
    if without:
        raise CypsError(
            f"No spend line stands for {', '.join(without)}, so it would get no weight. "
            "Add its spend (0 is allowed if you mean it)."
        )
    return typed_weights(totals, metrics)


def typed_weights(amounts: Mapping[str, float], metrics: Sequence[str]) -> NDArray[np.float64]:
    """Cost weights from any amounts: only their ratio matters, so they are scaled to sum to 1.

    Examples
    --------
    >>> typed_weights({"CIN": 3, "CARE": 1}, ["CIN", "CARE"]).tolist()
    [0.75, 0.25]
    """
    missing = [metric for metric in metrics if metric not in amounts]
    if missing:
        raise CypsError(f"No cost weight is given for {', '.join(missing)}.")
    weights = np.array([amounts[metric] for metric in metrics], dtype=np.float64)
    if not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() <= 0:
        raise CypsError(
            f"Cost weights ({', '.join(f'{m} {float(amounts[m]):g}' for m in metrics)}) must be "
            "numbers of 0 or more with at least one above 0."
        )
    return np.asarray(weights / weights.sum())
