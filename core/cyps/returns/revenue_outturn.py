"""MHCLG's revenue outturn (RO3): what authorities spent on children's social care."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cyps.errors import CypsError
from cyps.returns.amounts import NotAnAmount, signed_amount
from cyps.returns.authority_list import AuthorityList
from cyps.returns.by_authority import Reading, report_missing
from cyps.returns.line_map import LineMap, OutturnLine, in_metric_set
from cyps.returns.national_spend import ENGLAND, NationalLine, NationalSpend
from cyps.returns.problems import Problems
from cyps.returns.tables import Row, Table, same_name

FORM = "MHCLG, Revenue outturn RO3: children's social care, long form"


_LOOKED_AFTER = "Children Looked After"

LINES: tuple[OutturnLine, ...] = (
    OutturnLine("Family Support Services", "1", "CIN"),
    OutturnLine("Services for young people", "1", "CIN"),
    OutturnLine("Other children's and families services", "1", "CIN", remark="our judgement"),
    OutturnLine("Safeguarding children and young people's services", "2", "CIN"),
    OutturnLine("Youth Justice", "7", "CIN"),
    OutturnLine(f"{_LOOKED_AFTER} of which residential care", "3", "CARE", _LOOKED_AFTER),
    OutturnLine(f"{_LOOKED_AFTER} of which fostering services", "4", "CARE", _LOOKED_AFTER),
    OutturnLine(
        f"{_LOOKED_AFTER} of which asylum seeking children who are looked after",
        "3 and 4",
        "CARE",
        _LOOKED_AFTER,
        "they live in both kinds of care",
    ),
    OutturnLine(
        f"{_LOOKED_AFTER} of which other",
        "5 and 6",
        "CEASED",
        _LOOKED_AFTER,
        "APPROXIMATE: no line isolates permanence and care leavers",
    ),
    OutturnLine("Sure start children's centres and early years", "", "", remark="early years"),
    OutturnLine("Asylum Seekers", "", "", remark="not looked after; in none of the areas"),
)
"""Every children's line of RO3 2024-25 except the parent line, which its parts add up to."""

_NAME = re.compile(r"Children's social care\s*[-:]\s*(?P<line>.+?)\s+-\s+(?P<measure>[^-(]+)")
_NET = same_name("Net Current Expenditure")
_THOUSAND = 1000.0
_WHOLE = [line.line for line in LINES if line.metric and not line.part_of] + [_LOOKED_AFTER]
"""Lines that a baseline adds up: those mapped, the parts of a line by their whole."""


def is_outturn(table: Table) -> bool:
    """Whether this is RO3 in long form, by its columns."""
    return table.has("ons_code", "class", "line", "value_gbp_thousand")


def outturn_map(metric_set: int) -> LineMap:
    """The map of RO3's lines, with the line that the "of which" lines are parts of."""
    whole = OutturnLine(_LOOKED_AFTER, "", "", remark="its parts are counted")
    return LineMap((whole, *in_metric_set(LINES, metric_set)), "the map of RO3 lines")


def england_spend(table: Table, problems: Problems) -> NationalSpend:
    """Net current expenditure of the England row by line, pounds.

    The England row holds the department's estimate for authorities that made
    no return; the rows of authorities do not, so they add up to less.
    """
    net = [line for line in _net_lines(table) if line.code == ENGLAND]
    england = _by_code(table, net, problems).get(ENGLAND)
    if not england:
        raise CypsError(f"{table.place}: there is no England row ({ENGLAND}) to take spend from.")
    lines = tuple(_national(table, row) for row in england.values())
    # Thousands with pence behind the point: rounded to less than a pound.
    return NationalSpend(
        f"{table.place}, England row", "", lines, 1.0, "net current expenditure", england=True
    )


def _national(table: Table, row: Row) -> NationalLine:
    found = _NAME.match(row.cells[table.column("line")])
    name = (found["line"] if found else "").replace("’", "'")
    try:
        return NationalLine(name, _pounds(table, row), 1)
    except CypsError as gap:
        return NationalLine(name, None, 1, str(gap).rstrip("."))


def approximation_note() -> str:
    """What must be said of the map of RO3 lines."""
    return (
        "CEASED is weighted by 'looked after, of which other', an APPROXIMATION: no line of RO3 "
        "isolates permanence and care leavers."
    )


