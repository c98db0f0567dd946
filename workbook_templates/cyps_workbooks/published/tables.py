"""What a published workbook shows: each table's title, columns, units and notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cyps.errors import CypsError
from cyps.explain import compare
from cyps.geography import grouping
from cyps.settlement import (
    Bands,
    DampingRule,
    Floor,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
    Protection,
    Scenario,
    Settlement,
)
from cyps.settlement.summaries import GroupTotals, all_totals, on_the_floor, totals_by
from cyps_workbooks.page import everyone
from cyps_workbooks.published.words import NOT_APPLICABLE, NOT_AVAILABLE, SHORTHAND

Cell = str | int | float
Years = Sequence[tuple[str, Settlement]]
"""Settlements by year label, in order; one with any label when there are no years."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header with the unit in it, how it looks, and the note it refers to."""

    header: str
    kind: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """One worksheet's table.

    Attributes
    ----------
    name : what the table (and, with its number before it, the sheet) is called
    title : what cell A1 says
    columns : as many as every row has cells
    rows : the cells; a number, or text such as shorthand, never empty
    lines : what a reader needs to know above the table
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    lines: tuple[str, ...] = ()

    @property
    def shorthand(self) -> set[str]:
        """Shorthand that some cell holds."""
        return {c for row in self.rows for c in row if isinstance(c, str) and c in SHORTHAND}


AUTHORITY = (
    Column("Authority", "label"),
    Column("Authority code", "code"),
    Column("Region", "words"),
)
MONEY = (
    Column("Needs share (%)", "share", "needs share"),
    Column("Share after area cost (%)", "share", "share"),
    Column("Target (pounds)", "pounds", "target"),
    Column("Baseline (pounds)", "pounds", "baseline"),
    Column("Allocation (pounds)", "pounds", "allocation"),
    Column("Change (pounds)", "pounds", "change"),
    Column("Change (%)", "percent", "change"),
)
LABELS = {"band": "Band", "tier": "Protection tier", "damping group": "Damping group"}
TOP_UP = Column("Top-up from outside the pot (pounds)", "pounds", "top-up")


def published_tables(years: Years, against: Years | None = None) -> tuple[PublishedTable, ...]:
    """Every table of a settlement, in order.

    Parameters
    ----------
    years : the settlements
    against : other settlements to compare with, of the same years; none by default

    Raises
    ------
    CypsError
        When the authorities of the two differ.
    """
    tables = [
        _allocations(years),
        _groups(years, "region", "Regions", "Region"),
        *([_groups(years, "class", "Classes", "Class of authority")] if _have_class(years) else []),
        _cost_weights(years),
        _spend(years[0][1].scenario),
        _use(years[0][1]),
        _damping(years),
    ]
    if years[0][1].scenario.exclusions:
        tables.append(_exclusions(years[0][1].scenario))
    if against is not None:
        tables.append(_comparison(against, years))
    return tuple(_finished(table, years) for table in tables)


# --- cells
def number(amount: float, decimals: int = 0) -> Cell:
    """A number as it is published: rounded to what is shown; [z] where there is none."""
    if np.isnan(amount):
        return NOT_APPLICABLE
    rounded = round(float(amount), decimals)
    return int(rounded) if decimals == 0 else rounded + 0.0  # no minus zero


def percent(rate: float, decimals: int = 2) -> Cell:
    """A rate as a percentage: 0.0123 is 1.23."""
    return number(rate * 100, decimals)


def _money(
    needs_share: float, share: float, target: float, baseline: float, pounds: int,
    change: float, rate: float,
) -> tuple[Cell, ...]:  # fmt: skip
    return (
        percent(needs_share, 4), percent(share, 4), number(target), number(baseline),
        int(pounds), number(change), percent(rate),
    )  # fmt: skip


def _totals(total: GroupTotals) -> tuple[Cell, ...]:
    return _money(
        total.needs_share, total.share, total.target, total.baseline, total.pounds,
        total.change, total.change_rate,
    )  # fmt: skip


# --- years
def _finished(table: PublishedTable, years: Years) -> PublishedTable:
    """The table without a column of years where there is one year, and with no empty cell."""
    first = 1 if table.columns[0] == YEAR and len(years) == 1 else 0
    rows = tuple(tuple(_never_empty(cell) for cell in row[first:]) for row in table.rows)
    return replace(table, columns=table.columns[first:], rows=rows)


def _never_empty(cell: Cell) -> Cell:
    return NOT_AVAILABLE if isinstance(cell, str) and not cell.strip() else cell


YEAR = Column("Year", "label")


# --- the tables
def _allocations(years: Years) -> PublishedTable:
    topped = any(s.top_up.any() for _, s in years)
    groups = _groupings(years)
    rows: list[tuple[Cell, ...]] = []
    for label, s in years:
        of_each = [s.scenario.damping_labels.get(label, {}) for label in groups]
        total = (everyone(s), NOT_APPLICABLE, NOT_APPLICABLE, *(NOT_APPLICABLE for _ in groups))
        rows.append((label, *total, *_totals(all_totals(s)), *((int(s.top_up.sum()),) * topped)))
        amounts = zip(
            s.needs_share, s.share, s.target, s.scenario.baseline, s.pounds, s.change,
            s.change_rate, strict=True,
        )  # fmt: skip
        for i, (place, money) in enumerate(zip(s.scenario.authorities, amounts, strict=True)):
            member = [names.get(place.code, NOT_APPLICABLE) for names in of_each]
            top_up = (int(s.top_up[i]),) * topped
            rows.append(
                (label, place.name, place.code, place.region, *member, *_money(*money), *top_up)
            )
    return PublishedTable(
        "Allocations",
        "Needs share, target, baseline and allocation by local authority",
        (YEAR, *AUTHORITY, *(Column(LABELS[label], "words") for label in groups), *MONEY,
         *((TOP_UP,) * topped)),
        tuple(rows),
        ("The first row of each year is the total." if len(years) > 1
         else "The first row is the total.",),
    )  # fmt: skip


def _groupings(years: Years) -> tuple[str, ...]:
    """What a year's damping sorts authorities by: bands, tiers, damping groups."""
    named = {label for _, s in years for label in s.scenario.damping_labels}
    return tuple(label for label in LABELS if label in named)


