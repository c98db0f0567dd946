"""The group Output: workbooks to hand on, and the log that quality assurance asks for."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from cyps.errors import CypsError
from cyps.settlement import settle
from cyps.settlement.record import from_json
from cyps_addin.actions.asked import Asked
from cyps_addin.cells import table
from cyps_addin.declare import Action, Cells

if TYPE_CHECKING:
    from cyps_workbooks.kept.verdict import Verdict


def _new_place(path: Path) -> Path:
    """Where a new workbook may go: its name ends in .xlsx, and nothing is there."""
    if path.suffix.lower() != ".xlsx":
        raise CypsError(f"{path.name} would not open in Excel: the name has to end in .xlsx.")
    if path.exists():
        raise CypsError(f"{path.name} is there already and was not touched. Choose another name.")
    return path


def _free_place(record: Path) -> Path:
    """Beside the record, under the first name that is free: cyps settle has taken the first."""
    names = (record.stem, *(f"{record.stem} {number}" for number in range(2, 100)))
    for name in names:
        if not (place := record.with_name(f"{name}.xlsx")).exists():
            return place
    raise CypsError(f"{record.parent} is full of workbooks of {record.name}. Move some away.")


def _new(asked: Asked) -> Cells:
    """A settlement workbook from a settlement's record, beside it."""
    from cyps_workbooks import write_settlement

    record = asked.file("a settlement's record (settlement.json)")
    if record.suffix.casefold() != ".json":
        raise CypsError(f"{record.name} is no settlement's record. Choose a settlement.json.")
    settlement = settle(*from_json(record.read_text("utf-8"), record.name))
    year = settlement.scenario.year
    place = _free_place(record)
    write_settlement([(f"{year - 1}-{year % 100:02d}", settlement)], place)
    return table(("item", "value"), [("written", str(place)), ("title", settlement.scenario.title)])


def _publish(asked: Asked) -> Cells:
    """The accessible workbook of the settlement that the cells say now."""
    from cyps_workbooks.published import Publication, write_published

    place = _new_place(asked.file("a name for the workbook to publish"))
    _check_sound(asked)
    years = asked.years
    publication = Publication(
        years=(("", years[0][1]),) if len(years) == 1 else years,
        title=asked.back.scenario.title,
        author=f"cyps {version('cyps')}",
    )
    write_published(publication, place)
    return table(
        ("item", "value"),
        [("written", str(place)), *(("still to be said", words) for words in publication.missing)],
    )


def _check_sound(asked: Asked) -> None:
    """What is handed on has to be what the cells show."""
    from cyps_workbooks.kept.verdict import NOT_CALCULATED, check_workbook

    findings = check_workbook(asked.opened.path).findings
    if NOT_CALCULATED in findings:
        raise CypsError(f"This workbook cannot be published as it stands. {NOT_CALCULATED.words}")
    stops = [f.line() for f in findings if f.stops]
    if stops:
        raise CypsError(
            f"This workbook cannot be published as it stands. {' '.join(stops[:3])} The button "
            "Checks lists all that is to mend."
        )


def _freeze(asked: Asked) -> Cells:
    """A copy that holds the values it shows, and no formula."""
    from cyps_workbooks.kept.frozen import freeze
    from cyps_workbooks.placing import put_beside

    place = _new_place(asked.file("a name for the frozen copy"))
    day = datetime.now(UTC).date()
    put_beside(freeze(asked.front, day), place)
    return table(("item", "value"), [("written", str(place)), ("frozen", f"{day}")])


def _qa_log(asked: Asked) -> Cells:
    """What was checked, by what, and what came of it: to go into a quality assurance log."""
    from cyps_workbooks.kept.what_if import check_any

    verdict = check_any(asked.front)
    content = asked.front.read_bytes()
    return table(
        ("item", "place", "what was found"),
        [
            ("checked at", "", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
            ("by", "", f"cyps {version('cyps')}"),
            ("workbook", "", asked.front.name),
            ("SHA-256 of what was checked", "", hashlib.sha256(content).hexdigest()),
            ("verdict", "", verdict.sentence),
            *found_rows(verdict),
            *(("changed since issue", *_split(line)) for line in verdict.changed),
            *(
                ("settled", label, f"{int(one.pounds.sum()):,} pounds; "
                 f"{one.scenario.damping_in_words}")
                for label, one in verdict.years
            ),
        ],
    )  # fmt: skip


def found_rows(verdict: Verdict) -> list[tuple[str, str, str]]:
    """Every finding: whether it stops, where, what."""
    return [("STOP" if f.stops else "note", f.place, f.words) for f in verdict.findings]


def _split(line: str) -> tuple[str, str]:
    place, _, words = line.partition(" ")
    return place, words


ACTIONS: tuple[Action, ...] = (
    Action(
        "new", "New workbook", "Output", "A settlement workbook from a settlement's record",
        "Choose a settlement.json that cyps settle wrote. The workbook is written beside it, under "
        "a name that no file there has.",
        "ON", "FileNew", _new, asks="file",
    ),
    Action(
        "publish", "Publish", "Output", "The accessible workbook for publication",
        "Choose a name. What the cells say now is settled and written by the Analysis Function's "
        "rules; a file that is there is not written over.",
        "OP", "FileSaveAs", _publish, asks="place", on_book=True,
        needs=("no_stop",),
    ),
    Action(
        "freeze", "Freeze", "Output", "A copy with values only",
        "Choose a name. The copy shows what this workbook shows, has no formula and is locked; "
        "the workbook has to be sound. A file that is there is not written over.",
        "OF", "Lock", _freeze, asks="place", on_book=True, what_if=True,
        needs=("no_stop", "living"),
    ),
    Action(
        "qa_log", "QA log", "Output", "What was checked, by what, and what came of it",
        "Checks the workbook cell by cell against the engine and lists findings, changed inputs "
        "and the file's hash on a new sheet.",
        "OL", "ReviewTrackChanges", _qa_log, on_book=True, what_if=True,
    ),
)  # fmt: skip
"""Actions that write workbooks and logs."""
