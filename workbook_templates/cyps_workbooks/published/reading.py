"""Read anybody's workbook from its parts, safely: sizes are bounded before anything is parsed."""

from __future__ import annotations

import posixpath
from io import BytesIO
from pathlib import Path

from cyps.errors import CypsError
from cyps_workbooks.archive import Archive, read_archive
from cyps_workbooks.published.foreign import Workbook
from cyps_workbooks.published.reading_sheets import (
    SheetReader,
    read_comments,
    read_drawing,
    read_table,
)
from cyps_workbooks.published.reading_styles import read_looks
from cyps_workbooks.published.xml_events import Allowance, Attributes, read_events, whole

MOST_FILE_BYTES = 20_000_000
MOST_UNPACKED_BYTES = 60_000_000
MOST_SHEETS = 500
MOST_TABLES = 40
"""Tables of one sheet."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KINDS = {
    "spreadsheetml.sheet.main+xml": "",
    "spreadsheetml.template.main+xml": "",
    "ms-excel.sheet.macroEnabled.main+xml": "",
    "ms-excel.template.macroEnabled.main+xml": "",
    "ms-excel.addin.macroEnabled.main+xml": "",
    "ms-excel.sheet.binary.macroEnabled.main": "a binary workbook (.xlsb)",
    "wordprocessingml.document.main+xml": "a Word document",
    "presentationml.presentation.main+xml": "a PowerPoint presentation",
}
"""End of a main part's content type -> what to call it, or nothing where it can be read."""


def read_workbook(path: Path) -> Workbook:
    """A workbook's sheets, cells, tables, looks and settings.

    Nothing is computed, no link is followed, no macro is looked into. A file is refused
    before it is unpacked when it is over 20 MB, or would be over 60 MB, and while it is read
    when it has over 800,000 elements.

    Raises
    ------
    CypsError
        When the file is not there, is no .xlsx, is protected by a password, is damaged, or
        is larger than that.
    """
    _check_file(path)
    archive = read_archive(path, most_bytes=MOST_UNPACKED_BYTES)
    try:
        return _Reading(archive).workbook()
    except CypsError as error:
        raise CypsError(f"{path} cannot be checked: {error}") from error


def read_workbook_bytes(content: bytes) -> Workbook:
    """A workbook that was just drawn and is in no file yet, as `read_workbook` gives one."""
    return _Reading(read_archive(BytesIO(content), most_bytes=MOST_UNPACKED_BYTES)).workbook()


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise CypsError(f"There is no file {path}. Check its name and folder.")
    if path.stat().st_size > MOST_FILE_BYTES:
        raise CypsError(
            f"{path} has {path.stat().st_size:,} bytes; the checker reads up to "
            f"{MOST_FILE_BYTES:,}. Split the workbook, or take the images out."
        )
    with path.open("rb") as file:
        begins = file.read(8)
    if begins == _OLE:
        raise CypsError(
            f"{path} is protected by a password, or is an old .xls file. Open it in Excel, take "
            "the password away (File, Info, Protect Workbook), save it as .xlsx, and check that."
        )
    if not begins.startswith(b"PK"):
        raise CypsError(
            f"{path} is not an Excel workbook: its content is of another kind, whatever its name "
            "says. Save it as .xlsx in Excel or LibreOffice, and check that."
        )