def _have_class(years: Years) -> bool:
    """Whether every authority's class can be told from its code; not that of made-up codes."""
    try:
        for _, s in years:
            grouping("class", s.scenario.authorities)
    except CypsError:
        return False
    return True


def _groups(years: Years, by: str, name: str, words: str) -> PublishedTable:
    topped = any(s.top_up.any() for _, s in years)
    rows: list[tuple[Cell, ...]] = []
    for label, s in years:
        groups = totals_by(s, grouping(by, s.scenario.authorities))
        for total in (replace(all_totals(s), name=everyone(s)), *groups):
            top_up = (total.top_up,) * topped
            rows.append((label, total.name, total.authorities, *_totals(total), *top_up))
    return PublishedTable(
        name,
        f"Needs share, target, baseline and allocation by {words[0].lower()}{words[1:]}",
        (YEAR, Column(words, "label"), Column("Authorities (number)", "count"), *MONEY,
         *((TOP_UP,) * topped)),
        tuple(rows),
        ("The first row of each year is the total." if len(years) > 1
         else "The first row is the total.",),
    )  # fmt: skip


def _cost_weights(years: Years) -> PublishedTable:
    s = years[0][1]
    rows = tuple(
        (
            metric,
            number(sum(x.pounds for x in s.scenario.spend if x.metric == metric)),
            percent(weight, 4),
            number(children, 1),
        )
        for metric, weight, children in zip(
            s.use.metrics, s.weights, s.use.children.sum(axis=0), strict=True
        )
    )
    return PublishedTable(
        "Cost_weights",
        "Cost weight, the spend behind it, and use by activity metric",
        (
            Column("Activity metric", "label"),
            Column("Spend (pounds)", "pounds"),
            Column("Cost weight (%)", "share", "cost weight"),
            Column("Use (children)", "children", "use"),
        ),
        rows,
    )


def _spend(scenario: Scenario) -> PublishedTable:
    return PublishedTable(
        "Spend",
        "Spend behind the cost weights, by service area and activity metric",
        (
            Column("Service area", "label"),
            Column("Activity metric", "words"),
            Column("Spend (pounds)", "pounds"),
        ),
        tuple((x.service_area, x.metric, number(x.pounds)) for x in scenario.spend),
    )


def _use(s: Settlement) -> PublishedTable:
    total = (everyone(s), NOT_APPLICABLE, NOT_APPLICABLE)
    sums = tuple(number(x, 1) for x in s.use.children.sum(axis=0).tolist())
    rows = (
        (place.name, place.code, place.region, *(number(x, 1) for x in children))
        for place, children in zip(s.scenario.authorities, s.use.children.tolist(), strict=True)
    )
    return PublishedTable(
        "Use",
        "Children who use each service, by local authority and activity metric",
        (*AUTHORITY, *(Column(f"{m} (children)", "children", "use") for m in s.use.metrics)),
        ((*total, *sums), *rows),
        ("The first row is the total.",),
    )  # fmt: skip


def _damping(years: Years) -> PublishedTable:
    rows: list[tuple[Cell, ...]] = []
    for label, s in years:
        rule = s.scenario.damping.kind
        for parameter, whom, value, unit in _parameters(s):
            rows.append((label, parameter, rule, whom, unit, value))
    words = tuple(
        f"Rule{f' of {label}' if len(years) > 1 else ''}: {s.scenario.damping_in_words}."
        for label, s in years
    )
    return PublishedTable(
        "Damping",
        "Damping rule: its parameters and what it did",
        (
            YEAR,
            Column("Parameter", "label"),
            Column("Rule", "words"),
            Column("Applies to", "words"),
            Column("Unit", "words"),
            Column("Value (unit in the column before)", "by unit", "factor"),
        ),
        tuple(rows),
        words,
    )


