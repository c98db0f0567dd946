"""Authorities by year: codes, names, regions, and what became of the old ones."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cyps.errors import CypsError

FIRST_YEAR = 2013
LAST_YEAR = 2025
"""Years (ending 31 March) that the reference table was compiled for."""


@dataclass(frozen=True, slots=True, order=True)
class Authority:
    """A local authority with children's services duties.

    `code` is the GSS code (E06000001), `dfe_code` the three-digit DfE code,
    `region` one of ten, with Inner and Outer London apart.
    """

    code: str
    dfe_code: str
    name: str
    region: str


@dataclass(frozen=True, slots=True)
class Succession:
    """What became of an authority's code on a date: recoded, merged, split or part."""

    effective: str
    old_code: str
    new_code: str
    kind: str


def rows_of(table: str) -> list[dict[str, str]]:
    """Rows of a reference table that stands beside this module."""
    text = files("cyps.geography").joinpath(table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def authorities(year: int = LAST_YEAR) -> tuple[Authority, ...]:
    """The authorities of a year, in the order of their GSS codes.

    Parameters
    ----------
    year : financial year, by the 31 March in which it ends

    Returns
    -------
    tuple of Authority : 152 to 2019, 151 for 2020-2021, 152 for 2022-2023, 153 from 2024

    Raises
    ------
    CypsError
        For a year that the reference table was not compiled for.

    Examples
    --------
    >>> len(authorities(2025))
    153
    >>> authorities(2025)[0]
    Authority(code='E06000001', dfe_code='805', name='Hartlepool', region='North East')
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        later = f" For a later year {LAST_YEAR} serves as long as no authority has changed since."
        raise CypsError(
            f"There is no authority list for {year}: lists are held for the years ending "
            f"31 March {FIRST_YEAR} to {LAST_YEAR}. Choose one of these."
            f"{later if year > LAST_YEAR else ''}"
        )
    return tuple(
        Authority(row["code"], row["dfe_code"], row["name"], row["region"])
        for row in rows_of("authorities.csv")
        if int(row["first_year"]) <= year <= int(row["last_year"] or LAST_YEAR)
    )


@cache
def every_code() -> frozenset[str]:
    """GSS codes of every authority there has been in any year of the table."""
    return frozenset(row["code"] for row in rows_of("authorities.csv"))


@cache
def authority_of_code(code: str) -> Authority | None:
    """The authority that a GSS code stands or stood for in some year; None for no code of ours.

    Examples
    --------
    >>> authority_of_code("E10000006").name
    'Cumbria'
    """
    for row in rows_of("authorities.csv"):
        if row["code"] == code:
            return Authority(row["code"], row["dfe_code"], row["name"], row["region"])
    return None


def successors(code: str) -> tuple[Succession, ...]:
    """What became of an authority's code; empty for one that still stands.

    Examples
    --------
    >>> [after.new_code for after in successors("E10000006")]
    ['E06000063', 'E06000064']
    """
    return tuple(
        Succession(row["effective"], row["old_code"], row["new_code"], row["kind"])
        for row in rows_of("successors.csv")
        if row["old_code"] == code
    )
