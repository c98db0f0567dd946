"""The scenario of a settlement workbook that a person has edited, by the names of its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import ServiceAreaSpend, Use
from cyps.settlement import Scenario, Settlement, Year, settle_years
from cyps_workbooks.inputs_sheet import GIVEN, PREVIOUS
from cyps_workbooks.kept.findings import Finding, said
from cyps_workbooks.kept.opened import Entry, Opened
from cyps_workbooks.kept.read_damping import DampingCells
from cyps_workbooks.kept.typed_cells import FACTOR, POUNDS, Between, TypedCells, shown_text
from cyps_workbooks.layout import RECORD, USE, weight_name
from cyps_workbooks.record_sheet import records_in

Records = tuple[tuple[str, Scenario, Use], ...]

_POT = Between(0.0, 1e12, above=True)
_CLOSE = 5e-15
"""Programs that save 15 digits change a number by less than this part of it."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What the cells of a workbook say, ready for the engine.

    Attributes
    ----------
    records : label, scenario and use of every year as the workbook was issued
    scenario, years : what the cells say now; the first year's baseline and area cost are the
        scenario's
    use : as issued, or as the cells have it where they were changed
    lines : the lines of spend on the sheet Weights
    typed_weights : weights by metric that were typed over those from spend; none where all follow
    problems : every cell that cannot be used; with any, there is nothing to settle
    """

    records: Records
    scenario: Scenario
    years: tuple[Year, ...]
    use: Use
    lines: tuple[ServiceAreaSpend, ...]
    typed_weights: dict[str, float]
    problems: tuple[Finding, ...]

    def settle(self) -> tuple[tuple[str, Settlement], ...]:
        """Every year, settled by the engine from what the cells say.

        Raises
        ------
        CypsError
            When a cell cannot be used, or a rule cannot be kept with its pot.
        """
        if self.problems:
            raise CypsError(" ".join(problem.line() for problem in self.problems[:5]))
        settled = settle_years(self.scenario, self.years, self.use)
        return tuple(
            (label, _titled(settlement, recorded))
            for (label, settlement), (_, recorded, _) in zip(settled, self.records, strict=True)
        )


def _titled(settlement: Settlement, recorded: Scenario) -> Settlement:
    """The year's own title and notes, as it was issued with."""
    own = replace(settlement.scenario, title=recorded.title, notes=recorded.notes)
    return replace(settlement, scenario=own)


def read_back(opened: Opened) -> ReadBack:
    """Read the scenario back from the cells of a workbook, whoever edited and saved it.

    Inputs are found by their defined names, so that a sheet may have been renamed or a row put
    in above them. What no cell holds (authorities, exclusions, statement) comes from the record.

    Raises
    ------
    CypsError
        When the record was changed, or the use is not where it was.

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
    ...     [(label, s.pounds.tolist()) for label, s in read_back(open_settlement(path)).settle()]
    [('2025-26', [60, 40])]
    """
    records = records_in(opened.path, opened.rows(RECORD))
    _check_size(opened, records)
    _, issued, use = records[0]
    typed = TypedCells(opened)
    labels = [label for label, _, _ in records]
    _check_labels(typed, labels)
    _check_codes(typed, issued.codes)
    lines, weights = _spend(typed, issued, use.metrics)
    years, scenario = _years(typed, records)
    spend = tuple(ServiceAreaSpend(m, m, w) for m, w in weights.items()) if weights else lines
    if not typed.problems:
        scenario = replace(scenario, spend=spend)
    use_now = _use(typed, issued.codes, use)
    found = tuple(dict.fromkeys(typed.problems))
    return ReadBack(records, scenario, tuple(years), use_now, lines, weights, found)


MOST_AUTHORITIES, MOST_YEARS, MOST_METRICS = 1_000, 30, 20
"""Of a settlement workbook: England has 153 and 3; what is larger was made to harm."""


def _check_size(opened: Opened, records: Records) -> None:
    for _, scenario, use in records:
        sizes = (len(scenario.codes), len(records), len(use.metrics))
        if any(a > b for a, b in zip(sizes, (MOST_AUTHORITIES, MOST_YEARS, MOST_METRICS),
                                     strict=True)):  # fmt: skip
            raise CypsError(
                f"{opened.path.name}, sheet {RECORD}: it speaks of {sizes[0]:,} authorities, "
                f"{sizes[1]} years and {sizes[2]} metrics. At most {MOST_AUTHORITIES:,}, "
                f"{MOST_YEARS} and {MOST_METRICS} are read from a workbook."
            )


def _check_labels(typed: TypedCells, labels: list[str]) -> None:
    cells = typed.block("years", 1, len(labels))
    for entry, label in zip(cells[0] if cells else (), labels, strict=False):
        if shown_text(entry.value) != label:
            typed.note(
                entry,
                f"the year is {said(entry.value)}, and the record has {said(label)}. Type that; "
                "other years need a workbook of their own.",
            )


def _check_codes(typed: TypedCells, codes: tuple[str, ...]) -> None:
    """On every sheet of inputs by authority the rows must stand as they were issued."""
    for name in ("in_baseline", "in_band"):
        if name not in typed.opened.places:
            continue  # said where the cells are read
        sheet, area = typed.opened.places[name]
        for i, code in enumerate(codes[: area.bottom - area.top + 1]):
            entry = typed.opened.entry(sheet, area.top + i, 1)
            if entry.value != code:
                typed.note(
                    entry,
                    f"the code is {said(entry.value)}, and {code} stood here: rows were sorted or "
                    "typed over. Put them back, because rows belong together across sheets.",
                )
                break


# --- weights


def _spend(
    typed: TypedCells, issued: Scenario, metrics: tuple[str, ...]
) -> tuple[tuple[ServiceAreaSpend, ...], dict[str, float]]:
    """Lines of spend, and weights where one at least was typed over that from spend."""
    opened = typed.opened
    rows = len(opened.block("in_spend_metric"))
    stands_for = typed.block("in_spend_metric", rows, 1)
    pounds = typed.block("in_spend", rows, 1)
    lines = []
    for (metric_cell,), (pounds_cell,) in zip(stands_for, pounds, strict=False):
        name = opened.entry(metric_cell.sheet, metric_cell.row, metric_cell.column - 1).value
        metric = typed.choice(metric_cell, f"the metric of {said(name)}", metrics)
        amount = typed.number(
            pounds_cell, f"spend on {said(name)}", POUNDS, "Type pounds of 0 or more."
        )
        if metric and amount is not None:
            lines.append(ServiceAreaSpend(shown_text(name), metric, amount))
    lines = _as_issued(lines, issued)
    weights = _weights(typed, tuple(lines), metrics) if len(lines) == rows else {}
    return tuple(lines), weights


def _as_issued(lines: list[ServiceAreaSpend], issued: Scenario) -> list[ServiceAreaSpend]:
    if len(lines) != len(issued.spend):
        return lines
    return [
        replace(line, pounds=_digits(line.pounds, was.pounds))
        for line, was in zip(lines, issued.spend, strict=True)
    ]


def _weights(
    typed: TypedCells, lines: tuple[ServiceAreaSpend, ...], metrics: tuple[str, ...]
) -> dict[str, float]:
    total = sum(line.pounds for line in lines)
    weights: dict[str, float] = {}
    typed_over = False
    for metric in metrics:
        cells = typed.block(weight_name(metric), 1, 1)
        if not cells:
            return {}
        entry = cells[0][0]
        spent = sum(line.pounds for line in lines if line.metric == metric)
        own = total if total > 0 else 1.0
        if from_spend(typed.opened, entry):
            weights[metric] = spent / own
        else:
            number = typed.number(
                entry, f"the weight of {metric}", POUNDS,
                "Type a number of 0 or more, or clear the cell for the one from spend.",
            )  # fmt: skip
            typed_over = typed_over or number is None or abs(number - spent / own) > _CLOSE
            weights[metric] = 0.0 if number is None else number
    if not any(weights.values()):
        typed.note(entry, "every weight is 0. One at least must be above 0.")
    without = [m for m in metrics if not weights[m] and m not in {line.metric for line in lines}]
    if without:
        typed.note(
            entry,
            f"{', '.join(without)} has no service area, so it would get no weight. Give it a "
            "service area on the sheet Weights, or type a weight.",
        )
    return weights if typed_over else {}


def from_spend(opened: Opened, entry: Entry) -> bool:
    """Whether a weight is the default, from spend: blank, or a formula that takes it."""
    if entry.formula is None:
        return entry.value in (None, "")
    source = opened.followed(entry)
    return (source.row, source.column) == (entry.row, entry.column - 1)


# --- years


