"""How the cells of a workbook look, from its part of styles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from cyps_workbooks.published.foreign import Font, Look
from cyps_workbooks.published.xml_events import Allowance, Attributes, read_events, whole

_BUILT_IN_FORMATS = {
    "1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00", "9": "0%", "10": "0.00%",
    "11": "0.00E+00", "14": "dd/mm/yyyy", "37": "#,##0;-#,##0", "38": "#,##0;-#,##0",
    "39": "#,##0.00;-#,##0.00", "40": "#,##0.00;-#,##0.00", "49": "@",
}  # fmt: skip
LONGEST_FORMAT = 255
_T = TypeVar("_T")
_FIRST_HEADING = 15
"""Excel's number of Heading 1 less 1."""


def read_looks(xml: bytes, allowance: Allowance) -> list[Look]:
    """The looks that cells refer to, in order."""
    reader = _StylesReader()
    read_events(xml, "of styles", allowance, reader.begin, reader.end)
    return reader.looks()


class _StylesReader:
    """Collects fonts, fills and cell formats; leaves those of conditional formats out."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.fonts: list[Font] = []
        self.fills: list[tuple[bool, str]] = []
        self.formats = dict(_BUILT_IN_FORMATS)
        self.records: list[tuple[Attributes, Attributes]] = []
        self.unlocked: set[int] = set()
        self.headings: dict[str, int] = {}

    def begin(self, name: str, given: Attributes) -> None:
        self.path.append(name)
        match self.path[1:]:
            case ["numFmts", "numFmt"]:
                self.formats[given.get("numFmtId", "")] = given.get("formatCode", "")[
                    :LONGEST_FORMAT
                ]
            case ["fonts", "font"]:
                self.fonts.append(Font())
            case ["fonts", "font", detail]:
                self.fonts[-1] = _with(self.fonts[-1], detail, given)
            case ["fills", "fill"]:
                self.fills.append((False, ""))
            case ["fills", "fill", "patternFill"]:
                kind = given.get("patternType", "none")
                self.fills[-1] = (kind != "none", self.fills[-1][1])
            case ["fills", "fill", "gradientFill"]:
                self.fills[-1] = (True, "")
            case ["fills", "fill", "patternFill", "fgColor"]:
                self.fills[-1] = (self.fills[-1][0], _rgb(given))
            case ["cellXfs", "xf"]:
                self.records.append((given, {}))
            case ["cellXfs", "xf", "alignment"]:
                self.records[-1] = (self.records[-1][0], given)
            case ["cellXfs", "xf", "protection"] if not _on(given.get("locked", "1")):
                self.unlocked.add(len(self.records) - 1)
            case ["cellStyles", "cellStyle"]:
                level = _heading(given)
                if level:
                    self.headings[given.get("xfId", "")] = level

    def end(self, name: str, text: str) -> None:  # noqa: ARG002 - the reader's signature
        self.path.pop()

    def looks(self) -> list[Look]:
        return [
            replace(self._look(given, alignment), locked=i not in self.unlocked)
            for i, (given, alignment) in enumerate(self.records)
        ]

    def _look(self, given: Attributes, alignment: Attributes) -> Look:
        font = _at(self.fonts, given.get("fontId", "0"), Font())
        filled, color = _at(self.fills, given.get("fillId", "0"), (False, ""))
        return Look(
            font=font,
            filled=filled,
            fill_color=color,
            wrap=_on(alignment.get("wrapText", "0")),
            horizontal=alignment.get("horizontal", ""),
            rotated=alignment.get("textRotation", "0") != "0",
            number_format=self.formats.get(given.get("numFmtId", "0"), "General"),
            heading=self.headings.get(given.get("xfId", "0"), 0),
        )


def _with(font: Font, detail: str, given: Attributes) -> Font:
    match detail:
        case "name":
            return replace(font, name=given.get("val", ""))
        case "sz":
            return replace(font, size=_number(given.get("val", "")))
        case "b":
            return replace(font, bold=_on(given.get("val", "1")))
        case "i":
            return replace(font, italic=_on(given.get("val", "1")))
        case "u":
            return replace(font, underline=given.get("val", "single") != "none")
        case "vertAlign":
            return replace(font, raised=given.get("val") in {"superscript", "subscript"})
        case "color":
            return replace(font, color=_rgb(given))
    return font


def _heading(given: Attributes) -> int:
    number = given.get("builtinId", "")
    if number in {"16", "17", "18", "19"}:
        return int(number) - _FIRST_HEADING
    named = re.fullmatch(r"heading\s?([1-4])", given.get("name", "").strip().lower())
    return int(named[1]) if named else 0


def _rgb(given: Attributes) -> str:
    color = given.get("rgb", "")
    return color[-6:].upper() if re.fullmatch(r"[0-9A-Fa-f]{6,8}", color) else ""


def _on(value: str) -> bool:
    return value.lower() in {"1", "true", "on"}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return Font().size


def _at(many: Sequence[_T], place: str, otherwise: _T) -> _T:
    at = whole(place, -1)
    return many[at] if 0 <= at < len(many) else otherwise
