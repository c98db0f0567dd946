"""What people put into a workbook that no input has a place for: sheets, comments, stray words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cyps_workbooks.about_sheet import PURPOSES
from cyps_workbooks.changes_sheet import WRITTEN, is_written
from cyps_workbooks.kept.as_issued import (
    changed_formulas,
    is_laid_out_alike,
    told_of_pack,
)
from cyps_workbooks.kept.findings import said
from cyps_workbooks.kept.opened import Entry, Opened
from cyps_workbooks.layout import ABOUT, CHANGES, NOTES, PACK, QA, RECORD, USE, quoted
from cyps_workbooks.qa_sheet import OF_PACK

_LONGEST = 32_767
"""Characters that a cell can hold."""


@dataclass(slots=True)
class Outside:
    """What stands outside the inputs of a workbook.

    Attributes
    ----------
    carried : by sheet, row and column counted from 1, what the same cell of the new one has room
        for
    moved : the same in words
    lost : what is not carried, each with its place and its words
    """

    carried: dict[tuple[str, int, int], float | str] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def outside(opened: Opened, issued: Opened, drawn: Opened) -> Outside:
    """What stands in a file and in no workbook that cyps draws: carried, or named.

    Parameters
    ----------
    opened : the file as people left it
    issued : the workbook that its record describes, drawn again
    drawn : the new workbook without any of it
    """
    found = Outside()
    found.lost += [*_sheets(opened, drawn), *_comments(opened), *_pictures(opened, drawn)]
    alike = is_laid_out_alike(opened, issued)
    if alike:
        found.lost += [f"{line.place}: {line.words}" for line in changed_formulas(opened, issued)]
    else:
        found.lost.append(
            "Another version of cyps laid the old workbook out. Words that this one does not write "
            "are named here, and some may be the old version's own; numbers and formulas outside "
            "the inputs were not looked for."
        )
    known = _Known(opened, issued, drawn, alike)
    taken = _inputs(drawn)
    for entry, was in known.strays():
        _place(found, drawn, taken, entry, was)
    return found


def _place(
    found: Outside, drawn: Opened, taken: set[tuple[str, int, int]], entry: Entry, was: str
) -> None:
    """Carry a stray cell where the new workbook has nothing in the same place, else name it."""
    words = _whole(entry.value)
    at = (entry.row, entry.column)
    there = drawn.sheets.get(entry.sheet)
    full = there is None or at in there.cells or at in there.formulas or (entry.sheet, *at) in taken
    if entry.formula is not None:
        found.lost.append(
            f"{entry.place}: a formula outside the inputs, ={entry.formula[:60]}, which showed "
            f"{words}."
        )
    elif was:
        found.lost.append(f"{entry.place}: {words}, typed over {said(was)}.")
    elif full or _grows(drawn, entry):
        found.lost.append(f"{entry.place}: {words}, which stands outside the inputs.")
    elif entry.value is not None:
        found.carried[entry.sheet, *at] = entry.value
        found.moved.append(f"Carried to the same cell, outside the inputs: {entry.place}: {words}.")


def _whole(value: float | str | None) -> str:
    """All that a person wrote, safe to print."""
    if not isinstance(value, str):
        return said(value)
    return "'" + "".join(c if c.isprintable() else " " for c in value)[:_LONGEST] + "'"


def _grows(drawn: Opened, entry: Entry) -> bool:
    """Whether the log of what cyps wrote will need the cell, now or at another refresh."""
    if entry.sheet != CHANGES:
        return False
    return entry.column <= 3 and entry.row >= _log_head(drawn)


def _log_head(opened: Opened) -> int:
    """Row of the head of what cyps wrote on the Change log; past every sheet where it is gone."""
    cells = opened.sheets[CHANGES].cells if CHANGES in opened.sheets else {}
    rows = (at[0] for at, cell in cells.items() if cell.text == WRITTEN and at[1] == 1)
    return min(rows, default=1_048_577)


@dataclass(frozen=True, slots=True)
class _Known:
    """What cyps itself wrote into a workbook, as far as it can be told."""

    opened: Opened
    issued: Opened
    drawn: Opened
    alike: bool

    def strays(self) -> Iterator[tuple[Entry, str]]:
        """Every cell that somebody else filled, and what was drawn there, or ""."""
        typed = _inputs(self.opened)
        # What a pack says of itself stands on these, and the record does not hold it.
        by_words = {ABOUT, NOTES, QA, USE} if PACK in self.opened.sheets else set()
        written = self._of_pack() if by_words or not self.alike else _Words()
        for name, sheet in self.issued.sheets.items():
            if name in {RECORD, PACK} or name not in self.opened.sheets:
                continue
            page = self.opened.sheets[name]
            log = _log_head(self.opened) if name == CHANGES else 1_048_577
            ours = {*sheet.cells, *sheet.formulas}
            texts = {_plain(c.text) for page in (sheet, self.drawn.sheets.get(name)) if page
                     for c in page.cells.values() if c.text}  # fmt: skip
            for at in sorted({*page.cells, *page.formulas}):
                entry = self.opened.entry(name, *at)
                if (name, *at) in typed:
                    continue
                if at[0] > log:
                    if not self._is_log(at):
                        yield entry, ""
                elif name in by_words or not self.alike:
                    if not self._is_drawn(entry, texts, written, ours):
                        yield entry, ""
                elif at not in ours:
                    yield entry, ""
                elif (was := _overwritten(self.issued.entry(name, *at), entry)) is not None:
                    yield entry, was

    def _is_drawn(
        self, entry: Entry, texts: set[str], written: _Words, ours: set[tuple[int, int]]
    ) -> bool:
        if entry.formula is not None or not isinstance(entry.value, str):
            return not self.alike or (entry.row, entry.column) in ours
        words = _plain(entry.value)
        return words in texts or words in written.each or (words in written.all and len(words) > 20)

    def _is_log(self, at: tuple[int, int]) -> bool:
        row = [str(self.opened.entry(CHANGES, at[0], c).value or "") for c in (1, 2, 3)]
        return at[1] in {1, 3} and is_written(row)

    def _of_pack(self) -> _Words:
        """What the old workbook's pack wrote, as drawn again from its own sheet Pack."""
        known = {*PURPOSES, *PURPOSES.values(), OF_PACK}
        if PACK not in self.opened.sheets:
            return _Words(known)
        known |= {
            _plain(cell.text)
            for sheet in self.issued.sheets.values()
            for cell in sheet.cells.values()
            if cell.text
        }
        lines = told_of_pack(self.opened).values()
        return _Words(known, _plain(" ".join(word for own in lines for word in own)))


