"""Blocks: the children behind each category of each driver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.cells.cells import Cells
from cyps.cells.terms import Term

SMALLEST_COUNT = 10
"""Fewest children that anything which leaves the modeller's machine may rest on."""


@dataclass(frozen=True, slots=True)
class DriverBlock:
    """One driver's columns and who stands behind them.

    Attributes
    ----------
    driver : whose columns these are
    columns : their places among the labels of `Cells.labels` (the intercept is 0)
    start : (n_groups + 1,), first slot (or, for an area's driver, area) of each group
    children : (n_slots,) or (n_areas,), number of children
    values : (n_slots, n_columns) or (n_areas, n_columns), the design
    """

    driver: Term
    columns: NDArray[np.int64]
    start: NDArray[np.int64]
    children: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def member(self) -> NDArray[np.float64]:
        """Membership of every category, the reference first; for categorical drivers."""
        return np.column_stack([1 - self.values.sum(axis=1), self.values])


def driver_blocks(cells: Cells) -> Iterator[DriverBlock]:
    """The blocks of all drivers, in the order of the labels."""
    slot_children = np.bincount(
        cells.cell_slot, cells.cell_count, minlength=len(cells.slot_pattern)
    ).astype(np.int64)
    area_children = np.add.reduceat(cells.cell_count.astype(np.int64), cells.cell_start[:-1])
    by_level = {
        "child": (cells.slot_start, slot_children, cells.child_design[cells.slot_pattern]),
        "area": (cells.area_start, area_children, cells.area_design),
    }
    next_column, first = 1, {"child": 0, "area": 0}
    for driver in cells.drivers:
        width, at = len(driver.labels), first[driver.level]
        start, children, design = by_level[driver.level]
        yield DriverBlock(
            driver,
            np.arange(next_column, next_column + width),
            start,
            children,
            design[:, at : at + width],
        )
        next_column, first[driver.level] = next_column + width, at + width
