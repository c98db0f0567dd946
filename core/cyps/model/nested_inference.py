"""Inference of three levels: observed information, covariances, intervals of both sigmas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.model.algebra import inverse, solved
from cyps.model.inference import log_scale_interval, sandwich
from cyps.model.nested import (
    NestedEvaluation,
    NestedLikelihood,
    NestedProblem,
    nested_likelihood_of,
    nested_problem_of,
)
from cyps.model.nested_search import slope_along

if TYPE_CHECKING:
    from cyps.model.result import CovarianceType, MultilevelFit

# Both standard deviations, by their place from the end of (coefficients, log sigma, log tau).
DEVIATIONS = {"sigma": -2, "area_sigma": -1}


@dataclass(frozen=True, slots=True)
class NestedStanding:
    """A three-level fit put back on its cells: the likelihood where the fit stands.

    `at` (k + 2,) is standardised coefficients, log sigma and log tau, -inf where there is none.
    """

    nested: NestedProblem
    at: NDArray[np.float64]
    likelihood: NestedLikelihood
    here: NestedEvaluation
    nagq: int

    @property
    def free(self) -> NDArray[np.bool_]:
        """Which parameters are there: all but a standard deviation that vanished."""
        return np.isfinite(self.at)

    @property
    def information(self) -> NDArray[np.float64]:
        """Observed information on what is free, by extrapolated differences of the gradient."""
        free = np.flatnonzero(self.free)
        diagonal = np.append(np.diag(self.here.newton), self.here.newton_log.clip(4.0))
        rows = []
        for i in free.tolist():
            distance = 0.05 / np.sqrt(diagonal[i])
            near = slope_along(self.likelihood, self.at, self.here, i, distance)
            far = slope_along(self.likelihood, self.at, self.here, i, 2 * distance)
            rows.append(((4 * near - far) / 3)[free])
        information = np.array(rows)
        return np.asarray((information + information.T) / 2)

    def variances_of_logs(self) -> dict[str, float]:
        """Of each standard deviation's logarithm; NaN where it vanished."""
        covariance = inverse(self.information)
        place = np.cumsum(self.free) - 1
        return {
            name: float(covariance[place[i], place[i]]) if self.free[i] else np.nan
            for name, i in DEVIATIONS.items()
        }


def stand_nested(fit: MultilevelFit) -> NestedStanding:
    """Evaluate the likelihood where a three-level fit stands."""
    if not fit.converged:
        raise CypsError(f"The fit of {fit.metric} has no errors or intervals: {fit.verdict}.")
    counted = fit.its_cells()
    nested = nested_problem_of(counted.cells, counted.metric)
    beta = solved(nested.problem.to_own_scale, fit.coefficients)
    with np.errstate(divide="ignore"):
        at = np.append(beta, np.log([fit.sigma, fit.area_sigma or 0.0]))
    likelihood = nested_likelihood_of(nested, fit.nagq)
    here = likelihood(at, (fit.group_effect, fit.area_effect))
    return NestedStanding(nested, at, likelihood, here, fit.nagq)


def three_levels_covariance(fit: MultilevelFit, cov_type: CovarianceType) -> NDArray[np.float64]:
    """Covariance of a three-level fit's coefficients of any kind, (k, k)."""
    stands = stand_nested(fit)
    T, k = stands.nested.problem.to_own_scale, stands.at.size - 2
    if cov_type == "given sigma":
        return np.asarray(T @ inverse(stands.here.newton) @ T.T)
    covariance = inverse(stands.information)
    if cov_type == "cluster":
        covariance = sandwich(covariance, stands.here.scores[:, stands.free])
    return np.asarray(T @ covariance[:k, :k] @ T.T)


def three_levels_sigma_intervals(
    fit: MultilevelFit, alpha: float, method: Literal["wald", "profile"]
) -> dict[str, tuple[float, float, float]]:
    """Both standard deviations: estimate, lower and upper end."""
    stands = stand_nested(fit)
    sigmas = {name: float(np.exp(stands.at[i])) for name, i in DEVIATIONS.items()}
    variances = stands.variances_of_logs()
    if method == "profile":
        from cyps.model.nested_profile import profile_deviation

        return {
            name: (sigma, *profile_deviation(stands, name, variances[name], alpha))
            for name, sigma in sigmas.items()
        }
    return {
        name: log_scale_interval(sigma, variances[name], alpha) for name, sigma in sigmas.items()
    }
