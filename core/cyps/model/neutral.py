"""Neutralise: children who do not differ by a driver, so that it moves nobody's use."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cyps.cells import SMALLEST_COUNT, Cells, DriverBlock, Interaction, driver_blocks
from cyps.errors import CypsError
from cyps.pack import Neutral


def neutral_cells(cells: Cells, neutral: Mapping[str, Neutral]) -> Cells:
    """The same children, alike in the named drivers, to predict their use from.

    The design of a driver becomes 0 ("reference": every child in the reference category) or
    its mean over children ("average": over all children, "own average": over those of the
    child's authority). A child's *linear predictor* then has the average of the driver's
    terms, weighted by children; it is not the average of the probabilities that the child
    would have in each category, which lies a little higher where events are rare.

    Parameters
    ----------
    cells : the children to predict for
    neutral : what is done with each driver; the rest stays as it is

    Raises
    ------
    CypsError
        When there is no such driver, a number is to be put at its reference, which it
        doesn't have, or the driver is part of an interaction.
    """
    _check(cells, neutral)
    if not neutral:
        return cells
    child = cells.child_design[cells.slot_pattern]
    area = cells.area_design.copy()
    first = {"child": 0, "area": 0}
    for block in driver_blocks(cells):
        level = block.driver.level
        columns = slice(first[level], first[level] + len(block.columns))
        first[level] = columns.stop
        how = neutral.get(block.driver.name)
        if how is not None:
            (child if level == "child" else area)[:, columns] = _alike(block, how)
    # Slots stand in for patterns: an authority's average may differ from the next one's.
    return replace(
        cells,
        child_design=child,
        area_design=area,
        slot_pattern=np.arange(len(child), dtype=cells.slot_pattern.dtype),
    )


def driver_means(cells: Cells) -> NDArray[np.float64]:
    """Mean of each coefficient's column over all children, (k,); 1 for the intercept."""
    means = np.ones(len(cells.labels))
    for block in driver_blocks(cells):
        means[block.columns] = block.children @ block.values / block.children.sum()
    return means


def few_differ(cells: Cells, names: Collection[str]) -> tuple[str, ...]:
    """Groups where their use with some drivers neutralised would tell of a handful of children.

    Use as it is less use with a driver neutralised tells of those who are not in the
    reference category, or not alike with most of the group; use with each of two drivers
    neutralised, with both and with neither, of those who differ by both. Where there are
    some, but fewer than the smallest count, the group is one of these.
    """
    blocks = [block for block in driver_blocks(cells) if block.driver.name in names]
    few = np.zeros(len(cells.groups), dtype=bool)
    for block in blocks:
        few |= _a_handful(np.add.reduceat(block.children * _unusual(block), block.start[:-1]))
    first = cells.cell_start[cells.area_start[:-1]]
    by_cell = [_of_cells(cells, block, _differs(block)) for block in blocks]
    for size in range(1, len(by_cell) + 1):
        for together in itertools.combinations(by_cell, size):
            both = np.logical_and.reduce(together)
            few |= _a_handful(np.add.reduceat(np.where(both, cells.cell_count, 0), first))
    return tuple(group for group, some in zip(cells.groups, few.tolist(), strict=True) if some)


def _a_handful(children: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray((children > 0) & (children < SMALLEST_COUNT))


def _differs(block: DriverBlock) -> NDArray[np.bool_]:
    """Which rows of a block are not in the reference category, or not at the usual number."""
    return np.asarray(block.values.any(axis=1)) if block.driver.categories else _unusual(block)


def _unusual(block: DriverBlock) -> NDArray[np.bool_]:
    """Which rows of a block differ from most children of their group."""
    unusual = np.zeros(len(block.children), dtype=bool)
    for start, stop in itertools.pairwise(block.start.tolist()):
        children, values = block.children[start:stop], block.values[start:stop]
        _, place = np.unique(values, axis=0, return_inverse=True)
        unusual[start:stop] = place.ravel() != np.bincount(place.ravel(), children).argmax()
    return unusual


def _of_cells(cells: Cells, block: DriverBlock, of_rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A property of slots or of areas, for every cell."""
    if block.driver.level == "child":
        return np.asarray(of_rows[cells.cell_slot])
    return np.asarray(np.repeat(of_rows, np.diff(cells.cell_start)))


def _alike(block: DriverBlock, how: Neutral) -> NDArray[np.float64]:
    """What the driver's columns become: (n_columns,), or (n_rows, n_columns) by authority."""
    if how == "reference":
        return np.zeros(len(block.columns))
    if how == "average":
        return np.asarray(block.children @ block.values / block.children.sum())
    first = block.start[:-1]
    weighted = np.add.reduceat(block.children[:, None] * block.values, first)
    own = weighted / np.add.reduceat(block.children, first)[:, None]
    return np.asarray(np.repeat(own, np.diff(block.start), axis=0))


def _check(cells: Cells, neutral: Mapping[str, Neutral]) -> None:
    drivers = {driver.name: driver for driver in cells.drivers}
    for name, how in neutral.items():
        if name not in drivers:
            raise CypsError(
                f"There is no driver '{name}' to neutralise. There are {', '.join(drivers)}."
            )
        joint = [
            term.name
            for term in cells.drivers
            if isinstance(term, Interaction)
            and name in (term.name, *(part.name for part in term.parts))
        ]
        if joint:
            raise CypsError(
                f"Driver '{name}' works together with others in {', '.join(joint)}, and would "
                "go on moving use through it. A driver of an interaction cannot be neutralised."
            )
        if how not in ("reference", "average", "own average"):
            raise CypsError(
                f"Driver '{name}' cannot be neutralised by '{how}'. Say reference, average or "
                "own average."
            )
        if how == "reference" and not drivers[name].categories:
            raise CypsError(
                f"Driver '{name}' is a number and has no reference category. Put everybody at "
                "its average or own average."
            )
