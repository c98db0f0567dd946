"""A new workbook from an old one: another use, and everything that people typed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.geography import Authority
from cyps.needs import Use
from cyps.settlement import (
    Bands,
    DampingRule,
    Exclusion,
    Protection,
    Scenario,
    Settlement,
    Year,
    settle_years,
)
from cyps_workbooks.changes_sheet import written_before
from cyps_workbooks.kept.as_issued import compared_with, draw_as_issued
from cyps_workbooks.kept.carried import Carrying, moved
from cyps_workbooks.kept.compared import compare_with_engine
from cyps_workbooks.kept.frozen_marks import frozen_since
from cyps_workbooks.kept.opened import Opened, is_open_elsewhere, open_settlement
from cyps_workbooks.kept.outside import left_behind
from cyps_workbooks.kept.read_back import ReadBack, read_back
from cyps_workbooks.layout import CHANGES
from cyps_workbooks.page import Against, PackNote
from cyps_workbooks.published.reading import read_workbook_bytes
from cyps_workbooks.settlement_workbook import layout_of, settlement_bytes

_NAMED = 10
"""Cells or authorities that an error names."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What is new: the use, whose it is, and for which authorities.

    `exclusions` are left out besides those of the workbook; `notes` say where the use came from;
    `warning` what every banner must say of it.
    """

    use: Use
    authorities: tuple[Authority, ...]
    year: int
    exclusions: tuple[Exclusion, ...] = ()
    notes: tuple[str, ...] = ()
    warning: str = ""
    pack: PackNote | None = None


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A new workbook, not yet in its place.

    Attributes
    ----------
    content : the workbook's bytes
    years : what it settles
    changes : what is another than in the old one, in words
    left : what could not be carried, cell by cell
    """

    content: bytes
    years: tuple[tuple[str, Settlement], ...]
    changes: tuple[str, ...]
    left: tuple[str, ...]


def open_for_refresh(path: Path) -> tuple[Opened, ReadBack]:
    """The workbook and its inputs, every one of which can be used.

    Raises
    ------
    CypsError
        When the file is open elsewhere, frozen, damaged, foreign or has macros, or an input
        cannot be used. It is read only, never written to.
    """
    opened = open_settlement(path)
    lock = is_open_elsewhere(path)
    if lock:
        raise CypsError(
            f"{path} seems to be open: {lock} lies beside it, and what is not saved would be lost. "
            f"Save and close the workbook and run again; if it is not open anywhere, delete {lock}."
        )
    since = frozen_since(opened)
    if since:
        raise CypsError(
            f"{path} was frozen on {since}: it is a record and has no life of its own. Refresh the "
            "workbook that it was frozen from."
        )
    back = read_back(opened)
    if back.problems:
        lines = " ".join(problem.line() for problem in back.problems[:_NAMED])
        more = len(back.problems) - _NAMED
        raise CypsError(
            f"{path} has inputs that cannot be used. {lines}"
            f"{f' And {more:,} more.' if more > 0 else ''} Mend them there first."
        )
    return opened, back


def refresh(opened: Opened, back: ReadBack, new: Renewal) -> Refreshed:
    """Draw the workbook anew with another use, and all that people typed carried over by name.

    Raises
    ------
    CypsError
        When an authority or metric of the new use has no inputs in the workbook, or the rule
        cannot be kept with the new use.
    """
    _check_metrics(back.use, new.use)
    _check_everybody(back.scenario, new)
    codes = tuple(place.code for place in new.authorities)
    settled = _settle(opened, back, new, codes)
    carrying = Carrying(opened, back, codes)
    typed = carrying.typed()
    layout = layout_of(settled, new.pack, typed)
    typed = carrying.fitting(typed, layout)
    chosen = carrying.shown_authority(_new_names(back.scenario, new))
    changes = tuple(_changes(back, new, settled))
    typed = replace(
        typed, changes=(*_history(opened), *changes, *(f"Not carried: {x}" for x in carrying.left))
    )
    against = _against(opened, back, settled)
    content = settlement_bytes(settled, pack=new.pack, chosen=chosen, typed=typed, against=against)
    drawn = _proved(opened.path, content, settled)
    carrying.note_what_is_shown(drawn)
    carrying.left += left_behind(opened, draw_as_issued(opened, back), drawn)
    return Refreshed(content, settled, changes, tuple(carrying.left))


