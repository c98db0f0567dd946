"""What a fit gives back: labelled coefficients, errors, sigma and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells import Cells, Term
from cyps.errors import CypsError
from cyps.model.estimates import Estimates
from cyps.model.fit import FitStep

if TYPE_CHECKING:
    from cyps.model.convergence import ConvergenceCheck

Estimator = Literal["multilevel", "plain", "dummies", "three levels"]
CovarianceType = Literal["given sigma", "observed", "cluster"]


@dataclass(frozen=True, slots=True)
class Counted:
    """The cells that a fit rests on, and which metric of them."""

    cells: Cells
    metric: int


@dataclass(frozen=True, slots=True)
class MultilevelFit(Estimates):
    """A fitted logistic model of one activity metric.

    Attributes
    ----------
    metric : the event that was modelled
    drivers : child drivers, then area drivers
    labels : names of the coefficients, (k,)
    coefficients : log odds on the drivers' own scale, (k,)
    covariance : of the coefficients, (k, k), of the kind `cov_type` says
    sigma : standard deviation of the groups' effects, log odds; 0 for the plain model,
        NaN where groups have dummies
    loglik : log-likelihood at the maximum, binomial constant included
    nagq : quadrature nodes; 1 is the Laplace approximation
    groups, group_effect : labels and conditional modes of the groups' effects
    children, events : how many were counted
    converged, verdict : whether this is a maximum, and why in words
    fit_log : every step of the search
    group_sd : (n_groups,), standard deviation of each group's effect given the
        coefficients and sigma (of dummies: standard error)
    estimator : "multilevel", "plain" (sigma fixed at 0), "dummies" or "three levels"
    cov_type : "given sigma" (the inverse of X'WX - sum g g'/H at the maximum, lme4's
        `use.hessian = FALSE`), "observed" or "cluster"
    area_sigma : standard deviation of the small areas' effects; None with two levels
    small_areas, area_effect, area_sd : names and effects of the small areas; empty with two levels
    counted : the cells it rests on, for what needs them again; never pickled
    """

    metric: str
    drivers: tuple[Term, ...]
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
    group_sd: NDArray[np.float64]
    estimator: Estimator = "multilevel"
    cov_type: CovarianceType = "given sigma"
    area_sigma: float | None = None
    small_areas: tuple[str, ...] = ()
    area_effect: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    area_sd: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    counted: Counted | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the cells: a fit may travel, a cell of one child must not."""
        kept = {each.name: getattr(self, each.name) for each in fields(self)}
        return kept | {"counted": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take back what was pickled."""
        for name, value in state.items():
            object.__setattr__(self, name, value)

    @property
    def n_parameters(self) -> int:
        """Coefficients and standard deviations; of dummies one a group in place of these."""
        extra = {
            "multilevel": 1,
            "plain": 0,
            "dummies": int(np.isfinite(self.group_effect).sum()) - 1,
            "three levels": 2,
        }
        return len(self.labels) + extra[self.estimator]

    def its_cells(self) -> Counted:
        """The cells, or a sentence where they did not travel with the fit."""
        if self.counted is None:
            raise CypsError(
                "This fit was loaded without its cells, which never travel. Fit again where "
                "the cells are to get what needs them."
            )
        return self.counted

    def with_covariance(self, cov_type: CovarianceType) -> MultilevelFit:
        """The same fit with errors of another kind.

        Parameters
        ----------
        cov_type : "given sigma"; "observed", the inverse of the exact observed
            information on coefficients and log sigma; or "cluster", robust to whatever
            the groups' children share: the sandwich of the observed information and the
            groups' scores, times J/(J - 1)
        """
        from cyps.model.inference import covariance_of

        return replace(self, covariance=covariance_of(self, cov_type), cov_type=cov_type)

    def conf_int(
        self,
        alpha: float = 0.05,
        method: Literal["wald", "profile"] = "wald",
        labels: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Intervals of the coefficients: columns 0 (lower) and 1 (upper).

        Parameters
        ----------
        alpha : 0.05 for 95%
        method : "wald" from the standard errors; "profile" where the likelihood,
            maximised over everything else, falls by the chi-square quantile
        labels : which coefficients, or the name of one; all by default
        """
        from cyps.model.profile import profile_intervals

        one = [labels] if isinstance(labels, str) else labels
        wanted = list(self.labels if one is None else one)
        if strangers := [label for label in wanted if label not in self.labels]:
            raise CypsError(
                f"There is no coefficient {', '.join(strangers)}; there are "
                f"{', '.join(self.labels)}."
            )
        if method == "wald":
            return self.wald_interval(alpha).loc[wanted]
        if method != "profile":
            raise CypsError(f"method is {method!r}. It is 'wald' or 'profile'.")
        return profile_intervals(self, wanted, alpha)

    def odds_ratios(
        self, alpha: float = 0.05, method: Literal["wald", "profile"] = "wald"
    ) -> pd.DataFrame:
        """Odds ratios with their intervals, columns `odds_ratio`, 0 and 1; no intercept."""
        table = pd.DataFrame({"odds_ratio": self.params}).join(self.conf_int(alpha, method))
        return np.exp(table.drop(index="Intercept"))

    @property
    def icc(self) -> float:
        """Share of the latent variance that lies between groups: s2 / (s2 + pi2 / 3)."""
        return float(self.sigma**2 / (self.sigma**2 + (self.area_sigma or 0) ** 2 + np.pi**2 / 3))

    @property
    def median_odds_ratio(self) -> float:
        """Median ratio of the odds of two children alike in two groups, the higher on top."""
        return float(_median_odds_ratio(self.sigma))

    def heterogeneity(
        self, alpha: float = 0.05, method: Literal["wald", "profile"] = "wald"
    ) -> pd.DataFrame:
        """Sigma, ICC and median odds ratio with intervals: `estimate`, 0 and 1.

        The Wald interval of sigma is symmetric in log sigma. Where sigma is 0 it has none to
        give, and near 0 it may reach from 0 to infinity: there take the profile.
        """
        from cyps.model.inference import sigma_intervals

        intervals = sigma_intervals(self, alpha, method)
        rows = dict(intervals)
        if self.area_sigma is None:
            between = np.array(intervals["sigma"])
            with np.errstate(over="ignore", divide="ignore"):  # ends at 0 and at infinity
                rows["icc"] = tuple(1 / (1 + np.pi**2 / 3 / between**2))
                rows["median_odds_ratio"] = tuple(_median_odds_ratio(between))
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", 0, 1])

    @property
    def random_effects(self) -> pd.DataFrame:
        """Each group's effect (conditional mode) and its standard deviation, log odds."""
        index = pd.Index(self.groups, name="group")
        return pd.DataFrame({"effect": self.group_effect, "sd": self.group_sd}, index=index)

    @property
    def area_random_effects(self) -> pd.DataFrame:
        """Each small area's effect and its standard deviation, log odds; three levels only."""
        index = pd.Index(self.small_areas, name="small area")
        return pd.DataFrame({"effect": self.area_effect, "sd": self.area_sd}, index=index)

    def convergence(self) -> ConvergenceCheck:
        """Whether this is a maximum: gradient, curvature, and a second search from elsewhere."""
        from cyps.model.convergence import check_convergence

        return check_convergence(self)

    def summary(self, alpha: float = 0.05) -> str:
        """Plain text as statsmodels prints it: who, how, the coefficients, the groups."""
        from cyps.model.summary import summary_text

        return summary_text(self, alpha)


def _median_odds_ratio(sigma: Any) -> Any:  # noqa: ANN401 - a number or an array
    return np.exp(np.sqrt(2) * np.asarray(sigma) * 0.6744897501960817)
