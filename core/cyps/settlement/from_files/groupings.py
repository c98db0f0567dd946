"""A grouping as a person names it: one of ours, or a file; and whom it has to name."""

from __future__ import annotations

from pathlib import Path

from cyps.errors import CypsError
from cyps.geography import GROUPINGS, Grouping, grouping, known_grouping
from cyps.returns import Places, Source, read_grouping
from cyps.settlement import Scenario


def places_of(scenario: Scenario) -> Places:
    """Who a list of groups has to name, and who it may."""
    excluded = frozenset(x.code for x in scenario.exclusions)
    return Places(scenario.year, scenario.authorities, excluded)


def read_by(word: str, places: Places, folder: Path = Path()) -> tuple[Grouping, Source | None]:
    """Give the grouping that a word means: one of ours by name, else a file in `folder`.

    Raises
    ------
    CypsError
        When it is neither, or the file cannot be used.
    """
    if known_grouping(word):
        return grouping(word, places.settled), None
    path = folder / word
    if not path.exists():
        raise CypsError(
            f"There is no grouping and no file '{word}'. Group by {', '.join(GROUPINGS)}, or by "
            "a CSV or Excel file with the columns code and group."
        )
    return read_grouping(path, places)
