"""The examples of the registry: formulas read and computed, so that none can be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cyps.errors import CypsError
from cyps_addin.calls import call
from cyps_addin.declare import Cells

_TOKEN = re.compile(
    r'\s*(?:(?P<number>-?\d+(?:\.\d+)?%?)|"(?P<text>(?:[^"]|"")*)"|(?P<name>[A-Z_][A-Z0-9_]*)'
    r"|(?P<sign>[(),;{}]))"
)


def run_example(formula: str) -> Cells:
    """The value of a formula of CYPS functions, numbers, texts and constant arrays.

    Raises
    ------
    CypsError
        When it is no such formula, or a function refuses what it is given.

    Examples
    --------
    >>> run_example("=CYPS_DAMP({96;104},{100;100},-2.5%)")
    [[97.5], [102.5]]
    """
    reader = _Reader(tuple(_tokens(formula.removeprefix("="))))
    value = reader.value()
    if reader.place < len(reader.tokens):
        raise CypsError(f"{formula} goes on after its end.")
    return value


def in_calc(formula: str) -> str:
    """The same formula as LibreOffice's Formula property wants it: ; and | in place of , and ;.

    Examples
    --------
    >>> in_calc('=CYPS_SHARES({30,5;10,5},{3,1})')
    '=CYPS_SHARES({30;5|10;5};{3;1})'
    >>> in_calc('=CYPS_SHARE("a,b",1)')
    '=CYPS_SHARE("a,b";1)'
    """
    parts, depth = [], 0
    for part in re.findall(r'"(?:[^"]|"")*"|.', formula):
        depth += (part == "{") - (part == "}")
        parts.append({",": ";", ";": "|" if depth else ";"}.get(part, part))
    return "".join(parts)


def _tokens(formula: str) -> Iterator[tuple[str, Any]]:
    place = 0
    while place < len(formula):
        found = _TOKEN.match(formula, place)
        if found is None:
            raise CypsError(f"{formula[place:]!r} in an example cannot be read.")
        place = found.end()
        if found["number"]:
            number = float(found["number"].removesuffix("%"))
            yield "value", number / 100 if found["number"].endswith("%") else number
        elif found["text"] is not None:
            yield "value", found["text"].replace('""', '"')
        elif found["name"]:
            yield "name", found["name"]
        else:
            yield found["sign"], None


@dataclass(slots=True)
class _Reader:
    tokens: tuple[tuple[str, Any], ...]
    place: int = 0

    def value(self) -> Cells:
        kind, what = self._next()
        if kind == "value":
            return what
        if kind == "{":
            return self._array()
        if kind != "name":
            raise CypsError(f"A value is missing before {kind} in an example.")
        arguments: list[Cells] = []
        self._next("(")
        while self._peek() != ")":
            arguments.append(None if self._peek() == "," else self.value())
            if self._peek() == ",":
                self._next()
        self._next()
        return call(what, *arguments)

    def _array(self) -> Cells:
        rows: list[list[Any]] = [[]]
        while True:
            rows[-1].append(self._next("value")[1])
            sign = self._next()[0]
            if sign == "}":
                return rows
            if sign == ";":
                rows.append([])

    def _peek(self) -> str:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else "the end"

    def _next(self, wanted: str | None = None) -> tuple[str, Any]:
        if wanted is not None and self._peek() != wanted:
            raise CypsError(f"{wanted} is missing before {self._peek()} in an example.")
        if self.place >= len(self.tokens):
            raise CypsError("An example ends too early.")
        token = self.tokens[self.place]
        self.place += 1
        return token
