"""Profile intervals of three levels: one parameter held, everything else climbs anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cyps.model.nested import Effects, NestedEvaluation, NestedLikelihood
from cyps.model.nested_search import highest, tolerance_of
from cyps.model.nested_standing import DEVIATIONS, NestedStanding
from cyps.model.profile_ends import HeldCoefficient, must_have_converged, root_of_fall
from cyps.model.shares_of_variance import SHARES

# Where a standard deviation that vanished is looked for anew when something else is held: what
# is 0 stays 0 in a search.
_SMALL_SIGMA = 0.1


class NestedCoefficientProfile(HeldCoefficient):
    """Twice the log-likelihood's fall as one coefficient is held away from its estimate."""

    def __init__(self, stands: NestedStanding, i: int) -> None:
        super().__init__(stands.nested.problem.to_own_scale[i], stands.here.newton)
        self.stands = stands
        self.last = np.zeros(stands.at.size - 3), stands.at[-2:], stands.here.effect

    def signed_root(self, away: float) -> float:
        """Root of twice the fall, `away` (in standard errors) from the estimate."""
        stands, free = self.stands, self.free
        held = stands.at[:-2] + away * self.along

        def likelihood(left: NDArray[np.float64], start: Effects) -> NestedEvaluation:
            beta = held + free @ left[:-2]
            here = stands.likelihood(np.append(beta, left[-2:]), start)
            scores = np.hstack([here.scores[:, :-2] @ free, here.scores[:, -2:]])
            return replace(here, scores=scores, newton=free.T @ here.newton @ free)

        left, logs, effects = self.last
        fall, ahead, effects = _fallen(stands, likelihood, np.append(left, logs), effects)
        self.last = ahead[:-2], ahead[-2:], effects
        return float(np.sign(away) * fall)


class DeviationProfile:
    """The same as a standard deviation is held; searches start from the last."""

    def __init__(self, stands: NestedStanding, name: str) -> None:
        self.stands, self.i = stands, DEVIATIONS[name]
        self.begin()

    def begin(self) -> None:
        """Search from the maximum again."""
        self.last = self.stands.at, self.stands.here.effect

    def root(self, log_sigma: float) -> float:
        """Root of twice the fall where the logarithm of the deviation is held."""
        i = self.i

        def likelihood(at: NDArray[np.float64], start: Effects) -> NestedEvaluation:
            # What is -inf no search moves: so the place of what is held says.
            there = at.copy()
            there[i] = log_sigma
            return self.stands.likelihood(there, start)

        at, effects = self.last
        fall, ahead, effects = _fallen(self.stands, likelihood, at, effects, held=i)
        self.last = ahead, effects
        return fall


class ShareProfile:
    """The same as an intraclass correlation is held, by the deviation that stands for it.

    What is left to move of the two standard deviations takes the last place of a search.
    """

    def __init__(self, stands: NestedStanding, name: str) -> None:
        self.stands, self.share = stands, SHARES[name]
        self.begin()

    def begin(self) -> None:
        """Search from the maximum again."""
        at = self.stands.at.copy()
        at[-1] = self.share.left(at[-2:])
        self.last = at, self.stands.here.effect

    def root(self, log_sigma: float) -> float:
        """Root of twice the fall where the logarithm of the deviation is held."""

        def likelihood(at: NDArray[np.float64], start: Effects) -> NestedEvaluation:
            logs, slope = self.share.held(log_sigma, at[-1])
            here = self.stands.likelihood(np.append(at[:-2], logs), start)
            scores = here.scores.copy()
            scores[:, -1] = scores[:, -2:] @ slope
            curved = np.append(0.0, here.newton_log @ slope**2)
            return replace(here, scores=scores, newton_log=curved)

        at, effects = self.last
        fall, ahead, effects = _fallen(self.stands, likelihood, at, effects, held=-2)
        self.last = ahead, effects
        return fall


def _fallen(
    stands: NestedStanding,
    likelihood: NestedLikelihood,
    at: NDArray[np.float64],
    effects: Effects,
    held: int | None = None,
) -> tuple[float, NDArray[np.float64], Effects]:
    """Root of twice the fall, and where the search ended."""
    at = at.copy()
    at[-2:][~np.isfinite(at[-2:])] = np.log(_SMALL_SIGMA)
    if held is not None:
        at[held] = -np.inf
    found = highest(likelihood, at, effects, tolerance_of(stands.nagq))
    must_have_converged(found.converged, found.verdict)
    return root_of_fall(stands.here.loglik, found.here.loglik), found.at, found.here.effect
