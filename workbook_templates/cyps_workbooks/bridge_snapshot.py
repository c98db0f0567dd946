"""What moved the pounds from B to A, taken once as the workbook is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.explain import Bridge, NoBridge, bridge
from cyps.explain.ingredients import paired, what_differs
from cyps.settlement import Settlement

_COMMON = ("cost weights", "area cost", "pot", "baseline", "damping rule", "rounding")
MOST_COMPONENTS = 10
"""2^10 settlements take less than a second, so that to check a workbook stays quick."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The bridge of a year as the engine made it, in the columns of the sheet.

    `amounts` is (n_authorities, n_columns): B, the components, A as written; not a number where
    there is no bridge, and `words` says why, or over which orders it is averaged.
    """

    amounts: NDArray[np.float64]
    words: str


def components(metrics: Sequence[str]) -> tuple[str, ...]:
    """What can move the pounds, in the order of the formula."""
    return (*(f"use of {metric}" for metric in metrics), *_COMMON)


def snapshot(before: Settlement, after: Settlement) -> Snapshot:
    """Pounds of B, what each component moved, pounds of A: every row adds up to the pound."""
    named = components(after.use.metrics)
    ends = (before.pounds.astype(np.float64), after.pounds.astype(np.float64))
    try:
        _check_few(before, after)
        try:
            found = bridge(before, after)
        except NoBridge:
            found = bridge(before, after, feasible_orders_only=True)
    except CypsError as error:
        unknown = np.full((len(after.pounds), len(named)), np.nan)
        return Snapshot(np.column_stack([ends[0], unknown, ends[1]]), f"No bridge: {error}")
    moved = np.column_stack([found.of(component) for component in named])
    return Snapshot(np.column_stack([ends[0], moved, ends[1]]), _orders(found))


def _check_few(before: Settlement, after: Settlement) -> None:
    many = len(what_differs(*paired(before, after)))
    if many > MOST_COMPONENTS:
        raise CypsError(
            f"{many} things differ, and a workbook averages over at most {MOST_COMPONENTS}. Use "
            "cyps bridge with --together."
        )


def _orders(found: Bridge) -> str:
    if found.feasible_orders == found.orders:
        return (
            "What differs is changed one by one; each step is averaged over every order, "
            f"{found.orders:,} in all."
        )
    return (
        f"What differs is changed one by one; each step is averaged over {found.feasible_orders:,} "
        f"of {found.orders:,} orders. The others pass a settlement that cannot be made."
    )
