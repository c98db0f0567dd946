"""The sheet Glossary: the words of this workbook, in plain ones."""

from __future__ import annotations

import textwrap

from cyps_workbooks.layout import GLOSSARY
from cyps_workbooks.page import Draft, new_page

TERMS = (
    ("Activity metric", "A kind of use that is counted: CIN (in need on 31 March), REF (referred, "
     "with further action), CARE (in residential or foster care in the year), CEASED (left care)."),
    ("Area cost factor", "What the same service costs here beside elsewhere: 1.05 is 5% more. Only "
     "ratios matter. It may differ by metric."),
    ("Authority effect", "What an authority's own practice adds to use; left out (set to 0) when "
     "use is predicted."),
    ("Band, tier", "A group of authorities with a floor and ceiling, or a protected part, of "
     "its own."),
    ("Baseline", "What an authority had before: floors, ceilings and phasing go by it."),
    ("Ceiling", "The most that an allocation may change against its baseline."),
    ("Coefficient", "How much a driver moves the log odds that a child uses a service."),
    ("Cost weight", "A metric's part of national spend: what its service areas cost over what all "
     "cost."),
    ("Damped allocation", "What an authority gets under the rule, before whole pounds."),
    ("Damping group", "Authorities that share out their own total among themselves."),
    ("Distance from target", "How far what an authority gets is above or below its target."),
    ("Driver", "Something about a child or a place that goes with use: age, free school meals, "
     "income deprivation."),
    ("Floor", "The least that an allocation may change against its baseline; paid for by those "
     "above it."),
    ("Needs share", "An authority's part of all need, from its share of each metric and the cost "
     "weights, before area cost."),
    ("Pack", "The file with the coefficients, the predicted use, and who vouches for them."),
    ("Phasing", "Part of the way from the baseline to the target, such as a third a year."),
    ("Pot", "The whole pounds that are shared out."),
    ("Predicted use", "Children expected to use a service, given who they are and where they live, "
     "had every authority behaved alike."),
    ("Reference category", "The category of a driver that the others are compared with; its "
     "coefficient is 0."),
    ("Scaling factor", "What the part above the floor is multiplied by, so that the whole adds up "
     "to the pot."),
    ("Scenario", "All choices of a settlement together: pot, weights, area cost, baseline, rule."),
    ("Service area", "A group of services that spend is told for, such as fostering."),
    ("Share", "The needs share times area cost, made to sum to 1 again."),
    ("Target", "Share x pot: what an authority would get without damping."),
    ("Top-up", "Pounds from outside the pot that lift an authority to its protected amount."),
    ("Whole pounds", "Amounts rounded so that they still add up to the pot (largest remainder)."),
)  # fmt: skip


def draw_glossary(draft: Draft) -> None:
    """Draw the sheet Glossary."""
    page = new_page(draft, GLOSSARY)
    formats = draft.formats
    page.sheet.set_column(0, 0, 28)
    page.sheet.set_column(1, 1, 120)
    page.banner("Glossary", 2, width=125)
    for col, head in enumerate(("Word", "What it means here")):
        page.text(4, col, head, formats.head())
    for row, (term, meaning) in enumerate(TERMS, start=5):
        page.sheet.set_row(row, 16 * len(textwrap.wrap(meaning, 112)) + 2)
        page.text(row, 0, term, formats.of(bold=True, bottom=1, bottom_color="#C9CED4"))
        page.text(row, 1, meaning, formats.wrapped())
    page.sheet.repeat_rows(4)
    page.finish(one_page=True)