def _history(opened: Opened) -> tuple[str, ...]:
    """What the old workbook's own log says of the versions before."""
    return written_before(opened.rows(CHANGES)) if CHANGES in opened.sheets else ()


def _against(
    opened: Opened, back: ReadBack, settled: Sequence[tuple[str, Settlement]]
) -> Against | None:
    """What the new workbook compares with: the old one's own B, or what the old cells gave.

    None, as delivered, where the authorities are others or the old rule could not be kept.
    """
    kept = compared_with(opened)
    try:
        old = kept or Against(f"the cells of {opened.path.name}, before the refresh", back.settle())
        alike = all(old.of_year(la).scenario.codes == s.scenario.codes for la, s in settled)
    except CypsError:
        return None
    return old if alike else None


def _proved(path: Path, content: bytes, settled: Sequence[tuple[str, Settlement]]) -> Opened:
    """The new workbook, read back as anybody's would be, gives what the engine gave."""
    opened = Opened.of(path, read_workbook_bytes(content))
    found = read_back(opened)
    wrong = list(found.problems) or compare_with_engine(opened, found.settle())
    wrong += [] if wrong else compare_with_engine(opened, settled)
    if wrong:
        raise CypsError(
            f"The refreshed workbook would not show what the engine gives ({wrong[0].line()}). "
            "Nothing was written: please report it with the workbook."
        )
    return opened


# --- who and what


def _check_metrics(old: Use, new: Use) -> None:
    if set(old.metrics) != set(new.metrics):
        raise CypsError(
            f"The new use is of {', '.join(new.metrics)}, and the workbook weighs "
            f"{', '.join(old.metrics)}. Give use of the same metrics, or settle anew with "
            "cyps settle."
        )


def _check_everybody(old: Scenario, new: Renewal) -> None:
    """Nobody without inputs, nobody without use, and nobody left out but on purpose."""
    now = {place.code: place for place in new.authorities}
    known, gone = set(old.codes), {x.code for x in new.exclusions}
    added = [place for place in new.authorities if place.code not in known]
    removed = [p for p in old.authorities if p.code not in now and p.code not in gone]
    parts = []
    if added:
        parts.append(
            f"{_named(added)} {'is' if len(added) == 1 else 'are'} new in {new.year}, and the "
            "workbook has no baseline, area cost factor or band for them: settle anew with "
            "cyps settle, from files that have them, or leave them out with --exclude "
            "CODE=reason"
        )
    if removed:
        parts.append(
            f"{_named(removed)} would be lost with all that was typed for them: say so with "
            "--exclude CODE=reason"
        )
    without = [place for code, place in now.items() if code not in new.use.codes]
    if without:
        parts.append(
            f"the new use has nothing for {_named(without)}: give use that has it, or leave them "
            "out with --exclude CODE=reason"
        )
    if parts:
        raise CypsError(f"The workbook cannot be refreshed: {'; '.join(parts)}.")


def _named(places: Sequence[Authority]) -> str:
    names = ", ".join(f"{place.name} ({place.code})" for place in places[:_NAMED])
    return f"{names} and {len(places) - _NAMED} more" if len(places) > _NAMED else names


def _new_names(old: Scenario, new: Renewal) -> dict[str, str]:
    now = {place.code: place.name for place in new.authorities}
    return {place.name: now[place.code] for place in old.authorities if place.code in now}


# --- the new settlement


