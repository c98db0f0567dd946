"""Authorities by year, regions and successors: the project's own reference tables."""

from cyps.geography.authorities import (
    FIRST_YEAR,
    LAST_YEAR,
    Authority,
    Succession,
    authorities,
    authority_of_code,
    every_code,
    successors,
)
from cyps.geography.groupings import (
    GROUPINGS,
    IN_NONE,
    REGIONS,
    Grouping,
    Neighbours,
    grouping,
    in_order,
    known_grouping,
)

__all__ = [
    "FIRST_YEAR",
    "GROUPINGS",
    "IN_NONE",
    "LAST_YEAR",
    "REGIONS",
    "Authority",
    "Grouping",
    "Neighbours",
    "Succession",
    "authorities",
    "authority_of_code",
    "every_code",
    "grouping",
    "in_order",
    "known_grouping",
    "successors",
]