class _Reading:
    """One pass through a workbook's parts with one allowance of elements."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.allowance = Allowance()

    def workbook(self) -> Workbook:
        main = self._main_part()
        book = Workbook(macros=self._has_macros(main))
        related = self._related(main)
        looks_part = related.get("styles", [""])[0]
        book.looks = read_looks(self._part(looks_part), self.allowance) if looks_part else []
        strings_part = related.get("sharedStrings", [""])[0]
        strings, raised = self._strings(strings_part) if strings_part else ([], set())
        shown, sheets = self._sheet_list(main)
        book.first_shown = shown
        book.names = self._names(main)
        targets = self._targets(main)
        for name, state, ident in sheets:
            part = targets.get(ident, "")
            reader = SheetReader(name, state, part, strings, raised, book.looks, self.allowance)
            self._events(part, reader.begin, reader.end)
            self._belongings(reader)
            reader.sheet.settle()
            book.sheets.append(reader.sheet)
        self._properties(book)
        return book

    # --- parts
    def _part(self, name: str) -> bytes:
        if name not in self.archive.parts:
            raise CypsError(
                f"it lacks its part {name or 'of a worksheet'}. It is damaged: open it in Excel "
                "and save it anew."
            )
        return self.archive.parts[name]

    def _events(self, part: str, begin=None, end=None) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        calls = {name: call for name, call in (("begin", begin), ("end", end)) if call}
        read_events(self._part(part), part, self.allowance, **calls)

    def _relations(self, part: str) -> list[tuple[str, str, str, bool]]:
        """(id, kind, target, outside) of every relation of a part."""
        folder, file = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{file}.rels")
        found: list[tuple[str, str, str, bool]] = []
        if rels not in self.archive.parts:
            return found

        def begin(name: str, given: Attributes) -> None:
            if name != "Relationship":
                return
            outside = given.get("TargetMode") == "External"
            target = given.get("Target", "")
            if not outside:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = given.get("Type", "").rpartition("/")[2]
            found.append((given.get("Id", ""), kind, target, outside))

        self._events(rels, begin)
        return found

    def _related(self, part: str) -> dict[str, list[str]]:
        """Inner parts by the kind of their relation."""
        found: dict[str, list[str]] = {}
        for _, kind, target, outside in self._relations(part):
            if not outside:
                found.setdefault(kind, []).append(target)
        return found

    def _targets(self, part: str) -> dict[str, str]:
        return {ident: target for ident, _, target, _ in self._relations(part)}

    def _content_types(self) -> dict[str, str]:
        types: dict[str, str] = {}

        def begin(name: str, given: Attributes) -> None:
            if name == "Override":
                types[given.get("PartName", "").lstrip("/")] = given.get("ContentType", "")
            elif name == "Default":
                types["." + given.get("Extension", "")] = given.get("ContentType", "")

        self._events("[Content_Types].xml", begin)
        return types

    def _main_part(self) -> str:
        parts = self.archive.parts
        if parts.get("mimetype", b"").startswith(b"application/vnd.oasis.opendocument"):
            raise CypsError(
                "it is an OpenDocument file (.ods). The checker reads .xlsx: check the .xlsx that "
                "it was saved from, or save it as .xlsx."
            )
        if "[Content_Types].xml" not in parts:
            raise CypsError("it is a zip file, but not an Excel workbook. Save it as .xlsx.")
        main = (self._related("").get("officeDocument") or [""])[0]
        if not main:
            raise CypsError("it does not say where its workbook is. It is damaged.")
        kind = self._content_types().get(main, "")
        for ending, words in _KINDS.items():
            if kind.endswith(ending):
                if words:
                    raise CypsError(f"it is {words}. Save it as .xlsx and check that.")
                return main
        raise CypsError(
            f"its main part says that it is '{kind or 'nothing'}', which is no Excel workbook. "
            "Open it in Excel and save it anew as .xlsx."
        )

    def _has_macros(self, main: str) -> bool:
        enabled = "macroEnabled" in self._content_types().get(main, "")
        return enabled or any(name.endswith("vbaProject.bin") for name in self.archive.parts)

    # --- the workbook's own parts
    def _sheet_list(self, main: str) -> tuple[int, list[tuple[str, str, str]]]:
        shown: list[int] = []
        sheets: list[tuple[str, str, str]] = []

        def begin(name: str, given: Attributes) -> None:
            if name == "workbookView":
                shown.append(whole(given.get("activeTab", "0")))
            elif name == "sheet":
                sheets.append(
                    (given.get("name", ""), given.get("state", "visible"), given.get("id", ""))
                )

        self._events(main, begin)
        if not sheets:
            raise CypsError("it has no worksheet. It is damaged.")
        if len(sheets) > MOST_SHEETS:
            raise CypsError(
                f"it has {len(sheets):,} worksheets; the checker reads up to {MOST_SHEETS}. Split "
                "it into smaller workbooks."
            )
        return (shown or [0])[0], sheets

    def _names(self, main: str) -> dict[str, str]:
        names: dict[str, str] = {}
        own: list[Attributes] = []

        def begin(name: str, given: Attributes) -> None:
            if name == "definedName":
                own[:] = [given]

        def end(name: str, text: str) -> None:
            if name == "definedName" and "localSheetId" not in own[0]:
                names[own[0].get("name", "")] = text

        self._events(main, begin, end)
        return names

    def _strings(self, part: str) -> tuple[list[str], set[int]]:
        """Shared texts, and which of them have a part in superscript."""
        strings: list[str] = []
        raised: set[int] = set()
        pieces: list[str] = []
        phonetic = [0]

        def begin(name: str, given: Attributes) -> None:
            if name == "si":
                pieces.clear()
            elif name == "rPh":
                phonetic[0] += 1
            elif name == "vertAlign" and given.get("val") in {"superscript", "subscript"}:
                raised.add(len(strings))

        def end(name: str, text: str) -> None:
            if name == "t" and not phonetic[0]:
                pieces.append(text)
            elif name == "rPh":
                phonetic[0] -= 1
            elif name == "si":
                strings.append("".join(pieces))

        self._events(part, begin, end)
        return strings, raised

    def _belongings(self, reader: SheetReader) -> None:
        """Tables, drawings and links, which are parts of their own."""
        if len(reader.table_ids) > MOST_TABLES:
            raise CypsError(
                f"its worksheet '{reader.sheet.name}' has {len(reader.table_ids)} tables; the "
                f"checker reads up to {MOST_TABLES}. Put each table on a worksheet of its own."
            )
        relations = {i: (t, outside) for i, _, t, outside in self._relations(reader.sheet.part)}
        for ident in reader.table_ids:
            part = relations.get(ident, ("", False))[0]
            reader.sheet.tables.append(read_table(self._part(part), part, self.allowance))
        for ident in reader.drawing_ids:
            part = relations.get(ident, ("", False))[0]
            read_drawing(self._part(part), part, self.allowance, reader.sheet)
        for part in self._related(reader.sheet.part).get("comments", []):
            read_comments(self._part(part), part, self.allowance, reader.sheet)
        reader.finish_links({i: target for i, (target, outside) in relations.items() if outside})

    def _properties(self, book: Workbook) -> None:
        part = (self._related("").get("core-properties") or [""])[0]
        if part not in self.archive.parts:
            return

        def end(name: str, text: str) -> None:
            match name:
                case "title":
                    book.title = text.strip()
                case "creator":
                    book.author = text.strip()
                case "language":
                    book.language = text.strip()

        self._events(part, end=end)
