r"""Adaptive Gauss-Hermite quadrature of the same integral as the Laplace approximation.

Nodes are placed at each group's mode and scaled by its curvature (with one
node it *is* the Laplace approximation). The gradient is exact for any number of
nodes: besides :math:`X'y - E[X'm \mid y]` under the posterior weights of the
nodes (Fisher's identity, all that is left as nodes grow many) it follows the
nodes as mode and curvature move with the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial.hermite import hermgauss
from numpy.typing import NDArray

from cyps.model.laplace import Evaluation, laplace
from cyps.model.passes import fitted_over_nodes, log_sums_at_nodes
from cyps.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Integrated:
    """The integrals of one point, group by group.

    Attributes
    ----------
    at_mode : the Laplace approximation, where the nodes stand
    log_integral : (n_groups,), without y'X b
    slot_m, area_m : events expected, averaged over each group's nodes
    mean_square : (n_groups,), of the effect, averaged likewise
    by_mode, by_log_curvature : (n_groups,), what moving the nodes is worth
    """

    at_mode: Evaluation
    log_integral: NDArray[np.float64]
    slot_m: NDArray[np.float64]
    area_m: NDArray[np.float64]
    mean_square: NDArray[np.float64]
    by_mode: NDArray[np.float64]
    by_log_curvature: NDArray[np.float64]


def integrate(
    problem: Problem,
    beta: NDArray[np.float64],
    log_sigma: float,
    start: NDArray[np.float64],
    n_nodes: int,
) -> Integrated:
    """Integrate over each group's effect with `n_nodes` nodes; sigma must not be 0."""
    at_mode = laplace(problem, beta, log_sigma, start)
    precision = np.exp(-2 * log_sigma)
    nodes, weights = hermgauss(n_nodes)
    scale = np.sqrt(2 / at_mode.curvature)[:, None]
    away = scale * nodes
    u = at_mode.effect[:, None] + away
    node_odds = np.exp(away)
    odds = (at_mode.slot_odds, at_mode.area_odds)
    log_sum = log_sums_at_nodes(problem.cell_arrays, *odds, node_odds)
    log_density = (
        u * problem.group_events[:, None] - log_sum - precision / 2 * u**2
        - log_sigma - np.log(2 * np.pi) / 2
    )  # fmt: skip
    term = log_density + np.log(weights) + nodes**2 + np.log(scale)
    largest = term.max(axis=1, keepdims=True)
    mass = np.exp(term - largest)
    total = mass.sum(axis=1, keepdims=True)
    posterior = mass / total
    slot_m, area_m, node_m = fitted_over_nodes(problem.cell_arrays, *odds, node_odds, posterior)
    # How the log density rises at the nodes: what moving them is worth.
    slope = posterior * (problem.group_events[:, None] - node_m - precision * u)
    return Integrated(
        at_mode=at_mode,
        log_integral=(largest + np.log(total))[:, 0],
        slot_m=slot_m,
        area_m=area_m,
        mean_square=(posterior * u**2).sum(axis=1),
        by_mode=slope.sum(axis=1),
        by_log_curvature=-((slope * away).sum(axis=1) + 1) / 2,
    )


def adaptive_quadrature(
    problem: Problem,
    beta: NDArray[np.float64],
    log_sigma: float,
    start: NDArray[np.float64],
    n_nodes: int,
) -> Evaluation:
    """Evaluate with `n_nodes` nodes a group; the Newton matrices are Laplace's."""
    if not np.isfinite(log_sigma):
        return laplace(problem, beta, log_sigma, start)
    done = integrate(problem, beta, log_sigma, start, n_nodes)
    at_mode = done.at_mode
    pattern_m = np.bincount(
        problem.slot_pattern, done.slot_m, minlength=len(problem.pattern_design)
    )
    fitted = np.append(problem.pattern_design.T @ pattern_m, problem.area_design.T @ done.area_m)
    return replace(
        at_mode,
        loglik=float(beta @ problem.events_by_column + done.log_integral.sum()),
        gradient=problem.events_by_column
        - fitted
        + done.by_mode @ at_mode.effect_by_beta
        + done.by_log_curvature @ at_mode.log_curvature_by_beta,
        gradient_log_sigma=float(
            (np.exp(-2 * log_sigma) * done.mean_square - 1).sum()
            + done.by_mode @ at_mode.effect_by_log_sigma
            + done.by_log_curvature @ at_mode.log_curvature_by_log_sigma
        ),
    )
