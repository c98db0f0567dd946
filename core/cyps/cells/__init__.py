"""Children counted by pattern of drivers and area; never leaves the modeller's machine."""

from cyps.cells.cells import Cells
from cyps.cells.collapse import collapse
from cyps.cells.drivers import Driver

__all__ = ["Cells", "Driver", "collapse"]
