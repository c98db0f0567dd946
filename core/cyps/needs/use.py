"""Use: how many children use each kind of service, by authority."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError


@dataclass(frozen=True, slots=True)
class Use:
    """Predicted (or published) use of services, by authority and activity metric.

    Parameters
    ----------
    codes : GSS codes of the authorities, one a row
    metrics : activity metrics, one a column, such as ("CIN", "CARE", "CEASED")
    children : array (n_authorities, n_metrics), expected number of children
    basis : what the numbers are, in words that reach every output

    Raises
    ------
    CypsError
        When a number is missing or negative, a code comes twice, or nobody at
        all uses one of the services (its shares would be 0/0).

    Examples
    --------
    >>> Use(("E1", "E2"), ("CIN",), [[30.0], [10.0]], "made up").children.sum()
    np.float64(40.0)
    """

    codes: tuple[str, ...]
    metrics: tuple[str, ...]
    children: NDArray[np.float64]
    basis: str

    def __post_init__(self) -> None:
        children = np.array(self.children, dtype=np.float64)
        children.setflags(write=False)
        object.__setattr__(self, "children", children)
        if children.shape != (len(self.codes), len(self.metrics)):
            raise CypsError(
                f"The use table has {children.shape} numbers for {len(self.codes)} authorities "
                f"and {len(self.metrics)} metrics. Give one number for each."
            )
        if len(set(self.codes)) != len(self.codes):
            twice = sorted({code for code in self.codes if self.codes.count(code) > 1})
            raise CypsError(f"The use table names {', '.join(twice)} more than once.")
        for column, metric in enumerate(self.metrics):
            self._check_metric(metric, children[:, column])

    def _check_metric(self, metric: str, children: NDArray[np.float64]) -> None:
        wrong = ~(np.isfinite(children) & (children >= 0))
        if wrong.any():
            names = ", ".join(np.array(self.codes)[wrong][:5])
            raise CypsError(
                f"Use of {metric} is missing or below zero for {int(wrong.sum())} "
                f"authorities ({names}). Every authority needs a number of 0 or more."
            )
        if children.sum() == 0:
            raise CypsError(
                f"Nobody in any authority uses {metric}, so its shares cannot be formed. "
                "Leave the metric out or give its use."
            )
