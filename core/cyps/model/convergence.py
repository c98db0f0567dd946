"""Convergence: is this a maximum? Gradient, curvature and a second search answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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
from cyps.model.inference import Standing, stand
from cyps.model.information import group_scores

if TYPE_CHECKING:
    from cyps.model.result import MultilevelFit

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


def check_convergence(fit: MultilevelFit) -> ConvergenceCheck:
    """Look at gradient and curvature, and search again from elsewhere.

    The second search begins at the overall rate without drivers, with three times the
    estimated sigma (1 where that is 0); the plain model's at even odds.
    """
    if fit.estimator not in ("multilevel", "plain"):
        raise CypsError(
            f"A second search is there for the multilevel and the plain model, not for "
            f"{fit.estimator}; its verdict: {fit.verdict}."
        )
    at = stand(fit)
    information = at.information
    scale = np.sqrt(np.abs(np.diag(information)))
    flattest = float(np.linalg.eigvalsh(information / np.outer(scale, scale))[0])
    gradient = group_scores(at.problem, (at.beta, at.log_sigma), at.here, at.nagq).sum(axis=0)
    worth = float(np.sqrt(np.abs(gradient @ solved(information, gradient))))
    second = _second_search(fit, at)
    errors = np.sqrt(np.diag(inverse(at.here.newton)))
    apart = float((np.abs(second.beta - at.beta) / errors).max())
    gain = second.evaluation.loglik - at.here.loglik
    wrong = []
    if worth > _STEEP:
        wrong.append(f"the gradient is still worth {worth:.2g} standard errors")
    if flattest <= 0:
        wrong.append("the likelihood is not curved like a hill there")
    if not second.converged:
        wrong.append(f"a second search ended so: {second.verdict}")
    elif apart > _APART or abs(gain) > 1e-6 * max(1.0, abs(at.here.loglik) * 1e-3):
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


def _second_search(fit: MultilevelFit, at: Standing) -> Maximum:
    start = plain_start(at.problem)
    if fit.estimator == "plain":
        columns = Columns(at.problem.labels, at.problem.extent)
        even = StartingPoint(np.zeros_like(at.beta), -np.inf, start.effect)
        return search(columns, likelihood_of(at.problem), even)
    log_sigma = float(np.log(3 * fit.sigma or 1.0))
    return maximise(at.problem, fit.nagq, StartingPoint(start.beta, log_sigma, start.effect))
