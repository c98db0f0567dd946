"""A new what-if from an old one: another use, and the levers as they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.settlement import Settlement, Year, settle
from cyps.settlement.levers import Levers, with_levers
from cyps_workbooks.kept.anew import Refreshed, check_metrics, new_names, settle_anew, what_changed
from cyps_workbooks.kept.carried import moved
from cyps_workbooks.kept.findings import said
from cyps_workbooks.kept.opened import Opened
from cyps_workbooks.kept.outside import outside
from cyps_workbooks.kept.read_back import ReadBack
from cyps_workbooks.kept.typed_cells import TypedCells, shown_text
from cyps_workbooks.kept.what_if import (
    children_on,
    draw_what_if_as_issued,
    read_levers,
    shown_otherwise,
)
from cyps_workbooks.kept.who import Renewal, check_everybody
from cyps_workbooks.layout import RECORD
from cyps_workbooks.published.reading import read_workbook_bytes
from cyps_workbooks.record_sheet import records_in
from cyps_workbooks.what_if_layout import LEVERS
from cyps_workbooks.what_if_workbook import what_if_bytes

_PICKERS = {"in_authority": "the authority shown", "in_lever_metric": "the metric of lever 5"}


def read_levers_back(opened: Opened) -> ReadBack:
    """The scenario of a what-if, without its levers; a lever that cannot be used is a problem.

    Raises
    ------
    CypsError
        When the record was changed.
    """
    record = records_in(opened.path, opened.rows(RECORD))[0]
    label, scenario, use = record
    typed = TypedCells(opened)
    read_levers(typed, settle(scenario, use))
    year = Year(label, scenario.pot, scenario.damping, scenario.transition)
    problems = tuple(typed.problems)
    return ReadBack((record,), scenario, (year,), use, scenario.spend, {}, problems)


def refresh_what_if(opened: Opened, back: ReadBack, new: Renewal) -> Refreshed:
    """Draw a what-if anew with another use, its levers as they stand.

    Raises
    ------
    CypsError
        As `refresh` does; also when the pot cannot be settled with a lever and the new use.
    """
    check_metrics(back.use, new.use)
    check_everybody(back, new)
    codes = tuple(place.code for place in new.authorities)
    ((label, base),) = settle_anew(opened, back, new, codes)
    children, left = _children(opened, back, new)
    shown = str(opened.block("in_authority")[0][0].value)
    chosen = new_names(back.scenario, new).get(shown)

    def drawn_with(levers: Levers, carried: dict[tuple[str, int, int], float | str]) -> Opened:
        content = what_if_bytes(
            label, base, chosen=chosen, population=children, levers=levers, outside=carried
        )
        contents.append(content)
        return Opened.of(opened.path, read_workbook_bytes(content))

    contents: list[bytes] = []
    still = drawn_with(Levers(), {})
    levers, lost = _carried(opened, back, still)
    _check_kept(opened, base, levers)
    issued = draw_what_if_as_issued(opened, label, settle(back.scenario, back.use))
    stray = outside(opened, issued, still)
    drawn = drawn_with(levers, stray.carried)
    _prove(opened, drawn, base, levers)
    changes = (
        *what_changed(back, new, ((label, base),)),
        *_with_levers(opened, back, base, levers),
        *stray.moved,
    )
    told = [*left, *lost, *stray.lost, *_pickers(opened, drawn)]
    return Refreshed(contents[-1], ((label, base),), changes, tuple(told))


def _children(
    opened: Opened, back: ReadBack, new: Renewal
) -> tuple[NDArray[np.float64] | None, list[str]]:
    """The children of everybody who is there now; None, and why, where somebody's are not known."""
    known = children_on(opened, len(back.scenario.codes))
    if known is None:
        return None, []
    of_each = dict(zip(back.scenario.codes, known.tolist(), strict=True))
    of_each |= {code: one.children for code, one in new.newcomers.items() if one.children}
    without = [place for place in new.authorities if place.code not in of_each]
    if without:
        names = ", ".join(f"{place.name} ({place.code})" for place in without)
        words = f"Children of {names} are not known: the new what-if has no pounds per child."
        return None, [words]
    return np.array([of_each[place.code] for place in new.authorities]), []


