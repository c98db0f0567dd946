r"""The likelihood of three levels: its Laplace approximation and nested quadrature.

:math:`\eta = x'\beta + u_j + v_l`, :math:`u_j \sim N(0, \sigma^2)`,
:math:`v_l \sim N(0, \tau^2)`, small area :math:`l` in group :math:`j`. With
:math:`W_l = \sum w` and :math:`Q_j = \sum_l W_l / (1 + \tau^2 W_l)` the Hessian of the
effects is an arrow whose determinant gives

.. math::
    \ell = \log f(y, \hat u, \hat v) - \tfrac12\sum_l\log(1 + \tau^2 W_l)
           - \tfrac12\sum_j\log(1 + \sigma^2 Q_j)

up to the priors' exponents; nothing divides by a variance, so either may be 0. The
gradient is exact: what moving the modes does to the determinants comes from one solution
:math:`\lambda` of the arrow system for each group.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial.hermite import hermgauss
from numpy.typing import NDArray

from cyps.cells import Cells
from cyps.errors import CypsError
from cyps.model.laplace import cross_products
from cyps.model.nested_passes import (
    nested_integrals,
    nested_modes,
    place_column_sums,
    slot_sums,
)
from cyps.model.passes import moments
from cyps.model.problem import Problem, problem_of

_MODE_TOLERANCE = 1e-6
_MOST_MODE_STEPS = 100

Effects = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class NestedProblem:
    """A problem whose areas belong to places (small areas) that belong to groups.

    Attributes
    ----------
    problem : the two-level problem
    group_place : (n_groups + 1,), first place of each group
    place_area : (n_places + 1,), first area of each place
    place_events : (n_places,)
    happened : (n_groups, k), X'y of each group
    """

    problem: Problem
    group_place: NDArray[np.int64]
    place_area: NDArray[np.int64]
    place_events: NDArray[np.float64]
    happened: NDArray[np.float64]

    @property
    def no_effects(self) -> Effects:
        """Effects of 0, to start from."""
        return np.zeros(self.group_place.size - 1), np.zeros(self.place_area.size - 1)

    def of_places(self, by_area: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over each place's areas."""
        return np.asarray(np.add.reduceat(by_area, self.place_area[:-1], axis=0))

    def of_groups(self, by_place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over each group's places."""
        return np.asarray(np.add.reduceat(by_place, self.group_place[:-1], axis=0))

    def to_places(self, by_group: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each group's value at its places."""
        return np.repeat(by_group, np.diff(self.group_place))

    def to_areas(self, by_place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each place's value at its areas."""
        return np.repeat(by_place, np.diff(self.place_area))


def nested_problem_of(cells: Cells, metric: int) -> NestedProblem:
    """Set up the three-level fit of one metric.

    Raises
    ------
    CypsError
        When the rows did not name their small area.
    """
    if not cells.small_area.size or cells.small_area[0] < 0:
        raise CypsError(
            "Three levels need to know which children live in the same small area: give "
            "collapse the column as area_key (or write (1|la/lsoa) in a formula)."
        )
    problem = problem_of(cells, metric)
    _, place_first = np.unique(cells.small_area, return_index=True)
    place_area = np.append(place_first, cells.small_area.size)
    group_place = np.searchsorted(place_first, cells.area_start)
    return NestedProblem(
        problem,
        group_place,
        place_area,
        np.add.reduceat(cells.area_events[metric], place_area[:-1]),
        problem.group_column_sums(problem.slot_events, problem.area_events),
    )


def check_small_areas(nested: NestedProblem) -> None:
    """Refuse to fit where effects of groups and small areas cannot be told apart."""
    if not (np.diff(nested.group_place) > 1).any():
        raise CypsError(
            "Every group has only one small area with children, so that their effects cannot be "
            "told apart. Fit two levels (fit_cells)."
        )


@dataclass(frozen=True, slots=True)
class NestedEvaluation:
    """The approximate log-likelihood at one point.

    Attributes
    ----------
    loglik : without the binomial constant
    scores : (n_groups, k + 2), each group's gradient by coefficients, log sigma (groups)
        and log tau (places)
    newton : (k, k), information on the coefficients given both; newton_log : (2,),
        approximate curvatures in log sigma and log tau
    effect, sd : modes of the groups' and the places' effects; their standard deviations
    """

    loglik: float
    scores: NDArray[np.float64]
    newton: NDArray[np.float64]
    newton_log: NDArray[np.float64]
    effect: Effects
    sd: Effects

    @property
    def gradient(self) -> NDArray[np.float64]:
        """By coefficients, log sigma and log tau, (k + 2,)."""
        return np.asarray(self.scores.sum(axis=0))


NestedLikelihood = Callable[[NDArray[np.float64], Effects], NestedEvaluation]


def nested_likelihood_of(nested: NestedProblem, nagq: int = 1) -> NestedLikelihood:
    """The likelihood as a function of (coefficients, log sigma, log tau) and a first guess."""

    def likelihood(at: NDArray[np.float64], start: Effects) -> NestedEvaluation:
        here = nested_laplace(nested, at, start)
        return here if nagq == 1 else nested_quadrature(nested, at, here, nagq)

    return likelihood


def nested_laplace(
    nested: NestedProblem, at: NDArray[np.float64], start: Effects
) -> NestedEvaluation:
    """Evaluate at `at` (k + 2,): coefficients, log sigma, log tau; either may be -inf."""
    problem, beta = nested.problem, at[:-2]
    var_u, var_v = (float(np.exp(2 * log)) for log in at[-2:])
    cells, places = problem.cell_arrays, (nested.group_place, nested.place_area)
    slot_odds, area_odds = problem.odds(beta)
    u, v = nested_modes(
        cells, places, slot_odds, area_odds, nested.place_events, (var_u, var_v),
        start[0] * (var_u > 0), start[1] * (var_v > 0), _MODE_TOLERANCE, _MOST_MODE_STEPS,
    )  # fmt: skip
    area_odds = area_odds * nested.to_areas(np.exp(nested.to_places(u) + v))
    sums = moments(cells, slot_odds, area_odds, problem.area_design)
    log_sum, slot_m, slot_w, _, area_m, area_w, area_dw, slot_wz = sums
    W, D = nested.of_places(area_w), nested.of_places(area_dw)
    grown_v = 1 + var_v * W
    Q = nested.of_groups(W / grown_v)
    grown_u = 1 + var_u * Q
    # How the log-determinants rise with each place's linear predictor, and what they gain
    # as the modes move (lambda).
    by_shift = var_v / grown_v + nested.to_places(var_u / grown_u) / grown_v**2
    r = by_shift * D
    lambda_u = var_u / grown_u * nested.of_groups(r / grown_v)
    lambda_v = var_v / grown_v * (r - W * nested.to_places(lambda_u))
    moved = lambda_v + nested.to_places(lambda_u)
    by_w, by_dw = -nested.to_areas(moved) / 2, nested.to_areas(by_shift) / 2
    slot_e = slot_m + slot_sums(cells, slot_odds, area_odds, by_w, by_dw)
    area_e = area_m + by_w * area_w + by_dw * area_dw
    a_u, pull_u = _scaled(u, var_u)
    a_v, pull_v = _scaled(v, var_v)
    by_log_sigma = a_u**2 - 1 + 1 / grown_u - pull_u * lambda_u
    by_log_tau = nested.of_groups(
        a_v**2 - 1 + 1 / grown_v
        + nested.to_places(var_u / grown_u) * var_v * (W / grown_v) ** 2
        - pull_v * lambda_v
    )  # fmt: skip
    g = np.hstack(
        [
            place_column_sums(cells, places, slot_odds, area_odds, problem.slot_design),
            nested.of_places(area_w[:, None] * problem.area_design),
        ]
    )
    s = nested.of_groups(g / grown_v[:, None])
    newton = cross_products(problem, slot_w, area_w, slot_wz)
    newton -= (g * (var_v / grown_v)[:, None]).T @ g + (s * (var_u / grown_u)[:, None]).T @ s
    loglik = float(
        beta @ problem.events_by_column
        + u @ problem.group_events
        + v @ nested.place_events
        - log_sum.sum()
        - (a_u @ a_u + a_v @ a_v + np.log(grown_u).sum() + np.log(grown_v).sum()) / 2
    )
    shrunk_u, shrunk_v = var_u * Q / grown_u, var_v * W / grown_v
    return NestedEvaluation(
        loglik=loglik,
        scores=np.column_stack(
            [
                nested.happened - problem.group_column_sums(slot_e, area_e),
                by_log_sigma,
                by_log_tau,
            ]
        ),
        newton=newton,
        newton_log=2 * np.array([shrunk_u @ shrunk_u, shrunk_v @ shrunk_v]),
        effect=(u, v),
        sd=(
            np.sqrt(var_u / grown_u),
            np.sqrt(var_v / grown_v + shrunk_v**2 * nested.to_places(var_u / grown_u)),
        ),
    )


def _scaled(
    effect: NDArray[np.float64], variance: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effects in standard deviations, and effects by variance; 0 where there is none."""
    if variance == 0:
        return np.zeros_like(effect), np.zeros_like(effect)
    return effect / np.sqrt(variance), effect / variance


def nested_quadrature(
    nested: NestedProblem, at: NDArray[np.float64], here: NestedEvaluation, n_nodes: int
) -> NestedEvaluation:
    """The integrals by quadrature in quadrature, `n_nodes` nodes each.

    The gradient is Fisher's identity, exact for the integral itself: it leaves out that the
    nodes move, which is worth no more than the quadrature's own error.
    """
    problem, beta = nested.problem, at[:-2]
    var_u, var_v = (float(np.exp(2 * log)) for log in at[-2:])
    slot_odds, area_odds = problem.odds(beta)
    log_integral, square_u, square_v, slot_m, area_m = nested_integrals(
        problem.cell_arrays, (nested.group_place, nested.place_area), slot_odds, area_odds,
        nested.place_events, (var_u, var_v), here.effect[0], here.sd[0], here.effect[1],
        *hermgauss(n_nodes),
    )  # fmt: skip
    none = np.zeros(problem.n_groups)
    return replace(
        here,
        loglik=float(beta @ problem.events_by_column + log_integral.sum()),
        scores=np.column_stack(
            [
                nested.happened - problem.group_column_sums(slot_m, area_m),
                square_u / var_u - 1 if var_u > 0 else none,
                nested.of_groups(square_v / var_v - 1) if var_v > 0 else none,
            ]
        ),
    )
