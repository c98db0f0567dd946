"""In which line of a scenario's text a key stands, for what is said of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from cyps.mistakes import LineOf, Place

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY: Final = re.compile(rf"\s*({_DOTTED})\s*=")


def line_of(text: str, *, in_json: bool) -> LineOf:
    r"""Give what finds the line of a place; it gives None where the line is not certain.

    Examples
    --------
    >>> find = line_of('format = 1\n[damping]\nfloor = "-5%"', in_json=False)
    >>> find(("damping", "floor"), False)
    3
    """
    return _line_in_json(text) if in_json else _line_in_toml(text)


def _line_in_json(text: str) -> LineOf:
    """Of keys that stand once in the text; of others the line could be wrong."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(text.splitlines(), 1):
        for key in re.findall(r'"([^"\\]*)"\s*:', line):
            found[key].append(number)
    once = {key: lines[0] for key, lines in found.items() if len(lines) == 1}

    def line_of(place: Place, missing: bool) -> int | None:
        named = [part for part in place if isinstance(part, str)]
        return once.get(named[-1]) if named and not missing else None

    return line_of


def _line_in_toml(text: str) -> LineOf:
    """By table headers and keys at the beginning of lines."""
    tables, keys = _keys_and_tables(text)

    def line_of(place: Place, missing: bool) -> int | None:
        known = tables if missing else tables | keys
        wanted = place[:-1] if missing else place
        above = {one[:i] for one in known for i in range(1, len(one) + 1)}
        found: Place = ()
        for part in wanted:  # kinds of damping stand in a place, and in no text
            found = (*found, part) if (*found, part) in above else found
        meant = [part for part in wanted if isinstance(part, str)]
        named = [part for part in found if isinstance(part, str)]
        # Half of a place may be in the scenario that is extended.
        return known.get(found) if missing or meant[-1:] == named[-1:] else None

    return line_of


def _keys_and_tables(text: str) -> tuple[dict[Place, int], dict[Place, int]]:
    """Lines, from 1, of table headers and of keys."""
    tables: dict[Place, int] = {}
    keys: dict[Place, int] = {}
    count: dict[Place, int] = defaultdict(int)
    table: Place = ()
    for number, line in _outside_texts(text):
        if header := _HEADER.match(line):
            table = _parts(header[2])
            if header[1] == "[[":
                count[table] += 1
                table = (*table, count[table] - 1)
            tables.setdefault(table, number)
        elif key := _KEY.match(line):
            keys.setdefault((*table, *_parts(key[1])), number)
    return tables, keys


def _outside_texts(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without those within a text of several lines."""
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            yield number, line
        for mark in re.findall(r'"""|\'\'\'', line):
            inside = "" if inside == mark else inside or mark


def _parts(dotted: str) -> Place:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))
