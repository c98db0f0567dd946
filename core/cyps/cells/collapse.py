"""Collapse: from a table of children to cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells.areas import (
    PlacedRows,
    areas_by_key,
    areas_in_rows,
    areas_of_rows,
    check_authority_drivers,
    check_key,
    without_empty_areas,
)
from cyps.cells.cells import Cells
from cyps.cells.counted import CountBy, CountedRows, rows_in_memory
from cyps.cells.drivers import CodedRows, Declared, code_rows
from cyps.cells.interactions import Named, checked_interactions, lay_out
from cyps.cells.tally import count_cells, number_slots
from cyps.errors import CypsError

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cyps.cells.stored import StoredRows


def collapse(
    table: pd.DataFrame | StoredRows | ir.Table,
    *,
    events: str | Sequence[str],
    child: Sequence[str] = (),
    group: str,
    area: Sequence[str] = (),
    authority: Sequence[str] = (),
    interactions: Sequence[Sequence[str]] = (),
    categories: Mapping[str, Sequence[Any]] | None = None,
    references: Mapping[str, str] | None = None,
    trials: str | None = None,
    frequency: str | None = None,
    areas: pd.DataFrame | None = None,
    area_key: str | None = None,
    events_by_cell: bool = False,
) -> Cells:
    """Count the children of a table by their drivers and area.

    The same cells, bit for bit, whether the rows are in memory, in files (from
    `open_rows`) or in a database (an Ibis table), whatever their order.

    Parameters
    ----------
    table : one row a child (events are flags) or one a cell (with `trials`): a pandas
        table, `open_rows(...)` or an Ibis table; of the last two only counts come here
    events : column, or columns, of events: one for each activity metric
    child : columns of the child's own drivers
    group : column of the authority (in `areas` when that is given)
    area : columns of the area's drivers
    authority : columns of the authority's drivers (level 2), the same throughout each
    interactions : drivers that work together, such as ("fsm", "idaci"); a driver that is
        named nowhere else is the area's where `areas` has it, else the child's
    categories : for drivers by name, every category in order, the reference first;
        without it those of a pandas Categorical, or all text in alphabetical order
    references : reference category by driver; by default the first (see `code_column`)
    trials : column with the number of children in the row; without it a row is a child
    frequency : column with the number of children alike that the row stands for, events
        being flags (frequency weights); not with `trials`
    areas : table of small areas, one row each, when the area's drivers are not
        repeated in every row; needs `area_key`, a column of both tables
    area_key : column that names the small area. Without `areas` rows spell out the area's
        drivers, and the key says which areas are one: three levels need it
    events_by_cell : keep the events of every cell too, 4 bytes a cell and metric: a fit does
        without, `cyps.validating` and `recounted` need them

    Returns
    -------
    Cells

    Raises
    ------
    CypsError
        When a column is not there, a value is missing or not among the declared
        categories, events are not whole numbers between 0 and trials, or a
        child's area is not in `areas`.

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
    _check_asked(metrics, named, {"child": child, "area": area, "authority": authority})
    if frequency is not None and trials is not None:
        raise CypsError(
            "Rows have either trials (a row is a cell) or a frequency (a row is so many "
            "children alike), not both."
        )
    declared = Declared(categories or {}, references or {})
    by = _count_by(named, child, (*area, *authority), group, areas, area_key, declared)
    if isinstance(table, pd.DataFrame):
        counted = rows_in_memory(table, metrics, trials, frequency)
    else:
        from cyps.cells.engine import count_in_engine  # slow to load

        counted = count_in_engine(table, metrics, by, trials or frequency)
    children, placed = _described(counted, by)
    if authority:
        placed = check_authority_drivers(placed, authority)
    if named.together:
        children, placed = lay_out(children, placed, named)
    cells = _cells_of(counted, metrics, children, placed)
    return _with_cell_events(cells, counted, children, placed) if events_by_cell else cells


def _with_cell_events(
    cells: Cells, counted: CountedRows, children: CodedRows, placed: PlacedRows
) -> Cells:
    """The same cells with the events of each; cells stand by area, then by pattern."""
    lived_in, number = np.unique(placed.number[placed.row_area], return_inverse=True)
    n_patterns = len(children.design)
    area = np.repeat(np.arange(len(lived_in)), np.diff(cells.cell_start))
    key = area * n_patterns + cells.slot_pattern[cells.cell_slot]
    events = np.zeros((len(cells.metrics), key.size), np.int32)
    for m, happened in enumerate(counted.happened):
        row = np.flatnonzero(happened != 0)
        cell = np.searchsorted(key, number[row] * n_patterns + children.pattern[row])
        events[m] = np.bincount(cell, happened[row], key.size)
    return replace(cells, cell_events=events)


