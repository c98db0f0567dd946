"""Dated parameters: an amount or a file with its origin, and the version that is in force."""

from __future__ import annotations

import datetime
import re
from itertools import pairwise
from typing import Annotated, Literal, overload

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from cyps.errors import CypsError
from cyps.settlement.record import Words

NamedWords = Annotated[Words, Field(min_length=1)]
"""Text that reaches outputs: not empty, nothing that a terminal would obey."""


class _Origin(BaseModel):
    """Where a parameter came from; an amended one is a new version with a later date."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: NamedWords
    status: Literal["published", "assumed", "illustrative"]
    dated: datetime.date

    def origin(self) -> str:
        """Status, date and source in words."""
        return f"{self.status}, {self.dated.isoformat()}: {self.source}"


class Parameter(_Origin):
    """An amount in whole pounds with where it came from."""

    value: Annotated[int, Field(strict=True, gt=0, le=10**12)]

    def words(self) -> str:
        """Amount, status, date and source, for the notes."""
        return f"£{self.value:,} ({self.origin()})"


class DatedFile(_Origin):
    """A file with where it came from."""

    file: NamedWords

    def words(self) -> str:
        """File, status, date and source, for the notes."""
        return f"{self.file} ({self.origin()})"


_ORIGIN_IN_WORDS = re.compile(
    r"(?P<what>.+) \((?P<status>published|assumed|illustrative)"
    r"(?:, (?P<dated>\d{4}-\d{2}-\d{2}))?: (?P<source>.+)\)\.?"
)


def origin_in(note: str) -> tuple[str, str, str, str] | None:
    """What, source, status and date of a parameter, from a note that `words` is in; or None.

    Examples
    --------
    >>> letter = {"source": "Letter", "status": "published", "dated": "2026-02-10"}
    >>> origin_in(f"Pot: {Parameter(value=8000, **letter).words()}.")
    ('Pot: £8,000', 'Letter', 'published', '2026-02-10')
    >>> origin_in("Use: made up.")
    """
    found = _ORIGIN_IN_WORDS.fullmatch(note)
    if found is None:
        return None
    return found["what"], found["source"], found["status"], found["dated"] or ""


def _form(value: object) -> str:
    """The way in which a parameter is written; brackets tell it from the keys of a file."""
    if isinstance(value, list | tuple):
        return "[versions]"
    return "[origin]" if isinstance(value, dict | BaseModel) else "[plain]"


Pot = Annotated[
    Annotated[int, Field(strict=True, gt=0, le=10**12), Tag("[plain]")]
    | Annotated[Parameter, Tag("[origin]")]
    | Annotated[list[Parameter], Field(min_length=1), Tag("[versions]")],
    Discriminator(_form),
]
"""Whole pounds; or with their origin; or every version of them, with their dates."""

NamedFile = Annotated[
    Annotated[NamedWords, Tag("[plain]")]
    | Annotated[DatedFile, Tag("[origin]")]
    | Annotated[list[DatedFile], Field(min_length=1), Tag("[versions]")],
    Discriminator(_form),
]
"""A file's name; or with its origin; or every version of it, with their dates."""


AnyPot = int | Parameter | list[Parameter]
AnyFile = str | DatedFile | list[DatedFile]


def versions(parameter: AnyPot | AnyFile | None) -> tuple[Parameter | DatedFile, ...]:
    """The versions of a parameter by date; none where it was given without an origin."""
    if isinstance(parameter, Parameter | DatedFile):
        return (parameter,)
    if not isinstance(parameter, list):
        return ()
    by_date: list[Parameter | DatedFile] = sorted(parameter, key=lambda version: version.dated)
    twice = [a.dated for a, b in pairwise(by_date) if a.dated == b.dated]
    if twice:
        raise CypsError(
            f"Two versions of a parameter are dated {twice[0].isoformat()}, so nobody can tell "
            "which is in force. Give each its own date."
        )
    return tuple(by_date)


@overload
def in_force(parameter: AnyPot, as_at: datetime.date | None) -> int | Parameter: ...
@overload
def in_force(parameter: AnyFile, as_at: datetime.date | None) -> str | DatedFile: ...
def in_force(
    parameter: AnyPot | AnyFile, as_at: datetime.date | None
) -> int | str | Parameter | DatedFile:
    """The version that is in force: the newest, or the newest that is not after a date.

    A parameter with one version is that one, whatever its date.

    Raises
    ------
    CypsError
        When every version is dated later, or two have one date.

    Examples
    --------
    >>> first, amended = (
    ...     Parameter(value=n, source="Letter", status="published", dated=datetime.date(2026, n, 1))
    ...     for n in (2, 6)
    ... )
    >>> in_force([amended, first], datetime.date(2026, 5, 31)).value
    2
    >>> in_force([amended, first], None).value
    6
    """
    if isinstance(parameter, int | str):
        return parameter
    listed = versions(parameter)
    known = [version for version in listed if as_at is None or version.dated <= as_at]
    if len(listed) == 1:
        return listed[0]
    if not known:
        assert as_at is not None  # noqa: S101 - then every version is known
        raise CypsError(
            f"On {as_at.isoformat()} no version of a parameter was in force: the first, "
            f"{listed[0].words()}, came later."
        )
    return known[-1]


def amended(
    parameter: AnyPot | AnyFile | None, as_at: datetime.date | None
) -> datetime.date | None:
    """The date of the version in force, where it took the place of an earlier one."""
    listed = versions(parameter)
    if parameter is None or len(listed) <= 1:
        return None
    chosen = in_force(parameter, as_at)
    return chosen.dated if isinstance(chosen, _Origin) and chosen is not listed[0] else None
