"""The verdict on a settlement workbook: can it be used as it stands, and if not, which cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cyps.errors import CypsError
from cyps.settlement import Settlement
from cyps_workbooks.checks import check_structure
from cyps_workbooks.kept.as_issued import (
    changed_formulas,
    changed_inputs,
    draw_as_issued,
    is_laid_out_alike,
)
from cyps_workbooks.kept.compared import compare_with_engine, flags_say
from cyps_workbooks.kept.findings import Finding, said
from cyps_workbooks.kept.frozen_marks import frozen_since
from cyps_workbooks.kept.opened import Opened, is_open_elsewhere, open_settlement
from cyps_workbooks.kept.read_back import ReadBack, read_back
from cyps_workbooks.layout import CHECKS

_SHOWN = 5
"""Faults of one kind that are named."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of checking a workbook.

    Attributes
    ----------
    findings : what was found, what stops first
    years : what the engine settles from its cells; empty where it cannot
    changed : inputs that differ from those it was issued with, in words
    back : what was read back, or None where nothing could be
    frozen : the day on which it was frozen, or nothing where it lives
    """

    opened: Opened
    findings: tuple[Finding, ...]
    years: tuple[tuple[str, Settlement], ...]
    changed: tuple[str, ...]
    back: ReadBack | None
    frozen: str = ""

    @property
    def sound(self) -> bool:
        """Whether nothing was found that stops anybody from using it."""
        return not any(finding.stops for finding in self.findings)

    @property
    def sentence(self) -> str:
        """The verdict in a sentence."""
        stops = sum(finding.stops for finding in self.findings)
        notes = len(self.findings) - stops
        noted = f" {notes} to note." if notes else ""
        noted += f" Frozen on {self.frozen}: values only." if self.frozen else ""
        if stops:
            return f"NOT SOUND: {stops} to mend.{noted}"
        return f"SOUND: the cells show what the engine gives.{noted}"


def check_workbook(path: Path) -> Verdict:
    """Check a settlement workbook that people worked in: file, record, inputs, numbers, formulas.

    Raises
    ------
    CypsError
        When the file cannot be read safely, has macros, or is no settlement workbook.

    Examples
    --------
    >>> import tempfile
    >>> from cyps.settlement.example import example
    >>> from cyps_workbooks import write_settlement
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "settlement.xlsx"
    ...     write_settlement([("2025-26", example())], path)
    ...     check_workbook(path).sentence
    'SOUND: the cells show what the engine gives.'
    """
    return check_opened(open_settlement(path))


def check_opened(opened: Opened) -> Verdict:
    """As `check_workbook`, for a settlement workbook that was opened already."""
    path = opened.path
    found: list[Finding] = [*open_elsewhere(path)]
    frozen = frozen_since(opened)
    back = None
    try:
        back = read_back(opened)
    except CypsError as error:
        found.append(Finding("record", "", str(error)))
    years: tuple[tuple[str, Settlement], ...] = ()
    changed: tuple[str, ...] = ()
    if back is not None:
        found += back.problems
        years, more = _numbers(opened, back)
        found += more
        if not frozen:
            changed, formulas = _against_issue(opened, back)
            found += formulas
            if years and more and not any(finding.stops for finding in formulas):
                found.append(NOT_CALCULATED)
    found += [*_checks_sheet(opened)]
    if not frozen:
        found += structure(path)
    return Verdict(opened, in_order(found), years, changed, back, frozen)


_ORDER = ("record", "file", "inputs", "formulas", "checks", "engine", "structure")
"""What is a cause comes before what follows from it."""


def in_order(found: list[Finding]) -> tuple[Finding, ...]:
    """Findings, those that stop first, a cause before what follows from it."""
    return tuple(sorted(found, key=lambda one: (not one.stops, _ORDER.index(one.about))))


NOT_CALCULATED = Finding(
    "engine", "", "Cells and engine differ, and no formula was changed: the workbook was saved "
    "without calculating. Open it, press Ctrl+Alt+F9, save it, and check again.", stops=False,
)  # fmt: skip


def open_elsewhere(path: Path) -> Iterator[Finding]:
    """That somebody has the file open, where a lock says so."""
    lock = is_open_elsewhere(path)
    if lock:
        yield Finding(
            "file", "", f"{lock} lies beside it: somebody has it open, and what they have not "
            "saved is not checked.", stops=False,
        )  # fmt: skip


def _numbers(
    opened: Opened, back: ReadBack
) -> tuple[tuple[tuple[str, Settlement], ...], list[Finding]]:
    """The engine's settlement and where the cells show something else."""
    unsaved = [
        (sheet.name, at)
        for sheet in opened.book.sheets
        for at in sheet.formulas
        if at not in sheet.cells and at not in sheet.shown_empty
    ]
    total = sum(len(sheet.formulas) for sheet in opened.book.sheets)
    saved = not total or len(unsaved) <= total / 2
    found: list[Finding] = []
    if not saved:
        found.append(
            Finding(
                "engine", "", f"{len(unsaved):,} of {total:,} formulas have no saved value: a "
                "program that does not calculate saved the file. Open it in Excel or LibreOffice, "
                "let it calculate, save it, and check again.",
            )
        )  # fmt: skip
    if back.problems:
        return (), [*found, *(flags_say(opened, "inputs_sound", "No") if saved else ())]
    try:
        years = back.settle()
    except CypsError as error:
        found.append(Finding("inputs", "", str(error)))
        return (), [*found, *(flags_say(opened, "can_settle", "No") if saved else ())]
    if not saved:
        return years, found
    return years, the_first(compare_with_engine(opened, years))


