"""An action on a workbook's file: read a copy, act, write beside, then replace."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cyps.errors import CypsError
from cyps_addin.actions import ACTION, run_action, writes
from cyps_addin.actions.formats import formats
from cyps_addin.declare import Action, Cells
from cyps_addin.headless.parts import (
    NewSheet,
    Parts,
    add_sheet,
    free_name,
    packed,
    parts_of,
    sheet_names,
    structure_locked,
    typed,
    without_values,
)
from cyps_workbooks.kept import Opened
from cyps_workbooks.kept.opened import (
    as_settlement,
    is_open_elsewhere,
    is_what_if,
    open_workbook,
)
from cyps_workbooks.placing import put_in_place

ALONE: Final = "This action needs no workbook, so there is nothing to write. Leave --out away."


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an action.

    Attributes
    ----------
    table : what it shows, with its header row
    written : the workbook that was written, or None where nothing was
    sheet : the new sheet in it, or "" where cells were typed into
    recalculated : whether its formulas were computed anew, where cells were typed into
    """

    table: Cells
    written: Path | None = None
    sheet: str = ""
    recalculated: bool = True


def act(name: str, book: Path | None = None, *, text: str = "", out: Path | None = None) -> Done:
    """Run an action of the ribbon on a settlement workbook's file.

    Parameters
    ----------
    name : of the action
    book : the workbook; never changed unless `out` is it
    text : a file, a place or an assumption, where the action asks for one
    out : where the workbook goes with the new sheet or the changed cells; with None nothing is
        written and the table is all

    Raises
    ------
    CypsError
        When the workbook is open elsewhere, is none of ours, has macros, or cannot be used; the
        file stays as it was.

    Examples
    --------
    >>> act("about").table[1][0]
    'cyps'
    """
    action = ACTION.get(name)
    if action is None or not _for_people(action):
        names = ", ".join(one.name for one in ACTION.values() if _for_people(one))
        raise CypsError(f"There is no action '{name[:40]}'. There are {names}.")
    _check_asked(action, book, text, out)
    if book is None or not action.on_book:
        return Done(run_action(name, text))
    if out is not None:
        _check_free(book, out)
    opened = open_workbook(book)
    if not (action.what_if and is_what_if(opened)):
        as_settlement(opened)
    rows = _on_copy(action, book, text)
    if out is None:
        return Done(rows)
    if action.writes:
        return _typed_into(book, opened, rows, out)
    parts = parts_of(book)
    if structure_locked(parts):
        raise CypsError(
            f"{book.name} takes no new sheet: its structure is protected. Leave --out away to see "
            "the table, or take the protection off (Review, Protect Workbook) in a copy."
        )
    sheet = free_name(f"CYPS {action.label}", sheet_names(parts))
    add_sheet(parts, NewSheet(sheet, rows, formats(rows)))
    put_in_place(packed(parts), out)
    return Done(rows, out, sheet)


def _for_people(action: Action) -> bool:
    """Whether a person asks for it; the others hosts ask for themselves."""
    return action.shown or action.on_book


def _check_asked(action: Action, book: Path | None, text: str, out: Path | None) -> None:
    if action.on_book and book is None:
        raise CypsError(f"{action.label} works on a settlement workbook. Name its file.")
    if not action.on_book and out is not None:
        raise CypsError(ALONE)
    if (action.asks or action.name == "assume") and not text:
        needed = {"file": "a file", "place": "a name for the new file"}.get(
            action.asks, "an assumption such as floor=-5%"
        )
        raise CypsError(f"{action.label} needs {needed}. Give it with --with.")


def _check_free(book: Path, out: Path) -> None:
    """The file that is to be written is open nowhere, and no other workbook's."""
    if out.suffix.lower() != ".xlsx":
        raise CypsError(f"{out.name} would not open in Excel: the name has to end in .xlsx.")
    if lock := is_open_elsewhere(out):
        raise CypsError(
            f"{out.name} is open: {lock} lies beside it. Close it and run again; if it is open "
            f"nowhere, delete {lock}. Nothing was changed."
        )
    if out.exists() and not out.samefile(book):
        raise CypsError(f"{out} is there already and was not touched. Choose another name.")


def _on_copy(action: Action, book: Path, text: str) -> Cells:
    """The action's table, made from a copy as every host makes one."""
    with tempfile.TemporaryDirectory(prefix="cyps_") as folder:
        copy = Path(folder) / book.name
        shutil.copyfile(book, copy)
        return run_action(action.name, text, copy)


def _typed_into(book: Path, opened: Opened, rows: Cells, out: Path) -> Done:
    """Cells typed over, every formula computed anew, the rest as it was."""
    from cyps_addin.headless.recalculated import recalculated

    cells: dict[str, dict[str, Cells]] = defaultdict(dict)
    for place, value in writes(rows):
        sheet, _, cell = place.rpartition("!")
        cells[sheet.strip("'").replace("''", "'")][cell] = value
    if not cells and out.exists():
        return Done(rows)
    parts: Parts = parts_of(book)
    named = {sheet.name: sheet.part for sheet in opened.book.sheets}
    for name, part in named.items():
        content = typed(parts[part], cells[name]) if name in cells else parts[part]
        parts[part] = without_values(content)
    computed = recalculated(parts, named)
    put_in_place(packed(parts), out)
    return Done(rows, out, "", computed)