def _carried(opened: Opened, back: ReadBack, drawn: Opened) -> tuple[Levers, list[str]]:
    """The levers that the new page has cells for; the others, and formulas, are named."""
    levers, _ = read_levers(TypedCells(opened), settle(back.scenario, back.use))
    lost: list[str] = []
    gone: dict[str, Any] = {}
    for key in LEVERS:
        name = f"in_lever_{key}"
        if getattr(levers, key) is None:
            continue
        entry = opened.block(name)[0][0]
        if name not in drawn.places:
            lost.append(
                f"{entry.place} ({name}): {said(entry.value)}: the lever does not apply any more."
            )
            gone[key] = None
        elif entry.formula is not None:
            lost.append(
                f"{entry.place}: its formula ={entry.formula[:60]} was not carried; its value "
                f"{said(getattr(levers, key))} was."
            )
    if levers.metric not in back.use.metrics:
        gone["metric"] = ""
    return replace(levers, **gone), lost


def _check_kept(opened: Opened, base: Settlement, levers: Levers) -> None:
    try:
        settle(with_levers(base.scenario, base.use.metrics, _named(base, levers)), base.use)
    except CypsError as error:
        raise CypsError(
            f"{opened.path} cannot be refreshed with its levers as they stand: {error} Move or "
            "clear the lever there, save, and refresh again."
        ) from error


def _named(base: Settlement, levers: Levers) -> Levers:
    """A metric whose weight is not moved need not be known."""
    return levers if levers.metric else replace(levers, metric=base.use.metrics[0])


def _with_levers(
    opened: Opened, back: ReadBack, base: Settlement, levers: Levers
) -> tuple[str, ...]:
    """How the pounds moved with the levers as they stand, where any is moved."""
    if all(getattr(levers, key) is None for key in LEVERS):
        return ()
    now = settle(with_levers(base.scenario, base.use.metrics, levers), base.use)
    typed, _ = read_levers(TypedCells(opened), settle(back.scenario, back.use))
    many = sum(getattr(levers, key) is not None for key in LEVERS)
    words = f"With the {many} levers as they stand" if many > 1 else "With the lever as it stands"
    try:
        then = settle(with_levers(back.scenario, back.use.metrics, typed), back.use)
    except CypsError:
        return (f"{words}: before, the pot could not be settled; now it can.",)
    return (f"{words}: {moved(then, now)}.",)


def _prove(opened: Opened, drawn: Opened, base: Settlement, levers: Levers) -> None:
    """The new what-if, read back as anybody's would be, gives what the engine gave."""
    back = read_levers_back(drawn)
    found = list(back.problems)
    if not found:
        settled = settle(back.scenario, back.use)
        typed, _ = read_levers(TypedCells(drawn), settled)
        now = settle(with_levers(back.scenario, back.use.metrics, typed), back.use)
        own = _named(base, levers)
        then = settle(with_levers(base.scenario, base.use.metrics, own), base.use)
        found = [
            *shown_otherwise(drawn, ((back.records[0][0], now),)),
            *shown_otherwise(drawn, ((back.records[0][0], then),)),
        ]
    if found:
        raise CypsError(
            f"The refreshed what-if would not show what the engine gives ({found[0].line()}). "
            f"Nothing was written: please report it with {opened.path.name}."
        )


def _pickers(opened: Opened, drawn: Opened) -> list[str]:
    """Which choices of what to look at are others in the new what-if."""
    told = []
    for name, what in _PICKERS.items():
        was, now = opened.block(name)[0][0], drawn.block(name)[0][0]
        if shown_text(was.value).casefold() != shown_text(now.value).casefold():
            told.append(f"{now.place}: {what} was {said(was.value)}; it is {said(now.value)} now.")
    return told
