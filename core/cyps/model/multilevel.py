"""Fit the two-level logistic model: on any table, or on cells already counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells import Cells, collapse
from cyps.errors import CypsError
from cyps.model.fit import Maximum, StartingPoint, maximise
from cyps.model.laplace import Evaluation
from cyps.model.problem import Problem, problem_of
from cyps.model.result import Counted, CovarianceType, MultilevelFit
from cyps.model.separation import check_separation


def fit_multilevel(
    table: pd.DataFrame,
    *,
    events: str,
    trials: str | None = None,
    child: Sequence[str] = (),
    area: Sequence[str] = (),
    group: str,
    nagq: int = 1,
    cov_type: CovarianceType = "given sigma",
) -> MultilevelFit:
    r"""Two-level logistic regression by maximum likelihood, on any table.

    `eta = b0 + x_child'b + z_area'g + u_group`, with `u ~ N(0, sigma^2)`
    (NR TWG 19-04, paragraphs 13-17).

    Parameters
    ----------
    table : one row a child, or one a cell with `trials` and `events`
    events : column of flags (0/1, or true/false), or of counts when `trials` is given
    trials : column of the number of children in the row
    child : columns of the child's drivers; text and Categorical are categories
        (the first is the reference), numbers enter as they are
    area : columns of the drivers of the small area the child lives in
    group : column of the authority
    nagq : quadrature nodes a group; 1, the default, is the Laplace approximation
    cov_type : which standard errors, see `MultilevelFit.with_covariance`

    Returns
    -------
    MultilevelFit
        `.params`, `.bse`, `.conf_int()`, `.summary()` and the rest of statsmodels' names;
        `.sigma`, `.converged`, `.random_effects`

    Raises
    ------
    CypsError
        When a column is missing or cannot be used, fewer than two groups are
        there, or some category has no event (its coefficient would be infinite).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> la = np.repeat(list("ABCDEFGHIJ"), 200)
    >>> fsm = rng.random(2000) < 0.2
    >>> table = pd.DataFrame({"la": la, "fsm": np.where(fsm, "yes", "no")})
    >>> table["CIN"] = rng.random(2000) < np.where(fsm, 0.3, 0.1)
    >>> fit = fit_multilevel(table, events="CIN", child=["fsm"], group="la")
    >>> fit.converged, list(fit.params.index)
    (True, ['Intercept', 'fsm[yes]'])
    """
    if not isinstance(events, str):
        raise CypsError(
            "Name one column of events. For several metrics count once with cyps.cells.collapse, "
            "then fit with cyps.model.fit_cells."
        )
    cells = collapse(table, events=events, trials=trials, child=child, area=area, group=group)
    return fit_cells(cells, nagq=nagq, cov_type=cov_type)[0]


def fit_cells(
    cells: Cells, nagq: int = 1, cov_type: CovarianceType = "given sigma"
) -> tuple[MultilevelFit, ...]:
    """Fit every metric of the cells, each starting from the slopes of the one before.

    Parameters
    ----------
    cells : from `collapse`
    nagq : quadrature nodes a group; 1 is the Laplace approximation
    cov_type : which standard errors, see `MultilevelFit.with_covariance`

    Returns
    -------
    tuple of MultilevelFit, one a metric in the order of `cells.metrics`
    """
    check_nagq(nagq)
    if len(cells.groups) < 2:
        raise CypsError(
            "There is only one group with children. How much groups differ needs at "
            "least two; use fit_plain, a plain logistic regression, for one."
        )
    fits = []
    start = None
    for metric in range(len(cells.metrics)):
        check_separation(cells, metric)
        problem = problem_of(cells, metric)
        found = maximise(problem, start=_moved(start, cells, metric))
        if nagq > 1 and found.converged:
            found = maximise(problem, nagq, _start_at(found))
        fits.append(result_of(cells, metric, problem, found, nagq))
        if found.converged and np.isfinite(found.log_sigma):
            start = (metric, _start_at(found))
    return with_errors(fits, cov_type)


def check_nagq(nagq: object) -> None:
    """Refuse what is no number of nodes."""
    if isinstance(nagq, bool) or not isinstance(nagq, int | np.integer) or nagq < 1:
        raise CypsError(f"nagq is {nagq!r}. It is a number of nodes: 1 (Laplace), 7, 15, ...")


def with_errors(
    fits: Sequence[MultilevelFit], cov_type: CovarianceType
) -> tuple[MultilevelFit, ...]:
    """The fits with errors of the kind asked for, where a fit converged."""
    if cov_type == "given sigma":
        return tuple(fits)
    return tuple(fit.with_covariance(cov_type) if fit.converged else fit for fit in fits)


def _start_at(found: Maximum) -> StartingPoint:
    return StartingPoint(found.beta, found.log_sigma, found.evaluation.effect)


def _moved(
    start: tuple[int, StartingPoint] | None, cells: Cells, metric: int
) -> StartingPoint | None:
    """Another metric's maximum with the intercept moved to this one's rate."""
    if start is None:
        return None
    other, at = start
    rate = cells.events / cells.children
    log_odds = np.log(rate / (1 - rate))
    beta = at.beta.copy()
    beta[0] += log_odds[metric] - log_odds[other]
    return StartingPoint(beta, at.log_sigma, at.effect)


def result_of(
    cells: Cells, metric: int, problem: Problem, found: Maximum, nagq: int
) -> MultilevelFit:
    """What the search of a two-level or plain model found, on the drivers' own scale."""
    T = problem.to_own_scale
    k = T.shape[0]
    covariance = np.full((k, k), np.nan)
    if found.converged:
        covariance = T @ np.linalg.inv(found.evaluation.newton) @ T.T
    return MultilevelFit(
        metric=cells.metrics[metric],
        drivers=cells.drivers,
        labels=cells.labels,
        coefficients=T @ found.beta,
        covariance=covariance,
        sigma=float(np.exp(found.log_sigma)),
        loglik=found.evaluation.loglik + problem.log_choose,
        nagq=nagq,
        groups=cells.groups,
        group_effect=found.evaluation.effect,
        children=cells.children,
        events=int(cells.events[metric]),
        converged=found.converged,
        verdict=found.verdict,
        fit_log=found.log,
        group_sd=_effect_sd(found.evaluation),
        counted=Counted(cells, metric),
    )


def _effect_sd(here: Evaluation) -> NDArray[np.float64]:
    """Standard deviation of each group's effect given all else; 0 where there is none."""
    curved = here.curvature > 0
    return np.where(curved, 1 / np.sqrt(np.where(curved, here.curvature, 1.0)), 0.0)
