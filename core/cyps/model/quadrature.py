r"""Adaptive Gauss-Hermite quadrature of the same integral as the Laplace approximation.

Nodes are placed at each group's mode and scaled by its curvature (with one
node it *is* the Laplace approximation). The gradient is exact for any number of
nodes: besides :math:`X'y - E[X'm \mid y]` under the posterior weights of the
nodes (Fisher's identity, all that is left as nodes grow many) it follows the
nodes as mode and curvature move with the parameters.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.polynomial.hermite import hermgauss
from numpy.typing import NDArray

from cyps.model.laplace import Evaluation, laplace
from cyps.model.passes import fitted_over_nodes, log_sums_at_nodes
from cyps.model.problem import Problem


def adaptive_quadrature(
    problem: Problem,
    beta: NDArray[np.float64],
    log_sigma: float,
    start: NDArray[np.float64],
    n_nodes: int,
) -> Evaluation:
    """Evaluate with `n_nodes` nodes a group; the Newton matrices are Laplace's."""
    at_mode = laplace(problem, beta, log_sigma, start)
    if not np.isfinite(log_sigma):
        return at_mode
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
    pattern_m = np.bincount(problem.slot_pattern, slot_m, minlength=len(problem.pattern_design))
    fitted = np.append(problem.pattern_design.T @ pattern_m, problem.area_design.T @ area_m)
    # How the log density rises at the nodes: what moving them is worth.
    slope = posterior * (problem.group_events[:, None] - node_m - precision * u)
    by_mode = slope.sum(axis=1)
    by_log_curvature = -((slope * away).sum(axis=1) + 1) / 2
    return replace(
        at_mode,
        loglik=float(beta @ problem.events_by_column + (largest + np.log(total)).sum()),
        gradient=problem.events_by_column
        - fitted
        + by_mode @ at_mode.effect_by_beta
        + by_log_curvature @ at_mode.log_curvature_by_beta,
        gradient_log_sigma=float(
            (precision * (posterior * u**2).sum(axis=1) - 1).sum()
            + by_mode @ at_mode.effect_by_log_sigma
            + by_log_curvature @ at_mode.log_curvature_by_log_sigma
        ),
    )
