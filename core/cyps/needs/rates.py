"""Rates: children counted against the children there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cyps.errors import CypsError


def rate_per(count: ArrayLike, population: ArrayLike, per: float = 10_000) -> NDArray[np.float64]:
    """Rate per 10,000 children; not a number where there are none.

    Parameters
    ----------
    count : array (n_authorities, ...), children
    population : array of the same shape, or (n_authorities, 1): all children
    per : how many the rate is for

    Raises
    ------
    CypsError
        When a count, a population or `per` is missing or below zero.

    Examples
    --------
    >>> rate_per([120, 45], [40_000, 10_000]).tolist()
    [30.0, 45.0]
    """
    counted = np.asarray(count, dtype=np.float64)
    people = np.asarray(population, dtype=np.float64)
    for name, amount in (("count", counted), ("population", people), ("rate's base", per)):
        if not (np.isfinite(amount) & (np.asarray(amount) >= 0)).all():
            raise CypsError(f"A {name} is missing or below zero. Give numbers of 0 or more.")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(people > 0, counted / people * per, np.nan))
