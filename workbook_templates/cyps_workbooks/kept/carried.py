"""What people typed, carried into a workbook with other authorities or another use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cyps.settlement import Settlement
from cyps_workbooks.damping_rows import BAND_SLOTS, GROUP_SLOTS, TIER_SLOTS, YES
from cyps_workbooks.kept.findings import said
from cyps_workbooks.kept.opened import Entry, Opened, Value
from cyps_workbooks.kept.read_back import ReadBack, from_spend
from cyps_workbooks.kept.typed_cells import shown_text
from cyps_workbooks.layout import Layout, weight_name
from cyps_workbooks.page import Grid, Typed
from cyps_workbooks.published.foreign import Area
from cyps_workbooks.published.reading_sheets import area_of

BY_AUTHORITY = ("in_baseline", "in_area_cost", "in_band", "in_tier", "in_group", "in_children")
BY_YEAR = ("baseline", "area_cost", "band", "tier", "group")
"""What a newcomer may have otherwise in a year."""
_TABLES = {
    "band": (("in_band_name", "in_band_floor", "in_band_ceiling"), BAND_SLOTS),
    "tier": (("in_tier_name", "in_tier_part", "in_tier_real"), TIER_SLOTS),
    "group": (("in_group_name",), GROUP_SLOTS),
}
_SHOWN = {
    "in_year": "the year shown on Results",
    "in_authority": "the authority shown",
    "in_child": "the made-up child of the worked example",
    "in_grouping": "the grouping shown on Groups",
}
"""What people choose to look at, which moves no number of the settlement."""


_IN_ROW = re.compile(r'\$?([A-Z]{1,3})\$?([0-9]{1,7})(?:&"")?')


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What an authority that the old workbook does not know begins with.

    Pounds, a factor, names of the lists on the sheet Damping, children; None or "" where nothing
    was said. It holds in every year, but for what `by_year` says of a year by its label.
    """

    baseline: float | None = None
    area_cost: float | None = None
    band: str = ""
    tier: str = ""
    group: str = ""
    children: float | None = None
    by_year: Mapping[str, Newcomer] = field(default_factory=dict)

    def said_of(self, label: str, what: str) -> Value:
        """What was said of a year alone."""
        value = getattr(self.by_year.get(label, Newcomer()), what)
        return value if value != "" else None

    def in_year(self, label: str) -> Newcomer:
        """What it has in a year."""
        said = ((what, self.said_of(label, what)) for what in BY_YEAR)
        own: dict[str, Any] = {what: value for what, value in said if value is not None}
        return replace(self, **own)

    def cell(self, name: str) -> Value:
        """What stands in its cells of an input by authority."""
        value = getattr(self, name.removeprefix("in_"))
        return value if value != "" else None


