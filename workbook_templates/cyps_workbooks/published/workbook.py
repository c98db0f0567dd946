"""The published workbook: put together in memory, then put in place whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

from xlsxwriter import Workbook

from cyps.errors import CypsError
from cyps.settlement import Exclusion, Settlement
from cyps_workbooks.page import on_one_line
from cyps_workbooks.placing import put_in_place
from cyps_workbooks.published.headings import with_headings_and_language
from cyps_workbooks.published.publication import Publication
from cyps_workbooks.published.reading import read_workbook
from cyps_workbooks.published.sheets import (
    CONTENTS,
    COVER,
    FONT_PROPERTIES,
    NOTES_SHEET,
    Book,
    draw_contents,
    draw_cover,
    draw_notes,
    draw_table,
)
from cyps_workbooks.published.tables import PublishedTable, published_tables
from cyps_workbooks.published.words import SHORTHAND

_WRITTEN_AS = datetime(2025, 1, 1)
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,  # a name that begins with = stays a name
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_format_properties": FONT_PROPERTIES,
}


def write_published(publication: Publication, path: Path) -> None:
    """Write the accessible workbook of a settlement.

    Parameters
    ----------
    publication : settlements by year, and what the cover says
    path : where the workbook goes; replaced only when the new one is whole

    Raises
    ------
    CypsError
        When the file is open elsewhere or cannot be written, a text does not fit into a
        cell, or the settlements to compare are not of the same authorities.

    Examples
    --------
    >>> import tempfile
    >>> from cyps.settlement.example import example
    >>> from cyps_workbooks.published import check_published
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "published.xlsx"
    ...     write_published(Publication((("", example()),)), path)
    ...     check_published(path)
    []
    """
    put_in_place(published_bytes(publication), Path(path))


def is_published(path: Path) -> bool:
    """Whether a file is a published workbook: its first sheets are the cover and the contents.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from cyps.settlement.example import example
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "published.xlsx"
    ...     write_published(Publication((("", example()),)), path)
    ...     is_published(path)
    True
    """
    try:
        first = [sheet.name for sheet in read_workbook(Path(path)).sheets[:2]]
    except CypsError:
        return False
    return first == [COVER, CONTENTS]


def published_bytes(publication: Publication) -> bytes:
    """Draw the workbook and give its bytes, the same for the same publication."""
    tables = published_tables(publication.years, publication.against)
    numbers = _numbered(tables)
    sheets = [(f"Table_{n}_{t.name}", f"Table {n}: {t.title}") for n, t in enumerate(tables, 1)]
    status = _status(publication.years[0][1])
    buffer = BytesIO()
    workbook = Workbook(buffer, _OPTIONS)
    workbook.set_properties(
        {"title": on_one_line(publication.heading), "author": on_one_line(publication.author),
         "comments": on_one_line(status)[:250],
         "subject": "Children's services relative needs formula", "created": _WRITTEN_AS}
    )  # fmt: skip
    book = Book(workbook)
    others = [(NOTES_SHEET, "Notes that the tables refer to"), *sheets]
    draw_cover(
        book, publication.heading, _cover(publication, tables), [CONTENTS, *(n for n, _ in others)]
    )
    draw_contents(book, others)
    draw_notes(book, numbers)
    for (name, title), table in zip(sheets, tables, strict=True):
        draw_table(book, name, title, table, status, numbers)
    workbook.close()
    return with_headings_and_language(buffer.getvalue())


def _numbered(tables: Iterable[PublishedTable]) -> dict[str, int]:
    """Notes by number, in the order in which the tables first refer to them."""
    used = dict.fromkeys(c.note for table in tables for c in table.columns if c.note)
    return {key: n for n, key in enumerate(used, start=1)}


def _status(settlement: Settlement) -> str:
    scenario = settlement.scenario
    return f"Status: {scenario.status}. {scenario.statement}"


def _cover(publication: Publication, tables: Sequence[PublishedTable]) -> dict[str, list[str]]:
    first = publication.years[0][1]
    scenario = first.scenario
    used = set().union(*(table.shorthand for table in tables))
    notes = dict.fromkeys(note for _, s in publication.years for note in s.scenario.notes)
    return {
        "What this workbook shows": [
            f"How {_pots(publication)} for children's services would be shared between "
            f"{len(scenario.codes):,} local authorities in England by the relative needs formula.",
            f"It has {len(tables)} tables, one on each worksheet.",
            *_years(publication),
            _left_out(scenario.exclusions, tables),
        ],
        "Status": [f"{scenario.status.capitalize()}. {scenario.statement}"],
        "Date of publication": [publication.published_in_words],
        "Contact": list(publication.contact) or ["Not given yet."],
        "Units, shorthand and rounding": [
            "Units are in the column headings. Amounts of money are in pounds.",
            "Percentages are rounded to the decimals shown, and targets and baselines to whole "
            "pounds, so they may not add up to the totals.",
            *(f"{mark} means {words}." for mark, words in SHORTHAND.items() if mark in used),
        ],
        "Sources and assumptions": [
            f"Use: {first.use.basis}",
            *(
                f"Damping{year}: {s.scenario.damping_in_words}."
                for year, s in _labelled(publication)
            ),
            *notes,
        ],
        "How this workbook was made": [
            f"Made by cyps {version('cyps')} to the rules of the Government Analysis Function "
            "that a machine can check. Nobody has tried it with a screen reader.",
        ],
    }


def _left_out(exclusions: Sequence[Exclusion], tables: Sequence[PublishedTable]) -> str:
    if not exclusions:
        return "No authority was left out."
    table = 1 + next(i for i, table in enumerate(tables) if table.name == "Left_out")
    many = f"{len(exclusions):,} authorities were" if len(exclusions) > 1 else "1 authority was"
    return f"{many} left out; Table {table} says which and why."


def _labelled(publication: Publication) -> list[tuple[str, Settlement]]:
    several = len(publication.years) > 1
    return [(f" in {label}" if several else "", s) for label, s in publication.years]


def _pots(publication: Publication) -> str:
    pots = [f"{s.scenario.pot:,} pounds{year}" for year, s in _labelled(publication)]
    return pots[0] if len(pots) == 1 else f"{', '.join(pots[:-1])} and {pots[-1]}"


def _years(publication: Publication) -> list[str]:
    labels = [label for label, _ in publication.years]
    return [f"Years: {', '.join(labels)}."] if len(labels) > 1 else []
