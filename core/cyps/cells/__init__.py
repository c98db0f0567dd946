"""Children counted by pattern of drivers and area; never leaves the modeller's machine."""

from cyps.cells.blocks import SMALLEST_COUNT, DriverBlock, driver_blocks
from cyps.cells.cells import Cells
from cyps.cells.collapse import collapse
from cyps.pack import Driver

__all__ = ["SMALLEST_COUNT", "Cells", "Driver", "DriverBlock", "collapse", "driver_blocks"]
