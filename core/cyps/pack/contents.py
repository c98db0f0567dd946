"""What a pack holds: coefficients with their uncertainty, and the use they predict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import Use


class PackError(CypsError):
    """A pack that cannot be trusted or read; the sentence says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class PackDriver:
    """One driver of the model: its categories with the reference first, or none for a number."""

    name: str
    level: Literal["child", "area"]
    categories: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of its coefficients."""
        if not self.categories:
            return (self.name,)
        return tuple(f"{self.name}[{category}]" for category in self.categories[1:])


@dataclass(frozen=True, slots=True)
class MetricModel:
    """Coefficients of one activity metric.

    Attributes
    ----------
    metric : its name, such as "CIN"
    coefficients : (k,), log odds, in the order of the pack's labels
    covariance : (k, k)
    sigma : standard deviation of the authority effects, log odds
    loglik : log-likelihood at the maximum
    events : children of the sample with the event
    verdict : how the fit ended, in words
    """

    metric: str
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    sigma: float
    loglik: float
    events: int
    verdict: str

    @property
    def standard_errors(self) -> NDArray[np.float64]:
        """Standard errors of the coefficients, (k,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))


@dataclass(frozen=True, slots=True)
class UseTable:
    """Predicted use by authority and metric: all that leaves the modeller's machine.

    Attributes
    ----------
    codes, names : of the authorities, in code order
    children : (n_authorities, n_metrics), expected number of children
    gradient : (n_metrics, n_authorities, k), derivative by each coefficient; entries
        that rest on fewer than `smallest_count` children are 0
    suppressed : how many entries of the gradient were set to 0 for that reason
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    children: NDArray[np.float64]
    gradient: NDArray[np.float64]
    smallest_count: int
    suppressed: int


@dataclass(frozen=True, slots=True)
class Pack:
    """Coefficients, what they are, and the use they predict.

    Attributes
    ----------
    name : what the pack is called
    status : "illustrative", "published", ...
    statement : one honest sentence for every banner
    source : data and method it came from
    created : ISO date
    year : financial year ending 31 March whose authority list holds
    drivers : child drivers, then area drivers
    models : one a metric
    use : predicted use
    sample_children, sample_authorities, sample_areas : what the fit rests on
    nagq : quadrature nodes of the fit; 1 is the Laplace approximation
    """

    name: str
    status: str
    statement: str
    source: str
    created: str
    year: int
    drivers: tuple[PackDriver, ...]
    models: tuple[MetricModel, ...]
    use: UseTable
    sample_children: int
    sample_authorities: int
    sample_areas: int
    nagq: int

    @property
    def metrics(self) -> tuple[str, ...]:
        """Activity metrics, in order."""
        return tuple(model.metric for model in self.models)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the coefficients: the intercept, child drivers, area drivers."""
        return ("Intercept", *(label for driver in self.drivers for label in driver.labels))

    def predicted_use(self) -> Use:
        """The use table as the needs shares want it."""
        return Use(
            self.use.codes,
            self.metrics,
            self.use.children,
            f"Predicted by pack '{self.name}' ({self.status}): {self.statement}",
        )
