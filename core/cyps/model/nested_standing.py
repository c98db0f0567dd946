"""Standing of three levels: a fit put back on its cells, and the information there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.model.algebra import inverse, solved
from cyps.model.fitted import Fitted
from cyps.model.nested import (
    NestedEvaluation,
    NestedLikelihood,
    NestedProblem,
    nested_likelihood_of,
    nested_problem_of,
)
from cyps.model.nested_search import slope_along

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

    def covariance_of_logs(self) -> NDArray[np.float64]:
        """Of log sigma and log tau, (2, 2); NaN where one vanished."""
        whole = np.full((self.at.size, self.at.size), np.nan)
        whole[np.ix_(self.free, self.free)] = inverse(self.information)
        return whole[-2:, -2:]


def stand_nested(fit: Fitted) -> NestedStanding:
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
