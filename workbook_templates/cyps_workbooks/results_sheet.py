"""The sheet Results: the table that people and programs read, for the year that is shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from xlsxwriter.utility import xl_col_to_name as _col

from cyps.settlement import Settlement
from cyps.settlement.summaries import all_totals, change_ranks, on_the_floor
from cyps_workbooks.damping_rows import YES
from cyps_workbooks.layout import (
    FIRST_ROW,
    HEAD_ROW,
    INPUTS,
    RESULTS,
    TOTAL_ROW,
    Layout,
    quoted,
)
from cyps_workbooks.page import REGION_WIDTH, Draft, Page, new_page

_KINDS = {
    "Needs share": "share", "Share": "share", "Target": "pounds", "Baseline": "pounds",
    "Damped": "pence", "Pounds": "pounds", "Change (£)": "pounds change",
    "Change (%)": "percent change", "Rank of change (%)": "count", "On the floor": "general",
    "Floor amount": "pence", "Top-up (£)": "pounds",
    "Pounds per child": "pence", "Peers": "general",
}  # fmt: skip
_STEP_OF = {
    "Needs share": "needs_share", "Share": "share", "Target": "target", "Baseline": "baseline",
    "Damped": "damped", "Pounds": "pounds", "Rank of change (%)": "rank",
    "Floor amount": "floor_amount", "Top-up (£)": "top_up_pounds",
}  # fmt: skip


def draw_results(draft: Draft) -> None:
    """Draw the sheet Results, with the totals above the table."""
    page = new_page(draft, RESULTS)
    page.authority_rows()
    _widths(page)
    page.banner("Results", len(draft.layout.result_headers), split=True)
    page.text(4, 2, "Needs share: before area cost. Share: after it. Target: share x pot. Damped: "
                    "under the rule. Pounds: whole, and adding up to the pot.")  # fmt: skip
    page.text(5, 2, "Where the rule cannot be kept or an input cannot be used, Damped and Pounds "
                    "stay blank on purpose and row 3 says why.")  # fmt: skip
    page.text(6, 2, "Figures are rounded for reading; the cells hold them in full. A top-up from "
                    "outside is on top of Pounds.")  # fmt: skip
    _year_shown(page)
    page.sheet.set_row(HEAD_ROW, 34)
    _table(page)
    formulas, numbers = _formulas(page), result_numbers(draft.settlement, draft.population)
    for header, formula in formulas.items():
        col = draft.layout.result(header)
        form = draft.formats.cell(_KINDS.get(header, "share"))
        if header == "On the floor":
            form = draft.formats.beside(right=True)
        elif header == "Peers":
            form = draft.formats.beside()
        page.column(col, formula, form, numbers[header])
    _totals(page, numbers)
    page.sheet.print_across()  # all columns of some authorities, then of the next
    page.finish(pages_wide=2)


def _year_shown(page: Page) -> None:
    """The picker of the year, its place in the list, and whether that year can be settled."""
    draft, layout, formats = page.draft, page.draft.layout, page.draft.formats
    page.text(7, 0, "Year shown", formats.of(bold=True))
    page.sheet.write_string(7, 1, layout.years[0], formats.entry("text"))
    page.sheet.data_validation(
        7, 1, 7, 1,
        {
            "validate": "list", "source": "=years", "ignore_blank": False,
            "input_title": "Year", "input_message": "Choose a year; this table and the sheet My "
            "authority follow.",
            "error_title": "No such year", "error_message": "Choose a year from the list.",
        },
    )  # fmt: skip
    page.text(8, 0, "Its place")
    place = "0"
    for year in reversed(_years(draft)):
        label = f"{INPUTS}!${_col(3 + year)}$5"
        place = f'IF(in_year&""={label},{year + 1},{place})'
    page.formula(8, 1, f"={place}", formats.of(align="left"), 1)
    page.text(9, 0, "Settled?")
    page.formula(9, 1, f"={chosen([layout.flag('settles', y) for y in _years(draft)])}",
                 formats.of(align="left"), "Yes")  # fmt: skip


def _years(draft: Draft) -> range:
    return range(len(draft.settlements))


def chosen(of_years: list[str], otherwise: str = '"No"') -> str:
    """One of a cell for each year: that of the year shown; `otherwise` where there is none."""
    if len(of_years) == 1:
        return f"IF(year_place=1,{of_years[0]},{otherwise})"
    return f"IF(year_place>0,CHOOSE(year_place,{','.join(of_years)}),{otherwise})"


_WIDTHS = {"share": 13, "pounds": 17, "pence": 20, "pounds change": 17}


def _widths(page: Page) -> None:
    for col, header in enumerate(page.draft.layout.result_headers):
        if col > 2:
            width = REGION_WIDTH if header == "Peers" else 12
            page.sheet.set_column(col, col, _WIDTHS.get(_KINDS.get(header, "share"), width))


def _table(page: Page) -> None:
    layout, formats = page.draft.layout, page.draft.formats
    headers = layout.result_headers
    columns = [
        {
            "header": header,
            "header_format": formats.head(
                number=2 < col < len(headers) - 1, indent=int(col == len(headers) - 1)
            ),
        }
        for col, header in enumerate(headers)
    ]
    page.sheet.add_table(
        HEAD_ROW, 0, layout.last_row, len(headers) - 1,
        {"name": "Results", "columns": columns, "style": None, "banded_rows": False},
    )  # fmt: skip


def _formulas(page: Page) -> dict[str, str]:
    layout = page.draft.layout
    at = {header: _col(layout.result(header)) for header in layout.result_headers}
    linked = {f"Share of {metric}": f"metric {m}" for m, metric in enumerate(layout.metrics)}

    def link(key: str) -> str:
        col = _col(layout.calculation(key))
        cells = [f"{quoted(sheet)}!{col}{{r}}" for sheet in layout.calculations]
        return f"={chosen(cells, otherwise=chr(34) * 2)}"

    pounds, baseline, damped, floor = (
        f"{at[h]}{{r}}" for h in ("Pounds", "Baseline", "Damped", "Floor amount")
    )
    return {header: link(key) for header, key in (linked | _STEP_OF).items()} | {
        "Change (£)": f'=IF(year_settles="Yes",{pounds}-{baseline},"")',
        "Change (%)": f'=IF(year_settles="Yes",'
        f'IF({baseline}>0,{at["Change (£)"]}{{r}}/{baseline},""),"")',
        "On the floor": f'=IF(year_settles="Yes",IF(ROUND({damped}-{floor},2)<=0,"Yes","No"),"")',
        "Pounds per child": f'=IF(year_settles="Yes",IF(children_given="Yes",'
        f'{pounds}/Use!{_col(layout.children)}{{r}},""),"")',
        "Peers": f'=IF(year_settles="Yes",{_peers(layout)},"")',
    }


def _peers(layout: Layout) -> str:
    """Whom an authority is compared with: its damping group where the year has them, or region."""
    years = range(len(layout.years))
    uses = chosen([layout.damping("use_groups", year) for year in years])
    col = _col(layout.calculation("group"))
    number = chosen([f"{quoted(sheet)}!{col}{{r}}" for sheet in layout.calculations], "1")
    names = layout.table_names("group_members")
    return f'IF({uses}="{YES}",INDEX({names},{number})&"",$C{{r}})'


def peers_of(settlement: Settlement) -> list[str]:
    """The damping group of every authority, or its region where there are no groups."""
    group = settlement.scenario.transition.group
    places = settlement.scenario.authorities
    return [group[place.code] if group else place.region for place in places]


def result_numbers(
    settlement: Settlement, population: NDArray[np.float64] | None = None
) -> Mapping[str, ArrayLike]:
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
        "Floor amount": settlement.damped.floor_amount,
        "Top-up (£)": settlement.top_up,
        "Pounds per child": np.full(ranks.size, np.nan)
        if population is None
        else settlement.pounds / population,
        "Peers": peers_of(settlement),
    }


def _totals(page: Page, numbers: Mapping[str, ArrayLike]) -> None:
    layout, formats = page.draft.layout, page.draft.formats
    whole = all_totals(page.draft.settlement)
    at = {header: f"{_col(layout.result(header))}11" for header in layout.result_headers}
    for header in layout.result_headers[3:]:
        col = layout.result(header)
        if header in ("Rank of change (%)", "On the floor", "Peers"):
            page.text(TOTAL_ROW, col, "", formats.total())
        elif header == "Change (%)":
            formula = (
                f'=IF(year_settles="Yes",IF({at["Baseline"]}>0,'
                f'{at["Change (£)"]}/{at["Baseline"]},""),"")'
            )
            form = formats.total("percent change")
            page.formula(TOTAL_ROW, col, formula, form, whole.change_rate)
        elif header == "Pounds per child":
            children = f"Use!${_col(layout.children)}$11"
            formula = (
                f'=IF(year_settles="Yes",IF(children_given="Yes",{at["Pounds"]}/{children},""),"")'
            )
            known = page.draft.population
            each = float("nan") if known is None else whole.pounds / float(known.sum())
            page.formula(TOTAL_ROW, col, formula, formats.total("pence"), each)
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
