"""What Excel will see: each cell function declared once, computing by the core.

The functions run here, from Python; the hosts that put them into Excel and
LibreOffice (generated VBA, a COM server, a Calc add-in) are not built yet.
"""

from cyps_addin.functions import CELL_FUNCTIONS, CellFunction, call

__all__ = ["CELL_FUNCTIONS", "CellFunction", "call"]
