"""Copies of the workbook in front: the host saves one, the action reads it and takes it away.

So an action never touches the workbook that is open: it may be unsaved, protected, in manual
calculation, on OneDrive or full of other add-ins' names.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from cyps_addin.actions.asked import Asked
from cyps_addin.declare import Action, Cells
from cyps_addin.log import data_folder

_FOLDER: Final = "copies"
_OLD: Final = 3600.0
"""Seconds after which a copy that nobody used goes; its host was stopped."""


def _copy_place(asked: Asked) -> Cells:
    """Where the host may save a copy of the workbook whose name is the text."""
    folder = data_folder() / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        if time.time() - left.stat().st_mtime > _OLD:
            shutil.rmtree(left, ignore_errors=True)
    name = re.sub(r"[^\w .()-]", "_", re.split(r"[\\/]", asked.text)[-1]).strip(". ")
    stem = name.rpartition(".")[0] or name or "workbook"
    own = Path(tempfile.mkdtemp(dir=folder))
    return str(own / f"{stem[:80]}.xlsx")


def used_up(book: Path | None) -> None:
    """Take a copy away again, if it is one of ours."""
    if book is not None and book.parent.parent == data_folder() / _FOLDER:
        shutil.rmtree(book.parent, ignore_errors=True)


COPIES: Final = (
    Action(
        "copy_place", "Copy", "", "Where a copy of the workbook in front may go",
        "Asked by the ribbon before an action on the workbook.", "", "", _copy_place,
    ),
)  # fmt: skip
