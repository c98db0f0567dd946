"""The workbooks that finance officers open: drawn by XlsxWriter, computing by themselves."""

from cyps_workbooks.page import Against, PackNote
from cyps_workbooks.record_sheet import read_records
from cyps_workbooks.settlement_workbook import write_settlement
from cyps_workbooks.what_if_workbook import write_what_if

__all__ = ["Against", "PackNote", "read_records", "write_settlement", "write_what_if"]
