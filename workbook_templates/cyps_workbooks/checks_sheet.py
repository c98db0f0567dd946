"""The sheet Checks: what stops a settlement, what to note, and where to mend it."""

from __future__ import annotations

from cyps_workbooks.check_list import Check, checks
from cyps_workbooks.layout import CHECKS
from cyps_workbooks.page import Draft, Page, checks_line, new_page

HEAD_ROW, FIRST_CHECK_ROW = 7, 8
"""Zero-based rows of the header and of the first check."""


def draw_checks(draft: Draft) -> None:
    """Draw the sheet Checks."""
    page = new_page(draft, CHECKS)
    formats = draft.formats
    for col, width in enumerate((40, 12, 110, 24)):
        page.sheet.set_column(col, col, width)
    page.banner("Checks", 4, width=150)
    listed = checks(draft.layout, draft.settlement)
    last = FIRST_CHECK_ROW + len(listed)
    stops, warns = _how_many(last, "STOP"), _how_many(last, "WARN")
    line = (
        f'=IF({stops}>0,"STOP: no settlement; checks that fail: "&{stops}&" (see Checks)",'
        f'IF({warns}>0,"WARN: "&{warns}&" to note (see Checks)","OK: every check passes"))'
    )
    page.formula(4, 0, line, formats.heading(), checks_line(draft.settlement))
    _flags(page, listed)
    for col, head in enumerate(("Check", "Result", "What it says", "Go to")):
        page.text(HEAD_ROW, col, head, formats.head())
    for i, check in enumerate(listed):
        _check(page, FIRST_CHECK_ROW + i, check)
    _colours(page, last)
    page.sheet.freeze_panes(FIRST_CHECK_ROW, 0)
    page.finish(one_page=True)


def _how_many(last: int, verdict: str) -> str:
    # Cell by cell, not COUNTIF over the column: while LibreOffice 7.4 works through
    # a range whose cells wait for each other, it takes the waiting for a circle.
    return "(" + "+".join(f'(B{r}="{verdict}")' for r in range(FIRST_CHECK_ROW + 1, last + 1)) + ")"


def _flags(page: Page, listed: list[Check]) -> None:
    formats = page.draft.formats
    inputs = sum(check.about == "input" for check in listed)
    first = FIRST_CHECK_ROW + 1
    page.text(5, 0, "Can every input be used?")
    sound = f'=IF(COUNTIF($B${first}:$B${first + inputs - 1},"OK")={inputs},"Yes","No")'
    page.formula(5, 1, sound, formats.of(bold=True), "Yes")
    page.text(6, 0, "Can the pot be settled?")
    settle = '=IF(inputs_sound="Yes",IF(floor_fits="Yes","Yes","No"),"No")'
    page.formula(6, 1, settle, formats.of(bold=True), "Yes")


def _check(page: Page, row: int, check: Check) -> None:
    formats = page.draft.formats
    page.sheet.set_row(row, 30)
    page.text(row, 0, check.name, formats.wrapped())
    verdict = f'IF({check.passes},"OK","{check.otherwise}")'
    if check.waits:
        verdict = f'IF({check.waits}="Yes",{verdict},"WAIT")'
    page.formula(row, 1, f"={verdict}", formats.wrapped(), check.seen)
    wait = "Waits until the inputs can be used and the floor fits."
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
