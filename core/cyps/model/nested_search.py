"""Search of three levels: Newton's method, and what to do where a deviation vanishes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.model.algebra import solved
from cyps.model.fit import TOLERANCE, FitStep
from cyps.model.nested import (
    Effects,
    NestedEvaluation,
    NestedLikelihood,
    NestedProblem,
    nested_likelihood_of,
)

_MOST_STEPS = 60
# With quadrature the gradient leaves out that the nodes move.
_TOLERANCE_OF_QUADRATURE = 1e-8
# A standard deviation this small cannot be told from none at all.
_NO_SIGMA = 1e-3
# How far a log standard deviation is moved to see how the gradient turns.
_NEAR = 1e-3


@dataclass(frozen=True, slots=True)
class Found:
    """Where a search ended: (coefficients, log sigma, log tau), and why in words."""

    at: NDArray[np.float64]
    here: NestedEvaluation
    converged: bool
    verdict: str
    log: tuple[FitStep, ...]


def search_from(
    nested: NestedProblem, nagq: int, at: NDArray[np.float64], effects: Effects
) -> Found:
    """Climb by Laplace and, with more than one node, on from there by quadrature."""
    found = highest(nested_likelihood_of(nested), at, effects, tolerance_of(1))
    if nagq == 1 or not found.converged:
        return found
    likelihood = nested_likelihood_of(nested, nagq)
    return highest(likelihood, found.at, found.here.effect, tolerance_of(nagq))


def tolerance_of(nagq: int) -> float:
    """Newton decrement at which a search ends."""
    return TOLERANCE if nagq == 1 else _TOLERANCE_OF_QUADRATURE


def highest(
    likelihood: NestedLikelihood, at: NDArray[np.float64], effects: Effects, tolerance: float
) -> Found:
    """Climb; where a standard deviation all but vanishes, without it if that is as good."""
    found = climb(likelihood, at, effects, tolerance)
    small = np.exp(found.at[-2:]) < _NO_SIGMA
    if not found.converged or not (small & np.isfinite(found.at[-2:])).any():
        return found
    at = found.at.copy()
    at[-2:][small] = -np.inf
    without = climb(likelihood, at, found.here.effect, tolerance)
    if not without.converged or without.here.loglik < found.here.loglik - 1e-6:
        return found
    named = [what for what, is_so in zip(("groups", "small areas"), small, strict=True) if is_so]
    verdict = f"{without.verdict}; no variation between {' and '.join(named)} is left"
    return Found(without.at, without.here, True, verdict, found.log + without.log)


def climb(
    likelihood: NestedLikelihood,
    at: NDArray[np.float64],
    effects: Effects,
    tolerance: float = TOLERANCE,
) -> Found:
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
            return Found(at, here, True, verdict, tuple(log))
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
            return Found(at, here, False, verdict, tuple(log))
        log.append(FitStep(number, here.loglik, sigma, decrement, length))
        at, here = at + length * step, ahead
    verdict = f"not converged: stopped after {_MOST_STEPS} steps"
    return Found(at, here, False, verdict, tuple(log))


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
            information[i] = slope_along(likelihood, at, here, i, _NEAR)
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


def slope_along(
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
