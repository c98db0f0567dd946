"""DfE's published files (Explore Education Statistics), as they are downloaded."""

from __future__ import annotations

from dataclasses import dataclass

from cyps.errors import CypsError
from cyps.returns.authority_list import AuthorityList
from cyps.returns.by_authority import (
    Reading,
    amounts_by_authority,
    without_other_years,
)
from cyps.returns.problems import Problems
from cyps.returns.tables import Table, same_name

_ALWAYS = ("time_period", "geographic_level", "new_la_code")


@dataclass(frozen=True, slots=True)
class PublishedForm:
    """A published file's columns, and what to take from which of its rows."""

    name: str
    value: str
    kind: str
    takes: tuple[tuple[str, str, str], ...]
    """(metric, words in the kind column that tell its rows, what the number is)"""


_CHILDREN_IN_NEED = PublishedForm(
    "DfE, Children in need: B1, number of children in need",
    "At31_episodes",
    "",
    (("CIN", "", "episodes of need open on 31 March"),),
)
_LOOKED_AFTER = PublishedForm(
    "DfE, Children looked after in England: number and rate",
    "children_count",
    "population_type",
    (
        (
            "CARE",
            "on31march",
            "children looked after on 31 March, a PROXY for children ever in residential or "
            "foster care in the year",
        ),
        ("CEASED", "ceasing", "children who ceased to be looked after in the year"),
    ),
)
_MID_YEAR = PublishedForm(
    "ONS mid-year population estimates, as DfE publishes them",
    "population_estimate",
    "age_group",
    (("population", "0to17", "children aged 0 to 17"),),
)


def use_form(table: Table) -> PublishedForm | None:
    """Which of DfE's published activity files this is, by its columns."""
    for form in (_CHILDREN_IN_NEED, _LOOKED_AFTER):
        if table.has(*_ALWAYS, form.value, *([form.kind] if form.kind else [])):
            return form
    return None


def is_mid_year(table: Table) -> bool:
    """Whether this is the mid-year population file, by its columns."""
    return table.has(*_ALWAYS, _MID_YEAR.value, _MID_YEAR.kind)


def published_use(
    table: Table, form: PublishedForm, listed: AuthorityList, problems: Problems
) -> dict[str, Reading]:
    """Real activity of the year by metric, from one of DfE's published files.

    Counts are DfE's, rounded as published. Only rows of local authorities and
    of the year are read; regions and England are left out.
    """
    return _readings(table, form, listed, listed.year, problems)


def published_population(table: Table, listed: AuthorityList, problems: Problems) -> Reading:
    """Children aged 0 to 17 in the middle of the year (mid-2024 for the year 2025)."""
    readings = _readings(table, _MID_YEAR, listed, listed.year - 1, problems)
    return readings["population"]


def _readings(
    table: Table, form: PublishedForm, listed: AuthorityList, period: int, problems: Problems
) -> dict[str, Reading]:
    rows = _authority_rows(_of_year(table, period))
    value = rows.column(form.value)
    readings = {}
    for metric, words, what in form.takes:
        chosen = _of_kind(rows, form.kind, words)
        chosen, passed_over = without_other_years(chosen, [value], listed, problems)
        amounts = amounts_by_authority(chosen, value, f"number of {metric}", listed, problems)
        year = f"mid-{period}" if form is _MID_YEAR else f"year ending 31 March {period}"
        note = f"{metric}: {what}, {year} ({form.name}; {table.source.file})."
        readings[metric] = Reading(amounts, table.source, form.name, (note, *passed_over))
    return readings


def _of_year(table: Table, year: int) -> Table:
    period = table.column("time_period")
    wanted = {str(year), f"{year - 1}{year % 100:02}"}
    chosen = table.only(lambda row: row.cells[period] in wanted)
    if not chosen.rows:
        held = sorted({row.cells[period] for row in table.rows})
        raise CypsError(
            f"{table.place}: no rows for {year} in column 'time_period'; the file holds "
            f"{', '.join(held[:30])}. Choose another --year or another file."
        )
    return chosen


def _authority_rows(table: Table) -> Table:
    level = table.column("geographic_level")
    chosen = table.only(lambda row: same_name(row.cells[level]) == "localauthority")
    if not chosen.rows:
        raise CypsError(
            f"{table.place}: no rows with geographic_level 'Local authority'. Download the file "
            "with local authorities in it."
        )
    return chosen


def _of_kind(table: Table, kind: str, words: str) -> Table:
    if not kind:
        return table
    column = table.column(kind)
    kinds = {row.cells[column] for row in table.rows if words in same_name(row.cells[column])}
    if len(kinds) != 1:
        held = sorted({row.cells[column] for row in table.rows})
        raise CypsError(
            f"{table.place}, column '{kind}': {len(kinds)} kinds of row could be the one that is "
            f"needed ('{words}'). The file holds: {'; '.join(held[:20])}."
        )
    return table.only(lambda row: row.cells[column] in kinds)
