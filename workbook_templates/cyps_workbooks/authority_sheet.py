"""The sheet My authority: one authority's figures, its peers, its bridge and its path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.explain import distance_from_target
from cyps.settlement.summaries import (
    GroupTotals,
    all_totals,
    authority_totals,
    change_ranks,
    group_totals,
)
from cyps_workbooks.authority_bridge import draw_bridge
from cyps_workbooks.authority_charts import against_peers, insert, path_to_target, waterfall
from cyps_workbooks.authority_neighbours import draw_neighbours
from cyps_workbooks.bridge_sheet import draw_my_bridge
from cyps_workbooks.layout import FIRST_ROW, MY_AUTHORITY, RESULTS, USE, Layout
from cyps_workbooks.page import Draft, Page, new_page
from cyps_workbooks.results_sheet import peers_of

FIGURES_ROW = 10
"""Zero-based row of the header of the figures."""

CHART_COLUMN = 9
_LAST_PRINTED = 21
"""Zero-based column at the right edge of the charts."""
_SCALE, _ROWS_AT_SCALE = 70, 45
"""Per cent at which the tables fill the width of A4, and the rows that a page has then."""
SAME_SHARE, SAME_POUNDS = 5e-11, 5e-7
"""Amounts no further apart are ties: an engine's last digit must not turn a rank."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The authority that is shown first, its peers and all: what the engine gives of each."""

    place: int
    mine: GroupTotals
    peers: GroupTotals
    all: GroupTotals
    members: NDArray[np.bool_]

    @property
    def three(self) -> tuple[GroupTotals, GroupTotals, GroupTotals]:
        """In the order of the columns."""
        return self.mine, self.peers, self.all


def shown_first(draft: Draft, chosen: str) -> Shown:
    """What the engine gives of the authority `chosen` and of those it is compared with."""
    settlement = draft.settlement
    place = [a.name for a in settlement.scenario.authorities].index(chosen)
    peers = np.array(peers_of(settlement))
    members = peers == peers[place]
    totals = group_totals(settlement, str(peers[place]), members)
    mine = authority_totals(settlement, chosen)
    return Shown(place, mine, totals, all_totals(settlement), members)


