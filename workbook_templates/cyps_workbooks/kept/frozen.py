"""A frozen workbook: the values of one day, without a formula, in the workbook's own form."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

from cyps.errors import CypsError
from cyps_workbooks.archive import read_archive
from cyps_workbooks.escapes import escaped
from cyps_workbooks.kept.as_issued import compared_with
from cyps_workbooks.kept.findings import Finding
from cyps_workbooks.kept.frozen_marks import FROZEN, frozen_since
from cyps_workbooks.kept.frozen_words import Retold, retold
from cyps_workbooks.kept.opened import Opened, is_what_if
from cyps_workbooks.kept.verdict import NOT_CALCULATED
from cyps_workbooks.kept.what_if import before_the_levers, check_any
from cyps_workbooks.layout import RECORD
from cyps_workbooks.page import Against
from cyps_workbooks.published.foreign import Sheet, address
from cyps_workbooks.published.reading import MOST_UNPACKED_BYTES, read_workbook_bytes
from cyps_workbooks.record_sheet import AGAINST, HEAD, record_rows

_SHEET_DATA = re.compile(rb"<((?:\w+:)?)sheetData>(.*)</\1sheetData>", re.DOTALL)
_FORMULA = re.compile(rb"<((?:\w+:)?)f(?:\s[^<>]*)?/>|<((?:\w+:)?)f(?:\s[^<>]*)?>[^<]*</\2f>")
_ROW = re.compile(rb'<((?:\w+:)?)row\s[^<>]*?\br="(\d+)"[^<>]*(?:/>|>.*?</\1row>)', re.DOTALL)
_COLUMN_FORMULA = re.compile(
    rb"<(calculatedColumnFormula|totalsRowFormula)(?:\s[^<>]*)?>[^<]*</\1>"
)
_CALC_CHAIN = re.compile(rb"<(?:\w+:)?(?:Override|Relationship)\s[^<>]*calcChain[^<>]*/>")
_CHOICES = re.compile(
    rb"<((?:\w+:)?ext)(?:\s[^<>]*)?>\s*<((?:\w+:)?dataValidations)(?:\s[^<>]*)?>.*?</\2>\s*</\1>"
    rb"|<((?:\w+:)?dataValidations)(?:\s[^<>]*)?>.*?</\3>",
    re.DOTALL,
)
_EMPTY_EXTENSIONS = re.compile(rb"<((?:\w+:)?extLst)>\s*</\1>")
_WRITTEN_AS = (2025, 1, 1, 0, 0, 0)


def freeze(path: Path, day: date) -> bytes:
    """The workbook with its values only, and what they were settled from in its record.

    Sheets, formats, charts and people's text stay as they are in the file; every cell is locked,
    and the title of every sheet says that it is frozen and since when. What told people how to
    work in it tells them that it is a copy of values, of which workbook and from which record.

    Parameters
    ----------
    path : a settlement workbook or a what-if that is sound (see `check_any`); it is not changed
    day : the day that it says it was frozen on

    Raises
    ------
    CypsError
        When the cells do not show what the engine gives, or the file cannot be read.
    """
    verdict = check_any(path)
    _check(path, verdict.opened, verdict.findings)
    parts = dict(read_archive(path, most_bytes=MOST_UNPACKED_BYTES).parts)
    in_words = f"{day.day} {day:%B %Y}"
    since = f"{FROZEN} {in_words}: "
    record = list(record_rows(verdict.years, _beside(verdict.opened)))
    years = list({label: digest for label, _, digest, _ in record
                  if not label.startswith(AGAINST)}.items())  # fmt: skip
    words = {
        sheet.name: retold(sheet, in_words, path.name, years, _typed_into(verdict.opened, sheet))
        for sheet in verdict.opened.book.sheets
        if sheet.name != RECORD
    }
    for sheet in verdict.opened.book.sheets:
        xml = _without_choices(_without_formulas(parts[sheet.part]))
        if sheet.name == RECORD:
            xml = _with_record(xml, sheet, record)
        for (row, column), told in words.get(sheet.name, {}).items():
            xml = _with_words(xml, address(row, column), told)
        parts[sheet.part] = _titled(xml, sheet, since)
    content = _packed(_without_calculation(parts, since))
    _prove(path, verdict.opened, content, words)
    return content


def _check(path: Path, opened: Opened, findings: Sequence[Finding]) -> None:
    since = frozen_since(opened)
    if since:
        raise CypsError(f"{path.name} is frozen already, on {since}. Copy it instead.")
    if NOT_CALCULATED in findings:
        raise CypsError(f"{path.name} cannot be frozen as it stands. {NOT_CALCULATED.words}")
    stops = [finding.line() for finding in findings if finding.stops]
    if stops:
        more = f" And {len(stops) - 3:,} more; cyps workbook check lists them." if stops[3:] else ""
        raise CypsError(f"{path.name} cannot be frozen as it stands. {' '.join(stops[:3])}{more}")


def _beside(opened: Opened) -> Against | None:
    """What the values are compared with: of a what-if, the scenario without its levers."""
    return before_the_levers(opened) if is_what_if(opened) else compared_with(opened)


def _typed_into(opened: Opened, sheet: Sheet) -> set[tuple[int, int]]:
    """Cells of a sheet that are for people."""
    return {
        (row, column)
        for name, (own, area) in opened.places.items()
        if own == sheet.name and name.startswith(("in_", "text_"))
        for row in range(area.top, area.bottom + 1)
        for column in range(area.left, area.right + 1)
    }


# --- one sheet


def _without_formulas(xml: bytes) -> bytes:
    """The cells keep the values that they show."""
    return _SHEET_DATA.sub(
        lambda found: (
            b"<%ssheetData>" % found[1] + _FORMULA.sub(b"", found[2])
            + b"</%ssheetData>" % found[1]
        ),
        xml,
    )  # fmt: skip


def _without_choices(xml: bytes) -> bytes:
    """No list to choose from and no word on what to type, whichever program wrote them."""
    return _EMPTY_EXTENSIONS.sub(b"", _CHOICES.sub(b"", xml))


def _titled(xml: bytes, sheet: Sheet, since: str) -> bytes:
    """Cell A1, the title of every sheet, says that it is frozen."""
    cell = sheet.cells.get((1, 1))
    words = since + (cell.text if cell is not None and cell.text else sheet.name)
    if not _cell_at("A1").search(xml):
        raise CypsError(f"The sheet {sheet.name} has no title in A1, so it cannot say that it is "
                        "frozen. Put its title back.")  # fmt: skip
    return _with_words(xml, "A1", words)


def _cell_at(place: str) -> re.Pattern[bytes]:
    start = rb'<((?:\w+:)?)c\s(?=[^<>]*\br="%s")' % place.encode()
    return re.compile(start + rb"([^<>]*?)(?:/>|>.*?</\1c>)", re.DOTALL)


def _with_words(xml: bytes, place: str, words: str) -> bytes:
    """A cell with other words in it, looking as it did; `_prove` sees whether it was found."""
    found = _cell_at(place).search(xml)
    if found is None:
        return xml
    given = re.sub(rb'\s?\bt="[^"]*"', b"", found[2])
    return xml[: found.start()] + _text_cell(found[1], given, words) + xml[found.end() :]


def _text_cell(prefix: bytes, attributes: bytes, words: str) -> bytes:
    text = html.escape(escaped(words), quote=False).encode()
    p = prefix
    return (
        b"<%sc %s t=\"inlineStr\"><%sis><%st xml:space=\"preserve\">%s</%st></%sis></%sc>"
        % (p, attributes.strip(), p, p, text, p, p, p)
    )  # fmt: skip


def _with_record(xml: bytes, sheet: Sheet, record: Sequence[tuple[str, ...]]) -> bytes:
    """The record of what the values were settled from, in place of that of the issue."""
    head = next(
        row for (row, col), cell in sheet.cells.items() if cell.text == HEAD[0] and col == 1
    )
    rows = [found for found in _ROW.finditer(xml) if int(found[2]) > head]
    styles = re.findall(rb'\bs="(\d+)"', rows[0][0])
    style = b's="%s" ' % styles[-1] if styles else b""
    prefix = rows[0][1]
    new = []
    for number, cells in enumerate(record, start=head + 1):
        inside = b"".join(
            _text_cell(prefix, b'r="%s%d" %s' % (letter, number, style), words)
            for letter, words in zip((b"A", b"B", b"C", b"D"), cells, strict=True)
        )
        new.append(b'<%srow r="%d" ht="15" customHeight="1">%s</%srow>'
                   % (prefix, number, inside, prefix))  # fmt: skip
    return xml[: rows[0].start()] + b"".join(new) + xml[rows[-1].end() :]


# --- the rest of the file


def _without_calculation(parts: dict[str, bytes], since: str) -> dict[str, bytes]:
    """No list of what to calculate, no unlocked cell, and a title that says what it is."""
    kept = {}
    for name, content in parts.items():
        if name.endswith("calcChain.xml"):
            continue  # it would speak of formulas that are gone, and Excel would mend the file
        if name == "[Content_Types].xml" or name.endswith(".rels"):
            content = _CALC_CHAIN.sub(b"", content)
        elif "/tables/" in name:
            content = _COLUMN_FORMULA.sub(b"", content)
        elif name.endswith("styles.xml"):
            content = re.sub(rb'\blocked="(?:0|false)"', b'locked="1"', content)
        elif name == "docProps/core.xml":
            title = html.escape(since, quote=False).encode()
            content = re.sub(rb"(<dc:title>)", rb"\g<1>" + title, content, count=1)
        kept[name] = content
    return kept


def _packed(parts: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            member = zipfile.ZipInfo(name, _WRITTEN_AS)
            member.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(member, content)
    return buffer.getvalue()


def _prove(path: Path, before: Opened, content: bytes, words: Mapping[str, Retold]) -> None:
    """Every cell shows what it showed, or the words for a frozen copy; none has a formula."""
    after = Opened.of(path, read_workbook_bytes(content))
    for name, sheet in before.sheets.items():
        frozen, told = after.sheets[name], words.get(name, {})
        same = name == RECORD or all(
            _shown(frozen, at) == ((told[at] or None, None) if at in told else _shown(sheet, at))
            for at in sheet.cells
            if at != (1, 1)
        )
        if frozen.formulas or not same or not frozen_since(after):
            raise CypsError(
                f"{path.name} could not be frozen: its sheet {name} is written in a way that this "
                "version does not know. Save it in Excel or LibreOffice and try again."
            )


def _shown(sheet: Sheet, at: tuple[int, int]) -> tuple[str | None, float | None]:
    cell = sheet.cells.get(at)
    return (None, None) if cell is None else (cell.text, cell.number)
