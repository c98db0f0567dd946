"""What people put into a workbook that no input has a place for: sheets, comments, stray words."""

from __future__ import annotations

from collections.abc import Iterator

from cyps_workbooks.kept.as_issued import is_laid_out_alike
from cyps_workbooks.kept.findings import said
from cyps_workbooks.kept.opened import Opened
from cyps_workbooks.layout import ABOUT, CHANGES, NOTES, PACK, QA, RECORD, USE, quoted

_SHOWN = 20
"""Cells, comments or sheets that are named."""


def left_behind(opened: Opened, issued: Opened, drawn: Opened) -> list[str]:
    """What stands in a file and in no workbook that cyps draws, so that a refresh loses it.

    Parameters
    ----------
    opened : the file as people left it
    issued : the same workbook drawn again from its record, without its pack
    drawn : the new workbook
    """
    found = [*_sheets(opened, drawn), *_comments(opened), *_pictures(opened, drawn)]
    if is_laid_out_alike(opened, issued):
        found += _cells(opened, issued)
    else:
        found.append(
            "Another version of cyps laid the old workbook out: words outside its inputs, if there "
            "are any, were not looked for."
        )
    if len(found) > _SHOWN:
        return [*found[:_SHOWN], f"And {len(found) - _SHOWN:,} more cells, comments or sheets."]
    return found


def _sheets(opened: Opened, drawn: Opened) -> Iterator[str]:
    for name in opened.sheets:
        if name not in drawn.sheets and name not in _of_pack(opened):
            yield f"The sheet {quoted(name)} was not drawn by cyps: copy it over if you need it."


def _of_pack(opened: Opened) -> set[str]:
    """Sheets that a pack gives, which go with it."""
    return {sheet for name, (sheet, _) in opened.places.items() if name == "in_child"} | {PACK}


def _comments(opened: Opened) -> Iterator[str]:
    for name, sheet in opened.sheets.items():
        for place, words in sheet.comments:
            yield f"{quoted(name)}!{place}: the comment {said(words)}."


def _pictures(opened: Opened, drawn: Opened) -> Iterator[str]:
    for name, sheet in opened.sheets.items():
        if name not in drawn.sheets:
            continue
        more = len(sheet.pictures) - len(drawn.sheets[name].pictures) + len(sheet.boxes)
        if more > 0:
            yield f"{quoted(name)}: {more} pictures, charts or shapes that cyps did not draw."


def _cells(opened: Opened, issued: Opened) -> Iterator[str]:
    """Cells with something in them where the workbook as issued has nothing."""
    # What a pack says of itself stands on these, and the record does not hold it.
    unknown = {ABOUT, NOTES, QA, USE} if PACK in opened.sheets else set()
    unknown |= {CHANGES}  # which grows with every refresh
    typed = _typed_cells(opened)
    for name, sheet in issued.sheets.items():
        if name == RECORD or name in unknown or name not in opened.sheets:
            continue
        known = {*sheet.cells, *sheet.formulas}
        for at, cell in sorted(opened.sheets[name].cells.items()):
            if at not in known and (name, *at) not in typed:
                words = said(cell.text if cell.text is not None else cell.number)
                yield f"{quoted(name)}!{cell.place}: {words}, which stands outside the inputs."


def _typed_cells(opened: Opened) -> set[tuple[str, int, int]]:
    return {
        (entry.sheet, entry.row, entry.column)
        for name in opened.places
        if name.startswith(("in_", "text_"))
        for row in opened.block(name)
        for entry in row
    }
