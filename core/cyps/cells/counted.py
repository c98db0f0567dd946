"""Counted rows: what every way into the cells gives, whether the rows were in memory or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells.drivers import Declared, no_column
from cyps.errors import CypsError

_MOST_CHILDREN = int(np.iinfo(np.int32).max)


@dataclass(frozen=True, slots=True)
class CountBy:
    """What to count by: drivers of the child and of the area, and where the areas are."""

    child: Sequence[str]
    area: Sequence[str]
    group: str
    areas: pd.DataFrame | None
    area_key: str | None
    declared: Declared


@dataclass(frozen=True, slots=True)
class CountedRows:
    """Rows with the children and events that each stands for.

    Attributes
    ----------
    table : the columns of drivers, group and area, a row each
    children : (n_rows,), or None where every row is one child
    happened : for each metric (n_rows,), children with the event
    log_choose : for each metric, see `Cells.log_choose`
    stands_for : (n_rows,) rows of the source behind each row; None where it is one
    """

    table: pd.DataFrame
    children: NDArray[np.integer] | None
    happened: tuple[NDArray[np.integer], ...]
    log_choose: tuple[float, ...]
    stands_for: NDArray[np.int64] | None = None


def nothing_to_count() -> CypsError:
    """The error for a table without rows."""
    return CypsError("The table has no rows (or no trials), so there is nothing to count.")


def not_counts(name: str, wrong: int, rows: int) -> CypsError:
    """The error for a column of events (or trials) that holds something else."""
    return CypsError(
        f"Column '{name}' must hold whole numbers of 0 or more, but "
        f"{wrong:,} of {rows:,} rows don't (missing values included)."
    )


def more_events_than(what: str, metric: str, rows: int) -> CypsError:
    """The error for events that outnumber the children they happen to."""
    return CypsError(
        f"Events in '{metric}' are more than {what} in {rows:,} rows. "
        "Name the column of trials, or correct these rows."
    )


ONE_CHILD = "1 (a row is a child)"


def check_children(what: str, children: float) -> None:
    """Refuse more children than a count can hold."""
    if children > _MOST_CHILDREN:
        raise CypsError(
            f"{what} {children:,.0f}, more children than can be counted "
            f"({_MOST_CHILDREN:,}). Is it the right column?"
        )


def rows_in_memory(
    table: pd.DataFrame, metrics: Sequence[str], trials: str | None, frequency: str | None
) -> CountedRows:
    """The rows of a pandas table, checked; rows without a child are left out."""
    if not table.columns.is_unique:
        twice = sorted({str(name) for name in table.columns[table.columns.duplicated()]})
        raise CypsError(f"The table has more than one column named {', '.join(twice)}.")
    column = trials if frequency is None else frequency
    if frequency is not None:
        _check_frequency(table, frequency)
    if column is not None:
        lived = _counts(table, column) > 0
        table = table if lived.all() else table[lived]
    if table.empty:
        raise nothing_to_count()
    children = None if column is None else _counts(table, column)
    if children is not None:
        check_children(f"The trials in '{column}' add up to", children.sum(dtype=np.float64))
    most = None if frequency is not None else children
    happened = [_happened(table, metric, most) for metric in metrics]
    log_choose = tuple(0.0 if most is None else _log_choose(most, events) for events in happened)
    if frequency is not None and children is not None:
        happened = [events * children for events in happened]
    return CountedRows(table, children, tuple(happened), log_choose)


def _check_frequency(table: pd.DataFrame, name: str) -> None:
    """Refuse what are weights, not numbers of children, and say what to do instead."""
    if name not in table.columns:
        raise no_column(name)
    numbers = pd.to_numeric(table[name], errors="coerce")
    broken = int((numbers % 1 > 0).sum())
    if broken:
        raise CypsError(
            f"The frequency '{name}' is how many children alike a row stands for, but in "
            f"{broken:,} of {len(table):,} rows it is no whole number. Survey weights are not "
            "fitted. Leave them out and give what they were made from (stratum, group of "
            "response) as drivers; or fit with weights in other software (WeMix in R, Stata's "
            "melogit) and bring its coefficients in with: cyps pack import"
        )


def _happened(
    table: pd.DataFrame, metric: str, trials: NDArray[np.integer] | None
) -> NDArray[np.integer]:
    happened = _counts(table, metric)
    too_many = happened > (1 if trials is None else trials)
    if too_many.any():
        what = ONE_CHILD if trials is None else "the trials"
        raise more_events_than(what, metric, int(too_many.sum()))
    return happened


def _counts(table: pd.DataFrame, name: str) -> NDArray[np.integer]:
    """A column of whole numbers; flags stay in a byte a row."""
    if name not in table.columns:
        raise no_column(name)
    values = table[name].to_numpy()
    if values.dtype == np.bool_:
        return np.asarray(values.view(np.uint8))
    if not (values.dtype.kind in "iu" and values.min(initial=0) >= 0):
        if values.dtype.kind in "mMc":
            raise CypsError(f"Column '{name}' holds dates or complex numbers, not counts.")
        as_numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
        wrong = ~(np.isfinite(as_numbers) & (as_numbers >= 0))
        wrong |= np.floor(as_numbers) != as_numbers
        if wrong.any():
            raise not_counts(name, int(wrong.sum()), len(table))
        values = as_numbers
    return np.asarray(values, dtype=np.int64)


def _log_choose(n: NDArray[np.integer], k: NDArray[np.integer]) -> float:
    from scipy.special import gammaln  # only tables with trials need it, and it is slow to load

    return float((gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)).sum())
