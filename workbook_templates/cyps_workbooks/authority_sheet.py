"""The sheet My authority: one authority's figures, its region, winners and losers."""

from __future__ import annotations

import numpy as np

from cyps.settlement.summaries import (
    GroupTotals,
    all_totals,
    authority_totals,
    change_ranks,
    group_totals,
    on_the_floor,
    region_totals,
)
from cyps_workbooks.authority_charts import insert_charts
from cyps_workbooks.layout import MY_AUTHORITY, RESULTS, Layout
from cyps_workbooks.page import Draft, Page, new_page

FIGURES_ROW = 8
"""Zero-based row of the header of the figures."""


def draw_my_authority(draft: Draft, chosen: str) -> None:
    """Draw the sheet My authority with `chosen` in the picker."""
    page = new_page(draft, MY_AUTHORITY)
    for first, last, width in ((0, 0, 38), (1, 1, 37), (2, 3, 26), (4, 5, 14), (6, 6, 3)):
        page.sheet.set_column(first, last, width)
    page.banner("My authority", 6, width=150)
    _picker(page, chosen)
    next_row = _figures(page, chosen)
    winners_row = next_row + 1
    next_row = _winners(page, winners_row)
    _regions(page, next_row + 1)
    insert_charts(page, figures_end=winners_row - 2, winners_row=winners_row + 1)
    page.sheet.freeze_panes(5, 0)
    page.finish(one_page=True)


def _named(layout: Layout, header: str) -> str:
    return layout.column(RESULTS, layout.result(header))


def _picker(page: Page, chosen: str) -> None:
    formats, layout = page.draft.formats, page.draft.layout
    names = [authority.name for authority in page.draft.settlement.scenario.authorities]
    place = names.index(chosen)
    region = page.draft.settlement.scenario.authorities[place].region
    page.text(4, 0, "Choose an authority", formats.heading())
    page.text(7, 0, "Year shown (choose on Results)")
    page.formula(7, 1, '=IF(year_place>0,in_year&"","")', formats.plain(), layout.years[0])
    page.sheet.write_string(4, 1, chosen, formats.entry("general"))
    page.text(5, 0, "Its place in the list (0: no figures)")
    find = (
        f'=IF(year_settles="Yes",IFERROR(MATCH(in_authority,{_named(layout, "Authority")},0),0),0)'
    )
    page.formula(5, 1, find, formats.of(align="left"), place + 1)
    page.text(6, 0, "Its region")
    found = f'=IF(my_row>0,INDEX({_named(layout, "Region")},my_row),"")'
    page.formula(6, 1, found, formats.plain(), region)
    page.sheet.data_validation(
        4, 1, 4, 1,
        {
            "validate": "list", "source": "=" + _named(layout, "Authority"), "ignore_blank": False,
            "input_title": "Authority",
            "input_message": "Choose from the list; everything on this sheet follows.",
            "error_title": "Not in this settlement",
            "error_message": "Choose a name from the list. Authorities that were left out are on "
            "the sheet About.",
        },
    )  # fmt: skip


def _groups(page: Page, chosen: str) -> tuple[GroupTotals, GroupTotals, GroupTotals]:
    settlement = page.draft.settlement
    mine = authority_totals(settlement, chosen)
    regions = np.array([a.region for a in settlement.scenario.authorities])
    names = [a.name for a in settlement.scenario.authorities]
    region = regions[names.index(chosen)]
    return mine, group_totals(settlement, str(region), regions == region), all_totals(settlement)


def _figures(page: Page, chosen: str) -> int:
    formats, layout = page.draft.formats, page.draft.layout
    groups = _groups(page, chosen)
    page.text(FIGURES_ROW, 0, "Figure", formats.head())
    heads = (
        ('=IF(my_row>0,in_authority,"No figures")', chosen),
        ('=IF(my_row>0,$B$7,"No figures")', groups[1].name),
    )
    for col, (formula, engine) in enumerate(heads, start=1):
        page.formula(FIGURES_ROW, col, formula, formats.head(number=True), engine)
    page.text(FIGURES_ROW, 3, page.draft.everyone, formats.head(number=True))
    row = FIGURES_ROW + 1
    for label, kind, source, amounts in _summed_lines(layout, groups):
        page.text(row, 0, label, formats.cell())
        for col, formula in enumerate(_three(source, layout), start=1):
            page.formula(row, col, formula, formats.cell(kind), amounts[col - 1])
        row += 1
    return _rates(page, row, groups)


