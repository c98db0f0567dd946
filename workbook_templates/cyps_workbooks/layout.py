"""Where everything stands in a settlement workbook: the one place that knows addresses.

An authority stands on the same row of every sheet that lists authorities, so
that a formula can be followed by eye along one row number. Whatever differs by
year has a column for each year, so that a name such as `in_floor` is one row of
cells, the first year's first, and `in_baseline` one block of columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from xlsxwriter.utility import xl_col_to_name

from cyps.errors import CypsError
from cyps.geography import Authority, grouping, in_order
from cyps.pack import Pack
from cyps.settlement import Bands, Protection, Settlement
from cyps_workbooks.damping_rows import (
    BAND_SLOTS,
    FIELDS,
    GROUP_SLOTS,
    OUTCOMES,
    TIER_SLOTS,
)
from cyps_workbooks.escapes import escaped
from cyps_workbooks.steps import COSTED_BY_METRIC, STEPS, Step, letters

ABOUT, INPUTS, MEMBERS, USE, WEIGHTS = "About", "Inputs", "Members", "Use", "Weights"
DAMPING, FACTORS, CALCULATION, RESULTS = "Damping", "Factors", "Calculation", "Results"
YEARS, MY_AUTHORITY, CHECKS, NOTES = "Years", "My authority", "Checks", "Notes"
COMPARE, GROUPS, BRIDGE = "Compare", "Groups", "Bridge"
WINNERS = "Winners and losers"
QA, CHANGES, GLOSSARY = "QA log", "Change log", "Glossary"
RECORD = "Record"
PACK, WORKED = "Pack", "Worked example"

TOTAL_ROW, HEAD_ROW, FIRST_ROW = 10, 11, 12
"""Zero-based rows of the totals, the headers and the first authority."""

SPEND_HEAD_ROW = 6
"""Zero-based row of the header of the spend lines on the sheet Weights."""

DAMPING_HEAD_ROW = 5
"""Zero-based row of the header of the fields on the sheet Damping."""

FACTORS_HEAD_ROW = 7
"""Zero-based row of the header of the groups on the sheet Factors."""

GROUPS_HEAD_ROW = 7
"""Zero-based row of the header of the totals on the sheet Groups; totals of all stand below it."""

GROUPS_LISTS = 15
"""Zero-based column of the first list of groups on the sheet Groups."""

NOTES_ROW, NOTES_ROWS = 5, 6
"""Zero-based first row for people's notes on the sheet Notes, and how many there are."""

QA_ROLES = ("Commissioner", "Analyst", "Assurer", "Approver")
QA_KINDS = ("Data", "Assumption", "Decision", "Test", "Limit")
QA_ROWS_EACH = 4
QA_ROLES_ROW = 6
QA_SUNSET_ROW = QA_ROLES_ROW + len(QA_ROLES) + 1
QA_LOG_ROW = QA_SUNSET_ROW + 4
QA_RUN_ROW = QA_LOG_ROW + len(QA_KINDS) * QA_ROWS_EACH + 3
"""Zero-based first rows of the tables of the sheet QA log."""

CHANGES_ROW, CHANGES_ROWS = 6, 12
"""Zero-based first row for people on the sheet Change log, and how many there are."""

WORKED_FIRST_ROW = 10
"""Zero-based row of the first driver on the sheet Worked example."""

LONGEST_SHEET_NAME = 31


_UNFIT = re.compile(r"[\[\]:*?/\\]|'$")
"""What no sheet may be called."""


def quoted(sheet: str) -> str:
    """A sheet's name as a formula writes it."""
    return sheet if re.fullmatch(r"[A-Za-z]+", sheet) else f"'{sheet}'"


def weight_name(metric: str) -> str:
    """The defined name of a metric's weight cell.

    Examples
    --------
    >>> weight_name("CIN"), weight_name("4-day care")
    ('in_weight_CIN', 'in_weight_4_day_care')
    """
    return "in_weight_" + re.sub(r"[^A-Za-z0-9_]", "_", metric)


