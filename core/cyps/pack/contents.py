"""What a pack holds: coefficients with their uncertainty, and the use they predict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import Use
from cyps.pack.driver import Driver


class PackError(CypsError):
    """A pack that cannot be trusted or read; the sentence says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class MetricModel:
    """Coefficients of one activity metric.

    What a published table does not tell is None: it is unknown, not zero.

    Attributes
    ----------
    metric : its name, such as "CIN"
    coefficients : (k,), log odds, in the order of the pack's labels
    covariance : (k, k), or None
    sigma : standard deviation of the authority effects, log odds, or None
    loglik : log-likelihood at the maximum, or None
    events : children of the sample with the event, or None
    verdict : how the fit ended, in words
    published_errors : (k,), standard errors where no covariance tells them, or None
    """

    metric: str
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64] | None
    sigma: float | None
    loglik: float | None
    events: int | None
    verdict: str
    published_errors: NDArray[np.float64] | None = None

    @property
    def standard_errors(self) -> NDArray[np.float64] | None:
        """Standard errors of the coefficients, (k,); None when nobody told them."""
        if self.covariance is None:
            return self.published_errors
        return np.asarray(np.sqrt(np.diag(self.covariance)))


@dataclass(frozen=True, slots=True)
class UseTable:
    """Predicted use by authority and metric: all that leaves the modeller's machine.

    Attributes
    ----------
    codes, names : of the authorities, in code order
    metrics : activity metrics, one a column
    children : (n_authorities, n_metrics), expected number of children, or their
        shares when `measure` says so
    gradient : (n_metrics, n_authorities, k), derivative by each coefficient, or None; entries
        that rest on fewer than `smallest_count` children are 0
    smallest_count : fewest children that an entry of the gradient rests on; 0 without one
    suppressed : how many entries of the gradient were set to 0 for that reason
    measure : "children", or "share" for a table of shares without numbers of children
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    metrics: tuple[str, ...]
    children: NDArray[np.float64]
    gradient: NDArray[np.float64] | None = None
    smallest_count: int = 0
    suppressed: int = 0
    measure: Literal["children", "share"] = "children"


@dataclass(frozen=True, slots=True)
class Pack:
    """Coefficients, what they are, and the use they predict; or a use table by itself.

    Attributes
    ----------
    name : what the pack is called
    status : "illustrative", "published", ...
    statement : one honest sentence for every banner
    source : data and method it came from
    created : ISO date
    year : financial year ending 31 March whose authority list holds
    drivers : child drivers, then area drivers; none in a pack of use
    models : one a metric; none in a pack of use
    use : predicted, or published, use
    sample_children, sample_authorities, sample_areas : what the fit rests on, or None
    nagq : quadrature nodes of the fit; 1 is the Laplace approximation, None is not told
    """

    name: str
    status: str
    statement: str
    source: str
    created: str
    year: int
    drivers: tuple[Driver, ...]
    models: tuple[MetricModel, ...]
    use: UseTable
    sample_children: int | None = None
    sample_authorities: int | None = None
    sample_areas: int | None = None
    nagq: int | None = None

    @property
    def kind(self) -> Literal["coefficients", "use"]:
        """Whether there is a model in the pack, or use by authority only."""
        return "coefficients" if self.models else "use"

    @property
    def metrics(self) -> tuple[str, ...]:
        """Activity metrics, in order."""
        return self.use.metrics

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the coefficients: the intercept, child drivers, area drivers; none of use."""
        if self.kind == "use":
            return ()
        return ("Intercept", *(label for driver in self.drivers for label in driver.labels))

    @property
    def limits(self) -> tuple[str, ...]:
        """What cannot be had from this pack, one sentence each; empty when it is complete."""
        if self.kind == "use":
            return (
                "No model stands in this pack: there are no coefficients, and neither uncertainty "
                "nor what-ifs by driver are available.",
            )
        found = []
        if any(model.covariance is None for model in self.models):
            found.append(
                "Uncertainty of shares is not available: the coefficients came without their "
                "covariance."
            )
        if any(model.standard_errors is None for model in self.models):
            found.append("Standard errors of the coefficients were not given.")
        if self.use.gradient is None:
            found.append(
                "The use table was given beside the coefficients, not computed from them, and has "
                "no gradient: what-ifs by coefficient are not available."
            )
        return tuple(found)

    def gradient_for(self, purpose: str) -> NDArray[np.float64]:
        """The gradient of the use table, (n_metrics, n_authorities, k), or who to ask for it.

        Raises
        ------
        PackError
            When the pack has none; `purpose` begins the sentence ("A what-if").
        """
        if self.use.gradient is None:
            raise PackError(self._lacks(purpose, "gradient of the use table"))
        return self.use.gradient

    def covariances_for(self, purpose: str) -> tuple[NDArray[np.float64], ...]:
        """The covariance of each metric's coefficients, (k, k), or who to ask for them.

        Raises
        ------
        PackError
            When the pack has none; `purpose` begins the sentence ("Uncertainty").
        """
        found = tuple(model.covariance for model in self.models if model.covariance is not None)
        if not self.models or len(found) < len(self.models):
            raise PackError(self._lacks(purpose, "covariance of the coefficients"))
        return found

    def _lacks(self, purpose: str, what: str) -> str:
        return (
            f"{purpose} is not available from pack '{self.name}': it holds no {what}. "
            "Ask whoever fitted the model for a pack made by the fit."
        )

    def predicted_use(self, state: str = "") -> Use:
        """The use table as the needs shares want it; `state` ends what is said of it."""
        if self.kind == "coefficients":
            basis = f"Predicted by pack '{self.name}' ({self.status}): {self.statement}"
        else:
            basis = (
                f"Given by pack '{self.name}', without a model ({self.status}): {self.statement}"
            )
        if self.use.measure == "share":
            basis = f"{basis.rstrip('.')}. Its numbers are shares, not children"
        if state:
            basis = f"{basis.rstrip('.')}. {state}"
        return Use(self.use.codes, self.metrics, self.use.children, basis)
