"""What a refresh is for: who stays, who goes, and what somebody new begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.geography import Authority
from cyps.needs import Use
from cyps.settlement import Bands, DampingRule, Exclusion, Protection, Scenario
from cyps_workbooks.inputs_sheet import GIVEN
from cyps_workbooks.kept.carried import Newcomer
from cyps_workbooks.kept.read_back import ReadBack
from cyps_workbooks.page import PackNote

_NAMED = 10
"""Authorities that an error names."""

_SAY = {
    "baseline": "baseline=POUNDS",
    "area_cost": "area_cost=FACTOR",
    "band": "band=NAME",
    "tier": "tier=NAME",
    "group": "group=NAME",
}


@dataclass(frozen=True, slots=True)
class Renewal:
    """What is new: the use, whose it is, and for which authorities.

    `exclusions` are left out besides those of the workbook; `notes` say where the use came from;
    `warning` what every banner must say of it; `newcomers`, by code, what authorities that the
    workbook does not know begin with.
    """

    use: Use
    authorities: tuple[Authority, ...]
    year: int
    exclusions: tuple[Exclusion, ...] = ()
    notes: tuple[str, ...] = ()
    warning: str = ""
    pack: PackNote | None = None
    newcomers: Mapping[str, Newcomer] = field(default_factory=dict)

    def of_year(self, label: str) -> Renewal:
        """The same with what newcomers have in a year."""
        own = {code: one.in_year(label) for code, one in self.newcomers.items()}
        return replace(self, newcomers=own)


def check_everybody(back: ReadBack, new: Renewal) -> None:
    """Nobody without inputs or use.

    Raises
    ------
    CypsError
        All at once: who is new and lacks which value, whose value cannot be used, who has no use.
    """
    now = {place.code: place for place in new.authorities}
    known = set(back.scenario.codes)
    parts = [*_lacking(back, new)]
    others = sorted(code for code in new.newcomers if code in known or code not in now)
    if others:
        parts.append(
            f"{', '.join(others[:_NAMED])} is not new in {new.year}: --new is for authorities that "
            "the workbook does not have. Type over the cells of one that it has"
        )
    without = [place for code, place in now.items() if code not in new.use.codes]
    if without:
        parts.append(
            f"the new use has nothing for {_named(without)}: give use that has it, or leave them "
            "out with --exclude CODE=reason"
        )
    if parts:
        raise CypsError(f"The workbook cannot be refreshed: {'; '.join(parts)}.")


def _lacking(back: ReadBack, new: Renewal) -> Iterator[str]:
    """What the workbook needs of each newcomer and was not told, or cannot use."""
    known = set(back.scenario.codes)
    names = _names_in_use(back)
    lacking: list[str] = []
    for place in new.authorities:
        if place.code in known:
            continue
        own = new.newcomers.get(place.code, Newcomer())
        missing = [
            what
            for what in _SAY
            if (what in names or what in {"baseline", "area_cost"})
            and getattr(own, what) in (None, "")
        ]
        if missing:
            say = " ".join(f'--new "{place.code}:{_SAY[what]}"' for what in missing)
            lacking.append(f"{place.name} ({place.code}) is new in {new.year}: say {say}")
        yield from _unknown_years(back, place.code, own)
        for what, allowed in names.items():
            for name in (getattr(own, what), *(getattr(x, what) for x in own.by_year.values())):
                if name and name not in allowed:
                    listed = ", ".join(sorted(allowed))
                    yield f"'{name}' is not a {what} of the workbook, for {place.code}: {listed}"
    if lacking:
        more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
        yield (
            f"{'; '.join(lacking[:_NAMED])}{more}; or leave a newcomer out with --exclude "
            "CODE=reason"
        )


def _unknown_years(back: ReadBack, code: str, own: Newcomer) -> Iterator[str]:
    """Years that the workbook does not have, and baselines that nothing would use."""
    labels = [label for label, _, _ in back.records]
    for label in own.by_year:
        if label not in labels:
            yield f"{label} is not a year of the workbook, for {code}: {', '.join(labels)}"
    for year in back.years:
        if isinstance(year.baseline, str) and own.said_of(year.label, "baseline") is not None:
            yield (
                f"{year.label} begins with what each got the year before, so nothing would use "
                f"the baseline of {code} there: leave it out, or type '{GIVEN}' on the sheet Inputs"
            )


def _names_in_use(back: ReadBack) -> dict[str, set[str]]:
    """Bands, tiers and groups of the years that go by them."""
    found: dict[str, set[str]] = {}
    for year in back.years:
        rule, group = year.damping, year.transition.group
        if isinstance(rule, Bands):
            found.setdefault("band", set()).update(rule.bands)
        if isinstance(rule, Protection):
            found.setdefault("tier", set()).update(rule.tiers)
        if group is not None:
            found.setdefault("group", set()).update(group.values())
    return found


def everybody(
    values: NDArray[np.float64], what: str, back: ReadBack, new: Renewal
) -> NDArray[np.float64]:
    """An input by authority, (n,) or (n, metrics), for the authorities that there are now."""
    rows = dict(zip(back.scenario.codes, values, strict=True))
    shape = values.shape[1:]
    return np.array(
        [
            rows[place.code]
            if place.code in rows
            else np.full(shape, getattr(new.newcomers[place.code], what))
            for place in new.authorities
        ],
        dtype=np.float64,
    )


def rule_of(
    rule: DampingRule, codes: tuple[str, ...], newcomers: Mapping[str, Newcomer]
) -> DampingRule:
    """The rule for those who are there; a band or tier that nobody is in stays described."""
    if isinstance(rule, Bands | Protection):
        what = "band" if isinstance(rule, Bands) else "tier"
        return rule.model_copy(update={"member": members_of(rule.member, what, codes, newcomers)})
    return rule


def members_of(
    member: Mapping[str, str] | None,
    what: str,
    codes: tuple[str, ...],
    newcomers: Mapping[str, Newcomer],
) -> dict[str, str] | None:
    """The band, tier or group of everybody who is there."""
    if member is None:
        return None
    return {
        code: member[code] if code in member else str(getattr(newcomers[code], what))
        for code in codes
    }


def who_is_another(back: ReadBack, new: Renewal) -> Iterator[str]:
    """Who was renamed, left out, is gone or new, and what went or came with them."""
    old = back.scenario
    names = {place.code: place.name for place in old.authorities}
    for place in new.authorities:
        if names.get(place.code, place.name) != place.name:
            yield f"Renamed: {names[place.code]} is {place.name} ({place.code})."
    for gone in new.exclusions:
        yield f"Left out: {gone.name} ({gone.code}): {gone.reason}. {_lost(old, gone.code)}".strip()
    now = {place.code for place in new.authorities} | {gone.code for gone in new.exclusions}
    for place in old.authorities:
        if place.code not in now:
            yield (
                f"Gone: {place.name} ({place.code}) is not on the list of authorities of "
                f"{new.year}. {_lost(old, place.code)}"
            )
    for place in new.authorities:
        if place.code not in names:
            yield _begins(place, new.newcomers[place.code], len(back.years) > 1)


def _begins(place: Authority, own: Newcomer, years: bool) -> str:
    told = _begins_with(own)
    for label, other in own.by_year.items():
        told.append(f"in {label} {' and '.join(_begins_with(other))}")
    each = " A later year follows the first: type over its cells where it differs." if years else ""
    return f"New: {place.name} ({place.code}) with {', '.join(told)}, as said with --new.{each}"


def _begins_with(own: Newcomer) -> list[str]:
    told = [] if own.baseline is None else [f"baseline £{own.baseline:,.0f}"]
    told += [] if own.area_cost is None else [f"area cost factor {own.area_cost:g}"]
    told += [f"{w} {getattr(own, w)}" for w in ("band", "tier", "group") if getattr(own, w)]
    return told + ([] if own.children is None else [f"{own.children:,.0f} children"])


def _lost(old: Scenario, code: str) -> str:
    if code not in old.codes:
        return ""
    i = old.codes.index(code)
    factors = ", ".join(f"{factor:g}" for factor in np.atleast_1d(old.area_cost[i]).tolist())
    return (
        f"Its baseline of £{old.baseline[i]:,.0f} and area cost factor of {factors} went with it."
    )


def _named(places: Sequence[Authority]) -> str:
    names = ", ".join(f"{place.name} ({place.code})" for place in places[:_NAMED])
    return f"{names} and {len(places) - _NAMED} more" if len(places) > _NAMED else names
