"""A scenario written as text, such as in a worksheet's cells, instead of in a file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from cyps.errors import CypsError
from cyps.settlement.mistakes import Place, scenario_mistakes
from cyps.settlement.scenario_file import (
    ScenarioChoices,
    ScenarioFile,
    checked_base,
    combined,
    extended,
    parsed,
)

NAME: Final = "The scenario's text"
LineOf = Callable[[Place, bool], int | None]
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY: Final = re.compile(rf"\s*({_DOTTED})\s*=")


def read_scenario_text(text: str) -> ScenarioFile:
    r"""Read a scenario that is a text: TOML, or JSON where it begins with a brace.

    A text lies in no folder. So it names its files by whole paths, or it names by its whole path
    the scenario file that it extends; other files are then looked for beside that one.

    Raises
    ------
    CypsError
        When it is no TOML or JSON, or says something unknown or impossible; the sentence names
        key and line of the text.

    Examples
    --------
    >>> read_scenario_text('format = 1\npots = 5')
    Traceback (most recent call last):
    cyps.errors.CypsError: The scenario's text cannot be used as a scenario: 'title' is missing; ...
    """
    in_json = text.lstrip().startswith("{")
    try:
        own = parsed(text, NAME, in_json=in_json)
    except CypsError as error:
        raise CypsError(f"{error}{_hint(text)}") from None
    base_name = checked_base(NAME, own)
    folder = Path()
    sources: tuple[str, ...] = (NAME,)
    if base_name is not None:
        base = Path(base_name).expanduser()
        if not base.is_absolute():
            raise CypsError(
                f"{NAME}: 'extends' names {base_name[:80]} without its folder. A text lies in no "
                "folder: give the whole path of the scenario file."
            )
        said, others = extended(base)
        own, folder, sources = combined(NAME, own, said), base.parent, (NAME, *others)
    try:
        choices = ScenarioChoices.model_validate(own)
    except ValidationError as error:
        line = _line_in_json(text) if in_json else _line_in_toml(text)
        raise CypsError(scenario_mistakes(NAME, error, line)) from None
    return ScenarioFile(folder, choices, sources)


def _hint(text: str) -> str:
    """What a person is likely to have done, where a spreadsheet or Windows had a part in it."""
    if any(mark in text for mark in "\u201c\u201d\u2018\u2019"):
        return (
            " It has curly quotation marks, which spreadsheets put in place of straight ones: "
            "type \" or ' instead."
        )
    if "\\" in text:
        return " Write paths of Windows in single quotes, such as 'C:\\Settlements\\use.csv'."
    return ""


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
