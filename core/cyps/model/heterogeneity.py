"""Heterogeneity: how far groups lie apart, as sigma, ICC and median odds ratio."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cyps.model.fitted import Fitted, IntervalMethod
from cyps.model.inference import sigma_intervals

# Of a child's own part of the latent response: the standard logistic distribution's.
_CHILD_VARIANCE = np.pi**2 / 3
_UPPER_QUARTILE = 0.6744897501960817


def icc(fit: Fitted) -> float:
    """Share of the latent variance that lies between groups."""
    between = fit.sigma**2
    return float(between / (between + (fit.area_sigma or 0) ** 2 + _CHILD_VARIANCE))


def median_odds_ratio(sigma: float) -> float:
    """Median ratio of the odds in two groups whose effects have this standard deviation."""
    with np.errstate(over="ignore"):  # an end at infinity
        return float(np.exp(np.sqrt(2) * sigma * _UPPER_QUARTILE))


def heterogeneity(fit: Fitted, alpha: float, method: IntervalMethod) -> pd.DataFrame:
    """See `MultilevelFit.heterogeneity`."""
    intervals = sigma_intervals(fit, alpha, method)
    rows = dict(intervals)
    if fit.area_sigma is None:
        between = np.array(intervals["sigma"])
        with np.errstate(over="ignore", divide="ignore"):  # ends at 0 and at infinity
            rows["icc"] = tuple(1 / (1 + np.pi**2 / 3 / between**2))
            rows["median_odds_ratio"] = tuple(np.exp(np.sqrt(2) * between * _UPPER_QUARTILE))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", 0, 1])
