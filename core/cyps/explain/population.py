"""Why a share is not the population share: from children to pounds, step by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cyps.explain.bridge import ROUNDING, Bridge, with_rounding
from cyps.explain.compare import check_population
from cyps.explain.ingredients import USE_OF
from cyps.settlement import Settlement


def population_bridge(settlement: Settlement, population: ArrayLike) -> Bridge:
    """From what the pot would give by population to what it gives.

    Starts from population share x pot. Then comes, metric by metric, use above or below
    the population share, the metrics counting alike; then their cost weights; area cost;
    damping (phasing included); and rounding to whole pounds. Every step is linear in the
    one before, so no order has to be averaged.

    Parameters
    ----------
    settlement : what was settled
    population : array (n_authorities,), children in the authorities' order

    Returns
    -------
    Bridge
        `start` population share x pot, to 6 decimals; `end` whole pounds

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> moved = population_bridge(example(), [100.0, 100.0])
    >>> moved.start.tolist(), moved.of("use of CIN").tolist(), moved.end.tolist()
    ([50.0, 50.0], [10.0, -10.0], [60.0, 40.0])
    """
    children = np.array(population, dtype=np.float64)
    check_population(children, len(settlement.scenario.codes))
    pot = settlement.scenario.pot
    by_population = children / children.sum()
    start = np.round(by_population * pot, 6)
    alike = settlement.metric_share.mean(axis=1)
    metrics = settlement.use.metrics
    steps = [
        *((settlement.metric_share - by_population[:, None]).T * pot / len(metrics)),
        (settlement.needs_share - alike) * pot,
        (settlement.share - settlement.needs_share) * pot,
        settlement.damped.allocation - settlement.target,
    ]
    names = [f"{USE_OF}{metric}" for metric in metrics]
    end = settlement.pounds.astype(np.float64)
    return Bridge(
        codes=settlement.scenario.codes,
        names=tuple(a.name for a in settlement.scenario.authorities),
        start=start,
        end=end,
        components=(*names, "cost weights", "area cost", "damping", ROUNDING),
        contribution=with_rounding(np.column_stack(steps), start, end),
        top_up_before=np.zeros(end.size),
        top_up_after=settlement.top_up.astype(np.float64),
    )


def above_population(
    settlement: Settlement, population: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Pounds of the target that each metric's use above population makes at its cost weight.

    Returns
    -------
    array (n_authorities, n_metrics), before area cost; a row's sum is (needs share -
    population share) x pot

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> above_population(example(), np.array([100.0, 100.0])).tolist()
    [[10.0], [-10.0]]
    """
    check_population(population, len(settlement.scenario.codes))
    above = settlement.metric_share - (population / population.sum())[:, None]
    return np.asarray(np.round(above * settlement.weights * settlement.scenario.pot, 6))
