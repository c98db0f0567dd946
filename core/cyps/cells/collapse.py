"""Collapse: from a table of children to cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba as nb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells.cells import Cells
from cyps.cells.drivers import CodedRows, Driver, code_rows
from cyps.errors import CypsError


_MOST_CHILDREN = int(np.iinfo(np.int32).max)


def collapse(
    table: pd.DataFrame,
    *,
    events: str | Sequence[str],
    child: Sequence[str],
    group: str,
    area: Sequence[str] = (),
    trials: str | None = None,
    areas: pd.DataFrame | None = None,
    area_key: str | None = None,
) -> Cells:
    """Count the children of a table by their drivers and area.

    Parameters
    ----------
    table : one row a child (events are flags) or one a cell (with `trials`)
    events : column, or columns, of events: one for each activity metric
    child : columns of the child's own drivers
    group : column of the authority (in `areas` when that is given)
    area : columns of the area's drivers
    trials : column with the number of children in the row; without it a row is a child
    areas : table of small areas, one row each, when the area's drivers are not
        repeated in every row; needs `area_key`, a column of both tables

    Returns
    -------
    Cells

    Raises
    ------
    CypsError
        When a column is not there, a value is missing, events are not whole
        numbers between 0 and trials, or a child's area is not in `areas`.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "fsm": ["no", "no", "yes", "no"], "la": ["A", "A", "A", "B"], "CIN": [0, 1, 1, 0],
    ... })
    >>> cells = collapse(table, events="CIN", child=["fsm"], group="la")
    >>> cells.cell_count.tolist(), cells.events.tolist()
    ([2, 1, 1], [2.0])
    """
    if table.empty:
        raise CypsError("The table has no rows, so there is nothing to count.")
    metrics = (events,) if isinstance(events, str) else tuple(events)
    children = code_rows(table, child, "child")
    placed = (
        _areas_in_rows(table, area, group)
        if areas is None
        else _areas_by_key(table, areas, area_key, area, group)
    )
    n_trials = None if trials is None else _counts(table, trials)
    if n_trials is not None and n_trials.sum() > _MOST_CHILDREN:
        raise CypsError(
            f"The trials in '{trials}' add up to {n_trials.sum():,}, more children than can be "
            f"counted ({_MOST_CHILDREN:,}). Is it the right column?"
        )
    cell_start, cell_pattern, cell_count = _count_cells(
        placed.row_area,
        children.pattern,
        np.empty(0, np.int64) if n_trials is None else n_trials,
        len(placed.design),
        len(children.design),
    )
    placed = _without_empty(placed, cell_start)
    cell_start = np.append(0, cell_start[1:][np.diff(cell_start) > 0])
    slot_start, slot_pattern, cell_slot = _number_slots(
        cell_start[placed.start], cell_pattern, len(children.design)
    )
    counted = [
        _count_events(table, metric, n_trials, children, placed, slot_start, slot_pattern)
        for metric in metrics
    ]
    return Cells(
        groups=placed.groups,
        metrics=metrics,
        drivers=(*children.drivers, *placed.drivers),
        child_design=children.design,
        area_design=placed.design,
        area_start=placed.start,
        cell_start=cell_start,
        slot_start=slot_start,
        slot_pattern=slot_pattern,
        cell_slot=cell_slot,
        cell_count=cell_count,
        slot_events=np.array([count.by_slot for count in counted]),
        area_events=np.array([count.by_area for count in counted]),
        log_choose=np.array([count.log_choose for count in counted]),
    )


@dataclass(frozen=True, slots=True)
class _Placed:
    """Which area each row is in: `row_area` (n_rows,) points into `design` (n_areas, k).

    Areas come in the order of their groups; group j has areas start[j] to start[j + 1].
    Where areas without rows were dropped, `row_area` points into `number`, which points
    into `design`: rows are many and stay as they are.
    """

    row_area: NDArray[np.int32]
    number: NDArray[np.int64] | None
    design: NDArray[np.float64]
    drivers: tuple[Driver, ...]
    groups: tuple[str, ...]
    start: NDArray[np.int64]


def _group_codes(table: pd.DataFrame, group: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if group not in table.columns:
        raise CypsError(f"There is no column '{group}' to group by.")
    code, labels = pd.factorize(table[group], sort=True)
    if (code < 0).any():
        raise CypsError(
            f"The group '{group}' is missing in {int((code < 0).sum()):,} of {len(table):,} rows. "
            "Every row must belong to one authority."
        )
    return code, tuple(str(label) for label in labels)


def _areas_in_rows(table: pd.DataFrame, area: Sequence[str], group: str) -> _Placed:
    """Rows alike in group and in every area driver live in the same area."""
    group_code, groups = _group_codes(table, group)
    rows = code_rows(table, area, "area")
    n_patterns = len(rows.design)
    key = group_code * n_patterns + rows.pattern
    row_area, keys = pd.factorize(key, sort=True)
    area_group, pattern = np.divmod(keys, n_patterns)
    start = np.searchsorted(area_group, np.arange(len(groups) + 1))
    row_area = row_area.astype(np.int32)
    return _Placed(row_area, None, rows.design[pattern], rows.drivers, groups, start)


def _areas_by_key(
    table: pd.DataFrame,
    areas: pd.DataFrame,
    key: str | None,
    area: Sequence[str],
    group: str,
) -> _Placed:
    """Rows name their area; its drivers and group stand in a table of their own."""
    if key is None or key not in table.columns or key not in areas.columns:
        raise CypsError(
            f"The area key '{key}' must be a column of both the table and the table of areas."
        )
    if areas[key].duplicated().any():
        raise CypsError(f"The table of areas has some '{key}' more than once. Keep one row each.")
    group_code, groups = _group_codes(areas, group)
    by_group = np.argsort(group_code, kind="stable")
    rows = code_rows(areas.iloc[by_group], area, "area")
    if isinstance(table[key].dtype, pd.CategoricalDtype):
        named, names = table[key].cat.codes.to_numpy(), table[key].cat.categories
    else:
        named, names = pd.factorize(table[key])
    place = pd.Index(areas[key].to_numpy()[by_group]).get_indexer(pd.Index(names))
    row_area = np.append(place, -1).astype(np.int32)[named]
    if (row_area < 0).any():
        raise CypsError(
            f"{int((row_area < 0).sum()):,} rows have an area ('{key}') that is not in the table "
            "of areas. Add these areas, or drop the rows on purpose."
        )
    start = np.searchsorted(group_code[by_group], np.arange(len(groups) + 1))
    return _Placed(row_area, None, rows.design[rows.pattern], rows.drivers, groups, start)


def _without_empty(placed: _Placed, cell_start: NDArray[np.int64]) -> _Placed:
    """Drop areas, and then groups, in which no row lives (a sample of a wider table of areas)."""
    lived_in = np.diff(cell_start) > 0
    if lived_in.all():
        return placed
    n_before = np.append(0, np.cumsum(lived_in))[placed.start]
    kept = np.diff(n_before) > 0
    number = np.cumsum(lived_in) - 1
    return _Placed(
        placed.row_area,
        number,
        placed.design[lived_in],
        placed.drivers,
        tuple(label for label, keep in zip(placed.groups, kept, strict=True) if keep),
        np.append(n_before[:-1][kept], n_before[-1]),
    )


def _counts(table: pd.DataFrame, name: str) -> NDArray[np.integer]:
    """A column of whole numbers; flags stay in a byte a row."""
    if name not in table.columns:
        raise CypsError(f"There is no column '{name}' in the table.")
    values = table[name].to_numpy()
    if values.dtype == np.bool_:
        return np.asarray(values.view(np.uint8))
    if not (values.dtype.kind in "iu" and values.min() >= 0):
        as_numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
        wrong = ~(as_numbers >= 0) | (np.floor(as_numbers) != as_numbers)
        if wrong.any():
            raise CypsError(
                f"Column '{name}' must hold whole numbers of 0 or more, but "
                f"{int(wrong.sum()):,} of {len(table):,} rows don't (missing values included)."
            )
        values = as_numbers
    return np.asarray(values, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Counted:
    by_slot: NDArray[np.float64]
    by_area: NDArray[np.float64]
    log_choose: float


def _count_events(
    table: pd.DataFrame,
    metric: str,
    trials: NDArray[np.integer] | None,
    children: CodedRows,
    placed: _Placed,
    slot_start: NDArray[np.int64],
    slot_pattern: NDArray[np.int64],
) -> _Counted:
    happened = _counts(table, metric)
    too_many = happened > (1 if trials is None else trials)
    if too_many.any():
        what = "1 (a row is a child)" if trials is None else "the trials"
        raise CypsError(
            f"Events in '{metric}' are more than {what} in {int(too_many.sum()):,} rows. "
            "Name the column of trials, or correct these rows."
        )
    row = np.flatnonzero(happened)
    area: NDArray[np.integer] = placed.row_area[row]
    if placed.number is not None:
        area = placed.number[area]
    group = np.searchsorted(placed.start, area, side="right") - 1
    n_patterns = len(children.design)
    slot_group = np.repeat(np.arange(len(placed.groups)), np.diff(slot_start))
    slot = np.searchsorted(
        slot_group * n_patterns + slot_pattern, group * n_patterns + children.pattern[row]
    )
    return _Counted(
        np.bincount(slot, happened[row], len(slot_pattern)).astype(np.float64),
        np.bincount(area, happened[row], len(placed.design)).astype(np.float64),
        0.0 if trials is None else _log_choose(trials, happened),
    )


def _log_choose(n: NDArray[np.integer], k: NDArray[np.integer]) -> float:
    from scipy.special import gammaln  # only tables with trials need it, and it is slow to load

    return float((gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)).sum())


@nb.njit(cache=True)
def _count_cells(row_area, row_pattern, row_trials, n_areas, n_patterns):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Counting sort of the rows by area, then a tally of patterns in each area."""
    row_start = np.zeros(n_areas + 1, np.int64)
    for a in row_area:
        row_start[a + 1] += 1
    for a in range(n_areas):
        row_start[a + 1] += row_start[a]
    place = row_start[:-1].copy()
    pattern = np.empty(row_area.size, row_pattern.dtype)
    trials = np.empty(row_trials.size, np.int64)
    for i in range(row_area.size):
        to = place[row_area[i]]
        place[row_area[i]] += 1
        pattern[to] = row_pattern[i]
        if row_trials.size:
            trials[to] = row_trials[i]
    last_area = np.full(n_patterns, -1, np.int64)
    cell_start = np.zeros(n_areas + 1, np.int64)
    for a in range(n_areas):
        n = 0
        for i in range(row_start[a], row_start[a + 1]):
            if last_area[pattern[i]] != a:
                last_area[pattern[i]] = a
                n += 1
        cell_start[a + 1] = cell_start[a] + n
    cell_pattern = np.empty(cell_start[-1], np.int64)
    cell_count = np.empty(cell_start[-1], np.int32)
    tally = np.zeros(n_patterns, np.int64)
    last_area[:] = -1
    for a in range(n_areas):
        n = cell_start[a]
        for i in range(row_start[a], row_start[a + 1]):
            p = np.int64(pattern[i])
            if last_area[p] != a:
                last_area[p] = a
                tally[p] = 0
                cell_pattern[n] = p
                n += 1
            tally[p] += trials[i] if row_trials.size else 1
        cell_pattern[cell_start[a] : n].sort()
        for c in range(cell_start[a], n):
            cell_count[c] = tally[cell_pattern[c]]
    return cell_start, cell_pattern, cell_count


@nb.njit(cache=True)
def _number_slots(group_cell_start, cell_pattern, n_patterns):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """One slot for each pattern that occurs in a group, ascending by pattern."""
    n_groups = group_cell_start.size - 1
    slot_start = np.zeros(n_groups + 1, np.int64)
    slot_of = np.full(n_patterns, -1, np.int64)
    slot_pattern = np.empty(cell_pattern.size, np.int64)
    cell_slot = np.empty(cell_pattern.size, np.int32)
    n = 0
    for j in range(n_groups):
        first = n
        for c in range(group_cell_start[j], group_cell_start[j + 1]):
            if slot_of[cell_pattern[c]] < first:
                slot_of[cell_pattern[c]] = n
                slot_pattern[n] = cell_pattern[c]
                n += 1
        slot_pattern[first:n].sort()
        for s in range(first, n):
            slot_of[slot_pattern[s]] = s
        for c in range(group_cell_start[j], group_cell_start[j + 1]):
            cell_slot[c] = slot_of[cell_pattern[c]]
        slot_start[j + 1] = n
    return slot_start, slot_pattern[:n].copy(), cell_slot
