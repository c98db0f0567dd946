"""Which columns of a published parameter table hold what; asks by name for what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cyps.errors import CypsError
from cyps.returns import Problems, Table
from cyps.returns.by_authority import METRICS
from cyps.returns.tables import same_name

DRIVER_COLUMNS = ("driver", "variable", "parameter")
_LEVEL = ("level", "driver_level")
_CATEGORY = ("category", "categories")
_MARK = ("reference", "is_reference", "label")
_COEFFICIENT = ("", "coefficient", "coef", "log odds", "estimate")
_ERROR = ("se", "standard error", "std error", "coefficient standard error")
_ODDS = ("or", "odds ratio", "odds")


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the columns; `pairs` are coefficient and standard error by metric."""

    driver: int
    level: int
    category: int | None
    mark: int | None
    pairs: Mapping[str, tuple[int, int | None]]
    unread: tuple[str, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metrics that have coefficients."""
        return tuple(self.pairs)


def find_columns(table: Table, with_errors: bool, problems: Problems) -> Columns:
    """Find the columns of a parameter table, noting what is missing or twice."""
    pairs: dict[str, tuple[int, int | None]] = {}
    for metric in METRICS:
        with problems.gathered():
            pair = _pair(table, metric, with_errors)
            if pair is not None:
                pairs[metric] = pair
    if not pairs and not len(problems):
        problems.add(
            f"{table.place}: no column holds coefficients. Name a pair of columns after each "
            f"metric ({', '.join(METRICS)}), such as 'CIN' and 'CIN_se'. The columns are "
            f"{table.listed(range(len(table.header)))}."
        )
    driver = level = -1
    with problems.gathered():
        driver = table.column(*DRIVER_COLUMNS)
    with problems.gathered():
        level = table.column(*_LEVEL)
    category = table.column(*_CATEGORY) if table.columns_named(_CATEGORY) else None
    mark = _mark_column(table)
    read = {driver, level, category, mark, *(i for pair in pairs.values() for i in pair)}
    unread = tuple(name for i, name in enumerate(table.header) if name and i not in read)
    return Columns(driver, level, category, mark, pairs, unread)


def _mark_column(table: Table) -> int | None:
    """The column that marks references; one of labels only when it says 'reference'."""
    for column in table.columns_named(_MARK):
        is_label = same_name(table.header[column]) == "label"
        if not is_label or any(row.cells[column] == "reference" for row in table.rows):
            return column
    return None


def _pair(table: Table, metric: str, with_errors: bool) -> tuple[int, int | None] | None:
    def names(endings: Sequence[str]) -> list[str]:
        return [f"{metric} {ending}".strip() for ending in endings]

    values, errors = table.columns_named(names(_COEFFICIENT)), table.columns_named(names(_ERROR))
    odds = table.columns_named(names(_ODDS))
    if not values and odds:
        raise CypsError(
            f"{table.place}: {table.listed(odds)} holds odds ratios. Coefficients are log odds: "
            f"take the natural logarithm, and name the column '{metric}'."
        )
    if not values and not errors:
        return None
    if not values:
        raise CypsError(
            f"{table.place}: {metric} has standard errors ({table.listed(errors)}) but no "
            f"coefficients. Add a column '{metric}' with them."
        )
    if not errors and with_errors:
        raise CypsError(
            f"{table.place}: {metric} has coefficients ({table.listed(values)}) but no standard "
            f"errors. Add a column '{metric}_se'; if they were not published, say "
            "--no-standard-errors."
        )
    value = table.column(*names(_COEFFICIENT))
    return value, table.column(*names(_ERROR)) if errors and with_errors else None
