"""Where everything stands in a what-if workbook: as in a settlement workbook, and less of it."""

from __future__ import annotations

from functools import cached_property

from cyps_workbooks.layout import CALCULATION, DAMPING, FACTORS, RECORD, Layout

WHAT_IF, SCENARIO, IN_ORDER = "What-if", "Scenario", "In order"

PICKER_ROW, LEVER_ROW = 5, 8
"""Zero-based rows of the pickers and of the first lever on the sheet What-if."""

LEVERS = ("pot", "floor", "ceiling", "phasing", "weight", "area_cost")
"""The levers, in order."""

RESULT_ROW = LEVER_ROW + len(LEVERS) + 1
"""Zero-based row of the header of the results on the sheet What-if."""

FACTS = ("member", "group", "children", "pounds", "top_up", "rate", "rank", "on_floor")
"""Columns of the sheet Scenario right of use, baseline and area cost."""

WEIGHT_ROW = 9
"""Zero-based row of the scenario's cost weights, above the use of each metric."""


class WhatIfLayout(Layout):
    """Rows, columns and names of a what-if workbook, which has one year and no typed tables.

    The sheet Factors keeps as many rows for damping groups as in a settlement workbook, also where
    there are none: with a single one LibreOffice 7.4 was seen to add up a column that it had not
    yet worked out.
    """

    @cached_property
    def sheets(self) -> tuple[str, ...]:
        """Every sheet, in order."""
        return (WHAT_IF, CALCULATION, SCENARIO, DAMPING, FACTORS, IN_ORDER, RECORD)

    @property
    def band_rows(self) -> int:
        """Rows for bands."""
        return max(1, len(self.bands))

    @property
    def tier_rows(self) -> int:
        """Rows for protection tiers."""
        return max(1, len(self.tiers))

    @property
    def verdict(self) -> str:
        """Where it stands in words whether anything stops, with its sheet."""
        return f"'{WHAT_IF}'!$A$3"

    def pot(self, year: int) -> str:  # noqa: ARG002 - one year
        """The absolute address of the pot in use, with its sheet."""
        return self.in_use("pot")

    def use(self, metric: int) -> tuple[str, int]:
        """Sheet and zero-based column of the use of a metric."""
        return SCENARIO, 3 + metric

    def input_column(self, what: str, year: int) -> tuple[str, int]:  # noqa: ARG002
        """Sheet and zero-based column, the first of several, of what the steps begin with."""
        baseline = 3 + len(self.metrics)
        return SCENARIO, {
            "baseline": baseline,
            "area_cost": baseline + 1 + self.cost_columns,
            "band": self.fact_column("member"),
            "tier": self.fact_column("member"),
            "group": self.fact_column("group"),
        }[what]

    @property
    def area_cost_as_given(self) -> int:
        """Zero-based column of the first area cost factor of the scenario itself."""
        return 4 + len(self.metrics)

    def fact_column(self, key: str) -> int:
        """Zero-based column of a fact of the sheet Scenario."""
        return 4 + len(self.metrics) + 2 * self.cost_columns + FACTS.index(key)

    def fact(self, key: str) -> str:
        """The absolute range of a fact of the sheet Scenario, with it."""
        return self.column(SCENARIO, self.fact_column(key))

    # --- the page
    def lever_row(self, key: str) -> int:
        """Excel row number of a lever on the sheet What-if."""
        return LEVER_ROW + 1 + LEVERS.index(key)

    def lever(self, key: str, column: str) -> str:
        """A lever's cell: B the scenario's, C yours, D in use, E in words; with its sheet."""
        return f"'{WHAT_IF}'!${column}${self.lever_row(key)}"

    def in_use(self, key: str) -> str:
        """The value in use of a lever, with its sheet."""
        return self.lever(key, "D")

    def inputs(self) -> dict[str, str]:
        """Every input by its defined name: exactly these cells are unlocked."""
        return {
            "in_authority": f"'{WHAT_IF}'!$A${PICKER_ROW + 1}",
            "in_lever_metric": f"'{WHAT_IF}'!$B${PICKER_ROW + 1}",
            **{f"in_lever_{key}": self.lever(key, "C") for key in LEVERS},
        }

    def texts(self) -> dict[str, str]:
        """Where people write: nowhere."""
        return {}

    def results(self) -> dict[str, str]:
        """Named results."""
        rows = self.damping_rows
        return {
            "levers_sound": self.flag("sound", 0),
            "can_settle": self.flag("settles", 0),
            "my_row": f"'{WHAT_IF}'!$D${PICKER_ROW + 1}",
            **{
                name: self.by_year(DAMPING, rows[f"out_{name}"])
                for name in ("scaling_factor", "floor_fits", "highest_floor", "pounds_left")
            },
        }
