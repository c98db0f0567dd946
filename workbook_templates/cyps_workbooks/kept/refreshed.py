"""A new workbook from an old one: another use, and everything that people typed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cyps.errors import CypsError
from cyps.needs import Use
from cyps.settlement import Scenario, Settlement, Year, settle_years
from cyps_workbooks.changes_sheet import written_before
from cyps_workbooks.kept.as_issued import compared_with
from cyps_workbooks.kept.carried import Carrying, moved
from cyps_workbooks.kept.compared import compare_with_engine
from cyps_workbooks.kept.frozen_marks import frozen_since
from cyps_workbooks.kept.opened import Opened, check_closed, open_settlement
from cyps_workbooks.kept.outside import outside
from cyps_workbooks.kept.read_back import ReadBack, read_back
from cyps_workbooks.kept.who import (
    Renewal,
    check_everybody,
    everybody,
    members_of,
    rule_of,
    who_is_another,
)
from cyps_workbooks.layout import CHANGES
from cyps_workbooks.page import Against, Typed
from cyps_workbooks.published.reading import read_workbook_bytes
from cyps_workbooks.settlement_workbook import layout_of, settlement_bytes

_NAMED = 10
"""Cells that an error names."""
_LOGGED = 100
"""Lines of each kind that a refresh adds to the log of the new workbook."""


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
    check_closed(path)
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
        When a metric of the new use has no inputs in the workbook, an authority that is new lacks
        a value, somebody has no use, or the rule cannot be kept with the new use.
    """
    _check_metrics(back.use, new.use)
    check_everybody(back, new)
    codes = tuple(place.code for place in new.authorities)
    settled = _settle(opened, back, new, codes)
    carrying = Carrying(opened, back, codes, new.newcomers)
    typed = carrying.typed()
    typed = carrying.fitting(typed, layout_of(settled, new.pack, typed))
    chosen = carrying.shown_authority(_new_names(back.scenario, new))
    against = _against(opened, back, settled)

    def drawn_with(typed: Typed) -> bytes:
        return settlement_bytes(settled, pack=new.pack, chosen=chosen, typed=typed, against=against)

    stray = outside(opened, back, Opened.of(opened.path, read_workbook_bytes(drawn_with(typed))))
    changes = (*_changes(back, new, settled), *stray.moved)
    left = [*carrying.left, *stray.lost]
    logged = [*_history(opened), *changes[:_LOGGED], *(f"Not carried: {x}" for x in left[:_LOGGED])]
    if (more := len(changes[_LOGGED:]) + len(left[_LOGGED:])) > 0:
        logged.append(f"And {more:,} more, which cyps workbook refresh --json listed.")
    typed = replace(typed, outside=stray.carried, changes=tuple(logged))
    content = drawn_with(typed)
    drawn = _proved(opened.path, content, settled)
    carrying.left = left
    carrying.note_what_is_shown(drawn)
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


def _new_names(old: Scenario, new: Renewal) -> dict[str, str]:
    now = {place.code: place.name for place in new.authorities}
    return {place.name: now[place.code] for place in old.authorities if place.code in now}


# --- the new settlement


def _settle(
    opened: Opened, back: ReadBack, new: Renewal, codes: tuple[str, ...]
) -> tuple[tuple[str, Settlement], ...]:
    old = back.scenario
    of_each, new = new, new.of_year(back.records[0][0])
    statement = f"{new.warning} {old.statement}".strip() if new.warning else old.statement
    scenario = replace(
        old, authorities=new.authorities, year=new.year, statement=statement,
        baseline=everybody(old.baseline, "baseline", back, new),
        area_cost=everybody(old.area_cost, "area_cost", back, new),
        damping=rule_of(old.damping, codes, new.newcomers),
        transition=replace(
            old.transition, group=members_of(old.transition.group, "group", codes, new.newcomers)
        ),
        exclusions=tuple(sorted({x.code: x for x in (*old.exclusions, *new.exclusions)}.values(),
                                key=lambda x: x.code)),
    )  # fmt: skip
    years = [_year(year, codes, back, of_each.of_year(year.label)) for year in back.years]
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


def _year(year: Year, codes: tuple[str, ...], back: ReadBack, new: Renewal) -> Year:
    group = members_of(year.transition.group, "group", codes, new.newcomers)
    baseline, area_cost = year.baseline, year.area_cost
    return replace(
        year,
        damping=rule_of(year.damping, codes, new.newcomers),
        transition=replace(year.transition, group=group),
        baseline=baseline if isinstance(baseline, str)
        else everybody(baseline, "baseline", back, new),
        area_cost=None if area_cost is None else everybody(area_cost, "area_cost", back, new),
    )  # fmt: skip


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
    yield from who_is_another(back, new)
    if settled[0][1].scenario.codes != old.codes:
        was, now = (float(one.baseline.sum()) for one in (old, settled[0][1].scenario))
        yield f"Baselines add up to £{now:,.0f} in {settled[0][0]}, £{was:,.0f} before."
    try:
        before = back.settle()
    except CypsError:
        yield "Before, the rule could not be kept with the pot; now it can."
        return
    for (label, was_settled), (_, now_settled) in zip(before, settled, strict=True):
        yield f"{label}: {moved(was_settled, now_settled)}."
