"""What a fit gives back: labelled coefficients, errors, sigma and the verdict.

Its methods hand on: the numbers are made by functions of `Fitted`, which do not know this class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cyps.errors import CypsError
from cyps.model.convergence import ConvergenceCheck, check_convergence
from cyps.model.fitted import Counted, CovarianceType, Estimator, Fitted, IntervalMethod
from cyps.model.heterogeneity import area_icc, heterogeneity, icc, median_odds_ratio
from cyps.model.inference import coefficient_table, covariance_of, profile_intervals
from cyps.model.quantiles import Quantiles, degrees_of_freedom
from cyps.model.summary import summary_text

__all__ = ["Counted", "CovarianceType", "Estimator", "MultilevelFit"]


class MultilevelFit(Fitted):
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

    __slots__ = ()

    def with_covariance(self, cov_type: CovarianceType) -> MultilevelFit:
        """The same fit with errors of another kind.

        Parameters
        ----------
        cov_type : "given sigma"; "observed", the inverse of the exact observed
            information on coefficients and log sigma; or "cluster", robust to whatever
            the groups' children share: the sandwich of the observed information and the
            groups' scores, times J/(J - 1)
        """
        return replace(self, covariance=covariance_of(self, cov_type), cov_type=cov_type)

    def conf_int(
        self,
        alpha: float = 0.05,
        method: IntervalMethod = "wald",
        labels: Sequence[str] | None = None,
        quantiles: Quantiles = "normal",
    ) -> pd.DataFrame:
        """Intervals of the coefficients: columns 0 (lower) and 1 (upper).

        Parameters
        ----------
        alpha : 0.05 for 95%
        method : "wald" from the standard errors; "profile" where the likelihood,
            maximised over everything else, falls by the chi-square quantile
        labels : which coefficients, or the name of one; all by default
        quantiles : "t" takes Student's with between-within degrees of freedom (see
            `degrees_of_freedom`) in place of the normal distribution's, for few groups; the
            profile then falls by its square
        """
        one = [labels] if isinstance(labels, str) else labels
        wanted = list(self.labels if one is None else one)
        if strangers := [label for label in wanted if label not in self.labels]:
            raise CypsError(
                f"There is no coefficient {', '.join(strangers)}; there are "
                f"{', '.join(self.labels)}."
            )
        if method == "wald":
            table = coefficient_table(self, alpha, quantiles)[["lower", "upper"]]
            return table.set_axis([0, 1], axis=1).loc[wanted]
        if method != "profile":
            raise CypsError(f"method is {method!r}. It is 'wald' or 'profile'.")
        return profile_intervals(self, wanted, alpha, quantiles)

    def odds_ratios(
        self,
        alpha: float = 0.05,
        method: IntervalMethod = "wald",
        quantiles: Quantiles = "normal",
    ) -> pd.DataFrame:
        """Odds ratios with their intervals, columns `odds_ratio`, 0 and 1; no intercept."""
        intervals = self.conf_int(alpha, method, quantiles=quantiles)
        table = pd.DataFrame({"odds_ratio": self.params}).join(intervals)
        return np.exp(table.drop(index="Intercept"))

    @property
    def icc(self) -> float:
        """Share of the latent variance that lies between groups: s2 / (s2 + t2 + pi2 / 3).

        The correlation of two children of a group, with three levels of different small areas
        of it; `t` is `area_sigma`.
        """
        return icc(self)

    @property
    def area_icc(self) -> float | None:
        """Correlation of two children of a small area: (s2 + t2) / (s2 + t2 + pi2 / 3).

        None with two levels.
        """
        return area_icc(self)

    @property
    def median_odds_ratio(self) -> float:
        """Median ratio of the odds of two children alike in two groups, the higher on top.

        With three levels their small areas have the same effect.
        """
        return median_odds_ratio(self.sigma)

    @property
    def area_median_odds_ratio(self) -> float | None:
        """The same in two small areas of one group; None with two levels."""
        return None if self.area_sigma is None else median_odds_ratio(self.area_sigma)

    def heterogeneity(
        self,
        alpha: float = 0.05,
        method: IntervalMethod = "wald",
        quantiles: Quantiles = "normal",
    ) -> pd.DataFrame:
        """Sigma, ICC and median odds ratio with intervals: `estimate`, 0 and 1.

        With three levels of small areas too (`area_sigma`, `area_icc`, `area_median_odds_ratio`).
        Wald's interval of sigma is symmetric in log sigma, that of an ICC in its logit. Where
        sigma is 0 it has none to give, and near 0 it may reach from 0 to infinity: there take
        the profile.
        """
        return heterogeneity(self, alpha, method, quantiles)

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
        return check_convergence(self)

    @property
    def degrees_of_freedom(self) -> pd.Series:
        """Of Student's t for each coefficient, between-within.

        Groups less the coefficients that are theirs (intercept included) for drivers of groups;
        children less groups and the other coefficients for these, with three levels by small
        area too. Of errors robust by group ("cluster") the first for every coefficient.
        """
        return pd.Series(degrees_of_freedom(self), index=list(self.labels), name=self.metric)

    def coefficient_table(
        self, alpha: float = 0.05, quantiles: Quantiles = "normal"
    ) -> pd.DataFrame:
        """All that Wald says of each coefficient.

        Columns `coefficient`, `std_error`, `z` (with "t": `df` and `t`), `p`, `lower`, `upper`.
        """
        return coefficient_table(self, alpha, quantiles)

    def summary(self, alpha: float = 0.05, quantiles: Quantiles = "normal") -> str:
        """Plain text as statsmodels prints it: who, how, the coefficients, the groups."""
        return summary_text(self, alpha, quantiles)
