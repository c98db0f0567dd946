"""Halves: split the sample at random, fit each half, predict the other."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.cells import Cells, recounted
from cyps.errors import CypsError
from cyps.validating.chances import area_of_cells

SplitBy = Literal["small areas", "children"]


def events_of_cells(cells: Cells) -> NDArray[np.int32]:
    """The events of every cell, (n_metrics, n_cells), or a sentence where they were not kept."""
    if cells.cell_events is None:
        raise CypsError(
            "Validation needs the events of every cell. Count with collapse(..., "
            "events_by_cell=True)."
        )
    return cells.cell_events


def halves(cells: Cells, seed: int, by: SplitBy = "children") -> tuple[Cells, Cells]:
    """Two random halves that add up to the cells.

    Parameters
    ----------
    cells : with the events by cell
    seed : the same seed gives the same halves
    by : "children" puts each child in a half by the toss of a coin; "small areas" a whole
        small area, where rows name theirs

    Raises
    ------
    CypsError
        When the events of cells were not kept, or a half would be empty.

    Notes
    -----
    The halves have the same children for every metric, but each metric's events are dealt out
    apart: which children have two events is not in the cells.
    """
    events, count = events_of_cells(cells), cells.cell_count
    rng = np.random.default_rng(seed)
    if by == "small areas":
        if not cells.small_areas.size:
            raise CypsError("Rows did not name their small areas, so these cannot be split.")
        first = rng.permutation(len(cells.small_areas)) % 2 == 0
        in_first = first[cells.small_area[area_of_cells(cells)]]
        half, happened = count * in_first, events * in_first
    else:
        half = rng.binomial(count, 0.5)
        happened = np.array([rng.hypergeometric(each, count - each, half) for each in events])
    return recounted(cells, half, happened), recounted(cells, count - half, events - happened)
