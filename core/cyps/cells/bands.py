"""Bands: ages, or any number, as categories of your own choosing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.errors import CypsError

if TYPE_CHECKING:
    from cyps.cells.stored import StoredRows


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
    ends = _checked(edges)
    values = pd.to_numeric(numbers, errors="coerce").to_numpy(dtype=np.float64)
    inside = (values >= ends[0]) & (values < ends[-1])
    if outside is None and not inside.all():
        raise _outside(str(numbers.name), ends, int((~inside).sum()), len(values))
    names = band_names(edges, outside)
    code = np.where(inside, np.searchsorted(ends, values, side="right") - 1, len(ends) - 1)
    return pd.Series(pd.Categorical.from_codes(code, names), index=numbers.index, name=numbers.name)


def band_names(edges: Sequence[int], outside: str | None = None) -> list[str]:
    """The bands in order, and the category of what is outside last.

    Examples
    --------
    >>> band_names([6, 7, 10], "none of these")
    ['6', '7-9', 'none of these']
    """
    names = [
        str(first) if first == last - 1 else f"{first}-{last - 1}"
        for first, last in pairwise(_checked(edges).tolist())
    ]
    return names if outside is None else [*names, outside]


def banded_rows(
    rows: StoredRows, name: str, edges: Sequence[int], outside: str | None = None
) -> StoredRows:
    """Stored rows with a column of whole numbers in bands, made where the rows are.

    `collapse` needs to be told their order: `categories={name: band_names(edges, outside)}`.

    Raises
    ------
    CypsError
        When a number is outside or missing and no category is given for these.
    """
    import ibis

    from cyps.cells.stored import StoredRows

    ends = _checked(edges)
    column = rows.table[name]
    value = column.try_cast("float64") if column.type().is_string() else column.cast("float64")
    bands = zip(pairwise(ends.tolist()), band_names(edges), strict=True)
    in_bands = ibis.cases(
        *(((value >= first) & (value < last), band) for (first, last), band in bands),
        else_=ibis.null("string") if outside is None else outside,
    )
    table = rows.table.mutate(**{name: in_bands})
    if outside is None:
        missing, count = table.aggregate(
            missing=table[name].isnull().sum(), rows=table.count()
        ).to_pyarrow().to_pylist()[0].values()  # fmt: skip
        if missing:
            raise _outside(name, ends, missing, count)
    return StoredRows(table, rows.untyped)


def _checked(edges: Sequence[int]) -> NDArray[np.int64]:
    ends = np.asarray(edges)
    if ends.ndim != 1 or ends.size < 2 or ends.dtype.kind not in "iu" or (np.diff(ends) < 1).any():
        raise CypsError(
            "The edges of bands are two or more whole numbers that go up, such as [6, 8, 10]."
        )
    return ends


def _outside(name: str, ends: NDArray[np.int64], rows: int, of: int) -> CypsError:
    return CypsError(
        f"'{name}' is missing or outside {ends[0]} to {ends[-1] - 1} in {rows:,} of {of:,} rows. "
        "Choose what happens to these: drop them on purpose, or give them a category with "
        "outside='...'."
    )
