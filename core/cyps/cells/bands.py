"""Bands: ages, or any number, as categories of your own choosing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cyps.errors import CypsError


def banded(numbers: pd.Series, edges: Sequence[int], outside: str | None = None) -> pd.Series:
    """Whole numbers as an ordered Categorical of bands, such as 6-7, 8-9, ...

    Parameters
    ----------
    numbers : ages in whole years, for instance
    edges : where each band begins, ascending; the last edge is where the last band has ended
    outside : a category for numbers outside and missing ones; without it they are refused

    Returns
    -------
    pandas.Series
        Categorical, the first band first (a reference unless another is named)

    Raises
    ------
    CypsError
        When a number is outside or missing and no category is given for these.

    Examples
    --------
    >>> banded(pd.Series([6, 7, 8, 11]), [6, 8, 10, 12]).tolist()
    ['6-7', '6-7', '8-9', '10-11']
    >>> banded(pd.Series([6, 3]), [6, 8], outside="under 6").tolist()
    ['6-7', 'under 6']
    """
    ends = np.asarray(edges)
    if ends.ndim != 1 or ends.size < 2 or ends.dtype.kind not in "iu" or (np.diff(ends) < 1).any():
        raise CypsError(
            "The edges of bands are two or more whole numbers that go up, such as [6, 8, 10]."
        )
    values = pd.to_numeric(numbers, errors="coerce").to_numpy(dtype=np.float64)
    inside = (values >= ends[0]) & (values < ends[-1])
    if outside is None and not inside.all():
        raise CypsError(
            f"'{numbers.name}' is missing or outside {ends[0]} to {ends[-1] - 1} in "
            f"{int((~inside).sum()):,} of {len(values):,} rows. Choose what happens to these: "
            "drop them on purpose, or give them a category with outside='...'."
        )
    names = [
        str(first) if first == last else f"{first}-{last}"
        for first, last in zip(ends[:-1], ends[1:] - 1, strict=True)
    ]
    code = np.where(inside, np.searchsorted(ends, values, side="right") - 1, len(names))
    if outside is not None:
        names.append(outside)
    return pd.Series(pd.Categorical.from_codes(code, names), index=numbers.index, name=numbers.name)
