"""Our own checks of a workbook's structure: what Excel would refuse or mend, seen without Excel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element  # the type only: parsing is defusedxml's

from cyps.errors import CypsError
from cyps_workbooks.archive import MAIN, OFFICE, Archive, read_archive
from cyps_workbooks.formula_text import Book, column_number, faults, inside

MOST_INPUTS = 200_000
"""Cells of one name of inputs."""

LONGEST_LIST, LONGEST_SHEET_NAME, LONGEST_NAME = 255, 31, 255
_NAME = re.compile(r"[A-Za-z_\\][\w.\\?]*")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*|[RrCc]")
_ORDER = re.findall(
    r"\w+",
    "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection "
    "protectedRanges scenarios autoFilter sortState dataConsolidate customSheetViews "
    "mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks printOptions "
    "pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches "
    "ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF drawingHF picture "
    "oleObjects controls webPublishItems tableParts extLst",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where it is and what is wrong, in words."""

    place: str
    fault: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet's name, part and parsed XML."""

    name: str
    part: str
    root: Element


def check_structure(path: Path) -> list[Finding]:
    """Everything wrong with a workbook's structure; an empty list for a sound one.

    The cells of the names that begin `in_` or `text_` are taken for what people type: exactly
    these must be unlocked, on sheets that are protected.

    Raises
    ------
    CypsError
        When the file is not a zip that may be opened, or lacks a part.

    Examples
    --------
    >>> import tempfile
    >>> from cyps.settlement.example import example
    >>> from cyps_workbooks import write_settlement
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "settlement.xlsx"
    ...     write_settlement([("2025-26", example())], path)
    ...     check_structure(path)
    []
    """
    archive = read_archive(Path(path))
    root = archive.xml("xl/workbook.xml")
    related = archive.related("xl/workbook.xml")
    sheets = [
        Sheet(node.get("name", ""), part, archive.xml(part))
        for node in root.iter(f"{MAIN}sheet")
        if (part := related.get(node.get(f"{OFFICE}id", ""), ""))
    ]
    names = {node.get("name", ""): (node.text or "") for node in root.iter(f"{MAIN}definedName")}
    book = Book(
        {sheet.name.lower(): sheet.name for sheet in sheets},
        frozenset(name.lower() for name in names),
    )
    locks, styles = _styles(archive)
    found = [*_sheet_names(sheets), *_names(root, book)]
    for sheet in sheets:
        found += [
            *_order(sheet),
            *_cells(sheet, book, styles),
            *_validations(sheet, book),
            *_tables(archive, sheet),
            *_unlocked(sheet, names, locks),
        ]
    return found


def _sheet_names(sheets: list[Sheet]) -> Iterator[Finding]:
    seen: set[str] = set()
    for sheet in sheets:
        if not 1 <= len(sheet.name) <= LONGEST_SHEET_NAME:
            yield Finding(sheet.name, f"a sheet's name has 1 to {LONGEST_SHEET_NAME} characters")
        if re.search(r"[\[\]:*?/\\]", sheet.name) or sheet.name.strip("'") != sheet.name:
            yield Finding(sheet.name, "a sheet's name holds a character that is not allowed")
        if sheet.name.lower() in seen:
            yield Finding(sheet.name, "two sheets have this name")
        seen.add(sheet.name.lower())


def _names(root: Element, book: Book) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for node in root.iter(f"{MAIN}definedName"):
        name, scope = node.get("name", ""), node.get("localSheetId", "")
        key = (name.lower(), scope)
        if key in seen:
            yield Finding(name, "two defined names are the same")
        seen.add(key)
        plain = name.removeprefix("_xlnm.")
        if not _NAME.fullmatch(plain) or _LIKE_A_CELL.fullmatch(plain) or len(name) > LONGEST_NAME:
            yield Finding(name, "not a name that Excel allows (letters, digits, _ and . only)")
        for fault in faults(node.text or "", book):
            # Print titles are whole rows or columns, which are not cells.
            if name != "_xlnm.Print_Titles" or "sheet" in fault:
                yield Finding(name, f"what it stands for is wrong: {fault}")


def _order(sheet: Sheet) -> Iterator[Finding]:
    place = -1
    for child in sheet.root:
        tag = child.tag.removeprefix(MAIN)
        if tag not in _ORDER:
            yield Finding(sheet.name, f"the element {tag} is not known in a worksheet")
        elif _ORDER.index(tag) < place:
            yield Finding(sheet.name, f"the element {tag} stands too late in the worksheet")
        else:
            place = _ORDER.index(tag)


def _cells(sheet: Sheet, book: Book, styles: int) -> Iterator[Finding]:
    for cell in sheet.root.iter(f"{MAIN}c"):
        place = f"{sheet.name}!{cell.get('r')}"
        if not inside(cell.get("r", "")):
            yield Finding(place, "the cell is outside the sheet")
        if not 0 <= int(cell.get("s", "0")) < styles:
            yield Finding(place, f"its style {cell.get('s')} does not exist")
        if cell.get("t") == "e":
            yield Finding(place, f"it shows the error {cell.findtext(f'{MAIN}v')}")
        formula = cell.find(f"{MAIN}f")
        if formula is not None:
            if cell.find(f"{MAIN}v") is None:
                yield Finding(place, "its formula has no cached value")
            for fault in faults(formula.text or "", book):
                yield Finding(place, f"its formula is wrong: {fault}")
    for rule in sheet.root.iter(f"{MAIN}cfRule"):
        for node in rule.iter(f"{MAIN}formula"):
            for fault in faults(node.text or "", book):
                yield Finding(sheet.name, f"a conditional format is wrong: {fault}")


