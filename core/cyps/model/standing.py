"""Standing: a two-level or plain fit put back on its cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.model.algebra import solved
from cyps.model.fit import likelihood_of
from cyps.model.fitted import Fitted
from cyps.model.information import group_scores, observed_information
from cyps.model.laplace import Evaluation
from cyps.model.problem import Problem, problem_of


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


def stand(fit: Fitted) -> Standing:
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
