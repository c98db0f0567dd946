"""A fit's problem: one metric of the cells, with drivers centred and scaled inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.cells import Cells

CellArrays = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]


@dataclass(frozen=True, slots=True)
class Problem:
    """Counts of one metric and a design whose columns are centred and scaled.

    Attributes
    ----------
    cell_arrays : area_start, cell_start, cell_slot, cell_count, as the passes want them
    slot_start, slot_pattern : slots of each group
    pattern_design : (n_patterns, k_child), intercept first
    slot_design : (n_slots, k_child), the same by slot
    area_design : (n_areas, k_area)
    events_by_column : X'y, (k,)
    slot_events, area_events : (n_slots,) and (n_areas,)
    group_events : (n_groups,)
    labels, extent : of the columns but the intercept, (k - 1,); greatest less smallest value here
    to_own_scale : (k, k), coefficients here -> coefficients on the drivers' own scale
    log_choose : constant of the likelihood
    """

    cell_arrays: CellArrays
    slot_start: NDArray[np.int64]
    slot_pattern: NDArray[np.int64]
    pattern_design: NDArray[np.float64]
    slot_design: NDArray[np.float64]
    area_design: NDArray[np.float64]
    events_by_column: NDArray[np.float64]
    slot_events: NDArray[np.float64]
    area_events: NDArray[np.float64]
    group_events: NDArray[np.float64]
    labels: tuple[str, ...]
    extent: NDArray[np.float64]
    to_own_scale: NDArray[np.float64]
    log_choose: float

    @property
    def n_groups(self) -> int:
        """Number of groups (authorities)."""
        return self.group_events.size

    @property
    def n_child(self) -> int:
        """Columns that belong to the child, the intercept included."""
        return int(self.pattern_design.shape[1])

    @property
    def area_start(self) -> NDArray[np.int64]:
        """First area of each group, (n_groups + 1,)."""
        return self.cell_arrays[0]

    def odds(self, beta: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Odds of each slot and each area, without the groups' effects."""
        pattern_odds = np.exp(self.pattern_design @ beta[: self.n_child])
        return pattern_odds[self.slot_pattern], np.exp(self.area_design @ beta[self.n_child :])

    def group_sum_of_areas(self, by_area: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over each group's areas of (n_areas, ...)."""
        return np.asarray(np.add.reduceat(by_area, self.area_start[:-1], axis=0))

    def group_column_sums(
        self, by_slot: NDArray[np.float64], by_area: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Sum of v x over each group's cells, from v summed by slot and by area: (n_groups, k)."""
        sums = np.empty((self.n_groups, self.events_by_column.size))
        slots, areas = self.slot_start, self.area_start
        for j in range(self.n_groups):
            s, a = slice(slots[j], slots[j + 1]), slice(areas[j], areas[j + 1])
            sums[j, : self.n_child] = by_slot[s] @ self.slot_design[s]
            sums[j, self.n_child :] = by_area[a] @ self.area_design[a]
        return sums


def problem_of(cells: Cells, metric: int) -> Problem:
    """Set up the fit of one metric.

    Columns are centred at their mean over children and divided by their spread,
    so that Newton's method sees numbers of one size whatever units the drivers
    come in; `to_own_scale` brings coefficients back.
    """
    slot_children = np.bincount(
        cells.cell_slot, cells.cell_count, minlength=len(cells.slot_pattern)
    ).astype(np.float64)
    first_cell = cells.cell_start[:-1]
    area_children = np.add.reduceat(cells.cell_count.astype(np.float64), first_cell)
    child_columns = cells.child_design[cells.slot_pattern]
    centre_c, spread_c = _centre_and_spread(child_columns, slot_children)
    centre_a, spread_a = _centre_and_spread(cells.area_design, area_children)
    centre, spread = np.append(centre_c, centre_a), np.append(spread_c, spread_a)
    k = centre.size + 1
    to_own_scale = np.eye(k)
    to_own_scale[1:, 1:] /= spread[:, None]
    to_own_scale[0, 1:] = -centre / spread
    pattern_design = np.hstack(
        [np.ones((len(cells.child_design), 1)), (cells.child_design - centre_c) / spread_c]
    )
    slot_design = pattern_design[cells.slot_pattern]
    area_design = np.ascontiguousarray((cells.area_design - centre_a) / spread_a)
    return Problem(
        cell_arrays=(cells.area_start, cells.cell_start, cells.cell_slot, cells.cell_count),
        slot_start=cells.slot_start,
        slot_pattern=cells.slot_pattern,
        pattern_design=pattern_design,
        slot_design=slot_design,
        area_design=area_design,
        events_by_column=np.append(
            slot_design.T @ cells.slot_events[metric],
            area_design.T @ cells.area_events[metric],
        ),
        slot_events=cells.slot_events[metric],
        area_events=cells.area_events[metric],
        group_events=cells.group_events[metric],
        labels=cells.labels[1:],
        extent=np.append(np.ptp(slot_design[:, 1:], axis=0), np.ptp(area_design, axis=0)),
        to_own_scale=to_own_scale,
        log_choose=float(cells.log_choose[metric]),
    )


def _centre_and_spread(
    columns: NDArray[np.float64], children: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    centre = children @ columns / children.sum()
    spread = np.sqrt(children @ (columns - centre) ** 2 / children.sum())
    spread[spread == 0] = 1.0
    return centre, spread
