"""How a frozen workbook says that it is one."""

from __future__ import annotations

import re

from cyps_workbooks.kept.opened import Opened
from cyps_workbooks.layout import RECORD

FROZEN = "FROZEN"
_SINCE = re.compile(rf"{FROZEN} ([^:]{{1,40}}): ")


def frozen_since(opened: Opened) -> str:
    """The day on which a workbook was frozen, as its sheets say; nothing where it lives.

    Examples
    --------
    >>> from pathlib import Path
    >>> from cyps_workbooks.published.foreign import Workbook
    >>> frozen_since(Opened.of(Path("a.xlsx"), Workbook()))
    ''
    """
    if RECORD not in opened.sheets:
        return ""
    found = _SINCE.match(str(opened.entry(RECORD, 1, 1).value or ""))
    return found[1] if found else ""
