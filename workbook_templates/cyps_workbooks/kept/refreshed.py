"""A new workbook from an old one: another use, and everything that people typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cyps.errors import CypsError
from cyps.settlement import Settlement
from cyps_workbooks.changes_sheet import written_before
from cyps_workbooks.kept.anew import Refreshed, check_metrics, new_names, settle_anew, what_changed
from cyps_workbooks.kept.as_issued import compared_with, draw_as_issued
from cyps_workbooks.kept.carried import Carrying
from cyps_workbooks.kept.compared import compare_with_engine
from cyps_workbooks.kept.frozen_marks import frozen_since
from cyps_workbooks.kept.opened import (
    Opened,
    as_settlement,
    check_closed,
    is_what_if,
    open_workbook,
)
from cyps_workbooks.kept.outside import outside
from cyps_workbooks.kept.read_back import ReadBack, read_back
from cyps_workbooks.kept.what_if_refreshed import read_levers_back, refresh_what_if
from cyps_workbooks.kept.who import Renewal, check_everybody
from cyps_workbooks.layout import CHANGES
from cyps_workbooks.page import Against, Typed
from cyps_workbooks.published.reading import read_workbook_bytes
from cyps_workbooks.settlement_workbook import layout_of, settlement_bytes

_NAMED = 10
"""Cells that an error names."""
_LOGGED = 100
"""Lines of each kind that a refresh adds to the log of the new workbook."""


def open_for_refresh(path: Path) -> tuple[Opened, ReadBack]:
    """The workbook, or the what-if, and its inputs, every one of which can be used.

    Raises
    ------
    CypsError
        When the file is open elsewhere, frozen, damaged, foreign or has macros, or an input
        cannot be used. It is read only, never written to.
    """
    opened = open_workbook(path)
    what_if = is_what_if(opened)
    if not what_if:
        as_settlement(opened)
    check_closed(path)
    since = frozen_since(opened)
    if since:
        raise CypsError(
            f"{path} was frozen on {since}: it is a record and has no life of its own. Refresh the "
            "workbook that it was frozen from."
        )
    back = read_levers_back(opened) if what_if else read_back(opened)
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
    if is_what_if(opened):
        return refresh_what_if(opened, back, new)
    check_metrics(back.use, new.use)
    check_everybody(back, new)
    codes = tuple(place.code for place in new.authorities)
    settled = settle_anew(opened, back, new, codes)
    carrying = Carrying(opened, back, codes, new.newcomers)
    typed = carrying.typed()
    typed = carrying.fitting(typed, layout_of(settled, new.pack, typed))
    chosen = carrying.shown_authority(new_names(back.scenario, new))
    against = _against(opened, back, settled)

    def drawn_with(typed: Typed) -> bytes:
        return settlement_bytes(settled, pack=new.pack, chosen=chosen, typed=typed, against=against)

    stray = outside(
        opened,
        draw_as_issued(opened, back),
        Opened.of(opened.path, read_workbook_bytes(drawn_with(typed))),
    )
    changes = (*what_changed(back, new, settled), *stray.moved)
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
