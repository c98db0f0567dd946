"""A settlement workbook after it was written: read back, checked, frozen, refreshed."""

from cyps_workbooks.kept.opened import Opened, open_settlement
from cyps_workbooks.kept.read_back import ReadBack, read_back

__all__ = ["Opened", "ReadBack", "open_settlement", "read_back"]
