"""Convergence: is this a maximum? Gradient, curvature and a second search answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.model.algebra import inverse, solved
from cyps.model.fit import (
    Columns,
    Maximum,
    StartingPoint,
    likelihood_of,
    maximise,
    plain_start,
    search,
)
from cyps.model.fitted import Fitted
from cyps.model.nested_search import search_from
from cyps.model.nested_standing import stand_nested
from cyps.model.standing import Standing, stand

_STEEP = 1e-3
_APART = 1e-3


@dataclass(frozen=True, slots=True)
class ConvergenceCheck:
    """Three answers to whether a fit is a maximum.

    Attributes
    ----------
    gradient : what the gradient is still worth: standard errors to go (square root of
        the Newton decrement)
    flattest : least eigenvalue of the observed information, scaled to a unit diagonal
        (0 is flat, negative no maximum)
    second_start : how far a search from elsewhere ended, in standard errors
    second_loglik : its log-likelihood less the fit's
    passed, words : the verdict
    """

    gradient: float
    flattest: float
    second_start: float
    second_loglik: float
    passed: bool
    words: str


def check_convergence(fit: Fitted) -> ConvergenceCheck:
    """Look at gradient and curvature, and search again from elsewhere.

    The second search begins at the overall rate without drivers, with three times the
    estimated standard deviations (1 where one is 0); the plain model's at even odds.
    """
    if fit.estimator == "dummies":
        raise CypsError(
            "A second search is there for two and three levels and the plain model, not for "
            f"dummies; its verdict: {fit.verdict}."
        )
    seen = _three_levels(fit) if fit.estimator == "three levels" else _two_levels(fit)
    information, gradient = seen.information, seen.gradient
    scale = np.sqrt(np.abs(np.diag(information)))
    flattest = float(np.linalg.eigvalsh(information / np.outer(scale, scale))[0])
    worth = float(np.sqrt(np.abs(gradient @ solved(information, gradient))))
    apart = float((np.abs(seen.second_beta - seen.beta) / seen.errors).max())
    gain = seen.second_loglik - seen.loglik
    wrong = []
    if worth > _STEEP:
        wrong.append(f"the gradient is still worth {worth:.2g} standard errors")
    if flattest <= 0:
        wrong.append("the likelihood is not curved like a hill there")
    if not seen.second_converged:
        wrong.append(f"a second search ended so: {seen.second_verdict}")
    elif apart > _APART or abs(gain) > 1e-6 * max(1.0, abs(seen.loglik) * 1e-3):
        wrong.append(
            f"a second search ended {apart:.2g} standard errors away, {gain:+.2g} in log-likelihood"
        )
    words = (
        "not sure: " + "; ".join(wrong)
        if wrong
        else (
            f"converged: gradient worth {worth:.1g} standard errors, curved downwards in every "
            f"direction, and a second search from elsewhere ends {apart:.1g} standard errors away"
        )
    )
    return ConvergenceCheck(worth, flattest, apart, gain, not wrong, words)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is seen where a fit stands, and where a second search ended."""

    beta: NDArray[np.float64]
    errors: NDArray[np.float64]
    loglik: float
    gradient: NDArray[np.float64]
    information: NDArray[np.float64]
    second_beta: NDArray[np.float64]
    second_loglik: float
    second_converged: bool
    second_verdict: str


def _two_levels(fit: Fitted) -> _Seen:
    at = stand(fit)
    second = _second_search(fit, at)
    return _Seen(
        beta=at.beta,
        errors=np.sqrt(np.diag(inverse(at.here.newton))),
        loglik=at.here.loglik,
        gradient=at.scores.sum(axis=0),
        information=at.information,
        second_beta=second.beta,
        second_loglik=second.evaluation.loglik,
        second_converged=second.converged,
        second_verdict=second.verdict,
    )


def _second_search(fit: Fitted, at: Standing) -> Maximum:
    start = plain_start(at.problem)
    if fit.estimator == "plain":
        columns = Columns(at.problem.labels, at.problem.extent)
        even = StartingPoint(np.zeros_like(at.beta), -np.inf, start.effect)
        return search(columns, likelihood_of(at.problem), even)
    log_sigma = float(np.log(3 * fit.sigma or 1.0))
    return maximise(at.problem, fit.nagq, StartingPoint(start.beta, log_sigma, start.effect))


def _three_levels(fit: Fitted) -> _Seen:
    at = stand_nested(fit)
    start = plain_start(at.nested.problem).beta
    logs = np.log([3 * fit.sigma or 1.0, 3 * (fit.area_sigma or 0.0) or 1.0])
    second = search_from(at.nested, fit.nagq, np.append(start, logs), at.nested.no_effects)
    return _Seen(
        beta=at.at[:-2],
        errors=np.sqrt(np.diag(inverse(at.here.newton))),
        loglik=at.here.loglik,
        gradient=at.here.gradient[at.free],
        information=at.information,
        second_beta=second.at[:-2],
        second_loglik=second.here.loglik,
        second_converged=second.converged,
        second_verdict=second.verdict,
    )
