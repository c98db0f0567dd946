"""Cells: children counted by pattern of drivers and area, all that a fit needs.

Binomial counts are sufficient for a logistic model, so nothing is lost when
children alike in every driver and living in the same area are counted
together. Cells stay on the modeller's machine: a cell with a count of 1 is a
child.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cyps.cells.terms import Term
from cyps.errors import CypsError
from cyps.pack import Interaction


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
    drivers : child drivers and their interactions, then area and authority drivers and
        theirs, in the order of the labels
    child_design : (n_patterns, n_child_labels), without intercept
    area_design : (n_areas, n_area_labels)
    area_start : (n_groups + 1,), first area of each group
    cell_start : (n_areas + 1,), first cell of each area
    slot_start : (n_groups + 1,), first slot of each group
    slot_pattern : (n_slots,), ascending within a group
    cell_slot, cell_count : (n_cells,), slot and number of children
    slot_events : (n_metrics, n_slots), children with the event
    area_events : (n_metrics, n_areas)
    small_area : (n_areas,), number of the small area that each area is a part of, ascending:
        where children's drivers work together with areas', an area holds those children of a
        small area who are alike in these; -1 everywhere where rows did not name theirs
    small_areas : (n_small_areas,), their names
    log_choose : (n_metrics,), sum over the table's rows of log(trials choose events);
        0 for rows that are children. Makes likelihoods comparable with other software.
    cell_events : (n_metrics, n_cells), children with the event in each cell; None unless
        `collapse` was asked for it. A fit does without; validation does not
    """

    groups: tuple[str, ...]
    metrics: tuple[str, ...]
    drivers: tuple[Term, ...]
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
    small_area: NDArray[np.int64]
    small_areas: NDArray[np.object_]
    log_choose: NDArray[np.float64]
    cell_events: NDArray[np.int32] | None = None

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

    def only(self, keep: NDArray[np.bool_]) -> Cells:
        """The cells of some groups: `keep` (n_groups,)."""
        area = np.repeat(keep, np.diff(self.area_start))
        slot = np.repeat(keep, np.diff(self.slot_start))
        cell = np.repeat(area, np.diff(self.cell_start))
        place, number = np.unique(self.small_area[area], return_inverse=True)
        return replace(
            self,
            groups=tuple(label for label, kept in zip(self.groups, keep, strict=True) if kept),
            area_design=self.area_design[area],
            area_start=_starts(np.diff(self.area_start)[keep]),
            cell_start=_starts(np.diff(self.cell_start)[area]),
            slot_start=_starts(np.diff(self.slot_start)[keep]),
            slot_pattern=self.slot_pattern[slot],
            cell_slot=(np.cumsum(slot) - 1)[self.cell_slot[cell]].astype(np.int32),
            cell_count=self.cell_count[cell],
            slot_events=self.slot_events[:, slot],
            area_events=self.area_events[:, area],
            small_area=number if self.small_areas.size else self.small_area[area],
            small_areas=self.small_areas[place] if self.small_areas.size else self.small_areas,
            cell_events=None if self.cell_events is None else self.cell_events[:, cell],
        )

    def without_drivers(self, names: Collection[str]) -> Cells:
        """The same children, described by fewer drivers (or interactions, such as "fsm:idaci").

        Cells that have become alike are not put together: likelihoods stay comparable, and
        a fit costs what it did.

        Raises
        ------
        CypsError
            When there is no such driver, or an interaction of it would stay.
        """
        known = [driver.name for driver in self.drivers]
        if strangers := [name for name in names if name not in known]:
            raise CypsError(
                f"There is no driver {', '.join(strangers)} to leave out; there are "
                f"{', '.join(known)}."
            )
        stay = [
            f"{term.name} ({part.name})"
            for term in self.drivers
            if isinstance(term, Interaction) and term.name not in names
            for part in term.parts
            if part.name in names
        ]
        if stay:
            raise CypsError(
                f"A driver is left out while an interaction of it stays: {', '.join(stay)}. "
                "Leave out the interaction too."
            )
        kept = {
            level: np.array(
                [d.name not in names for d in self.drivers if d.level == level for _ in d.labels],
                dtype=bool,
            )
            for level in ("child", "area")
        }
        return replace(
            self,
            drivers=tuple(driver for driver in self.drivers if driver.name not in names),
            child_design=np.ascontiguousarray(self.child_design[:, kept["child"]]),
            area_design=np.ascontiguousarray(self.area_design[:, kept["area"]]),
        )


def _starts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.append(0, np.cumsum(lengths))
