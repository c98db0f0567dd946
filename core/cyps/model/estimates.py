"""Estimates: what every fit answers, with the names that statsmodels gives them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.errors import CypsError


def normal_quantile(alpha: float) -> float:
    """The two-sided critical value: 1.96 for 0.05."""
    from scipy.special import ndtri  # slow to load, and a fit alone does not need it

    if not 0 < alpha < 1:
        raise CypsError(f"alpha is {alpha!r}. It lies between 0 and 1: 0.05 for 95% intervals.")
    return float(ndtri(1 - alpha / 2))


def log_scale_interval(
    sigma: float, variance_of_log: float, reach: float
) -> tuple[float, float, float]:
    """A standard deviation with an interval `reach` standard errors of its logarithm each way."""
    half = reach * np.sqrt(variance_of_log) if variance_of_log > 0 else np.nan
    with np.errstate(over="ignore"):  # near 0 the logarithm says nothing: up to infinity
        return sigma, float(sigma * np.exp(-half)), float(sigma * np.exp(half))


class Estimates:
    """Coefficients and what follows from them and their covariance.

    A fit gives `metric`, `labels`, `coefficients` and `covariance` (log odds on the
    drivers' own scale), `loglik`, `children`, `events` and `n_parameters`.
    """

    __slots__ = ()
    metric: str
    labels: tuple[str, ...]
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    loglik: float
    children: int
    events: int

    @property
    def n_parameters(self) -> int:
        """How many numbers were estimated, standard deviations included."""
        raise NotImplementedError

    def _by_label(self, values: NDArray[np.float64]) -> pd.Series:
        return pd.Series(values, index=list(self.labels), name=self.metric)

    @property
    def params(self) -> pd.Series:
        """Coefficients by label, log odds."""
        return self._by_label(self.coefficients)

    @property
    def bse(self) -> pd.Series:
        """Standard errors by label."""
        return self._by_label(np.sqrt(np.diag(self.covariance)))

    @property
    def zvalues(self) -> pd.Series:
        """Coefficients in standard errors."""
        return self._by_label(self.coefficients / self.bse.to_numpy())

    @property
    def tvalues(self) -> pd.Series:
        """The same as `zvalues`: statsmodels' name."""
        return self.zvalues

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided normal probabilities of `zvalues`."""
        from scipy.special import ndtr

        return self._by_label(2 * ndtr(-np.abs(self.zvalues.to_numpy())))

    def cov_params(self) -> pd.DataFrame:
        """Covariance of the coefficients, labelled both ways."""
        labels = list(self.labels)
        return pd.DataFrame(self.covariance, index=labels, columns=labels)

    def wald_interval(self, alpha: float = 0.05) -> pd.DataFrame:
        """Coefficients -+ standard errors: columns 0 (lower) and 1 (upper)."""
        reach = normal_quantile(alpha) * self.bse.to_numpy()
        return pd.DataFrame(
            {0: self.coefficients - reach, 1: self.coefficients + reach}, index=list(self.labels)
        )

    @property
    def llf(self) -> float:
        """Log-likelihood, binomial constant included."""
        return self.loglik

    @property
    def nobs(self) -> int:
        """Number of children (trials)."""
        return self.children

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * self.n_parameters - 2 * self.loglik

    @property
    def bic(self) -> float:
        """Schwarz's criterion; observations are children, not rows."""
        return float(np.log(self.children)) * self.n_parameters - 2 * self.loglik
