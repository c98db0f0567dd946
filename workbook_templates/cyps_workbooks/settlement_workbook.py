"""The settlement workbook: drawn in memory, then put in place whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from xlsxwriter import Workbook

from cyps.errors import CypsError
from cyps.explain.compare import check_same_authorities
from cyps.settlement import Settlement
from cyps.settlement.solution import group_lines, solution
from cyps_workbooks.about_sheet import draw_about
from cyps_workbooks.authority_sheet import draw_my_authority
from cyps_workbooks.bridge_sheet import draw_bridge_sheet
from cyps_workbooks.bridge_snapshot import snapshot
from cyps_workbooks.calculation_sheet import draw_calculation
from cyps_workbooks.changes_sheet import draw_changes
from cyps_workbooks.check_list import Check, checks
from cyps_workbooks.checks_sheet import (
    check_lines,
    draw_checks,
    inputs_are_sound,
    verdict_seen,
)
from cyps_workbooks.compare_sheet import draw_compare
from cyps_workbooks.damping_sheet import draw_damping
from cyps_workbooks.factors_sheet import draw_factors
from cyps_workbooks.glossary_sheet import draw_glossary
from cyps_workbooks.groups_sheet import draw_groups
from cyps_workbooks.inputs_sheet import draw_inputs
from cyps_workbooks.layout import Layout
from cyps_workbooks.members_sheet import draw_members
from cyps_workbooks.notes_sheet import draw_notes
from cyps_workbooks.pack_sheet import draw_pack
from cyps_workbooks.page import NOTHING_TYPED, Against, Draft, PackNote, Typed, on_one_line
from cyps_workbooks.placing import put_in_place
from cyps_workbooks.qa_sheet import draw_qa
from cyps_workbooks.record_sheet import draw_record
from cyps_workbooks.results_sheet import draw_results
from cyps_workbooks.style import Formats
from cyps_workbooks.typed_over import type_over, typed_names
from cyps_workbooks.use_sheet import draw_use
from cyps_workbooks.weights_sheet import draw_weights
from cyps_workbooks.winners_sheet import draw_winners
from cyps_workbooks.worked_sheet import draw_worked
from cyps_workbooks.years_sheet import draw_years

_WRITTEN_AS = datetime(2025, 1, 1)

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,  # a name that begins with = stays a name
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_settlement(
    settlements: Sequence[tuple[str, Settlement]],
    path: Path,
    *,
    pack: PackNote | None = None,
    chosen: str | None = None,
    typed: Typed = NOTHING_TYPED,
    against: Against | None = None,
    population: ArrayLike | None = None,
) -> None:
    """Write one or more years of a settlement as a workbook whose own formulas compute them.

    Parameters
    ----------
    settlements : a label and what the engine computed for each year, as `settle_years` gives
        them; the numbers are the cells' cached values. Authorities, use and spend are the same
        in every year
    path : where the workbook goes; replaced only when the new one is whole
    pack : the pack that the use came from, or None for published numbers
    chosen : the authority shown first on the sheet My authority; the first by default
    population : array (n_authorities,), children, for pounds per child; None where not known
    typed : what people typed into an earlier workbook that a settlement has no place for
    against : the settlement B that the sheet Compare stores; these settlements by default

    Raises
    ------
    CypsError
        When years differ in authorities, use or spend, or names cannot be told apart in cells;
        when the file is open elsewhere or cannot be written; the old one stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> from cyps.settlement.example import example
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "settlement.xlsx"
    ...     write_settlement([("2025-26", example())], path)
    ...     path.read_bytes()[:2]
    b'PK'
    """
    content = settlement_bytes(
        settlements, pack=pack, chosen=chosen, typed=typed, against=against, population=population
    )
    put_in_place(content, Path(path))


def settlement_bytes(
    settlements: Sequence[tuple[str, Settlement]],
    *,
    pack: PackNote | None = None,
    chosen: str | None = None,
    typed: Typed = NOTHING_TYPED,
    against: Against | None = None,
    population: ArrayLike | None = None,
) -> bytes:
    """Draw the workbook and give its bytes, the same for the same settlements."""
    _check_alike(settlements)
    if against is not None:
        _check_comparable(settlements, against)
    buffer = BytesIO()
    workbook = Workbook(buffer, OPTIONS)
    layout = layout_of(settlements, pack, typed, bridged=against is not None)
    scenario = settlements[0][1].scenario
    draft = Draft(
        workbook, Formats(workbook), tuple(settlements), layout, pack, typed, against,
        children_of(settlements[0][1], population, typed),
        chosen or scenario.authorities[0].name,
        snapshots=() if against is None else tuple(
            snapshot(against.of_year(label), settlement) for label, settlement in settlements
        ),
    )  # fmt: skip
    workbook.set_properties(
        {"title": on_one_line(draft.title),
         "comments": on_one_line(f"{scenario.status}: {scenario.statement}")[:250],
         "created": _WRITTEN_AS}
    )  # fmt: skip
    listed = checks(draft)
    _draw(replace(draft, verdict=verdict_seen(listed)), listed)
    type_over(draft)
    for name, place in (names(layout) | {"check_lines": check_lines(listed)}).items():
        workbook.define_name(name, f"={place}")
    workbook.close()
    return buffer.getvalue()


def layout_of(
    settlements: Sequence[tuple[str, Settlement]],
    pack: PackNote | None,
    typed: Typed,
    *,
    bridged: bool = False,
) -> Layout:
    """Where everything stands in the workbook of these settlements, with what was typed.

    `bridged` where it compares with another settlement: it has the sheet Bridge then.
    """
    return Layout.of(
        settlements,
        has_pack=pack is not None,
        pack=None if pack is None else pack.pack,
        spend_lines=None if typed.spend is None else len(typed.spend),
        named=typed_names(typed),
        bridged=bridged,
    )


def children_of(
    settlement: Settlement, population: ArrayLike | None, typed: Typed
) -> NDArray[np.float64] | None:
    """The children that the cells hold: those given, or those typed where each is above 0."""
    column = typed.column("in_children", 0)
    if column is not None:
        numbers = [value if isinstance(value, float | int) else 0.0 for value in column]
        return np.array(numbers, dtype=np.float64) if min(numbers) > 0 else None
    if population is None:
        return None
    children = np.array(population, dtype=np.float64)
    if children.shape != (len(settlement.scenario.codes),) or not (children > 0).all():
        raise CypsError("The children are not a number above 0 for each authority, in their order.")
    return children


def _draw(draft: Draft, listed: list[Check]) -> None:
    """Every sheet, in order."""
    lines = [solution(settlement) for _, settlement in draft.settlements]
    groups = [
        group_lines(settlement, of_year)
        for (_, settlement), of_year in zip(draft.settlements, lines, strict=True)
    ]
    layout = draft.layout
    draw_about(draft)
    draw_inputs(draft)
    draw_members(draft)
    draw_use(draft)
    draw_weights(draft)
    draw_damping(draft, groups)
    for year, of_year in enumerate(lines):
        draw_calculation(draft, year, of_year, inputs_are_sound(listed, year))
    draw_factors(draft, groups)
    draw_results(draft)
    if draft.many_years:
        draw_years(draft)
    draw_my_authority(draft, draft.chosen)
    draw_winners(draft)
    draw_compare(draft)
    if layout.bridged:
        draw_bridge_sheet(draft)
    draw_groups(draft)
    if draft.pack is not None:
        draw_pack(draft, draft.pack)
        if draft.pack.pack is not None and layout.drivers:
            draw_worked(draft, draft.pack, draft.pack.pack)
    draw_checks(draft, listed)
    draw_notes(draft)
    draw_qa(draft)
    draw_changes(draft)
    draw_glossary(draft)
    draw_record(draft)


def names(layout: Layout) -> dict[str, str]:
    """Every defined name that hangs on the layout alone: inputs, text, named results."""
    return layout.inputs() | layout.texts() | layout.results()


def _check_comparable(settlements: Sequence[tuple[str, Settlement]], against: Against) -> None:
    """Every year has something to stand against, of the same authorities."""
    for label, settlement in settlements:
        check_same_authorities(against.of_year(label), settlement)


def _check_alike(settlements: Sequence[tuple[str, Settlement]]) -> None:
    """One workbook has one list of authorities, one use and one table of spend."""
    if not settlements:
        raise CypsError("A workbook needs at least one year's settlement.")
    labels = [label for label, _ in settlements]
    if len({label.casefold() for label in labels}) != len(labels) or not all(labels):
        raise CypsError(f"Years need labels, each its own, but are {', '.join(labels)}.")
    first = settlements[0][1]
    for label, other in settlements[1:]:
        alike = (
            other.scenario.authorities == first.scenario.authorities
            and other.scenario.spend == first.scenario.spend
            and other.use.metrics == first.use.metrics
            and np.array_equal(other.use.children, first.use.children)
        )
        if not alike:
            raise CypsError(
                f"{label} has other authorities, use or spend than {labels[0]}: one workbook has "
                "one of each for all its years. Write a workbook for each."
            )
