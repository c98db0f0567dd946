"""Children counted by pattern of drivers and area; never leaves the modeller's machine."""

from cyps.cells.bands import banded
from cyps.cells.blocks import SMALLEST_COUNT, DriverBlock, driver_blocks
from cyps.cells.cells import Cells
from cyps.cells.collapse import collapse
from cyps.cells.recount import recounted
from cyps.cells.stored import StoredRows, open_rows
from cyps.cells.terms import AuthorityDriver, Term
from cyps.pack import Driver, Interaction

__all__ = [
    "SMALLEST_COUNT",
    "AuthorityDriver",
    "Cells",
    "Driver",
    "DriverBlock",
    "Interaction",
    "StoredRows",
    "Term",
    "banded",
    "collapse",
    "driver_blocks",
    "open_rows",
    "recounted",
]
