"""Spend from one file, whatever its form, by the choices that were made for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cyps.errors import CypsError
from cyps.needs import METRIC_SETS, ServiceAreaSpend, weights_as_spend
from cyps.returns.line_map import LineMap, OutturnLine, read_line_map
from cyps.returns.national_spend import NationalSpend, is_long_form, national_spend
from cyps.returns.plain_files import AREA_COLUMNS, plain_spend
from cyps.returns.problems import Problems
from cyps.returns.reckoning import reckoned, reckoning_notes, spend_of
from cyps.returns.revenue_outturn import (
    FORM as OUTTURN_FORM,
)
from cyps.returns.revenue_outturn import (
    approximation_note,
    england_spend,
    is_outturn,
    outturn_map,
)
from cyps.returns.section_251 import FORM as SECTION_251_FORM
from cyps.returns.section_251 import is_section_251, section_251_lines, section_251_map
from cyps.returns.spend_reading import SpendReading
from cyps.returns.tables import Table, read_table
from cyps.returns.unit_costs import is_unit_costs, unit_cost_spend

LONG_FORM = "long form by line, own map"


@dataclass(frozen=True, slots=True)
class SpendChoices:
    """How spend is read from its file.

    Attributes
    ----------
    line_map : somebody's own map of lines, in place of the one that is known for the file
    years : years to take, such as "2018-19"; several are averaged
    metric_set : 3 or 4, the number of metrics that stand for the seven service areas
    unit_costs : whether the file must be one of unit costs
    """

    line_map: Path | None = None
    years: tuple[str, ...] = ()
    metric_set: int = 3
    unit_costs: bool = False

    def __post_init__(self) -> None:
        if self.metric_set not in METRIC_SETS:
            raise CypsError(f"There are sets of 3 and of 4 metrics, not of {self.metric_set}.")


AS_IT_IS = SpendChoices()


def read_spend(path: Path, problems: Problems, choices: SpendChoices = AS_IT_IS) -> SpendReading:
    """Spend by service area from one file; its columns tell which form it has.

    Plain spend by service area, unit costs, MHCLG's RO3, DfE's section 251 outturn, or any
    file in long form with somebody's own map of its lines.
    """
    table = read_table(path, key_columns=(*AREA_COLUMNS, "metric", "activity"))
    if choices.unit_costs or is_unit_costs(table):
        _check_whole(table, choices, "unit costs")
        return unit_cost_spend(table, choices.metric_set, problems)
    if is_outturn(table):
        return _outturn(table, choices, problems)
    if is_section_251(table) or (choices.line_map is not None and is_long_form(table)):
        return _long_form(table, choices, problems)
    _check_whole(table, choices, "spend by service area")
    return plain_spend(table, problems, METRIC_SETS[choices.metric_set])


def typed_spend(weights: dict[str, float], origin: str, place: str = "") -> SpendReading:
    """Typed weights as spend, with nothing read from a file; `place` is where they are typed."""
    spend: tuple[ServiceAreaSpend, ...] = weights_as_spend(weights, origin)
    shown = ", ".join(f"{metric} {weight:.12g}" for metric, weight in weights.items())
    told = f"Spend: weights were typed, {shown}: {origin}."
    return SpendReading(spend, None, "typed", (told,), place=place)


def map_to_fill_in(path: Path, choices: SpendChoices = AS_IT_IS) -> tuple[OutturnLine, ...]:
    """A map with every line of a file, as known for its form or with nothing filled in yet."""
    table = read_table(path, key_columns=["line"])
    problems = Problems()
    if is_outturn(table):
        return outturn_map(choices.metric_set).lines
    if not is_long_form(table):
        raise CypsError(
            f"{table.place}: only a file in long form (a row for each line and authority) has "
            "lines to map."
        )
    spend = national_spend(table, choices.years, problems)
    problems.stop_if_any()
    known = {line.year for line in section_251_lines()} if is_section_251(table) else set()
    lines: list[OutturnLine] = []
    for of_year in spend:
        if of_year.year in known:
            lines += section_251_map((of_year.year,), choices.metric_set).lines
        else:
            lines += [OutturnLine(line.name, "", "", year=of_year.year) for line in of_year.lines]
    return tuple(lines)


def _check_whole(table: Table, choices: SpendChoices, what: str) -> None:
    """A map or years for a file that has neither lines nor years would be passed over."""
    if choices.line_map is not None or choices.years:
        which = "a map of lines" if choices.line_map is not None else "years"
        raise CypsError(
            f"{table.place}: this is a file of {what}, without lines of authorities by year, so "
            f"{which} cannot be used on it. Leave that out, or give the file that it is for."
        )


def _outturn(table: Table, choices: SpendChoices, problems: Problems) -> SpendReading:
    if choices.years:
        raise CypsError(
            f"{table.place}: RO3 does not say its year, so none can be chosen from it. "
            "Leave the years out."
        )
    spend = (england_spend(table, problems),)
    if choices.line_map is None:
        known = outturn_map(choices.metric_set)
        return _reckoned(table, spend, known, OUTTURN_FORM, problems, (approximation_note(),))
    own = read_line_map(choices.line_map, choices.metric_set, problems)
    return _reckoned(table, spend, own, OUTTURN_FORM, problems)


def _long_form(table: Table, choices: SpendChoices, problems: Problems) -> SpendReading:
    spend = national_spend(table, choices.years, problems)
    form = SECTION_251_FORM if is_section_251(table) else LONG_FORM
    if choices.line_map is not None:
        line_map = read_line_map(choices.line_map, choices.metric_set, problems)
        _check_years(line_map, spend, problems)
    else:
        line_map = section_251_map(tuple(of.year for of in spend), choices.metric_set)
    return _reckoned(table, spend, line_map, form, problems)


def _check_years(line_map: LineMap, spend: Sequence[NationalSpend], problems: Problems) -> None:
    taken = {of.year for of in spend}
    if not any(line.year in taken or not line.year for line in line_map.lines):
        mapped = ", ".join(sorted({line.year for line in line_map.lines})) or "none"
        problems.add(
            f"{line_map.name}: no line is mapped for {', '.join(sorted(taken))}; the years of the "
            f"map are {mapped}."
        )


def _reckoned(
    table: Table,
    spend: Sequence[NationalSpend],
    line_map: LineMap,
    form: str,
    problems: Problems,
    notes: tuple[str, ...] = (),
) -> SpendReading:
    of_years = [reckoned(of_year, line_map, problems) for of_year in spend]
    lines = tuple(line for of_year in of_years for line in of_year.lines)
    totals = tuple(check for of_year in of_years for check in of_year.totals)
    what = "England row of" if spend[0].england else f"sum of {spend[0].authorities} authorities in"
    of = f"{what} {table.source.file}, {spend[0].measure.replace('_', ' ')}"
    told = reckoning_notes(of, line_map, lines, totals)
    return SpendReading(
        spend_of(lines), table.source, form, (*told, *notes), lines, totals, line_map.source,
        f"{table.place}, by {line_map.name}",
    )  # fmt: skip
