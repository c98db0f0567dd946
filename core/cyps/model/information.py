r"""Exact curvature of the approximate likelihood, and each group's score.

The Laplace likelihood is :math:`F(\theta, \hat u) - \frac12\sum_j\log H_j(\theta, \hat u)`.
With :math:`u_\theta` the slope of the mode, :math:`c = (h, -2/\sigma^2)` and
:math:`D = \sum w'`, the log-determinant's second derivative needs besides the sums of a
Newton step only :math:`\sum w''` and :math:`X'VX` with
:math:`v = w''/H_j - w' D_j/H_j^2`: one pass more, no differences.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.model.fit import likelihood_of
from cyps.model.laplace import Evaluation, cross_products
from cyps.model.passes import moments, third_and_fourth_moments
from cyps.model.problem import Problem
from cyps.model.quadrature import integrate

Point = tuple[NDArray[np.float64], float]


def observed_information(
    problem: Problem, at: Point, here: Evaluation, nagq: int = 1
) -> NDArray[np.float64]:
    """Minus the second derivatives by (coefficients, log sigma), (k + 1, k + 1).

    By formula for the Laplace approximation; for quadrature by differences of its exact
    gradient, extrapolated. Without variation between groups (sigma = 0) of the
    coefficients alone, (k, k).
    """
    if not np.isfinite(at[1]):
        return here.newton
    if nagq == 1:
        return _laplace_information(problem, at[1], here)
    return _information_by_differences(problem, at, here, nagq)


def _laplace_information(
    problem: Problem, log_sigma: float, here: Evaluation
) -> NDArray[np.float64]:
    precision = float(np.exp(-2 * log_sigma))
    cells, odds = problem.cell_arrays, (here.slot_odds, here.area_odds)
    H, u = here.curvature, here.effect
    first = moments(cells, *odds, problem.area_design)
    D = problem.group_sum_of_areas(first[6])
    by_dw, by_ddw = -D / H**2, 1 / H
    slot_dw, slot_ddw, area_dw, area_ddw, slot_vz = third_and_fourth_moments(
        cells, *odds, problem.area_design, by_dw, by_ddw
    )
    E = problem.group_sum_of_areas(area_ddw)
    nothing = np.zeros((problem.n_groups, 1))
    c = np.hstack([problem.group_column_sums(slot_dw, area_dw), nothing - 2 * precision])
    q = np.hstack([problem.group_column_sums(slot_ddw, area_ddw), nothing])
    u_by = np.column_stack([here.effect_by_beta, here.effect_by_log_sigma])
    H_by = c + D[:, None] * u_by
    by_slot, by_area = np.diff(problem.slot_start), np.diff(problem.area_start)
    slot_v = np.repeat(by_dw, by_slot) * slot_dw + np.repeat(by_ddw, by_slot) * slot_ddw
    area_v = np.repeat(by_dw, by_area) * area_dw + np.repeat(by_ddw, by_area) * area_ddw
    mixed = (q / H[:, None] + by_dw[:, None] * c).T @ u_by
    log_det = mixed + mixed.T + (u_by * (E / H + by_dw * D)[:, None]).T @ u_by
    log_det -= (H_by / H[:, None]).T @ (H_by / H[:, None])
    log_det[:-1, :-1] += cross_products(problem, slot_v, area_v, slot_vz)
    log_det[-1, -1] += float((4 * precision / H + 4 * precision * u * by_dw).sum())
    information = np.zeros_like(log_det)
    information[:-1, :-1] = here.newton
    information[:-1, -1] = information[-1, :-1] = -(2 * precision * u) @ here.effect_by_beta
    pull = 2 * precision * u
    information[-1, -1] = float((pull * u - pull**2 / H).sum())
    return np.asarray(information + log_det / 2)


def _information_by_differences(
    problem: Problem, at: Point, here: Evaluation, nagq: int
) -> NDArray[np.float64]:
    """Central differences of the gradient at two distances, extrapolated to none."""
    likelihood = likelihood_of(problem, nagq)
    middle = np.append(*at)
    spread = 1 / np.sqrt(np.append(np.diag(here.newton), max(here.newton_log_sigma, 4.0)))

    def slope(i: int, distance: float) -> NDArray[np.float64]:
        gradients = []
        for sign in (1, -1):
            moved = middle.copy()
            moved[i] += sign * distance
            there = likelihood(moved[:-1], float(moved[-1]), here.effect)
            gradients.append(np.append(there.gradient, there.gradient_log_sigma))
        return np.asarray((gradients[1] - gradients[0]) / (2 * distance))

    rows = [(4 * slope(i, 0.05 * by) - slope(i, 0.1 * by)) / 3 for i, by in enumerate(spread)]
    information = np.array(rows)
    return np.asarray((information + information.T) / 2)


def group_scores(
    problem: Problem, at: Point, here: Evaluation, nagq: int = 1
) -> NDArray[np.float64]:
    """Each group's part of the gradient, (n_groups, k + 1), log sigma last.

    Without variation between groups (n_groups, k).
    """
    beta, log_sigma = at
    happened = problem.group_column_sums(problem.slot_events, problem.area_events)
    if nagq > 1 and np.isfinite(log_sigma):
        done = integrate(problem, beta, log_sigma, here.effect, nagq)
        here, slot_m, area_m = done.at_mode, done.slot_m, done.area_m
        square, by_mode, by_log_curvature = done.mean_square, done.by_mode, done.by_log_curvature
    else:
        odds = (here.slot_odds, here.area_odds)
        sums = moments(problem.cell_arrays, *odds, problem.area_design)
        slot_m, area_m = sums[1], sums[4]
        square, by_mode = here.effect**2, np.zeros(problem.n_groups)
        by_log_curvature = np.full(problem.n_groups, -0.5)
    of_beta = (
        happened
        - problem.group_column_sums(slot_m, area_m)
        + by_mode[:, None] * here.effect_by_beta
        + by_log_curvature[:, None] * here.log_curvature_by_beta
    )
    if not np.isfinite(log_sigma):
        return np.asarray(of_beta)
    of_log_sigma = (
        np.exp(-2 * log_sigma) * square
        - 1
        + by_mode * here.effect_by_log_sigma
        + by_log_curvature * here.log_curvature_by_log_sigma
    )
    return np.column_stack([of_beta, of_log_sigma])


def sandwich(
    inverse_information: NDArray[np.float64], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A^-1 B A^-1 with B the groups' scores' cross product, times J/(J - 1)."""
    J = len(scores)
    if J < 2:
        raise CypsError("Errors robust by group need at least two groups.")
    half = scores @ inverse_information
    return np.asarray(half.T @ half * (J / (J - 1)))