@dataclass(slots=True)
class Carrying:
    """Carries the cells of one workbook by name; `left` says what could not be, and why.

    `codes` are the authorities of the new workbook, each of them one of the old or a newcomer.
    """

    opened: Opened
    back: ReadBack
    codes: tuple[str, ...]
    newcomers: Mapping[str, Newcomer] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def typed(self) -> Typed:
        """Everything that is drawn as it was typed."""
        cells: dict[str, Grid] = {}
        follows = {name: self._follows(name) for name in BY_AUTHORITY if name in self.opened.places}
        for name in self.opened.places:
            if not name.startswith(("in_", "text_")) or name in _SHOWN:
                continue
            if name in BY_AUTHORITY:
                cells[name] = self._by_authority(name)
            elif not name.startswith(("in_spend", "in_weight_")):
                cells[name] = self._grid(name)
        cells |= {
            weight_name(metric): ((weight,),)
            for metric, weight in self.back.typed_weights.items()
            if not from_spend(self.opened, self.opened.block(weight_name(metric))[0][0])
        }
        for what, (names, slots) in _TABLES.items():
            self._fit_table(cells, what, names, slots)
        return Typed(spend=self.back.lines, cells=cells, follows=follows)

    def shown_authority(self, names: dict[str, str]) -> str | None:
        """The authority that was shown, by its new name; `names` are new names by old name."""
        if "in_authority" not in self.opened.places:
            return None
        return names.get(str(self.opened.block("in_authority")[0][0].value))

    def note_what_is_shown(self, new: Opened) -> None:
        """Say which choices of what to look at are others in the new workbook."""
        for name, what in _SHOWN.items():
            if name not in self.opened.places:
                continue
            if name not in new.places:
                self._leave(name, "its sheet went with the pack")
                continue
            blocks = zip(self.opened.block(name), new.block(name), strict=False)
            for was, now in (
                (a, b) for old, new_row in blocks for a, b in zip(old, new_row, strict=False)
            ):
                if shown_text(was.value) != shown_text(now.value):
                    self.left.append(
                        f"{now.place}: {what} was {said(was.value)}; it is {said(now.value)} now."
                    )

    def fitting(self, typed: Typed, layout: Layout) -> Typed:
        """What of it the new workbook has cells for; the rest is said, cell by cell."""
        places = layout.inputs() | layout.texts()
        cells: dict[str, Grid] = {}
        for name, grid in typed.cells.items():
            if name not in places:
                self._leave(name, "the new workbook has no such cells")
                continue
            area = area_of(places[name].rpartition("!")[2].replace("$", ""))
            rows, columns = area.bottom - area.top + 1, area.right - area.left + 1
            if any(len(row) != columns for row in grid) or _filled(grid[rows:]):
                self._leave(name, "the new workbook has fewer cells for it")
                continue
            blank: tuple[Value, ...] = (None,) * columns
            cells[name] = (*grid[:rows], *(blank for _ in range(rows - len(grid))))
        return replace(typed, cells=cells)

    # --- cells
    def _value(self, entry: Entry, *, follows: bool = False) -> Value:
        source = self.opened.followed(entry)
        if entry.formula is not None and not follows:
            self.left.append(
                f"{entry.place}: its formula ={entry.formula[:60]} was not carried; its value "
                f"{said(source.value)} was."
            )
        return None if source.value == "" else source.value

    def _grid(self, name: str) -> Grid:
        return tuple(tuple(self._value(e) for e in row) for row in self.opened.block(name))

    def _follows(self, name: str) -> tuple[tuple[int | None, ...], ...]:
        """Which column of its row each cell follows."""
        block = self.opened.block(name)
        _, area = self.opened.places[name]
        found = dict(zip(self.back.scenario.codes, block, strict=False))
        width = len(block[0])
        return tuple(
            self._new_follows(code, name, width)
            if code not in found
            else tuple(_followed(e, area) for e in found[code])
            for code in self.codes
        )

    def _new_follows(self, code: str, name: str, width: int) -> tuple[int | None, ...]:
        """A newcomer's later years follow the first, but for those that something is said of."""
        labels = [label for label, _, _ in self.back.records]
        first = width // len(labels)  # columns of a year
        if not first:
            return (None,)
        what, own = name.removeprefix("in_"), self.newcomers[code]
        return tuple(
            None if j < first or own.said_of(labels[j // first], what) is not None else j % first
            for j in range(width)
        )

    def _new_row(self, code: str, name: str, width: int) -> tuple[Value, ...]:
        labels = [label for label, _, _ in self.back.records]
        if width < len(labels):
            return (self.newcomers[code].cell(name),) * width
        of_year = width // len(labels)
        return tuple(
            self.newcomers[code].in_year(labels[j // of_year]).cell(name) for j in range(width)
        )

    def _by_authority(self, name: str) -> Grid:
        follows = dict(zip(self.codes, self._follows(name), strict=True))
        block = dict(zip(self.back.scenario.codes, self.opened.block(name), strict=False))
        width = len(next(iter(block.values())))
        rows = []
        for code in self.codes:
            if code in block:
                pairs = zip(block[code], follows[code], strict=True)
                rows.append(tuple(self._value(e, follows=f is not None) for e, f in pairs))
            else:
                rows.append(self._new_row(code, name, width))
                if name == "in_children" and rows[-1][0] is None and _filled(tuple(rows[:-1])):
                    self.left.append(
                        f"Children of {code} are not known: pounds per child stay blank for "
                        "everybody until they are typed on the sheet Use."
                    )
        return tuple(rows)

    def _fit_table(
        self, cells: dict[str, Grid], what: str, names: tuple[str, ...], slots: int
    ) -> None:
        """Rows of a table of names: blank ones at its end go, so that it fits again."""
        if not all(name in cells for name in names):
            return
        if what == "group" and self._groups_are_used():
            # The engine lists groups by name, and so does a new workbook.
            used = {str(x) for row in cells["in_group"] for x in row if x}
            for (name,) in cells.pop("in_group_name"):
                if name and str(name).casefold() not in {x.casefold() for x in used}:
                    self.left.append(
                        f"in_group_name: {said(name)} has no authority, and was left out."
                    )
            return
        filled = [i for name in names for i, row in enumerate(cells[name]) if any(row)]
        if what == "tier":  # a tier that is not described still says whether it follows
            filled = [i for name in names[:2] for i, row in enumerate(cells[name]) if any(row)]
        rows = max([slots, *(i + 1 for i in filled)])
        for name in names:
            width = len(cells[name][0])
            blank: tuple[Value, ...] = (None,) * width
            kept = cells[name][:rows]
            cells[name] = (*kept, *(blank for _ in range(rows - len(kept))))

    def _groups_are_used(self) -> bool:
        return any(
            str(entry.value).casefold() == YES.casefold()
            for entry in self.opened.block("in_use_groups")[0]
        )

    def _leave(self, name: str, why: str) -> None:
        for row in self.opened.block(name):
            for entry in row:
                if entry.value not in (None, ""):
                    self.left.append(f"{entry.place} ({name}): {said(entry.value)}: {why}.")


def _followed(entry: Entry, area: Area) -> int | None:
    """The column of its block that a cell follows, in its own row; None where it does not."""
    found = None if entry.formula is None else _IN_ROW.fullmatch(entry.formula.removeprefix("="))
    if found is None:
        return None
    at = area_of(found[1] + found[2])
    inside = area.left <= at.left <= area.right and at.left != entry.column
    return at.left - area.left if at.top == entry.row and inside else None


def _filled(rows: Grid) -> bool:
    return any(value not in (None, "") for row in rows for value in row)


def moved(before: Settlement, after: Settlement) -> str:
    """How the pounds of a year moved, in a sentence."""
    was = dict(zip(before.scenario.codes, before.pounds.tolist(), strict=True))
    places = after.scenario.authorities
    changes = [
        (pounds - was[place.code], place.name)
        for place, pounds in zip(places, after.pounds.tolist(), strict=True)
        if place.code in was
    ]
    differ = [change for change in changes if change[0]]
    if not differ:
        return "no authority's pounds moved"
    up, down = max(differ), min(differ)
    words = [f"{name} {amount:+,}" for amount, name in dict.fromkeys((up, down))]
    return f"the pounds of {len(differ)} of {len(changes)} authorities moved ({', '.join(words)})"
