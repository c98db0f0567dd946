"""The damping of a year, from the sheets Damping and Members by the names of their cells."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from cyps.settlement import (
    Band,
    Bands,
    DampingRule,
    Floor,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
    Protection,
    Transition,
    Undamped,
)
from cyps_workbooks.damping_rows import (
    BANDS,
    FIELD,
    FLOOR,
    FLOOR_AND_CEILING,
    GROUP_PAYS,
    METHODS,
    NO,
    NO_DAMPING,
    OUTSIDE_PAYS,
    PACE,
    PROPORTIONAL,
    PROTECTION,
    YES,
)
from cyps_workbooks.kept.findings import said
from cyps_workbooks.kept.opened import Entry
from cyps_workbooks.kept.typed_cells import (
    BELOW_TARGET,
    PART,
    PROTECTED,
    RATE,
    Between,
    TypedCells,
)

_PERCENTAGE = "Type a percentage, such as -5%."


@dataclass(frozen=True, slots=True)
class DampingCells:
    """Reads the damping of each of `years` years for the authorities with these codes."""

    typed: TypedCells
    codes: tuple[str, ...]
    years: int

    def of_year(self, year: int) -> tuple[DampingRule | None, Transition]:
        """The rule and the transition; None where the cells give no rule, and why is noted."""
        method = self._choice("method", year, METHODS)
        rule = self._rule(method, year) if method else None
        phasing = None if method == PACE else self._number("phasing", year, PART)
        grouped = self._choice("use_groups", year, (YES, NO)) == YES
        group = self._members("group", year, self._names("in_group_name")) if grouped else None
        return rule, Transition(None if phasing == 1.0 else phasing, group)

    def _rule(self, method: str, year: int) -> DampingRule | None:
        try:
            match method:
                case str(name) if name == NO_DAMPING:
                    return Undamped()
                case str(name) if name == FLOOR:
                    floor = self._rate("floor", year)
                    return None if floor is None else Floor(floor=floor)
                case str(name) if name in {FLOOR_AND_CEILING, PROPORTIONAL}:
                    return self._with_ceiling(name, year)
                case str(name) if name == BANDS:
                    return self._bands(year)
                case str(name) if name == PROTECTION:
                    return self._protection(year)
                case _:
                    return self._pace(year)
        except ValidationError as error:  # pragma: no cover - the cells were checked one by one
            entry = self._cell("method", year)
            if entry is not None:
                self.typed.note(entry, f"the rule cannot be used: {error.errors()[0]['msg']}.")
            return None

    def _with_ceiling(self, method: str, year: int) -> DampingRule | None:
        floor, entry = self._rate("floor", year), self._cell("ceiling", year)
        if entry is None:
            return None
        if method == PROPORTIONAL:
            usable, ceiling = self.typed.number_or_blank(
                entry, FIELD["ceiling"].label, RATE, _PERCENTAGE
            )
        else:
            ceiling = self._rate("ceiling", year)
            usable = ceiling is not None
        if floor is None or not usable or not self._above(entry, floor, ceiling):
            return None
        if method == PROPORTIONAL:
            return Proportional(floor=floor, ceiling=ceiling)
        return None if ceiling is None else FloorAndCeiling(floor=floor, ceiling=ceiling)

    def _above(self, entry: Entry, floor: float, ceiling: float | None) -> bool:
        if ceiling is None or ceiling >= floor:
            return True
        self.typed.note(
            entry, f"the ceiling of {ceiling:.4%} is below the floor of {floor:.4%}. Raise it."
        )
        return False

    def _bands(self, year: int) -> DampingRule | None:
        names = self._names("in_band_name")
        member = self._members("band", year, names)
        floors, ceilings = (self._table(f"in_band_{key}", year) for key in ("floor", "ceiling"))
        bands: dict[str, Band] = {}
        for row, name in names.items():
            if name not in member.values() or row >= len(floors):
                continue  # nobody is in it: whatever stands there counts for nothing
            floor = self.typed.number(
                floors[row], f"the floor of band {said(name)}", RATE, _PERCENTAGE
            )
            usable, ceiling = self.typed.number_or_blank(
                ceilings[row], f"the ceiling of band {said(name)}", RATE, _PERCENTAGE
            )
            if floor is not None and usable and self._above(ceilings[row], floor, ceiling):
                bands[name] = Band(floor=floor, ceiling=ceiling)
        whole = len(member) == len(self.codes) and set(member.values()) == set(bands)
        return Bands(bands=bands, member=member) if whole else None

    def _protection(self, year: int) -> DampingRule | None:
        names = self._names("in_tier_name")
        member = self._members("tier", year, names)
        parts, real = (self._table(f"in_tier_{key}", year) for key in ("part", "real"))
        deflator = self._rate("deflator", year)
        payer = self._choice("payer", year, (GROUP_PAYS, OUTSIDE_PAYS))
        tiers: dict[str, float] = {}
        for row, name in names.items():
            if name not in member.values() or row >= len(parts) or deflator is None:
                continue
            part = self.typed.number(
                parts[row], f"the protected part of tier {said(name)}", PROTECTED,
                "Type a part of the baseline from 0% to 1000%, such as 95%.",
            )  # fmt: skip
            follows = self.typed.words(real[row], f"whether tier {said(name)} follows the deflator")
            if part is not None:
                # As the cells have it: whatever is not Yes does not follow the deflator.
                tiers[name] = part * (1 + (deflator if follows.casefold() == "yes" else 0.0))
        whole = len(member) == len(self.codes) and set(member.values()) == set(tiers)
        if not whole or payer not in {GROUP_PAYS, OUTSIDE_PAYS}:
            return None
        return Protection.model_validate({"tiers": tiers, "member": member, "payer": payer})

    def _pace(self, year: int) -> DampingRule | None:
        least, most = self._rate("least", year), self._rate("most", year)
        below = self._number("furthest_below", year, BELOW_TARGET)
        if least is None or most is None or below is None:
            return None
        entry = self._cell("most", year)
        if most < least and entry is not None:
            self.typed.note(entry, "the most growth is below the least growth. Raise it.")
            return None
        return PaceOfChange(least=least, most=most, furthest_below=below)

    # --- cells
    def _cell(self, key: str, year: int) -> Entry | None:
        cells = self.typed.block(f"in_{key}", 1, self.years)
        return cells[0][year] if cells else None

    def _choice(self, key: str, year: int, choices: tuple[str, ...]) -> str:
        entry = self._cell(key, year)
        return "" if entry is None else self.typed.choice(entry, FIELD[key].label, choices)

    def _number(self, key: str, year: int, within: Between) -> float | None:
        entry = self._cell(key, year)
        if entry is None:
            return None
        needed = f"Type a percentage from {within.least:.0%} to {within.most:.0%}."
        return self.typed.number(entry, FIELD[key].label, within, needed)

    def _rate(self, key: str, year: int) -> float | None:
        return self._number(key, year, RATE)

    def _table(self, name: str, year: int) -> list[Entry]:
        rows = len(self.typed.opened.block(name))
        return [cells[year] for cells in self.typed.block(name, rows, self.years)]

    def _names(self, name: str) -> dict[int, str]:
        """Names of bands, tiers or groups by their row; the first of two alike, as cells do."""
        found: dict[int, str] = {}
        for row, (entry,) in enumerate(self.typed.opened.block(name)):
            words = self.typed.words(entry, "the name")
            if words and words.casefold() not in {known.casefold() for known in found.values()}:
                found[row] = words
        return found

    def _members(self, what: str, year: int, names: dict[int, str]) -> dict[str, str]:
        """Band, tier or group by code; who is in none that is described is noted."""
        listed = {name.casefold(): name for name in names.values()}
        member: dict[str, str] = {}
        without: list[tuple[Entry, str, str]] = []
        rows = self.typed.block(f"in_{what}", len(self.codes), self.years)
        for code, cells in zip(self.codes, rows, strict=False):
            words = self.typed.words(cells[year], f"the {what} of {code}")
            if words.casefold() in listed:
                member[code] = listed[words.casefold()]
            else:
                without.append((cells[year], code, words))
        if without:
            entry, code, words = without[0]
            known = ", ".join(said(name) for name in names.values()) or "none"
            more = f", and {len(without) - 1:,} more authorities have none" if without[1:] else ""
            self.typed.note(
                entry,
                f"the {what} of {code} is {said(words)}{more}. The sheet Damping describes "
                f"{known}: choose one of them.",
            )
        return member
