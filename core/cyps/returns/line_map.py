"""Maps of lines: which line of a spend file pays for which service area."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cyps.errors import CypsError
from cyps.needs import METRIC_SETS, SERVICE_AREAS
from cyps.returns.by_authority import METRICS
from cyps.returns.problems import Problems
from cyps.returns.sources import Source
from cyps.returns.tables import Row, Table, read_table

COLUMNS = ("year", "line", "service_area", "metric", "part_of", "remark")
_AREAS = re.compile(r"[1-7](\s*(,|&|and|\+)\s*[1-7])*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OutturnLine:
    """A line of an outturn and what it stands for.

    `areas` are the service areas (1 to 7) that it pays for and `metric` the
    activity that stands for them; both empty for a line that is left out.
    `part_of` names the line that this one is a part of: a total, or the line above an
    "of which" line. `year` is the one that the line is mapped for, empty for any. `where` is
    the file, row and column that say the metric, in a map that somebody made.
    """

    line: str
    areas: str
    metric: str
    part_of: str = ""
    remark: str = ""
    year: str = ""
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class LineMap:
    """What to do with every line of a spend file; `source` is its file if somebody made it."""

    lines: tuple[OutturnLine, ...]
    name: str
    source: Source | None = None

    def of_year(self, year: str) -> tuple[OutturnLine, ...]:
        """The lines that hold in a year."""
        return tuple(line for line in self.lines if line.year in ("", year))


def metric_of(areas: str, metric_set: int) -> str:
    """The metric that stands for service areas such as "3 and 4"; empty for none.

    Raises
    ------
    CypsError
        When the areas have not all the same metric, so that the line's spend has to be
        split or its metric said.

    Examples
    --------
    >>> metric_of("3 and 4", 3), metric_of("2", 4), metric_of("", 3)
    ('CARE', 'REF', '')
    """
    numbers = [int(number) for number in re.findall("[1-7]", areas)]
    found = sorted({METRIC_SETS[metric_set][number] for number in numbers})
    if len(found) > 1:
        raise CypsError(
            f"service areas {areas} have more than one metric ({', '.join(found)}). Say in the "
            "column 'metric' which one stands for the line"
        )
    return found[0] if found else ""


def in_metric_set(lines: Iterable[OutturnLine], metric_set: int) -> tuple[OutturnLine, ...]:
    """Lines of a map that we ship, with the metrics of the three- or four-metric model."""
    return tuple(replace(line, metric=metric_of(line.areas, metric_set)) for line in lines)


def read_line_map(path: Path, metric_set: int, problems: Problems) -> LineMap:
    """Read somebody's own map of lines.

    Columns: `line`; `service_area` 1 to 7 (or "3 and 4"), empty for a line that is left
    out; `metric` (optional) in place of the one that the metric set gives; `part_of`
    (optional), the total or line that this one is a part of; `remark` and `year`
    (optional).
    """
    table = read_table(path, key_columns=["line"])
    at = {name: table.column(name) for name in COLUMNS if table.columns_named([name])}
    for name in ("line", "service_area"):
        at[name] = table.column(name)
    lines = []
    for row in table.rows:
        with problems.gathered():
            lines.append(_line(table, row, at, metric_set))
    return LineMap(tuple(lines), table.source.file, table.source)


def _line(table: Table, row: Row, at: Mapping[str, int], metric_set: int) -> OutturnLine:
    cell = {name: " ".join(row.cells[column].split()) for name, column in at.items()}
    if not cell["line"]:
        raise CypsError(f"{table.where(row, at['line'])}: the row names no line.")
    if cell["service_area"] and not _AREAS.fullmatch(cell["service_area"]):
        raise CypsError(
            f"{table.where(row, at['service_area'])}: '{cell['service_area']}' is not a service "
            f"area. Use a number from 1 to {len(SERVICE_AREAS)}, or leave it empty to leave the "
            "line out."
        )
    metric = cell.get("metric", "").upper()
    if metric and metric not in METRICS:
        raise CypsError(
            f"{table.where(row, at['metric'])}: '{metric}' is not an activity metric. Use one of "
            f"{', '.join(METRICS)}."
        )
    areas = " and ".join(re.findall("[1-7]", cell["service_area"]))
    said_by = "metric" if metric else "service_area"
    try:
        metric = metric or metric_of(areas, metric_set)
    except CypsError as reason:
        raise CypsError(f"{table.where(row)}: {reason}.") from None
    return OutturnLine(
        cell["line"], areas, metric,
        cell.get("part_of", ""), cell.get("remark", ""), cell.get("year", ""),
        where=table.where(row, at[said_by]),
    )  # fmt: skip


def line_map_csv(lines: Iterable[OutturnLine]) -> str:
    """A map of lines as a CSV file, to be changed and read back with `read_line_map`.

    The metric is written only where it is not the one of the three-metric model.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        usual = metric_of(line.areas, 3) if line.areas else ""
        metric = "" if line.metric == usual else line.metric
        writer.writerow([line.year, line.line, line.areas, metric, line.part_of, line.remark])
    return text.getvalue()