def draw_my_authority(draft: Draft, chosen: str) -> None:
    """Draw the sheet My authority with `chosen` in the picker."""
    page = new_page(draft, MY_AUTHORITY)
    for first, last, width in ((0, 1, 38), (2, 2, 26), (3, 3, 36), (4, 7, 14), (8, 8, 3)):
        page.sheet.set_column(first, last, width)
    page.banner("My authority", 8, width=170)
    shown = shown_first(draft, chosen)
    _picker(page, chosen, shown)
    rates_row, next_row = _figures(page, shown)
    bridge = draw_bridge(page, next_row + 1, shown.place)
    path_row = bridge.last + 2
    last = _path(page, path_row, shown.place)
    below = draw_neighbours(page, last + 2, shown.place)
    if draft.layout.bridged:
        below = draw_my_bridge(page, below + 2, shown.place)
    bridge_row = next_row + 1
    insert(page, 4, CHART_COLUMN, against_peers(page, rates_row, FIGURES_ROW))
    at = insert(page, bridge_row + 1, CHART_COLUMN, waterfall(page, bridge.first, bridge.last))
    if draft.many_years:
        at = insert(page, at, CHART_COLUMN, path_to_target(page, path_row + 1, last))
    page.sheet.freeze_panes(5, 0)
    last_row = max(below, at)
    page.sheet.print_area(0, 0, last_row, _LAST_PRINTED)
    # Figures and bridge, each with its charts on the page beside it: at one page wide the letters
    # would be 4 points high.
    page.sheet.set_h_pagebreaks([bridge_row])
    page.sheet.set_v_pagebreaks([CHART_COLUMN - 1])
    page.sheet.print_across()
    page.finish(scale=min(_SCALE, _ROWS_AT_SCALE * _SCALE // (last_row - bridge_row)))


def named(layout: Layout, header: str) -> str:
    """The range of a column of the table Results, with its sheet."""
    return layout.column(RESULTS, layout.result(header))


def _picker(page: Page, chosen: str, shown: Shown) -> None:
    formats, layout = page.draft.formats, page.draft.layout
    place, region = shown.place, page.draft.settlement.scenario.authorities[shown.place].region
    page.text(4, 0, "Choose an authority", formats.heading())
    page.sheet.write_string(4, 1, chosen, formats.entry("general"))
    page.text(5, 0, "Its place in the list (0: no figures)")
    find = (
        f'=IF(year_settles="Yes",IFERROR(MATCH(in_authority,{named(layout, "Authority")},0),0),0)'
    )
    page.formula(5, 1, find, formats.of(align="left"), place + 1)
    page.text(6, 0, "Its region")
    found = f'=IF(my_row>0,INDEX({named(layout, "Region")},my_row),"")'
    page.formula(6, 1, found, formats.plain(), region)
    page.text(7, 0, "Year shown (choose on Results)")
    page.formula(7, 1, '=IF(year_place>0,in_year&"","")', formats.plain(), layout.years[0])
    page.text(8, 0, "Its peers: damping group, or region")
    peers = f'=IF(my_row>0,INDEX({named(layout, "Peers")},my_row),"")'
    page.formula(8, 1, peers, formats.plain(), shown.peers.name)
    page.sheet.data_validation(
        4, 1, 4, 1,
        {
            "validate": "list", "source": "=" + named(layout, "Authority"), "ignore_blank": False,
            "input_title": "Authority",
            "input_message": "Choose from the list; everything on this sheet follows.",
            "error_title": "Not in this settlement",
            "error_message": "Choose a name from the list. Authorities that were left out are on "
            "the sheet About.",
        },
    )  # fmt: skip


def _figures(page: Page, shown: Shown) -> tuple[int, int]:
    """The figures; the row of the first rate of change and the row after the last."""
    formats, layout = page.draft.formats, page.draft.layout
    page.sheet.set_row(FIGURES_ROW, 34)
    page.text(FIGURES_ROW, 0, "Figure", formats.head())
    heads = (
        ('=IF(my_row>0,in_authority,"No figures")', shown.mine.name),
        ('=IF(my_row>0,$B$9,"No figures")', shown.peers.name),
    )
    for col, (formula, engine) in enumerate(heads, start=1):
        page.formula(FIGURES_ROW, col, formula, formats.head(number=True), engine)
    for col, head in ((3, page.draft.everyone), (4, "Rank (1 = most)"), (5, "Quarter (1 = most)")):
        page.text(FIGURES_ROW, col, head, formats.head(number=True))
    at: dict[str, int] = {}
    row = FIGURES_ROW + 1
    for label, kind, source, amounts in _summed_lines(layout, shown.three):
        at[label] = row
        page.text(row, 0, label, formats.cell())
        for col, formula in enumerate(_three(source, layout), start=1):
            page.formula(row, col, formula, formats.cell(kind), amounts[col - 1])
        row += 1
    _per_child(page, row, shown)
    row = _rates(page, row + 1, at, shown)
    _ranks(page, at["Share"], "Share", page.draft.settlement.share, SAME_SHARE, shown.place)
    return row - 3, row


_Line = tuple[str, str, str, tuple[float, ...]]


def _summed_lines(layout: Layout, groups: tuple[GroupTotals, ...]) -> list[_Line]:
    lines: list[_Line] = []
    for m, metric in enumerate(layout.metrics):
        used = tuple(float(g.use[m]) for g in groups)
        lines.append((f"Use: {metric}", "children", layout.column(USE, 3 + m), used))
    for m, metric in enumerate(layout.metrics):
        shares = tuple(float(g.metric_share[m]) for g in groups)
        header = f"Share of {metric}"
        lines.append((header, "share", named(layout, header), shares))
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
        source = named(layout, header)
        lines.append((header, kind, source, tuple(float(getattr(g, field)) for g in groups)))
    return lines


def _three(source: str, layout: Layout) -> tuple[str, str, str]:
    peers = named(layout, "Peers")
    return (
        f'=IF(my_row>0,INDEX({source},my_row),"")',
        f'=IF(my_row>0,SUMPRODUCT(--({peers}=$B$9),{source}),"")',
        f'=IF(my_row>0,SUM({source}),"")',
    )


def _per_child(page: Page, row: int, shown: Shown) -> None:
    """Pounds per child, blank unless every authority's children are known; with its rank."""
    formats, layout, children = page.draft.formats, page.draft.layout, page.draft.population
    pounds = _three(named(layout, "Pounds"), layout)
    of = _three(layout.column(USE, layout.children), layout)
    page.text(row, 0, "Pounds per child", formats.cell())
    groups = ([shown.place], shown.members, slice(None))
    for col, (top, below, group) in enumerate(zip(pounds, of, shown.three, strict=True), start=1):
        formula = f'=IF(my_row>0,IF(children_given="Yes",({top[1:]})/({below[1:]}),""),"")'
        known = "" if children is None else group.pounds / children[groups[col - 1]].sum()
        page.formula(row, col, formula, formats.cell("pence"), known)
    each = None if children is None else page.draft.settlement.pounds / children
    _ranks(page, row, "Pounds per child", each, SAME_POUNDS, shown.place,
           'children_given="Yes"')  # fmt: skip


def _ranks(
    page: Page, row: int, header: str, amounts: NDArray[np.float64] | None, tie: float,
    place: int, when: str = "TRUE",
) -> None:  # fmt: skip
    """Place and quarter of my authority by a column of Results, 1 for the most; ties by code."""
    formats, layout = page.draft.formats, page.draft.layout
    source, n = named(layout, header), layout.authorities
    above, alike = f"{source}-B{row + 1}>{tie:G}", f"{source}-B{row + 1}>=-{tie:G}"
    rank = (
        f"SUMPRODUCT(--({above}))+SUMPRODUCT(({alike})*(1-({above}))"
        f"*(ROW({source})<=my_row+{FIRST_ROW}))"
    )
    seen: tuple[object, object] = ("", "")
    if amounts is not None:
        far = amounts - amounts[place]
        before = int((far > tie).sum()) + int((np.abs(far[: place + 1]) <= tie).sum())
        seen = (before, (before - 1) * 4 // n + 1)
    page.formula(row, 4, f'=IF(my_row>0,IF({when},{rank},""),"")', formats.cell("count"), seen[0])
    quarter = f'=IF(ISNUMBER(E{row + 1}),INT((E{row + 1}-1)*4/{n})+1,"")'
    page.formula(row, 5, quarter, formats.cell("count"), seen[1])


def _rates(page: Page, row: int, at: dict[str, int], shown: Shown) -> int:
    """Distance from target, then the rates of change; a chart takes the last two rows."""
    formats, settlement = page.draft.formats, page.draft.settlement
    far = [g.pounds / g.target - 1 if g.target > 0 else float("nan") for g in shown.three]
    for label, new, old, rates in (
        ("Distance from target (%)", "Pounds", "Target", far),
        ("Change before damping (%)", "Target", "Baseline", [g.undamped_rate for g in shown.three]),
        ("Change after damping (%)", "Pounds", "Baseline", [g.change_rate for g in shown.three]),
    ):
        page.text(row, 0, label, formats.cell())
        for col, rate in enumerate(rates, start=1):
            one, other = (f"{'ABCD'[col]}{at[what] + 1}" for what in (new, old))
            formula = f'=IF(my_row>0,IF({other}>0,({one}-{other})/{other},""),"")'
            page.formula(row, col, formula, formats.cell("percent change"), rate)
        row += 1
    source = named(page.draft.layout, "Rank of change (%)")
    order = change_ranks(settlement)
    rank, count = int(order[shown.place]), int((order > 0).sum())
    page.formula(row - 1, 4, f'=IF(my_row>0,INDEX({source},my_row),"")', formats.cell("count"),
                 rank or "")  # fmt: skip
    quarter = f'=IF(ISNUMBER(E{row}),INT((E{row}-1)*4/COUNT({source}))+1,"")'
    seen = (rank - 1) * 4 // count + 1 if rank else ""
    page.formula(row - 1, 5, quarter, formats.cell("count"), seen)
    return row


def _path(page: Page, row: int, place: int) -> int:
    """Every year of my authority; gives the zero-based row of the last."""
    formats, layout = page.draft.formats, page.draft.layout
    page.text(row, 0, "Path: every year of this workbook", formats.heading())
    row += 1
    heads = ("Year", "Baseline (£)", "Pounds", "Target (£)", "Change (%)", "From target (%)")
    for col, head in enumerate(heads):
        page.text(row, col, head, formats.head(number=col > 0))
    mine = f"MATCH(in_authority,{layout.column(RESULTS, 1)},0)"
    for year, (label, settlement) in enumerate(page.draft.settlements):
        row += 1
        page.text(row, 0, label, formats.cell("text"))
        engine = (settlement.scenario.baseline, settlement.pounds, settlement.target)
        for col, key in enumerate(("baseline", "pounds", "target"), start=1):
            formula = f'=IFERROR(INDEX({layout.step(key, year)},{mine}),"")'
            page.formula(row, col, formula, formats.cell("pounds"), engine[col - 1][place])
        rates = (settlement.change_rate[place], distance_from_target(settlement)[place])
        for col, base in ((4, "B"), (5, "D")):
            old = f"{base}{row + 1}"
            rate = f'=IF(COUNT(C{row + 1},{old})=2,IF({old}>0,(C{row + 1}-{old})/{old},""),"")'
            page.formula(row, col, rate, formats.cell("percent change"), rates[col - 4])
    return row