@dataclass(frozen=True)
class Layout:
    """Rows, columns, names and ranges of the workbook of one or more settlement years."""

    authorities: int
    metrics: tuple[str, ...]
    spend_lines: int
    years: tuple[str, ...] = ("the year",)
    bands: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    has_pack: bool = False
    drivers: int = 0
    cost_by_metric: bool = False
    fixed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Groupings that no cell changes, each with the group of every authority."""
    bridged: bool = False
    """Whether there is another settlement B to come from, and so a sheet Bridge."""

    @classmethod
    def of(
        cls,
        settlements: Sequence[tuple[str, Settlement]],
        *,
        has_pack: bool = False,
        pack: Pack | None = None,
        spend_lines: int | None = None,
        named: Mapping[str, Sequence[str]] | None = None,
        bridged: bool = False,
    ) -> Self:
        """The layout that fits the authorities, metrics, spend lines and rules of all years.

        `has_pack` gives the sheet Pack; what drivers a `pack` has, the sheet Worked example.
        `named` gives bands, tiers or groups as they were typed, "" for a row left blank.
        """
        first = settlements[0][1]
        metrics = first.use.metrics
        names = [weight_name(metric).lower() for metric in metrics]
        if len(set(names)) != len(names):
            raise CypsError(
                f"Two of the metrics {', '.join(metrics)} would have the same cell name for their "
                "weight. Rename one so that they differ in letters or digits."
            )
        for metric in metrics:
            if not metric.isprintable():
                raise CypsError(
                    f"The metric {metric!r} holds a line break or another character that does not "
                    "print, which no column can be called by. Rename it."
                )
            if escaped(metric) != metric:
                raise CypsError(
                    f"The metric {metric!r} reads like a character that spreadsheets write in this "
                    "way, which no column can be called by. Rename it."
                )
        named = named or {}
        rules = [settlement.scenario.damping for _, settlement in settlements]
        groups = [settlement.scenario.transition.group for _, settlement in settlements]
        codes = first.scenario.codes
        return cls(
            len(codes),
            metrics,
            len(first.scenario.spend) if spend_lines is None else spend_lines,
            tuple(label for label, _ in settlements),
            tuple(named["band"]) if "band" in named else
            _told_apart("band", [n for r in rules if isinstance(r, Bands) for n in r.bands]),
            tuple(named["tier"]) if "tier" in named else
            _told_apart("tier", [n for r in rules if isinstance(r, Protection) for n in r.tiers]),
            tuple(named["group"]) if "group" in named else
            _told_apart("damping group", sorted({g[c] for g in groups if g for c in codes})),
            has_pack,
            len(pack.own_drivers) if pack is not None and pack.models else 0,
            any(settlement.scenario.area_cost_metrics for _, settlement in settlements),
            _fixed_groupings(first.scenario.authorities),
            bridged,
        )  # fmt: skip

    # --- sheets
    @cached_property
    def sheets(self) -> tuple[str, ...]:
        """Every sheet, in order."""
        path = (YEARS,) if len(self.years) > 1 else ()
        return (
            ABOUT, INPUTS, MEMBERS, USE, WEIGHTS, DAMPING, *self.calculations, FACTORS, RESULTS,
            *path, MY_AUTHORITY, WINNERS, COMPARE, *((BRIDGE,) if self.bridged else ()), GROUPS,
            *self.of_pack, CHECKS, NOTES,
            QA, CHANGES, GLOSSARY, RECORD,
        )  # fmt: skip

    @property
    def of_pack(self) -> tuple[str, ...]:
        """The sheets that only a pack gives."""
        return (*((PACK,) if self.has_pack else ()), *((WORKED,) if self.drivers else ()))

    @cached_property
    def calculations(self) -> tuple[str, ...]:
        """The Calculation sheet of each year."""
        if len(self.years) == 1:
            return (CALCULATION,)
        names = tuple(f"{CALCULATION} {label}" for label in self.years)
        if (
            any(_UNFIT.search(name) or not name.isprintable() for name in names)
            or max(map(len, names)) > LONGEST_SHEET_NAME
        ):
            return tuple(f"{CALCULATION} {k}" for k in range(1, len(self.years) + 1))
        return names

    # --- groups
    @cached_property
    def fixed_groups(self) -> dict[str, tuple[str, ...]]:
        """The group of every authority by grouping, where no cell changes it."""
        return dict(self.fixed)

    @property
    def typed_groupings(self) -> dict[str, tuple[str, str]]:
        """Groupings that people type: their input on Members and their table on Damping."""
        return {
            "Damping group": ("group", "group_members"), "Band": ("band", "band_floor"),
            "Tier": ("tier", "tier_part"),
        }  # fmt: skip

    @cached_property
    def groupings(self) -> tuple[str, ...]:
        """What the sheet Groups can group by."""
        return (*self.fixed_groups, *self.typed_groupings)

    @cached_property
    def group_lists(self) -> tuple[tuple[str, ...], ...]:
        """The groups of each grouping, as they are when the workbook is written."""
        return (*(in_order(of) for of in self.fixed_groups.values()),
                self.groups, self.bands, self.tiers)  # fmt: skip

    @property
    def most_groups(self) -> int:
        """Rows that the sheet Groups has for groups."""
        slots = (self.group_rows, self.band_rows, self.tier_rows)
        return max(*map(len, self.group_lists), *slots)

    def grouping_column(self, k: int) -> int:
        """Zero-based column of the list of a grouping's groups, on the sheet Groups."""
        return GROUPS_LISTS + k

    @property
    def grouping_heads(self) -> str:
        """The absolute range of the names of the groupings, with its sheet."""
        ends = (xl_col_to_name(self.grouping_column(k)) for k in (0, len(self.groupings) - 1))
        return f"{GROUPS}!" + ":".join(f"${end}${GROUPS_HEAD_ROW + 1}" for end in ends)

    def fixed_column(self, grouping: str) -> int:
        """Zero-based column, on the sheet Members, of a grouping that no cell changes."""
        k = list(self.fixed_groups).index(grouping)
        return 2 if k == 0 else 2 + 3 * len(self.years) + k

    @property
    def group_shown_column(self) -> int:
        """Zero-based column, on the sheet Members, of the group that the sheet Groups shows."""
        return 2 + 3 * len(self.years) + max(1, len(self.fixed_groups))

    @property
    def band_rows(self) -> int:
        """Rows for bands."""
        return max(BAND_SLOTS, len(self.bands))

    @property
    def tier_rows(self) -> int:
        """Rows for protection tiers."""
        return max(TIER_SLOTS, len(self.tiers))

    @property
    def group_rows(self) -> int:
        """Rows for damping groups."""
        return max(GROUP_SLOTS, len(self.groups))

    # --- rows
    @property
    def last_row(self) -> int:
        """Zero-based row of the last authority."""
        return FIRST_ROW + self.authorities - 1

    @property
    def metric_head_row(self) -> int:
        """Zero-based row of the header of the metrics on the sheet Weights."""
        return SPEND_HEAD_ROW + self.spend_lines + 4

    @cached_property
    def damping_rows(self) -> dict[str, int]:
        """Zero-based first row of every field, outcome and table of the sheet Damping."""
        row = DAMPING_HEAD_ROW + 1
        rows = {field.key: row + i for i, field in enumerate(FIELDS)}
        row += len(FIELDS) + 2
        rows |= {f"out_{key}": row + i for i, key in enumerate(OUTCOMES)}
        row += len(OUTCOMES) + 2
        for table, slots in self.damping_tables.items():
            rows[table] = row
            row += slots + 2
        return rows

    @property
    def damping_tables(self) -> dict[str, int]:
        """Tables of the sheet Damping, in order, and how many rows each has."""
        bands, tiers, groups = self.band_rows, self.tier_rows, self.group_rows
        return {
            "band_floor": bands, "band_ceiling": bands, "band_members": bands,
            "tier_part": tiers, "tier_real": tiers, "tier_in_force": tiers, "tier_members": tiers,
            "group_members": groups,
        }  # fmt: skip

    # --- columns
    @cached_property
    def steps(self) -> tuple[tuple[str, Step], ...]:
        """(letter, step) of every column of the Calculation, from column D on."""
        first = [
            ("(a)", Step(f"metric {m}", f"Share of {metric}", "use / total use", "share"))
            for m, metric in enumerate(self.metrics)
        ]
        then = [
            COSTED_BY_METRIC if self.cost_by_metric and step.key == COSTED_BY_METRIC.key else step
            for step in STEPS
        ]
        return (*first, *((letters(i), step) for i, step in enumerate(then, start=1)))

    @cached_property
    def letter_of(self) -> dict[str, str]:
        """The letter of every step by its key."""
        return {step.key: letter for letter, step in self.steps}

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
            "Floor amount", "Top-up (£)", "Pounds per child", "Peers",
        )  # fmt: skip

    def result(self, header: str) -> int:
        """Zero-based column of a header of the table Results."""
        return self.result_headers.index(header)

    # --- addresses
    def column(self, sheet: str, col: int, columns: int = 1) -> str:
        """The absolute range of the authorities in one or more columns, with its sheet."""
        return f"{quoted(sheet)}!{self.here(col, columns)}"

    def here(self, col: int, columns: int = 1) -> str:
        """The absolute range of the authorities in one or more columns of its own sheet."""
        first, last = xl_col_to_name(col), xl_col_to_name(col + columns - 1)
        return f"${first}${FIRST_ROW + 1}:${last}${self.last_row + 1}"

    def by_year(self, sheet: str, row: int, rows: int = 1, *, col: int = 1) -> str:
        """The absolute range of one or more zero-based rows with a column for each year."""
        first, last = xl_col_to_name(col), xl_col_to_name(col + len(self.years) - 1)
        ends = (f"${first}${row + 1}", f"${last}${row + rows}")
        return f"{quoted(sheet)}!{ends[0] if ends[0] == ends[1] else ':'.join(ends)}"

    def step(self, key: str, year: int) -> str:
        """The absolute range of a step of a year's Calculation, with its sheet."""
        return self.column(self.calculations[year], self.calculation(key))

    def damping(self, key: str, year: int) -> str:
        """The absolute address of a year's field or outcome on the sheet Damping, with it."""
        return f"{DAMPING}!${xl_col_to_name(1 + year)}${self.damping_rows[key] + 1}"

    def table(self, key: str, year: int) -> str:
        """The absolute range of a year's column of a table of the sheet Damping."""
        first = self.damping_rows[key] + 1
        col = xl_col_to_name(1 + year)
        return f"{DAMPING}!${col}${first}:${col}${first + self.damping_tables[key] - 1}"

    def table_names(self, key: str) -> str:
        """The absolute range of the names beside a table of the sheet Damping."""
        first = self.damping_rows[key] + 1
        return f"{DAMPING}!$A${first}:$A${first + self.damping_tables[key] - 1}"

    def damping_name(self, key: str, i: int) -> str:
        """The absolute address of one name beside a table of the sheet Damping."""
        return f"{DAMPING}!$A${self.damping_rows[key] + 1 + i}"

    def pot(self, year: int) -> str:
        """The absolute address of a year's pot, with its sheet."""
        return f"{INPUTS}!${xl_col_to_name(3 + year)}$6"

    def baseline_from(self, year: int) -> str:
        """Where a later year says which baseline it has, with its sheet."""
        return f"{INPUTS}!${xl_col_to_name(3 + year)}$7"

    @property
    def verdict(self) -> str:
        """Where it stands in words whether anything stops, with its sheet."""
        return f"{CHECKS}!$A$5"

    def use(self, metric: int) -> tuple[str, int]:
        """Sheet and zero-based column of the use of a metric."""
        return USE, 3 + metric

    def flag(self, name: str, year: int) -> str:
        """Where a year's Calculation says "Yes" or "No", with its sheet."""
        return f"{quoted(self.calculations[year])}!{FLAGS[name]}"

    def input_column(self, what: str, year: int) -> tuple[str, int]:
        """Sheet and zero-based column, the first of several, of an input by authority."""
        n, costs = len(self.years), self.cost_columns
        return {
            "baseline": (INPUTS, 3 + year), "area_cost": (INPUTS, 3 + n + costs * year),
            "band": (MEMBERS, 3 + year), "tier": (MEMBERS, 3 + n + year),
            "group": (MEMBERS, 3 + 2 * n + year),
        }[what]  # fmt: skip

    @property
    def cost_columns(self) -> int:
        """Columns of area cost factors a year: one, or one for each metric."""
        return len(self.metrics) if self.cost_by_metric else 1

    def area_cost(self, year: int) -> str:
        """The absolute range of a year's area cost factors, with its sheet."""
        return self.column(*self.input_column("area_cost", year), self.cost_columns)

    def factor_rows(self, year: int) -> tuple[int, int]:
        """Zero-based first and last row of a year's groups on the sheet Factors."""
        first = FACTORS_HEAD_ROW + 1 + year * self.group_rows
        return first, first + self.group_rows - 1

    @property
    def children(self) -> int:
        """Zero-based column of the number of children on the sheet Use."""
        return 3 + len(self.metrics)

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

        A name holds a column for each year, in the order of `years`; blank is "not given".
        By these names the inputs of one workbook can be carried into another, and a
        scenario read back.

        Examples
        --------
        >>> layout = Layout(2, ("CIN",), 1, ("2025-26", "2026-27"))
        >>> layout.inputs()["in_baseline"], layout.inputs()["in_floor"]
        ('Inputs!$D$13:$E$14', 'Damping!$B$10:$C$10')
        """
        years = len(self.years)
        later = {}
        if years > 1:
            last = xl_col_to_name(2 + years)
            later = {"in_baseline_from": f"{INPUTS}!$E$7:${last}$7".replace("$E$7:$E$7", "$E$7")}
        weights = {
            weight_name(metric): f"{WEIGHTS}!$E${self.metric_first + m}"
            for m, metric in enumerate(self.metrics)
        }
        child = {}
        if self.drivers:
            last_driver = WORKED_FIRST_ROW + self.drivers
            places = dict.fromkeys((f"$B${WORKED_FIRST_ROW + 1}", f"$B${last_driver}"))
            child = {"in_child": f"{quoted(WORKED)}!{':'.join(places)}"}
        members = {
            f"in_{what}": self.column(*self.input_column(what, 0), years * columns)
            for what, columns in (
                ("baseline", 1), ("area_cost", self.cost_columns), ("band", 1), ("tier", 1),
                ("group", 1),
            )
        }  # fmt: skip
        rows = self.damping_rows
        return {
            "in_pot": self.by_year(INPUTS, 5, col=3),
            **later,
            **members,
            "in_children": self.column(USE, self.children),
            "in_spend_metric": self.spend("B"),
            "in_spend": self.spend("C"),
            **weights,
            **{f"in_{field.key}": self.by_year(DAMPING, rows[field.key]) for field in FIELDS},
            "in_band_name": self.table_names("band_floor"),
            "in_band_floor": self.by_year(DAMPING, rows["band_floor"], self.band_rows),
            "in_band_ceiling": self.by_year(DAMPING, rows["band_ceiling"], self.band_rows),
            "in_tier_name": self.table_names("tier_part"),
            "in_tier_part": self.by_year(DAMPING, rows["tier_part"], self.tier_rows),
            "in_tier_real": self.by_year(DAMPING, rows["tier_real"], self.tier_rows),
            "in_group_name": self.table_names("group_members"),
            "in_year": f"{RESULTS}!$B$8",
            "in_authority": f"{quoted(MY_AUTHORITY)}!$B$5",
            "in_grouping": f"{GROUPS}!$B$5",
            **child,
        }

    def texts(self) -> dict[str, str]:
        """Where people write, by defined name: `text_...`. Unlocked, and kept by a refresh."""
        qa = f"{quoted(QA)}!"
        log = QA_LOG_ROW + len(QA_KINDS) * QA_ROWS_EACH
        return {
            "text_notes": f"{NOTES}!$A${NOTES_ROW + 1}:$A${NOTES_ROW + NOTES_ROWS}",
            "text_roles": f"{qa}$B${QA_ROLES_ROW + 1}:$D${QA_ROLES_ROW + len(QA_ROLES)}",
            "text_sunset": f"{qa}$B${QA_SUNSET_ROW + 1}",
            "text_statement": f"{qa}$B${QA_SUNSET_ROW + 2}",
            "text_log": f"{qa}$B${QA_LOG_ROW + 1}:$D${log}",
            "text_changes": f"{quoted(CHANGES)}!$A${CHANGES_ROW + 1}"
                            f":$C${CHANGES_ROW + CHANGES_ROWS}",
        }  # fmt: skip

    def results(self) -> dict[str, str]:
        """Named results, a column for each year where they differ by year."""
        rows = self.damping_rows
        damping = ("scaling_factor", "floor_fits", "highest_floor", "pounds_left")
        return {
            "years": self.by_year(INPUTS, 4, col=3),
            **{name: self.by_year(DAMPING, rows[f"out_{name}"]) for name in damping},
            "inputs_sound": f"{CHECKS}!$B$6",
            "can_settle": f"{CHECKS}!$B$7",
            "weights_sound": f"{CHECKS}!$B$8",
            "weights_used": self.weights("G"),
            "year_place": f"{RESULTS}!$B$9",
            "year_settles": f"{RESULTS}!$B$10",
            "my_row": f"{quoted(MY_AUTHORITY)}!$B$6",
            "grouping_place": f"{GROUPS}!$B$6",
            "children_given": f"{USE}!${xl_col_to_name(self.children)}$10",
        }


FLAGS = {"sound": "$C$5", "settles": "$C$6", "method": "$C$7"}
"""Cells above each Calculation: can the year's inputs be used, can it be settled, by what."""


def _fixed_groupings(places: Sequence[Authority]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Region, and what else can be told of every authority from its code."""
    codes = [place.code for place in places]
    found = [("Region", tuple(place.region for place in places))]
    for kind, name in (("class", "Class"), ("combined", "Combined authority")):
        try:
            found.append((name, grouping(kind, places).of_each(codes)))
        except CypsError:  # authorities that are not on the list: no such grouping of them
            continue
    return tuple(found)


def _told_apart(what: str, names: Sequence[str]) -> tuple[str, ...]:
    """Names each once, refused where a spreadsheet could not tell two apart."""
    once = tuple(dict.fromkeys(names))
    if len({name.casefold() for name in once}) != len(once) or not all(once):
        raise CypsError(
            f"The {what}s {', '.join(map(repr, once))} cannot go into a workbook: it needs names "
            "that are not empty and differ in more than capital letters. Rename one."
        )
    return once
