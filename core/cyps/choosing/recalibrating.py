"""Recalibration: the intercept set anew on other children, slopes and sigma held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cyps.cells import Cells
from cyps.choosing.levels import stand_on
from cyps.choosing.share_moves import check_converged
from cyps.errors import CypsError
from cyps.model import MultilevelFit
from cyps.model.fit import TOLERANCE, likelihood_of
from cyps.model.laplace import Evaluation
from cyps.model.nested import NestedEvaluation
from cyps.model.nested_search import tolerance_of
from cyps.model.nested_standing import NestedStanding
from cyps.model.prediction import check_alike

_MOST_STEPS = 50


@dataclass(frozen=True, slots=True)
class Recalibration:
    """A fit whose intercept was set anew on other children.

    Attributes
    ----------
    fit : the fit with the new intercept, for `predict_use` and `make_pack`. Its errors hold
        the slopes' own and what they leave open in the intercept, for new data independent
        of the old and sigma as given; its AIC and BIC would count parameters that were not
        estimated. It forgets its cells, so profile intervals are refused
    before, after : the intercept
    std_error : of the new intercept, the slopes taken as known
    score : slope of the log-likelihood in the intercept where it ended, 0 at the maximum
    """

    fit: MultilevelFit
    before: float
    after: float
    std_error: float
    score: float


def recalibrate(fit: MultilevelFit, cells: Cells) -> Recalibration:
    """Set the intercept anew by maximum likelihood, slopes and sigma held where they are.

    The likelihood is the fit's own: authorities' effects are integrated over by the same
    approximation. National use predicted with effects at 0 need not equal what was observed,
    just as it need not after a fit.

    Parameters
    ----------
    fit : of two or three levels, or plain
    cells : the new children, described as the fit's were, with its metric

    Raises
    ------
    CypsError
        When the children are described otherwise, the metric is not counted, it is another
        kind of fit, or nobody or everybody has the event.
    """
    metric = checked_metric(fit, cells)
    if fit.estimator == "dummies":
        raise CypsError(
            "The fit has the estimator 'dummies'; an intercept is recalibrated for two and three "
            "levels and the plain model. Fit again instead."
        )
    if not 0 < cells.events[metric] < cells.children:
        raise CypsError(
            f"Nobody or everybody among the new children has {fit.metric}, so no intercept "
            "fits. Are these the right children?"
        )
    return _recalibrated(fit, cells, _climb(_stand(fit, cells, metric)))


def checked_metric(fit: MultilevelFit, cells: Cells) -> int:
    """Which metric of the cells the fit is of, its drivers being theirs."""
    check_converged([fit], "The fit to update")
    if fit.metric not in cells.metrics:
        raise CypsError(
            f"The new children were not counted for {fit.metric}, only for "
            f"{', '.join(cells.metrics)}."
        )
    check_alike(cells, fit, "The new children")
    return cells.metrics.index(fit.metric)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A fit on the new children, where only the coefficients move.

    `likelihood` is that of coefficients, effects being looked for from a first guess, `constant`
    the binomial one, `tolerance` the Newton decrement g^2/H at which to stop, as in a fit.
    """

    beta: NDArray[np.float64]
    here: Evaluation | NestedEvaluation
    likelihood: Callable[[NDArray[np.float64], Any], Evaluation | NestedEvaluation]
    to_own_scale: NDArray[np.float64]
    constant: float
    tolerance: float

    @property
    def slope(self) -> float:
        """Of the log-likelihood in the intercept."""
        return float(self.here.gradient[0])

    @property
    def information(self) -> float:
        """On the intercept."""
        return float(self.here.newton[0, 0])


def _stand(fit: MultilevelFit, cells: Cells, metric: int) -> _Standing:
    at = stand_on(fit, cells, metric)
    if isinstance(at, NestedStanding):
        logs, nested, problem = at.at[-2:], at.likelihood, at.nested.problem
        return _Standing(
            at.at[:-2],
            at.here,
            lambda beta, effects: nested(np.append(beta, logs), effects),
            problem.to_own_scale,
            problem.log_choose,
            tolerance_of(fit.nagq),
        )
    two, log_sigma = likelihood_of(at.problem, fit.nagq), at.log_sigma
    return _Standing(
        at.beta,
        at.here,
        lambda beta, effect: two(beta, log_sigma, effect),
        at.problem.to_own_scale,
        at.problem.log_choose,
        TOLERANCE,
    )


def _climb(at: _Standing) -> _Standing:
    """Newton's method in the intercept alone; halved where a step goes too far."""
    for _ in range(_MOST_STEPS):
        if at.slope**2 / at.information < at.tolerance:
            return at
        step = float(np.clip(at.slope / at.information, -1.5, 1.5))
        for _ in range(30):
            beta = at.beta.copy()
            beta[0] += step
            ahead = at.likelihood(beta, at.here.effect)
            if ahead.loglik >= at.here.loglik - 1e-9 * max(1.0, abs(at.here.loglik)):
                break
            step /= 2
        else:
            break
        at = replace(at, beta=beta, here=ahead)
    raise CypsError(
        "No intercept was found that fits the new children. Do they differ that much from the "
        "old? Fit again instead."
    )


def _recalibrated(fit: MultilevelFit, cells: Cells, at: _Standing) -> Recalibration:
    coefficients = fit.coefficients.copy()
    coefficients[0] = (at.to_own_scale @ at.beta)[0]
    updated = replace(
        fit,
        coefficients=coefficients,
        covariance=_covariance(fit, at),
        loglik=at.here.loglik + at.constant,
        groups=cells.groups,
        children=cells.children,
        events=int(cells.events[cells.metrics.index(fit.metric)]),
        verdict="recalibrated: the intercept alone was fitted to these children, slopes and "
        "sigma were given",
        fit_log=(),
        counted=None,
        **_effects(at.here, cells),
    )
    return Recalibration(
        updated,
        float(fit.coefficients[0]),
        float(coefficients[0]),
        float(1 / np.sqrt(at.information)),
        at.slope,
    )


def _effects(here: Evaluation | NestedEvaluation, cells: Cells) -> dict[str, Any]:
    """The new children's effects, by their names in a fit."""
    if isinstance(here, NestedEvaluation):
        return {
            "group_effect": here.effect[0],
            "group_sd": here.sd[0],
            "small_areas": tuple(str(name) for name in cells.small_areas),
            "area_effect": here.effect[1],
            "area_sd": here.sd[1],
        }
    curved = here.curvature > 0
    sd = np.where(curved, 1 / np.sqrt(np.where(curved, here.curvature, 1.0)), 0.0)
    return {"group_effect": here.effect, "group_sd": sd}


def _covariance(fit: MultilevelFit, at: _Standing) -> NDArray[np.float64]:
    """Slopes keep theirs; the intercept's follows from how it answers to them.

    Where the score in the intercept vanishes, it moves by -H_0j/H_00 with slope j (on the
    drivers' own scale), and is itself known to 1/H_00.
    """
    inverse = np.linalg.inv(at.to_own_scale)
    newton = inverse.T @ at.here.newton @ inverse
    answer = -newton[0, 1:] / newton[0, 0]
    slopes = fit.covariance[1:, 1:]
    covariance = fit.covariance.copy()
    covariance[0, 1:] = covariance[1:, 0] = slopes @ answer
    covariance[0, 0] = 1 / newton[0, 0] + answer @ slopes @ answer
    return covariance
