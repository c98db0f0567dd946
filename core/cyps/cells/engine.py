"""Count in an engine: rows stay where they are, and their counts come here.

One Ibis expression groups the rows by their drivers and area and counts children and
events; DuckDB and Spark are given the same one. What is fetched is a row a
cell, and the same checks and the same last step as for rows in memory follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells.areas import check_key
from cyps.cells.counted import (
    ONE_CHILD,
    CountBy,
    CountedRows,
    check_children,
    more_events_than,
    not_counts,
    nothing_to_count,
)
from cyps.cells.drivers import no_column
from cyps.cells.levels import MISSING, KnownLevels, Levels
from cyps.cells.stored import StoredRows, kind_of
from cyps.errors import CypsError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

_BATCH = 250_000
# What CSV files say for true and false, as text in small letters.
_FLAGS = {"true": "1", "false": "0"}


def count_in_engine(
    table: StoredRows | ir.Table, metrics: Sequence[str], by: CountBy, trials: str | None
) -> CountedRows:
    """Children and events by drivers and area, counted where the rows are.

    Returns
    -------
    CountedRows
        a row for each combination of drivers and area that occurs

    Raises
    ------
    CypsError
        When a column is not there or cannot be counted, or the engine stops.
    """
    stored = table if isinstance(table, StoredRows) else StoredRows(table, untyped=False)
    if not isinstance(stored.table, ibis.Table):
        raise CypsError(
            f"The table is a {type(table).__name__}; give a pandas DataFrame, rows from "
            "cyps.cells.open_rows, or an Ibis table."
        )
    if trials is not None:
        raise CypsError(
            "Stored rows are counted a row a child, without trials or frequency. A table of cells "
            "is small: read it with pandas and give that."
        )
    levels = _levels(stored, by)
    return _fetched(stored, _counted(stored, list(levels), metrics), levels, metrics)


def _levels(stored: StoredRows, by: CountBy) -> dict[str, Levels]:
    """The columns to group by, each with how its values are to be read."""
    columns = stored.table.columns
    levels = {name: _driver_levels(stored, name, by) for name in by.child}
    if by.areas is not None:
        key = check_key(columns, by.areas, by.area_key)
        known = by.areas[key].dropna().tolist()
        as_text = stored.untyped and not all(isinstance(value, str) for value in known)
        return {**levels, key: KnownLevels(known, as_text)}
    if by.area_key is None and by.group not in columns:
        raise CypsError(f"There is no column '{by.group}' to group by.")
    labels = [by.group] if by.area_key is None else [by.area_key, by.group]
    for name in labels:
        _check_column(stored, name)
    levels |= {name: _driver_levels(stored, name, by) for name in by.area}
    missing = MISSING if stored.untyped else frozenset[str]()
    return {**{name: Levels(name, missing, most=None) for name in labels}, **levels}


def _driver_levels(stored: StoredRows, name: str, by: CountBy) -> Levels:
    _check_column(stored, name)
    if not stored.untyped:
        return Levels(name)
    declared = by.declared.categories.get(name, ())
    reads = not any(isinstance(category, str) for category in declared)
    return Levels(name, MISSING.difference(declared), reads)


def _check_column(stored: StoredRows, name: str) -> None:
    if name not in stored.table.columns:
        # The first row of a CSV file without a heading is a child.
        raise no_column(name, None if stored.untyped else stored.table.columns)


def _counted(stored: StoredRows, names: Sequence[str], metrics: Sequence[str]) -> ir.Table:
    """One row a cell: its drivers and area (k0, ...), children, events by metric, and problems.

    A problem is a child of whom some metric is no count, or more than one event.
    """
    # Names of our own: an engine may not tell names apart, or not take them.
    rows = stored.table
    asked = {f"k{i}": _groupable(rows, name) for i, name in enumerate(names)}
    flags = [_flags(stored, metric) for metric in metrics]
    asked |= {f"e{m}": event for m, (event, _, _) in enumerate(flags)}
    asked["p"] = reduce(or_, (wrong | over for _, wrong, over in flags))
    sums = {f"e{m}": ibis._.count(where=ibis._[f"e{m}"]) for m in range(len(metrics))}
    sums = {"children": ibis._.count(), **sums, "problems": ibis._.count(where=ibis._["p"])}
    return rows.select(**asked).group_by([f"k{i}" for i in range(len(names))]).aggregate(**sums)


def _problems(stored: StoredRows, metrics: Sequence[str]) -> ir.Table:
    """One row: for each metric the children of whom it is no count, or more than one event."""
    asked = {}
    for m, metric in enumerate(metrics):
        _, asked[f"w{m}"], asked[f"o{m}"] = _flags(stored, metric)
    sums = {name: ibis._.count(where=ibis._[name]) for name in asked}
    return stored.table.select(**asked).aggregate(**sums)


def _groupable(rows: ir.Table, name: str) -> ir.Column:
    column = rows[name]
    kind = column.type()
    if kind.is_decimal():
        return column.cast("float64")
    if kind.is_string() or kind.is_boolean() or kind.is_integer() or kind.is_floating():
        return column
    raise CypsError(
        f"Column '{name}' is of the kind '{kind}'. Drivers, groups and area keys of stored rows "
        "are text, numbers, or true and false."
    )


def _flags(stored: StoredRows, metric: str) -> tuple[ir.Column, ir.Column, ir.Column]:
    """For each row whether it has the event, is no count, and is more than one event."""
    if metric not in stored.table.columns:
        raise no_column(metric)
    column = stored.table[metric]
    kind = column.type()
    if kind.is_boolean():
        return column, column.isnull(), ibis.literal(False)
    if stored.untyped:
        column = column.lower().cases(*_FLAGS.items(), else_=column)
    if kind.is_string():
        column = column.try_cast("float64")
    elif not kind.is_numeric():
        raise CypsError(f"Column '{metric}' is of the kind '{kind}', not counts.")
    number = column.cast("float64")
    known = number.notnull() & ~number.isnan() & ~number.isinf()
    count = known & (number >= 0) & (number % 1 == 0)
    return count & (number == 1), ~count, count & (number > 1)


def _fetched(
    stored: StoredRows, counts: ir.Table, levels: dict[str, Levels], metrics: Sequence[str]
) -> CountedRows:
    """Fetch the counts, batch by batch, each value as a small number."""
    kept = ["children", *(f"e{m}" for m in range(len(metrics)))]
    codes: dict[str, list[NDArray[np.int32]]] = {name: [] for name in levels}
    numbers: dict[str, list[NDArray[np.int64]]] = {name: [] for name in kept}
    problems = 0
    for batch in _batches(counts):
        for i, (name, column) in enumerate(levels.items()):
            codes[name].append(column.codes(batch.column(f"k{i}")))
        for name in kept:
            # A copy: Arrow's own would keep the whole batch in memory.
            numbers[name].append(batch.column(name).to_numpy().copy())
        problems += int(batch.column("problems").to_numpy().sum())
    if not any(batch.size for batch in numbers["children"]):
        raise nothing_to_count()
    children, *happened = [np.concatenate(numbers.pop(name)) for name in kept]
    if problems:
        _refuse(stored, int(children.sum()), metrics)
    check_children("The rows are", int(children.sum()))
    columns = {name: levels[name].values(np.concatenate(codes.pop(name))) for name in levels}
    table = pd.DataFrame(columns, copy=False)
    return CountedRows(table, children, tuple(happened), (0.0,) * len(metrics), children)


def _refuse(stored: StoredRows, children: int, metrics: Sequence[str]) -> None:
    """Say of the first metric with problems how many children they are."""
    found = next(_batches(_problems(stored, metrics))).to_pylist()[0]
    for m, metric in enumerate(metrics):
        if wrong := found[f"w{m}"]:
            raise not_counts(metric, wrong, children)
        if over := found[f"o{m}"]:
            raise more_events_than(ONE_CHILD, metric, over)


def _batches(counts: ir.Table) -> Iterator[pa.RecordBatch]:
    """What the engine counted; its own errors, which may show a row, are not repeated."""
    try:
        yield from counts.to_pyarrow_batches(chunk_size=_BATCH)
    except Exception as problem:
        raise CypsError(_stopped(problem)) from None


def _stopped(problem: Exception) -> str:
    if "OutOfMemory" in type(problem).__name__:
        return (
            "DuckDB ran out of memory while counting. Give open_rows a higher memory_limit, fewer "
            "threads, or a temp_directory with more room."
        )
    return (
        f"The engine stopped while counting: {kind_of(problem)}. Its own message may show a "
        "child's row and is not repeated here. Look for a file that is not what its name says, "
        "whose columns are not those of the others, or that has a row with more or fewer values "
        "than columns."
    )
