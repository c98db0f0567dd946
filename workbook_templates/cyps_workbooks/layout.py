"""Where everything stands in a settlement workbook: the one place that knows addresses.

An authority stands on the same row of every sheet that lists authorities, so
that a formula can be followed by eye along one row number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from xlsxwriter.utility import xl_col_to_name

from cyps.errors import CypsError
from cyps.settlement import Settlement

ABOUT, INPUTS, USE, WEIGHTS, DAMPING = "About", "Inputs", "Use", "Weights", "Damping"
CALCULATION, RESULTS, MY_AUTHORITY = "Calculation", "Results", "My authority"
CHECKS, NOTES = "Checks", "Notes"
SHEETS = (
    ABOUT, INPUTS, USE, WEIGHTS, DAMPING, CALCULATION, RESULTS, MY_AUTHORITY, CHECKS, NOTES,
)  # fmt: skip

TOTAL_ROW, HEAD_ROW, FIRST_ROW = 10, 11, 12
"""Zero-based rows of the totals, the headers and the first authority."""

SPEND_HEAD_ROW = 6
"""Zero-based row of the header of the spend lines on the sheet Weights."""


@dataclass(frozen=True, slots=True)
class Step:
    """One lettered column of the Calculation: what it is called and how it looks."""

    key: str
    header: str
    words: str
    kind: str


def quoted(sheet: str) -> str:
    """A sheet's name as a formula writes it."""
    return f"'{sheet}'" if " " in sheet else sheet


def weight_name(metric: str) -> str:
    """The defined name of a metric's weight cell.

    Examples
    --------
    >>> weight_name("CIN"), weight_name("4-day care")
    ('in_weight_CIN', 'in_weight_4_day_care')
    """
    return "in_weight_" + re.sub(r"[^A-Za-z0-9_]", "_", metric)


