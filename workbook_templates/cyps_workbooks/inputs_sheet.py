"""The sheet Inputs: pots, baselines and area cost factors, all to be typed over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from xlsxwriter.utility import xl_col_to_name

from cyps_workbooks.layout import FIRST_ROW, HEAD_ROW, INPUTS, TOTAL_ROW, quoted
from cyps_workbooks.page import Draft, Page, new_page

GIVEN, PREVIOUS = "given", "previous"
"""What a later year's baseline may be: its own column, or what each got the year before."""

ZERO_OR_MORE = {
    "validate": "decimal",
    "criteria": ">=",
    "value": 0,
    "ignore_blank": False,
    "error_title": "A number is needed",
}


def baseline_is_previous(draft: Draft, year: int) -> bool:
    """Whether a year's baseline is what each got the year before, top-ups included."""
    if year == 0:
        return False
    before = draft.settlements[year - 1][1]
    baseline = draft.settlements[year][1].scenario.baseline
    return bool(np.array_equal(baseline, before.pounds + before.top_up))


def draw_inputs(draft: Draft) -> None:
    """Draw the sheet Inputs."""
    page = new_page(draft, INPUTS)
    formats, years = draft.formats, len(draft.settlements)
    page.authority_rows()
    columns = years * (1 + draft.layout.cost_columns)
    page.sheet.set_column(3, 2 + columns, 18 if years == 1 else 22)
    page.sheet.set_column(3 + columns, 3 + columns, max(4, 64 - 18 * columns))
    page.banner("Inputs", 3 + columns)
    page.text(3, 0, "Yellow cells with blue figures may be typed over; all else follows from them.")
    page.text(4, 0, "Year", formats.heading())
    page.text(5, 0, "Pot: whole pounds to share out", formats.heading())
    for year, (label, settlement) in enumerate(draft.settlements):
        page.text(4, 3 + year, label, formats.head(number=True))
        page.number(5, 3 + year, settlement.scenario.pot, formats.entry("pounds"))
    _baselines_from(page)
    scenario = draft.settlement.scenario
    page.text(7, 0, "Financial year of the authority list", formats.heading())
    page.text(7, 3, f"{scenario.year - 1}-{scenario.year % 100:02d}", formats.of(align="right"))
    page.text(7, 4, "fixed: the rows of every sheet follow it", formats.of(indent=1))
    page.text(8, 0, "Damping is chosen on the sheet Damping; bands, tiers and groups on Members; "
                    "weights on Weights.")  # fmt: skip
    page.sheet.set_row(HEAD_ROW, 34)
    for year in range(years):
        _columns(page, year)
        _validation(page, year)
    page.finish()


def _baselines_from(page: Page) -> None:
    draft, layout = page.draft, page.draft.layout
    if not draft.many_years:
        return
    page.text(6, 0, "Baseline: given below, or previous (what each got the year before)",
              draft.formats.heading())  # fmt: skip
    page.text(6, 3, GIVEN, draft.formats.of(align="right"))
    for year in range(1, len(draft.settlements)):
        seen = PREVIOUS if baseline_is_previous(draft, year) else GIVEN
        page.sheet.write_string(6, 3 + year, seen, draft.formats.entry("text", right=True))
        page.sheet.data_validation(
            6, 3 + year, 6, 3 + year,
            {
                "validate": "list", "source": [GIVEN, PREVIOUS], "ignore_blank": False,
                "input_title": "Baseline",
                "input_message": "given: the year's own column below. previous: what each got the "
                "year before, top-ups from outside included.",
                "error_title": "given or previous", "error_message": "Choose from the list.",
            },
        )  # fmt: skip
        column = layout.here(layout.input_column("baseline", year)[1]).replace("$", "")
        cell = layout.baseline_from(year).split("!")[1]
        page.mark_unused(column, f'{cell}="{PREVIOUS}"')


