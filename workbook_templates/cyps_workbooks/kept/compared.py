"""The engine's numbers beside those that the cells show: the same, or which cell differs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cyps.settlement import Settlement
from cyps.settlement.summaries import change_ranks, pounds_below
from cyps_workbooks.kept.findings import Finding, said
from cyps_workbooks.kept.opened import Entry, Opened
from cyps_workbooks.layout import CALCULATION, RESULTS
from cyps_workbooks.results_sheet import result_numbers

TOLERANCE = 1e-12
"""Of the column's largest value; whole pounds must be the same pounds."""

_SHOWN = 3
"""Differing cells that are named in each column."""

_WHOLE = {"Pounds", "Top-up, whole pounds", "Top-up (£)", "Rank of change (%)"}

Years = Sequence[tuple[str, Settlement]]


def compare_with_engine(opened: Opened, years: Years) -> list[Finding]:
    """Every named result and column of results whose cells show other numbers than the engine.

    Empty when all are the same: shares and amounts to 1e-12 of their column's largest value,
    whole pounds and ranks exactly.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from cyps.settlement.example import example
    >>> from cyps_workbooks import write_settlement
    >>> from cyps_workbooks.kept import open_settlement
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "settlement.xlsx"
    ...     write_settlement([("2025-26", example())], path)
    ...     compare_with_engine(open_settlement(path), [("2025-26", example())])
    []
    """
    return [
        *_named(opened, years),
        *(f for k in range(len(years)) for f in compare_calculation(opened, years, k)),
        *_results(opened, years),
    ]


def flags_say(opened: Opened, name: str, expected: str) -> Iterator[Finding]:
    """Whether a named Yes or No is what the engine finds."""
    if name not in opened.places:
        return
    entry = opened.block(name)[0][0]
    if str(entry.value or "").casefold() != expected.casefold():
        yield Finding(
            "engine", entry.place,
            f"{name} says {said(entry.value)}, and the engine finds {expected}.",
        )  # fmt: skip


def _named(opened: Opened, years: Years) -> Iterator[Finding]:
    for name in ("inputs_sound", "weights_sound", "can_settle"):
        yield from flags_say(opened, name, "Yes")
    results: dict[str, list[float | str]] = {
        "scaling_factor": [_factor(s) for _, s in years],
        "pounds_left": [_left(s) for _, s in years],
        "floor_fits": ["Yes" for _ in years],
    }
    for name, expected in results.items():
        if name not in opened.places:
            yield Finding("engine", "", f"the named result {name} was deleted.")
            continue
        for entry, value in zip(opened.block(name)[0], expected, strict=False):
            if not _same(entry, value, 1.0):
                yield _differs(entry, name, value)


def _factor(settlement: Settlement) -> float | str:
    factor = settlement.damped.scaling_factor
    return "by group" if math.isnan(factor) else factor


def _left(settlement: Settlement) -> float:
    return float(settlement.scenario.pot - pounds_below(settlement.damped.allocation).base.sum())


def compare_calculation(opened: Opened, years: Years, k: int) -> Iterator[Finding]:
    """Every cell of a year's Calculation that shows another number than the engine."""
    sheet = _calculation_sheet(opened, k, len(years))
    if not sheet:
        yield Finding("engine", "", f"the sheet {CALCULATION} of {years[k][0]} is gone.")
        return
    s = years[k][1]
    ranks = change_ranks(s).astype(float)
    columns = {
        **{f"Share of {m}": s.metric_share[:, i] for i, m in enumerate(s.use.metrics)},
        "Needs share": s.needs_share, "Share": s.share, "Target": s.target,
        "Baseline": s.scenario.baseline, "Floor amount": s.damped.floor_amount,
        "Damped": s.damped.allocation, "Top-up from outside": s.damped.top_up,
        "Pounds": s.pounds, "Top-up, whole pounds": s.top_up,
        "Rank of change (%)": np.where(ranks == 0, np.nan, ranks),
    }  # fmt: skip
    for header, values in columns.items():
        yield from _column(opened, sheet, header, np.asarray(values).tolist(), s)


def _calculation_sheet(opened: Opened, k: int, years: int) -> str:
    """The Calculation of a year: they stand in the order of the years."""
    found = [name for name in opened.sheets if name.startswith(CALCULATION)]
    return found[k] if len(found) == years else ""


def _results(opened: Opened, years: Years) -> Iterator[Finding]:
    chosen = opened.block("in_year")[0][0].value if "in_year" in opened.places else years[0][0]
    shown = [s for label, s in years if label.casefold() == str(chosen).casefold()]
    if not shown:
        yield Finding(
            "engine", opened.block("in_year")[0][0].place,
            f"the year shown is {said(chosen)}, which is none of this workbook's, so Results is "
            "blank. Choose one from the list.", stops=False,
        )  # fmt: skip
        return
    for header, values in result_numbers(shown[0], children_typed(opened)).items():
        yield from _column(opened, RESULTS, header, np.asarray(values).tolist(), shown[0])


def children_typed(opened: Opened) -> NDArray[np.float64] | None:
    """The children typed on the sheet Use, where every authority has a number above 0."""
    if "in_children" not in opened.places:
        return None
    values = [row[0].value for row in opened.block("in_children")]
    numbers = [float(x) if isinstance(x, int | float) else 0.0 for x in values]
    return np.array(numbers) if min(numbers) > 0 else None


def _column(
    opened: Opened, sheet: str, header: str, values: list[float | str], settlement: Settlement
) -> Iterator[Finding]:
    head, columns = opened.headers(sheet)
    if header not in columns:
        yield Finding("engine", sheet, f"the sheet or its column '{header}' is gone.")
        return
    numbers = [abs(v) for v in values if isinstance(v, int | float) and not math.isnan(v)]
    scale = 0.0 if header in _WHOLE else max(numbers, default=0.0)
    places = settlement.scenario.authorities
    wrong = [
        (entry, value, places[i].name)
        for i, value in enumerate(values)
        if not _same(entry := opened.entry(sheet, head + 1 + i, columns[header]), value, scale)
    ]
    for entry, value, name in wrong[:_SHOWN]:
        yield _differs(entry, f"{header} of {name}", value)
    if len(wrong) > _SHOWN:
        more = len(wrong) - _SHOWN
        yield Finding("engine", f"{sheet}", f"and {more:,} more cells of the column '{header}'.")


def _same(entry: Entry, value: float | str, scale: float) -> bool:
    if isinstance(value, str):
        return str(entry.value or "") == value
    if math.isnan(value):
        return entry.value in (None, "")
    return isinstance(entry.value, float) and abs(entry.value - value) <= TOLERANCE * scale


def _differs(entry: Entry, what: str, value: float | str) -> Finding:
    blank = isinstance(value, float) and math.isnan(value)
    expected = said(None if blank else value)
    shown, digits = said(entry.value), ""
    if shown == expected and isinstance(entry.value, float) and isinstance(value, int | float):
        digits = f" (they differ by {entry.value - value:.2g})"
    return Finding(
        "engine", entry.place, f"{what} shows {shown}; the engine gives {expected}{digits}."
    )
