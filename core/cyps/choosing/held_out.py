"""Held-out areas: how well a model predicts whole authorities that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.cells import Cells
from cyps.choosing.levels import Levels, fit_levels, stand_on
from cyps.choosing.share_moves import check_converged
from cyps.errors import CypsError
from cyps.model import MultilevelFit, predict_use


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Predictions of every authority by fits that left it out.

    Attributes
    ----------
    metrics, groups : what was predicted, for whom
    deviance : (n_metrics, n_groups), -2 log-likelihood of each authority's children under the
        fit without them, integrated over its unknown effect, and those of its small areas
    predicted, observed : (n_metrics, n_groups), children with the event, effect at 0
    children : (n_groups,)
    fits : one tuple of fits a fold
    """

    metrics: tuple[str, ...]
    groups: tuple[str, ...]
    deviance: NDArray[np.float64]
    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    children: NDArray[np.int64]
    fits: tuple[tuple[MultilevelFit, ...], ...]

    @property
    def r_squared(self) -> NDArray[np.float64]:
        """LA-level R-squared of rates, weighted by children: (n_metrics,).

        Of rates, because numbers of children go with the size of the authority whatever the
        model. Below 0 where the average would predict better.
        """
        rate, expected = self.observed / self.children, self.predicted / self.children
        mean = self.observed.sum(axis=1) / self.children.sum()
        left = ((rate - expected) ** 2) @ self.children
        return np.asarray(1 - left / (((rate - mean[:, None]) ** 2) @ self.children))


def folds_of(n_groups: int, folds: int, seed: int) -> NDArray[np.int64]:
    """Which fold each authority is left out in, (n_groups,): sizes differ by one at most."""
    if not 2 <= folds <= n_groups or n_groups - -(-n_groups // folds) < 2:
        raise CypsError(
            f"{n_groups} authorities cannot be held out in {folds} parts: there must be two or "
            "more parts, no more than authorities, and two authorities left to fit on."
        )
    return np.random.default_rng(seed).permutation(n_groups) % folds


def hold_out(
    cells: Cells,
    folds: int = 5,
    seed: int = 2019,
    nagq: int = 1,
    estimator: Levels = "multilevel",
) -> HeldOut:
    """Leave out groups of whole authorities in turn, fit the rest, predict those left out.

    Parameters
    ----------
    cells : from `collapse`
    folds : how many parts; as many as authorities leaves out one at a time
    seed : of the parts; the same seed gives the same parts whatever the drivers
    nagq, estimator : quadrature nodes of the fits; "multilevel" (two levels) or "three levels"

    Raises
    ------
    CypsError
        When a part leaves out all who have some category's event, or a fit fails.
    """
    fold = folds_of(len(cells.groups), folds, seed)
    shape = (len(cells.metrics), len(cells.groups))
    deviance, predicted = np.empty(shape), np.empty(shape)
    kept = []
    for number in range(folds):
        out = fold == number
        fits = _fit_without(cells, out, nagq, estimator)
        kept.append(fits)
        there = cells.only(out)
        predicted[:, out] = [use.children for use in predict_use(there, fits)]
        for j in np.flatnonzero(out):
            alone = cells.only(np.arange(len(cells.groups)) == j)
            deviance[:, j] = [_deviance(fit, alone, m) for m, fit in enumerate(fits)]
    return HeldOut(
        cells.metrics,
        cells.groups,
        deviance,
        predicted,
        cells.group_events,
        cells.group_children,
        tuple(kept),
    )


def _fit_without(
    cells: Cells, out: NDArray[np.bool_], nagq: int, estimator: Levels
) -> tuple[MultilevelFit, ...]:
    names = ", ".join(np.array(cells.groups)[out][:5]) + (" and others" if out.sum() > 5 else "")
    try:
        fits = fit_levels(cells.only(~out), estimator, nagq)
        check_converged(fits, "The fit")
    except CypsError as error:
        raise CypsError(f"Without {names}, held out: {error}") from None
    return fits


def _deviance(fit: MultilevelFit, alone: Cells, metric: int) -> float:
    """-2 log-likelihood of one authority under a fit to others; binomial constant left out."""
    return -2 * stand_on(fit, alone, metric).here.loglik
