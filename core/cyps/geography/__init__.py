"""Authorities by year, regions and successors: the project's own reference tables."""

from cyps.geography.authorities import (
    FIRST_YEAR,
    LAST_YEAR,
    Authority,
    Succession,
    authorities,
    every_code,
    successors,
)

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "Authority",
    "Succession",
    "authorities",
    "every_code",
    "successors",
]
