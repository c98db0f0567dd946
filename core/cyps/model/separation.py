"""Separation: categories whose coefficient would be infinite, found before the fit."""

from __future__ import annotations

from cyps.cells import SMALLEST_COUNT, Cells, driver_blocks
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
        if block.driver.categories:
            events = cells.slot_events if block.driver.level == "child" else cells.area_events
            counts = zip(
                block.driver.categories,
                block.children @ block.member,
                events[metric] @ block.member,
                strict=True,
            )
            for category, children, with_event in counts:
                _check_category(name, block.driver.name, category, int(children), int(with_event))


def _check_category(metric: str, driver: str, category: str, children: int, events: int) -> None:
    if 0 < events < children:
        return
    # A category of a handful of children may say who they are.
    named = f"Category '{category}'"
    if 0 < children < SMALLEST_COUNT:
        named = f"A category of fewer than {SMALLEST_COUNT} children"
    what = "there is no child in it" if children == 0 else f"{metric} happens to nobody in it"
    if events and events == children:
        what = f"{metric} happens to everybody in it"
    raise CypsError(
        f"{named} of driver '{driver}' cannot have a coefficient for {metric}: "
        f"{what}. Put it together with another category, or leave the driver out."
    )
