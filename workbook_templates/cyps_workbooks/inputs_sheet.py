"""The sheet Inputs: pot, baselines and area cost factors, all to be typed over."""

from __future__ import annotations

from cyps.settlement.summaries import all_totals
from cyps_workbooks.layout import FIRST_ROW, HEAD_ROW, INPUTS
from cyps_workbooks.page import Draft, Page, new_page

ZERO_OR_MORE = {
    "validate": "decimal",
    "criteria": ">=",
    "value": 0,
    "ignore_blank": False,
    "error_title": "A number is needed",
}


def draw_inputs(draft: Draft) -> None:
    """Draw the sheet Inputs."""
    page = new_page(draft, INPUTS)
    formats, scenario = draft.formats, draft.settlement.scenario
    page.authority_rows()
    page.sheet.set_column(3, 4, 20)
    page.sheet.set_column(5, 5, 46)
    page.banner("Inputs", 5)
    page.text(4, 0, "Yellow cells with blue figures may be typed over; all else follows from them.")
    page.text(5, 0, "Pot: whole pounds to share out", formats.heading())
    page.number(5, 3, scenario.pot, formats.entry("pounds"))
    page.text(6, 0, "Financial year of the authority list", formats.heading())
    page.text(6, 3, f"{scenario.year - 1}-{scenario.year % 100:02d}", formats.of(align="right"))
    page.text(6, 4, "fixed: the rows of every sheet follow it", formats.of(indent=1))
    page.text(8, 0, "The floor is typed on the sheet Damping, weights on the sheet Weights.")
    _columns(page)
    _validation(page)
    page.finish()


def _columns(page: Page) -> None:
    formats, scenario = page.draft.formats, page.draft.settlement.scenario
    page.text(HEAD_ROW, 3, "Baseline", formats.head(number=True))
    page.text(HEAD_ROW, 4, "Area cost factor", formats.head(number=True))
    for i in range(len(scenario.authorities)):
        page.number(FIRST_ROW + i, 3, scenario.baseline[i], formats.entry("pounds"))
        page.number(FIRST_ROW + i, 4, scenario.area_cost[i], formats.entry("factor"))
    page.total(3, "pounds", all_totals(page.draft.settlement).baseline)
    page.text(10, 4, "", formats.total())


def _validation(page: Page) -> None:
    last = page.draft.layout.last_row
    page.sheet.data_validation(
        5, 3, 5, 3,
        {
            "validate": "integer", "criteria": ">", "value": 0, "ignore_blank": False,
            "input_title": "Pot",
            "input_message": "Whole pounds to share out, such as 1250000000.",
            "error_title": "Whole pounds are needed",
            "error_message": "The pot is a whole number of pounds above 0. Type it without pence.",
        },
    )  # fmt: skip
    page.sheet.data_validation(
        FIRST_ROW, 3, last, 3,
        ZERO_OR_MORE | {
            "input_title": "Baseline",
            "input_message": "Pounds the authority had before: 0 or more. The floor protects it.",
            "error_message": "A baseline is a number of pounds, 0 or more. "
            "A suppressed or missing amount cannot stand here: find it or exclude the authority.",
        },
    )  # fmt: skip
    page.sheet.data_validation(
        FIRST_ROW, 4, last, 4,
        ZERO_OR_MORE | {
            "criteria": ">",
            "input_title": "Area cost factor",
            "input_message": "What the same service costs here, such as 1.0836. "
            "1 means no adjustment; only ratios matter.",
            "error_message": "An area cost factor is a number above 0. Type 1 for no adjustment.",
        },
    )  # fmt: skip
