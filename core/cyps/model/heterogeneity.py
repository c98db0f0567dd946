"""Heterogeneity: how far groups lie apart, as sigma, ICC and median odds ratio."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cyps.model.fitted import Fitted, IntervalMethod
from cyps.model.inference import sigma_intervals
from cyps.model.quantiles import Quantiles
from cyps.model.shares_of_variance import CHILD_VARIANCE

_UPPER_QUARTILE = 0.6744897501960817


def icc(fit: Fitted) -> float:
    """Share of the latent variance that lies between groups."""
    between = fit.sigma**2
    return float(between / (between + (fit.area_sigma or 0) ** 2 + CHILD_VARIANCE))


def area_icc(fit: Fitted) -> float | None:
    """Share of the latent variance that lies between small areas, of any group; three levels."""
    if fit.area_sigma is None:
        return None
    between = fit.sigma**2 + fit.area_sigma**2
    return float(between / (between + CHILD_VARIANCE))


def median_odds_ratio(sigma: float) -> float:
    """Median ratio of the odds in two groups whose effects have this standard deviation."""
    with np.errstate(over="ignore"):  # an end at infinity
        return float(np.exp(np.sqrt(2) * sigma * _UPPER_QUARTILE))


def heterogeneity(
    fit: Fitted, alpha: float, method: IntervalMethod, quantiles: Quantiles = "normal"
) -> pd.DataFrame:
    """See `MultilevelFit.heterogeneity`."""
    found = sigma_intervals(fit, alpha, method, quantiles)
    # With two levels sigma alone says the ICC.
    icc_from, ratio_from = {"icc": "sigma"}, {"median_odds_ratio": "sigma"}
    if fit.area_sigma is not None:
        icc_from = {"icc": "icc", "area_icc": "area_icc"}
        ratio_from["area_median_odds_ratio"] = "area_sigma"
    rows = {name: list(found[name]) for name in ratio_from.values()}
    rows |= {name: [_share(end) for end in found[of]] for name, of in icc_from.items()}
    rows |= {name: [median_odds_ratio(end) for end in found[of]] for name, of in ratio_from.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", 0, 1])


def _share(sigma: float) -> float:
    """The ICC where this is all that lies between groups."""
    with np.errstate(over="ignore", divide="ignore"):  # ends at 0 and at infinity
        return float(1 / (1 + CHILD_VARIANCE / np.square(sigma)))
