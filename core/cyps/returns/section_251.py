"""DfE's section 251 outturn, Table A1: what each authority spent, line by line and year by year."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from cyps.errors import CypsError
from cyps.returns.line_map import LineMap, OutturnLine, in_metric_set
from cyps.returns.national_spend import YEAR_COLUMNS, is_long_form
from cyps.returns.tables import Table

FORM = "DfE, section 251 outturn: Table A1, long form, net current expenditure"


def is_section_251(table: Table) -> bool:
    """Whether this is Table A1 in long form, by its columns."""
    return (
        is_long_form(table)
        and table.has("net_current_expenditure")
        and bool(table.columns_named(YEAR_COLUMNS))
    )


@cache
def section_251_lines() -> tuple[OutturnLine, ...]:
    """Every line of Table A1, 2012-13 to 2018-19, with the service area that it pays for.

    `part_of` holds the number of the total that a line is under. Early years, other looked
    after services, asylum seekers and capital are left out: none of the seven service areas
    names them.
    """
    text = files("cyps.returns").joinpath("section_251_lines.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    lines = (
        OutturnLine(
            row["line"], row["service_area"], row["metric"], row["part_of"], row["remark"],
            row["year"],
        )
        for row in rows
    )  # fmt: skip
    return in_metric_set(lines, 3)


def section_251_map(years: tuple[str, ...], metric_set: int) -> LineMap:
    """The map of lines of some years.

    Raises
    ------
    CypsError
        For a year whose form is not known here.

    Examples
    --------
    >>> [line.line for line in section_251_map(("2018-19",), 4).lines if line.metric == "CEASED"]
    ['3.1.3 Adoption services', '3.1.4 Special guardianship support', \
'3.1.9 Leaving care support services']
    """
    known = sorted({line.year for line in section_251_lines()})
    strange = [year for year in years if year not in known]
    if strange:
        raise CypsError(
            f"The lines of section 251 in {strange[0]} are not known: they are for {known[0]} to "
            f"{known[-1]}. Give a map of them: --map FILE, or spend_map in a scenario. "
            "cyps weights FILE --write-map FILE writes one with every line to fill in."
        )
    own = tuple(line for line in section_251_lines() if line.year in years)
    return LineMap(in_metric_set(own, metric_set), "the map of section 251 lines")
