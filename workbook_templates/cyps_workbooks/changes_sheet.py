"""The sheet Change log: what people changed and why, and what each version was written from."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from importlib.metadata import version

from cyps_workbooks.layout import CHANGES, CHANGES_ROW, CHANGES_ROWS
from cyps_workbooks.page import Draft, new_page
from cyps_workbooks.record_sheet import record_rows

WRITTEN = "Written by cyps"
_WIDTHS = (18, 30, 120)


def draw_changes(draft: Draft) -> None:
    """Draw the sheet Change log."""
    page = new_page(draft, CHANGES)
    formats = draft.formats
    for col, width in enumerate(_WIDTHS):
        page.sheet.set_column(col, col, width)
    page.banner("Change log", len(_WIDTHS), width=140)
    page.text(3, 0, "What you change and why: yellow cells. cyps workbook refresh carries them "
                    "over and adds what it changed itself below.")  # fmt: skip
    for col, head in enumerate(("Date", "Who", "What was changed, and why")):
        page.text(CHANGES_ROW - 1, col, head, formats.head())
    for row in range(CHANGES_ROW, CHANGES_ROW + CHANGES_ROWS):
        page.sheet.set_row(row, 30)
        for col in range(3):
            page.sheet.write_blank(row, col, None, formats.note())
    row = CHANGES_ROW + CHANGES_ROWS + 1
    page.text(row, 0, WRITTEN, formats.head())
    page.text(row, 1, "", formats.head())
    page.text(row, 2, "What", formats.head())
    for number, line in enumerate((*draft.typed.changes, _written(draft)), start=1):
        row += 1
        page.sheet.set_row(row, 15 * (len(textwrap.wrap(line, _WIDTHS[2] - 6)) or 1) + 2)
        page.text(row, 0, str(number), formats.wrapped())
        page.text(row, 1, "", formats.wrapped())
        page.text(row, 2, line, formats.wrapped())
    page.finish()


def _written(draft: Draft) -> str:
    """No clock: the same settlement gives the same workbook."""
    digests = {label: digest for label, _, digest, _ in record_rows(draft.settlements)}
    years = "; ".join(f"{label} {digest[:16]}" for label, digest in digests.items())
    return f"Written by cyps {version('cyps')} from the record (SHA-256 begins: {years})."


def written_before(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What an earlier workbook's log says that cyps wrote, from the rows of the sheet."""
    heads = [i for i, row in enumerate(rows) if row and row[0] == WRITTEN]
    below = rows[heads[0] + 1 :] if heads else ()
    return tuple(row[2] for row in below if is_written(row))


def is_written(row: Sequence[str]) -> bool:
    """Whether a row below that head is one of cyps: a number, nothing, and words."""
    return len(row) == 3 and row[0].isdigit() and not row[1] and bool(row[2])
