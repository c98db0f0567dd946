"""National spend by line from a file in long form: a row for each authority and line."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cyps.errors import CypsError
from cyps.returns.amounts import NotAnAmount, signed_amount
from cyps.returns.by_authority import CODE_COLUMNS, SPEND_COLUMNS
from cyps.returns.problems import Problems
from cyps.returns.tables import Row, Table, same_name

ENGLAND = "E92000001"
YEAR_COLUMNS = ("financial_year", "year", "time_period")
BODY_COLUMNS = (*CODE_COLUMNS, "old_la_code", "e_code", "la_name", "authority", "name")
AMOUNT_COLUMNS = (*SPEND_COLUMNS, "value", "value_gbp_thousand", "value_gbp_million")
_NUMBERED = re.compile(r"\s*(?P<number>\d+[a-z]?(?:\.\d+[a-z]?)*)\.?\s*(?P<name>.*)", re.DOTALL)
_ALIKE = 0.8
"""How alike two names of lines with one number must be: spelling drifts, meaning must not."""


@dataclass(frozen=True, slots=True)
class NationalLine:
    """A line of a file: its name there, pounds of all England, how many figures were added.

    `pounds` is None where some authority has no figure; `gap` says which cell first.
    """

    name: str
    pounds: float | None
    figures: int
    gap: str = ""


@dataclass(frozen=True, slots=True)
class NationalSpend:
    """Spend of one year by line; `place` names file and year.

    `unit` is what figures are in, pounds; `measure` says which column or kind of spend;
    `england` whether the figures are England's own row, not a sum of authorities.
    """

    place: str
    year: str
    lines: tuple[NationalLine, ...]
    unit: float = 1.0
    measure: str = ""
    england: bool = False

    @property
    def authorities(self) -> int:
        """The most figures that a line is the sum of."""
        return max((line.figures for line in self.lines), default=0)

    def found(self, name: str) -> NationalLine | None:
        """The line that a map means: by its name, its number, or its number and a like name.

        Examples
        --------
        >>> spend = NationalSpend("a", "", (NationalLine("19 Comissioning", 1.0, 1),))
        >>> spend.found("19. Commissioning").name, spend.found("19").name, spend.found("18")
        ('19 Comissioning', '19 Comissioning', None)
        """
        same = [line for line in self.lines if same_name(line.name) == same_name(name)]
        if same:
            return same[0]
        number, words = numbered(name)
        numbers = [line for line in self.lines if number and numbered(line.name)[0] == number]
        if len(numbers) == 1 and (not words or _alike(words, numbered(numbers[0].name)[1])):
            return numbers[0]
        return None


def numbered(name: str) -> tuple[str, str]:
    """Number and words of a line's name.

    Examples
    --------
    >>> numbered("3.1.2a Fostering services"), numbered("11Short breaks"), numbered("Youth")
    (('3.1.2a', 'Fostering services'), ('11', 'Short breaks'), ('', 'Youth'))
    """
    found = _NUMBERED.fullmatch(name)
    return (found["number"], found["name"].strip()) if found else ("", name.strip())


def _alike(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, same_name(one), same_name(other)).ratio() >= _ALIKE


def is_long_form(table: Table) -> bool:
    """Whether a table has a row for each line and authority: a line and who spent on it."""
    return table.has("line") and bool(table.columns_named(BODY_COLUMNS))


def national_spend(
    table: Table, years: Sequence[str], problems: Problems
) -> tuple[NationalSpend, ...]:
    """Spend of all England by line, for each year that is asked for.

    England's own row is taken where the file has one, else the authorities are added up.

    Parameters
    ----------
    table : columns for the line, its figure, who spent it and perhaps the year
    years : as the file writes them, such as "2018-19"; none where the file holds one year
    problems : takes lines that an authority has twice

    Raises
    ------
    CypsError
        When the file holds several years and none is asked for, or one that it has not.
    """
    at_year = _column(table, YEAR_COLUMNS)
    chosen = _years(table, at_year, years)
    value = table.column(*_present(table, AMOUNT_COLUMNS))
    by_year: dict[str, list[Row]] = {year: [] for year in chosen}
    for row in table.rows:
        year = "" if at_year is None else row.cells[at_year]
        if year in by_year:
            by_year[year].append(row)
    return tuple(_of_year(table, year, rows, value, problems) for year, rows in by_year.items())


def _present(table: Table, names: tuple[str, ...]) -> tuple[str, ...]:
    """The first name that there is a column for: files have several measures side by side."""
    preferred = ("net_current_expenditure", *names)
    return next(((name,) for name in preferred if table.columns_named([name])), names)


def _column(table: Table, names: tuple[str, ...]) -> int | None:
    found = [i for name in names for i in table.columns_named([name])]
    return found[0] if found else None


def _years(table: Table, at: int | None, asked: Sequence[str]) -> tuple[str, ...]:
    held = sorted({row.cells[at] for row in table.rows}) if at is not None else []
    if at is None and asked:
        raise CypsError(
            f"{table.place}: the file does not say its year, so none can be chosen from it. "
            "Leave the years out."
        )
    if not asked and len(held) > 1:
        raise CypsError(
            f"{table.place}: the file holds {len(held)} years ({', '.join(held)}). Say which to "
            "take: --years 2018-19 of cyps weights, --spend-years 2018-19 of cyps settle, or "
            "spend_years in a scenario; several are averaged."
        )
    strange = [year for year in asked if year not in held]
    if strange:
        raise CypsError(
            f"{table.place}: there is no year '{strange[0]}'; the file holds {', '.join(held)}."
        )
    return tuple(dict.fromkeys(asked)) or tuple(held) or ("",)


def _of_year(
    table: Table, year: str, rows: Iterable[Row], value: int, problems: Problems
) -> NationalSpend:
    place = f"{table.place}, {year}" if year else table.place
    body = _column(table, BODY_COLUMNS)
    name_of = _namer(table)
    by_line: dict[str, dict[str, Row]] = {}
    for row in rows:
        who = row.cells[body] if body is not None else ""
        own = by_line.setdefault(name_of(row), {})
        if who in own:
            problems.add(
                f"{table.where(row)}: '{who}' has the line '{name_of(row)}' already in row "
                f"{own[who].number}. Each line may stand once; remove one."
            )
        own.setdefault(who, row)
    unit = _unit(table.header[value])
    lines = tuple(_line(table, name, of_all, value, unit) for name, of_all in by_line.items())
    england = bool(by_line) and all(ENGLAND in of_all for of_all in by_line.values())
    return NationalSpend(place, year, lines, unit, table.header[value], england)


def _namer(table: Table) -> Callable[[Row], str]:
    """What a row's line is called: number and name, from one column or two."""
    line = table.column("line")
    words = _column(table, ("description",))

    def name(row: Row) -> str:
        short = " ".join(row.cells[line].split())
        long = " ".join(row.cells[words].split()) if words is not None else ""
        # The words carry their own number where they have one: the other can be wrong.
        if not long or numbered(long)[0]:
            return long or short
        return long if same_name(long) in same_name(short) else f"{short} {long}"

    return name


def _line(
    table: Table, name: str, by_body: Mapping[str, Row], value: int, unit: float
) -> NationalLine:
    own = {ENGLAND: by_body[ENGLAND]} if ENGLAND in by_body else by_body
    amounts = []
    for row in own.values():
        try:
            amounts.append(signed_amount(row.cells[value]) * unit)
        except NotAnAmount as reason:
            return NationalLine(name, None, len(own), f"{table.where(row, value)}: {reason}")
    # Exactly rounded, so that the order of rows changes no bit.
    return NationalLine(name, math.fsum(amounts), len(own))


def _unit(header: str) -> float:
    name = same_name(header)
    return 1e6 if name.endswith("million") else 1e3 if name.endswith("thousand") else 1.0
