"""The sheet Record: the scenario and the use of every year as issued, and back bit for bit."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from cyps.errors import CypsError
from cyps.needs import Use
from cyps.returns import read_sheets
from cyps.settlement import Scenario, Settlement
from cyps.settlement.record import from_json, to_json
from cyps_workbooks.layout import RECORD
from cyps_workbooks.page import Against, Draft, new_page

LARGEST_CELL = 30_000
"""Characters. Excel keeps 32,767 in a cell."""

AGAINST = "Compared with: "
"""Begins the label of a year of the settlement that the sheet Compare stores."""

HEAD = ("Year", "Part", "SHA-256 of the whole", "Record")
_HEAD_ROW = 8

_UNREADABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters other than line breaks, and halves of characters."""

PURPOSE = (
    "What this settlement was made of when the workbook was issued: authorities, use, spend, area "
    "cost, baseline, pot and rule, to the last digit.",
    "Cells that were changed since are not in it. cyps compare, bridge and trace read it: give "
    "them the workbook in place of a folder.",
)


def draw_record(draft: Draft) -> None:
    """Draw the sheet Record."""
    page = new_page(draft, RECORD)
    formats = draft.formats
    for col, (head, width) in enumerate(zip(HEAD, (16, 8, 70, 60), strict=True)):
        page.sheet.set_column(col, col, width)
        page.text(_HEAD_ROW, col, head, formats.head())
    page.banner("Record", len(HEAD))
    page.paragraphs(3, PURPOSE, 100)
    row = _HEAD_ROW
    for cells in record_rows(draft.settlements, draft.other):
        row += 1
        for col, words in enumerate(cells):
            page.text(row, col, words, formats.cell("text"))
        page.sheet.set_row(row, 15)
    page.sheet.print_area(0, 0, row, 2)  # the record itself is for programs
    page.finish()


def record_rows(
    settlements: Sequence[tuple[str, Settlement]], other: Against | None = None
) -> Iterator[tuple[str, ...]]:
    """Year, part, SHA-256 of the whole and the part, for every part of every year's record.

    Those of `other`, which the sheet Compare stores, come last.
    """
    stored = other.settlements if other is not None else ()
    against = [(f"{AGAINST}{label}", settlement) for label, settlement in stored]
    for label, settlement in (*settlements, *against):
        text = _recorded(settlement)
        digest = hashlib.sha256(text.encode()).hexdigest()
        for part, piece in enumerate(_pieces(text), start=1):
            yield label, str(part), digest, piece


def _recorded(settlement: Settlement) -> str:
    """The record on one line: a cell's line breaks do not survive every program."""
    told = json.loads(to_json(settlement.scenario, settlement.use))
    _check_readable(told)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _check_readable(told: object) -> None:
    """That the record holds no text that it could not be read back with."""
    found = [(at, words) for at, words in _texts(told) if _UNREADABLE.search(words)]
    if found:
        at, words = found[0]
        sign = ord(_UNREADABLE.findall(words)[0])
        more = f" {len(found) - 1:,} more texts have such characters." if found[1:] else ""
        raise CypsError(
            f"No workbook was written: {at} holds the character U+{sign:04X}, which does not print "
            f"and which no record is read with: {words[:60]!r}.{more} Take it out."
        )


def _texts(told: object, at: str = "the settlement") -> Iterator[tuple[str, str]]:
    """Every text of a record, with the words that lead to it."""
    if isinstance(told, str):
        yield at, told
    elif isinstance(told, dict):
        for key, value in told.items():
            yield f"a name in {at}", key
            yield from _texts(value, f"'{key}' of {at}")
    elif isinstance(told, list):
        for number, value in enumerate(told, start=1):
            yield from _texts(value, f"number {number} in {at}")


def _pieces(text: str) -> Iterator[str]:
    """Parts that fit into a cell; none begins or ends with a space, which readers may drop."""
    start = 0
    while start < len(text):
        end = min(start + LARGEST_CELL, len(text))
        while end < len(text) and " " in text[end - 1 : end + 1]:
            end -= 1
        yield text[start:end]
        start = end


def read_records(path: Path) -> tuple[tuple[str, Scenario, Use], ...]:
    """Label, scenario and use of every year that a settlement workbook was issued with.

    Raises
    ------
    CypsError
        When the file is no workbook, has no record, or its record was changed.

    Examples
    --------
    >>> import tempfile
    >>> from cyps.settlement.example import example
    >>> from cyps_workbooks import write_settlement
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "settlement.xlsx"
    ...     write_settlement([("2025-26", example())], path)
    ...     [(label, scenario.pot) for label, scenario, _ in read_records(path)]
    [('2025-26', 100)]
    """
    found = [rows for name, rows in read_sheets(path) if name == RECORD]
    if not found:
        raise CypsError(
            f"{path.name} has no sheet '{RECORD}'. Give a settlement workbook that this version of "
            "cyps wrote, or a folder of results."
        )
    return records_in(path, found[0])


def records_in(path: Path, rows: Sequence[list[str]]) -> tuple[tuple[str, Scenario, Use], ...]:
    """As `read_records`, from the cells of the sheet Record of a file that was read already."""
    found = [one for one in _all_records(path, rows) if not one[0].startswith(AGAINST)]
    if not found:
        raise _changed(path, "it holds no year")
    return tuple(found)


def compared_in(path: Path, rows: Sequence[list[str]]) -> tuple[tuple[str, Scenario, Use], ...]:
    """Label, scenario and use of every year of the settlement that the sheet Compare stores.

    Nothing where it stores the settlement as delivered.
    """
    return tuple(
        (label.removeprefix(AGAINST), scenario, use)
        for label, scenario, use in _all_records(path, rows)
        if label.startswith(AGAINST)
    )


def _all_records(path: Path, rows: Sequence[list[str]]) -> tuple[tuple[str, Scenario, Use], ...]:
    texts: dict[str, list[str]] = {}
    digests: dict[str, str] = {}
    for row in _below_head(rows):
        label, _, digest, part = (*row[:4], *[""] * (4 - len(row)))
        texts.setdefault(label, []).append(part)
        digests[label] = digest
    return tuple(_year(path, label, "".join(texts[label]), digests[label]) for label in texts)


def _below_head(rows: Sequence[list[str]]) -> list[list[str]]:
    heads = [i for i, row in enumerate(rows) if tuple(row[:4]) == HEAD]
    return [row for row in rows[heads[0] + 1 :] if any(row[:4])] if heads else []


def _year(path: Path, label: str, text: str, digest: str) -> tuple[str, Scenario, Use]:
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        raise _changed(path, f"the record of {label} is not as it was written")
    scenario, use = from_json(text, f"{path.name}, sheet {RECORD}, {label}")
    return label, scenario, use


def _changed(path: Path, why: str) -> CypsError:
    return CypsError(
        f"{path.name}, sheet '{RECORD}': {why}. Take the workbook as it was issued, or settle "
        "again."
    )
