"""National spend by line, what became of each line, and whether the totals agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from cyps.needs import ServiceAreaSpend, Unweighable, cost_weights, unweighable
from cyps.returns.problems import Problem, ReturnsError
from cyps.returns.sources import Source

Counted = Literal["included", "left out", "total", "part of"]


@dataclass(frozen=True, slots=True)
class SpendLine:
    """A line of a spend file and what became of it.

    `year` is empty where the file does not say it. `service_area` is "3", or "3 and 4", or
    empty; `metric` stands for it. `pounds` is None where the file gives no figure. `counted`:
    "included" in the cost weights, "left out" of them, a "total" of other lines, or
    "part of" a line that is included (both named in `part_of`). `where` is the file, row and
    column that say which metric stands for it.
    """

    year: str
    line: str
    service_area: str
    metric: str
    pounds: float | None
    counted: Counted
    part_of: str = ""
    remark: str = ""
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class TotalCheck:
    """A total of a spend file beside the sum of the lines under it, pounds.

    `rounding` is how far apart they may be when every figure was rounded.
    """

    year: str
    line: str
    pounds: float
    parts: float
    rounding: float

    @property
    def difference(self) -> float:
        """The total's own figure less the sum of the lines under it."""
        return self.pounds - self.parts

    @property
    def agrees(self) -> bool:
        """Whether the difference is no more than rounding."""
        return abs(self.difference) <= self.rounding


@dataclass(frozen=True, slots=True)
class SpendReading:
    """Spend lines of a file, in pounds, and where they came from.

    `lines` are all lines of the file and `totals` its totals; `line_map` is the file of
    somebody's own mapping. `source` is None for weights that were typed. `place` is where all
    of it stands, as messages name it: a file with its sheet, or a table of a scenario.
    """

    spend: tuple[ServiceAreaSpend, ...]
    source: Source | None
    form: str
    notes: tuple[str, ...] = ()
    lines: tuple[SpendLine, ...] = ()
    totals: tuple[TotalCheck, ...] = ()
    line_map: Source | None = None
    place: str = ""

    def told(self, problem: Unweighable, use: str) -> str:
        """What is wrong with the spend, and the file, row and column that say so."""
        lines = [line for line in self.lines if line.metric == problem.metric and line.where]
        more = f" (and {len(lines) - 1} more)" if lines[1:] else ""
        where = f"{lines[0].where}{more}" if lines else self.place
        sentence = str(problem).replace("the use table has only", f"{use} has only")
        return f"{where}: {sentence[0].lower()}{sentence[1:]}" if where else sentence


def check_weighable(reading: SpendReading, metrics: Sequence[str], use: str) -> None:
    """Refuse spend that makes no cost weights, and say where in its file that is.

    Parameters
    ----------
    reading : spend that was read, or typed weights
    metrics : of use
    use : whose metrics these are, such as "use.csv", for what is said

    Raises
    ------
    ReturnsError
        With everything that keeps the spend from being weights, each with its file, row and
        column, or its table in a scenario.
    """
    if reading.source is None:
        found = [f"{reading.place}: {told}" for told in _typed_for_others(reading, metrics, use)]
    else:
        found = [reading.told(problem, use) for problem in unweighable(reading.spend, metrics)]
    if found:
        raise ReturnsError([Problem(told) for told in found])
    try:
        cost_weights(reading.spend, metrics)
    except Unweighable as problem:  # nothing is spent at all
        raise ReturnsError([Problem(reading.told(problem, use))]) from None


def _typed_for_others(reading: SpendReading, metrics: Sequence[str], use: str) -> Iterator[str]:
    typed = [line.metric for line in reading.spend]
    if strange := [metric for metric in typed if metric not in metrics]:
        yield (
            f"a weight is typed for {', '.join(strange)}, but {use} has only "
            f"{', '.join(metrics)}. Take it out, or give its use."
        )
    if without := [metric for metric in metrics if metric not in typed]:
        yield (
            f"no weight is typed for {', '.join(without)}, which {use} has. Type one (0 is "
            "allowed if you mean it)."
        )
