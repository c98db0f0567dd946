r"""The Laplace approximation of the two-level likelihood, with its exact gradient.

For group :math:`j` with effect :math:`u_j \sim N(0, \sigma^2)` the integral over
:math:`u_j` is approximated at its mode. With :math:`m = np`, :math:`w = np(1-p)`,
:math:`w' = w(1-2p)`, :math:`H_j = \sum w + 1/\sigma^2`, :math:`g_j = \sum w x` and
:math:`h_j = \sum w' x`:

.. math::
    \ell &= X'y\,\beta + u'y_j - \sum n \log(1+e^\eta) - u'u/2\sigma^2
            - J\log\sigma - \tfrac12\sum\log H_j \\
    \partial\ell/\partial\beta &= X'y - X'm
            - \tfrac12\sum_j (h_j - (\textstyle\sum w'/H_j)\,g_j)/H_j

and likewise for :math:`\log\sigma` with :math:`du/d\log\sigma = 2u/(\sigma^2 H)`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.model.passes import group_modes, moments
from cyps.model.problem import Problem

# Newton's method converges quadratically: a last step of 1e-5 leaves 1e-10.
_MODE_TOLERANCE = 1e-5
_MOST_MODE_STEPS = 50


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The approximate log-likelihood at one point, with what a Newton step needs.

    Attributes
    ----------
    loglik : without the binomial constant
    gradient : (k,), exact, by coefficient
    gradient_log_sigma : exact
    newton : (k, k), X'WX - sum g g'/H, information on the coefficients given sigma
    newton_log_sigma : curvature in log sigma
    effect : (n_groups,), conditional modes u
    curvature : (n_groups,), H
    effect_by_beta : (n_groups, k), du/dbeta; effect_by_log_sigma : (n_groups,)
    log_curvature_by_beta : (n_groups, k), dlog(H)/dbeta; log_curvature_by_log_sigma : (n_groups,)
    slot_odds, area_odds : area_odds with the effect
    """

    loglik: float
    gradient: NDArray[np.float64]
    gradient_log_sigma: float
    newton: NDArray[np.float64]
    newton_log_sigma: float
    effect: NDArray[np.float64]
    curvature: NDArray[np.float64]
    effect_by_beta: NDArray[np.float64]
    effect_by_log_sigma: NDArray[np.float64]
    log_curvature_by_beta: NDArray[np.float64]
    log_curvature_by_log_sigma: NDArray[np.float64]
    slot_odds: NDArray[np.float64]
    area_odds: NDArray[np.float64]


def laplace(
    problem: Problem, beta: NDArray[np.float64], log_sigma: float, start: NDArray[np.float64]
) -> Evaluation:
    """Evaluate at coefficients `beta` (k,) and `log_sigma`, from effects near `start`.

    `log_sigma` = -inf is the plain logistic model: every effect is 0.
    """
    precision = np.exp(-2 * log_sigma)
    slot_odds, area_odds = problem.odds(beta)
    with_effect = np.isfinite(precision)
    effect = np.zeros(problem.n_groups)
    if with_effect:
        effect = group_modes(
            problem.cell_arrays, slot_odds, area_odds, problem.group_events, precision, start,
            _MODE_TOLERANCE, _MOST_MODE_STEPS,
        )  # fmt: skip
        area_odds = area_odds * np.repeat(np.exp(effect), np.diff(problem.area_start))
    sums = moments(problem.cell_arrays, slot_odds, area_odds, problem.area_design)
    log_sum, slot_m, slot_w, slot_dw, area_m, area_w, area_dw, slot_wz = sums
    g = problem.group_column_sums(slot_w, area_w)
    xwx = cross_products(problem, slot_w, area_w, slot_wz)
    gradient = problem.events_by_column - _column_sums(problem, slot_m, area_m)
    loglik = float(beta @ problem.events_by_column - log_sum.sum())
    if not with_effect:
        none, flat = np.zeros_like(effect), np.zeros_like(g)
        return Evaluation(
            loglik, gradient, 0.0, xwx, np.inf, none, none, flat, none, flat, none,
            slot_odds, area_odds,
        )  # fmt: skip
    h = problem.group_column_sums(slot_dw, area_dw)
    w, dw = problem.group_sum_of_areas(area_w), problem.group_sum_of_areas(area_dw)
    H = w + precision
    u_by_log_sigma = 2 * effect * precision / H
    loglik += float(effect @ problem.group_events - precision / 2 * (effect @ effect))
    loglik -= float(problem.n_groups * log_sigma + np.log(H).sum() / 2)
    log_H_by_beta = (h - (dw / H)[:, None] * g) / H[:, None]
    log_H_by_log_sigma = (dw * u_by_log_sigma - 2 * precision) / H
    return Evaluation(
        loglik=loglik,
        gradient=gradient - log_H_by_beta.sum(axis=0) / 2,
        gradient_log_sigma=float((precision * effect**2 - 1 - log_H_by_log_sigma / 2).sum()),
        newton=xwx - (g / H[:, None]).T @ g,
        newton_log_sigma=float(2 * ((w / H) ** 2).sum()),
        effect=effect,
        curvature=H,
        effect_by_beta=-g / H[:, None],
        effect_by_log_sigma=u_by_log_sigma,
        log_curvature_by_beta=log_H_by_beta,
        log_curvature_by_log_sigma=log_H_by_log_sigma,
        slot_odds=slot_odds,
        area_odds=area_odds,
    )


def slope_in_variance(problem: Problem, plain: Evaluation) -> float:
    r"""Slope of the log-likelihood in sigma squared where sigma is 0.

    :math:`\frac12\sum_j (y_j - \sum m)^2 - \sum w`: do groups' events lie further from those
    expected than by chance? The same for the integral, its Laplace approximation and quadrature.
    `plain` is the evaluation at log sigma = -inf.
    """
    sums = moments(problem.cell_arrays, plain.slot_odds, plain.area_odds, problem.area_design)
    m, w = problem.group_sum_of_areas(sums[4]), problem.group_sum_of_areas(sums[5])
    return float(((problem.group_events - m) ** 2 - w).sum() / 2)


def _column_sums(
    problem: Problem, by_slot: NDArray[np.float64], by_area: NDArray[np.float64]
) -> NDArray[np.float64]:
    pattern = np.bincount(problem.slot_pattern, by_slot, minlength=len(problem.pattern_design))
    return np.append(problem.pattern_design.T @ pattern, problem.area_design.T @ by_area)


def cross_products(
    problem: Problem,
    slot_w: NDArray[np.float64],
    area_w: NDArray[np.float64],
    slot_wz: NDArray[np.float64],
) -> NDArray[np.float64]:
    """X'WX from sums by slot and by area; X itself is never formed."""
    C, Z, n_child = problem.pattern_design, problem.area_design, problem.n_child
    n_patterns = len(C)
    pattern_w = np.bincount(problem.slot_pattern, slot_w, minlength=n_patterns)
    pattern_wz = np.empty((n_patterns, Z.shape[1]))
    for i in range(Z.shape[1]):
        pattern_wz[:, i] = np.bincount(problem.slot_pattern, slot_wz[:, i], minlength=n_patterns)
    xwx = np.empty((n_child + Z.shape[1],) * 2)
    xwx[:n_child, :n_child] = C.T @ (pattern_w[:, None] * C)
    xwx[:n_child, n_child:] = C.T @ pattern_wz
    xwx[n_child:, :n_child] = xwx[:n_child, n_child:].T
    xwx[n_child:, n_child:] = Z.T @ (area_w[:, None] * Z)
    return xwx
