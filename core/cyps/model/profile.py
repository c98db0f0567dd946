"""Profile intervals: where the likelihood, maximised over all else, falls too far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

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
    if fit.estimator not in ("multilevel", "plain"):
        raise CypsError(
            f"Profile intervals are there for the multilevel and the plain model, not for "
            f"{fit.estimator}; take method='wald'."
        )
    at = stand(fit)
    rows = []
    for label in labels:
        i = fit.labels.index(label)
        walk = _CoefficientProfile(at, i)
        ends = [_end(walk.signed_root, target, side, label) for side in (-1, 1)]
        rows.append([fit.coefficients[i] + end * walk.spread for end in ends])
    return pd.DataFrame(rows, index=list(labels), columns=[0, 1])


class _CoefficientProfile:
    """Twice the log-likelihood's fall as one coefficient is held away from its estimate.

    The others climb anew in the space left over, each search starting from the last.
    """

    def __init__(self, at: Standing, i: int) -> None:
        self.at = at
        self.row = at.problem.to_own_scale[i]
        covariance = inverse(at.here.newton)
        self.spread = float(np.sqrt(self.row @ covariance @ self.row))
        # How the other coefficients go along, to first order.
        self.along = covariance @ self.row / self.spread
        self.free = np.linalg.svd(self.row[None])[2][1:].T
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
        return float(np.sign(away) * _root_of_fall(at, found))


def profile_sigma(fit: MultilevelFit, alpha: float) -> tuple[float, float]:
    """Ends of the profile interval of sigma; the lower one may be 0."""
    target = normal_quantile(alpha)
    at = stand(fit)
    likelihood = likelihood_of(at.problem, at.nagq)
    last = StartingPoint(at.beta, at.log_sigma, at.here.effect)

    def root(log_sigma: float) -> float:
        nonlocal last

        def held(beta: NDArray[np.float64], _: float, effect: NDArray[np.float64]) -> Evaluation:
            here = likelihood(beta, log_sigma, effect)
            none = np.zeros_like(here.effect)
            return replace(
                here, gradient_log_sigma=0.0, newton_log_sigma=1.0, effect_by_log_sigma=none
            )

        found = _climb(held, StartingPoint(last.beta, log_sigma, last.effect))
        last = _start_at(found)
        return _root_of_fall(at, found)

    none = _climb(likelihood, StartingPoint(at.beta, -np.inf, at.here.effect))
    lower, spread = 0.0, np.inf
    if fit.sigma > 0:
        curved = 1 / inverse(at.information)[-1, -1]
        spread = float(np.clip(1 / np.sqrt(curved), 1e-3, 1)) if curved > 0 else 0.3
    if fit.sigma > 0 and _root_of_fall(at, none) > target:
        end = _end(lambda away: -root(at.log_sigma + away * spread), target, -1, "sigma")
        lower = float(np.exp(at.log_sigma + end * spread))
    last = StartingPoint(at.beta, at.log_sigma, at.here.effect)
    # Upwards in sigma itself: its logarithm leaps to where no search ends when sigma is small.
    reach = fit.sigma * spread if spread < 0.5 else max(fit.sigma, _FIRST_REACH)
    upper = _end(lambda away: root(float(np.log(fit.sigma + away * reach))), target, 1, "sigma")
    return lower, fit.sigma + upper * reach


def _climb(likelihood: Likelihood, start: StartingPoint) -> Maximum:
    # A coefficient that is held far out may push others there: no verdict on that.
    found = search(Columns((), np.empty(0)), likelihood, start)
    if not found.converged:
        raise CypsError(
            "A profile interval cannot be had: with one coefficient held, the search of the "
            f"others ended so: {found.verdict}. Take method='wald'."
        )
    return found


def _start_at(found: Maximum) -> StartingPoint:
    return StartingPoint(found.beta, found.log_sigma, found.evaluation.effect)


def _root_of_fall(at: Standing, found: Maximum) -> float:
    fall = at.here.loglik - found.evaluation.loglik
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
