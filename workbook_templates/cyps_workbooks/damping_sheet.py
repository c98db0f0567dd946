"""The sheet Damping: the floor, what it costs and who pays for it."""

from __future__ import annotations

from xlsxwriter.format import Format

from cyps.settlement.summaries import all_totals, on_the_floor, pounds_below
from cyps_workbooks.layout import DAMPING, RESULTS
from cyps_workbooks.page import Draft, Page, new_page

NAMED_ROWS = {"scaling_factor": 13, "floor_fits": 14, "highest_floor": 15, "pounds_left": 17}
"""Excel rows, in column B, of the sheet's named results."""


def draw_damping(draft: Draft) -> None:
    """Draw the sheet Damping: one line a row, amount in B, in words in C."""
    page = new_page(draft, DAMPING)
    formats = draft.formats
    page.sheet.set_column(0, 0, 46)
    page.sheet.set_column(1, 1, 24)
    page.sheet.set_column(2, 2, 96)
    page.banner("Damping", 3, width=150)
    page.text(4, 0, "Nobody falls below the floor. Those above it pay, each from the part of their "
                    "target above their floor, in the same proportion.")  # fmt: skip
    for col, head in enumerate(("Line", "Amount", "In words")):
        page.text(5, col, head, formats.head(number=col == 1, indent=int(col == 2)))
    page.text(6, 0, "Floor: least change against the baseline", formats.cell())
    page.number(6, 1, draft.floor, formats.entry("floor"))
    page.text(6, 2, "Type it here, such as -5% (at most a fall of 5%) or 0%.", formats.beside())
    _lines(page)
    _validation(page)
    page.sheet.freeze_panes(3, 0)
    page.finish(one_page=True)


def _lines(page: Page) -> None:
    layout, settlement = page.draft.layout, page.draft.settlement
    damped, whole = settlement.damped, all_totals(settlement)
    cost, headroom = float(damped.cost.sum()), float(damped.headroom.sum())
    raw = 1 - cost / headroom if headroom > 0 else 1.0
    sound = 'inputs_sound="Yes"'
    highest = settlement.target.sum() / whole.baseline - 1 if whole.baseline > 0 else "any"
    left = settlement.scenario.pot - int(pounds_below(damped.allocation).base.sum())
    on_floor = layout.column(RESULTS, layout.result("On the floor"))
    rows = (
        ("Pot", "=in_pot", "pounds", settlement.scenario.pot, "From the sheet Inputs."),
        ("Baseline of everyone", f'=IF({sound},SUM(in_baseline),"")', "pounds",
         whole.baseline, "From the sheet Inputs."),
        ("Cost of the floor", f'=IF({sound},SUM({layout.step("cost")}),"")', "pence", cost,
         "Sum of step (h): what lifting everyone to the floor takes."),
        ("Headroom", f'=IF({sound},SUM({layout.step("headroom")}),"")', "pence", headroom,
         "Sum of step (i): what the others have above their floors."),
        ("Scaling factor before limits",
         f'=IF({sound},IF(B11>0,1-B10/B11,IF(B10=0,1,"none")),"")', "scaling", raw,
         "1 - cost / headroom. Below 0 (or 'none') the floor costs more than there is."),
        ("Scaling factor", '=IF(floor_fits="Yes",MAX(0,B12),"")', "scaling",
         damped.scaling_factor, "The part of the headroom that those above the floor keep."),
        ("Does the floor fit?",
         f'=IF({sound},IF(B9*(1+in_floor)-B8<=B8*0.000000000001,"Yes","No"),"No")',
         "right", "Yes", "Yes if baseline x (1 + floor) is within the pot. If No, Damped and "
         "Pounds stay blank."),
        ("Highest floor that fits", f'=IF({sound},IF(B9>0,B8/B9-1,"any"),"")', "floor fine",
         highest, "Pot / baseline of everyone - 1. Shown rounded: stay a little below it."),
        ("Authorities on the floor",
         f'=IF(can_settle="Yes",COUNTIF({on_floor},"Yes"),"")',
         "count", int(on_the_floor(settlement).sum()), "To the penny."),
        ("Pounds left", f'=IF(can_settle="Yes",in_pot-SUM({layout.step("base")}),"")', "count",
         left, "Pot - sum of step (l): they go to the largest remainders, a pound each."),
    )  # fmt: skip
    for i, (label, formula, kind, engine, words) in enumerate(rows):
        page.text(7 + i, 0, label, page.draft.formats.cell())
        page.formula(7 + i, 1, formula, _form(page, kind), engine)
        page.text(7 + i, 2, words, page.draft.formats.beside())


def _form(page: Page, kind: str) -> Format:
    formats = page.draft.formats
    return formats.beside(right=True) if kind == "right" else formats.cell(kind)


def _validation(page: Page) -> None:
    page.sheet.data_validation(
        6, 1, 6, 1,
        {
            "validate": "decimal", "criteria": ">=", "value": -1, "ignore_blank": False,
            "input_title": "Floor",
            "input_message": "Least change against the baseline: -5% lets nobody fall by more "
            "than 5%, 0% lets nobody fall. -100% is no floor.",
            "error_title": "A percentage is needed",
            "error_message": "The floor is a percentage of -100% or more, such as -5%.",
        },
    )  # fmt: skip
