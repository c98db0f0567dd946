"""The sheet Checks: what stops a settlement, what to note, and where to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cyps_workbooks.check_list import Check
from cyps_workbooks.layout import CHECKS
from cyps_workbooks.page import Draft, Page, new_page

HEAD_ROW, FIRST_CHECK_ROW = 9, 10
"""Zero-based rows of the header and of the first check."""

_STOPPED = "STOP: not to be used; checks that fail: "
_UNSETTLED = "STOP: no settlement; checks that fail: "
_NOTED, _PASSED, _SEE = "WARN: ", "OK: every check passes", " (see Checks)"


def verdict_seen(listed: Sequence[Check]) -> str:
    """What row 3 of every sheet says when the workbook is written."""
    stops, warns = (sum(check.seen == word for check in listed) for word in ("STOP", "WARN"))
    if stops:
        return f"{_STOPPED}{stops}{_SEE}"
    return f"{_NOTED}{warns} to note{_SEE}" if warns else _PASSED


def check_lines(listed: Sequence[Check]) -> str:
    """The absolute range of the lines, with its sheet."""
    return f"{CHECKS}!$A${FIRST_CHECK_ROW + 1}:$D${FIRST_CHECK_ROW + len(listed)}"


def draw_checks(draft: Draft, listed: list[Check]) -> None:
    """Draw the sheet Checks."""
    page = new_page(draft, CHECKS)
    formats = draft.formats
    for col, width in enumerate((40, 12, 130, 28)):
        page.sheet.set_column(col, col, width)
    page.banner("Checks", 4, width=150)
    last = FIRST_CHECK_ROW + len(listed)
    every = range(FIRST_CHECK_ROW, last)
    stops, warns = _how_many(every, "STOP"), _how_many(every, "WARN")
    line = (
        f'=IF({stops}>0,IF($B$7="Yes","{_STOPPED}","{_UNSETTLED}")&{stops}&"{_SEE}",'
        f'IF({warns}>0,"{_NOTED}"&{warns}&" to note{_SEE}","{_PASSED}"))'
    )
    page.formula(4, 0, line, formats.heading(), draft.verdict)
    _flags(page, listed)
    for col, head in enumerate(("Check", "Result", "What it says", "Go to")):
        page.text(HEAD_ROW, col, head, formats.head())
    for i, check in enumerate(listed):
        _check(page, FIRST_CHECK_ROW + i, check)
    _colours(page, last)
    page.sheet.freeze_panes(FIRST_CHECK_ROW, 0)
    page.sheet.repeat_rows(HEAD_ROW)
    page.finish()


def _how_many(rows: Iterable[int], verdict: str, sheet: str = "") -> str:
    # Cell by cell, not COUNTIF over the column: while LibreOffice 7.4 works through
    # a range whose cells wait for each other, it takes the waiting for a circle.
    return "(" + "+".join(f'({sheet}$B${row + 1}="{verdict}")' for row in rows) + ")"


def inputs_are_sound(listed: list[Check], year: int | None) -> str:
    """The condition, in cells, that every input of a year (or of all years alike) can be used."""
    rows = [
        FIRST_CHECK_ROW + i
        for i, check in enumerate(listed)
        if check.about == "input" and check.year in {None, year}
    ]
    return f"{_how_many(rows, 'OK', f'{CHECKS}!')}={len(rows)}"


def _flags(page: Page, listed: list[Check]) -> None:
    formats, layout = page.draft.formats, page.draft.layout
    years = range(len(layout.years))
    for row, label, condition in (
        (5, "Can every input be used?",
         "AND(" + ",".join(f'{layout.flag("sound", y)}="Yes"' for y in years) + ")"),
        (6, "Can the pot be settled?",
         "AND(" + ",".join(f'{layout.flag("settles", y)}="Yes"' for y in years) + ")"),
        (7, "Can every weight be used?", inputs_are_sound(listed, None)),
    ):  # fmt: skip
        words = label if len(years) == 1 else label.replace("the pot", "every year's pot")
        page.text(row, 0, words)
        page.formula(row, 1, f'=IF({condition},"Yes","No")', formats.of(bold=True), "Yes")


def _check(page: Page, row: int, check: Check) -> None:
    formats = page.draft.formats
    page.sheet.set_row(row, 30)
    page.text(row, 0, check.name, formats.wrapped())
    verdict = f'IF({check.passes},"OK","{check.otherwise}")'
    if check.waits:
        verdict = f'IF({check.waits},{verdict},"WAIT")'
    page.formula(row, 1, f"={verdict}", formats.wrapped(), check.seen)
    wait = "Waits until the inputs can be used and the rule can be kept."
    sentence = (
        f'=IF($B{row + 1}="OK","{check.when_ok}",IF($B{row + 1}="WAIT","{wait}",{check.when_not}))'
    )
    engine = check.when_ok if check.seen == "OK" else check.sentence_seen
    page.formula(row, 2, sentence, formats.wrapped(), engine)
    page.sheet.write_url(row, 3, f"internal:{check.place}", formats.link(), _spoken(check.place))


def _spoken(place: str) -> str:
    return place.replace("'", "").replace("$", "").replace("!", " ")


def _colours(page: Page, last: int) -> None:
    for word, form in (("STOP", page.draft.formats.stop()), ("WARN", page.draft.formats.warn())):
        rule = {
            "type": "formula",
            "criteria": f'=$B{FIRST_CHECK_ROW + 1}="{word}"',
            "format": form,
        }
        page.sheet.conditional_format(FIRST_CHECK_ROW, 1, last - 1, 1, rule)
