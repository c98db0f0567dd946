"""What a person typed into named cells, as numbers and words; all that is wrong is collected."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cyps.errors import CypsError
from cyps_workbooks.kept.findings import Finding, said
from cyps_workbooks.kept.opened import Entry, Opened


@dataclass(frozen=True, slots=True)
class Between:
    """The numbers that a cell may hold; `above` leaves the least one out."""

    least: float = -math.inf
    most: float = math.inf
    above: bool = False

    def holds(self, number: float) -> bool:
        """Whether a number is one of them."""
        return self.least <= number <= self.most and not (self.above and number == self.least)


POUNDS = Between(0.0)
FACTOR = Between(0.0, above=True)
RATE = Between(-1.0, 10.0)
PART = Between(0.0, 1.0)
BELOW_TARGET = Between(-1.0, 0.0)
PROTECTED = Between(0.0, 10.0)


@dataclass(slots=True)
class TypedCells:
    """Reads named cells of an opened workbook and notes every one that cannot be used."""

    opened: Opened
    problems: list[Finding] = field(default_factory=list)

    def block(self, name: str, rows: int, columns: int) -> list[list[Entry]]:
        """The cells of a name, which must be so many; none where they are not."""
        try:
            found = self.opened.block(name)
        except CypsError as error:
            self.problems.append(Finding("inputs", "", str(error)))
            return []
        if len(found) == rows and len(found[0]) == columns:
            return found
        self.note(
            found[0][0],
            f"the name {name} stands for {len(found)} rows and {len(found[0])} columns, not {rows} "
            f"and {columns}: rows or columns were put in or taken out. Take an earlier copy.",
        )
        return []

    def note(self, entry: Entry, words: str) -> None:
        """Something is wrong with a cell."""
        self.problems.append(Finding("inputs", entry.place, words))

    def number(self, entry: Entry, what: str, within: Between, needed: str) -> float | None:
        """A number that must be there."""
        source = self._readable(entry, what, needed)
        if source is None:
            return None
        value = source.value
        if isinstance(value, float) and math.isfinite(value) and within.holds(value):
            return value
        self.note(entry, f"{what} is {said(value)}. {needed}")
        return None

    def number_or_blank(
        self, entry: Entry, what: str, within: Between, needed: str
    ) -> tuple[bool, float | None]:
        """Whether a cell can be used, and its number; a blank one can."""
        source = self._readable(entry, what, needed)
        if source is None:
            return False, None
        if source.value is None or source.value == "":
            return True, None
        number = self.number(entry, what, within, needed)
        return number is not None, number

    def words(self, entry: Entry, what: str, needed: str = "") -> str:
        """Text; a number typed where a name stands is its shortest text, as in the cells."""
        source = self._readable(entry, what, needed)
        return "" if source is None else shown_text(source.value)

    def choice(self, entry: Entry, what: str, choices: Iterable[str]) -> str:
        """One of a list, without regard to capitals as spreadsheets compare; "" where it isn't."""
        listed = {choice.casefold(): choice for choice in choices}
        needed = f"Choose one of: {', '.join(listed.values())}."
        words = self.words(entry, what, needed)
        found = listed.get(words.casefold(), "")
        if not found and self._readable(entry, what, needed, quiet=True):
            self.note(entry, f"{what} is {said(words)}. {needed}")
        return found

    def _readable(
        self, entry: Entry, what: str, needed: str, *, quiet: bool = False
    ) -> Entry | None:
        """The cell that holds the value: it may be another one that a formula points to."""
        source = self.opened.followed(entry)
        words = ""
        if source.error:
            words = f"{what} shows the error {said(source.value)}. {needed}"
        elif source.formula is not None and source.value is None:
            words = (
                f"{what} is a formula (={source.formula[:60]}) whose value was not saved. Open the "
                "workbook in Excel or LibreOffice, let it calculate, save it; or type the value."
            )
        if words and not quiet:
            self.note(entry, words.strip())
        return None if words else source


def shown_text(value: object) -> str:
    """A cell's value as text, as `&""` gives it in a formula."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return "" if value is None else str(value)


def blank(entries: Sequence[Entry]) -> bool:
    """Whether nothing stands in any of the cells."""
    return all(entry.value in (None, "") and entry.formula is None for entry in entries)