def _years(typed: TypedCells, records: Records) -> tuple[list[Year], Scenario]:
    _, issued, _ = records[0]
    n = len(records)
    pots = typed.block("in_pot", 1, n)
    damping = DampingCells(typed, issued.codes, n)
    title = issued.title.removesuffix(f", {records[0][0]}") if n > 1 else issued.title
    base = replace(issued, title=title)
    years: list[Year] = []
    by_metric = any(was.area_cost_metrics for _, was, _ in records)
    for k, (label, was, use) in enumerate(records):
        pot = _pot(typed, pots[0][k], was) if pots else None
        previous = k > 0 and _from_year_before(typed, k, n)
        baseline = None if previous else _column(typed, "baseline", k, n, was.baseline)
        metrics = use.metrics if by_metric else ()
        area_cost = _area_cost(typed, k, n, was, metrics)
        rule, transition = damping.of_year(k)
        if pot is None or area_cost is None or rule is None or (baseline is None and not previous):
            continue  # each of them is among the problems
        year = Year(label, pot, rule, transition, "previous",
                    area_cost=area_cost, area_cost_metrics=metrics)  # fmt: skip
        years.append(year if baseline is None else replace(year, baseline=baseline))
        if k == 0 and baseline is not None:
            base = replace(
                base, baseline=baseline, area_cost=area_cost, area_cost_metrics=metrics, pot=pot,
                damping=rule, transition=transition,
            )  # fmt: skip
    return years, base


def _pot(typed: TypedCells, entry: Entry, was: Scenario) -> int | None:
    needed = "Type whole pounds above 0, up to 1,000,000,000,000."
    pot = typed.number(entry, "the pot", _POT, needed)
    if pot is not None and pot != int(pot):
        typed.note(entry, f"the pot is {said(pot)}. {needed}")
        return None
    return None if pot is None else int(_digits(pot, was.pot))


def _from_year_before(typed: TypedCells, k: int, years: int) -> bool:
    cells = typed.block("in_baseline_from", 1, years - 1)
    if not cells:
        return False
    return typed.choice(cells[0][k - 1], "the baseline", (GIVEN, PREVIOUS)) == PREVIOUS


_NEEDED = {
    "baseline": ("the baseline", POUNDS, "Type pounds of 0 or more."),
    "area_cost": ("the area cost factor", FACTOR, "Type a number above 0; 1 is no adjustment."),
}


def _column(
    typed: TypedCells, what: str, k: int, years: int, was: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    found = _columns(typed, what, k, years, was[:, None])
    return None if found is None else found[:, 0]


def _area_cost(
    typed: TypedCells, k: int, years: int, was: Scenario, metrics: tuple[str, ...]
) -> NDArray[np.float64] | None:
    """One factor an authority, or, where any year has it, one for each of `metrics`."""
    if not metrics:
        return _column(typed, "area_cost", k, years, was.area_cost)
    n = len(was.authorities)
    issued = was.area_cost_of(metrics).reshape(n, -1)
    return _columns(typed, "area_cost", k, years, np.broadcast_to(issued, (n, len(metrics))))


def _columns(
    typed: TypedCells, what: str, k: int, years: int, was: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """A year's columns of an input by authority, in the shape of what was issued."""
    words, within, needed = _NEEDED[what]
    n, m = was.shape
    cells = typed.block(f"in_{what}", n, m * years)
    numbers = [
        typed.number(entry, words, within, needed)
        for row in cells
        for entry in row[m * k : m * (k + 1)]
    ]
    given = [number for number in numbers if number is not None]
    if not cells or len(given) < len(numbers):
        return None
    issued = was.ravel().tolist()
    read = [_digits(now, then) for now, then in zip(given, issued, strict=True)]
    return np.array(read).reshape(n, m)


def _digits(now: float, then: float) -> float:
    """The number as issued, where a program that saves 15 digits only rounded it."""
    return then if now != then and abs(now - then) <= _CLOSE * abs(then) else now


# --- use


def _use(typed: TypedCells, codes: Sequence[str], issued: Use) -> Use:
    """The use in the cells, which are locked: as issued, or changed by somebody."""
    opened = typed.opened
    head, columns = opened.headers(USE)
    at = [columns.get(metric) for metric in issued.metrics]
    if not head or None in at:
        typed.problems.append(
            Finding("inputs", USE, "the sheet Use is gone or its headers were changed.")
        )
        return issued
    row_of = {code: i for i, code in enumerate(issued.codes)}
    children = issued.children.copy()
    for i, code in enumerate(codes):
        for m, column in enumerate(at):
            entry = opened.entry(USE, head + 1 + i, column or 0)
            number = typed.number(
                entry, f"use of {issued.metrics[m]} by {code}", POUNDS, "It comes from a pack or "
                "a published file: take the workbook as it was issued.",
            )  # fmt: skip
            if number is not None:
                children[row_of[code], m] = _digits(number, children[row_of[code], m])
    return Use(issued.codes, issued.metrics, children, issued.basis)
