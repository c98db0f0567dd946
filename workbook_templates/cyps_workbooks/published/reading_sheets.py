"""A worksheet, its tables and its drawings, from their parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from cyps.errors import CypsError
from cyps_workbooks.published.foreign import (
    LAST_COLUMN,
    LAST_ROW,
    Area,
    Cell,
    Columns,
    Link,
    Look,
    Sheet,
    Table,
    address,
)
from cyps_workbooks.published.xml_events import Allowance, Attributes, read_events, whole

MOST_CELLS = 300_000
"""Cells of one worksheet that hold something."""

_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_HEADERS = {"oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"}


def place_of(text: str) -> tuple[int, int]:
    """Row and column of an address, both from 1.

    Examples
    --------
    >>> place_of("AB7")
    (7, 28)
    """
    found = _PLACE.fullmatch(text)
    column, row = 0, int(found[2]) if found else 0
    for letter in found[1] if found else "":
        column = column * 26 + ord(letter) - 64
    if not (1 <= row <= LAST_ROW and 1 <= column <= LAST_COLUMN):
        raise CypsError(f"it has a cell '{text[:20]}', which no worksheet has. It is damaged.")
    return row, column


def area_of(text: str) -> Area:
    """The rectangle of a reference such as A6:J20 or A6."""
    ends = [place_of(part) for part in text.split(":")[:2]]
    (top, left), (bottom, right) = ends[0], ends[-1]
    return Area(min(top, bottom), min(left, right), max(top, bottom), max(left, right))


class SheetReader:
    """Takes the events of a worksheet's part and fills a `Sheet`."""

    def __init__(
        self, name: str, state: str, part: str, strings: Sequence[str], raised: set[int],
        looks: list[Look],
        allowance: Allowance,
    ) -> None:  # fmt: skip
        self.sheet = Sheet(name, part, state)
        self.strings, self.raised, self.looks = strings, raised, looks
        self.allowance = allowance
        self.raised_looks: dict[int, int] = {}
        self.table_ids: list[str] = []
        self.drawing_ids: list[str] = []
        self.links: list[tuple[str, str, str]] = []
        self.row, self.column = 0, 0
        self.cell: Attributes | None = None
        self.value = ""
        self.formula: str | None = None
        self.inline: list[str] = []

    def begin(self, name: str, given: Attributes) -> None:
        """An element begins."""
        match name:
            case "row":
                self.row = whole(given.get("r", ""), self.row + 1)
                self.column = 0
                if given.get("hidden") in {"1", "true"}:
                    self.sheet.hidden_rows.append(self.row)
            case "c":
                self.cell, self.value, self.inline, self.formula = given, "", [], None
                self.row, self.column = (
                    place_of(given["r"]) if "r" in given else (self.row, self.column + 1)
                )
            case "col":
                self._column(given)
            case "sheetFormatPr":
                self.sheet.default_width = _number(given.get("defaultColWidth", "8.43"), 8.43)
            case "pane" if given.get("state", "").startswith("frozen"):
                self.sheet.frozen_at = given.get("topLeftCell", "A1")
            case "selection":
                self.sheet.selected = given.get("activeCell", "A1")
            case "mergeCell":
                self.sheet.merged.append(given.get("ref", ""))
            case "autoFilter":
                self.sheet.filter_area = given.get("ref", "A1")
            case "hyperlink":
                self.links.append(
                    (given.get("ref", ""), given.get("location", ""), given.get("id", ""))
                )
            case "tablePart":
                self.table_ids.append(given.get("id", ""))
            case "drawing":
                self.drawing_ids.append(given.get("id", ""))
            case "picture":
                self.sheet.pictures.append(("A1", ""))
            case "oleObject" | "control":
                self.sheet.boxes.append("A1")

    def end(self, name: str, text: str) -> None:
        """An element ends; `text` is its own."""
        if name in _HEADERS and text.strip():
            self.sheet.header_or_footer = True
        if self.cell is None:
            return
        match name:
            case "v":
                self.value = text
            case "f":
                self.formula = text
            case "t":
                self.inline.append(text)
            case "c":
                self._store(self.cell)
                self.cell = None

    def _store(self, given: Attributes) -> None:
        if self.formula is not None:
            self.sheet.formulas[(self.row, self.column)] = self.formula
        kind = given.get("t", "n")
        if kind == "e":
            self.sheet.errors.add((self.row, self.column))
        look = whole(given.get("s", ""))
        text: str | None = None
        number: float | None = None
        if kind == "s":
            at = whole(self.value, -1)
            text = _unescaped(self.strings[at]) if 0 <= at < len(self.strings) else ""
            look = self._raised(look) if at in self.raised else look
        elif kind == "inlineStr":
            text = _unescaped("".join(self.inline))
        elif kind == "b":
            text = "TRUE" if self.value == "1" else "FALSE"
        elif kind in {"str", "e", "d"}:
            text = _unescaped(self.value)
        elif self.value.strip():
            number = _number(self.value, 0.0)
        if text is not None:
            self.allowance.take_text(text)
        if number is None and not (text or "").strip():
            if self.formula is not None and text is not None:
                self.sheet.shown_empty.add((self.row, self.column))
            return
        if len(self.sheet.cells) >= MOST_CELLS:
            raise CypsError(
                f"its worksheet '{self.sheet.name}' has over {MOST_CELLS:,} cells that hold "
                "something. Tables for people are smaller: publish such data as CSV."
            )
        self.sheet.cells[(self.row, self.column)] = Cell(self.row, self.column, text, number, look)

    def _raised(self, look: int) -> int:
        """The same look with superscript in it, for a text that has some."""
        if look not in self.raised_looks:
            base = self.looks[look] if look < len(self.looks) else Look()
            self.looks.append(replace(base, font=replace(base.font, raised=True)))
            self.raised_looks[look] = len(self.looks) - 1
        return self.raised_looks[look]

    def _column(self, given: Attributes) -> None:
        first, last = whole(given.get("min", "")), whole(given.get("max", ""))
        width = _number(given["width"], 8.43) if "width" in given else None
        hidden = given.get("hidden") in {"1", "true"} or width == 0
        if 1 <= first <= LAST_COLUMN:
            self.sheet.columns.append(Columns(first, min(last, LAST_COLUMN), width, hidden))

    def finish_links(self, outside: dict[str, str]) -> None:
        """Links with the address that each relation stands for."""
        for ref, inside, ident in self.links:
            self.sheet.links.append(Link(ref.split(":")[0], inside, outside.get(ident, "")))


