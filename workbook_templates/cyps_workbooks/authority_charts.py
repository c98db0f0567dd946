"""The charts of the sheets My authority and Winners and losers.

Each is made for a report: its title says what it is about, its axes their units, and its
alternative text where the figures are. Rises are dark and falls light, so that they stay
apart in greyscale and for every kind of colour blindness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlsxwriter.chart import Chart

from cyps_workbooks.layout import MY_AUTHORITY, WINNERS, quoted
from cyps_workbooks.page import Page
from cyps_workbooks.style import EDGE, ENGLAND, FONT, GAIN, LOSS, MINE, REGION, RULE

WIDTH = 760
_ROW_PIXELS = 20
FOR_CHARTS = 21
"""First column of what the charts of Winners and losers are drawn from: it is not printed."""
_FONT = {"name": FONT, "size": 11, "bold": False}
LABEL = {"name": FONT, "size": 10}
_GRID = {"visible": True, "line": {"color": RULE}}
_RATES = "+0.0%;-0.0%;0.0%"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart, its height in pixels and what it shows, in words."""

    chart: Chart
    height: int
    description: str


def insert(
    page: Page, row: int, col: int, drawn: Drawn, width: int = WIDTH, *, x_offset: int = 0
) -> int:
    """Put a chart into a sheet; gives the row where the next one can stand."""
    drawn.chart.set_size({"width": width, "height": drawn.height})
    page.sheet.insert_chart(
        row, col, drawn.chart,
        {"object_position": 3, "description": drawn.description, "x_offset": x_offset},
    )  # fmt: skip
    return row + drawn.height // _ROW_PIXELS + 2


def against_peers(page: Page, first: int, head: int) -> Drawn:
    """Change before and after damping: mine, my peers, all; `first` is the row of the rates."""
    chart = page.draft.workbook.add_chart({"type": "column"})
    for col, colour in ((1, MINE), (2, REGION), (3, ENGLAND)):
        chart.add_series(
            {
                "name": [MY_AUTHORITY, head, col],
                "categories": [MY_AUTHORITY, first + 1, 0, first + 2, 0],
                "values": [MY_AUTHORITY, first + 1, col, first + 2, col],
                "fill": {"color": colour}, "border": {"color": EDGE}, "gap": 80,
                "data_labels": {"value": True, "num_format": _RATES, "font": LABEL,
                                "position": "outside_end"},
            }
        )  # fmt: skip
    dress(chart, f"Change against the baseline: my authority, its peers, {page.draft.everyone}")
    chart.set_x_axis({"label_position": "low", "num_font": LABEL, "line": {"color": EDGE}})
    chart.set_y_axis(axis_of_values("Change (%)", "0%"))
    return Drawn(
        chart, 380, "Column chart of the rate of change before and after damping for the chosen "
        "authority, its peers and all; the figures are in the table on the left.",
    )  # fmt: skip


def waterfall(page: Page, first: int, last: int) -> Drawn:
    """The bridge as bars, from the start at the top to the pounds at the bottom."""
    chart = page.draft.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    labels = [MY_AUTHORITY, first, 3, last, 3]
    for col, name, look in (
        (4, "Held", {"fill": {"none": True}, "border": {"none": True}}),
        (5, "Total", {"fill": {"color": ENGLAND}, "border": {"color": EDGE}}),
        (6, "Rise", {"fill": {"color": GAIN}, "border": {"color": EDGE}}),
        (7, "Fall", {"fill": {"color": LOSS}, "border": {"color": EDGE}}),
    ):
        chart.add_series(
            {"name": name, "categories": labels, "values": [MY_AUTHORITY, first, col, last, col],
             "gap": 30, **look}
        )  # fmt: skip
    dress(chart, "My authority: from the start to its pounds, step by step")
    chart.set_legend({"none": True})  # the labels say + and -
    chart.set_y_axis(_names())
    chart.set_x_axis(axis_of_values("£ million", "0.0,,;-0.0,,;0"))
    return Drawn(
        chart, 150 + 28 * (last - first + 1), "Waterfall of bars from the start (baseline, or "
        "share of children) to the whole pounds of the chosen authority: pot, use of each "
        "service, cost weights, area cost, damping; the figures are in the table Bridge.",
    )  # fmt: skip


def path_to_target(page: Page, head: int, last: int) -> Drawn:
    """Baseline and pounds of every year as columns, the target as a line."""
    chart = page.draft.workbook.add_chart({"type": "column"})
    years = [MY_AUTHORITY, head + 1, 0, last, 0]
    for col, name, colour in ((1, "Baseline", ENGLAND), (2, "Pounds", MINE)):
        chart.add_series(
            {"name": name, "categories": years, "values": [MY_AUTHORITY, head + 1, col, last, col],
             "fill": {"color": colour}, "border": {"color": EDGE}, "gap": 60}
        )  # fmt: skip
    line = page.draft.workbook.add_chart({"type": "line"})
    line.add_series(
        {"name": "Target", "categories": years, "values": [MY_AUTHORITY, head + 1, 3, last, 3],
         "line": {"color": LOSS, "width": 2.5, "dash_type": "dash"},
         "marker": {"type": "diamond", "size": 9, "fill": {"color": LOSS},
                    "border": {"color": EDGE}}}
    )  # fmt: skip
    chart.combine(line)
    dress(chart, "My authority: path to its target")
    chart.set_x_axis({"num_font": LABEL, "line": {"color": EDGE}})
    chart.set_y_axis(axis_of_values("£ million", "0.0,,;-0.0,,;0") | {"min": 0})
    return Drawn(
        chart, 380, "Columns of baseline and pounds and a dashed line of the target of the chosen "
        "authority, year by year; the figures are in the table Path.",
    )  # fmt: skip


