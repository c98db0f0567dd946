"""What a fit gives back: labelled coefficients, errors, sigma and the verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.model.fit import FitStep
from cyps.pack import Driver


@dataclass(frozen=True, slots=True)
class MultilevelFit:
    """A fitted two-level logistic model of one activity metric.

    Attributes
    ----------
    metric : the event that was modelled
    drivers : child drivers, then area drivers
    labels : names of the coefficients, (k,)
    coefficients : log odds on the drivers' own scale, (k,)
    covariance : of the coefficients given sigma, (k, k); the inverse of
        X'WX - sum g g'/H at the maximum (lme4's `use.hessian = FALSE`)
    sigma : standard deviation of the groups' effects, log odds
    loglik : log-likelihood at the maximum, binomial constant included
    nagq : quadrature nodes; 1 is the Laplace approximation
    groups, group_effect : labels and conditional modes of the groups' effects
    children, events : how many were counted
    converged, verdict : whether this is a maximum, and why in words
    fit_log : every step of the search
    """

    metric: str
    drivers: tuple[Driver, ...]
    labels: tuple[str, ...]
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    sigma: float
    loglik: float
    nagq: int
    groups: tuple[str, ...]
    group_effect: NDArray[np.float64]
    children: int
    events: int
    converged: bool
    verdict: str
    fit_log: tuple[FitStep, ...]

    @property
    def params(self) -> pd.Series:
        """Coefficients by label, log odds."""
        return pd.Series(self.coefficients, index=list(self.labels), name=self.metric)

    @property
    def bse(self) -> pd.Series:
        """Standard errors by label."""
        errors = np.sqrt(np.diag(self.covariance))
        return pd.Series(errors, index=list(self.labels), name=self.metric)

    def cov_params(self) -> pd.DataFrame:
        """Covariance of the coefficients, labelled both ways."""
        labels = list(self.labels)
        return pd.DataFrame(self.covariance, index=labels, columns=labels)

    def summary(self) -> str:
        """Plain words first, then a line a coefficient."""
        how = "Laplace" if self.nagq == 1 else f"adaptive quadrature, {self.nagq} nodes"
        head = (
            f"{self.metric}: {self.events:,} of {self.children:,} children in "
            f"{len(self.groups)} groups ({how})\n"
            f"{self.verdict}\n"
            f"log-likelihood {self.loglik:.4f}   sigma {self.sigma:.4f}\n"
        )
        table = pd.DataFrame({"coefficient": self.params, "std error": self.bse})
        table["z"] = table["coefficient"] / table["std error"]
        table["odds ratio"] = np.exp(table["coefficient"])
        return head + str(table.to_string(float_format=lambda number: f"{number:.4f}"))