def read_table(xml: bytes, part: str, allowance: Allowance) -> Table:
    """A table from its part."""
    found: dict[str, Attributes] = {}
    headers: list[str] = []

    def begin(name: str, given: Attributes) -> None:
        if name == "tableColumn":
            headers.append(_unescaped(given.get("name", "")))
        elif name in {"table", "autoFilter"}:
            found.setdefault(name, given)

    read_events(xml, part, allowance, begin)
    told = found.get("table", {})
    return Table(
        name=told.get("displayName", "") or told.get("name", ""),
        area=area_of(told.get("ref", "")),
        headers=tuple(headers),
        header_rows=0 if told.get("headerRowCount") == "0" else 1,
        totals_rows=0 if told.get("totalsRowCount", "0") == "0" else 1,
        filters="autoFilter" in found,
    )


def _unescaped(text: str) -> str:
    """Characters that are written as _x000D_ in cells; half of a pair is left as it stands."""
    return re.sub(
        r"_x(?![Dd][89A-Fa-f])([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text
    )


def read_drawing(xml: bytes, part: str, allowance: Allowance, sheet: Sheet) -> None:
    """Images, charts and text boxes of a worksheet, each by the cell where it begins."""
    state: dict[str, str] = {}

    def begin(name: str, given: Attributes) -> None:
        if name.endswith("CellAnchor") or name == "absoluteAnchor":
            state.clear()
        elif name in {"pic", "graphicFrame", "sp", "cxnSp"}:
            state.setdefault("kind", name)
        elif name == "cNvPr":
            state.setdefault("words", given.get("descr", "") or given.get("title", ""))

    def end(name: str, text: str) -> None:
        if name in {"col", "row"}:
            state.setdefault(name, text)
        elif name.endswith("CellAnchor") or name == "absoluteAnchor":
            place = address(whole(state.get("row", "")) + 1, whole(state.get("col", "")) + 1)
            if state.get("kind") in {"pic", "graphicFrame"}:
                sheet.pictures.append((place, state.get("words", "").strip()))
            elif "kind" in state:
                sheet.boxes.append(place)

    read_events(xml, part, allowance, begin, end)


def read_comments(xml: bytes, part: str, allowance: Allowance, sheet: Sheet) -> None:
    """The comments of a worksheet, each by the cell it is on."""
    place: list[str] = []
    words: list[str] = []

    def begin(name: str, given: Attributes) -> None:
        if name == "comment":
            place[:], words[:] = [given.get("ref", "")], []

    def end(name: str, text: str) -> None:
        if name == "t" and place:
            allowance.take_text(text)
            words.append(text)
        elif name == "comment":
            sheet.comments.append((place[0], "".join(words).strip()))
            place.clear()

    read_events(xml, part, allowance, begin, end)


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise
