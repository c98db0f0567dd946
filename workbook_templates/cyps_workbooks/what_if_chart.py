"""The one chart of a what-if: everybody's change before and after, in order, mine marked."""

from __future__ import annotations

from typing import Any

from cyps_workbooks.authority_charts import LABEL, Drawn, axis_of_values, dress
from cyps_workbooks.page import Page
from cyps_workbooks.style import EDGE, GAIN, LOSS, REGION, STOP_FILL
from cyps_workbooks.what_if_layout import IN_ORDER
from cyps_workbooks.what_if_sheets import ORDER_HEAD_ROW, order_column, ranked

MOST_NAMES = 24
"""Authorities whose names can be read below the axis."""

_MARKED = {
    "data_labels": {
        "value": True, "num_format": '"Mine: "+0.0%;"Mine: "-0.0%;;', "position": "outside_end",
        "font": LABEL | {"bold": True, "color": STOP_FILL},
    }
}  # fmt: skip
"""A label on the one bar that is mine: the others of its series are 0 and show none."""


def before_and_after(page: Page, height: int) -> Drawn:
    """Bars with your levers, from the most gained to the most lost; dots as in the scenario."""
    many = ranked(page.draft.settlement)
    first, last = ORDER_HEAD_ROW + 1, ORDER_HEAD_ROW + max(1, many)
    names = [IN_ORDER, first, order_column("name"), last, order_column("name")]

    def values(key: str) -> list[Any]:
        return [IN_ORDER, first, order_column(key), last, order_column(key)]

    chart = page.draft.workbook.add_chart({"type": "column"})
    for key, name, colour in (
        ("gain", "Rise, with your levers", GAIN), ("loss", "Fall, with your levers", LOSS),
        ("mine", "My authority", STOP_FILL),
    ):  # fmt: skip
        chart.add_series(
            {"name": name, "categories": names, "values": values(key), "gap": 15, "overlap": 100,
             "fill": {"color": colour},
             "border": {"color": EDGE} if many <= MOST_NAMES else {"none": True},
             **(_MARKED if key == "mine" else {})}
        )  # fmt: skip
    dots = page.draft.workbook.add_chart({"type": "line"})
    dots.add_series(
        {"name": "In the scenario", "categories": names, "values": values("rate_before"),
         "line": {"none": True},
         "marker": {"type": "circle", "size": 7 if many <= MOST_NAMES else 5 if many <= 80 else 3,
                    "fill": {"color": REGION},
                    "border": {"color": EDGE} if many <= MOST_NAMES else {"none": True}}}
    )  # fmt: skip
    chart.combine(dots)
    dress(chart, "Change against the baseline, from most gained to most lost")
    axis = {"label_position": "low", "num_font": LABEL | {"rotation": -45}, "line": {"color": EDGE},
            "major_tick_mark": "none"}  # fmt: skip
    if many > MOST_NAMES:
        axis = {"label_position": "none", "line": {"color": EDGE}, "major_tick_mark": "none"}
    chart.set_x_axis(axis)
    chart.set_y_axis(axis_of_values("Change (%)", "0%"))
    return Drawn(
        chart, height, "Column chart of every authority's change against its baseline with the "
        "levers in use, from the most gained to the most lost, with dots for the scenario and the "
        "chosen authority marked; the figures are on the sheet In order.",
    )  # fmt: skip
