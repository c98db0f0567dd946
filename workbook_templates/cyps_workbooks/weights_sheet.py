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
    page.sheet.set_column(1, 5, 19)
    page.sheet.set_column(6, 6, 20)
    page.banner("Cost weights", 7, width=160)
    page.text(
        4, 0,
        "A metric weighs what its service areas cost nationally. Change a spend or its metric, or "
        "type a weight of your own: only the ratio of the weights matters.",
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
    "Metric", "Service areas", "Spend (£)", "Weight from spend", "Weight to use",
    "Weight used", "To go back, retype",
)  # fmt: skip


def _metrics(page: Page) -> None:
    formats, layout, settlement = page.draft.formats, page.draft.layout, page.draft.settlement
    top = layout.metric_head_row
    page.text(
        top - 1, 0,
        "'Weight to use' takes the weight from spend until a number is typed over it; "
        "'Weight used' makes the weights sum to 1.",
    )  # fmt: skip
    for col, head in enumerate(HEADS):
        page.text(top, col, head, formats.head(number=0 < col < 6, indent=int(col == 6)))
    for m, metric in enumerate(settlement.use.metrics):
        _metric(page, layout, m, metric)
    row = layout.metric_last
    page.text(row, 0, "All metrics", formats.total())
    spend = page.draft.spend
    used = _to_use(page)
    from_spend = 1.0 if not page.draft.weights_typed else float(sum(_from_spend(page)))
    sums = (len(spend), sum(line.pounds for line in spend), from_spend, sum(used), 1.0)
    for col, (kind, engine) in enumerate(
        zip(("count", "pounds", "weight", "weight", "weight"), sums, strict=True), start=1
    ):
        formula = f"=SUM({layout.weights('ABCDEF'[col])})"
        page.formula(row, col, formula, formats.total(kind), engine)


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
    if weight_name(metric) in page.draft.typed.cells:
        page.number(row, 4, to_use, formats.entry("weight"))
    else:
        page.formula(row, 4, f"=D{r}", formats.entry("weight"), to_use)
    used = f'=IF(weights_sound="Yes",E{r}/SUM({layout.weights("E")}),"")'
    page.formula(row, 5, used, formats.cell("weight"), weight)
    page.text(row, 6, f"=D{r}", formats.beside())


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
    """The weight to use of each metric: typed, or the one from spend."""
    found = []
    for metric, weight in zip(page.draft.layout.metrics, _from_spend(page), strict=True):
        typed = page.draft.typed.column(weight_name(metric), 0)
        found.append(weight if typed is None else float(typed[0] or 0.0))
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
            "input_title": "Weight to use",
            "input_message": "Any number of 0 or more; only ratios matter. "
            "To go back to the weight from spend, retype the formula shown at the right.",
            "error_message": "A weight is a number of 0 or more, and one of them is above 0.",
        },
    )  # fmt: skip