def _columns(page: Page, year: int) -> None:
    draft, layout, formats = page.draft, page.draft.layout, page.draft.formats
    scenario = draft.settlements[year][1].scenario
    first = draft.settlement.scenario
    costs, same_costs = (_costs(draft, y) for y in (year, 0))
    own = first.baseline if baseline_is_previous(draft, year) else scenario.baseline
    typed = draft.typed.column("in_baseline", year)
    if typed is not None and all(isinstance(amount, float) for amount in typed):
        own = np.array(typed, dtype=np.float64)  # also where nothing uses it
    words = [f"Area cost factor {m}" for m in layout.metrics]
    words = words if layout.cost_by_metric else ["Area cost factor"]
    for what, place, head, kind, amounts, same in (
        ("baseline", 0, "Baseline", "pounds", own, first.baseline),
        *(
            ("area_cost", k, words[k], "factor", costs[:, k], same_costs[:, k])
            for k in range(layout.cost_columns)
        ),
    ):
        col = layout.input_column(what, year)[1] + place
        page.text(HEAD_ROW, col, draft.of_year(head, year), formats.head(number=True))
        follows = year > 0 and np.array_equal(amounts, same)
        source = xl_col_to_name(layout.input_column(what, 0)[1] + place)
        for i, amount in enumerate(amounts.tolist()):
            row = FIRST_ROW + i
            if follows:  # like the year before, until somebody types over it
                page.formula(row, col, f"={source}{row + 1}", formats.entry(kind), amount)
            else:
                page.number(row, col, amount, formats.entry(kind))
    page.total(layout.input_column("baseline", year)[1], "pounds", float(own.sum()))
    for k in range(layout.cost_columns):
        page.text(TOTAL_ROW, layout.input_column("area_cost", year)[1] + k, "", formats.total())


def _costs(draft: Draft, year: int) -> NDArray[np.float64]:
    """Area cost factors, (n_authorities, columns); one for all metrics stands in each column."""
    settlement = draft.settlements[year][1]
    n = len(settlement.scenario.authorities)
    shape = (n, draft.layout.cost_columns)
    return np.broadcast_to(settlement.area_cost.reshape(n, -1), shape)


def _validation(page: Page, year: int) -> None:
    layout, last = page.draft.layout, page.draft.layout.last_row
    baseline = layout.input_column("baseline", year)[1]
    area_cost = layout.input_column("area_cost", year)[1]
    page.sheet.data_validation(
        5, 3 + year, 5, 3 + year,
        {
            "validate": "integer", "criteria": ">", "value": 0, "ignore_blank": False,
            "input_title": "Pot",
            "input_message": "Whole pounds to share out, such as 1250000000.",
            "error_title": "Whole pounds are needed",
            "error_message": "The pot is a whole number of pounds above 0. Type it without pence.",
        },
    )  # fmt: skip
    page.sheet.data_validation(
        FIRST_ROW, baseline, last, baseline,
        ZERO_OR_MORE | {
            "input_title": "Baseline",
            "input_message": "Pounds the authority had before: 0 or more. The floor protects it.",
            "error_message": "A baseline is a number of pounds, 0 or more. "
            "A suppressed or missing amount cannot stand here: find it or exclude the authority.",
        },
    )  # fmt: skip
    page.sheet.data_validation(
        FIRST_ROW, area_cost, last, area_cost + layout.cost_columns - 1,
        ZERO_OR_MORE | {
            "criteria": ">",
            "input_title": "Area cost factor",
            "input_message": "What the same service costs here, such as 1.0836. "
            "1 means no adjustment; only ratios matter.",
            "error_message": "An area cost factor is a number above 0. Type 1 for no adjustment.",
        },
    )  # fmt: skip


def baseline_formula(page: Page, year: int) -> str:
    """Where a year's baseline comes from; `{r}` stands for the authority's row."""
    layout = page.draft.layout
    sheet, col = layout.input_column("baseline", year)
    given = f"{sheet}!{xl_col_to_name(col)}{{r}}"
    if year == 0:
        return given
    before = quoted(layout.calculations[year - 1])
    pounds, top_up = (
        f"{before}!{xl_col_to_name(layout.calculation(key))}{{r}}"
        for key in ("pounds", "top_up_pounds")
    )
    return f'IF({layout.baseline_from(year)}="{PREVIOUS}",{pounds}+{top_up},{given})'
