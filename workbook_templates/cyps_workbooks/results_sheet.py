"""The sheet Results: the table that people and programs read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from xlsxwriter.utility import xl_col_to_name

from cyps.settlement import Settlement
from cyps.settlement.summaries import all_totals, change_ranks, on_the_floor
from cyps_workbooks.layout import FIRST_ROW, HEAD_ROW, RESULTS, TOTAL_ROW
from cyps_workbooks.page import Draft, Page, new_page

_KINDS = {
    "Needs share": "share", "Share": "share", "Target": "pounds", "Baseline": "pounds",
    "Damped": "pence", "Pounds": "pounds", "Change (£)": "pounds change",
    "Change (%)": "percent change", "Rank of change (%)": "count", "On the floor": "general",
}  # fmt: skip
_STEP_OF = {
    "Needs share": "needs_share", "Share": "share", "Target": "target", "Baseline": "baseline",
    "Damped": "damped", "Pounds": "pounds", "Rank of change (%)": "rank",
}  # fmt: skip


def draw_results(draft: Draft) -> None:
    """Draw the sheet Results, with the totals above the table."""
    page = new_page(draft, RESULTS)
    page.authority_rows()
    _widths(page)
    page.banner("Results", len(draft.layout.result_headers), split=True)
    page.text(4, 2, "Needs share: before area cost. Share: after it. Target: share x pot. Damped: "
                    "after the floor. Pounds: whole, and adding up to the pot.")  # fmt: skip
    page.text(5, 2, "Where the floor does not fit or an input cannot be used, Damped and Pounds "
                    "stay blank on purpose and row 3 says why.")  # fmt: skip
    page.text(6, 2, "Figures are rounded for reading; the cells hold them in full.")
    page.sheet.set_row(HEAD_ROW, 34)
    _table(page)
    formulas, numbers = _formulas(page), result_numbers(draft.settlement)
    for header, formula in formulas.items():
        col = draft.layout.result(header)
        form = draft.formats.cell(_KINDS.get(header, "share"))
        if header == "On the floor":
            form = draft.formats.beside(right=True)
        page.column(col, formula, form, numbers[header])
    _totals(page, numbers)
    page.sheet.repeat_columns(0, 1)
    page.finish(pages_wide=2)


_WIDTHS = {"share": 13, "pounds": 17, "pence": 20, "pounds change": 17}


def _widths(page: Page) -> None:
    for col, header in enumerate(page.draft.layout.result_headers):
        if col > 2:
            page.sheet.set_column(col, col, _WIDTHS.get(_KINDS.get(header, "share"), 12))


def _table(page: Page) -> None:
    layout, formats = page.draft.layout, page.draft.formats
    headers = layout.result_headers
    columns = [
        {"header": header, "header_format": formats.head(number=col > 2)}
        for col, header in enumerate(headers)
    ]
    page.sheet.add_table(
        HEAD_ROW, 0, layout.last_row, len(headers) - 1,
        {"name": "Results", "columns": columns, "style": None, "banded_rows": False},
    )  # fmt: skip


def _formulas(page: Page) -> dict[str, str]:
    layout = page.draft.layout
    at = {header: xl_col_to_name(layout.result(header)) for header in layout.result_headers}
    linked = {f"Share of {metric}": f"metric {m}" for m, metric in enumerate(layout.metrics)}
    links = {
        header: f"=Calculation!{xl_col_to_name(layout.calculation(key))}{{r}}"
        for header, key in (linked | _STEP_OF).items()
    }
    pounds, baseline, damped = (f"{at[h]}{{r}}" for h in ("Pounds", "Baseline", "Damped"))
    floor = f"Calculation!{xl_col_to_name(layout.calculation('floor_amount'))}{{r}}"
    return links | {
        "Change (£)": f'=IF(can_settle="Yes",{pounds}-{baseline},"")',
        "Change (%)": f'=IF(can_settle="Yes",IF({baseline}>0,{at["Change (£)"]}{{r}}/{baseline}'
        ',""),"")',
        "On the floor": f'=IF(can_settle="Yes",IF(ROUND({damped}-{floor},2)<=0,"Yes","No"),"")',
    }


def result_numbers(settlement: Settlement) -> Mapping[str, ArrayLike]:
    """The engine's own values for every live column of the table Results."""
    ranks = change_ranks(settlement).astype(float)
    ranks[ranks == 0] = float("nan")
    shares = {
        f"Share of {metric}": settlement.metric_share[:, m]
        for m, metric in enumerate(settlement.use.metrics)
    }
    return shares | {
        "Needs share": settlement.needs_share,
        "Share": settlement.share,
        "Target": settlement.target,
        "Baseline": settlement.scenario.baseline,
        "Damped": settlement.damped.allocation,
        "Pounds": settlement.pounds,
        "Change (£)": settlement.change,
        "Change (%)": settlement.change_rate,
        "Rank of change (%)": ranks,
        "On the floor": np.where(on_the_floor(settlement), "Yes", "No"),
    }


def _totals(page: Page, numbers: Mapping[str, ArrayLike]) -> None:
    layout, formats = page.draft.layout, page.draft.formats
    whole = all_totals(page.draft.settlement)
    at = {header: f"{xl_col_to_name(layout.result(header))}11" for header in layout.result_headers}
    for header in layout.result_headers[3:]:
        col = layout.result(header)
        if header in ("Rank of change (%)", "On the floor"):
            page.text(TOTAL_ROW, col, "", formats.total())
        elif header == "Change (%)":
            formula = (
                f'=IF(can_settle="Yes",IF({at["Baseline"]}>0,'
                f'{at["Change (£)"]}/{at["Baseline"]},""),"")'
            )
            form = formats.total("percent change")
            page.formula(TOTAL_ROW, col, formula, form, whole.change_rate)
        else:
            sums = np.asarray(numbers[header], dtype=np.float64).sum()
            formula = f'=IF(COUNT({layout.here(col)})>0,SUM({layout.here(col)}),"")'
            form = formats.total(_KINDS.get(header, "share"))
            page.formula(TOTAL_ROW, col, formula, form, float(sums))
    page.sheet.conditional_format(
        FIRST_ROW, 0, layout.last_row, len(layout.result_headers) - 1,
        {"type": "formula", "criteria": "=$B13=in_authority",
         "format": page.draft.workbook.add_format({"bold": True, "bg_color": "#DCE6F1"})},
    )  # fmt: skip
