"""Collapse: from a table of children to cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells.areas import (
    PlacedRows,
    areas_by_key,
    areas_in_rows,
    areas_of_rows,
    check_authority_drivers,
    without_empty_areas,
)
from cyps.cells.cells import Cells
from cyps.cells.drivers import CodedRows, code_rows
from cyps.cells.interactions import Named, checked_interactions, lay_out
from cyps.cells.tally import count_cells, number_slots
from cyps.errors import CypsError

_MOST_CHILDREN = int(np.iinfo(np.int32).max)


def collapse(
    table: pd.DataFrame,
    *,
    events: str | Sequence[str],
    child: Sequence[str],
    group: str,
    area: Sequence[str] = (),
    authority: Sequence[str] = (),
    interactions: Sequence[Sequence[str]] = (),
    references: Mapping[str, str] | None = None,
    trials: str | None = None,
    frequency: str | None = None,
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
    authority : columns of the authority's drivers (level 2), the same throughout each
    interactions : drivers that work together, such as ("fsm", "idaci"); a driver that is
        named nowhere else is the area's where `areas` has it, else the child's
    references : reference category by driver; by default the first (see `code_column`)
    trials : column with the number of children in the row; without it a row is a child
    frequency : column with the number of children alike that the row stands for, events
        being flags (frequency weights); not with `trials`
    areas : table of small areas, one row each, when the area's drivers are not
        repeated in every row; needs `area_key`, a column of both tables
    area_key : column that names the small area. Without `areas` rows spell out the area's
        drivers, and the key says which areas are one: three levels need it

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
    metrics = (events,) if isinstance(events, str) else tuple(events)
    named = Named((*child, *area, *authority), checked_interactions(interactions))
    _check_asked(table, metrics, named, {"child": child, "area": area, "authority": authority})
    if frequency is not None:
        if trials is not None:
            raise CypsError(
                "Rows have either trials (a row is a cell) or a frequency (a row is so many "
                "children alike), not both."
            )
        trials = frequency
    if trials is not None:
        lived = _counts(table, trials) > 0
        table = table if lived.all() else table[lived]
    if table.empty:
        raise CypsError("The table has no rows (or no trials), so there is nothing to count.")
    children, placed = _described(
        table, named, child, area, authority, group, references or {}, areas, area_key
    )
    n_trials = None if trials is None else _counts(table, trials)
    if n_trials is not None and n_trials.sum(dtype=np.float64) > _MOST_CHILDREN:
        raise CypsError(
            f"The trials in '{trials}' add up to {n_trials.sum(dtype=np.float64):,.0f}, more "
            f"children than can be counted ({_MOST_CHILDREN:,}). Is it the right column?"
        )
    cell_start, cell_pattern, cell_count = count_cells(
        placed.row_area,
        children.pattern,
        np.empty(0, np.int64) if n_trials is None else n_trials,
        len(placed.design),
        len(children.design),
    )
    placed = without_empty_areas(placed, cell_start)
    cell_start = np.append(0, cell_start[1:][np.diff(cell_start) > 0])
    slot_start, slot_pattern, cell_slot = number_slots(
        cell_start[placed.start], cell_pattern, len(children.design)
    )
    counted = [
        _count_events(
            table,
            metric,
            n_trials,
            frequency is not None,
            children,
            placed,
            slot_start,
            slot_pattern,
        )
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
        small_area=_numbered(placed.small_area),
        small_areas=placed.names[np.unique(placed.small_area)]
        if placed.names.size
        else placed.names,
        log_choose=np.array([count.log_choose for count in counted]),
    )


def _described(
    table: pd.DataFrame,
    named: Named,
    child: Sequence[str],
    area: Sequence[str],
    authority: Sequence[str],
    group: str,
    references: Mapping[str, str],
    areas: pd.DataFrame | None,
    area_key: str | None,
) -> tuple[CodedRows, PlacedRows]:
    """Every row's pattern and area, with all columns of the design."""
    only_together = [
        name
        for name in dict.fromkeys(name for names in named.together for name in names)
        if name not in named.own
    ]
    known = () if areas is None else areas.columns
    of_area = [*area, *authority, *(name for name in only_together if name in known)]
    of_child = [*child, *(name for name in only_together if name not in known)]
    if strangers := [name for name in references if name not in (*of_area, *of_child)]:
        raise CypsError(
            f"A reference category is given for {', '.join(strangers)}, which is no driver."
        )
    children = code_rows(table, of_child, "child", references)
    if areas is None and area_key is not None:
        areas = areas_of_rows(table, area_key, of_area, group)
    placed = (
        areas_in_rows(table, of_area, group, references)
        if areas is None
        else areas_by_key(table, areas, area_key, of_area, group, references)
    )
    if authority:
        placed = check_authority_drivers(placed, authority)
    if named.together:
        children, placed = lay_out(children, placed, named)
    return children, placed


def _numbered(small_area: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers 0, 1, ... for those that are there; -1 stays."""
    if not small_area.size or small_area[0] < 0:
        return small_area
    return np.append(0, np.cumsum(np.diff(small_area) > 0))


def _check_asked(
    table: pd.DataFrame,
    metrics: Sequence[str],
    named: Named,
    drivers: Mapping[str, Sequence[str]],
) -> None:
    if not isinstance(table, pd.DataFrame):
        raise CypsError(f"The table is a {type(table).__name__}; give a pandas DataFrame.")
    if not table.columns.is_unique:
        twice = sorted({str(name) for name in table.columns[table.columns.duplicated()]})
        raise CypsError(f"The table has more than one column named {', '.join(twice)}.")
    if not metrics:
        raise CypsError("No column of events is named, so there is nothing to fit.")
    for what, names in drivers.items():
        if isinstance(names, str):
            raise CypsError(f"Give {what} drivers as a list: {what}=['{names}'].")
    if twice := sorted({name for name in named.own if named.own.count(name) > 1}):
        raise CypsError(f"{', '.join(twice)} is named as a driver more than once.")


def _counts(table: pd.DataFrame, name: str) -> NDArray[np.integer]:
    """A column of whole numbers; flags stay in a byte a row."""
    if name not in table.columns:
        raise CypsError(f"There is no column '{name}' in the table.")
    values = table[name].to_numpy()
    if values.dtype == np.bool_:
        return np.asarray(values.view(np.uint8))
    if not (values.dtype.kind in "iu" and values.min() >= 0):
        if values.dtype.kind in "mMc":
            raise CypsError(f"Column '{name}' holds dates or complex numbers, not counts.")
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
    alike: bool,
    children: CodedRows,
    placed: PlacedRows,
    slot_start: NDArray[np.int64],
    slot_pattern: NDArray[np.int64],
) -> _Counted:
    """Events by slot and area; `alike` rows have flags and stand for `trials` children each."""
    happened = _counts(table, metric)
    too_many = happened > (1 if alike or trials is None else trials)
    if too_many.any():
        what = "1 (a row is a child)" if alike or trials is None else "the trials"
        raise CypsError(
            f"Events in '{metric}' are more than {what} in {int(too_many.sum()):,} rows. "
            "Name the column of trials, or correct these rows."
        )
    if alike and trials is not None:
        happened = happened * trials
    row = np.flatnonzero(happened != 0)  # of flags, much quicker than of numbers
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
        0.0 if alike or trials is None else _log_choose(trials, happened),
    )


def _log_choose(n: NDArray[np.integer], k: NDArray[np.integer]) -> float:
    from scipy.special import gammaln  # only tables with trials need it, and it is slow to load

    return float((gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)).sum())