def _cells_of(
    counted: CountedRows, metrics: tuple[str, ...], children: CodedRows, placed: PlacedRows
) -> Cells:
    # Read-only whatever the rows came from: one compiled loop.
    row_area = np.ascontiguousarray(placed.row_area).view()
    row_area.flags.writeable = False
    cell_start, cell_pattern, cell_count = count_cells(
        row_area,
        placed.number,
        children.pattern,
        np.empty(0, np.int64) if counted.children is None else counted.children,
        len(placed.design),
        len(children.design),
    )
    placed = without_empty_areas(placed, cell_start)
    cell_start = np.append(0, cell_start[1:][np.diff(cell_start) > 0])
    slot_start, slot_pattern, cell_slot = number_slots(
        cell_start[placed.start], cell_pattern, len(children.design)
    )
    summed = [
        _sum_events(happened, children, placed, slot_start, slot_pattern)
        for happened in counted.happened
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
        slot_events=np.array([events.by_slot for events in summed]),
        area_events=np.array([events.by_area for events in summed]),
        small_area=_numbered(placed.small_area),
        small_areas=placed.names[np.unique(placed.small_area)]
        if placed.names.size
        else placed.names,
        log_choose=np.array(counted.log_choose),
    )


def _count_by(
    named: Named,
    child: Sequence[str],
    area: Sequence[str],
    group: str,
    areas: pd.DataFrame | None,
    area_key: str | None,
    declared: Declared,
) -> CountBy:
    """Whose property each driver is, those of interactions alone included."""
    only_together = [
        name
        for name in dict.fromkeys(name for names in named.together for name in names)
        if name not in named.own
    ]
    known = () if areas is None else areas.columns
    of_area = [*area, *(name for name in only_together if name in known)]
    of_child = [*child, *(name for name in only_together if name not in known)]
    for what, of_driver in (
        ("A reference category is", declared.references),
        ("Categories are", declared.categories),
    ):
        if strangers := [name for name in of_driver if name not in (*of_area, *of_child)]:
            raise CypsError(f"{what} given for {', '.join(strangers)}, which is no driver.")
    return CountBy(of_child, of_area, group, areas, area_key, declared)


def _described(counted: CountedRows, by: CountBy) -> tuple[CodedRows, PlacedRows]:
    """Every row's pattern and area, with the columns of the drivers."""
    table, stands_for = counted.table, counted.stands_for
    children = code_rows(table, by.child, "child", by.declared, stands_for)
    if by.areas is None and by.area_key is None:
        return children, areas_in_rows(table, by.area, by.group, by.declared, stands_for)
    areas = by.areas
    if areas is None:
        areas = areas_of_rows(table, str(by.area_key), by.area, by.group)
    key = check_key(list(table.columns), areas, by.area_key)
    placed = areas_by_key(table, areas, key, by.area, by.group, by.declared, stands_for)
    return children, placed


def _numbered(small_area: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers 0, 1, ... for those that are there; -1 stays."""
    if not small_area.size or small_area[0] < 0:
        return small_area
    return np.append(0, np.cumsum(np.diff(small_area) > 0))


def _check_asked(
    metrics: Sequence[str], named: Named, drivers: Mapping[str, Sequence[str]]
) -> None:
    if not metrics:
        raise CypsError("No column of events is named, so there is nothing to fit.")
    if twice := sorted({name for name in metrics if metrics.count(name) > 1}):
        raise CypsError(f"{', '.join(twice)} is named as a metric more than once.")
    for what, names in drivers.items():
        if isinstance(names, str):
            raise CypsError(f"Give {what} drivers as a list: {what}=['{names}'].")
    if twice := sorted({name for name in named.own if named.own.count(name) > 1}):
        raise CypsError(f"{', '.join(twice)} is named as a driver more than once.")


@dataclass(frozen=True, slots=True)
class _SummedEvents:
    by_slot: NDArray[np.float64]
    by_area: NDArray[np.float64]


def _sum_events(
    happened: NDArray[np.integer],
    children: CodedRows,
    placed: PlacedRows,
    slot_start: NDArray[np.int64],
    slot_pattern: NDArray[np.int64],
) -> _SummedEvents:
    row = np.flatnonzero(happened != 0)  # of flags, much quicker than of numbers
    area = placed.number[placed.row_area[row]]
    group = np.searchsorted(placed.start, area, side="right") - 1
    n_patterns = len(children.design)
    slot_group = np.repeat(np.arange(len(placed.groups)), np.diff(slot_start))
    slot = np.searchsorted(
        slot_group * n_patterns + slot_pattern, group * n_patterns + children.pattern[row]
    )
    return _SummedEvents(
        np.bincount(slot, happened[row], len(slot_pattern)).astype(np.float64),
        np.bincount(area, happened[row], len(placed.design)).astype(np.float64),
    )
