"""The sheet QA log: roles, statement and logs of the AQuA Book, for people and from the run."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from cyps.settlement.dated import origin_in
from cyps_workbooks.about_sheet import IS_NOT
from cyps_workbooks.layout import (
    CHANGES,
    CHECKS,
    QA,
    QA_KINDS,
    QA_LOG_ROW,
    QA_ROLES,
    QA_ROLES_ROW,
    QA_ROWS_EACH,
    QA_RUN_ROW,
    QA_SUNSET_ROW,
)
from cyps_workbooks.notes_sheet import LIMITS, sources, to_know
from cyps_workbooks.page import Draft, Page, new_page
from cyps_workbooks.record_sheet import record_rows

WIDTHS = (22, 84, 54, 26, 14)
OF_PACK = "the pack"
"""Where a limit comes from."""
_LINE = 15
"""Points of one line of text."""


def draw_qa(draft: Draft) -> None:
    """Draw the sheet QA log."""
    page = new_page(draft, QA)
    formats = draft.formats
    for col, width in enumerate(WIDTHS):
        page.sheet.set_column(col, col, width)
    page.banner("QA log", len(WIDTHS), width=140)
    page.text(3, 0, "Yellow cells are for people to write in; cyps workbook refresh carries them "
                    "over. What the run knows of itself stands below them.")  # fmt: skip
    _head(page, QA_ROLES_ROW - 1, ("Role", "Name", "Organisation", "Date"))
    for i, role in enumerate(QA_ROLES):
        page.text(QA_ROLES_ROW + i, 0, role, formats.cell())
        _for_people(page, QA_ROLES_ROW + i)
    page.text(QA_SUNSET_ROW, 0, "Not to be used after", formats.cell())
    page.text(QA_SUNSET_ROW + 1, 0, "Assurance statement", formats.cell())
    for row, height in ((QA_SUNSET_ROW, 20), (QA_SUNSET_ROW + 1, 6 * _LINE)):
        page.sheet.set_row(row, height)
        page.sheet.write_blank(row, 1, None, formats.note())
    _head(page, QA_LOG_ROW - 1, ("Log", "What", "Source, reason or result", "Who and when"))
    for i, kind in enumerate(k for k in QA_KINDS for _ in range(QA_ROWS_EACH)):
        page.text(QA_LOG_ROW + i, 0, kind, formats.cell())
        _for_people(page, QA_LOG_ROW + i)
    _run(page)
    page.finish()


def _head(page: Page, row: int, heads: tuple[str, ...]) -> None:
    for col, head in enumerate(heads):
        page.text(row, col, head, page.draft.formats.head())


def _for_people(page: Page, row: int) -> None:
    page.sheet.set_row(row, 2 * _LINE)
    for col in range(1, 4):
        page.sheet.write_blank(row, col, None, page.draft.formats.note())


def _run(page: Page) -> None:
    """What the run knows: live results of the tests first, then what it was made of."""
    draft, formats = page.draft, page.draft.formats
    page.text(QA_RUN_ROW - 2, 0, "Filled by the run", formats.heading())
    _head(page, QA_RUN_ROW - 1, ("Log", "What", "Source, reason or result", "Status", "Dated"))
    row = QA_RUN_ROW
    for words, place, seen in (
        ("The workbook's own checks, live", "$A$5", draft.verdict),
        ("Every input can be used, live", "$B$6", "Yes"),
        ("Every rule can be kept with its pot, live", "$B$7", "Yes"),
    ):
        page.text(row, 0, "Test", formats.wrapped())
        page.text(row, 1, words, formats.wrapped())
        page.formula(row, 2, f"={CHECKS}!{place}", formats.wrapped(), seen)
        row += 1
    for kind, what, source, *origin in _known(draft):
        lines = (
            len(textwrap.wrap(words, width - 4)) or 1
            for words, width in ((what, WIDTHS[1]), (source, WIDTHS[2]))
        )
        page.sheet.set_row(row, _LINE * max(*lines) + 2)
        for col, words in enumerate((kind, what, source, *origin)):
            page.text(row, col, words, formats.wrapped())
        row += 1


def _known(draft: Draft) -> Iterator[tuple[str, ...]]:
    """Log, what, source; of a dated parameter its status and date too."""
    scenario, pack = draft.settlement.scenario, draft.pack
    yield ("Test", "Cells against the engine",
           "Every number was written from the engine. To test the cells as they stand: cyps "
           "workbook check FILE settles the inputs anew and compares to 1e-12.")  # fmt: skip
    yield "Data", f"Use: {draft.settlement.use.basis}", "see the sheet Use"
    if pack is not None:
        yield ("Data", f"Pack {pack.name} ({pack.status}). {pack.statement}",
               f"Content hash {pack.content_hash}. {pack.state}".strip())  # fmt: skip
    for label, _, digest, _ in {row[0]: row for row in record_rows(draft.settlements)}.values():
        yield "Data", f"Everything settled in {label}", f"Record, SHA-256 {digest}"
    for note in sources(draft)[1:]:
        dated = origin_in(note)
        yield ("Assumption", note, "as given to the run") if dated is None else ("Data", *dated)
    for label, settlement in draft.settlements:
        own = settlement.scenario
        yield "Decision", f"{label}: pot £{own.pot:,}; {own.damping_in_words}", "the scenario"
    for gone in scenario.exclusions:
        yield "Decision", f"{gone.name} ({gone.code}) left out", gone.reason
    yield "Change", "What people change and why, and each version written", f"the sheet {CHANGES}"
    for doubt in to_know(draft)[1:]:
        yield "Test", doubt, "the engine, as issued"
    yield "Limit", f"Status: {scenario.status}. {scenario.statement}", "the scenario"
    limits = pack.pack.limits if pack is not None and pack.pack is not None else ()
    for limit in limits:
        yield "Limit", limit, OF_PACK
    for limit in (*LIMITS, *IS_NOT):
        yield "Limit", limit, "the method"
