"""From a file's lines and a map of them to spend by metric, reconciled with the totals."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cyps.needs import ServiceAreaSpend
from cyps.returns.line_map import LineMap, OutturnLine
from cyps.returns.national_spend import NationalLine, NationalSpend
from cyps.returns.problems import Problems
from cyps.returns.spend_reading import Counted, SpendLine, TotalCheck

AREA_WORDS = {
    1: "family support", 2: "safeguarding", 3: "residential care", 4: "fostering",
    5: "permanence", 6: "care leavers", 7: "youth justice",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What became of every line of a year, and every total beside its parts."""

    lines: tuple[SpendLine, ...]
    totals: tuple[TotalCheck, ...]


def reckoned(spend: NationalSpend, line_map: LineMap, problems: Problems) -> Reckoned:
    """Put a map to the lines of a year and reconcile.

    Every line of the file must be in the map and every line of the map in the file. A
    line that others are `part_of` is a total, unless it is itself counted: then its parts
    are not. No pound is counted twice.

    Parameters
    ----------
    spend : national spend by line
    line_map : service area and metric by line
    problems : takes every line that cannot be used and every total that does not agree
    """
    bound = _bound(spend, line_map, problems)
    above = _above(spend, bound, problems)
    counted = {name: _counted(name, bound, above) for name in bound}
    by_name = {line.name: line for line in spend.lines}
    _check_once(spend, bound, above, problems)
    lines = []
    for name, told in bound.items():
        line = by_name[name]
        if line.pounds is None and counted[name] == "included":
            problems.add(f"{line.gap}. The line '{name}' cannot be counted without it.")
        if line.figures < spend.authorities and counted[name] == "included":
            problems.add(
                f"{spend.place}: '{name}' has figures of {line.figures} authorities and other "
                f"lines have {spend.authorities}. Add the missing rows (0 is allowed if you mean "
                "it)."
            )
        lines.append(
            SpendLine(
                spend.year, name, told.areas, told.metric, line.pounds, counted[name],
                above.get(name, ""), told.remark, told.where or f"{spend.place}, line '{name}'",
            )
        )  # fmt: skip
    totals = _totals(spend, by_name, above, problems)
    return Reckoned(tuple(lines), totals)


def _bound(spend: NationalSpend, line_map: LineMap, problems: Problems) -> dict[str, OutturnLine]:
    """What the map says of each line of the file, by the file's name for it."""
    bound: dict[str, OutturnLine] = {}
    for told in line_map.of_year(spend.year):
        line = spend.found(told.line)
        if line is None:
            problems.add(
                f"{spend.place}: there is no line '{told.line}', which {line_map.name} maps. "
                f"{_nearest(told.line, spend)}Correct the name or take it out of the map."
            )
        elif line.name in bound:
            problems.add(
                f"{line_map.name}: '{line.name}' of {spend.place} is mapped more than once. "
                "Keep one row."
            )
        else:
            bound[line.name] = told
    for line in spend.lines:
        if line.name not in bound:
            problems.add(
                f"{spend.place}: the line '{line.name}' ({_million(line.pounds)}) is not in "
                f"{line_map.name}. Add it with its service area, or with none to leave it out."
            )
    return bound


def _nearest(name: str, spend: NationalSpend) -> str:
    near = difflib.get_close_matches(name, [line.name for line in spend.lines], 1, 0.5)
    return f"Is '{near[0]}' meant? " if near else ""


def _above(
    spend: NationalSpend, bound: Mapping[str, OutturnLine], problems: Problems
) -> dict[str, str]:
    """The line that each line is a part of, where it is of one."""
    above: dict[str, str] = {}
    for name, told in bound.items():
        if not told.part_of:
            continue
        whole = spend.found(told.part_of)
        if whole is None or whole.name == name:
            problems.add(
                f"{spend.place}: '{name}' is mapped as a part of '{told.part_of}', which is no "
                "other line of the file. Correct part_of, or leave it empty."
            )
        else:
            above[name] = whole.name
    for name in [name for name in above if name in _line_up(name, above)]:
        problems.add(f"{spend.place}: '{name}' is mapped as a part of itself, by way of others.")
        above.pop(name)
    return above


def _line_up(name: str, above: Mapping[str, str]) -> list[str]:
    """Every line that a line is a part of, directly or by way of others."""
    found: list[str] = []
    while name in above and above[name] not in found:
        name = above[name]
        found.append(name)
    return found


def _counted(name: str, bound: Mapping[str, OutturnLine], above: Mapping[str, str]) -> Counted:
    if bound[name].metric:
        return "included"
    if any(bound[whole].metric for whole in _line_up(name, above) if whole in bound):
        return "part of"
    return "total" if name in above.values() else "left out"


