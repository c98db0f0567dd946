"""Area cost adjustment: the same service costs more in some places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError


def area_cost_adjusted(
    needs_share: NDArray[np.float64], area_cost: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Needs shares times each authority's area cost factor, made to sum to 1 again.

    Parameters
    ----------
    needs_share : array (n_authorities,), sums to 1
    area_cost : array (n_authorities,), cost factors such as 1.0836; only ratios matter

    Returns
    -------
    array (n_authorities,), sums to 1

    Examples
    --------
    >>> area_cost_adjusted(np.array([0.5, 0.5]), np.array([1.2, 0.8])).tolist()
    [0.6, 0.4]
    """
    if area_cost.shape != needs_share.shape:
        raise CypsError(
            f"There are {area_cost.size} area cost factors for {needs_share.size} authorities. "
            "Give one for each."
        )
    check_area_cost(area_cost)
    adjusted = needs_share * area_cost
    return np.asarray(adjusted / adjusted.sum())


def share_after_area_cost(
    metric_share: NDArray[np.float64],
    weights: NDArray[np.float64],
    area_cost: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Share of the pot: metric shares by cost weight and area cost, made to sum to 1.

    Parameters
    ----------
    metric_share : array (n_authorities, n_metrics), columns sum to 1
    weights : array (n_metrics,), sums to 1
    area_cost : array (n_authorities,), one factor for all that an authority does, or
        (n_authorities, n_metrics), a factor for each metric

    Returns
    -------
    array (n_authorities,), sums to 1. With a factor for each metric, share a is
    sum_m W_m share_am factor_am over the sum of that over everybody: a metric whose
    factors are higher on average comes to weigh more.

    Examples
    --------
    >>> shares, weights = np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([0.5, 0.5])
    >>> share_after_area_cost(shares, weights, np.array([[1.4, 1.0], [0.6, 1.0]])).tolist()
    [0.6, 0.4]
    """
    if area_cost.ndim == 1:
        return area_cost_adjusted(metric_share @ weights, area_cost)
    check_area_cost(area_cost)
    adjusted = (metric_share * area_cost) @ weights
    return np.asarray(adjusted / adjusted.sum())


def one_factor_each(
    metric_share: NDArray[np.float64],
    weights: NDArray[np.float64],
    area_cost: NDArray[np.float64],
) -> NDArray[np.float64]:
    """One area cost factor an authority: its own, or the mean of those of its metrics.

    The mean is over what the authority needs of each metric (W_m share_am), so that needs
    share x factor is what its factors by metric make. It holds for these weights and this
    use only.

    Returns
    -------
    array (n_authorities,)

    Examples
    --------
    >>> shares, weights = np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([0.5, 0.5])
    >>> one_factor_each(shares, weights, np.array([[1.4, 1.0], [0.6, 1.0]])).tolist()
    [1.2, 0.8]
    """
    if area_cost.ndim == 1:
        return area_cost
    needs = metric_share * weights
    whole = needs.sum(axis=1)
    # Where nobody needs anything, the weights alone say what a factor would be.
    parts = np.where(whole[:, None] > 0, needs, weights)
    return np.asarray((parts * area_cost).sum(axis=1) / parts.sum(axis=1))


def combined_area_cost(
    components: NDArray[np.float64],
    weights: NDArray[np.float64],
    lowest: float | None = None,
) -> NDArray[np.float64]:
    """Area cost factors from components such as labour, rates and accessibility.

    factor = sum of weight x component, and the rest of the weight, up to 1, at a component
    of 1: the part of the cost that is the same everywhere.

    Parameters
    ----------
    components : array (n_authorities, n_components), relative costs, above 0
    weights : array (n_components,), or (n_metrics, n_components) for service-specific
        weights; each row 0 or more and at most 1 in all
    lowest : no factor is below this; None for no limit

    Returns
    -------
    array (n_authorities,) or (n_authorities, n_metrics)

    Raises
    ------
    CypsError
        When a component is not above 0, or weights are below 0 or more than 1 in all.

    Examples
    --------
    >>> combined_area_cost(np.array([[1.2, 1.5], [0.9, 1.0]]), np.array([0.7, 0.1])).tolist()
    [1.19, 0.93]
    >>> combined_area_cost(np.array([[1.2], [0.9]]), np.array([0.5]), lowest=1.0).tolist()
    [1.1, 1.0]
    """
    check_area_cost(components)
    total = weights.sum(axis=-1)
    if not np.isfinite(weights).all() or (weights < 0).any() or (total > 1 + 1e-9).any():
        raise CypsError(
            "Weights of area cost components must be 0 or more and add up to 1 at most; the rest "
            f"up to 1 is cost that is the same everywhere. They add up to {np.max(total):.9g}."
        )
    factors = components @ weights.T + (1 - np.minimum(total, 1.0))
    factors = factors if lowest is None else np.maximum(factors, lowest)
    check_area_cost(factors)
    return np.asarray(factors)


def check_area_cost(factors: NDArray[np.float64]) -> None:
    """Refuse factors that are missing, zero or below zero."""
    if not (np.isfinite(factors) & (factors > 0)).all():
        raise CypsError(
            "An area cost factor is missing, zero or below zero. Every authority needs a "
            "factor above 0; type 1 where there is no adjustment."
        )
