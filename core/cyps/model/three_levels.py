"""Fit three levels: children in small areas in groups, both with effects of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cyps.cells import Cells
from cyps.errors import CypsError
from cyps.model.algebra import inverse, solved
from cyps.model.fit import TOLERANCE, FitStep, StartingPoint, maximise
from cyps.model.inference import log_scale_interval, sandwich
from cyps.model.multilevel import check_nagq, with_errors
from cyps.model.nested import (
    Effects,
    NestedEvaluation,
    NestedLikelihood,
    NestedProblem,
    nested_likelihood_of,
    nested_problem_of,
)
from cyps.model.result import Counted, CovarianceType, MultilevelFit
from cyps.model.separation import check_separation

if TYPE_CHECKING:
    from cyps.model.fit import Maximum

_MOST_STEPS = 60
# With quadrature the gradient leaves out that the nodes move.
_TOLERANCE_OF_QUADRATURE = 1e-8
_START_TAU = 0.3
# A standard deviation this small cannot be told from none at all.
_NO_SIGMA = 1e-3
# How far a log standard deviation is moved to see how the gradient turns.
_NEAR = 1e-3


@dataclass(frozen=True, slots=True)
class _Found:
    at: NDArray[np.float64]
    here: NestedEvaluation
    converged: bool
    verdict: str
    log: tuple[FitStep, ...]


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
        two = maximise(nested.problem)
        fits.append(_result(cells, metric, nested, _maximise(nested, two, nagq), nagq))
    return with_errors(fits, cov_type)


def _maximise(nested: NestedProblem, two: Maximum, nagq: int) -> _Found:
    """From two levels' maximum; where that failed, its verdict is the answer."""
    log_sigma = two.log_sigma if np.isfinite(two.log_sigma) else np.log(0.1)
    at = np.append(two.beta, [log_sigma, np.log(_START_TAU)])
    start = StartingPoint(two.beta, log_sigma, two.evaluation.effect)
    effects = (start.effect, nested.no_effects[1])
    if not two.converged:
        here = nested_likelihood_of(nested)(at, effects)
        return _Found(at, here, False, two.verdict, two.log)
    found = _without_vanished(nested, _climb(nested_likelihood_of(nested), at, effects), 1)
    if nagq == 1 or not found.converged:
        return found
    likelihood = nested_likelihood_of(nested, nagq)
    again = _climb(likelihood, found.at, found.here.effect, _TOLERANCE_OF_QUADRATURE)
    return _without_vanished(nested, again, nagq)


def _without_vanished(nested: NestedProblem, found: _Found, nagq: int) -> _Found:
    """Where a standard deviation all but vanishes, the model without it if that is as good."""
    small = np.exp(found.at[-2:]) < _NO_SIGMA
    if not found.converged or not (small & np.isfinite(found.at[-2:])).any():
        return found
    at = found.at.copy()
    at[-2:][small] = -np.inf
    tolerance = TOLERANCE if nagq == 1 else _TOLERANCE_OF_QUADRATURE
    without = _climb(nested_likelihood_of(nested, nagq), at, found.here.effect, tolerance)
    if not without.converged or without.here.loglik < found.here.loglik - 1e-6:
        return found
    named = [what for what, is_so in zip(("groups", "small areas"), small, strict=True) if is_so]
    verdict = f"{without.verdict}; no variation between {' and '.join(named)} is left"
    return _Found(without.at, without.here, True, verdict, found.log + without.log)


def _climb(
    likelihood: NestedLikelihood,
    at: NDArray[np.float64],
    effects: Effects,
    tolerance: float = TOLERANCE,
) -> _Found:
    """Newton's method; what is -inf stays there."""
    here = likelihood(at, effects)
    log: list[FitStep] = []
    for number in range(_MOST_STEPS):
        step, decrement = _newton_step(likelihood, at, here)
        sigma = float(np.exp(at[-2]))
        if decrement < tolerance:
            log.append(FitStep(number, here.loglik, sigma, decrement, 0.0))
            worth = np.sqrt(tolerance)
            verdict = f"converged: the gradient vanishes, to {worth:.0e} of a standard error"
            return _Found(at, here, True, verdict, tuple(log))
        length = min(1.0, 1.5 / float(np.abs(step).max()))
        ahead = None
        for _ in range(30):
            # A standard deviation that is -inf stays there, whatever is added.
            ahead = likelihood(at + length * step, here.effect)
            if ahead.loglik >= here.loglik - max(1e-9 * abs(here.loglik), tolerance):
                break
            length /= 2
        else:
            verdict = "not converged: no step along the gradient raises the likelihood"
            return _Found(at, here, False, verdict, tuple(log))
        log.append(FitStep(number, here.loglik, sigma, decrement, length))
        at, here = at + length * step, ahead
    verdict = f"not converged: stopped after {_MOST_STEPS} steps"
    return _Found(at, here, False, verdict, tuple(log))


