"""The sheet Years: the path of every authority, year after year."""

from __future__ import annotations

from xlsxwriter.utility import xl_col_to_name

from cyps.settlement.summaries import all_totals, rounded_change_rate
from cyps_workbooks.layout import HEAD_ROW, TOTAL_ROW, YEARS, quoted
from cyps_workbooks.page import Draft, Page, new_page

_BLOCKS = (
    ("Pounds", "pounds", "pounds", 17),
    ("Change (%)", "rate", "percent change", 12),
    ("Target (£)", "target", "pounds", 17),
    ("Top-up (£)", "top_up_pounds", "pounds", 15),
)
"""What is shown for every year, one block of columns after another."""


def draw_years(draft: Draft) -> None:
    """Draw the sheet Years, which a workbook of one year has no need of."""
    page = new_page(draft, YEARS)
    page.authority_rows()
    years = len(draft.settlements)
    page.banner("Years", 3 + len(_BLOCKS) * years, split=True)
    page.text(4, 2, "Each year beside the next. Change (%) is against that year's own baseline, in "
                    "whole pounds without top-ups.")  # fmt: skip
    page.text(5, 2, "A year that cannot be settled stays blank, and so does every year that takes "
                    "it for its baseline.")  # fmt: skip
    page.sheet.set_row(HEAD_ROW, 34)
    for block, (head, key, kind, width) in enumerate(_BLOCKS):
        for year in range(years):
            _column(page, 3 + block * years + year, year, (head, key, kind, width))
    page.finish(pages_wide=1 if years < 3 else 2)


def _column(page: Page, col: int, year: int, shown: tuple[str, str, str, int]) -> None:
    head, key, kind, width = shown
    draft, layout, formats = page.draft, page.draft.layout, page.draft.formats
    settlement = draft.settlements[year][1]
    page.sheet.set_column(col, col, width)
    page.text(HEAD_ROW, col, draft.of_year(head, year), formats.head(number=True))
    source = f"{quoted(layout.calculations[year])}!{xl_col_to_name(layout.calculation(key))}"
    engine = {
        "target": settlement.target, "pounds": settlement.pounds,
        "top_up_pounds": settlement.top_up, "rate": rounded_change_rate(settlement),
    }[key]  # fmt: skip
    page.column(col, f"={source}{{r}}", formats.cell(kind), engine)
    if key == "rate":
        pounds, baseline = layout.step("pounds", year), layout.step("baseline", year)
        formula = (
            f'=IF(COUNT({pounds})>0,IF(SUM({baseline})>0,SUM({pounds})/SUM({baseline})-1,""),"")'
        )
        page.formula(TOTAL_ROW, col, formula, formats.total(kind),
                     all_totals(settlement).change_rate)  # fmt: skip
    else:
        formula = f'=IF(COUNT({layout.here(col)})>0,SUM({layout.here(col)}),"")'
        page.formula(TOTAL_ROW, col, formula, formats.total(kind), float(engine.sum()))