def the_first(found: list[Finding]) -> list[Finding]:
    """The first cells that differ; the rest follow from them more often than not."""
    if len(found) <= _SHOWN:
        return found
    more = Finding("engine", "", f"and {len(found) - _SHOWN:,} more places differ.")
    return [*found[:_SHOWN], more]


def _against_issue(opened: Opened, back: ReadBack) -> tuple[tuple[str, ...], list[Finding]]:
    """Inputs that changed since it was issued, and formulas that are not as issued."""
    try:
        issued = draw_as_issued(opened, back)
    except CypsError as error:
        return (), [Finding("record", "", f"it cannot be drawn as it was issued: {error}")]
    if not is_laid_out_alike(opened, issued):
        return (), [
            Finding(
                "formulas", "", "its cells are laid out in another way than this version of cyps "
                "does, so its formulas were not compared one by one.", stops=False,
            )
        ]  # fmt: skip
    changed = tuple(
        f"{now.place} ({name}): was {said(was.value)}, is {said(opened.followed(now).value)}"
        for name, was, now in changed_inputs(opened, issued)
    )
    formulas = changed_formulas(opened, issued)
    if len(formulas) > _SHOWN:
        more = Finding("formulas", "", f"and {len(formulas) - _SHOWN:,} more such cells.")
        formulas = [*formulas[:_SHOWN], more]
    return changed, formulas


def _checks_sheet(opened: Opened) -> Iterator[Finding]:
    """The lines of the sheet Checks that are not OK."""
    page = opened.sheets.get(CHECKS)
    if page is None:
        yield Finding("checks", "", f"the sheet {CHECKS} is gone.")
        return
    for (row, column), cell in sorted(page.cells.items()):
        if column == 2 and cell.text in {"STOP", "WARN"}:
            name, words = (opened.entry(CHECKS, row, c).value for c in (1, 3))
            yield Finding(
                "checks", f"{CHECKS}!B{row}", f"{name}: {words}", stops=cell.text == "STOP"
            )


def structure(path: Path) -> list[Finding]:
    """Faults of structure: those that another program left are only to be noted."""
    by_fault: dict[str, list[str]] = {}
    try:
        faults = check_structure(path)
    except CypsError as error:
        return [Finding("structure", "", str(error))]
    except (ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        # Values that no program writes: the check of structure is made for those that one does.
        kind = type(error).__name__
        return [Finding("structure", "", f"a part of it holds values that no program writes "
                        f"({kind}). Open it in Excel and save it anew.")]  # fmt: skip
    for fault in faults:
        by_fault.setdefault(fault.fault, []).append(fault.place)
    found = []
    for words, places in by_fault.items():
        if words == "its formula has no cached value":
            continue  # said of the whole file
        others = f" (and {len(places) - 1:,} more)" if len(places) > 1 else ""
        found.append(Finding("structure", places[0], f"{words}{others}.", stops=_matters(words)))
    if len(found) > _SHOWN:
        more = len(found) - _SHOWN
        found = [*found[:_SHOWN], Finding("structure", "", f"and {more:,} more faults.")]
    return found


_ONLY_NOTED = ("unlocked", "is not protected", "is not known in a worksheet", "is locked")


def _matters(words: str) -> bool:
    return not any(part in words for part in _ONLY_NOTED)
