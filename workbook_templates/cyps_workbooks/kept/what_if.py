"""A what-if workbook that people moved levers in, beside what the engine makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import Use
from cyps.settlement import Bands, Protection, Scenario, Settlement, settle
from cyps.settlement.levers import Levers, with_levers
from cyps_workbooks.kept.as_issued import changed_formulas, is_laid_out_alike
from cyps_workbooks.kept.compared import compare_calculation, flags_say
from cyps_workbooks.kept.findings import Finding, said
from cyps_workbooks.kept.frozen_marks import frozen_since
from cyps_workbooks.kept.opened import Opened, as_settlement, is_what_if, open_workbook
from cyps_workbooks.kept.read_back import read_back
from cyps_workbooks.kept.typed_cells import PART, RATE, Between, TypedCells
from cyps_workbooks.kept.verdict import (
    NOT_CALCULATED,
    Verdict,
    check_opened,
    in_order,
    open_elsewhere,
    structure,
    the_first,
)
from cyps_workbooks.layout import RECORD
from cyps_workbooks.page import Against
from cyps_workbooks.published.reading import read_workbook_bytes
from cyps_workbooks.record_sheet import records_in
from cyps_workbooks.what_if_layout import LEVERS, SCENARIO
from cyps_workbooks.what_if_workbook import what_if_bytes

_POT = Between(1.0, 1e12)
_SHIFT = Between(-11.0, 11.0)
_WITHIN = {"pot": _POT, "floor": RATE, "ceiling": RATE}
_NEEDED = "Type a value that the lever takes, or clear the cell."


def check_any(path: Path) -> Verdict:
    """Check a settlement workbook or a what-if that people worked in.

    Raises
    ------
    CypsError
        When the file cannot be read safely, has macros, or is neither.

    Examples
    --------
    >>> import tempfile
    >>> from cyps.settlement.example import example
    >>> from cyps_workbooks import write_what_if
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "what-if.xlsx"
    ...     write_what_if("2025-26", example(), path)
    ...     check_any(path).sentence
    'SOUND: the cells show what the engine gives.'
    """
    opened = open_workbook(path)
    return check_what_if(opened) if is_what_if(opened) else check_opened(as_settlement(opened))


def settle_as_typed(path: Path) -> tuple[tuple[str, Settlement], ...]:
    """What the cells of a settlement workbook, or the levers of a what-if, say now: every year.

    Raises
    ------
    CypsError
        When the file is neither, a cell cannot be used, or a rule cannot be kept.
    """
    opened = open_workbook(path)
    if not is_what_if(opened):
        return read_back(as_settlement(opened)).settle()
    label, scenario, use = records_in(path, opened.rows(RECORD))[0]
    if frozen_since(opened):  # the record has the levers in it
        return ((label, settle(scenario, use)),)
    typed = TypedCells(opened)
    levers, _ = read_levers(typed, settle(scenario, use))
    if typed.problems:
        raise CypsError(" ".join(problem.line() for problem in typed.problems))
    return ((label, settle(with_levers(scenario, use.metrics, levers), use)),)


def check_what_if(opened: Opened) -> Verdict:
    """Whether a what-if shows what the engine makes of its levers, and is otherwise as issued."""
    found: list[Finding] = [*open_elsewhere(opened.path)]
    # A frozen copy has its inputs locked, which is a fault in a living one.
    found += [] if frozen_since(opened) else structure(opened.path)
    try:
        label, scenario, use = records_in(opened.path, opened.rows(RECORD))[0]
        base = settle(scenario, use)
    except CypsError as error:
        return Verdict(opened, in_order([*found, Finding("record", "", str(error))]), (), (), None)
    if frozen := frozen_since(opened):
        found += shown_otherwise(opened, ((label, base),))
        return Verdict(opened, in_order(found), ((label, base),), (), None, frozen)
    typed = TypedCells(opened)
    levers, changed = read_levers(typed, base)
    found += typed.problems
    formulas = _formulas(opened, label, base)
    found += formulas
    years: tuple[tuple[str, Settlement], ...] = ()
    if typed.problems:
        found += flags_say(opened, "levers_sound", "No")
    else:
        years, more = _numbers(opened, label, scenario, use, levers)
        found += more
        if years and more and not any(finding.stops for finding in formulas):
            found.append(NOT_CALCULATED)
    return Verdict(opened, in_order(found), years, changed, None)


def _numbers(
    opened: Opened, label: str, scenario: Scenario, use: Use, levers: Levers
) -> tuple[tuple[tuple[str, Settlement], ...], list[Finding]]:
    """What the engine makes of the levers, and where the cells show something else."""
    try:
        moved = settle(with_levers(scenario, use.metrics, levers), use)
    except CypsError as error:
        return (), [Finding("inputs", "", str(error)), *flags_say(opened, "can_settle", "No")]
    years = ((label, moved),)
    return years, shown_otherwise(opened, years)


def shown_otherwise(opened: Opened, years: tuple[tuple[str, Settlement], ...]) -> list[Finding]:
    """Where the cells show something else than the engine gives."""
    flags = [f for name in ("levers_sound", "can_settle") for f in flags_say(opened, name, "Yes")]
    return the_first([*flags, *compare_calculation(opened, years, 0)])


def before_the_levers(opened: Opened) -> Against:
    """What a what-if was made from, as its record has it."""
    label, scenario, use = records_in(opened.path, opened.rows(RECORD))[0]
    return Against("the scenario, without the levers", ((label, settle(scenario, use)),))


def read_levers(typed: TypedCells, base: Settlement) -> tuple[Levers, tuple[str, ...]]:
    """The levers as they are typed, and those that are moved in words."""
    opened, rule = typed.opened, base.scenario.damping
    values: dict[str, float | None] = {}
    changed = []
    for key in LEVERS:
        name = f"in_lever_{key}"
        if name not in opened.places:
            continue  # it does not apply; a name that was deleted is seen by the layout
        entry = opened.block(name)[0][0]
        within = _WITHIN.get(key, PART)
        if key in {"floor", "ceiling"} and isinstance(rule, Bands | Protection):
            within = _SHIFT
        _, values[key] = typed.number_or_blank(entry, f"The lever {key}", within, _NEEDED)
        if values[key] is not None:
            changed.append(f"{entry.place} ({name}): as in the scenario, is {said(values[key])}")
    pot = values.pop("pot", None)
    if pot is not None and not float(pot).is_integer():
        typed.note(opened.block("in_lever_pot")[0][0], "The pot is not whole pounds.")
        pot = None
    metric = typed.words(opened.block("in_lever_metric")[0][0], "The metric of lever 5")
    known = {m.casefold(): m for m in base.use.metrics}
    moved = Levers(None if pot is None else int(pot), metric=known.get(metric.casefold(), metric),
                   **values)  # fmt: skip
    return moved, tuple(changed)


def _formulas(opened: Opened, label: str, base: Settlement) -> list[Finding]:
    """Formulas and locked figures that are not as they were issued."""
    issued = draw_what_if_as_issued(opened, label, base)
    if is_laid_out_alike(opened, issued):
        return changed_formulas(opened, issued)
    words = "its cells are laid out in another way than this version of cyps does, so its formulas "
    return [Finding("formulas", "", f"{words}were not compared one by one.", stops=False)]


def draw_what_if_as_issued(opened: Opened, label: str, base: Settlement) -> Opened:
    """The what-if that the record of a file describes, with no lever moved."""
    content = what_if_bytes(label, base, population=children_on(opened, len(base.pounds)))
    return Opened.of(opened.path, read_workbook_bytes(content))


def children_on(opened: Opened, authorities: int) -> NDArray[np.float64] | None:
    """The children on the sheet Scenario, where every authority has a number of them."""
    head, columns = opened.headers(SCENARIO)
    if "Children" not in columns:
        return None
    found = [
        opened.entry(SCENARIO, head + 1 + i, columns["Children"]).value for i in range(authorities)
    ]
    numbers = [float(x) if isinstance(x, int | float) else 0.0 for x in found]
    return np.array(numbers) if min(numbers) > 0 else None
