"""Needs shares: each authority's part of England's need, before area cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyps.needs.use import Use


def metric_shares(use: Use) -> NDArray[np.float64]:
    """Each authority's share of England's use, metric by metric.

    Returns
    -------
    array (n_authorities, n_metrics), every column sums to 1

    Examples
    --------
    >>> metric_shares(Use(("E1", "E2"), ("CIN",), [[30.0], [10.0]], "made up")).tolist()
    [[0.75], [0.25]]
    """
    return np.asarray(use.children / use.children.sum(axis=0))


def needs_shares(shares: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metric shares put together by cost weight: the needs share before area cost.

    Shares are formed per metric *before* weighting, so only the ratio of the
    weights matters (NR TWG 19-04, paragraphs 9-12).

    Parameters
    ----------
    shares : array (n_authorities, n_metrics), columns sum to 1
    weights : array (n_metrics,), sums to 1

    Returns
    -------
    array (n_authorities,), sums to 1

    Examples
    --------
    >>> needs_shares(np.array([[0.75, 0.5], [0.25, 0.5]]), np.array([0.6, 0.4])).tolist()
    [0.65, 0.35]
    """
    return np.asarray(shares @ weights)
