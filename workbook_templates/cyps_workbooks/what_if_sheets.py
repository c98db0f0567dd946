"""The sheets behind the page What-if: the scenario as it is, and everybody in order of change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from cyps.settlement import Bands, Protection, Settlement
from cyps.settlement.summaries import change_ranks, on_the_floor, rounded_change_rate
from cyps_workbooks.layout import FIRST_ROW, HEAD_ROW, TOTAL_ROW
from cyps_workbooks.page import NAME_WIDTH, REGION_WIDTH, Draft, Page, new_page
from cyps_workbooks.style import TINT
from cyps_workbooks.what_if_layout import IN_ORDER, SCENARIO, WEIGHT_ROW, WhatIfLayout
from cyps_workbooks.what_if_levers import area_cost_formula

ORDER_HEAD_ROW = 6
"""Zero-based row of the header on the sheet In order."""

ORDER = (
    ("place", "Place by change, with your levers", "count", 12),
    ("name", "Authority", "general", NAME_WIDTH),
    ("region", "Region", "general", REGION_WIDTH),
    ("before", "Pounds, scenario", "pounds", 17),
    ("after", "Pounds, with your levers", "pounds", 17),
    ("moved", "Difference (£)", "pounds change", 17),
    ("rate_before", "Change (%), scenario", "percent change", 13),
    ("rate", "Change (%), with your levers", "percent change", 13),
    ("gain", "Chart: rise", "percent change", 11),
    ("loss", "Chart: fall", "percent change", 11),
    ("mine", "Chart: mine", "percent change", 11),
)
"""Key, header, kind and width of every column of the sheet In order."""
_FLAT = 1e-6
"""Height of my bar where I neither gain nor lose: with none at all it would have no label."""
_AT = {key: i for i, (key, *_) in enumerate(ORDER)}


def order_column(key: str) -> int:
    """Zero-based column of the sheet In order."""
    return _AT[key]


# --- the scenario


def draw_scenario(draft: Draft, layout: WhatIfLayout, moved: Settlement) -> None:
    """Draw the sheet Scenario: what everybody has and gets while no lever is moved.

    `moved` is with the levers as they stand, which the area cost in use follows.
    """
    page = new_page(draft, SCENARIO)
    formats, settlement = draft.formats, draft.settlement
    page.authority_rows()
    last = layout.fact_column("on_floor")
    page.sheet.set_column(3, last, 16)
    page.sheet.set_column(layout.fact_column("member"), layout.fact_column("group"), 24)
    page.banner("Scenario", last + 1, split=True)
    page.text(4, 2, "The settlement as it was handed over. Nothing here moves, but for the area "
                    "cost factor in use, which follows lever 6.")  # fmt: skip
    page.text(5, 2, "Pounds, top-up, change, rank and floor are what the engine settled; with no "
                    "lever moved the sheet Calculation gives the same.")  # fmt: skip
    page.text(WEIGHT_ROW, 1, "Cost weight in the scenario", formats.heading())
    page.sheet.set_row(HEAD_ROW, 34)
    for m, metric in enumerate(layout.metrics):
        page.text(HEAD_ROW, 3 + m, metric, formats.head(number=True))
        page.number(WEIGHT_ROW, 3 + m, settlement.weights[m], formats.cell("weight"))
        children = settlement.use.children[:, m]
        _fixed(page, 3 + m, children.tolist(), "children")
        page.total(3 + m, "children", float(children.sum()))
    baseline = layout.input_column("baseline", 0)[1]
    page.text(HEAD_ROW, baseline, "Baseline", formats.head(number=True))
    _fixed(page, baseline, settlement.scenario.baseline.tolist(), "pounds")
    page.total(baseline, "pounds", float(settlement.scenario.baseline.sum()))
    _area_cost(page, layout, moved)
    for key, head, kind, values in _facts(draft):
        col = layout.fact_column(key)
        right = key not in {"member", "group"}
        page.text(HEAD_ROW, col, head, formats.head(number=right))
        _fixed(page, col, values, kind, right=right)
        if key in {"pounds", "top_up"} or (key == "children" and draft.population is not None):
            page.total(col, kind, float(np.sum(np.array(values, dtype=np.float64))))
        else:
            page.text(TOTAL_ROW, col, "", formats.total())
    page.finish(pages_wide=2)


def _fixed(
    page: Page, col: int, values: Sequence[float | str], kind: str, *, right: bool = False
) -> None:
    form = page.draft.formats.cell(kind, right=right)
    for i, value in enumerate(values):
        if isinstance(value, str):
            page.text(FIRST_ROW + i, col, value, form)
        elif np.isnan(value):
            page.sheet.write_blank(FIRST_ROW + i, col, None, form)
        else:
            page.number(FIRST_ROW + i, col, value, form)


def _area_cost(page: Page, layout: WhatIfLayout, moved: Settlement) -> None:
    settlement, formats = page.draft.settlement, page.draft.formats
    first, in_use = layout.area_cost_as_given, layout.input_column("area_cost", 0)[1]
    given, now = (
        one.area_cost.reshape(len(settlement.scenario.codes), -1) for one in (settlement, moved)
    )
    for k in range(layout.cost_columns):
        of = f" {layout.metrics[k]}" if layout.cost_by_metric else ""
        for col, head in ((first + k, f"Area cost factor{of}"), (in_use + k, f"In use{of}")):
            page.text(HEAD_ROW, col, head, formats.head(number=True))
            page.text(TOTAL_ROW, col, "", formats.total())
        _fixed(page, first + k, given[:, k].tolist(), "factor")
        page.column(in_use + k, area_cost_formula(layout, first + k), formats.cell("factor"),
                    now[:, k])  # fmt: skip


def _facts(draft: Draft) -> list[tuple[str, str, str, Sequence[float | str]]]:
    settlement = draft.settlement
    rule, codes = settlement.scenario.damping, settlement.scenario.codes
    member = rule.member if isinstance(rule, Bands | Protection) else {}
    group = settlement.scenario.transition.group or {}
    ranks = change_ranks(settlement).astype(float)
    children = np.full(len(codes), np.nan) if draft.population is None else draft.population
    return [
        ("member", "Band or tier", "general", [member.get(code, "") for code in codes]),
        ("group", "Damping group", "general", [group.get(code, "") for code in codes]),
        ("children", "Children", "count", children.tolist()),
        ("pounds", "Pounds", "pounds", settlement.pounds.astype(float).tolist()),
        ("top_up", "Top-up (£)", "pounds", settlement.top_up.astype(float).tolist()),
        ("rate", "Change (%)", "percent change", rounded_change_rate(settlement).tolist()),
        ("rank", "Rank of change (%)", "count", np.where(ranks == 0, np.nan, ranks).tolist()),
        ("on_floor", "On the floor", "general",
         np.where(on_the_floor(settlement), "Yes", "No").tolist()),
    ]  # fmt: skip


# --- everybody in order


def ranked(settlement: Settlement) -> int:
    """How many authorities have a baseline, and so a rate of change: no lever moves that."""
    return int((settlement.scenario.baseline > 0).sum())


def draw_in_order(draft: Draft, layout: WhatIfLayout, moved: Settlement) -> None:
    """Draw the sheet In order: the most gained with your levers first, the scenario beside."""
    page = new_page(draft, IN_ORDER)
    formats, settlement = draft.formats, draft.settlement
    for col, (_, head, kind, width) in enumerate(ORDER):
        page.sheet.set_column(col, col, width)
        page.text(ORDER_HEAD_ROW, col, head, formats.head(number=kind != "general"))
    page.banner("In order", len(ORDER))
    page.text(3, 0, "Everybody by change against the baseline with your levers, the most gained "
                    "first. The chart of the sheet What-if draws the last columns.")  # fmt: skip
    page.text(4, 0, _left_out(settlement))
    page.sheet.set_row(ORDER_HEAD_ROW, 50)
    at = {key: f"${xl_col_to_name(i)}" for key, i in _AT.items()}
    order = change_ranks(moved)
    for j in range(1, ranked(settlement) + 1):
        i = int(np.flatnonzero(order == j)[0])
        _in_order(page, layout, ORDER_HEAD_ROW + j, i, moved, at)
    bold = page.draft.workbook.add_format({"bold": True, "bg_color": TINT})
    rule = {"type": "formula", "criteria": f"=$B{ORDER_HEAD_ROW + 2}=in_authority", "format": bold}
    last = ORDER_HEAD_ROW + max(1, ranked(settlement))
    page.sheet.conditional_format(ORDER_HEAD_ROW + 1, 0, last, _AT["rate"], rule)
    page.sheet.freeze_panes(ORDER_HEAD_ROW + 1, 2)
    page.sheet.repeat_rows(ORDER_HEAD_ROW)
    page.finish()


def _left_out(settlement: Settlement) -> str:
    without = len(settlement.scenario.codes) - ranked(settlement)
    if not without:
        return "Ties go by code."
    who = "authority has" if without == 1 else "authorities have"
    return f"Ties go by code. {without} {who} no baseline, so no change to be placed by."


def _in_order(
    page: Page, layout: WhatIfLayout, row: int, i: int, moved: Settlement, at: dict[str, str]
) -> None:
    """The row of a place, which is at first that of the authority `i`."""
    draft, r = page.draft, row + 1
    settlement, place = draft.settlement, draft.settlement.scenario.authorities[i]
    j = row - ORDER_HEAD_ROW
    found = f"MATCH({at['place']}{r},{layout.step('rank', 0)},0)"
    name, rate = f"{at['name']}{r}", f"{at['rate']}{r}"

    def look(source: str) -> str:
        return f'=IF({at["place"]}{r}="","",INDEX({source},{found}))'

    was, change = (float(rounded_change_rate(one)[i]) for one in (settlement, moved))
    before, pounds = (float(one.pounds[i]) for one in (settlement, moved))
    chosen = place.name == draft.chosen
    for key, formula, seen in (
        ("place", f'=IF({layout.flag("settles", 0)}="Yes",{j},"")', j),
        ("name", look(layout.column("Scenario", 1)), place.name),
        ("region", look(layout.column("Scenario", 2)), place.region),
        ("before", look(layout.fact("pounds")), before),
        ("after", look(layout.step("pounds", 0)), pounds),
        ("moved", f'=IF({at["place"]}{r}="","",{at["after"]}{r}-{at["before"]}{r})',
         pounds - before),
        ("rate_before", look(layout.fact("rate")), was),
        ("rate", look(layout.step("rate", 0)), change),
        ("gain", _bar(name, rate, "0", f"MAX(0,{rate})"), 0.0 if chosen else max(0.0, change)),
        ("loss", _bar(name, rate, "0", f"MIN(0,{rate})"), 0.0 if chosen else min(0.0, change)),
        ("mine", _bar(name, rate, f"IF({rate}=0,{_FLAT:f},{rate})", "0"),
         (change or _FLAT) if chosen else 0.0),
    ):  # fmt: skip
        kind = ORDER[_AT[key]][2]
        form = draft.formats.beside() if kind == "general" else draft.formats.cell(kind)
        page.formula(row, _AT[key], formula, form, seen)


def _bar(name: str, rate: str, mine: str, other: str) -> str:
    """Height of a bar: a cell of text would spoil the whole series, so 0 where there is none."""
    return f"=IF(ISNUMBER({rate}),IF({name}=in_authority,{mine},{other}),0)"