@dataclass(frozen=True, slots=True)
class _Words:
    """Texts that cyps wrote: each whole, and one long one that others are parts of."""

    each: set[str] = field(default_factory=set)
    all: str = ""


def _overwritten(issued: Entry, now: Entry) -> str | None:
    """The words of a label that somebody typed over; None where it stands, or is no label."""
    if issued.formula is not None or not isinstance(issued.value, str):
        return None  # formulas and figures are compared elsewhere
    if now.formula is None and isinstance(now.value, str):
        return None if _plain(now.value) == _plain(issued.value) else issued.value
    return issued.value


def _plain(words: str) -> str:
    return " ".join(words.split())


def _sheets(opened: Opened, drawn: Opened) -> Iterator[str]:
    """Sheets of somebody else, which are whole in the old file."""
    for name, sheet in opened.sheets.items():
        if name not in drawn.sheets and name not in _of_pack(opened):
            yield (
                f"The sheet {quoted(name)} was not drawn by cyps (cells with something in them: "
                f"{len(sheet.cells):,}): copy it over if you need it."
            )


def _of_pack(opened: Opened) -> set[str]:
    """Sheets that a pack gives, which go with it."""
    return {sheet for name, (sheet, _) in opened.places.items() if name == "in_child"} | {PACK}


def _comments(opened: Opened) -> Iterator[str]:
    for name, sheet in opened.sheets.items():
        for place, words in sheet.comments:
            yield f"{quoted(name)}!{place}: the comment {_whole(words)}."


def _pictures(opened: Opened, drawn: Opened) -> Iterator[str]:
    for name, sheet in opened.sheets.items():
        if name not in drawn.sheets:
            continue
        more = len(sheet.pictures) - len(drawn.sheets[name].pictures) + len(sheet.boxes)
        if more > 0:
            yield f"{quoted(name)}: {more} pictures, charts or shapes that cyps did not draw."


def _inputs(opened: Opened) -> set[tuple[str, int, int]]:
    return {
        (entry.sheet, entry.row, entry.column)
        for name in opened.places
        if name.startswith(("in_", "text_"))
        for row in opened.block(name)
        for entry in row
    }
