"""Functions on figures that stand in cells: shares, weights, damping, pounds, rates, places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyps.explain import quartiles, ranks
from cyps.needs import (
    ServiceAreaSpend,
    Use,
    area_cost_adjusted,
    cost_weights,
    metric_shares,
    needs_shares,
    rate_per,
    typed_weights,
    weekly_unit_cost,
)
from cyps.settlement import (
    Damped,
    floor_and_ceiling_damped,
    floor_damped,
    proportionally_damped,
    whole_pounds,
)
from cyps_addin.cells import (
    column,
    given,
    how_many,
    is_blank,
    line,
    number_line,
    numbers,
    one_text,
    optional_number,
    rate_base,
    texts,
)
from cyps_addin.declare import Argument, CellFunction, Cells
from cyps_addin.error_values import bad_input

_NOT_NUMBERS = "#VALUE!: a cell that is blank, text or an error, or ranges of different lengths"
OFFICIAL, PROPORTIONAL = "official", "proportional"


def _shares(use: Cells, weights: Cells, area_cost: Cells = None) -> Cells:
    children, (amounts, _) = numbers(use, "Use"), number_line(weights, "Weights")
    if children.shape[1] != amounts.size:
        raise bad_input(
            f"Use has {how_many(children.shape[1], 'column')}, but there "
            f"{'is' if amounts.size == 1 else 'are'} {how_many(amounts.size, 'weight')}. Give one "
            "weight for each metric."
        )
    metrics = tuple(f"metric {number}" for number in range(1, amounts.size + 1))
    rows = tuple(f"row {number}" for number in range(1, len(children) + 1))
    shares = metric_shares(Use(rows, metrics, children, "cells of a workbook"))
    needs = needs_shares(shares, typed_weights(dict(zip(metrics, amounts, strict=True)), metrics))
    if is_blank(area_cost):
        return column(needs)
    factors, _ = number_line(area_cost, "Area cost")
    _same_length("use", len(children), "area cost", factors.size)
    return column(area_cost_adjusted(needs, factors))


def _weights(spend: Cells, metric: Cells, metrics: Cells) -> Cells:
    pounds, _ = number_line(spend, "Spend")
    of_each, wanted = texts(metric, "Metric"), texts(metrics, "Metrics")
    _same_length("spend", pounds.size, "metric", len(of_each))
    lines = [
        ServiceAreaSpend(f"line {i}", name, float(amount))
        for i, (name, amount) in enumerate(zip(of_each, pounds, strict=True), 1)
    ]
    return line(metrics, "Metrics").laid(given(w) for w in cost_weights(lines, wanted))


def _damp(
    target: Cells,
    baseline: Cells,
    floor: Cells,
    ceiling: Cells = None,
    method: Cells = None,
    group: Cells = None,
) -> Cells:
    F, laid = number_line(target, "Target")
    B, _ = number_line(baseline, "Baseline")
    _same_length("target", F.size, "baseline", B.size)
    f = _rates(floor, "Floor", F.size)
    c = None if is_blank(ceiling) else _rates(ceiling, "Ceiling", F.size)
    form = one_text(method, "Method", OFFICIAL).casefold()
    if is_blank(group):
        return laid.laid(given(x) for x in _damped(F, B, f, c, form).allocation)
    groups = np.array(texts(group, "Group"))
    _same_length("target", F.size, "group", groups.size)
    allocation = np.empty(F.size)
    for name in np.unique(groups):
        of = groups == name
        own = None if c is None else c[of] if c.size > 1 else c
        allocation[of] = _damped(F[of], B[of], f[of] if f.size > 1 else f, own, form).allocation
    return laid.laid(given(x) for x in allocation)


def _rates(value: Cells, what: str, n: int) -> NDArray[np.float64]:
    """One rate for all, or one for each."""
    rates, _ = number_line(value, what)
    if rates.size not in (1, n):
        raise bad_input(
            f"{what} must be one number, or one for each of the {n} targets, but {rates.size} "
            "cells were given."
        )
    return rates


def _damped(
    F: NDArray[np.float64],
    B: NDArray[np.float64],
    floor: NDArray[np.float64],
    ceiling: NDArray[np.float64] | None,
    method: str,
) -> Damped:
    if method == PROPORTIONAL:
        return proportionally_damped(F, B, floor, ceiling)
    if method != OFFICIAL:
        raise bad_input(f"Method is '{method[:40]}'. It is '{OFFICIAL}' or '{PROPORTIONAL}'.")
    if floor.size == 1 and ceiling is None:
        return floor_damped(F, B, float(floor[0]))
    return floor_and_ceiling_damped(F, B, floor, ceiling)


def _pounds(allocation: Cells, codes: Cells, pot: Cells = None) -> Cells:
    amounts, laid = number_line(allocation, "Allocation")
    names = texts(codes, "Codes")
    _same_length("allocation", amounts.size, "codes", len(names))
    if len(set(names)) < len(names):
        raise bad_input("A code comes twice. Codes decide ties: give each its own.")
    if (amounts < 0).any():
        raise bad_input("An allocation is below zero. Whole pounds are shared out of 0 or more.")
    total = optional_number(pot, "Pot")
    whole = int(np.floor(amounts.sum() + 0.5)) if total is None else int(total)
    return laid.laid(given(x) for x in whole_pounds(amounts, whole, names))


def _rank(amounts: Cells) -> Cells:
    values, laid = number_line(amounts, "Amounts")
    return laid.laid(given(x) for x in ranks(values))


def _quartile(amounts: Cells) -> Cells:
    values, laid = number_line(amounts, "Amounts")
    return laid.laid(given(x) for x in quartiles(values))


def _rate(count: Cells, population: Cells, per: Cells = None) -> Cells:
    counted, people = numbers(count, "Count"), numbers(population, "Population")
    if people.shape not in (counted.shape, (len(counted), 1)):
        raise bad_input(
            "Population must have one cell for each row of the counts, or one for each count."
        )
    return [[given(x) for x in row] for row in rate_per(counted, people, rate_base(per))]


def _unit_cost(spend: Cells, children: Cells) -> Cells:
    pounds, laid = number_line(spend, "Spend")
    counted, _ = number_line(children, "Children")
    _same_length("spend", pounds.size, "children", counted.size)
    return laid.laid(given(x) for x in weekly_unit_cost(pounds, counted))


def _same_length(one: str, n: int, other: str, m: int) -> None:
    if n != m:
        raise bad_input(
            f"{one.capitalize()} has {how_many(n, 'cell')} but {other} has {m:,}. Select ranges of "
            "the same length."
        )


FUNCTIONS: tuple[CellFunction, ...] = (
    CellFunction(
        "CYPS_SHARES",
        "Figures in cells",
        "Needs shares from use and cost weights",
        (
            Argument("use", "children by authority (rows) and metric (columns)"),
            Argument("weights", "cost weight of each metric; only their ratio matters"),
            Argument("area_cost", "cost factor of each authority, such as 1.08", "no adjustment"),
        ),
        "one share a row, adding up to 1",
        (_NOT_NUMBERS, "#VALUE!: use or a weight below zero; a metric that nobody uses"),
        "=CYPS_SHARES({30,5;10,5},{3,1})",
        _shares,
    ),
    CellFunction(
        "CYPS_WEIGHTS",
        "Figures in cells",
        "Cost weights: what each metric's services cost nationally, over all spend",
        (
            Argument("spend", "spend of each service area, all in one unit"),
            Argument("metric", "metric that stands for each service area"),
            Argument("metrics", "metrics in the order in which the weights are wanted"),
        ),
        "one weight for each of the metrics, laid out as they are, adding up to 1",
        (_NOT_NUMBERS, "#VALUE!: spend below zero, or a metric without a line of spend"),
        '=CYPS_WEIGHTS({60;30;10},{"CIN";"CARE";"CARE"},{"CIN","CARE"})',
        _weights,
    ),
    CellFunction(
        "CYPS_DAMP",
        "Figures in cells",
        "Allocations with nobody below the floor, paid for by those above it: any grant",
        (
            Argument("target", "undamped target of each authority, pounds"),
            Argument("baseline", "what each had before, pounds"),
            Argument("floor", "least change against the baseline, such as -5%; one, or one each"),
            Argument("ceiling", "most change, such as 8%; one, or one each", "no ceiling"),
            Argument("method", '"official" or "proportional" (k x target within limits)',
                     "official"),
            Argument("group", "damping group of each; money stays in the group", "one group"),
        ),
        "one damped allocation for each target, adding up to the targets",
        (_NOT_NUMBERS, "#NUM!: the floors cost more than the pot, or ceilings leave part unspent; "
         "CYPS_LAST_ERROR names the highest floor that fits"),
        "=CYPS_DAMP({96;215;170;49;510},{100;200;150;50;500},1%)",
        _damp,
    ),
    CellFunction(
        "CYPS_POUNDS",
        "Figures in cells",
        "Whole pounds by largest remainder",
        (
            Argument("allocation", "damped allocation of each authority, pounds"),
            Argument("codes", "code of each authority, which decides ties"),
            Argument("pot", "whole pounds to share", "the allocations' sum, to the nearest pound"),
        ),
        "whole pounds for each allocation, adding up to the pot",
        (_NOT_NUMBERS, "#VALUE!: a code twice, or allocations that do not add up to the pot"),
        '=CYPS_POUNDS({1.5;2.25;2.25},{"E1";"E3";"E2"})',
        _pounds,
    ),
    CellFunction(
        "CYPS_RANK",
        "Figures in cells",
        "Place by amount, 1 for the largest; ties go to the earlier cell",
        (Argument("amounts", "one amount for each authority, in order of code"),),
        "one place for each amount",
        (_NOT_NUMBERS,),
        "=CYPS_RANK({5;9;5})",
        _rank,
    ),
    CellFunction(
        "CYPS_QUARTILE",
        "Figures in cells",
        "Quartile band by amount: 1 for the quarter with the largest, 4 for the smallest",
        (Argument("amounts", "one amount for each authority, in order of code"),),
        "one band for each amount, by place as CYPS_RANK gives it",
        (_NOT_NUMBERS,),
        "=CYPS_QUARTILE({5;9;1;7})",
        _quartile,
    ),
    CellFunction(
        "CYPS_RATE",
        "Figures in cells",
        "Rate per 10,000 children, or per any other number",
        (
            Argument("count", "children counted, by authority (rows) and metric (columns)"),
            Argument("population", "children of each authority"),
            Argument("per", "how many the rate is for", "10,000"),
        ),
        "one rate for each count; #N/A in the cell where the population is 0",
        (_NOT_NUMBERS, "#VALUE!: a population below zero"),
        "=CYPS_RATE({120;45},{40000;10000})",
        _rate,
    ),
    CellFunction(
        "CYPS_UNIT_COST",
        "Figures in cells",
        "Weekly cost of social work for each child in need: spend / children / 365 x 7",
        (
            Argument("spend", "pounds a year on social work and on commissioning and strategy"),
            Argument("children", "children in need on 31 March, in the same order"),
        ),
        "pounds a week for each spend; #N/A in the cell where there are no children",
        (_NOT_NUMBERS, "#VALUE!: spend or children below zero"),
        "=CYPS_UNIT_COST(15690213,2836)",
        _unit_cost,
    ),
)  # fmt: skip
"""Functions that need nothing but the cells they are given."""
