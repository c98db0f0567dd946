"""National spend by line, what became of each line, and whether the totals agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cyps.needs import ServiceAreaSpend
from cyps.returns.sources import Source

Counted = Literal["included", "left out", "total", "part of"]


@dataclass(frozen=True, slots=True)
class SpendLine:
    """A line of a spend file and what became of it.

    `year` is empty where the file does not say it. `service_area` is "3", or "3 and 4", or
    empty; `metric` stands for it. `pounds` is None where the file gives no figure. `counted`:
    "included" in the cost weights, "left out" of them, a "total" of other lines, or
    "part of" a line that is included (both named in `part_of`).
    """

    year: str
    line: str
    service_area: str
    metric: str
    pounds: float | None
    counted: Counted
    part_of: str = ""
    remark: str = ""


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
    somebody's own mapping. `source` is None for weights that were typed.
    """

    spend: tuple[ServiceAreaSpend, ...]
    source: Source | None
    form: str
    notes: tuple[str, ...] = ()
    lines: tuple[SpendLine, ...] = ()
    totals: tuple[TotalCheck, ...] = ()
    line_map: Source | None = None