def _newton_step(
    likelihood: NestedLikelihood, at: NDArray[np.float64], here: NestedEvaluation
) -> tuple[NDArray[np.float64], float]:
    """Step and decrement; how the gradient turns with each log standard deviation is looked up."""
    free = np.isfinite(at)
    k = at.size - 2
    information = np.zeros((at.size, at.size))
    information[:k, :k] = here.newton
    for i in (k, k + 1):
        if free[i]:
            information[i] = _slope(likelihood, at, here, i, _NEAR)
    rows = information[k:, :k]
    information[:k, k:] = rows.T
    information[k:, k:] = (information[k:, k:] + information[k:, k:].T) / 2
    kept = information[np.ix_(free, free)]
    scale = np.sqrt(np.abs(np.diag(kept)).clip(1e-12))
    if np.linalg.eigvalsh(kept / np.outer(scale, scale))[0] < 1e-6:
        information[k:, :k], information[:k, k:] = 0.0, 0.0
        information[k:, k:] = np.diag(here.newton_log.clip(1e-6))
        kept = information[np.ix_(free, free)]
    step = np.zeros(at.size)
    step[free] = solved(kept, here.gradient[free])
    return step, float(here.gradient[free] @ step[free])


def _slope(
    likelihood: NestedLikelihood,
    at: NDArray[np.float64],
    here: NestedEvaluation,
    i: int,
    distance: float,
) -> NDArray[np.float64]:
    """Minus the gradient's slope along one parameter, by central differences."""
    gradients = []
    for sign in (1, -1):
        moved = at.copy()
        moved[i] += sign * distance
        gradients.append(likelihood(moved, here.effect).gradient)
    return np.asarray((gradients[1] - gradients[0]) / (2 * distance))


def _result(
    cells: Cells, metric: int, nested: NestedProblem, found: _Found, nagq: int
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


def _standing(
    fit: MultilevelFit,
) -> tuple[NestedProblem, NDArray[np.float64], NestedLikelihood, NestedEvaluation]:
    if not fit.converged:
        raise CypsError(f"The fit of {fit.metric} has no errors or intervals: {fit.verdict}.")
    counted = fit.its_cells()
    nested = nested_problem_of(counted.cells, counted.metric)
    beta = solved(nested.problem.to_own_scale, fit.coefficients)
    with np.errstate(divide="ignore"):
        at = np.append(beta, np.log([fit.sigma, fit.area_sigma or 0.0]))
    likelihood = nested_likelihood_of(nested, fit.nagq)
    return nested, at, likelihood, likelihood(at, (fit.group_effect, fit.area_effect))


def _observed(
    likelihood: NestedLikelihood, at: NDArray[np.float64], here: NestedEvaluation
) -> NDArray[np.float64]:
    """Observed information on what is free, by extrapolated differences of the gradient."""
    free = np.flatnonzero(np.isfinite(at))
    diagonal = np.append(np.diag(here.newton), here.newton_log.clip(4.0))
    rows = []
    for i in free.tolist():
        distance = 0.05 / np.sqrt(diagonal[i])
        near = _slope(likelihood, at, here, i, distance)
        far = _slope(likelihood, at, here, i, 2 * distance)
        rows.append(((4 * near - far) / 3)[free])
    information = np.array(rows)
    return np.asarray((information + information.T) / 2)


def three_levels_covariance(fit: MultilevelFit, cov_type: CovarianceType) -> NDArray[np.float64]:
    """Covariance of a three-level fit's coefficients of any kind, (k, k)."""
    nested, at, likelihood, here = _standing(fit)
    T, k = nested.problem.to_own_scale, at.size - 2
    if cov_type == "given sigma":
        return np.asarray(T @ inverse(here.newton) @ T.T)
    covariance = inverse(_observed(likelihood, at, here))
    if cov_type == "cluster":
        covariance = sandwich(covariance, here.scores[:, np.isfinite(at)])
    return np.asarray(T @ covariance[:k, :k] @ T.T)


def three_levels_sigma_intervals(
    fit: MultilevelFit, alpha: float, method: Literal["wald", "profile"]
) -> dict[str, tuple[float, float, float]]:
    """Both standard deviations with Wald intervals of their logarithms."""
    if method == "profile":
        raise CypsError("Three levels have no profile intervals yet; take method='wald'.")
    _, at, likelihood, here = _standing(fit)
    covariance = inverse(_observed(likelihood, at, here))
    place = np.cumsum(np.isfinite(at)) - 1
    intervals = {}
    for i, name in ((-2, "sigma"), (-1, "area_sigma")):
        sigma = float(np.exp(at[i]))
        variance = covariance[place[i], place[i]] if sigma > 0 else np.nan
        intervals[name] = log_scale_interval(sigma, float(variance), alpha)
    return intervals