def _check_once(
    spend: NationalSpend,
    bound: Mapping[str, OutturnLine],
    above: Mapping[str, str],
    problems: Problems,
) -> None:
    for name, told in bound.items():
        twice = [w for w in _line_up(name, above) if w in bound and bound[w].metric]
        if told.metric and twice:
            problems.add(
                f"{spend.place}: '{name}' and '{twice[0]}', which it is a part of, are both "
                "mapped to a service area, so its pounds would count twice. Leave one out."
            )


def _totals(
    spend: NationalSpend,
    by_name: Mapping[str, NationalLine],
    above: Mapping[str, str],
    problems: Problems,
) -> tuple[TotalCheck, ...]:
    """Every total beside the sum of its parts; what is apart by more than rounding, told."""
    checks = []
    for whole in dict.fromkeys(above.values()):
        parts = [by_name[name] for name, of in above.items() if of == whole]
        gap = next((line for line in (by_name[whole], *parts) if line.pounds is None), None)
        if gap is not None:
            problems.add(f"{gap.gap}. '{whole}' cannot be checked against its parts without it.")
            continue
        figures = [by_name[whole], *parts]
        check = TotalCheck(
            spend.year,
            whole,
            by_name[whole].pounds or 0.0,
            math.fsum(line.pounds or 0.0 for line in parts),
            rounding=0.5 * spend.unit * sum(line.figures for line in figures),
        )
        checks.append(check)
        if not check.agrees:
            problems.add(
                f"{spend.place}: '{whole}' is {_million(check.pounds)}, but the lines mapped as "
                f"its parts add up to {_million(check.parts)}, {check.difference:+,.0f} pounds "
                "apart, which is more than rounding. Correct the file or part_of in the map: a "
                "line that is only some of the whole has no part_of."
            )
    return tuple(checks)


def spend_of(lines: Sequence[SpendLine]) -> tuple[ServiceAreaSpend, ...]:
    """Lines that count as spend: each of one year; the years' mean by service area of several."""
    kept = [line for line in lines if line.counted == "included"]
    years = list(dict.fromkeys(line.year for line in lines))
    if len(years) == 1:
        return tuple(
            ServiceAreaSpend(_named(line), line.metric, line.pounds or 0.0) for line in kept
        )
    totals: dict[tuple[str, str], list[float]] = {}
    for line in sorted(kept, key=lambda line: (line.service_area, line.metric)):
        totals.setdefault((line.service_area, line.metric), []).append(line.pounds or 0.0)
    name = f"mean of {' and '.join(years)}" if len(years) == 2 else f"mean of {', '.join(years)}"
    return tuple(
        ServiceAreaSpend(
            f"{_area(areas) or metric}, {name}", metric, math.fsum(pounds) / len(years)
        )
        for (areas, metric), pounds in totals.items()
    )


def _named(line: SpendLine) -> str:
    name = f"{line.service_area}: {line.line}" if line.service_area else line.line
    return f"{name} ({line.remark})" if line.remark else name


def _area(areas: str) -> str:
    words = " and ".join(AREA_WORDS[int(number)] for number in areas.split(" and ") if number)
    return f"{areas}: {words}" if areas else ""


def reckoning_notes(
    of: str, line_map: LineMap, lines: Sequence[SpendLine], totals: Sequence[TotalCheck]
) -> tuple[str, ...]:
    """What went into the spend and what did not, for the notes; a sentence for each year."""
    notes = []
    for year in dict.fromkeys(line.year for line in lines):
        own = [line for line in lines if line.year == year]
        kept = [line for line in own if line.counted == "included"]
        out = [line for line in own if line.counted == "left out"]
        told = "; ".join(
            f"{line.line} {_million(line.pounds)}" + (f" ({line.remark})" if line.remark else "")
            for line in out
        )
        checked = sum(1 for check in totals if check.year == year)
        notes.append(
            f"Spend: {of}{f', {year}' if year else ''}, by {line_map.name}: "
            f"{_million(sum(line.pounds or 0.0 for line in kept))} on {len(kept)} lines. "
            f"Left out: {told or 'nothing'}. "
            f"Totals of the file that agree with the lines under them: {checked}, which is all."
        )
    if len(notes) > 1:
        notes.append(
            f"Spend: the mean of {len(notes)} years; their sum would give the same cost weights."
        )
    return tuple(notes)


def _million(pounds: float | None) -> str:
    return "no figure" if pounds is None else f"£{pounds / 1e6:,.1f}m"