def _settle(
    opened: Opened, back: ReadBack, new: Renewal, codes: tuple[str, ...]
) -> tuple[tuple[str, Settlement], ...]:
    old = back.scenario
    kept = np.array([old.codes.index(code) for code in codes])
    statement = f"{new.warning} {old.statement}".strip() if new.warning else old.statement
    scenario = replace(
        old, authorities=new.authorities, year=new.year, statement=statement,
        baseline=old.baseline[kept], area_cost=old.area_cost[kept],
        damping=_rule(old.damping, codes),
        transition=replace(old.transition, group=_of(old.transition.group, codes)),
        exclusions=tuple(sorted({x.code: x for x in (*old.exclusions, *new.exclusions)}.values(),
                                key=lambda x: x.code)),
    )  # fmt: skip
    years = [_year(year, codes, kept) for year in back.years]
    use = _metrics_in_order(new.use, back.use.metrics, codes)
    settled = settle_years(scenario, years, use)
    first = _origin(opened.path)
    found = []
    for (label, settlement), (_, recorded, _) in zip(settled, back.records, strict=True):
        notes = (first, *new.notes, *_still_true(recorded.notes))
        own = replace(settlement.scenario, title=recorded.title, notes=notes)
        found.append((label, replace(settlement, scenario=own)))
    return tuple(found)


def _origin(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return (
        f"Refreshed from {path.name} (SHA-256 {digest[:16]}...): inputs as people typed them "
        "there, with another use. Notes below that speak of use may be of the earlier one."
    )


def _still_true(notes: tuple[str, ...]) -> list[str]:
    """Notes without those of an earlier pack or refresh."""
    return [note for note in notes if not note.startswith(("Pack '", "Refreshed from "))]


def _year(year: Year, codes: tuple[str, ...], kept: NDArray[np.int64]) -> Year:
    return replace(
        year,
        damping=_rule(year.damping, codes),
        transition=replace(year.transition, group=_of(year.transition.group, codes)),
        baseline=year.baseline if isinstance(year.baseline, str) else year.baseline[kept],
        area_cost=None if year.area_cost is None else year.area_cost[kept],
    )


def _rule(rule: DampingRule, codes: tuple[str, ...]) -> DampingRule:
    """The rule for those who are left; a band or tier that nobody is in stays described."""
    if isinstance(rule, Bands | Protection):
        return rule.model_copy(update={"member": _of(rule.member, codes)})
    return rule


def _of(member: Mapping[str, str] | None, codes: tuple[str, ...]) -> dict[str, str] | None:
    return None if member is None else {code: member[code] for code in codes}


def _metrics_in_order(use: Use, metrics: tuple[str, ...], codes: tuple[str, ...]) -> Use:
    row, column = ({key: i for i, key in enumerate(keys)} for keys in (use.codes, use.metrics))
    children = use.children[np.ix_([row[c] for c in codes], [column[m] for m in metrics])]
    return Use(codes, metrics, children, use.basis)


# --- what is another


def _changes(
    back: ReadBack, new: Renewal, settled: Sequence[tuple[str, Settlement]]
) -> Iterator[str]:
    old, use = back.scenario, settled[0][1].use
    yield f"Use was: {back.use.basis.rstrip('.')}."
    yield f"Use is: {use.basis.rstrip('.')}."
    for m, metric in enumerate(use.metrics):
        was, now = float(back.use.children[:, m].sum()), float(use.children[:, m].sum())
        yield f"Use of {metric} in all: {was:,.1f} before, {now:,.1f} now."
    if new.year != old.year:
        yield f"Authority list: year ending 31 March {new.year}, {old.year} before."
    names = {place.code: place.name for place in old.authorities}
    for place in new.authorities:
        if names[place.code] != place.name:
            yield f"Renamed: {names[place.code]} is {place.name} ({place.code})."
    for gone in new.exclusions:
        yield f"Left out: {gone.name} ({gone.code}): {gone.reason}. {_lost(old, gone.code)}"
    try:
        before = back.settle()
    except CypsError:
        yield "Before, the rule could not be kept with the pot; now it can."
        return
    for (label, was_settled), (_, now_settled) in zip(before, settled, strict=True):
        yield f"{label}: {moved(was_settled, now_settled)}."


def _lost(old: Scenario, code: str) -> str:
    if code not in old.codes:
        return ""
    i = old.codes.index(code)
    factors = ", ".join(f"{factor:g}" for factor in np.atleast_1d(old.area_cost[i]).tolist())
    return (
        f"Its baseline of £{old.baseline[i]:,.0f} and area cost factor of {factors} went with it."
    )
