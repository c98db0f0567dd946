"""Steps to pounds: from what an authority would get without the formula to what it gets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cyps.explain.compare import check_population
from cyps.explain.ingredients import USE_OF
from cyps.settlement import Settlement
from cyps.settlement.whole_pounds import to_6_decimals


@dataclass(frozen=True, slots=True)
class StepsToPounds:
    """A running amount, one step of the formula after another, in the formula's own order.

    Attributes
    ----------
    labels : (n_steps,), what each step is
    share : (n_authorities,), the share that the way starts from, sums to 1 (or is 0 for all
        where there is no baseline)
    running : (n_authorities, n_steps + 1), pounds: the start, then the amount after each step;
        the last column is the whole pounds
    """

    labels: tuple[str, ...]
    share: NDArray[np.float64]
    running: NDArray[np.float64]

    @property
    def steps(self) -> NDArray[np.int64]:
        """Whole pounds of each step, (n_authorities, n_steps).

        Differences of the running amounts, each rounded to whole pounds, so that the steps add
        up to the pound.
        """
        return np.asarray(np.diff(whole(self.running), axis=1))


def whole(amount: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole pounds, half a pound upwards; to 6 decimals first, as whole pounds always are."""
    return np.asarray(np.floor(to_6_decimals(amount) + 0.5).astype(np.int64))


def steps_to_pounds(settlement: Settlement, population: ArrayLike | None = None) -> StepsToPounds:
    """From the baseline, or from a share by number of children, to the pounds.

    With `population` the way starts from population share x pot, and the step `pot` moves
    nothing; without, from the baseline, and `pot` brings it to baseline share x pot. Then come
    use by metric, the metrics counting alike; cost weights; area cost; damping with phasing;
    whole pounds.

    Parameters
    ----------
    settlement : what was settled
    population : array (n_authorities,), children in the authorities' order, or None

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> way = steps_to_pounds(example())
    >>> dict(zip(way.labels, way.steps[0].tolist()))["use of CIN"], float(way.running[0, -1])
    (10, 60.0)
    """
    pot, baseline = float(settlement.scenario.pot), settlement.scenario.baseline
    if population is None:
        total = float(baseline.sum())
        share = baseline / total if total > 0 else np.zeros(baseline.size)
        start = baseline
    else:
        children = np.array(population, dtype=np.float64)
        check_population(children, baseline.size)
        share = children / children.sum()
        start = share * pot
    amounts = [start, share * pot]
    for of_metric in settlement.metric_share.T:
        amounts.append(amounts[-1] + (of_metric - share) * pot / len(settlement.use.metrics))
    amounts += [
        settlement.needs_share * pot,
        settlement.target,
        settlement.damped.allocation,
        settlement.pounds.astype(np.float64),
    ]
    labels = (
        "pot",
        *(f"{USE_OF}{metric}" for metric in settlement.use.metrics),
        "cost weights",
        "area cost",
        "damping",
        "whole pounds",
    )
    return StepsToPounds(labels, share, np.column_stack(amounts))
