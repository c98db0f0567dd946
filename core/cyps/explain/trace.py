"""Trace: a number's whole ancestry, as lettered lines."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cyps.errors import CypsError
from cyps.explain.ancestry import Figure, figures
from cyps.geography import LAST_YEAR, Authority
from cyps.returns import AuthorityList
from cyps.settlement import Settlement


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One line of a calculation.

    Attributes
    ----------
    letter : (a), (b), ... without the brackets
    key : what it is called, such as "damped_allocation"
    name : the same in words
    formula : in letters, such as "(a) / (b)"; "" for an input or a total
    inputs : letters of the lines it is made of
    value : the number
    kind : "input" comes from outside, "total" from all authorities, "line" from its inputs
    unit : "use" (children, or what the source says), "pounds", "whole pounds", "factor" or
        "count"
    source : where an input is from, what a total is over, the rule of a line
    """

    letter: str
    key: str
    name: str
    formula: str
    inputs: tuple[str, ...]
    value: float
    kind: Literal["input", "total", "line"]
    unit: str
    source: str

    @property
    def text(self) -> str:
        """The value as published calculations show it: factors to 14 decimals."""
        if self.unit == "factor" or (self.unit == "use" and abs(self.value) < 1):
            return f"{self.value:.14f}"
        if self.unit in {"whole pounds", "count"}:
            return f"{self.value:,.0f}"
        return f"{self.value:,.6f}"


@dataclass(frozen=True, slots=True)
class Trace:
    """An authority's number and every line that it is made of, in the order of making."""

    code: str
    name: str
    line: str
    lines: tuple[TraceLine, ...]

    @property
    def value(self) -> float:
        """The number that was asked for: that of the last line."""
        return self.lines[-1].value


def trace(settlement: Settlement, code: str, line: str = "pounds") -> Trace:
    """Every line that an authority's number is made of, lettered.

    Parameters
    ----------
    settlement : what was settled
    code : GSS code or name of the authority
    line : what to trace, such as "damped_allocation"; whole pounds by default

    Raises
    ------
    CypsError
        When there is no such authority or line; those that there are, are named.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> for row in trace(example(), "Derby", "metric_share_CIN").lines:
    ...     print(f"({row.letter}) {row.name} {row.formula} {row.text}")
    (a) Use of CIN  20.000000
    (b) Use of CIN, all authorities  50.000000
    (c) Share of CIN use (a) / (b) 0.40000000000000
    """
    row = authority_row(settlement, code)
    made = figures(settlement, row)
    wanted = _line(line, made)
    kept = _ancestors(made, wanted)
    letter = {figure.key: _letters(i) for i, figure in enumerate(kept)}
    place = settlement.scenario.authorities[row]
    return Trace(
        place.code, place.name, wanted, tuple(_lettered(figure, letter) for figure in kept)
    )


def authority_row(settlement: Settlement, named: str) -> int:
    """Row of an authority, by GSS code or name, in any case.

    Raises
    ------
    CypsError
        When there is none; names the closest ones.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> authority_row(example(), "derby"), authority_row(example(), "e06000001")
    (1, 0)
    """
    places = settlement.scenario.authorities
    wanted = " ".join(named.split()).casefold()
    for row, place in enumerate(places):
        if wanted in (place.code.casefold(), place.name.casefold()):
            return row
    for gone in settlement.scenario.exclusions:
        if wanted in (gone.code.casefold(), gone.name.casefold()):
            raise CypsError(
                f"{gone.name} ({gone.code}) was left out of this settlement: {gone.reason}."
            )
    raise CypsError(
        f"No authority of this settlement has the code or name '{named[:60]}'."
        f"{_who_is_meant(wanted, places)} Give a GSS code such as E06000001, or the name as the "
        "settlement has it."
    )


def _who_is_meant(wanted: str, places: Sequence[Authority]) -> str:
    """What a code stands for; of a name the closest, because codes that look alike are not."""
    if re.fullmatch(r"e?\d+", wanted):
        return f" {AuthorityList(LAST_YEAR).hint(wanted.upper())}"
    known = {a.name.casefold(): f"{a.name} ({a.code})" for a in places}
    return _did_you_mean(wanted, known)


def _did_you_mean(wanted: str, known: Mapping[str, str]) -> str:
    within = [words for text, words in known.items() if wanted and wanted in text]
    close = within or [known[text] for text in difflib.get_close_matches(wanted, known)]
    return f" Did you mean {' or '.join(dict.fromkeys(close[:3]))}?" if close else ""


def _line(line: str, made: tuple[Figure, ...]) -> str:
    """The key of a line, however it was typed."""
    wanted = re.sub(r"[\s-]+", "_", line.strip()).casefold()
    keys = {figure.key.casefold(): figure.key for figure in made}
    if wanted in keys:
        return keys[wanted]
    raise CypsError(
        f"There is no line '{line}'.{_did_you_mean(wanted, keys)} There are "
        f"{', '.join(keys.values())}."
    )


def _ancestors(made: tuple[Figure, ...], key: str) -> tuple[Figure, ...]:
    """The figures that one is made of, and itself, in the order of making."""
    needed = {key}
    for figure in reversed(made):
        if figure.key in needed:
            needed.update(figure.inputs)
    return tuple(figure for figure in made if figure.key in needed)


def _lettered(figure: Figure, letter: dict[str, str]) -> TraceLine:
    return TraceLine(
        letter=letter[figure.key],
        key=figure.key,
        name=figure.name,
        formula=re.sub(r"\{(\w+)\}", lambda found: f"({letter[found[1]]})", figure.formula),
        inputs=tuple(letter[key] for key in figure.inputs),
        value=figure.value,
        kind=figure.kind,
        unit=figure.unit,
        source=figure.source,
    )


def _letters(number: int) -> str:
    """Letters a to z, then aa, ab, ...

    Examples
    --------
    >>> _letters(0), _letters(25), _letters(26), _letters(53)
    ('a', 'z', 'aa', 'bb')
    """
    if number < 26:
        return chr(ord("a") + number)
    return _letters(number // 26 - 1) + _letters(number % 26)
