"""Fit three levels: children in small areas in groups, both with effects of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cyps.cells import Cells
from cyps.errors import CypsError
from cyps.model.algebra import inverse
from cyps.model.fit import maximise
from cyps.model.multilevel import check_nagq, with_errors
from cyps.model.nested import (
    NestedProblem,
    check_small_areas,
    nested_likelihood_of,
    nested_problem_of,
)
from cyps.model.nested_search import Found, search_from
from cyps.model.result import Counted, CovarianceType, MultilevelFit
from cyps.model.separation import check_separation

if TYPE_CHECKING:
    from cyps.model.fit import Maximum

_START_TAU = 0.3


def fit_three_levels(
    cells: Cells, nagq: int = 1, cov_type: CovarianceType = "given sigma"
) -> tuple[MultilevelFit, ...]:
    """Fit every metric with effects of groups and of the small areas in them.

    Parameters
    ----------
    cells : from `collapse` with `area_key`, so that it knows the small areas
    nagq : 1 is the Laplace approximation; more are nodes of quadrature nested in quadrature,
        which rare events need (at 7 nodes some three times the time in all)
    cov_type : which standard errors, see `MultilevelFit.with_covariance`

    Returns
    -------
    tuple of MultilevelFit, one a metric: `sigma` of groups, `area_sigma` of small areas

    Raises
    ------
    CypsError
        When small areas are not known, or no group has two.
    """
    check_nagq(nagq)
    if len(cells.groups) < 2:
        raise CypsError("There is only one group with children. Three levels need at least two.")
    fits = []
    for metric in range(len(cells.metrics)):
        check_separation(cells, metric)
        nested = nested_problem_of(cells, metric)
        check_small_areas(nested)
        two = maximise(nested.problem)
        fits.append(_result(cells, metric, nested, _maximise(nested, two, nagq), nagq))
    return with_errors(fits, cov_type)


def _maximise(nested: NestedProblem, two: Maximum, nagq: int) -> Found:
    """From two levels' maximum; where that failed, its verdict is the answer."""
    log_sigma = two.log_sigma if np.isfinite(two.log_sigma) else np.log(0.1)
    at = np.append(two.beta, [log_sigma, np.log(_START_TAU)])
    effects = (two.evaluation.effect, nested.no_effects[1])
    if not two.converged:
        here = nested_likelihood_of(nested)(at, effects)
        return Found(at, here, False, two.verdict, two.log)
    return search_from(nested, nagq, at, effects)


def _result(
    cells: Cells, metric: int, nested: NestedProblem, found: Found, nagq: int
) -> MultilevelFit:
    problem, here = nested.problem, found.here
    T = problem.to_own_scale
    covariance = np.full(T.shape, np.nan)
    if found.converged:
        covariance = T @ inverse(here.newton) @ T.T
    return MultilevelFit(
        metric=cells.metrics[metric],
        drivers=cells.drivers,
        labels=cells.labels,
        coefficients=T @ found.at[:-2],
        covariance=covariance,
        sigma=float(np.exp(found.at[-2])),
        loglik=here.loglik + problem.log_choose,
        nagq=nagq,
        groups=cells.groups,
        group_effect=here.effect[0],
        children=cells.children,
        events=int(cells.events[metric]),
        converged=found.converged,
        verdict=found.verdict,
        fit_log=found.log,
        group_sd=here.sd[0],
        estimator="three levels",
        area_sigma=float(np.exp(found.at[-1])),
        small_areas=tuple(str(name) for name in cells.small_areas),
        area_effect=here.effect[1],
        area_sd=here.sd[1],
        counted=Counted(cells, metric),
    )
