"""Cells: children counted by pattern of drivers and area, all that a fit needs.

Binomial counts are sufficient for a logistic model, so nothing is lost when
children alike in every driver and living in the same area are counted
together. Cells stay on the modeller's machine: a cell with a count of 1 is a
child.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.pack import Driver


@dataclass(frozen=True, slots=True)
class Cells:
    """Children by (area, pattern), areas in the order of their authorities.

    Within an authority each pattern that occurs has one *slot*; a cell points at
    its slot, so that a pass over an authority's cells reads a short, dense stretch
    of memory and sums by slot need no matrix of authorities x patterns.

    Attributes
    ----------
    groups : labels of the authorities (or any grouping), sorted
    metrics : the activity metrics counted
    drivers : child drivers, then area drivers, in the order of the labels
    child_design : (n_patterns, n_child_labels), without intercept
    area_design : (n_areas, n_area_labels)
    area_start : (n_groups + 1,), first area of each group
    cell_start : (n_areas + 1,), first cell of each area
    slot_start : (n_groups + 1,), first slot of each group
    slot_pattern : (n_slots,), ascending within a group
    cell_slot, cell_count : (n_cells,), slot and number of children
    slot_events : (n_metrics, n_slots), children with the event
    area_events : (n_metrics, n_areas)
    log_choose : (n_metrics,), sum over the table's rows of log(trials choose events);
        0 for rows that are children. Makes likelihoods comparable with other software.
    """

    groups: tuple[str, ...]
    metrics: tuple[str, ...]
    drivers: tuple[Driver, ...]
    child_design: NDArray[np.float64]
    area_design: NDArray[np.float64]
    area_start: NDArray[np.int64]
    cell_start: NDArray[np.int64]
    slot_start: NDArray[np.int64]
    slot_pattern: NDArray[np.int64]
    cell_slot: NDArray[np.int32]
    cell_count: NDArray[np.int32]
    slot_events: NDArray[np.float64]
    area_events: NDArray[np.float64]
    log_choose: NDArray[np.float64]

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the coefficients: the intercept, child drivers, area drivers."""
        return ("Intercept", *(label for driver in self.drivers for label in driver.labels))

    @property
    def children(self) -> int:
        """Number of children (trials) counted."""
        return int(self.cell_count.sum(dtype=np.int64))

    @property
    def events(self) -> NDArray[np.float64]:
        """Number of children with each event, (n_metrics,)."""
        return np.asarray(self.area_events.sum(axis=1))

    @property
    def group_events(self) -> NDArray[np.float64]:
        """Number of children with each event by group, (n_metrics, n_groups)."""
        return np.asarray(np.add.reduceat(self.area_events, self.area_start[:-1], axis=1))

    @property
    def group_children(self) -> NDArray[np.int64]:
        """Number of children by group, (n_groups,)."""
        first_cell = self.cell_start[self.area_start[:-1]]
        return np.asarray(np.add.reduceat(self.cell_count.astype(np.int64), first_cell))