_Line = tuple[str, str, str, tuple[float, ...]]


def _summed_lines(layout: Layout, groups: tuple[GroupTotals, ...]) -> list[_Line]:
    lines: list[_Line] = []
    for m, metric in enumerate(layout.metrics):
        used = tuple(float(g.use[m]) for g in groups)
        lines.append((f"Use: {metric}", "children", layout.column("Use", 3 + m), used))
    for m, metric in enumerate(layout.metrics):
        shares = tuple(float(g.metric_share[m]) for g in groups)
        header = f"Share of {metric}"
        lines.append((header, "share", _named(layout, header), shares))
    for header, kind, field in (
        ("Needs share", "share", "needs_share"),
        ("Share", "share", "share"),
        ("Baseline", "pounds", "baseline"),
        ("Target", "pounds", "target"),
        ("Floor amount", "pounds", "floor_amount"),
        ("Damped", "pence", "damped"),
        ("Pounds", "pounds", "pounds"),
        ("Change (£)", "pounds change", "change"),
    ):
        source = _named(layout, header)
        lines.append((header, kind, source, tuple(float(getattr(g, field)) for g in groups)))
    return lines


def _three(source: str, layout: Layout) -> tuple[str, str, str]:
    region = _named(layout, "Region")
    return (
        f'=IF(my_row>0,INDEX({source},my_row),"")',
        f'=IF(my_row>0,SUMPRODUCT(--({region}=$B$7),{source}),"")',
        f'=IF(my_row>0,SUM({source}),"")',
    )


def _rates(page: Page, row: int, groups: tuple[GroupTotals, ...]) -> int:
    """Rates of change, last before the rank, because a chart takes the two rows."""
    formats, layout = page.draft.formats, page.draft.layout
    at = {label: FIGURES_ROW + 2 + i for i, (label, *_) in enumerate(_summed_lines(layout, groups))}
    for label, top, rates in (
        ("Change before damping (%)", "Target", [g.undamped_rate for g in groups]),
        ("Change after damping (%)", "Pounds", [g.change_rate for g in groups]),
    ):
        page.text(row, 0, label, formats.cell())
        for col, rate in enumerate(rates, start=1):
            letter = "ABCD"[col]
            new, old = f"{letter}{at[top]}", f"{letter}{at['Baseline']}"
            formula = f'=IF(my_row>0,IF({old}>0,({new}-{old})/{old},""),"")'
            page.formula(row, col, formula, formats.cell("percent change"), rate)
        row += 1
    ranks = change_ranks(page.draft.settlement)
    chosen = [a.name for a in page.draft.settlement.scenario.authorities].index(groups[0].name)
    source = _named(layout, "Rank of change (%)")
    page.text(row, 0, "Rank of change (1 gains most)", formats.cell())
    mine = f'=IF(my_row>0,INDEX({source},my_row),"")'
    page.formula(row, 1, mine, formats.cell("count"), ranks[chosen] or "")
    count = int((ranks > 0).sum())
    of = f'=IF(my_row>0,"of "&COUNT({source}),"")'
    page.formula(row, 2, of, formats.cell(), f"of {count}")
    page.text(row, 3, "", formats.cell())
    return row + 1