def _validations(sheet: Sheet, book: Book) -> Iterator[Finding]:
    for rule in sheet.root.iter(f"{MAIN}dataValidation"):
        place = f"{sheet.name}!{rule.get('sqref')}"
        for tag, most in (("promptTitle", 32), ("prompt", 255), ("errorTitle", 32), ("error", 225)):
            if len(rule.get(tag, "")) > most:
                yield Finding(place, f"its {tag} is longer than {most} characters")
        for tag in ("formula1", "formula2"):
            text = rule.findtext(f"{MAIN}{tag}") or ""
            if text.startswith('"'):
                if len(text) - 2 > LONGEST_LIST:
                    yield Finding(place, f"its list is longer than {LONGEST_LIST} characters")
            else:
                for fault in faults(text, book):
                    yield Finding(place, f"its validation is wrong: {fault}")


def _tables(archive: Archive, sheet: Sheet) -> Iterator[Finding]:
    related = archive.related(sheet.part)
    shared = _shared_strings(archive)
    text = {cell.get("r", ""): _text(cell, shared) for cell in sheet.root.iter(f"{MAIN}c")}
    for node in sheet.root.iter(f"{MAIN}tablePart"):
        table = archive.xml(related.get(node.get(f"{OFFICE}id", ""), ""))
        place = f"table {table.get('displayName')}"
        ends = re.fullmatch(r"([A-Z]+)(\d+):([A-Z]+)(\d+)", table.get("ref", ""))
        if ends is None:
            yield Finding(place, f"its range {table.get('ref')} cannot be read")
            continue
        headers = [column.get("name", "") for column in table.iter(f"{MAIN}tableColumn")]
        first, last = column_number(ends[1]), column_number(ends[3])
        if last - first + 1 != len(headers):
            yield Finding(place, f"it has {len(headers)} columns for a range of another width")
        if len({header.lower() for header in headers}) != len(headers):
            yield Finding(place, "two of its columns have the same header")
        for header, col in zip(headers, range(first, last + 1), strict=False):
            address = f"{_letters(col)}{ends[2]}"
            if text.get(address) != header:
                yield Finding(
                    f"{sheet.name}!{address}",
                    f"the cell says '{text.get(address)}', the table's header '{header}'",
                )


def _unlocked(sheet: Sheet, names: dict[str, str], locks: list[bool]) -> Iterator[Finding]:
    protection = sheet.root.find(f"{MAIN}sheetProtection")
    if protection is None or protection.get("sheet") not in {"1", "true"}:
        yield Finding(sheet.name, "the sheet is not protected")
    inputs = {
        address
        for name, place in names.items()
        if name.startswith(("in_", "text_"))
        for address in _addresses(place, sheet.name)
    }
    unlocked = {
        cell.get("r", "")
        for cell in sheet.root.iter(f"{MAIN}c")
        if int(cell.get("s", "0")) < len(locks) and not locks[int(cell.get("s", "0"))]
    }
    for address in sorted(unlocked - inputs):
        yield Finding(f"{sheet.name}!{address}", "the cell is unlocked but is no input")
    for address in sorted(inputs - unlocked):
        yield Finding(f"{sheet.name}!{address}", "the cell is an input but is locked")


def _addresses(place: str, sheet: str) -> Iterator[str]:
    name, _, area = place.replace("$", "").rpartition("!")
    if name.strip("'").replace("''", "'") != sheet:
        return
    first, _, last = area.partition(":")
    ends = [re.fullmatch(r"([A-Z]+)(\d+)", end) for end in (first, last or first)]
    if ends[0] is None or ends[1] is None:
        return
    rows = int(ends[1][2]) - int(ends[0][2]) + 1
    if rows * (column_number(ends[1][1]) - column_number(ends[0][1]) + 1) > MOST_INPUTS:
        raise CypsError(f"A name of inputs stands for {area}, more cells than anybody types into.")
    for row in range(int(ends[0][2]), int(ends[1][2]) + 1):
        for col in range(column_number(ends[0][1]), column_number(ends[1][1]) + 1):
            yield f"{_letters(col)}{row}"


def _styles(archive: Archive) -> tuple[list[bool], int]:
    """Whether each cell style is locked, and how many there are."""
    root = archive.xml("xl/styles.xml")
    styles = root.find(f"{MAIN}cellXfs")
    locks = []
    for style in styles if styles is not None else ():
        protection = style.find(f"{MAIN}protection")
        locks.append(protection is None or protection.get("locked", "1") not in {"0", "false"})
    return locks, len(locks)


def _shared_strings(archive: Archive) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.parts:
        return []
    return [
        "".join(part.text or "" for part in item.iter(f"{MAIN}t"))
        for item in archive.xml("xl/sharedStrings.xml").iter(f"{MAIN}si")
    ]


def _text(cell: Element, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(part.text or "" for part in cell.iter(f"{MAIN}t"))
    value = cell.findtext(f"{MAIN}v") or ""
    return shared[int(value)] if cell.get("t") == "s" else value


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