def most_and_least(page: Page, head: int, rows: int) -> Drawn:
    """Those who gain and those who lose most by rate; `head` is the row of their header."""
    chart = page.draft.workbook.add_chart({"type": "bar"})
    names = [WINNERS, head + 1, 1, head + rows, 1]
    # Two series: a single one with inverted colours loses them in LibreOffice.
    for col, name, colour in ((FOR_CHARTS, "Rise", GAIN), (FOR_CHARTS + 1, "Fall", LOSS)):
        chart.add_series(
            {
                "name": name, "categories": names,
                "values": [WINNERS, head + 1, col, head + rows, col],
                "fill": {"color": colour}, "border": {"color": EDGE}, "gap": 35, "overlap": 100,
                "data_labels": {"value": True, "num_format": "+0.0%;-0.0%;;", "font": LABEL,
                                "position": "outside_end"},
            }
        )  # fmt: skip
    dress(chart, "Who gains and who loses most: change against the baseline, after damping")
    chart.set_y_axis(_names())
    chart.set_x_axis(axis_of_values("Change (%)", "0%"))
    return Drawn(
        chart, 130 + 21 * rows, "Bar chart of the authorities that gain and lose most by rate of "
        "change in whole pounds against the baseline; the figures are in the table on the left.",
    )  # fmt: skip


def region_strip(page: Page, head: int, rows: int, regions: tuple[int, int]) -> Drawn:
    """A mark for every authority on the line of its region; `regions` are rows of their names."""
    chart = page.draft.workbook.add_chart({"type": "scatter"})
    first, last = regions
    # As text, which every program shows; by address where the name has a ! and XlsxWriter would
    # take it for one.
    labels = [
        {"value": f"={quoted(WINNERS)}!$A${first + i + 1}" if "!" in one.name else one.name}
        for i, one in enumerate(page.draft.regions)
    ]
    across, down = FOR_CHARTS, FOR_CHARTS + 1
    for name, col, kind, size, colour in (
        ("Authority", down, "circle", 7, REGION), ("My authority", down + 1, "diamond", 14, LOSS),
    ):  # fmt: skip
        chart.add_series(
            {"name": name, "categories": [WINNERS, head + 1, across, head + rows, across],
             "values": [WINNERS, head + 1, col, head + rows, col],
             "marker": {"type": kind, "size": size, "fill": {"color": colour},
                        "border": {"color": EDGE}}}
        )  # fmt: skip
    chart.add_series(
        {"name": "Region as a whole", "categories": [WINNERS, first, across, last, across],
         "values": [WINNERS, first, down, last, down],
         "marker": {"type": "square", "size": 9, "fill": {"color": MINE},
                    "border": {"color": MINE}},
         "data_labels": {"custom": labels, "value": True,
                         "position": "above", "font": LABEL}}
    )  # fmt: skip
    dress(chart, "Every authority by region: change against the baseline, after damping")
    chart.set_y_axis({"min": 0, "max": len(labels) + 1, "reverse": True, "visible": False,
                      "crossing": "max",
                      "major_gridlines": {"visible": False}})  # fmt: skip
    chart.set_x_axis(axis_of_values("Change (%)", "0%"))
    return Drawn(
        chart, _strip_height(len(labels)), "Strip of marks, one for each authority by its rate of "
        "change, on a line for each region, with the region as a whole; the figures are in the "
        "tables on the left.",
    )  # fmt: skip


def _strip_height(regions: int) -> int:
    return 130 + 38 * regions


def rows_of_strip(regions: int) -> int:
    """Rows that the strip of so many regions covers, and two below it."""
    return _strip_height(regions) // _ROW_PIXELS + 2


def _names() -> dict[str, Any]:
    return {"reverse": True, "label_position": "low", "num_font": LABEL,
            "line": {"color": EDGE}, "major_tick_mark": "none", "crossing": "max"}  # fmt: skip


def axis_of_values(unit: str, number_format: str) -> dict[str, Any]:
    """An axis of numbers in a unit, with light lines across the chart."""
    return {"num_format": number_format, "num_font": LABEL, "line": {"none": True},
            "name": unit, "name_font": _FONT, "major_gridlines": _GRID}  # fmt: skip


def dress(chart: Chart, title: str) -> None:
    """Give a chart its title, its legend below and the house's border."""
    font: dict[str, Any] = _FONT | {"size": 13, "bold": True}
    chart.set_title({"name": title, "name_font": font, "overlay": False})
    chart.set_legend({"position": "bottom", "font": _FONT})
    chart.set_chartarea({"border": {"color": RULE}})
