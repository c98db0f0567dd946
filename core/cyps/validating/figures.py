"""Figures: SVG pictures of the tables beside them, the same bytes for the same numbers."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from cyps.validating.groups import GroupTable

_STYLE: Any = {
    "svg.hashsalt": "cyps",
    "svg.fonttype": "none",
    "font.size": 10,
    "font.family": "sans-serif",
}
_DARK, _GREY = "#1d3557", "#8d99ae"


def calibration_figure(table: GroupTable) -> str:
    """Predicted against actual rate by tenth of the predicted chance, with 95% bars."""

    def draw(figure: Figure) -> None:
        shown = [g for g in table.groups if not g.hidden]
        children = np.array([g.children for g in shown], dtype=float)
        predicted = 100 * np.array([g.predicted for g in shown]) / children
        actual = 100 * np.array([g.actual for g in shown]) / children
        bar = 1.96 * predicted * np.array([g.error for g in shown])
        axes = figure.add_subplot()
        top = float(max(predicted.max(initial=0), actual.max(initial=0))) * 1.1 or 1.0
        axes.plot([0, top], [0, top], color=_GREY, linestyle="--")
        axes.errorbar(predicted, actual, yerr=bar, fmt="o", color=_DARK, capsize=3)
        axes.set(xlabel="predicted, % of children", ylabel="actual, % of children")
        axes.set(xlim=(0, top), ylim=(0, top))

    return _svg(draw, (5.5, 4.5))


def ratio_figure(tables: tuple[GroupTable, ...]) -> str:
    """Actual by predicted of every group, with 95% bars."""
    shown = [(t.name, g) for t in tables for g in t.groups if g.ratio is not None]

    def draw(figure: Figure) -> None:
        ratio = [g.ratio or 0.0 for _, g in shown]
        bar = [1.96 * (g.error or 0.0) for _, g in shown]
        place = np.arange(len(shown))[::-1]
        axes = figure.add_subplot()
        axes.axvline(1, color=_GREY, linestyle="--")
        axes.errorbar(ratio, place, xerr=bar, fmt="o", color=_DARK, capsize=2, markersize=4)
        axes.set_yticks(place, [f"{name}: {g.label}" for name, g in shown], fontsize=8)
        axes.set(xlabel="actual by predicted", ylim=(-1, len(shown)))

    return _svg(draw, (7.5, 1.2 + 0.19 * len(shown)))


def authorities_figure(table: GroupTable) -> str:
    """Authorities' predicted against actual rates."""

    def draw(figure: Figure) -> None:
        shown = [g for g in table.groups if not g.hidden]
        children = np.array([g.children for g in shown], dtype=float)
        predicted = 100 * np.array([g.predicted for g in shown]) / children
        actual = 100 * np.array([g.actual for g in shown]) / children
        top = float(max(predicted.max(initial=0), actual.max(initial=0))) * 1.1 or 1.0
        axes = figure.add_subplot()
        axes.plot([0, top], [0, top], color=_GREY, linestyle="--")
        axes.plot(predicted, actual, "o", color=_DARK, markersize=4)
        axes.set(xlabel="predicted, % of children", ylabel="actual, % of children")
        axes.set(xlim=(0, top), ylim=(0, top))

    return _svg(draw, (5.5, 4.5))


def _svg(draw: Callable[[Figure], None], size: tuple[float, float]) -> str:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        for axes in figure.axes:
            axes.spines[["top", "right"]].set_visible(False)
        made = io.StringIO()
        figure.savefig(made, format="svg", metadata={"Date": None, "Creator": None})
    return made.getvalue()
