"""What a pack holds: coefficients with their uncertainty, and the use they predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.needs import Use
from cyps.pack.driver import Driver, Interaction
from cyps.pack.use_table import (
    Neutral,
    NeutralisedUse,
    PackError,
    UseTable,
    neutral_key,
    neutral_words,
)


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
    area_sigma : standard deviation of the small areas' effects in a model of three levels, else
        None
    """

    metric: str
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64] | None
    sigma: float | None
    loglik: float | None
    events: int | None
    verdict: str
    published_errors: NDArray[np.float64] | None = None
    area_sigma: float | None = None

    @property
    def standard_errors(self) -> NDArray[np.float64] | None:
        """Standard errors of the coefficients, (k,); None when nobody told them."""
        if self.covariance is None:
            return self.published_errors
        return np.asarray(np.sqrt(np.diag(self.covariance)))


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
    drivers : child drivers, then area drivers, with their interactions, in the order of the
        coefficients; none in a pack of use
    models : one a metric; none in a pack of use
    use : predicted, or published, use
    sample_children, sample_authorities, sample_areas : what the fit rests on, or None
    nagq : quadrature nodes of the fit; 1 is the Laplace approximation, None is not told
    neutralised : use predicted with drivers neutralised, a table for each combination that
        the modeller chose
    driver_means : (k,), mean of each coefficient's column over all children that were
        predicted for: a category's part of them, a number's mean, 1 for the intercept; not
        a number where it would tell of fewer than `use.smallest_count`. None is not told
    neutral : what was neutralised in `use`, driver by driver; nothing in a pack as it was read
    """

    name: str
    status: str
    statement: str
    source: str
    created: str
    year: int
    drivers: tuple[Driver | Interaction, ...]
    models: tuple[MetricModel, ...]
    use: UseTable
    sample_children: int | None = None
    sample_authorities: int | None = None
    sample_areas: int | None = None
    nagq: int | None = None
    neutralised: tuple[NeutralisedUse, ...] = ()
    driver_means: NDArray[np.float64] | None = None
    neutral: tuple[tuple[str, Neutral], ...] = ()

    @property
    def kind(self) -> Literal["coefficients", "use"]:
        """Whether there is a model in the pack, or use by authority only."""
        return "coefficients" if self.models else "use"

    @property
    def metrics(self) -> tuple[str, ...]:
        """Activity metrics, in order."""
        return self.use.metrics

    @property
    def own_drivers(self) -> tuple[Driver, ...]:
        """The drivers that a child is described by, without their interactions."""
        return tuple(driver for driver in self.drivers if isinstance(driver, Driver))

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What drivers do together, besides what each does by itself."""
        return tuple(driver for driver in self.drivers if isinstance(driver, Interaction))

    @property
    def terms(self) -> tuple[Driver | Interaction, ...]:
        """Each driver, then what they do together: the order in which a child is told of."""
        return (*self.own_drivers, *self.interactions)

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
        if self.neutral:
            found.append(
                "With drivers neutralised there is no gradient: neither uncertainty nor what-ifs "
                "by coefficient are available."
            )
        elif self.use.gradient is None:
            found.append(
                "The use table was given beside the coefficients, not computed from them, and has "
                "no gradient: what-ifs by coefficient are not available, nor is uncertainty of "
                "shares."
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

    def with_neutralised(self, wanted: Mapping[str, Neutral]) -> Pack:
        """The same pack with its use predicted with drivers neutralised.

        Parameters
        ----------
        wanted : what is done with each driver: "reference" (everybody in the reference
            category), "average" (everybody's term is the average over all children) or
            "own average" (over the children of the authority)

        Raises
        ------
        PackError
            When no such table was packed; names the combinations that were.
        """
        for table in self.neutralised:
            if dict(table.drivers) == dict(wanted):
                return replace(self, use=table.use, neutral=table.drivers)
        named = [driver.name for driver in self.own_drivers]
        strangers = [name for name in wanted if name not in named]
        problem = f"has no use predicted with {neutral_words(tuple(wanted.items()))}"
        if strangers:
            problem = f"has no driver '{strangers[0]}'; it has {', '.join(named) or 'none'}"
        held = "; ".join(f"{{ {neutral_key(table.drivers)} }}" for table in self.neutralised)
        holds = f"It holds {held}: take one of these, or ask" if held else "It holds none: ask"
        raise PackError(
            f"Pack '{self.name}' {problem}. {holds} whoever fitted the model to pack another. "
            "Neutralising takes the children's records, and several drivers at once a table of "
            "their own."
        )

    def _lacks(self, purpose: str, what: str) -> str:
        if self.neutral:
            return (
                f"{purpose} is not available from pack '{self.name}' with "
                f"{neutral_words(self.neutral)}: that use is packed without a gradient, which "
                "would tell of too few children. Leave nothing neutralised to get it."
            )
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
        if self.neutral:
            basis = f"{basis.rstrip('.')}. Predicted with {neutral_words(self.neutral)}"
        if self.use.measure == "share":
            basis = f"{basis.rstrip('.')}. Its numbers are shares, not children"
        if state:
            basis = f"{basis.rstrip('.')}. {state}"
        return Use(self.use.codes, self.metrics, self.use.children, basis)
