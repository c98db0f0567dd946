"""Spend from unit costs and activity: how many, times what one costs."""

from __future__ import annotations

from cyps.errors import CypsError
from cyps.needs import METRIC_SETS, SERVICE_AREAS, ServiceAreaSpend
from cyps.returns.amounts import NotAnAmount, amount
from cyps.returns.by_authority import METRICS
from cyps.returns.plain_files import area_number
from cyps.returns.problems import Problems
from cyps.returns.spend_reading import SpendLine, SpendReading
from cyps.returns.tables import Row, Table

FORM = "unit costs and activity"
COST_COLUMNS = ("unit_cost", "relative_unit_cost", "unit_cost_pounds", "cost_per_unit")
COUNT_COLUMNS = ("count", "activity_count", "units")
UNIT_COLUMNS = ("unit", "activity_unit")
NAME_COLUMNS = ("service_area", "activity", "service", "area")


def is_unit_costs(table: Table) -> bool:
    """Whether this is a table of unit costs, by its columns."""
    return bool(table.columns_named(COST_COLUMNS))


def unit_cost_spend(table: Table, metric_set: int, problems: Problems) -> SpendReading:
    """Spend as activity count x relative unit cost in pounds, a line each.

    Columns: `service_area` (1 to 7, or its name) or `activity` (any words, then with
    `metric`); `count`; `unit` (child weeks, children, placements, ...); `unit_cost`,
    pounds for one unit; `remark` (optional).
    """
    columns = [table.column(*names) for names in (COUNT_COLUMNS, UNIT_COLUMNS, COST_COLUMNS)]
    lines: list[SpendLine] = []
    for row in table.rows:
        with problems.gathered():
            line = _line(table, row, columns, metric_set)
            if any(other.line == line.line for other in lines):
                raise CypsError(f"{table.where(row)}: '{line.line}' is here again. Remove one.")
            lines.append(line)
    spend = tuple(
        ServiceAreaSpend(f"{line.line} ({line.remark})", line.metric, line.pounds or 0.0)
        for line in lines
    )
    told = (
        f"Spend: count x unit cost of {table.source.file}: "
        f"{'; '.join(f'{line.line}: {line.remark}' for line in lines)}."
    )
    return SpendReading(spend, table.source, FORM, (told,), tuple(lines), place=table.place)


def _line(table: Table, row: Row, columns: list[int], metric_set: int) -> SpendLine:
    count, unit, cost = columns
    named = [row.cells[i] for i in table.columns_named(NAME_COLUMNS) if row.cells[i]]
    number = next((n for n in map(area_number, named) if n), None)
    if not named:
        raise CypsError(f"{table.where(row)}: the row names no service area or activity.")
    metric = _metric(table, row, number, metric_set)
    if not row.cells[unit]:
        raise CypsError(
            f"{table.where(row, unit)}: say what is counted, such as child weeks: a cost by the "
            "week and a count of children do not go together."
        )
    many, each = _amount(table, row, count), _amount(table, row, cost)
    words = (
        [SERVICE_AREAS[number] if area_number(name) else name for name in named]
        if number
        else named
    )
    name = ", ".join(dict.fromkeys(words))
    return SpendLine(
        "", f"{number}: {name}" if number else name, str(number or ""), metric, many * each,
        "included", remark=f"{many:,.10g} {row.cells[unit]} x £{each:,.10g}",
        where=table.where(row),
    )  # fmt: skip


def _metric(table: Table, row: Row, number: int | None, metric_set: int) -> str:
    column = table.column("metric") if table.columns_named(["metric"]) else None
    told = row.cells[column].upper() if column is not None else ""
    if told and told not in METRICS:
        raise CypsError(
            f"{table.where(row, column)}: '{told}' is not an activity metric. Use one of "
            f"{', '.join(METRICS)}."
        )
    if not told and number is None:
        raise CypsError(
            f"{table.where(row)}: no metric stands for this activity. Give its service area from "
            "1 to 7, or say the metric in a column 'metric'."
        )
    return told or METRIC_SETS[metric_set][number or 0]


def _amount(table: Table, row: Row, column: int) -> float:
    try:
        return amount(row.cells[column])
    except NotAnAmount as reason:
        raise CypsError(f"{table.where(row, column)}: {reason}.") from None
