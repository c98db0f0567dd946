"""Inference that needs the cells again: covariances of each kind, intervals of sigma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.model.algebra import inverse, solved
from cyps.model.estimates import normal_quantile
from cyps.model.fit import likelihood_of
from cyps.model.information import group_scores, observed_information
from cyps.model.laplace import Evaluation
from cyps.model.problem import Problem, problem_of

if TYPE_CHECKING:
    from cyps.model.result import CovarianceType, MultilevelFit


@dataclass(frozen=True, slots=True)
class Standing:
    """A fit put back on its cells: the problem, and the likelihood where the fit stands.

    `beta` (k,) and `log_sigma` are on the problem's standardised columns.
    """

    problem: Problem
    beta: NDArray[np.float64]
    log_sigma: float
    here: Evaluation
    nagq: int

    @property
    def information(self) -> NDArray[np.float64]:
        """Observed information on standardised coefficients and log sigma."""
        return observed_information(self.problem, (self.beta, self.log_sigma), self.here, self.nagq)

    @property
    def scores(self) -> NDArray[np.float64]:
        """Each group's part of the gradient."""
        return group_scores(self.problem, (self.beta, self.log_sigma), self.here, self.nagq)


def stand(fit: MultilevelFit) -> Standing:
    """Evaluate the likelihood where a two-level or plain fit stands."""
    if not fit.converged:
        raise CypsError(
            f"The fit of {fit.metric} has no errors or intervals: {fit.verdict}. Mend the "
            "model first."
        )
    counted = fit.its_cells()
    problem = problem_of(counted.cells, counted.metric)
    beta = solved(problem.to_own_scale, fit.coefficients)
    log_sigma = float(np.log(fit.sigma)) if fit.sigma > 0 else -np.inf
    here = likelihood_of(problem, fit.nagq)(beta, log_sigma, fit.group_effect)
    return Standing(problem, beta, log_sigma, here, fit.nagq)


def covariance_of(fit: MultilevelFit, cov_type: CovarianceType) -> NDArray[np.float64]:
    """Covariance of the coefficients on their own scale, (k, k), of any kind."""
    if cov_type not in ("given sigma", "observed", "cluster"):
        raise CypsError(f"cov_type is {cov_type!r}. It is 'given sigma', 'observed' or 'cluster'.")
    if fit.estimator == "dummies":
        from cyps.model.dummies import dummies_covariance

        return dummies_covariance(fit, cov_type)
    if fit.estimator == "three levels":
        from cyps.model.nested_inference import three_levels_covariance

        return three_levels_covariance(fit, cov_type)
    at = stand(fit)
    T, k = at.problem.to_own_scale, at.beta.size
    if cov_type == "given sigma":
        return np.asarray(T @ inverse(at.here.newton) @ T.T)
    covariance = inverse(at.information)
    if cov_type == "cluster":
        covariance = sandwich(covariance, at.scores)
    return np.asarray(T @ covariance[:k, :k] @ T.T)


def sandwich(
    inverse_information: NDArray[np.float64], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A^-1 B A^-1 with B the groups' scores' cross product, times J/(J - 1)."""
    J = len(scores)
    if J < 2:
        raise CypsError("Errors robust by group need at least two groups.")
    half = scores @ inverse_information
    return np.asarray(half.T @ half * (J / (J - 1)))


def sigma_intervals(
    fit: MultilevelFit, alpha: float, method: Literal["wald", "profile"]
) -> dict[str, tuple[float, float, float]]:
    """Each standard deviation between groups: estimate, lower and upper end."""
    if method not in ("wald", "profile"):
        raise CypsError(f"method is {method!r}. It is 'wald' or 'profile'.")
    if fit.estimator in ("plain", "dummies"):
        raise CypsError(
            f"The {fit.estimator} model estimates no standard deviation between groups."
        )
    if fit.estimator == "three levels":
        from cyps.model.nested_inference import three_levels_sigma_intervals

        return three_levels_sigma_intervals(fit, alpha, method)
    if method == "profile":
        from cyps.model.profile import profile_sigma

        return {"sigma": (fit.sigma, *profile_sigma(fit, alpha))}
    if fit.sigma == 0:
        return {"sigma": (0.0, np.nan, np.nan)}
    at = stand(fit)
    variance = float(inverse(at.information)[-1, -1])
    return {"sigma": log_scale_interval(fit.sigma, variance, alpha)}


def log_scale_interval(
    sigma: float, variance_of_log: float, alpha: float
) -> tuple[float, float, float]:
    """A standard deviation with an interval symmetric in its logarithm."""
    reach = normal_quantile(alpha) * np.sqrt(variance_of_log) if variance_of_log > 0 else np.nan
    with np.errstate(over="ignore"):  # near 0 the logarithm says nothing: up to infinity
        return sigma, float(sigma * np.exp(-reach)), float(sigma * np.exp(reach))
