"""The registry: every cell function and every action there is, each once."""

from __future__ import annotations

from typing import Final

from cyps_addin.actions import ACTION, ACTIONS, ASSUMPTIONS
from cyps_addin.declare import CellFunction
from cyps_addin.functions import about, explaining, from_cells, packs, settlements

CELL_FUNCTIONS: Final[tuple[CellFunction, ...]] = (
    *from_cells.FUNCTIONS,
    *packs.FUNCTIONS,
    *settlements.FUNCTIONS,
    *explaining.FUNCTIONS,
    *about.FUNCTIONS,
)
"""Every cell function there is, in the order of the reference page."""

FUNCTION: Final = {function.name: function for function in CELL_FUNCTIONS}
"""Cell functions by name."""

CATEGORIES: Final = tuple(dict.fromkeys(function.category for function in CELL_FUNCTIONS))

__all__ = ["ACTION", "ACTIONS", "ASSUMPTIONS", "CATEGORIES", "CELL_FUNCTIONS", "FUNCTION"]
