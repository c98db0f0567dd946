"""Profile intervals: where the likelihood, maximised over all else, falls too far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.model.algebra import inverse
from cyps.model.estimates import normal_quantile
from cyps.model.fit import Columns, Likelihood, Maximum, StartingPoint, likelihood_of, search
from cyps.model.inference import Standing, stand
from cyps.model.laplace import Evaluation

if TYPE_CHECKING:
    from cyps.model.result import MultilevelFit

# How far the root of twice the fall may be off: a millionth of a standard error.
_CLOSE = 1e-6
_MOST_LOOKS = 40
# An end further out than this many standard errors is called infinite.
_ENDLESS = 30.0
# How far above a sigma near 0, which says nothing of its own spread, the upper end is looked for.
_FIRST_REACH = 0.2


def profile_intervals(fit: MultilevelFit, labels: Sequence[str], alpha: float) -> pd.DataFrame:
    """Profile intervals of some coefficients on their own scale: columns 0 and 1."""
    target = normal_quantile(alpha)
    walk_of = _walks(fit)
    rows = []
    for label in labels:
        i = fit.labels.index(label)
        walk = walk_of(i)
        ends = [_end(walk.signed_root, target, side, label) for side in (-1, 1)]
        rows.append([fit.coefficients[i] + end * walk.spread for end in ends])
    return pd.DataFrame(rows, index=list(labels), columns=[0, 1])


def _walks(fit: MultilevelFit) -> Callable[[int], HeldCoefficient]:
    if fit.estimator == "three levels":
        from cyps.model.nested_inference import stand_nested
        from cyps.model.nested_profile import NestedCoefficientProfile

        stands = stand_nested(fit)
        return lambda i: NestedCoefficientProfile(stands, i)
    if fit.estimator == "dummies":
        raise CypsError(
            "Profile intervals are there for two and three levels and the plain model, not for "
            "dummies; take method='wald'."
        )
    at = stand(fit)
    return lambda i: _CoefficientProfile(at, i)


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


class _CoefficientProfile(HeldCoefficient):
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


def profile_sigma(fit: MultilevelFit, alpha: float) -> tuple[float, float]:
    """Ends of the profile interval of sigma; the lower one may be 0."""
    target = normal_quantile(alpha)
    at = stand(fit)
    variance = float(inverse(at.information)[-1, -1]) if fit.sigma > 0 else np.nan
    return ends_of_sigma(_SigmaProfile(at), fit.sigma, variance, target, "sigma")


class _SigmaProfile:
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
        end = _end(lambda away: -profile.root(log_sigma + away * spread), target, -1, name)
        lower = float(np.exp(log_sigma + end * spread))
    profile.begin()
    # Upwards in sigma itself: its logarithm leaps to where no search ends when sigma is small.
    reach = sigma * spread if spread < 0.5 else max(sigma, _FIRST_REACH)
    upper = _end(lambda away: profile.root(float(np.log(sigma + away * reach))), target, 1, name)
    return lower, sigma + upper * reach


def _climb(likelihood: Likelihood, start: StartingPoint) -> Maximum:
    # A coefficient that is held far out may push others there: no verdict on that.
    found = search(Columns((), np.empty(0)), likelihood, start)
    must_have_converged(found.converged, found.verdict)
    return found


def must_have_converged(converged: bool, verdict: str) -> None:
    """Refuse an end that rests on a search without one."""
    if not converged:
        raise CypsError(
            "A profile interval cannot be had: with one coefficient held, the search of the "
            f"others ended so: {verdict}. Take method='wald'."
        )


def _start_at(found: Maximum) -> StartingPoint:
    return StartingPoint(found.beta, found.log_sigma, found.evaluation.effect)


def root_of_fall(top: float, there: float) -> float:
    """Root of twice what the log-likelihood falls from the fit's to where something is held."""
    fall = top - there
    if fall < -1e-5:
        raise CypsError(
            "While profiling, a higher likelihood than the fit's was found: the fit is not the "
            "maximum. Look at fit.convergence()."
        )
    return float(np.sqrt(2 * max(fall, 0.0)))


def _end(signed_root: Callable[[float], float], target: float, side: int, label: str) -> float:
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
