"""The sheet Winners and losers: the extremes, the regions, and everybody in order of change."""

from __future__ import annotations

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from cyps.settlement.summaries import change_ranks, on_the_floor
from cyps_workbooks.authority_charts import (
    FOR_CHARTS,
    insert,
    most_and_least,
    region_strip,
    rows_of_strip,
)
from cyps_workbooks.authority_sheet import named
from cyps_workbooks.layout import WINNERS
from cyps_workbooks.page import Draft, Page, new_page
from cyps_workbooks.style import TINT

CHART_COLUMN = 8
ACROSS, DOWN, DOWN_MINE = FOR_CHARTS, FOR_CHARTS + 1, FOR_CHARTS + 2
_DOWN = xl_col_to_name(DOWN)
OFF_THE_CHART = -5
"""Height of a mark that is not to be seen: a cell of text would spoil the whole series."""


def draw_winners(draft: Draft) -> None:
    """Draw the sheet Winners and losers, for the year shown."""
    page = new_page(draft, WINNERS)
    for first, last, width in ((0, 0, 25), (1, 1, 38), (2, 3, 17), (4, 4, 13), (5, 5, 15),
                               (6, 6, 12), (7, 7, 3), (ACROSS, DOWN_MINE, 13)):  # fmt: skip
        page.sheet.set_column(first, last, width)
    page.banner("Winners and losers", FOR_CHARTS - 1, width=170)
    page.text(4, FOR_CHARTS, "What the charts are drawn from. It is not printed.",
              draft.formats.heading())  # fmt: skip
    _said(page)
    head = 7
    rows = _extremes(page, head)
    regions_head = head + rows + 3
    regions = (regions_head + 1, regions_head + len(draft.regions))
    _regions(page, regions_head)
    at = insert(page, 4, CHART_COLUMN, most_and_least(page, head, rows))
    # Everybody begins below the charts, on a page of its own; only there is its header repeated.
    many = draft.layout.authorities
    below = at + rows_of_strip(len(draft.regions))
    list_head = max(regions[1] + 3, below)
    insert(page, at, CHART_COLUMN, region_strip(page, list_head, many, regions))
    _everybody(page, list_head, regions)
    page.sheet.set_h_pagebreaks([list_head - 1])
    page.sheet.repeat_rows(list_head)
    page.sheet.print_area(0, 0, list_head + many, FOR_CHARTS - 2)
    page.sheet.freeze_panes(4, 0)
    page.finish()


def _said(page: Page) -> None:
    """The year, and that the last places are pence apart: nobody should read more into them."""
    draft, formats = page.draft, page.draft.formats
    label = draft.layout.years[0]
    page.text(4, 0, "Year shown")
    page.formula(4, 1, '=IF(year_place>0,in_year&"","")', formats.plain(), label)
    count = int(on_the_floor(draft.settlement).sum())
    words = " on the floor: the order among them is a matter of rounding"
    on_floor = named(draft.layout, "On the floor")
    formula = f'=IF(year_settles="Yes",COUNTIF({on_floor},"Yes")&"{words}","")'
    page.formula(5, 0, formula, formats.plain(), f"{count}{words}")


