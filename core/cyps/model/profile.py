"""Profiles of two levels: one parameter held, everything else climbs anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cyps.model.fit import Columns, Likelihood, Maximum, StartingPoint, likelihood_of, search
from cyps.model.laplace import Evaluation
from cyps.model.profile_ends import HeldCoefficient, must_have_converged, root_of_fall
from cyps.model.standing import Standing


class CoefficientProfile(HeldCoefficient):
    """Twice the log-likelihood's fall as one coefficient is held away from its estimate.

    The others climb anew in the space left over, each search starting from the last.
    """

    def __init__(self, at: Standing, i: int) -> None:
        super().__init__(at.problem.to_own_scale[i], at.here.newton)
        self.at = at
        self.likelihood = likelihood_of(at.problem, at.nagq)
        self.last = StartingPoint(np.zeros(at.beta.size - 1), at.log_sigma, at.here.effect)

    def signed_root(self, away: float) -> float:
        """Root of twice the fall, `away` (in standard errors) from the estimate."""
        at, free = self.at, self.free
        held = at.beta + away * self.along

        def likelihood(
            left: NDArray[np.float64], log_sigma: float, effect: NDArray[np.float64]
        ) -> Evaluation:
            here = self.likelihood(held + free @ left, log_sigma, effect)
            return replace(
                here,
                gradient=free.T @ here.gradient,
                newton=free.T @ here.newton @ free,
                effect_by_beta=here.effect_by_beta @ free,
                log_curvature_by_beta=here.log_curvature_by_beta @ free,
            )

        found = _climb(likelihood, self.last)
        self.last = _start_at(found)
        return float(np.sign(away) * root_of_fall(at.here.loglik, found.evaluation.loglik))


class SigmaProfile:
    """Twice the log-likelihood's fall as sigma is held; searches start from the last."""

    def __init__(self, at: Standing) -> None:
        self.at = at
        self.likelihood = likelihood_of(at.problem, at.nagq)
        self.begin()

    def begin(self) -> None:
        """Search from the maximum again."""
        self.last = StartingPoint(self.at.beta, self.at.log_sigma, self.at.here.effect)

    def root(self, log_sigma: float) -> float:
        """Root of twice the fall where log sigma is held, -inf for none."""

        def held(beta: NDArray[np.float64], _: float, effect: NDArray[np.float64]) -> Evaluation:
            here = self.likelihood(beta, log_sigma, effect)
            none = np.zeros_like(here.effect)
            return replace(
                here, gradient_log_sigma=0.0, newton_log_sigma=1.0, effect_by_log_sigma=none
            )

        found = _climb(held, StartingPoint(self.last.beta, log_sigma, self.last.effect))
        self.last = _start_at(found)
        return root_of_fall(self.at.here.loglik, found.evaluation.loglik)


def _climb(likelihood: Likelihood, start: StartingPoint) -> Maximum:
    # A coefficient that is held far out may push others there: no verdict on that.
    found = search(Columns((), np.empty(0)), likelihood, start)
    must_have_converged(found.converged, found.verdict)
    return found


def _start_at(found: Maximum) -> StartingPoint:
    return StartingPoint(found.beta, found.log_sigma, found.evaluation.effect)
