"""Measures: how well chances agree with what happened, from counts, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError

_MOST_STEPS = 50
_DRAWS = 2000
_SEED = 2019
# Chances closer than this are one: the same sum taken in another order is no other chance.
_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class Judged:
    """Chances and what happened, a row a cell.

    Attributes
    ----------
    chance : (n,), probability of the event
    children, events : (n,), how many there are and how many have the event
    authority : (n,), number of the authority, 0 to n_authorities - 1
    """

    chance: NDArray[np.float64]
    children: NDArray[np.float64]
    events: NDArray[np.float64]
    authority: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measures:
    """How good the chances are.

    Attributes
    ----------
    children, events, predicted : sums
    auc : chance that of two children, one with the event, the model ranks that one higher;
        ties count half
    brier, brier_of_rate : mean squared error of the chances, and that of one rate for all
    log_loss : minus the mean log-likelihood of a child
    slope, slope_error : calibration slope: 1 is right, less than 1 says chances lie too far
        apart
    intercept, intercept_error : shift of the log odds, slope held at 1, that makes the sums
        agree; 0 is right. Both errors are robust to what an authority's children share
    """

    children: int
    events: int
    predicted: float
    auc: float
    brier: float
    brier_of_rate: float
    log_loss: float
    slope: float
    slope_error: float
    intercept: float
    intercept_error: float


def measures(judged: Judged) -> Measures:
    """Every measure, from counts.

    Raises
    ------
    CypsError
        When nobody or everybody has the event.

    Examples
    --------
    >>> chance = np.array([0.1, 0.2, 0.3, 0.4])
    >>> one = np.ones(4)
    >>> found = measures(Judged(chance, 10 * one, np.array([1.0, 2, 3, 4]), np.arange(4)))
    >>> round(found.slope, 6), round(found.intercept, 6), round(found.auc, 4)
    (1.0, 0.0, 0.6667)
    """
    p, n, y = judged.chance, judged.children, judged.events
    events, children = float(y.sum()), float(n.sum())
    if not 0 < events < children:
        raise CypsError("Nobody or everybody has the event, so there is nothing to rank.")
    rate = events / children
    log_odds = np.log(p / (1 - p))
    ones = np.ones((p.size, 1))
    both = np.column_stack([ones[:, 0], log_odds])
    (_, slope), (_, slope_error) = _logistic(both, np.zeros_like(p), judged, np.array([0.0, 1.0]))
    (shift,), (shift_error,) = _logistic(ones, log_odds, judged, np.zeros(1))
    return Measures(
        children=int(children),
        events=int(events),
        predicted=float(n @ p),
        auc=auc(p, n, y),
        brier=float((y * (1 - p) ** 2 + (n - y) * p**2).sum() / children),
        brier_of_rate=rate * (1 - rate),
        log_loss=float(-(y * np.log(p) + (n - y) * np.log1p(-p)).sum() / children),
        slope=float(slope),
        slope_error=float(slope_error),
        intercept=float(shift),
        intercept_error=float(shift_error),
    )


def auc(
    chance: NDArray[np.float64], children: NDArray[np.float64], events: NDArray[np.float64]
) -> float:
    """Area under the ROC curve from counts; equal chances count half.

    Examples
    --------
    >>> auc(np.array([0.1, 0.1, 0.5]), np.array([2.0, 1, 1]), np.array([0.0, 1, 1]))
    0.75
    """
    _, place = np.unique(np.round(chance, _DECIMALS), return_inverse=True)
    have = np.bincount(place, events)
    have_not = np.bincount(place, children - events)
    below = np.cumsum(have_not) - have_not
    return float(have @ (below + have_not / 2) / (have.sum() * have_not.sum()))


def _logistic(
    x: NDArray[np.float64],
    offset: NDArray[np.float64],
    judged: Judged,
    start: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients of a small logistic regression and their errors, robust by authority."""
    beta = start
    for _ in range(_MOST_STEPS):
        p = 1 / (1 + np.exp(-(x @ beta + offset)))
        score = x * (judged.events - judged.children * p)[:, None]
        information = x.T @ (x * (judged.children * p * (1 - p))[:, None])
        if not np.isfinite(information).all() or np.linalg.cond(information) > 1e14:
            return np.full(beta.size, np.nan), np.full(beta.size, np.nan)
        step = np.linalg.solve(information, score.sum(axis=0))
        if float(np.abs(step).max()) < 1e-10:
            break
        beta = beta + np.clip(step, -2, 2)
    J = int(judged.authority.max()) + 1
    by_authority = np.column_stack([np.bincount(judged.authority, s, J) for s in score.T])
    inverse = np.linalg.inv(information)
    # Scores by authority add up to nothing already; the factor is that for few clusters.
    meat = by_authority.T @ by_authority * (J / max(J - 1, 1))
    return beta, np.sqrt(np.diag(inverse @ meat @ inverse))


