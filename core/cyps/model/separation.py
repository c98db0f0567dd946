"""Separation: categories whose coefficient would be infinite, found before the fit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cyps.cells import SMALLEST_COUNT, Cells, DriverBlock, Interaction, driver_blocks
from cyps.errors import CypsError


def check_separation(cells: Cells, metric: int) -> None:
    """Every category needs a child with the event and one without."""
    name = cells.metrics[metric]
    happened = cells.events[metric]
    if not 0 < happened < cells.children:
        raise CypsError(
            f"{'No' if happened == 0 else 'Every'} child has the event {name}, "
            "so nothing can be fitted to it."
        )
    for block in driver_blocks(cells):
        if len(block.driver.categories) == 1:
            raise CypsError(
                f"Driver '{block.driver.name}' has only one category, so that it tells nothing "
                "of anybody. Leave it out."
            )
        events = cells.slot_events if block.driver.level == "child" else cells.area_events
        counts = np.stack([block.children, events[metric]]).astype(np.float64)
        for what, driver, members in _categories(block):
            children, with_event = counts @ members
            _check_category(name, what, driver, int(children), int(with_event))


def _categories(block: DriverBlock) -> Iterator[tuple[str, str, NDArray[np.float64]]]:
    """Each category of a driver, or each combination of two drivers', and who is in it."""
    term = block.driver
    if term.categories:
        for category, members in zip(term.categories, block.member.T, strict=True):
            yield f"Category '{category}'", f"driver '{term.name}'", members
    elif isinstance(term, Interaction) and all(part.categories for part in term.parts):
        for label, members in zip(term.labels, block.values.T, strict=True):
            yield f"Combination '{label}'", f"interaction '{term.name}'", members


def _check_category(metric: str, named: str, driver: str, children: int, events: int) -> None:
    if 0 < events < children:
        return
    # A category of a handful of children may say who they are.
    if 0 < children < SMALLEST_COUNT:
        named = f"A category of fewer than {SMALLEST_COUNT} children"
    what = "there is no child in it" if children == 0 else f"{metric} happens to nobody in it"
    if events and events == children:
        what = f"{metric} happens to everybody in it"
    raise CypsError(
        f"{named} of {driver} cannot have a coefficient for {metric}: "
        f"{what}. Put it together with another category, or leave the driver out."
    )
