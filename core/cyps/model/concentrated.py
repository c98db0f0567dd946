r"""The likelihood with an intercept for each group, concentrated out: what dummies rest on.

For given slopes each group's intercept is found on its own, and with :math:`g_j = \sum w x`,
:math:`W_j = \sum w` Newton's matrix for the slopes is
:math:`X'WX - \sum_j g_j g_j'/W_j`. No matrix grows with the number of groups.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyps.cells import Cells
from cyps.errors import CypsError
from cyps.model.algebra import inverse, solved
from cyps.model.fit import plain_start
from cyps.model.fitted import CovarianceType, Fitted
from cyps.model.information import sandwich
from cyps.model.laplace import Evaluation, cross_products
from cyps.model.passes import group_modes, moments
from cyps.model.problem import Problem, problem_of

_MODE_TOLERANCE = 1e-6
_MOST_MODE_STEPS = 100


def mixed_groups(cells: Cells, metric: int) -> NDArray[np.bool_]:
    """Groups with children who have the event and children who have not."""
    events = cells.group_events[metric]
    return np.asarray((events > 0) & (events < cells.group_children))


def concentrated(
    problem: Problem, slopes: NDArray[np.float64], start: NDArray[np.float64]
) -> Evaluation:
    """Log-likelihood of the slopes, each group's intercept at its best (around the overall rate).

    `effect` holds the intercepts' distance from the overall rate, `curvature` W, and
    `effect_by_beta` -g/W (n_groups, k - 1).
    """
    beta = np.append(plain_start(problem).beta[0], slopes)
    slot_odds, area_odds = problem.odds(beta)
    effect = group_modes(
        problem.cell_arrays, slot_odds, area_odds, problem.group_events, 0.0, start,
        _MODE_TOLERANCE, _MOST_MODE_STEPS,
    )  # fmt: skip
    area_odds = area_odds * np.repeat(np.exp(effect), np.diff(problem.area_start))
    sums = moments(problem.cell_arrays, slot_odds, area_odds, problem.area_design)
    log_sum, slot_m, slot_w, _, area_m, area_w, _, slot_wz = sums
    W = problem.group_sum_of_areas(area_w)
    g = problem.group_column_sums(slot_w, area_w)[:, 1:]
    fitted = problem.group_column_sums(slot_m, area_m).sum(axis=0)
    newton = cross_products(problem, slot_w, area_w, slot_wz)[1:, 1:] - (g / W[:, None]).T @ g
    none, flat = np.zeros_like(effect), np.zeros_like(g)
    return Evaluation(
        loglik=float(
            beta @ problem.events_by_column + effect @ problem.group_events - log_sum.sum()
        ),
        gradient=(problem.events_by_column - fitted)[1:],
        gradient_log_sigma=0.0,
        newton=newton,
        newton_log_sigma=np.inf,
        effect=effect,
        curvature=W,
        effect_by_beta=-g / W[:, None],
        effect_by_log_sigma=none,
        log_curvature_by_beta=flat,
        log_curvature_by_log_sigma=none,
        slot_odds=slot_odds,
        area_odds=area_odds,
    )


def dummies_covariance(fit: Fitted, cov_type: CovarianceType) -> NDArray[np.float64]:
    """Covariance of a dummies fit of any kind, (k, k)."""
    if not fit.converged:
        raise CypsError(f"The fit of {fit.metric} has no errors: {fit.verdict}.")
    counted = fit.its_cells()
    mixed = mixed_groups(counted.cells, counted.metric)
    problem = problem_of(counted.cells.only(mixed), counted.metric)
    beta = solved(problem.to_own_scale, fit.coefficients)
    here = concentrated(problem, beta[1:], fit.group_effect[mixed])
    of_slopes = inverse(here.newton)
    T = problem.to_own_scale
    if cov_type != "cluster":
        return np.asarray(T @ with_intercept(of_slopes, here) @ T.T)
    happened = problem.group_column_sums(problem.slot_events, problem.area_events)
    odds = (here.slot_odds, here.area_odds)
    sums = moments(problem.cell_arrays, *odds, problem.area_design)
    scores = (happened - problem.group_column_sums(sums[1], sums[4]))[:, 1:]
    robust = T @ with_intercept(sandwich(of_slopes, scores), here, 0.0) @ T.T
    robust[0] = robust[:, 0] = np.nan
    return np.asarray(robust)


def with_intercept(
    of_slopes: NDArray[np.float64], here: Evaluation, own: float | None = None
) -> NDArray[np.float64]:
    """Covariance of the mean intercept and the slopes, (k, k), from that of the slopes.

    `own` is the variance of the mean intercept given the slopes.
    """
    J, k = here.effect_by_beta.shape[0], of_slopes.shape[0] + 1
    along = here.effect_by_beta.mean(axis=0)
    whole = np.empty((k, k))
    whole[1:, 1:] = of_slopes
    whole[0, 1:] = whole[1:, 0] = along @ of_slopes
    given = float((1 / here.curvature).sum()) / J**2 if own is None else own
    whole[0, 0] = given + along @ of_slopes @ along
    return whole
