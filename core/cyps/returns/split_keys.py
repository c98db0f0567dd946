"""The key by which an authority is split: parts by new authority, from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cyps.errors import CypsError
from cyps.returns.amounts import NotAnAmount, amount
from cyps.returns.by_authority import BASELINE_COLUMNS, POPULATION_COLUMNS
from cyps.returns.problems import Problems
from cyps.returns.sources import Source
from cyps.returns.tables import Row, Table, read_table

_NEW = ("new_code", "code")
_OLD = ("old_code", "from")
_NEAR_ONE = 1e-6


@dataclass(frozen=True, slots=True)
class SplitKey:
    """What part of an old authority goes to each new one.

    `parts` gives, by what is split (a metric, "baseline", "population"), the part of each
    new authority in the order that was asked for, adding up to 1; `column` the column of the
    file that each came from.
    """

    parts: Mapping[str, tuple[float, ...]]
    column: Mapping[str, str]
    source: Source

    def words(self) -> str:
        """By which column of which file, for a note."""
        by_column: dict[str, list[str]] = {}
        for what, column in self.column.items():
            told = what if what in ("baseline", "population") else f"use of {what}"
            by_column.setdefault(column, []).append(told)
        told = "; ".join(f"{', '.join(w)} by column '{c}'" for c, w in by_column.items())
        return f"by the key {self.source.file} ({told})"


def read_split_key(
    path: Path, old_code: str, new_codes: Sequence[str], metrics: Sequence[str], population: bool
) -> SplitKey:
    """Read a key: a row for each new authority, in the column `part` or in columns of their own.

    `part` holds parts of the whole, adding up to 1. A column named after a metric
    (children by record, say from predictions for the areas of each new authority),
    `baseline` or `population` holds amounts, of which only the ratios matter, and goes before
    `part`. A column `old_code` lets one file hold several splits.

    Raises
    ------
    ReturnsError
        With every problem of the file: new authorities unknown, missing or twice, cells
        that are no number, parts that don't add up to 1, something that no column splits.
    """
    table = read_table(path, key_columns=(*_NEW, *_OLD))
    if table.columns_named(_OLD):
        old = table.column(*_OLD)
        table = table.only(lambda row: row.cells[old].upper() == old_code)
    problems = Problems()
    rows = _rows(table, old_code, new_codes, problems)
    parts: dict[str, tuple[float, ...]] = {}
    column_of: dict[str, str] = {}
    wanted: dict[str, tuple[str, ...]] = {metric: (metric,) for metric in metrics}
    wanted["baseline"] = BASELINE_COLUMNS
    if population:
        wanted["population"] = POPULATION_COLUMNS
    for what, names in wanted.items():
        with problems.gathered():
            own = bool(table.columns_named(names))
            column = _column(table, what, names)
            amounts = [_number(table, rows[code], column) for code in new_codes if code in rows]
            _check_sum(table, column, old_code, sum(amounts), parts=not own)
            parts[what] = tuple(x / sum(amounts) for x in amounts)
            column_of[what] = table.header[column]
    problems.stop_if_any()
    return SplitKey(parts, column_of, table.source)


def _rows(
    table: Table, old_code: str, new_codes: Sequence[str], problems: Problems
) -> dict[str, Row]:
    codes = table.column(*_NEW)
    rows: dict[str, Row] = {}
    for row in table.rows:
        code = row.cells[codes].upper()
        if code not in new_codes:
            problems.add(
                f"{table.where(row, codes)}: '{row.cells[codes][:40]}' is none of the authorities "
                f"that {old_code} is split into ({', '.join(new_codes)})."
            )
        elif code in rows:
            problems.add(
                f"{table.where(row, codes)}: {code} is here again, after row {rows[code].number}."
            )
        else:
            rows[code] = row
    missing = [code for code in new_codes if code not in rows]
    if missing:
        problems.add(f"{table.place}: no row for {', '.join(missing)}, parts of {old_code}.")
    return rows


def _column(table: Table, what: str, names: Sequence[str]) -> int:
    if table.columns_named(names):
        return table.column(*names)
    if table.columns_named(["part"]):
        return table.column("part")
    raise CypsError(
        f"{table.place}: nothing says how {what} is split. Add a column '{names[0]}', or a "
        "column 'part' for all that has no column of its own."
    )


def _number(table: Table, row: Row, column: int) -> float:
    try:
        return amount(row.cells[column])
    except NotAnAmount as reason:
        raise CypsError(f"{table.where(row, column)}: {reason}.") from None


def _check_sum(table: Table, column: int, old_code: str, total: float, *, parts: bool) -> None:
    place = f"{table.place}, column '{table.header[column]}'"
    if parts and abs(total - 1) > _NEAR_ONE:
        raise CypsError(f"{place}: the parts of {old_code} add up to {total:.6g}, not to 1.")
    if total <= 0:
        raise CypsError(f"{place}: the amounts of {old_code} add up to 0, so nothing is split.")
