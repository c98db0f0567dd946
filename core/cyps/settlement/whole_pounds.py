"""Whole pounds that still add up to the pot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError


def to_6_decimals(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Amounts rounded half up, as a spreadsheet's ROUND does; numpy's is half to even."""
    return np.asarray(np.floor(x * 1e6 + 0.5) / 1e6)


def whole_pounds(
    allocation: NDArray[np.float64], pot: int, codes: tuple[str, ...]
) -> NDArray[np.int64]:
    """Allocations in whole pounds by largest remainder; ties go to the lower code.

    Amounts are first rounded to 6 decimals, so that two engines whose last
    bits differ give the same pounds.

    Parameters
    ----------
    allocation : array (n_authorities,), pounds, sums to the pot
    pot : whole pounds
    codes : GSS codes, which decide ties

    Returns
    -------
    array (n_authorities,) of whole pounds, sums to `pot` exactly, each within
    a pound of its allocation

    Examples
    --------
    >>> whole_pounds(np.array([1.5, 2.25, 2.25]), 6, ("E1", "E3", "E2")).tolist()
    [2, 2, 2]
    """
    rounded = to_6_decimals(allocation)
    base = np.floor(rounded)
    remainder = to_6_decimals(rounded - base)
    pounds = base.astype(np.int64)
    left = int(pot) - int(pounds.sum())
    if not 0 <= left <= pounds.size:
        raise CypsError(
            f"The allocations add up to {allocation.sum():,.2f}, not to the pot of {pot:,}."
        )
    order = np.lexsort((np.array(codes), -remainder))
    pounds[order[:left]] += 1
    return pounds
