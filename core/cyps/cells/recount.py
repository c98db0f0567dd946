"""Recount: the same kinds of children in other numbers, for halves of a sample and for studies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cyps.cells.cells import Cells
from cyps.errors import CypsError


def recounted(cells: Cells, count: NDArray[np.integer], events: NDArray[np.integer]) -> Cells:
    """Cells with other numbers of children and events; what is left empty is dropped.

    Parameters
    ----------
    cells : whose drivers, areas and authorities hold
    count : (n_cells,), children
    events : (n_metrics, n_cells), children with the event, no more than `count`

    Returns
    -------
    Cells
        with the events by cell; `log_choose` is 0, as for rows that are children

    Raises
    ------
    CypsError
        When nobody is left, or events are more than children.

    Examples
    --------
    >>> import pandas as pd
    >>> from cyps.cells import collapse
    >>> table = pd.DataFrame({"fsm": ["no", "yes", "no"], "la": ["A", "A", "B"], "CIN": [0, 1, 1]})
    >>> cells = collapse(table, events="CIN", child=["fsm"], group="la")
    >>> half = recounted(cells, np.array([1, 2, 0]), np.array([[0, 1, 0]]))
    >>> half.groups, half.cell_count.tolist(), half.events.tolist()
    (('A',), [1, 2], [1.0])
    """
    if (events < 0).any() or (events > count).any() or not (count > 0).any():
        raise CypsError("Cells are recounted with 0 to as many events as children, and somebody.")
    kept = count > 0
    of_area = np.repeat(np.arange(len(cells.area_design)), np.diff(cells.cell_start))
    in_area = np.bincount(of_area[kept], minlength=len(cells.area_design))
    area = in_area > 0
    slot = np.bincount(cells.cell_slot[kept], minlength=len(cells.slot_pattern)) > 0
    areas = np.add.reduceat(area.astype(np.int64), cells.area_start[:-1])
    slots = np.add.reduceat(slot.astype(np.int64), cells.slot_start[:-1])
    lived_in = areas > 0
    new_area = (np.cumsum(area) - 1)[of_area[kept]]
    new_slot = (np.cumsum(slot) - 1)[cells.cell_slot[kept]]
    happened = events[:, kept]
    place, number = np.unique(cells.small_area[area], return_inverse=True)
    named = cells.small_areas.size > 0
    return replace(
        cells,
        groups=tuple(g for g, some in zip(cells.groups, lived_in, strict=True) if some),
        area_design=cells.area_design[area],
        area_start=_starts(areas[lived_in]),
        cell_start=_starts(in_area[area]),
        slot_start=_starts(slots[lived_in]),
        slot_pattern=cells.slot_pattern[slot],
        cell_slot=new_slot.astype(np.int32),
        cell_count=count[kept].astype(np.int32),
        slot_events=_summed(new_slot, happened, int(slot.sum())),
        area_events=_summed(new_area, happened, int(area.sum())),
        small_area=number if named else cells.small_area[area],
        small_areas=cells.small_areas[place] if named else cells.small_areas,
        log_choose=np.zeros(len(cells.metrics)),
        cell_events=happened.astype(np.int32),
    )


def _starts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.append(0, np.cumsum(lengths))


def _summed(
    place: NDArray[np.int64], happened: NDArray[np.integer], size: int
) -> NDArray[np.float64]:
    return np.array([np.bincount(place, each, size) for each in happened], dtype=np.float64)
