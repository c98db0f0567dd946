"""MHCLG's revenue outturn (RO3): what authorities spent on children's social care."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cyps.errors import CypsError
from cyps.needs import ServiceAreaSpend
from cyps.returns.amounts import NotAnAmount, signed_amount
from cyps.returns.authority_list import AuthorityList
from cyps.returns.by_authority import Reading, report_missing
from cyps.returns.problems import Problems
from cyps.returns.spend_reading import SpendReading
from cyps.returns.tables import Row, Table, same_name

ENGLAND = "E92000001"
FORM = "MHCLG, Revenue outturn RO3: children's social care, long form"


@dataclass(frozen=True, slots=True)
class OutturnLine:
    """A line of RO3 and what it stands for.

    `areas` are the service areas (1 to 7) that it pays for and `metric` the
    activity that stands for them; both empty for a line that is left out.
    `part_of` names the line that an "of which" line is a part of.
    """

    line: str
    areas: str
    metric: str
    part_of: str = ""
    remark: str = ""


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


def outturn_spend(table: Table, problems: Problems) -> SpendReading:
    """National spend by service area from the England row, pounds, net current expenditure.

    The England row holds the department's estimate for authorities that made
    no return; the rows of authorities do not, so they add up to less.
    """
    net = [line for line in _net_lines(table, problems) if line.code == ENGLAND]
    england = _by_code(table, net, problems).get(ENGLAND)
    if not england:
        raise CypsError(f"{table.place}: there is no England row ({ENGLAND}) to take spend from.")
    missing = [line.line for line in LINES if same_name(line.line) not in england]
    if missing:
        raise CypsError(f"{table.place}: the England row has no line '{missing[0]}'.")
    pounds = {name: _pounds(table, row) for name, row in england.items()}
    _check_parts(table, pounds)
    spend = tuple(
        ServiceAreaSpend(
            f"{line.areas}: {line.line}" + (f" ({line.remark})" if line.remark else ""),
            line.metric,
            pounds[same_name(line.line)],
        )
        for line in LINES
        if line.metric
    )
    return SpendReading(spend, table.source, FORM, _spend_notes(table, pounds))


def _spend_notes(table: Table, pounds: Mapping[str, float]) -> tuple[str, ...]:
    mapped = sum(pounds[same_name(line.line)] for line in LINES if line.metric)
    out = [line for line in LINES if not line.metric]
    total = mapped + sum(pounds[same_name(line.line)] for line in out)
    left_out = "; ".join(
        f"{line.line} {_million(pounds[same_name(line.line)])} ({line.remark})" for line in out
    )
    return (
        f"Spend: England row of {table.source.file}, net current expenditure: "
        f"{_million(mapped)} in the service areas of {_million(total)} in all children's lines. "
        f"Left out: {left_out}.",
        "CEASED is weighted by 'looked after, of which other', an APPROXIMATION: no line of RO3 "
        "isolates permanence and care leavers.",
    )


def _check_parts(table: Table, pounds: Mapping[str, float]) -> None:
    whole = pounds.get(same_name(_LOOKED_AFTER), 0.0)
    parts = sum(pounds[same_name(line.line)] for line in LINES if line.part_of)
    if abs(whole - parts) > 1e-6 * max(whole, _THOUSAND):
        raise CypsError(
            f"{table.place}: the 'of which' lines of England's looked-after spend add up to "
            f"{_million(parts)}, the line above them says {_million(whole)}. Check the file."
        )


def outturn_baseline(table: Table, listed: AuthorityList, problems: Problems) -> Reading:
    """Each authority's own net current expenditure on the service areas, pounds.

    The same lines as `outturn_spend` takes, so that baseline and cost weights
    speak of the same services.
    """
    net = _net_lines(table, problems)
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


def _net_lines(table: Table, problems: Problems) -> list[_Net]:
    """Rows of net current expenditure; notes lines that the map of lines does not know."""
    codes, column = table.column("ons_code"), table.column("line")
    names = {text: _line_name(text) for text in {row.cells[column] for row in table.rows}}
    known = {same_name(line) for line in (*(line.line for line in LINES), _LOOKED_AFTER)}
    strange = set()
    net = []
    for row in table.rows:
        line = names[row.cells[column]]
        if line is None:
            continue
        net.append(_Net(row.cells[codes].upper(), line, row))
        if line not in known and line not in strange:
            strange.add(line)
            problems.add(
                f"{table.where(row, column)}: no service area is known for "
                f"'{row.cells[column]}'. This year's form differs from 2024-25; give spend and "
                "baseline as plain files."
            )
    return net


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
