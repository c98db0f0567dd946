"""The host without a window: actions on a workbook's file, from `cyps action` and from tests."""

from cyps_addin.headless.host import Done, act

__all__ = ["Done", "act"]