def shown_each_way(authorities: int) -> tuple[int, int]:
    """How many winners and losers are listed: eight each, fewer where there are few."""
    return max(1, min(8, authorities // 2)), min(8, authorities // 2)


def _extremes(page: Page, head: int) -> int:
    formats, layout = page.draft.formats, page.draft.layout
    top, bottom = shown_each_way(layout.authorities)
    _heads(page, head, ("Rank of change", "Authority", "Change (£)", "Change (%)"),
           ("Rise", "Fall"))  # fmt: skip
    order = change_ranks(page.draft.settlement)
    count = int((order > 0).sum())
    rank = named(layout, "Rank of change (%)")
    for j in range(top + bottom):
        from_end = top + bottom - 1 - j
        place = j + 1 if j < top else count - from_end
        formula = f'=IF(COUNT({rank})>={j + 1},{j + 1},"")'
        if j >= top:
            formula = f'=IF(COUNT({rank})>{from_end},COUNT({rank})-{from_end},"")'
        seen = place if 1 <= place <= count else ""
        row = head + 1 + j
        page.formula(row, 0, formula, formats.beside(), seen)
        _winner(page, row, int(np.flatnonzero(order == place)[0]) if seen else None)
    return top + bottom


def _heads(page: Page, row: int, heads: tuple[str, ...], of_the_chart: tuple[str, ...]) -> None:
    """The headers of a table, and right of the page those of what a chart is drawn from."""
    formats = page.draft.formats
    for col, words in enumerate(heads):
        page.text(row, col, words, formats.head(number=col > 1))
    for col, words in enumerate(of_the_chart, start=FOR_CHARTS):
        page.text(row, col, words, formats.head(number=True))


def _winner(page: Page, row: int, i: int | None) -> None:
    formats, layout, settlement = page.draft.formats, page.draft.layout, page.draft.settlement
    r = row + 1
    change = float(settlement.change_rate[i]) if i is not None else 0.0
    engine: tuple[object, ...] = ("", "", "", "", "")
    if i is not None:
        name = settlement.scenario.authorities[i].name
        engine = (name, settlement.change[i], change, max(0.0, change), min(0.0, change))
    rank = named(layout, "Rank of change (%)")
    for col, header in enumerate(("Authority", "Change (£)", "Change (%)"), start=1):
        find = f'=IF(ISNUMBER($A{r}),INDEX({named(layout, header)},MATCH($A{r},{rank},0)),"")'
        kind = ("general", "pounds change", "percent change")[col - 1]
        page.formula(row, col, find, formats.cell(kind), engine[col - 1])
    for k, least in enumerate(("MAX", "MIN")):
        formula = f'=IF(ISNUMBER($D{r}),{least}(0,$D{r}),"")'
        page.formula(row, FOR_CHARTS + k, formula, formats.cell("percent change"), engine[3 + k])


def _regions(page: Page, head: int) -> None:
    formats, layout = page.draft.formats, page.draft.layout
    page.text(head - 1, 0, "Regions", formats.heading())
    heads = ("Region", "", "Baseline (£)", "Pounds (£)", "Change (%)", "Share", "Authorities")
    _heads(page, head, heads, ("Across", "Down"))
    for j, region in enumerate(page.draft.regions, start=1):
        row, r = head + j, head + j + 1
        inside = f"--({named(layout, 'Region')}=$A{r})"
        page.text(row, 0, region.name, formats.cell())
        page.text(row, 1, "", formats.cell())
        for col, header, kind, engine in (
            (2, "Baseline", "pounds", region.baseline),
            (3, "Pounds", "pounds", region.pounds),
            (5, "Share", "share", region.share),
        ):
            formula = f'=IF(year_settles="Yes",SUMPRODUCT({inside},{named(layout, header)}),"")'
            page.formula(row, col, formula, formats.cell(kind), engine)
        rate = f'=IF(year_settles="Yes",IF(C{r}>0,(D{r}-C{r})/C{r},""),"")'
        page.formula(row, 4, rate, formats.cell("percent change"), region.change_rate)
        page.formula(row, 6, f"=SUMPRODUCT({inside})", formats.cell("count"), region.authorities)
        known = not np.isnan(region.change_rate)
        page.formula(row, ACROSS, f"=IF(ISNUMBER(E{r}),E{r},0)", formats.cell("percent change"),
                     region.change_rate if known else 0)  # fmt: skip
        page.formula(row, DOWN, f"=IF(ISNUMBER(E{r}),{j},{OFF_THE_CHART})", formats.cell("mark"),
                     j if known else OFF_THE_CHART)  # fmt: skip


def _everybody(page: Page, head: int, regions: tuple[int, int]) -> None:
    """Everybody with a rate of change, most gained first, and where the strip draws them."""
    formats, layout, settlement = page.draft.formats, page.draft.layout, page.draft.settlement
    page.text(head - 1, 0, "Everybody, in order of change", formats.heading())
    heads = ("Region", "Authority", "Baseline (£)", "Pounds (£)", "Change (%)", "Change (£)",
             "Rank")  # fmt: skip
    _heads(page, head, heads, ("Across", "Down", "Down, mine"))
    names = [region.name for region in page.draft.regions]
    listed = f"$A${regions[0] + 1}:$A${regions[1] + 1}"
    order = change_ranks(settlement)
    rank = named(layout, "Rank of change (%)")
    sources = ("Region", "Authority", "Baseline", "Pounds", "Change (%)", "Change (£)")
    kinds = ("general", "general", "pounds", "pounds", "percent change", "pounds change")
    count = int((order > 0).sum())
    for j in range(1, layout.authorities + 1):
        row, r = head + j, head + j + 1
        i = int(np.flatnonzero(order == j)[0]) if j <= count else None
        engine: tuple[object, ...] = ("",) * 6
        if i is not None:
            place = settlement.scenario.authorities[i]
            engine = (place.region, place.name, settlement.scenario.baseline[i],
                      settlement.pounds[i], settlement.change_rate[i],
                      settlement.change[i])  # fmt: skip
        page.formula(row, 6, f'=IF(COUNT({rank})>={j},{j},"")', formats.cell("count"),
                     j if i is not None else "")  # fmt: skip
        for col, (header, kind) in enumerate(zip(sources, kinds, strict=True)):
            found = f"INDEX({named(layout, header)},MATCH($G{r},{rank},0))"
            page.formula(row, col, f'=IF(ISNUMBER($G{r}),{found},"")', formats.cell(kind),
                         engine[col])  # fmt: skip
        page.formula(row, ACROSS, f"=IF(ISNUMBER(E{r}),E{r},0)", formats.cell("percent change"),
                     engine[4] if i is not None else 0)  # fmt: skip
        down = names.index(str(engine[0])) + 1 if i is not None else OFF_THE_CHART
        page.formula(row, DOWN, f"=IF(ISNUMBER($G{r}),MATCH(A{r},{listed},0),{OFF_THE_CHART})",
                     formats.cell("mark"), down)  # fmt: skip
        mine = i is not None and engine[1] == page.draft.chosen
        page.formula(row, DOWN_MINE, f"=IF(B{r}=in_authority,{_DOWN}{r},{OFF_THE_CHART})",
                     formats.cell("mark"), down if mine else OFF_THE_CHART)  # fmt: skip
    bold = page.draft.workbook.add_format({"bold": True, "bg_color": TINT})
    rule = {"type": "formula", "criteria": f"=$B{head + 2}=in_authority", "format": bold}
    page.sheet.conditional_format(head + 1, 0, head + layout.authorities, 6, rule)
