"""Fitted: what a search found, put on the drivers' own scale; data and no computing."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cyps.cells import Cells, Term
from cyps.errors import CypsError
from cyps.model.estimates import Estimates
from cyps.model.fit import FitStep

Estimator = Literal["multilevel", "plain", "dummies", "three levels"]
CovarianceType = Literal["given sigma", "observed", "cluster"]
IntervalMethod = Literal["wald", "profile"]


@dataclass(frozen=True, slots=True)
class Counted:
    """The cells that a fit rests on, and which metric of them."""

    cells: Cells
    metric: int


@dataclass(frozen=True, slots=True)
class Fitted(Estimates):
    """What a fit found: all that errors, intervals, checks and the summary are made from.

    `MultilevelFit` says what each attribute is, and hands on what is made from them.
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