def outturn_baseline(table: Table, listed: AuthorityList, problems: Problems) -> Reading:
    """Each authority's own net current expenditure on the service areas, pounds.

    The lines of `outturn_map`, so that baseline and cost weights
    speak of the same services.
    """
    net = _net_lines(table)
    _check_known(table, net, problems)
    by_code = _by_code(table, [line for line in net if line.code in listed.codes], problems)
    amounts = {}
    for code in (authority.code for authority in listed.settled):
        if code in by_code:
            with problems.gathered(code):
                amounts[code] = _authority_total(table, code, by_code[code], listed)
    report_missing(table, set(by_code), "return (RO3)", listed, problems)
    return Reading(amounts, table.source, FORM, _baseline_notes(table, net, listed))


def _authority_total(
    table: Table, code: str, lines: Mapping[str, Row], listed: AuthorityList
) -> float:
    missing = [line for line in _WHOLE if same_name(line) not in lines]
    if missing:
        raise CypsError(
            f"{table.place}: {listed.name(code)} has no net current expenditure for "
            f"'{missing[0]}'. Add the line, or leave the authority out."
        )
    total = sum(_pounds(table, lines[same_name(line)]) for line in _WHOLE)
    if total < 0:
        raise CypsError(
            f"{table.place}: {listed.name(code)}'s lines add up to {total:,.0f} pounds, below "
            "zero. A baseline must be 0 or more."
        )
    return total


def _baseline_notes(table: Table, net: list[_Net], listed: AuthorityList) -> tuple[str, ...]:
    wanted = {same_name(line) for line in _WHOLE}
    lines = [line for line in net if line.line in wanted]
    own = [line for line in lines if line.code in listed.codes]
    england = [line for line in lines if line.code == ENGLAND]
    bodies = [line for line in lines if line.code not in listed.codes and line.code != ENGLAND]
    below = sum(1 for line in own if (_pounds_or_none(table, line.row) or 0) < 0)
    return (
        f"Baseline: net current expenditure of {table.source.file} on the lines that spend is "
        f"taken from. The rows of {len({line.code for line in own})} authorities add up to "
        f"{_million(_sum(table, own))} (with any that are left out here); the England row says "
        f"{_million(_sum(table, england))}, because it holds estimates for missing returns. "
        f"{len({line.code for line in bodies})} districts, police, fire and other bodies without "
        f"children's services duties were passed over, {_million(_sum(table, bodies))}.",
        f"{below} lines of authorities are below zero (income above spending) and were added as "
        "they are.",
    )


@dataclass(frozen=True, slots=True)
class _Net:
    """A row of net current expenditure: whose, on which line."""

    code: str
    line: str
    row: Row


def _net_lines(table: Table) -> list[_Net]:
    """Rows of net current expenditure."""
    codes, column = table.column("ons_code"), table.column("line")
    names = {text: _line_name(text) for text in {row.cells[column] for row in table.rows}}
    return [
        _Net(row.cells[codes].upper(), line, row)
        for row in table.rows
        if (line := names[row.cells[column]]) is not None
    ]


def _check_known(table: Table, net: Iterable[_Net], problems: Problems) -> None:
    """Note lines that the map of lines does not know, each once."""
    column = table.column("line")
    known = {same_name(line) for line in (*(line.line for line in LINES), _LOOKED_AFTER)}
    for line in {line.line: line for line in reversed(list(net))}.values():
        if line.line not in known:
            problems.add(
                f"{table.where(line.row, column)}: no service area is known for "
                f"'{line.row.cells[column]}'. This year's form differs from 2024-25; give the "
                "baseline as a plain file."
            )


def _line_name(text: str) -> str | None:
    """Line of a net current expenditure row, as `same_name` writes it; None for other rows."""
    found = _NAME.match(text)
    return same_name(found["line"]) if found and same_name(found["measure"]) == _NET else None


def _by_code(table: Table, net: Iterable[_Net], problems: Problems) -> dict[str, dict[str, Row]]:
    by_code: dict[str, dict[str, Row]] = {}
    for line in net:
        lines = by_code.setdefault(line.code, {})
        if line.line in lines:
            problems.add(
                f"{table.where(line.row)}: {line.code} has this line already in row "
                f"{lines[line.line].number}. Each line may stand once; remove one.",
                line.code,
            )
        lines.setdefault(line.line, line.row)
    return by_code


def _pounds(table: Table, row: Row) -> float:
    column = table.column("value_gbp_thousand")
    try:
        return signed_amount(row.cells[column]) * _THOUSAND
    except NotAnAmount as reason:
        raise CypsError(f"{table.where(row, column)}: {reason}.") from None


def _pounds_or_none(table: Table, row: Row) -> float | None:
    try:
        return _pounds(table, row)
    except CypsError:
        return None


def _sum(table: Table, lines: Iterable[_Net]) -> float:
    return sum(_pounds_or_none(table, line.row) or 0.0 for line in lines)


def _million(pounds: float) -> str:
    return f"£{pounds / 1e6:,.1f}m"