@dataclass(frozen=True, slots=True)
class Areas:
    """Authorities: predicted and actual use.

    Attributes
    ----------
    r_squared : of rates, weighted by children; below 0 where one rate for all would do better
    r_squared_error : its standard error, from how authorities differ in what they add to it
    r_squared_if_right : between what 95% of draws from the model lie, the authorities' own
        effects and chance on top of what it predicts: what a right model would give
    within : part of the authorities whose predicted use is within 5% and 10% of the actual
    within_if_right : the same that is to be expected of a model that is right in all but what
        nobody can know: the authorities' own effects, and chance
    """

    r_squared: float
    r_squared_error: float
    r_squared_if_right: tuple[float, float]
    within: tuple[float, float]
    within_if_right: tuple[float, float]


WITHIN = (0.05, 0.10)


def areas(judged: Judged, sigma: float | NDArray[np.float64]) -> Areas:
    """How near predicted use comes to actual use, authority by authority.

    `sigma` is how far the log odds of authorities lie apart by what nobody can know of them, one
    for all or (n_authorities,).
    """
    from scipy.special import ndtr

    J = int(judged.authority.max()) + 1
    p = judged.chance
    children = np.bincount(judged.authority, judged.children, J)
    actual = np.bincount(judged.authority, judged.events, J)
    predicted = np.bincount(judged.authority, judged.children * p, J)
    spread = np.bincount(judged.authority, judged.children * p * (1 - p), J)
    of_all = actual.sum() / children.sum()
    between = children * (actual / children - of_all) ** 2
    off = children * (actual / children - predicted / children) ** 2
    whole = float(between.sum())
    r_squared = 1 - float(off.sum()) / whole if whole > 0 else float("nan")
    parts = off - (1 - r_squared) * between
    r_squared_error = np.sqrt(J / max(J - 1, 1) * (parts @ parts)) / whole if whole > 0 else np.nan
    error = np.sqrt(spread + (sigma * spread) ** 2)
    near = [float((np.abs(predicted - actual) <= limit * actual).mean()) for limit in WITHIN]
    if_right = [float((2 * ndtr(limit * predicted / error) - 1).mean()) for limit in WITHIN]
    return Areas(
        r_squared,
        float(r_squared_error),
        _r_squared_if_right(np.asarray(children), np.asarray(predicted), np.asarray(spread), sigma),
        (near[0], near[1]),
        (if_right[0], if_right[1]),
    )


def _r_squared_if_right(
    children: NDArray[np.float64],
    predicted: NDArray[np.float64],
    spread: NDArray[np.float64],
    sigma: float | NDArray[np.float64],
) -> tuple[float, float]:
    """Between what 95% of R-squared lie when authorities are drawn from the model itself."""
    rng = np.random.default_rng(_SEED)
    shape = (_DRAWS, children.size)
    # A child's chance p moves by p(1 - p) with the effect, their sum by this part of itself.
    moved = sigma * spread / predicted
    practice = predicted * np.exp(moved * rng.normal(size=shape) - moved**2 / 2)
    actual = practice + np.sqrt(spread) * rng.normal(size=shape)
    of_all = actual.sum(axis=1, keepdims=True) / children.sum()
    off = ((actual - predicted) ** 2 / children).sum(axis=1)
    between = ((actual - of_all * children) ** 2 / children).sum(axis=1)
    low, high = np.quantile(1 - off / between, [0.025, 0.975])
    return float(low), float(high)