def _parameters(s: Settlement) -> Iterable[tuple[str, str, Cell, str]]:
    scenario, everybody = s.scenario, "All authorities"
    yield "Pot", everybody, int(scenario.pot), "pounds"
    for parameter, whom, rate in _rates(scenario.damping):
        yield parameter, whom, percent(rate, 4), "%"
    if scenario.transition.phasing is not None:
        way = percent(scenario.transition.phasing, 4)
        yield "Part of the way from baseline to target", everybody, way, "%"
    groups = scenario.transition.group
    if groups is None:
        yield "Scaling factor", everybody, number(s.damped.scaling_factor, 6), "factor"
    else:
        of_group = {groups[c]: f for c, f in zip(scenario.codes, s.damped.factor, strict=True)}
        for name in sorted(of_group):
            yield "Scaling factor", f"Group {name}", number(of_group[name], 6), "factor"
    yield "Authorities on the floor", everybody, int(on_the_floor(s).sum()), "number"
    yield "Top-up from outside the pot", everybody, int(s.top_up.sum()), "pounds"


def _rates(rule: DampingRule) -> Iterable[tuple[str, str, float]]:
    everybody = "All authorities"
    floor, ceiling = "Floor, least change from the baseline", "Ceiling, most change"
    match rule:
        case Floor() | FloorAndCeiling() | Proportional():
            yield floor, everybody, rule.floor
            if not isinstance(rule, Floor) and rule.ceiling is not None:
                yield ceiling, everybody, rule.ceiling
        case Bands():
            for name, band in rule.bands.items():
                yield floor, f"Band {name}", band.floor
                if band.ceiling is not None:
                    yield ceiling, f"Band {name}", band.ceiling
        case Protection():
            for name, part in rule.tiers.items():
                yield "Protected part of the baseline", f"Tier {name}", part
        case PaceOfChange():
            yield "Least growth", everybody, rule.least
            yield "Most growth", everybody, rule.most
            yield "Furthest below target", everybody, rule.furthest_below


def _exclusions(scenario: Scenario) -> PublishedTable:
    return PublishedTable(
        "Left_out",
        "Local authorities left out of the settlement, and why",
        (Column("Authority", "label"), Column("Authority code", "code"), Column("Reason", "long")),
        tuple((x.name, x.code, x.reason) for x in scenario.exclusions),
        ("Authorities left out are in no other table and in no total.",),
    )


def _comparison(before: Years, after: Years) -> PublishedTable:
    topped = any(s.top_up.any() for _, s in (*before, *after))
    rows: list[tuple[Cell, ...]] = []
    for (_, old), (label, new) in zip(before, after, strict=True):
        found = compare(old, new)
        total = found.total()
        tops = (int(old.top_up.sum()), int(new.top_up.sum())) * topped
        rows.append(
            (label, everyone(new), NOT_APPLICABLE, NOT_APPLICABLE, percent(1.0, 4),
             percent(1.0, 4), total.before, total.after, total.change,
             percent(total.change_rate), *tops)
        )  # fmt: skip
        amounts = zip(
            old.share, new.share, old.pounds, new.pounds, found.change, found.change_rate,
            old.top_up, new.top_up, strict=True,
        )  # fmt: skip
        for place, (s0, s1, p0, p1, change, rate, t0, t1) in zip(
            new.scenario.authorities, amounts, strict=True
        ):
            rows.append(
                (label, place.name, place.code, place.region, percent(s0, 4), percent(s1, 4),
                 int(p0), int(p1), int(change), percent(rate), *((int(t0), int(t1)) * topped))
            )  # fmt: skip
    return PublishedTable(
        "Comparison",
        "Allocation by local authority, compared with another settlement",
        (
            YEAR, *AUTHORITY,
            Column("Share after area cost, before (%)", "share", "share"),
            Column("Share after area cost, after (%)", "share", "share"),
            Column("Allocation before (pounds)", "pounds", "allocation"),
            Column("Allocation after (pounds)", "pounds", "allocation"),
            Column("Change from before (pounds)", "pounds"),
            Column("Change from before (%)", "percent"),
            *((Column("Top-up before (pounds)", "pounds", "top-up"),
               Column("Top-up after (pounds)", "pounds", "top-up")) * topped),
        ),
        tuple(rows),
        (*(_described("Before", label, s, len(before)) for label, s in before),
         *(_described("After", label, s, len(after)) for label, s in after),
         "The first row of each year is the total." if len(after) > 1
         else "The first row is the total."),
    )  # fmt: skip


def _described(when: str, label: str, s: Settlement, many: int) -> str:
    scenario = s.scenario
    year = f" {label}" if many > 1 else ""
    return (
        f"{when}{year}: {scenario.title} ({scenario.status}). {scenario.statement} "
        f"Pot {scenario.pot:,} pounds; {scenario.damping_in_words}."
    )
