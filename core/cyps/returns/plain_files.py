"""Plain files that a person makes: spend by service area, amounts by authority."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from cyps.errors import CypsError
from cyps.needs import METRIC_OF_SERVICE_AREA, SERVICE_AREAS, ServiceAreaSpend
from cyps.returns.amounts import NotAnAmount, amount
from cyps.returns.authority_list import AuthorityList
from cyps.returns.by_authority import (
    CODE_COLUMNS,
    DESCRIPTIVE_COLUMNS,
    METRICS,
    SPEND_COLUMNS,
    Reading,
    amount_column,
    amounts_by_authority,
)
from cyps.returns.problems import Problems
from cyps.returns.spend_reading import SpendLine, SpendReading
from cyps.returns.tables import Row, Table, same_name

AREA_COLUMNS = ("service_area", "service_area_number", "area", "service", "line")

SHORT_NAMES = {
    1: ("family support", "family support services"),
    2: ("safeguarding", "safeguarding triage"),
    3: ("residential", "residential care"),
    4: ("fostering",),
    5: ("permanence", "legal permanence"),
    6: ("care leavers", "care leaver services", "leaving care"),
    7: ("youth justice",),
}
"""Names by which a service area may be called besides its number and full name."""


def plain_use(table: Table, listed: AuthorityList, problems: Problems) -> dict[str, Reading]:
    """Use by metric from a file with a code column and a column for each metric."""
    found = [metric for metric in METRICS if table.columns_named([metric])]
    if not found:
        raise CypsError(
            f"{table.place}: no column is named after an activity metric "
            f"({', '.join(METRICS)}). The columns are "
            f"{table.listed(range(len(table.header)))}. Rename the right ones."
        )
    known = {same_name(name) for name in (*CODE_COLUMNS, *DESCRIPTIVE_COLUMNS, *METRICS)}
    unread = [i for i, name in enumerate(table.header) if name and same_name(name) not in known]
    note = (f"{table.source.file}: columns not read: {table.listed(unread)}.",) if unread else ()
    readings = {}
    for metric in found:
        column = table.column(metric)
        amounts = amounts_by_authority(table, column, f"number of {metric}", listed, problems)
        told = f"{metric}: column '{table.header[column]}' of {table.place}."
        readings[metric] = Reading(amounts, table.source, "plain file", (told, *note))
    return readings


def plain_amounts(
    table: Table,
    names: tuple[str, ...],
    listed: AuthorityList,
    problems: Problems,
    *,
    number: Callable[[str], float] = amount,
) -> Reading:
    """One amount for each authority from a file with a code and a value column."""
    column = amount_column(table, names)
    what = names[0].replace("_", " ")
    amounts = amounts_by_authority(table, column, what, listed, problems, number=number)
    told = f"{what.capitalize()}: column '{table.header[column]}' of {table.place}"
    if amounts:
        told += f", from {min(amounts.values()):,.10g} to {max(amounts.values()):,.10g}"
    return Reading(amounts, table.source, "plain file", (f"{told}.",))


def above_zero(text: str) -> float:
    """Give the number above 0 that a cell holds (area cost factors, population).

    Examples
    --------
    >>> above_zero("1.0836")
    1.0836
    """
    value = amount(text)
    if value == 0:
        raise NotAnAmount(f"'{text}' is zero. It must be above 0")
    return value


def plain_spend(
    table: Table, problems: Problems, metric_of: Mapping[int, str] = METRIC_OF_SERVICE_AREA
) -> SpendReading:
    """Spend by service area: by number (1 to 7) or name, or any line with its metric.

    Without a metric column the lines must be the seven service areas, each
    once, and `metric_of` says which metric stands for each.
    """
    value = amount_column(table, SPEND_COLUMNS, (*AREA_COLUMNS, "metric"))
    area = table.column(*AREA_COLUMNS) if table.columns_named(AREA_COLUMNS) else None
    metric = table.column("metric") if table.columns_named(["metric"]) else None
    lines: dict[str, ServiceAreaSpend] = {}
    places: dict[str, str] = {}
    for row in table.rows:
        with problems.gathered():
            name, stands_for = _line(table, row, area, metric, metric_of)
            if name in lines:
                raise CypsError(
                    f"{table.where(row)}: '{name}' is here again. Each line of spend may stand "
                    "once; add them up or remove one."
                )
            lines[name] = ServiceAreaSpend(name, stands_for, 0.0)
            places[name] = table.where(row, area if metric is None else metric)
            lines[name] = ServiceAreaSpend(name, stands_for, _spend(table, row, value))
    if metric is None:
        _check_all_areas(table, set(lines), problems)
    told = f"Spend: column '{table.header[value]}' of {table.place}."
    told_lines = tuple(
        SpendLine("", name, "", line.metric, line.pounds, "included", where=places[name])
        for name, line in lines.items()
    )
    return SpendReading(
        tuple(lines.values()), table.source, "plain file", (told,), told_lines, place=table.place
    )


def _spend(table: Table, row: Row, value: int) -> float:
    try:
        return amount(row.cells[value])
    except NotAnAmount as reason:
        raise CypsError(f"{table.where(row, value)}: {reason}.") from None


def _line(
    table: Table, row: Row, area: int | None, metric: int | None, metric_of: Mapping[int, str]
) -> tuple[str, str]:
    """Name of a spend line and the metric that stands for it."""
    number = None if area is None else area_number(row.cells[area])
    name = f"{number}: {SERVICE_AREAS[number]}" if number else ""
    if metric is not None:
        stands_for = row.cells[metric].upper()
        if stands_for not in METRICS:
            raise CypsError(
                f"{table.where(row, metric)}: '{row.cells[metric]}' is not an activity metric. "
                f"Use one of {', '.join(METRICS)}."
            )
        plain = row.cells[area] if area is not None else ""
        return name or plain or f"Services that {stands_for} stands for", stands_for
    if number:
        return name, metric_of[number]
    found = "" if area is None else row.cells[area]
    raise CypsError(
        f"{table.where(row, area)}: '{found}' is not a service area. Use a number from 1 to 7, its "
        "name, or say in a column 'metric' which activity stands for the line; take totals out."
    )


@cache
def _area_numbers() -> dict[str, int]:
    names = {same_name(name): number for number, name in SERVICE_AREAS.items()}
    names |= {str(number): number for number in SERVICE_AREAS}
    names |= {same_name(name): n for n, short in SHORT_NAMES.items() for name in short}
    return names | {same_name(f"{number} {name}"): number for number, name in SERVICE_AREAS.items()}


def area_number(text: str) -> int | None:
    """The number of a service area that goes by its number or name; None for another text."""
    return _area_numbers().get(same_name(text))


def _check_all_areas(table: Table, names: set[str], problems: Problems) -> None:
    missing = [f"{n} ({name})" for n, name in SERVICE_AREAS.items() if f"{n}: {name}" not in names]
    if missing:
        problems.add(
            f"{table.place}: no spend for service area {', '.join(missing)}. "
            "Add a row for each (0 is allowed if you mean it)."
        )
