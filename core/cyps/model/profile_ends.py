"""Ends of a profile interval: where the likelihood, maximised over all else, falls too far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.model.algebra import inverse

# How far the root of twice the fall may be off: a millionth of a standard error.
_CLOSE = 1e-6
_MOST_LOOKS = 40
# An end further out than this many standard errors is called infinite.
_ENDLESS = 30.0
# How far above a sigma near 0, which says nothing of its own spread, the upper end is looked for.
_FIRST_REACH = 0.2


class HeldCoefficient:
    """One coefficient held on its own scale, and the space left over for the others.

    Attributes
    ----------
    spread : its standard error given sigma
    along : (k,), how all standardised coefficients go with it, to first order, for each
        standard error that it is moved
    free : (k, k - 1), the directions that leave it where it is
    """

    def __init__(self, row: NDArray[np.float64], newton: NDArray[np.float64]) -> None:
        covariance = inverse(newton)
        self.spread = float(np.sqrt(row @ covariance @ row))
        self.along = covariance @ row / self.spread
        self.free = np.linalg.svd(row[None])[2][1:].T

    def signed_root(self, away: float) -> float:
        """Root of twice the fall, `away` (in standard errors) from the estimate."""
        raise NotImplementedError


class ProfileOfSigma(Protocol):
    """How far the likelihood falls as a standard deviation is held."""

    def begin(self) -> None:
        """Search from the maximum again."""

    def root(self, log_sigma: float) -> float:
        """Root of twice the fall where its logarithm is held, -inf for none."""


def ends_of_sigma(
    profile: ProfileOfSigma, sigma: float, variance_of_log: float, target: float, name: str
) -> tuple[float, float]:
    """Where the root of twice the fall reaches `target` below and above; 0 where never below."""
    lower, spread = 0.0, np.inf
    log_sigma = np.log(sigma) if sigma > 0 else -np.inf
    if sigma > 0:
        known = variance_of_log > 0
        spread = float(np.clip(np.sqrt(variance_of_log), 1e-3, 1)) if known else 0.3
    if sigma > 0 and profile.root(-np.inf) > target:
        profile.begin()
        end = end_of(lambda away: -profile.root(log_sigma + away * spread), target, -1, name)
        lower = float(np.exp(log_sigma + end * spread))
    profile.begin()
    # Upwards in sigma itself: its logarithm leaps to where no search ends when sigma is small.
    reach = sigma * spread if spread < 0.5 else max(sigma, _FIRST_REACH)
    upper = end_of(lambda away: profile.root(float(np.log(sigma + away * reach))), target, 1, name)
    return lower, sigma + upper * reach


def must_have_converged(converged: bool, verdict: str) -> None:
    """Refuse an end that rests on a search without one."""
    if not converged:
        raise CypsError(
            "A profile interval cannot be had: with one coefficient held, the search of the "
            f"others ended so: {verdict}. Take method='wald'."
        )


def root_of_fall(top: float, there: float) -> float:
    """Root of twice what the log-likelihood falls from the fit's to where something is held."""
    fall = top - there
    if fall < -1e-5:
        raise CypsError(
            "While profiling, a higher likelihood than the fit's was found: the fit is not the "
            "maximum. Look at fit.convergence()."
        )
    return float(np.sqrt(2 * max(fall, 0.0)))


def end_of(signed_root: Callable[[float], float], target: float, side: int, label: str) -> float:
    """Where the signed root reaches side * target, in standard errors from the estimate.

    The root is nearly a straight line through 0: secant steps, kept inside what is known.
    """
    inside, root_inside = 0.0, 0.0
    outside: float | None = None
    look = target
    for _ in range(_MOST_LOOKS):
        root = side * signed_root(side * look)
        if abs(root - target) < _CLOSE:
            return side * look
        slope = (root - root_inside) / (look - inside) if look != inside else 0.0
        if root < target:
            inside, root_inside = look, root
        else:
            outside = look
        if inside > _ENDLESS:
            return side * np.inf
        ahead = look + (target - root) / slope if slope > 0 else np.inf
        if outside is None:
            look = min(ahead, 2 * look + 1)
        else:
            look = ahead if inside < ahead < outside else (inside + outside) / 2
    raise CypsError(f"The profile interval of '{label}' was not found. Take method='wald'.")
