"""Check any workbook against the rules for published spreadsheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from cyps_workbooks.published import check_tables, check_text, check_workbook
from cyps_workbooks.published.foreign import Workbook
from cyps_workbooks.published.reading import read_workbook
from cyps_workbooks.published.rules import RULES, Breach

LONGEST = 300
"""Letters of a name or fault that are shown."""

_ROOMS = (check_tables, check_text, check_workbook)


def _check_of(key: str) -> Callable[[Workbook], Iterator[Breach]]:
    """The function that checks a rule: it has the rule's name."""
    name = key.replace("-", "_")
    found: Callable[[Workbook], Iterator[Breach]] = next(
        getattr(room, name) for room in _ROOMS if hasattr(room, name)
    )
    return found


CHECKS = {rule.key: _check_of(rule.key) for rule in RULES if rule.checked != "person"}


def check_published(path: Path) -> list[Breach]:
    """Where a workbook breaks the rules that a machine can check; an empty list if nowhere.

    Parameters
    ----------
    path : any .xlsx file, ours or not; it is read as data and nothing in it is run

    Returns
    -------
    breaches in the order of the rules, then of the sheets

    Raises
    ------
    CypsError
        When the file cannot be read (see `read_workbook`).
    """
    book = read_workbook(Path(path))
    return [_plain(breach) for check in CHECKS.values() for breach in check(book)]


def _plain(breach: Breach) -> Breach:
    """The breach with words that a terminal shows and does not obey, none without end."""
    sheet, cell, fault = map(_shown, (breach.sheet, breach.cell, breach.fault))
    return replace(breach, sheet=sheet, cell=cell, fault=fault)


def _shown(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: LONGEST + 1])
    return printable if len(printable) <= LONGEST else f"{printable[:LONGEST]}..."
