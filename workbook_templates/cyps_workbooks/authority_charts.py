"""The charts of the sheet My authority."""

from __future__ import annotations

from typing import Any

from xlsxwriter.chart import Chart

from cyps_workbooks.layout import MY_AUTHORITY
from cyps_workbooks.page import Page
from cyps_workbooks.style import ENGLAND, FONT, GAIN, LOSS, MINE, REGION, RULE

CHART_COLUMN = 7
_FONT = {"name": FONT, "size": 11, "bold": False}
_LABEL = {"name": FONT, "size": 10}


def insert_charts(page: Page, *, figures_end: int, winners_row: int) -> None:
    """Winners and losers above, my authority against its region below.

    `figures_end` is the zero-based row of the rank, `winners_row` that of the
    header of the winners and losers.
    """
    rows = _shown(page)
    winners = _winners_and_losers(page, winners_row, rows)
    page.sheet.insert_chart(
        4, CHART_COLUMN, winners,
        {"object_position": 3,
         "description": "Bar chart of the authorities that gain and lose most by rate of change "
         "in whole pounds against the baseline; the figures are in the table Winners and losers."},
    )  # fmt: skip
    mine = _against_region(page, figures_end)
    page.sheet.insert_chart(
        5 + (160 + 24 * rows) // 20, CHART_COLUMN, mine,
        {"object_position": 3,
         "description": "Column chart of the rate of change before and after damping for the "
         "chosen authority, its region and all; the figures are in the table on the left."},
    )  # fmt: skip


def _shown(page: Page) -> int:
    half = page.draft.layout.authorities // 2
    return max(1, min(8, half)) + min(8, half)


def _winners_and_losers(page: Page, head: int, rows: int) -> Chart:
    chart = page.draft.workbook.add_chart({"type": "bar"})
    names = [MY_AUTHORITY, head + 1, 1, head + rows, 1]
    # Two series: a single one with inverted colours loses them in LibreOffice.
    for col, name, colour in ((4, "Rise", GAIN), (5, "Fall", LOSS)):
        chart.add_series(
            {
                "name": name, "categories": names,
                "values": [MY_AUTHORITY, head + 1, col, head + rows, col],
                "fill": {"color": colour}, "border": {"none": True}, "gap": 35, "overlap": 100,
                "data_labels": {"value": True, "num_format": "+0.0%;-0.0%;;", "font": _LABEL,
                                "position": "outside_end"},
            }
        )  # fmt: skip
    _dress(chart, "Winners and losers: change against the baseline, after damping")
    chart.set_y_axis({"reverse": True, "label_position": "low", "num_font": _LABEL,
                      "line": {"color": RULE}, "major_tick_mark": "none"})  # fmt: skip
    chart.set_x_axis({"num_format": "0%", "num_font": _LABEL, "line": {"none": True},
                      "major_gridlines": {"visible": True, "line": {"color": RULE}}})  # fmt: skip
    chart.set_size({"width": 700, "height": 150 + 24 * rows})
    return chart


def _against_region(page: Page, rank_row: int) -> Chart:
    chart = page.draft.workbook.add_chart({"type": "column"})
    first, last = rank_row - 2, rank_row - 1
    for col, colour in ((1, MINE), (2, REGION), (3, ENGLAND)):
        chart.add_series(
            {
                "name": [MY_AUTHORITY, 8, col],
                "categories": [MY_AUTHORITY, first, 0, last, 0],
                "values": [MY_AUTHORITY, first, col, last, col],
                "fill": {"color": colour}, "border": {"color": "#5A6570"}, "gap": 80,
                "data_labels": {"value": True, "num_format": "+0.0%;-0.0%;0.0%", "font": _LABEL,
                                "position": "outside_end"},
            }
        )  # fmt: skip
    _dress(chart, f"My authority against its region and {page.draft.everyone}")
    chart.set_x_axis({"label_position": "low", "num_font": _LABEL, "line": {"color": "#5A6570"}})
    chart.set_y_axis({"num_format": "0%", "num_font": _LABEL, "line": {"none": True},
                      "major_gridlines": {"visible": True, "line": {"color": RULE}}})  # fmt: skip
    chart.set_size({"width": 700, "height": 400})
    return chart


def _dress(chart: Chart, title: str) -> None:
    font: dict[str, Any] = _FONT | {"size": 13, "bold": True}
    chart.set_title({"name": title, "name_font": font, "overlay": False})
    chart.set_legend({"position": "bottom", "font": _FONT})
    chart.set_chartarea({"border": {"color": RULE}})
