"""Chances: each cell's probability of the event, from all authorities or from the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.cells import Cells
from cyps.errors import CypsError
from cyps.model import MultilevelFit
from cyps.model.algebra import solved
from cyps.model.fit import Columns, StartingPoint, likelihood_of, maximise, search
from cyps.model.nested import check_small_areas, nested_problem_of
from cyps.model.nested_search import search_from
from cyps.model.problem import problem_of
from cyps.model.separation import check_separation

_NODES = 21
# Where a fit without variation between groups is left, to see whether a part of them has some.
_SMALL_SIGMA = 0.1


Step = Callable[[str, int, int], None]
"""Told what is done now, and how many of how many parts of it are; 0 of 0 where there are none."""


def untold(what: str, done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Coefficients:
    """What predicts: coefficients on the drivers' own scale, and `spread_of` the fit."""

    beta: NDArray[np.float64]
    spread: float


def authority_of_cells(cells: Cells) -> NDArray[np.int64]:
    """Number of each cell's authority, (n_cells,)."""
    by_area = np.repeat(np.arange(len(cells.groups)), np.diff(cells.area_start))
    return np.asarray(np.repeat(by_area, np.diff(cells.cell_start)))


def area_of_cells(cells: Cells) -> NDArray[np.int64]:
    """Number of each cell's area, (n_cells,)."""
    return np.repeat(np.arange(len(cells.area_design)), np.diff(cells.cell_start))


def place_of_cells(cells: Cells) -> NDArray[np.int64]:
    """Number of the small area that each cell's area is a part of, (n_cells,); -1 where unknown."""
    return np.asarray(cells.small_area[area_of_cells(cells)])


def log_odds(cells: Cells, beta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each cell's linear predictor with its authority's effect at 0, (n_cells,)."""
    n_child = 1 + cells.child_design.shape[1]
    by_pattern = beta[0] + cells.child_design @ beta[1:n_child]
    by_area = cells.area_design @ beta[n_child:]
    of_child = by_pattern[cells.slot_pattern[cells.cell_slot]]
    return np.asarray(of_child + by_area[area_of_cells(cells)])


def spread_of(fit: MultilevelFit) -> float:
    """How far unknown effects lie apart: of an authority and, in three levels, a small area."""
    return float(np.hypot(fit.sigma, fit.area_sigma or 0.0))


def averaged(predictor: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """Chance averaged over what unknown effects may add to the predictor, (n,).

    Examples
    --------
    >>> averaged(np.array([-3.0]), 0.0).round(4), averaged(np.array([-3.0]), 1.0).round(4)
    (array([0.0474]), array([0.0693]))
    """
    if spread == 0:
        return np.asarray(1 / (1 + np.exp(-predictor)))
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    chance = np.zeros_like(predictor)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        chance += weight / (1 + np.exp(-predictor - spread * node))
    return chance


def use_by_authority(cells: Cells, beta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predicted use with every authority's effect at 0, (n_groups,)."""
    use = cells.cell_count / (1 + np.exp(-log_odds(cells, beta)))
    return np.asarray(
        np.bincount(authority_of_cells(cells), use, len(cells.groups)), dtype=np.float64
    )


@dataclass(frozen=True, slots=True)
class HeldOutChances:
    """Predictions of every authority by fits to the others.

    Attributes
    ----------
    chance : (n_metrics, n_cells), averaged over unknown effects; NaN for those without
    use : (n_metrics, n_groups), predicted use, effect at 0; NaN for those without
    failed : authorities that cannot be held out, and why
    """

    chance: NDArray[np.float64]
    use: NDArray[np.float64]
    failed: dict[str, str]


def hold_out_each(
    cells: Cells,
    fits: Sequence[MultilevelFit],
    fold: NDArray[np.int64],
    step: Step = untold,
) -> HeldOutChances:
    """Leave out the authorities of each fold in turn, each search from the full fit.

    Parameters
    ----------
    cells : that the fits rest on
    fits : one a metric
    fold : (n_groups,), which fold each authority is left out in
    step : is told how many folds are done
    """
    authority = authority_of_cells(cells)
    chance = np.full((len(fits), authority.size), np.nan)
    use = np.full((len(fits), len(cells.groups)), np.nan)
    failed: dict[str, str] = {}
    numbers = np.unique(fold)
    for done, number in enumerate(numbers):
        step("Leaving authorities out", done, numbers.size)
        out = fold == number
        there = cells.only(out)
        try:
            by_metric = fit_part(cells.only(~out), fits, ~out)
        except CypsError as error:
            failed |= {cells.groups[j]: str(error) for j in np.flatnonzero(out)}
            continue
        for m, found in enumerate(by_metric):
            predictor = log_odds(there, found.beta)
            chance[m, out[authority]] = averaged(predictor, found.spread)
            use[m, out] = use_by_authority(there, found.beta)
    return HeldOutChances(chance, use, failed)


def fit_part(
    part: Cells, fits: Sequence[MultilevelFit], there: NDArray[np.bool_]
) -> tuple[Coefficients, ...]:
    """Fit every metric to a part of the children, from where the full fits stand.

    `there` (n_groups of the full fit,) are the authorities of the part.
    """
    found = []
    for m, fit in enumerate(fits):
        check_separation(part, m)
        levels = _three_levels if fit.estimator == "three levels" else _two_levels
        found.append(levels(part, m, fit, fit.group_effect[there]))
    return tuple(found)


def _two_levels(
    part: Cells, metric: int, fit: MultilevelFit, effect: NDArray[np.float64]
) -> Coefficients:
    problem = problem_of(part, metric)
    beta = solved(problem.to_own_scale, fit.coefficients)
    if fit.estimator == "plain":
        plain = StartingPoint(beta, -np.inf, np.zeros_like(effect))
        columns = Columns(problem.labels, problem.extent)
        found = search(columns, likelihood_of(problem), plain)
    else:
        start = StartingPoint(beta, float(np.log(fit.sigma or _SMALL_SIGMA)), effect)
        found = maximise(problem, fit.nagq, start)
    _must_be_one(fit, found.converged, found.verdict)
    return Coefficients(problem.to_own_scale @ found.beta, float(np.exp(found.log_sigma)))


def _three_levels(
    part: Cells, metric: int, fit: MultilevelFit, effect: NDArray[np.float64]
) -> Coefficients:
    nested = nested_problem_of(part, metric)
    check_small_areas(nested)
    T = nested.problem.to_own_scale
    logs = np.log([fit.sigma or _SMALL_SIGMA, fit.area_sigma or _SMALL_SIGMA])
    at = np.append(solved(T, fit.coefficients), logs)
    found = search_from(nested, fit.nagq, at, (effect, nested.no_effects[1]))
    _must_be_one(fit, found.converged, found.verdict)
    return Coefficients(T @ found.at[:-2], float(np.hypot(*np.exp(found.at[-2:]))))


def _must_be_one(fit: MultilevelFit, converged: bool, verdict: str) -> None:
    if not converged:
        raise CypsError(f"The fit of {fit.metric} to the others is none: {verdict}.")
