"""What a frozen workbook says in place of how a living one is used."""

from __future__ import annotations

import textwrap
from collections.abc import Container, Iterator, Sequence

from cyps_workbooks.about_sheet import HOW_TO_HEADING, WIDTH
from cyps_workbooks.layout import ABOUT, RECORD
from cyps_workbooks.published.foreign import Sheet
from cyps_workbooks.what_if_page import AUTHORITY, HINT, METRIC, NO_AUTHORITY

Retold = dict[tuple[int, int], str]
"""New words by row and column, counted from 1; empty where nothing is to stand."""

_INSTEAD = (
    ("Yellow cells with blue figures may be typed over", "Frozen: what was typed, as it stood."),
    ("Yellow cells are for people to write in", "Frozen: what people wrote, as it stood."),
    ("What you change and why: yellow cells", "Frozen: what people changed, as it stood."),
    ("A metric weighs what its service areas cost nationally", "A metric weighs what its service "
     "areas cost nationally. Frozen: spend and weights as they stood."),
    ("Choose a method and fill in the fields", "Frozen: methods and fields as they stood."),
    ("Choose what to group by", "Frozen: grouped as it was chosen. B is the stored settlement of "
     "the sheet Compare."),
    ("Choose an authority", "The authority shown"),
    ("Year shown (choose on", "Year shown"),
    ("A is what the cells give now", "A is what the cells gave when this copy was frozen, for the "
     "year shown on Results. B was stored before."),
    ("An input: type over it.", "An input, as it was typed; locked in this copy."),
    ("A formula or a fixed fact: locked.", "What a formula gave, or a fixed fact."),
    ("What this workbook is and how to use it.", "What this copy is, and what it is not."),
    ("What the cells give now beside", "What the cells gave when this copy was frozen beside a "
     "stored settlement: pounds, shares, per child."),
    ("Damping is chosen on the sheet Damping", "Damping is on the sheet Damping; bands, tiers and "
     "groups on Members; weights on Weights."),
    ("Use is locked: to change it", "Frozen: use as it stood."),
    ("Children (may stay blank)", "Children"),
    ("Type under 'Mine'", "Mine: the weight that was typed; blank where the default was used, the "
     "weight from the spend above."),
    ("Choose from the list.", "As it was chosen."),
    ("Name a band", "Who is in each is on the sheet Members."),
    ("Name a group, then put", "Who is in each is on the sheet Members. Ties of pounds between "
     "groups go to the one listed first."),
    ("Choose what the child is like", "Frozen: the child as it was chosen. Each driver adds its "
     "term, coefficient x value, to the log odds; the sum gives the probability."),
    ("Stored, not live: B", "Stored before: B"),
    ("Stored, not live: the snapshot", "Stored: the snapshot"),
    ("A snapshot, not live:", "A snapshot: what moved the pounds from B (stored on Compare) to A, "
     "as the engine found it when the workbook was written."),
    ("A now", "A when frozen"),
    (AUTHORITY, AUTHORITY.split(":")[0]),
    (METRIC, METRIC.split(":")[0]),
    ("The settlement as it was handed over. Nothing", "The settlement as it was handed over, and "
     "the area cost factors that were in use."),
    ("The rule in force. Nothing is typed", "The rule in force, as it stood; grey fields count for "
     "nothing."),
)  # fmt: skip
"""How a sentence for people who work in it begins, and what stands there in a frozen copy."""

_ENDS = (
    (": type over the yellow cells.", ", as they were typed."),
    (" Refresh the workbook for a new one.", ""),
    (" Clear the cell to go back.", ""),
    (" Choose one from its list.", ""),
    (", or say on the sheet QA log why it may be used.", "."),
    ("; choose the metric above.", "."),
    (HINT, "Frozen: the levers as they stood; blank is as in the scenario."),
    (NO_AUTHORITY, "WARN: no authority was chosen from the list"),
)
"""How one ends, also where a formula gave it, and what it ends with there."""


def retold(
    sheet: Sheet,
    day: str,
    source: str,
    records: Sequence[tuple[str, str]],
    own: Container[tuple[int, int]] = (),
) -> Retold:
    """What the cells of a sheet say in a frozen copy, where that is not what they said.

    Parameters
    ----------
    day : when it was frozen, in words
    source : the name of the workbook that it was frozen from
    records : label and SHA-256 of the record of every year
    own : cells that people typed into, which stay as they are
    """
    found: Retold = {}
    for at, cell in sheet.cells.items():
        if cell.text is None or at in own:
            continue
        for begins, words in _INSTEAD if at not in sheet.formulas else ():
            if cell.text.startswith(begins):
                found[at] = words
        for told, words in (*_ENDS, (", live", f", as it stood on {day}")):
            if cell.text.endswith(told):
                found[at] = cell.text.removesuffix(told) + words
    if sheet.name == ABOUT:
        found |= _about(sheet, list(_copy_of(day, source, records)))
    return found


def _about(sheet: Sheet, lines: list[str]) -> Retold:
    """How to change an assumption, which nobody can here, makes room for what the copy is."""
    starts = [at for at, cell in sheet.cells.items() if cell.text == HOW_TO_HEADING and at[1] == 1]
    if not starts:
        return {}
    row = starts[0][0]
    found = {(row, 1): "A frozen copy"}
    rows = []
    while (row := row + 1, 1) in sheet.cells:
        rows.append(row)
    if len(lines) > len(rows):
        left = len(lines) - len(rows) + 1
        lines = [*lines[: len(rows) - 1], f"and {left} years more: see the sheet {RECORD}."]
    lines += [""] * (len(rows) - len(lines))
    return found | {(at, 1): words for at, words in zip(rows, lines, strict=True)}


def _copy_of(day: str, source: str, records: Sequence[tuple[str, str]]) -> Iterator[str]:
    told = (
        f"A copy of the values that {source} showed on {day}. Nothing in it calculates, and every "
        "cell is locked. To try another assumption, use the workbook that it was made from."
    )
    yield from textwrap.wrap(told, WIDTH)
    yield f"What it was settled from is on the sheet {RECORD}, year by year with its SHA-256:"
    yield from (f"{label}: {digest}" for label, digest in records)