def shown_each_way(authorities: int) -> tuple[int, int]:
    """How many winners and losers are listed: eight each, fewer where there are few."""
    return max(1, min(8, authorities // 2)), min(8, authorities // 2)


def _winners(page: Page, row: int) -> int:
    formats, layout, settlement = page.draft.formats, page.draft.layout, page.draft.settlement
    top, bottom = shown_each_way(layout.authorities)
    page.text(row, 0, "Winners and losers", formats.heading())
    _tied_on_the_floor(page, row)
    row += 1
    heads = ("Rank of change", "Authority", "Change (£)", "Change (%)", "Rise", "Fall")
    for col, head in enumerate(heads):
        page.text(row, col, head, formats.head(number=col > 1))
    ranks = change_ranks(settlement)
    count = int((ranks > 0).sum())
    rank = _named(layout, "Rank of change (%)")
    for j in range(top + bottom):
        row += 1
        from_end = top + bottom - 1 - j
        place = j + 1 if j < top else count - from_end
        formula = f'=IF(COUNT({rank})>={j + 1},{j + 1},"")'
        if j >= top:
            formula = f'=IF(COUNT({rank})>{from_end},COUNT({rank})-{from_end},"")'
        shown = place if 1 <= place <= count else ""
        page.formula(row, 0, formula, formats.of(align="left", bottom=1, bottom_color="#C9CED4"),
                     shown)  # fmt: skip
        _winner(page, row, int(np.flatnonzero(ranks == place)[0]) if shown else None)
    return row + 1


def _tied_on_the_floor(page: Page, row: int) -> None:
    """Say that the last places are pence apart, so that nobody reads more into them."""
    layout = page.draft.layout
    count = int(on_the_floor(page.draft.settlement).sum())
    words = " on the floor: the order among them is a matter of rounding"
    on_floor = _named(layout, "On the floor")
    formula = f'=IF(year_settles="Yes",COUNTIF({on_floor},"Yes")&"{words}","")'
    page.formula(row, 1, formula, page.draft.formats.plain(), f"{count}{words}")


def _winner(page: Page, row: int, i: int | None) -> None:
    formats, layout, settlement = page.draft.formats, page.draft.layout, page.draft.settlement
    r = row + 1
    change = float(settlement.change_rate[i]) if i is not None else 0.0
    engine: tuple[object, ...] = ("", "", "", "", "")
    if i is not None:
        name = settlement.scenario.authorities[i].name
        engine = (name, settlement.change[i], change, max(0.0, change), min(0.0, change))
    for col, header in enumerate(("Authority", "Change (£)", "Change (%)"), start=1):
        source, rank = _named(layout, header), _named(layout, "Rank of change (%)")
        find = f'=IF(ISNUMBER($A{r}),INDEX({source},MATCH($A{r},{rank},0)),"")'
        kind = ("general", "pounds change", "percent change")[col - 1]
        page.formula(row, col, find, formats.cell(kind), engine[col - 1])
    for col, least in ((4, "MAX"), (5, "MIN")):
        formula = f'=IF(ISNUMBER($D{r}),{least}(0,$D{r}),"")'
        page.formula(row, col, formula, formats.cell("percent change"), engine[col - 1])


def _regions(page: Page, row: int) -> int:
    formats, layout = page.draft.formats, page.draft.layout
    page.text(row, 0, "Regions", formats.heading())
    row += 1
    heads = ("Region", "Authorities", "Baseline", "Pounds", "Change (%)", "Share")
    for col, head in enumerate(heads):
        page.text(row, col, head, formats.head(number=col > 0))
    first = row + 1
    for region in region_totals(page.draft.settlement):
        row += 1
        inside = f"--({_named(layout, 'Region')}=$A{row + 1})"
        page.text(row, 0, region.name, formats.cell())
        page.formula(row, 1, f"=SUMPRODUCT({inside})", formats.cell("count"), region.authorities)
        for col, header, kind, engine in (
            (2, "Baseline", "pounds", region.baseline),
            (3, "Pounds", "pounds", region.pounds),
            (5, "Share", "share", region.share),
        ):
            source = _named(layout, header)
            formula = f'=IF(year_settles="Yes",SUMPRODUCT({inside},{source}),"")'
            page.formula(row, col, formula, formats.cell(kind), engine)
        r = row + 1
        rate = f'=IF(year_settles="Yes",IF(C{r}>0,(D{r}-C{r})/C{r},""),"")'
        page.formula(row, 4, rate, formats.cell("percent change"), region.change_rate)
    bold = page.draft.workbook.add_format({"bold": True, "bg_color": "#DCE6F1"})
    rule = {"type": "formula", "criteria": f"=$A{first + 1}=$B$7", "format": bold}
    page.sheet.conditional_format(first, 0, row, 5, rule)
    return row + 1
