"""The what-if workbook: one page of levers for a meeting, and the calculation behind it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path

from numpy.typing import ArrayLike
from xlsxwriter import Workbook

from cyps.settlement import Settlement
from cyps.settlement.levers import Levers
from cyps.settlement.solution import group_lines, solution
from cyps_workbooks.calculation_sheet import draw_calculation
from cyps_workbooks.damping_sheet import draw_damping
from cyps_workbooks.factors_sheet import draw_factors
from cyps_workbooks.page import NOTHING_TYPED, Draft, Typed, on_one_line
from cyps_workbooks.placing import put_in_place
from cyps_workbooks.record_sheet import draw_record
from cyps_workbooks.settlement_workbook import OPTIONS, children_of
from cyps_workbooks.style import Formats
from cyps_workbooks.typed_over import type_over
from cyps_workbooks.what_if_layout import WhatIfLayout
from cyps_workbooks.what_if_levers import damping_follows, levers_of, sound, weight_formulas
from cyps_workbooks.what_if_page import draw_what_if
from cyps_workbooks.what_if_pulled import Pulled, pulled
from cyps_workbooks.what_if_sheets import draw_in_order, draw_scenario

NONE_MOVED = Levers()
_WRITTEN_AS = datetime(2025, 1, 1)


def write_what_if(
    label: str,
    settlement: Settlement,
    path: Path,
    *,
    chosen: str | None = None,
    population: ArrayLike | None = None,
) -> None:
    """Write a what-if workbook: six levers on one page, whose formulas settle the pot anew.

    Parameters
    ----------
    label : the year, such as "2026-27"
    settlement : the scenario as the engine settled it; what the levers are compared with
    path : where the workbook goes; replaced only when the new one is whole
    chosen : the authority shown first; the first by default
    population : array (n_authorities,), children, for pounds per child; None where not known

    Raises
    ------
    CypsError
        When the file is open elsewhere or cannot be written; the old one stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> from cyps.settlement.example import example
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "what-if.xlsx"
    ...     write_what_if("2025-26", example(), path)
    ...     path.read_bytes()[:2]
    b'PK'
    """
    put_in_place(what_if_bytes(label, settlement, chosen=chosen, population=population), Path(path))


def what_if_bytes(
    label: str,
    settlement: Settlement,
    *,
    chosen: str | None = None,
    population: ArrayLike | None = None,
    levers: Levers = NONE_MOVED,
    outside: Mapping[tuple[str, int, int], float | str] | None = None,
) -> bytes:
    """Draw the what-if workbook and give its bytes, the same for the same settlement.

    `levers` stand in the page as if they had been typed; `outside` is what people wrote outside
    every input, by sheet, row and column counted from 1.

    Raises
    ------
    CypsError
        When a lever cannot be used or the pot cannot be settled with it.
    """
    settlements = ((label, settlement),)
    buffer = BytesIO()
    workbook = Workbook(buffer, OPTIONS)
    layout = WhatIfLayout.of(settlements)
    scenario = settlement.scenario
    stand = pulled(settlement, levers)
    draft = Draft(
        workbook, Formats(workbook), settlements, layout, None, Typed(outside=outside or {}),
        population=children_of(settlement, population, NOTHING_TYPED),
        chosen=chosen or scenario.authorities[0].name, verdict=stand.verdict,
    )  # fmt: skip
    workbook.set_properties(
        {"title": on_one_line(f"What if: {draft.title}"), "created": _WRITTEN_AS,
         "comments": on_one_line(f"{scenario.status}: {scenario.statement}")[:250]}
    )  # fmt: skip
    unused = _draw(draft, layout, stand)
    for name, place in (layout.inputs() | layout.results()).items():
        if name not in unused:
            workbook.define_name(name, f"={place}")
    workbook.close()
    return buffer.getvalue()


def _draw(draft: Draft, layout: WhatIfLayout, stand: Pulled) -> set[str]:
    """Every sheet, in order; gives the names of the levers that the scenario has no use for."""
    settlement, moved = draft.settlement, stand.drawn(draft)
    lines = solution(stand.settlement)
    groups = [group_lines(stand.settlement, lines)]
    listed = levers_of(settlement, layout, stand.metric)
    draw_what_if(draft, layout, listed, stand)
    draw_calculation(moved, 0, lines, sound(listed, layout), weight_formulas(layout))
    draw_scenario(draft, layout, stand.settlement)
    draw_damping(moved, groups, damping_follows(settlement, layout), settlement)
    draw_factors(moved, groups)
    draw_in_order(draft, layout, stand.settlement)
    draw_record(draft)
    type_over(draft)
    return {f"in_lever_{lever.key}" for lever in listed if not lever.applies}
