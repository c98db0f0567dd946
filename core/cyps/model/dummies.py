"""A dummy for each group: fixed effects, for comparison; their intercepts concentrated out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cyps.cells import Cells
from cyps.errors import CypsError
from cyps.model.algebra import inverse
from cyps.model.concentrated import concentrated, mixed_groups, with_intercept
from cyps.model.fit import Columns, Maximum, StartingPoint, aliased, plain_start, search
from cyps.model.laplace import Evaluation
from cyps.model.multilevel import with_errors
from cyps.model.problem import Problem, problem_of
from cyps.model.result import Counted, CovarianceType, MultilevelFit
from cyps.model.separation import check_separation

if TYPE_CHECKING:
    from collections.abc import Sequence

# A column of which the groups' means leave no more than this part does not vary within groups.
_WITHIN = 1e-9


def fit_dummies(
    cells: Cells, cov_type: CovarianceType = "given sigma"
) -> tuple[MultilevelFit, ...]:
    """Fit every metric with a dummy for each group in place of a random effect.

    `Intercept` is the mean of the groups' own intercepts and `group_effect` each group's
    distance from it, with standard errors in `group_sd`. A group in which nobody (or
    everybody) has the event has an infinite one and says nothing of the slopes: the verdict
    names it.

    Parameters
    ----------
    cells : from `collapse`
    cov_type : which standard errors, see `MultilevelFit.with_covariance`; "observed" is
        the default's; with "cluster" the intercept has none

    Returns
    -------
    tuple of MultilevelFit, one a metric, `sigma` NaN

    Raises
    ------
    CypsError
        When a driver is the same within every group: the dummies say all that it does.
    """
    fits = []
    for metric in range(len(cells.metrics)):
        check_separation(cells, metric)
        fits.append(_fit(cells, metric))
    return with_errors(fits, cov_type)


def _fit(cells: Cells, metric: int) -> MultilevelFit:
    mixed = mixed_groups(cells, metric)
    if not mixed.any():
        raise CypsError(
            f"In every group nobody or everybody has the event {cells.metrics[metric]}, so that "
            "dummies leave nothing to fit."
        )
    problem = problem_of(cells.only(mixed), metric)
    start = StartingPoint(
        np.zeros(problem.events_by_column.size - 1), -np.inf, np.zeros(problem.n_groups)
    )
    _refuse_the_same_within_groups(problem, start)
    if start.beta.size:
        columns = Columns(problem.labels, problem.extent)
        found = search(
            columns, lambda slopes, _, effect: concentrated(problem, slopes, effect), start
        )
    else:
        only = concentrated(problem, start.beta, start.effect)
        verdict = "converged: nothing but the groups' own rates"
        found = Maximum(start.beta, -np.inf, only, True, verdict, ())
    return _result(cells, metric, problem, mixed, found)


def _refuse_the_same_within_groups(problem: Problem, start: StartingPoint) -> None:
    if not start.beta.size:
        return
    here = concentrated(problem, start.beta, start.effect)
    within = here.newton + here.effect_by_beta.T @ (here.curvature[:, None] * here.effect_by_beta)
    size = np.diag(within)
    same = [
        f"'{label}'"
        for label, left, whole in zip(problem.labels, np.diag(here.newton), size, strict=True)
        if left <= _WITHIN * whole
    ]
    if same:
        raise CypsError(
            f"{', '.join(same)} is the same for every child of a group, so that the groups' "
            "dummies say all that it does. Leave it out, or fit the multilevel model, which can "
            "hold it."
        )
    if said := aliased(here.newton, problem.labels, size):
        label, others = said[0]
        raise CypsError(
            f"'{label}' says nothing that the groups' dummies and {', '.join(others)} do not say "
            "already. Leave one of them out."
        )


def _result(
    cells: Cells, metric: int, problem: Problem, mixed: NDArray[np.bool_], found: Maximum
) -> MultilevelFit:
    T, here = problem.to_own_scale, found.evaluation
    k = T.shape[0]
    beta = np.append(plain_start(problem).beta[0] + here.effect.mean(), found.beta)
    covariance = np.full((k, k), np.nan)
    effect = np.where(cells.group_events[metric] > 0, np.inf, -np.inf)
    effect[mixed] = here.effect - here.effect.mean()
    error = np.full(len(cells.groups), np.nan)
    if found.converged:
        of_slopes = inverse(here.newton)
        covariance = T @ with_intercept(of_slopes, here) @ T.T
        error[mixed] = _effect_errors(of_slopes, here)
    return MultilevelFit(
        metric=cells.metrics[metric],
        drivers=cells.drivers,
        labels=cells.labels,
        coefficients=T @ beta,
        covariance=covariance,
        sigma=float("nan"),
        loglik=here.loglik + problem.log_choose,
        nagq=1,
        groups=cells.groups,
        group_effect=effect,
        children=cells.children,
        events=int(cells.events[metric]),
        converged=found.converged,
        verdict=found.verdict + _left_out(cells.groups, mixed, cells.group_events[metric] > 0),
        fit_log=found.log,
        group_sd=error,
        estimator="dummies",
        counted=Counted(cells, metric),
    )


def _left_out(groups: Sequence[str], mixed: NDArray[np.bool_], happened: NDArray[np.bool_]) -> str:
    """Which groups have no finite dummy, in words."""
    words = ""
    for what, which in (("nobody", ~mixed & ~happened), ("everybody", ~mixed & happened)):
        if which.any():
            named = [group for group, out in zip(groups, which, strict=True) if out]
            more = f" and {len(named) - 10} more" if len(named) > 10 else ""
            words += (
                f"; {what} has the event in {', '.join(named[:10])}{more}: no finite dummy, and "
                "nothing said of the drivers"
            )
    return words


def _effect_errors(of_slopes: NDArray[np.float64], here: Evaluation) -> NDArray[np.float64]:
    J = here.curvature.size
    own = 1 / here.curvature
    from_mean = here.effect_by_beta - here.effect_by_beta.mean(axis=0)
    by_slopes = np.einsum("ji,ik,jk->j", from_mean, of_slopes, from_mean)
    return np.asarray(np.sqrt(own * (1 - 2 / J) + own.sum() / J**2 + by_slopes))
