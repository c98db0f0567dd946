"""The sheet About: what the workbook is, what it is not, and how to use it."""

from __future__ import annotations

import textwrap

from cyps_workbooks.layout import ABOUT, quoted
from cyps_workbooks.page import Draft, Page, new_page
from cyps_workbooks.style import UNUSED, UNUSED_TEXT

WIDTH = 140
"""Characters of a line of running text."""

PURPOSES = {
    "About": "What this workbook is and how to use it.",
    "Inputs": "Pot, baselines and area cost factors: type over the yellow cells.",
    "Members": "Band, protection tier and damping group of every authority, where they are used.",
    "Use": "Children who use each service, as predicted or published: where everything starts.",
    "Weights": "National spend by service area, and each metric's weight: default, mine, used.",
    "Damping": "The method of each year and the fields it uses; what comes of it.",
    "Factors": "Each damping group: what it shares, its scaling factor, what is wrong if it fails.",
    "Years": "Target, pounds, top-up and change of every authority, year after year.",
    "Calculation": "Every step from use to whole pounds, one lettered column each.",
    "Results": "What every authority gets in the year shown, in one table, totals above it.",
    "My authority": "One authority: its figures, ranks, bridge to its pounds, path, neighbours.",
    "Winners and losers": "Everybody from the most gained to the most lost; regions; charts.",
    "Compare": "What the cells give now beside a stored settlement: pounds, shares, per child.",
    "Bridge": "What moved the pounds from the stored settlement to this one: a snapshot.",
    "Groups": "Totals by region, class, combined authority, band, tier or damping group.",
    "Pack": "What the coefficients behind the use are, who vouches for them, how sure they are.",
    "Worked example": "One made-up child's probability of each event, term by term.",
    "Checks": "What stops the settlement, what to note, and a link to the cell concerned.",
    "Notes": "Sources, method, references, exclusions and limits.",
    "QA log": "Roles, assurance statement and logs: for people to write, and from the run.",
    "Change log": "What people changed and why; what each version was written from.",
    "Glossary": "The words of this workbook, in plain ones.",
    "Record": "What the settlement was made of as issued, for programs to read back.",
}

HOW_TO_HEADING = "To change an assumption"

HOW_TO = (
    "Pot: sheet Inputs, row 6. Method of damping and its fields: sheet Damping, from row 7 on; "
    "each year has a column. Grey fields are not used by the method chosen.",
    "Weights: on the sheet Weights change a spend, choose another metric for a service area, or "
    "type a weight under Mine; clear it to go back.",
    "One authority: choose it on the sheet My authority, cell B5.",
    "Everything recalculates by itself, and the whole pounds still add up to the pot. Row 3 of "
    "every sheet says whether the checks pass.",
    "Sheets are protected without a password, against slips only: Review > Unprotect Sheet.",
)

IS_NOT = (
    "Not the official formula and not official coefficients, unless the status above says so.",
    "Not a statement of what an authority should spend: it shares out a pot by relative need.",
    "No child's record is in it, and none can be worked out from it.",
)


def draw_about(draft: Draft) -> None:
    """Draw the sheet About."""
    page = new_page(draft, ABOUT)
    formats, scenario = draft.formats, draft.settlement.scenario
    page.sheet.set_column(0, 0, 24)
    page.sheet.set_column(1, 1, 110)
    page.banner("Settlement workbook", 2, width=115)
    row = 4
    status = f"{scenario.status.capitalize()}. {scenario.statement}"
    row = page.paragraphs(row, textwrap.wrap(status, WIDTH), WIDTH) + 1
    row = _sheets(page, row)
    row = _legend(page, row)
    page.text(row, 0, HOW_TO_HEADING, formats.heading())
    row = page.paragraphs(row + 1, HOW_TO, WIDTH) + 1
    page.text(row, 0, "What it is not", formats.heading())
    row = page.paragraphs(row + 1, IS_NOT, WIDTH) + 1
    _exclusions(page, row)
    page.finish(one_page=len(scenario.exclusions) <= 12)
    page.sheet.activate()


def _sheets(page: Page, row: int) -> int:
    formats = page.draft.formats
    page.text(row, 0, "Sheet", formats.head())
    page.text(row, 1, "What it is for", formats.head())
    for name in page.draft.layout.sheets:
        row += 1
        page.sheet.write_url(row, 0, f"internal:{quoted(name)}!A1", formats.link(), name)
        kind = "Calculation" if name.startswith("Calculation") else name
        page.text(row, 1, PURPOSES[kind], formats.cell())
    return row + 2


def _legend(page: Page, row: int) -> int:
    formats = page.draft.formats
    page.text(row, 0, "How cells look", formats.heading())
    # Drawn with the inputs' colours but locked: only real inputs are unlocked.
    sample = formats.of(bg_color="#FFF4CC", font_color="#0B3D91", border=1, border_color="#B8860B")
    for form, label, words in (
        (sample, "1,234", "An input: type over it."),
        (formats.of(bg_color=UNUSED, font_color=UNUSED_TEXT), "1,234",
         "An input that the method chosen does not use."),
        (formats.cell(), "1,234", "A formula or a fixed fact: locked."),
        (formats.total(), "1,234", "A total."),
        (formats.head(), "Header", "The header of a column."),
        (formats.of(bold=True, bg_color="#9B1C1C", font_color="#FFFFFF"), "STOP",
         "A check that stops the settlement; WARN (amber) is to be noted, OK is fine."),
    ):  # fmt: skip
        row += 1
        page.text(row, 0, label, form)
        page.text(row, 1, words, formats.of(indent=1))
    return row + 2


def _exclusions(page: Page, row: int) -> None:
    formats, exclusions = page.draft.formats, page.draft.settlement.scenario.exclusions
    page.text(row, 0, "Left out of this settlement", formats.heading())
    if not exclusions:
        page.text(row + 1, 0, "Nobody.")
        return
    for line in exclusions:
        row += 1
        page.text(row, 0, line.code)
        for part in textwrap.wrap(f"{line.name}: {line.reason}", WIDTH - 14):
            page.text(row, 1, part)
            row += 1
        row -= 1
