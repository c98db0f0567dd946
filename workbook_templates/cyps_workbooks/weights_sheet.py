"""The sheet Weights: from national spend by service area to one weight a metric."""

from __future__ import annotations

import textwrap

import numpy as np

from cyps_workbooks.inputs_sheet import ZERO_OR_MORE
from cyps_workbooks.layout import SPEND_HEAD_ROW, WEIGHTS, Layout, weight_name
from cyps_workbooks.page import Draft, Page, new_page

NAME_OF_AREA = 72
"""Width of the column of service areas; longer names take another line."""


def draw_weights(draft: Draft) -> None:
    """Draw the sheet Weights."""
    page = new_page(draft, WEIGHTS)
    page.sheet.set_column(0, 0, NAME_OF_AREA)
    page.sheet.set_column(1, 7, 20)
    page.banner("Cost weights", 8, width=160)
    page.text(
        4, 0,
        "A metric weighs what its service areas cost nationally. Change a spend or its metric, or "
        "type a weight of your own below: only the ratio of the weights matters.",
    )  # fmt: skip
    _spend(page)
    _metrics(page)
    _validation(page)
    page.sheet.freeze_panes(3, 0)
    page.finish(one_page=True)


def _spend(page: Page) -> None:
    formats, layout = page.draft.formats, page.draft.layout
    spend = page.draft.spend
    for col, head in enumerate(("Service area", "Stands for", "Spend (£)")):
        page.text(SPEND_HEAD_ROW, col, head, formats.head(number=col == 2))
    for i, line in enumerate(spend):
        row = SPEND_HEAD_ROW + 1 + i
        lines = len(textwrap.wrap(line.service_area, NAME_OF_AREA - 4)) or 1
        page.sheet.set_row(row, 15 * max(1, lines))
        page.text(row, 0, line.service_area, formats.wrapped())
        page.sheet.write_string(row, 1, line.metric, formats.entry("general"))
        page.number(row, 2, line.pounds, formats.entry("pounds"))
    row = SPEND_HEAD_ROW + 1 + len(spend)
    page.text(row, 0, "All service areas", formats.total())
    page.text(row, 1, "", formats.total())
    whole = sum(line.pounds for line in spend)
    page.formula(row, 2, f"=SUM({layout.spend('C')})", formats.total("pounds"), whole)


HEADS = (
    "Metric", "Service areas", "Spend (£)", "From spend (default)", "Mine",
    "Mine, or the default", "Used (sums to 1)", "Used - default",
)  # fmt: skip
KINDS = ("count", "pounds", "weight", "weight", "weight", "weight", "weight change")
"""Of every column from the second on."""


def _metrics(page: Page) -> None:
    formats, layout, settlement = page.draft.formats, page.draft.layout, page.draft.settlement
    top = layout.metric_head_row
    page.text(
        top - 1, 0,
        "Type under 'Mine' to try another weight; clear the cell (Delete) to go back to the "
        "default, the weight from the spend above.",
    )  # fmt: skip
    for col, head in enumerate(HEADS):
        page.text(top, col, head, formats.head(number=col > 0))
    for m, metric in enumerate(settlement.use.metrics):
        _metric(page, layout, m, metric)
    row = layout.metric_last
    page.text(row, 0, "All metrics", formats.total())
    page.text(row, 4, "", formats.total())
    from_spend = 1.0 if not page.draft.weights_typed else float(sum(_from_spend(page)))
    spend, whole = page.draft.spend, sum(line.pounds for line in page.draft.spend)
    sums = (len(spend), whole, from_spend, "", sum(_to_use(page)), 1.0, 0.0)
    for col, (kind, engine) in enumerate(zip(KINDS, sums, strict=True), start=1):
        if col not in (4, 7):
            formula = f"=SUM({layout.weights('ABCDEFGH'[col])})"
            page.formula(row, col, formula, formats.total(kind), engine)
    page.text(row, 7, "", formats.total())


def _metric(page: Page, layout: Layout, m: int, metric: str) -> None:
    formats, settlement = page.draft.formats, page.draft.settlement
    mine = [line.pounds for line in page.draft.spend if line.metric == metric]
    row = layout.metric_head_row + 1 + m
    r, weight = row + 1, settlement.weights[m]
    from_spend, to_use = _from_spend(page)[m], _to_use(page)[m]
    stands = f"--({layout.spend('B')}=A{r})"
    page.text(row, 0, metric, formats.cell("text"))
    page.formula(row, 1, f"=SUMPRODUCT({stands})", formats.cell("count"), len(mine))
    page.formula(
        row, 2, f"=SUMPRODUCT({stands},{layout.spend('C')})",
        formats.cell("pounds"), float(np.sum(mine)),
    )  # fmt: skip
    total = f"SUM({layout.spend('C')})"
    page.formula(row, 3, f"=IF({total}>0,C{r}/{total},0)", formats.cell("weight"), from_spend)
    page.sheet.write_blank(row, 4, None, formats.entry("weight"))  # what was typed is put in later
    page.formula(row, 5, f'=IF(E{r}="",D{r},E{r})', formats.cell("weight"), to_use)
    used = f'=IF(weights_sound="Yes",F{r}/SUM({layout.weights("F")}),"")'
    page.formula(row, 6, used, formats.cell("weight"), weight)
    change = f'=IF(ISNUMBER(G{r}),G{r}-D{r},"")'
    page.formula(row, 7, change, formats.cell("weight change"), weight - from_spend)


def _from_spend(page: Page) -> list[float]:
    """The weight that spend gives each metric; the engine's own unless others were typed."""
    draft = page.draft
    if not draft.weights_typed:
        return [float(weight) for weight in draft.settlement.weights]
    total = sum(line.pounds for line in draft.spend) or 1.0
    return [
        sum(line.pounds for line in draft.spend if line.metric == metric) / total
        for metric in draft.settlement.use.metrics
    ]


def _to_use(page: Page) -> list[float]:
    """The weight of each metric before they are made to sum to 1: mine, or the default."""
    found = []
    for metric, weight in zip(page.draft.layout.metrics, _from_spend(page), strict=True):
        typed = page.draft.typed.column(weight_name(metric), 0)
        found.append(weight if typed is None or typed[0] is None else float(typed[0]))
    return found


def _validation(page: Page) -> None:
    layout, sheet = page.draft.layout, page.sheet
    first, last = SPEND_HEAD_ROW + 1, SPEND_HEAD_ROW + layout.spend_lines
    sheet.data_validation(
        first, 1, last, 1,
        {
            "validate": "list", "source": "=" + layout.weights("A"), "ignore_blank": False,
            "input_title": "Metric",
            "input_message": "The activity that stands for this service area, from the list.",
            "error_title": "Not a metric of this workbook",
            "error_message": "Choose one of the metrics in the lower table of this sheet.",
        },
    )  # fmt: skip
    sheet.data_validation(
        first, 2, last, 2,
        ZERO_OR_MORE | {
            "input_title": "National spend",
            "input_message": "Pounds spent nationally on this service area: 0 or more. "
            "Use one unit throughout.",
            "error_message": "Spend is a number of pounds, 0 or more.",
        },
    )  # fmt: skip
    sheet.data_validation(
        layout.metric_first - 1, 4, layout.metric_last - 1, 4,
        ZERO_OR_MORE | {
            "input_title": "My weight",
            "input_message": "Blank: the weight from spend. Or any number of 0 or more; only "
            "ratios matter. Clear the cell to go back.",
            "error_message": "A weight is a number of 0 or more, or blank for the default.",
        },
    )  # fmt: skip
