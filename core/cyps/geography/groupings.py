"""Groups of authorities: region, class, combined authority, lists of one's own, neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cyps.errors import CypsError
from cyps.geography.authorities import LAST_YEAR, Authority, authorities, rows_of

IN_NONE = "In none"
"""The group of those that are in no combined authority."""

REGIONS = tuple(sorted({authority.region for authority in authorities(LAST_YEAR)}))
"""The ten regions, Inner and Outer London apart."""

_CLASS_OF_PREFIX = {
    "E06": "Unitary",
    "E08": "Metropolitan district",
    "E10": "County",
}


@dataclass(frozen=True, slots=True)
class Grouping:
    """Every authority in one group, and no authority in two.

    Sets that overlap, such as statistical neighbours, are `Neighbours`: their totals
    cannot add up to the whole, so they are another thing.

    Attributes
    ----------
    name : what it groups by, such as "region" or a file's name
    of : group of each authority, by GSS code
    source : where the membership is from, in words for a note
    """

    name: str
    of: Mapping[str, str]
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", MappingProxyType(dict(self.of)))

    def of_each(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Group of each of the authorities, in their order.

        Raises
        ------
        CypsError
            When an authority is in no group; every one is named.
        """
        wanted = tuple(codes)
        missing = [code for code in wanted if code not in self.of]
        if missing:
            raise CypsError(
                f"{self.name} gives no group for {', '.join(missing)}. Every authority needs one: "
                f"write '{IN_NONE}' where there is none."
            )
        return tuple(self.of[code] for code in wanted)

    def groups(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The groups that these authorities are in, by name; "In none" comes last."""
        return in_order(self.of_each(codes))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The authorities most like each one, the nearest first.

    `of` gives GSS codes by GSS code; `source` says where they are from.
    """

    of: Mapping[str, tuple[str, ...]]
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", MappingProxyType(dict(self.of)))


def in_order(groups: Iterable[str]) -> tuple[str, ...]:
    """Groups by name, each once; "In none" comes last.

    Examples
    --------
    >>> in_order(["West Midlands", "In none", "Tees Valley", "In none"])
    ('Tees Valley', 'West Midlands', 'In none')
    """
    return tuple(sorted(set(groups), key=lambda name: (name == IN_NONE, name)))


def grouping(name: str, of: Iterable[Authority]) -> Grouping:
    """Group authorities by region, region9, class or combined.

    Parameters
    ----------
    name : "region" is one of ten (Inner and Outer London apart), "region9" has London as
        one; "class" goes by the GSS code; "combined" by the table of combined authorities
    of : the authorities to group

    Raises
    ------
    CypsError
        For another name, and for authorities that the rule cannot place (all are named).

    Examples
    --------
    >>> by_class = grouping("class", authorities(2025))
    >>> by_class.of["E08000025"], by_class.of["E09000001"]
    ('Metropolitan district', 'Inner London borough')
    >>> grouping("combined", authorities(2025)).of["E08000025"]
    'West Midlands'
    """
    places = tuple(of)
    match known_grouping(name):
        case "region":
            named = {place.code: place.region for place in places}
            return Grouping("region", named, "DfE's regions, Inner and Outer London apart")
        case "region9":
            named = {place.code: _whole_london(place.region) for place in places}
            return Grouping("region9", named, "the nine regions of England")
        case "class":
            return _by_class(places)
        case "combined":
            return _by_combined(places)
    raise CypsError(f"There is no grouping '{name}'. Choose {', '.join(GROUPINGS)}.")


GROUPINGS = ("region", "region9", "class", "combined")
"""The groupings that need no file."""


def known_grouping(word: str) -> str | None:
    """The grouping that a word names, in any case and with any blanks; None for another word.

    Examples
    --------
    >>> known_grouping("Region 9"), known_grouping("counties")
    ('region9', None)
    """
    plain = "".join(word.split()).casefold()
    return plain if plain in GROUPINGS else None


def _whole_london(region: str) -> str:
    return "London" if region in ("Inner London", "Outer London") else region


def _by_class(places: tuple[Authority, ...]) -> Grouping:
    named = {place.code: found for place in places if (found := _class(place)) is not None}
    lost = [place for place in places if place.code not in named]
    if lost:
        raise CypsError(
            f"The class of {_told(lost)} cannot be told from the code. Codes of unitaries begin "
            "with E06, of metropolitan districts E08, London boroughs E09 (in a London region) "
            "and counties E10. Give another code, or group by a list of your own."
        )
    return Grouping("class", named, "class by the first three characters of the GSS code")


def _class(place: Authority) -> str | None:
    if place.code.startswith("E09"):
        inner_or_outer = place.region.removesuffix(" London")
        return f"{inner_or_outer} London borough" if inner_or_outer != place.region else None
    return _CLASS_OF_PREFIX.get(place.code[:3])


@cache
def _combined() -> Mapping[str, str]:
    return MappingProxyType(
        {row["code"]: row["combined_name"] for row in rows_of("combined_authorities.csv")}
    )


def _by_combined(places: tuple[Authority, ...]) -> Grouping:
    then = {authority.code for authority in authorities(LAST_YEAR)}
    lost = [place for place in places if place.code not in then]
    if lost:
        raise CypsError(
            f"Combined authorities are known for the authorities of {LAST_YEAR} only, and "
            f"{_told(lost)} was not one of them. Group by a list of your own (columns code, group)."
        )
    named = {place.code: _combined().get(place.code, IN_NONE) for place in places}
    return Grouping("combined", named, f"combined authorities in {LAST_YEAR}, London under the GLA")


def _told(places: list[Authority]) -> str:
    return ", ".join(f"{place.name} ({place.code})" for place in places)
