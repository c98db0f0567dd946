"""The sheet Use: how many children use each service, as predicted or published."""

from __future__ import annotations

import textwrap

from cyps_workbooks.inputs_sheet import ZERO_OR_MORE
from cyps_workbooks.layout import FIRST_ROW, HEAD_ROW, TOTAL_ROW, USE
from cyps_workbooks.page import Draft, Page, new_page


def draw_use(draft: Draft) -> None:
    """Draw the sheet Use: use is locked, because it comes from a pack or a published file."""
    page = new_page(draft, USE)
    formats, use = draft.formats, draft.settlement.use
    page.authority_rows()
    metrics = len(use.metrics)
    page.sheet.set_column(3, 2 + metrics, 16)
    page.sheet.set_column(3 + metrics, 3 + metrics, max(16, 64 - 16 * metrics))
    page.banner("Use of services", 4 + metrics)
    for i, line in enumerate(_basis(use.basis)):
        page.text(4 + i, 0, line)
    page.text(8, 0, _origin(draft))
    page.text(9, 0, "Use is locked: to change it, run the program with another pack or file.")
    for m, metric in enumerate(use.metrics):
        page.text(HEAD_ROW, 3 + m, metric, formats.head(number=True))
        for i, children in enumerate(use.children[:, m]):
            page.number(FIRST_ROW + i, 3 + m, children, formats.cell("children"))
        page.formula(
            TOTAL_ROW, 3 + m, f"=SUM({draft.layout.here(3 + m)})",
            formats.total("children"), use.children[:, m].sum(),
        )  # fmt: skip
    _children(page)
    page.sheet.set_row(HEAD_ROW, 34)
    page.finish()


def _children(page: Page) -> None:
    """How many children each authority has: only for pounds per child, so it may stay blank."""
    formats, layout, children = page.draft.formats, page.draft.layout, page.draft.population
    col = layout.children
    page.text(HEAD_ROW, col, "Children (may stay blank)", formats.head(number=True))
    for i in range(layout.authorities):
        if children is None:
            page.sheet.write_blank(FIRST_ROW + i, col, None, formats.entry("count"))
        else:
            page.number(FIRST_ROW + i, col, children[i], formats.entry("count"))
    here = layout.here(col)
    total = "" if children is None else float(children.sum())
    # A sum of some of them would be read as that of all.
    page.formula(TOTAL_ROW, col, f'=IF(children_given="Yes",SUM({here}),"")',
                 formats.total("count"), total)  # fmt: skip
    given = f'=IF(COUNT({here})={layout.authorities},IF(MIN({here})>0,"Yes","No"),"No")'
    form = formats.of(align="right")
    page.formula(9, col, given, form, "No" if children is None else "Yes")
    page.text(8, col, "Known for everybody?", form)
    page.sheet.data_validation(
        FIRST_ROW, col, layout.last_row, col,
        ZERO_OR_MORE | {
            "criteria": ">", "ignore_blank": True, "input_title": "Children",
            "input_message": "How many children live there, for pounds per child. All or none: "
            "the figures by child show when every authority has a number.",
            "error_message": "A number of children above 0, or nothing.",
        },
    )  # fmt: skip


def _basis(basis: str) -> list[str]:
    """What the numbers are, in four lines; a longer text says where it goes on."""
    lines = textwrap.wrap(f"Number of children by activity metric. Basis: {basis}", 120)
    if len(lines) <= 4:
        return lines
    return [
        *lines[:3],
        textwrap.shorten(lines[3], 90, placeholder="") + " ... (in full: sheet Notes)",
    ]


def _origin(draft: Draft) -> str:
    if draft.pack is None:
        return "From published numbers: no pack of coefficients stands behind this use."
    return (
        f"From the pack {draft.pack.name} ({draft.pack.status}), content "
        f"{draft.pack.content_hash[:16]}; in full on the sheet Notes."
    )
