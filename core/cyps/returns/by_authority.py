"""One amount for each authority: bound by name, checked against the year's list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cyps.errors import CypsError
from cyps.returns.amounts import NotAnAmount, amount
from cyps.returns.authority_list import NO_CODE, AuthorityList
from cyps.returns.problems import Problems
from cyps.returns.sources import Source
from cyps.returns.tables import Row, Table, same_name

CODE_COLUMNS = (
    "code",
    "gss_code",
    "new_la_code",
    "la_code",
    "ons_code",
    "authority_code",
    "local_authority_code",
    "ecode",
)
"""Names by which the column of authority codes is known."""

YEAR_COLUMNS = ("year", "financial_year", "time_period", "date")
"""Names of a column that says which year a row is of."""

DESCRIPTIVE_COLUMNS = (
    *("name", "authority", "authority_name", "la_name", "local_authority", "la"),
    *("region", "region_name", "region_code", "country", "country_name", "country_code"),
    *("year", "time_period", "time_identifier", "geographic_level", "old_la_code", "dfe_code"),
    *("class", "e_code", "note", "notes", "source", "comment"),
)
"""Columns that tell a person what a row is; their content is not read."""

METRICS = ("CIN", "REF", "CARE", "CEASED")
"""Activity metrics that a column of use can be named after."""

BASELINE_COLUMNS = ("baseline", "baseline_pounds")
AREA_COST_COLUMNS = ("area_cost", "aca", "area_cost_adjustment", "area_cost_factor")
POPULATION_COLUMNS = ("population", "children", "population_0_17", "population_estimate")
SPEND_COLUMNS = ("spend", "pounds", "expenditure", "net_current_expenditure", "amount", "gbp")

MEANINGS = (*METRICS, *BASELINE_COLUMNS, *AREA_COST_COLUMNS, *POPULATION_COLUMNS)
"""Names that say what a column holds, so that it cannot stand for anything else."""

_GSS = re.compile(r"[A-Z][0-9]{8}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """An amount for each authority, and where it came from.

    `amounts` holds every settled authority and nobody else; `notes` say in
    words what the numbers are, what was left out and what was assumed.
    """

    amounts: Mapping[str, float]
    source: Source
    form: str
    notes: tuple[str, ...] = ()


def code_column(table: Table) -> int:
    """Position of the column that holds the authorities' GSS codes.

    Where several columns have a code-like name, the one that holds GSS codes
    is meant (published files carry DfE and GSS codes side by side).
    """
    found = table.columns_named(CODE_COLUMNS)
    if len(found) > 1:
        gss = [i for i in found if any(_GSS.fullmatch(row.cells[i]) for row in table.rows[:50])]
        found = gss if len(gss) == 1 else found
    if len(found) == 1:
        return found[0]
    return table.column(*CODE_COLUMNS)


def amount_column(table: Table, names: tuple[str, ...], labels: tuple[str, ...] = ()) -> int:
    """Position of a value column: one of the names, or the only column left to be it.

    `labels` are columns that tell rows apart and can't be the value.

    Raises
    ------
    CypsError
        When several columns could be meant, or none; lists the columns seen.
    """
    if table.columns_named(names):
        return table.column(*names)
    known = {same_name(name) for name in (*CODE_COLUMNS, *DESCRIPTIVE_COLUMNS, *labels)}
    left = [i for i, name in enumerate(table.header) if name and same_name(name) not in known]
    if len(left) == 1:
        _check_meaning(table, left[0], names)
        return left[0]
    choice = f"any of {table.listed(left)} could be it" if left else "no column is left to be it"
    raise CypsError(
        f"{table.place}: there is no column '{names[0]}', and {choice}. "
        f"Rename the right one to '{names[0]}'."
    )


def _check_meaning(table: Table, column: int, names: tuple[str, ...]) -> None:
    # The wrong file for an option must not pass because it has one column of numbers.
    if same_name(table.header[column]) in {same_name(name) for name in MEANINGS}:
        raise CypsError(
            f"{table.place}: there is no column '{names[0]}', but one called "
            f"'{table.header[column]}', which is another thing. Was the right file given?"
        )


def amounts_by_authority(
    table: Table,
    column: int,
    what: str,
    listed: AuthorityList,
    problems: Problems,
    *,
    number: Callable[[str], float] = amount,
) -> dict[str, float]:
    """Give the amount of each settled authority, noting every problem on the way.

    Parameters
    ----------
    table : rows with one authority each; other rows must be out already
    column : position of the amounts
    what : what the amounts are, for messages, e.g. "baseline"
    listed : the year's authorities; rows of excluded ones are passed over
    problems : takes unknown codes, duplicates, unusable cells and missing authorities
    number : reads a cell

    Returns
    -------
    dict : by GSS code; incomplete when a problem was noted
    """
    rows = _row_of_each(table, code_column(table), listed, problems)
    amounts: dict[str, float] = {}
    for code, row in rows.items():
        if code in listed.excluded:
            continue
        try:
            amounts[code] = number(row.cells[column])
        except NotAnAmount as reason:
            problems.add(f"{table.where(row, column)}: {listed.name(code)}: {reason}.", code)
    report_missing(table, set(rows), what, listed, problems)
    return amounts


def _row_of_each(
    table: Table, codes: int, listed: AuthorityList, problems: Problems
) -> dict[str, Row]:
    """The row of each authority by its code, noting codes of nobody and second rows."""
    _check_column_of_codes(table, codes, listed)
    rows: dict[str, Row] = {}
    again: list[Row] = []
    for row in table.rows:
        if not _is_usable_code(table, row, codes, listed, problems):
            continue
        if rows.setdefault(row.cells[codes].upper(), row) is not row:
            again.append(row)
    if len(again) > _MANY:
        whose = rows[again[0].cells[codes].upper()]
        problems.add(
            f"{table.place}: {len(again)} rows are of authorities that have a row before, the "
            f"first of them row {again[0].number} ({listed.name(again[0].cells[codes].upper())}, "
            f"after row {whose.number}). Each authority needs one row.{_several_years(table)}"
        )
        return rows
    for row in again:
        code = row.cells[codes].upper()
        problems.add(
            f"{table.where(row, codes)}: {listed.name(code)} is here again, after row "
            f"{rows[code].number}. Each authority needs one row; remove one."
        )
    return rows


_MANY = 10
"""Rows with one and the same mistake that are told one by one; of more the first stands for all."""


def _check_column_of_codes(table: Table, codes: int, listed: AuthorityList) -> None:
    """Tell once what is wrong where most rows have no authority's code: the column is another."""
    strange = [row for row in table.rows if row.cells[codes].upper() not in listed.codes]
    if len(strange) <= max(_MANY, len(table.rows) // 2):
        return
    shown = strange[0].cells[codes]
    others = [
        i
        for i in range(len(table.header))
        if i != codes and sum(row.cells[i].upper() in listed.codes for row in table.rows) > _MANY
    ]
    swapped = (
        f" Codes stand under '{table.header[others[0]]}': mend the headings." if others else ""
    )
    raise CypsError(
        f"{table.place}, column '{table.header[codes]}': {len(strange)} of {len(table.rows)} rows "
        f"have no code of an authority in {listed.year}, the first of them row "
        f"{strange[0].number} ('{shown[:40]}'). {swapped.strip() or listed.hint(shown.upper())}"
    )


def _several_years(table: Table) -> str:
    """What to do where rows are there again because there are years of them."""
    for column in table.columns_named(YEAR_COLUMNS):
        years = sorted({row.cells[column] for row in table.rows if row.cells[column]})
        if 1 < len(years) <= _MANY * 2:
            return (
                f" Column '{table.header[column]}' has {', '.join(years)}: keep the rows of one "
                "year."
            )
    return " Remove the others."


def report_missing(
    table: Table, seen: set[str], what: str, listed: AuthorityList, problems: Problems
) -> None:
    """Note the settled authorities that a table has no row for, all in one problem."""
    missing = [a.code for a in listed.settled if a.code not in seen]
    if missing:
        shown = listed.named(missing[:20])
        more = f" and {len(missing) - 20} more" if len(missing) > 20 else ""
        problems.add(
            f"{table.place}: no {what} for {len(missing)} of the {len(listed.settled)} authorities "
            f"of {listed.year}: {shown}{more}. Add a row for each, or leave the authority out.",
            *missing,
        )


def _is_usable_code(
    table: Table, row: Row, codes: int, listed: AuthorityList, problems: Problems
) -> bool:
    code = row.cells[codes].upper()
    if code in listed.codes:
        return True
    if not code:
        problems.add(
            f"{table.where(row, codes)}: the row has no authority code ('{_shown(row)}'). "
            "Fill it in; if the row is a total or a note, take it out."
        )
    else:
        hint = listed.hint(code)
        if hint == NO_CODE:
            hint += " If the row is a total, a note or a second heading, take it out."
        problems.add(
            f"{table.where(row, codes)}: '{row.cells[codes][:40]}' is not the code of an "
            f"authority in {listed.year}. {hint}"
        )
    return False


def _shown(row: Row) -> str:
    return ", ".join(cell for cell in row.cells if cell)[:60]


def without_other_years(
    table: Table, columns: list[int], listed: AuthorityList, problems: Problems
) -> tuple[Table, tuple[str, ...]]:
    """Take out the rows of authorities that a published file lists outside their years.

    Published files carry abolished counties with a symbol in every cell. A row
    with a real number is another thing: its children would be lost, so it is
    a problem.

    Returns
    -------
    the table without them, and a note that counts them (none if there were none)
    """
    codes = code_column(table)
    gone = [row for row in table.rows if listed.is_other_years(row.cells[codes].upper())]
    for row in gone:
        for column in columns:
            if _has_number(row.cells[column]):
                problems.add(
                    f"{table.where(row, column)}: {row.cells[column]} for a code that is not in "
                    f"the list of {listed.year}. {listed.hint(row.cells[codes].upper())}"
                )
    if not gone:
        return table, ()
    names = listed.named({row.cells[codes].upper() for row in gone})
    note = (
        f"{table.source.file}: {len(gone)} rows of authorities of other years, which hold no "
        f"number, were passed over: {names}."
    )
    return table.only(lambda row: row not in gone), (note,)


def _has_number(cell: str) -> bool:
    try:
        amount(cell)
    except NotAnAmount:
        return False
    return True