_STEPS = (
    Step("needs_share", "Needs share", "sum of (a) x cost weight used", "share"),
    Step("costed", "Needs share x area cost", "(b) x area cost factor", "share"),
    Step("share", "Share", "(c) / total of (c)", "share"),
    Step("target", "Target", "(d) x pot", "pence"),
    Step("baseline", "Baseline", "from the sheet Inputs", "pounds"),
    Step("floor_amount", "Floor amount", "(f) x (1 + floor)", "pence"),
    Step("cost", "Cost of the floor", "how far (e) is below (g), or 0", "pence"),
    Step("headroom", "Headroom", "how far (e) is above (g), or 0", "pence"),
    Step("damped", "Damped", "(g) if (e) is not above it, else (g) + scaling factor x ((e) - (g))",
         "pence"),
    Step("rounded", "Damped, to 6 decimals", "(j) rounded to 6 decimals", "millionths"),
    Step("base", "Whole pounds below", "(k) rounded down to whole pounds", "pounds"),
    Step("remainder", "Remainder", "(k) - (l), to 6 decimals", "remainder"),
    Step("order", "Order of remainder", "place of (m), largest first; ties by code", "count"),
    Step("pounds", "Pounds", "(l), and one pound more while (n) is within the pounds left",
         "pounds"),
    Step("rate", "Change (%), to 10 decimals", "((o) - (f)) / (f), rounded to 10 decimals",
         "percent change"),
    Step("rank", "Rank of change (%)", "place of (p), largest first; ties by code", "count"),
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Rows, columns, names and ranges of the workbook of one settlement."""

    authorities: int
    metrics: tuple[str, ...]
    spend_lines: int

    @staticmethod
    def of(settlement: Settlement) -> Layout:
        """The layout that fits a settlement's authorities, metrics and spend lines."""
        metrics = settlement.use.metrics
        names = [weight_name(metric).lower() for metric in metrics]
        if len(set(names)) != len(names):
            raise CypsError(
                f"Two of the metrics {', '.join(metrics)} would have the same cell name for their "
                "weight. Rename one so that they differ in letters or digits."
            )
        scenario = settlement.scenario
        return Layout(len(scenario.authorities), metrics, len(scenario.spend))

    # --- rows
    @property
    def last_row(self) -> int:
        """Zero-based row of the last authority."""
        return FIRST_ROW + self.authorities - 1

    @property
    def metric_head_row(self) -> int:
        """Zero-based row of the header of the metrics on the sheet Weights."""
        return SPEND_HEAD_ROW + self.spend_lines + 4

    # --- columns
    @cached_property
    def steps(self) -> tuple[tuple[str, Step], ...]:
        """(letter, step) of every column of the Calculation, from column D on."""
        first = [
            ("(a)", Step(f"metric {m}", f"Share of {metric}", "use / total use", "share"))
            for m, metric in enumerate(self.metrics)
        ]
        rest = [(f"({chr(ord('b') + i)})", step) for i, step in enumerate(_STEPS)]
        return (*first, *rest)

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {step.key: 3 + i for i, (_, step) in enumerate(self.steps)}

    def calculation(self, key: str) -> int:
        """Zero-based column of a step of the Calculation."""
        return self._columns[key]

    @cached_property
    def result_headers(self) -> tuple[str, ...]:
        """Headers of the table Results, in order."""
        return (
            "Code", "Authority", "Region",
            *(f"Share of {metric}" for metric in self.metrics),
            "Needs share", "Share", "Target", "Baseline", "Damped", "Pounds",
            "Change (£)", "Change (%)", "Rank of change (%)", "On the floor",
        )  # fmt: skip

    def result(self, header: str) -> int:
        """Zero-based column of a header of the table Results."""
        return self.result_headers.index(header)

    # --- addresses
    def column(self, sheet: str, col: int) -> str:
        """The absolute range of a column's authorities, with its sheet."""
        return f"{quoted(sheet)}!{self.here(col)}"

    def here(self, col: int) -> str:
        """The absolute range of a column's authorities, within its own sheet."""
        name = xl_col_to_name(col)
        return f"${name}${FIRST_ROW + 1}:${name}${self.last_row + 1}"

    def step(self, key: str) -> str:
        """The absolute range of a step of the Calculation, with its sheet."""
        return self.column(CALCULATION, self.calculation(key))

    @property
    def spend_first(self) -> int:
        """Excel row number of the first spend line."""
        return SPEND_HEAD_ROW + 2

    @property
    def spend_last(self) -> int:
        """Excel row number of the last spend line."""
        return SPEND_HEAD_ROW + 1 + self.spend_lines

    @property
    def metric_first(self) -> int:
        """Excel row number of the first metric on the sheet Weights."""
        return self.metric_head_row + 2

    @property
    def metric_last(self) -> int:
        """Excel row number of the last metric on the sheet Weights."""
        return self.metric_head_row + 1 + len(self.metrics)

    def weights(self, column: str) -> str:
        """The absolute range of a column of the metrics on the sheet Weights."""
        return f"{WEIGHTS}!${column}${self.metric_first}:${column}${self.metric_last}"

    def spend(self, column: str) -> str:
        """The absolute range of a column of the spend lines on the sheet Weights."""
        return f"{WEIGHTS}!${column}${self.spend_first}:${column}${self.spend_last}"

    def inputs(self) -> dict[str, str]:
        """Every input by its defined name: exactly these cells are unlocked.

        Examples
        --------
        >>> Layout(2, ("CIN",), 1).inputs()["in_baseline"]
        'Inputs!$D$13:$D$14'
        """
        weights = {
            weight_name(metric): f"{WEIGHTS}!$E${self.metric_first + m}"
            for m, metric in enumerate(self.metrics)
        }
        return {
            "in_pot": f"{INPUTS}!$D$6",
            "in_baseline": self.column(INPUTS, 3),
            "in_area_cost": self.column(INPUTS, 4),
            "in_spend_metric": self.spend("B"),
            "in_spend": self.spend("C"),
            **weights,
            "in_floor": f"{DAMPING}!$B$7",
            "in_authority": f"{quoted(MY_AUTHORITY)}!$B$5",
        }
