"""The workbook as it was issued, drawn again from its record: what in a file is no longer so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from cyps.pack import Standing
from cyps.settlement import settle
from cyps_workbooks.kept.findings import Finding, said
from cyps_workbooks.kept.opened import Entry, Opened
from cyps_workbooks.kept.read_back import ReadBack
from cyps_workbooks.layout import COMPARE, DAMPING, PACK, RECORD
from cyps_workbooks.pack_sheet import COEFFICIENTS, NOBODY_ASKED, SIGNATURE, VOUCHES
from cyps_workbooks.page import Against, PackNote, Typed
from cyps_workbooks.published.reading import read_workbook_bytes
from cyps_workbooks.record_sheet import compared_in
from cyps_workbooks.settlement_workbook import settlement_bytes

_NOT_RECORDED = "in_children"
_CLOSE = 5e-15
"""Programs that save 15 digits change a number by less than this part of it."""


def draw_as_issued(opened: Opened, back: ReadBack) -> Opened:
    """The workbook that the record of a file describes.

    Of its pack, which is not in the record, only what its own sheet says: no coefficients.
    """
    settled = [(label, settle(scenario, use)) for label, scenario, use in back.records]
    content = settlement_bytes(
        settled, pack=pack_in(opened), typed=Typed(spend=back.lines), against=compared_with(opened)
    )
    return Opened.of(opened.path, read_workbook_bytes(content))


def told_of_pack(opened: Opened) -> dict[str, list[str]]:
    """The lines of the sheet Pack by their label; none where there is no pack."""
    lines: dict[str, list[str]] = {}
    label = ""
    for row in opened.rows(PACK) if PACK in opened.sheets else ():
        if row[0] == COEFFICIENTS:
            break  # below, a driver may be called what a fact is
        label = row[0] or label
        lines.setdefault(label, []).extend(row[1:2])
    return lines


def pack_in(opened: Opened) -> PackNote | None:
    """What a workbook says of its pack, without what the pack holds; None where it has none."""
    if PACK not in opened.sheets:
        return None
    lines = told_of_pack(opened)
    name, digest, status, statement, state, standing = (
        " ".join(lines.get(key, ())) for key in (
            "Name", "Content hash (SHA-256)", "Status", "Statement", VOUCHES, SIGNATURE,
        )
    )  # fmt: skip
    known = next((one for one in Standing if one.value == standing), None)
    sentence = "" if state == NOBODY_ASKED else state
    return PackNote(name, digest, status, statement, sentence, standing=known)


def compared_with(opened: Opened) -> Against | None:
    """The settlement that the sheet Compare stores, from its record; None for "as delivered"."""
    stored = compared_in(opened.path, opened.rows(RECORD))
    if not stored:
        return None
    settled = tuple((label, settle(scenario, use)) for label, scenario, use in stored)
    words = opened.entry(COMPARE, 6, 3).value if COMPARE in opened.sheets else ""
    return Against(str(words or "").removeprefix("B: "), settled)


def is_laid_out_alike(opened: Opened, issued: Opened) -> bool:
    """Whether every name of the one stands for the same cells in the other."""
    return all(opened.places.get(name) == at for name, at in issued.places.items())


def changed_formulas(opened: Opened, issued: Opened) -> list[Finding]:
    """Formulas that were overwritten or changed, and locked figures that were."""
    inputs = _input_cells(issued)
    found: list[Finding] = []
    for name, sheet in issued.sheets.items():
        if name not in opened.sheets or name == RECORD:
            continue
        cells = {*sheet.formulas}
        if name != DAMPING:  # where only "as issued" stands, beside what is typed
            cells |= {at for at, cell in sheet.cells.items() if cell.number is not None}
        for at in sorted(cells):
            if (name, *at) not in inputs:
                then, now = issued.entry(name, *at), opened.entry(name, *at)
                found += _changed(then, now)
    return found


def _changed(then: Entry, now: Entry) -> Iterator[Finding]:
    if then.formula is None:
        if not _alike(then, now):
            yield Finding(
                "formulas", now.place,
                f"this locked figure was {said(then.value)} as issued and is {said(now.value)}.",
            )  # fmt: skip
    elif now.formula is None:
        yield Finding(
            "formulas", now.place,
            f"its formula was overwritten with {said(now.value)}: it no longer follows the inputs. "
            "Take an earlier copy, or refresh the workbook.",
        )  # fmt: skip
    elif now.formula and _plain(now.formula) != _plain(then.formula):
        yield Finding(
            "formulas", now.place,
            f"its formula is not the one that it was issued with, ={then.formula[:60]}.",
        )  # fmt: skip


def _alike(then: Entry, now: Entry) -> bool:
    if isinstance(then.value, float) and isinstance(now.value, float) and now.formula is None:
        return abs(then.value - now.value) <= _CLOSE * abs(then.value)
    return then.value == now.value and now.formula is None


@lru_cache(maxsize=4096)
def _plain(formula: str) -> str:
    """A formula without what programs write in their own way: spaces, quotes of sheets, case."""
    parts = re.split(r'("(?:[^"]|"")*")', formula.removeprefix("="))
    for i in range(0, len(parts), 2):
        words = re.sub(r"[\s']", "", parts[i]).upper()
        words = re.sub(r"\b(TRUE|FALSE)\(\)", r"\1", words)
        parts[i] = re.sub(r"\d+(?:\.\d+)?(?:E[+-]?\d+)?(?![\w(!])", _number, words)
    return "".join(parts)


def _number(found: re.Match[str]) -> str:
    return repr(float(found[0]))


def changed_inputs(opened: Opened, issued: Opened) -> list[tuple[str, Entry, Entry]]:
    """Name, cell as issued and cell now, of every input that shows something else now.

    Not of the children: no record holds them, so what was issued is not known.
    """
    found = []
    for name in issued.places:
        if not name.startswith("in_") or name not in opened.places or name == _NOT_RECORDED:
            continue
        for was, now in zip(issued.block(name), opened.block(name), strict=False):
            for then, entry in zip(was, now, strict=False):
                here, before = opened.followed(entry), issued.followed(then)
                same_formula = entry.formula is not None and entry.formula == then.formula
                if not same_formula and not _same_value(before, here):
                    found.append((name, then, entry))
    return found


def _same_value(then: Entry, now: Entry) -> bool:
    if isinstance(then.value, float) and isinstance(now.value, float):
        return abs(then.value - now.value) <= _CLOSE * abs(then.value)
    return (then.value or "") == (now.value or "")


def _input_cells(issued: Opened) -> set[tuple[str, int, int]]:
    return {
        (sheet, row, column)
        for name, (sheet, area) in issued.places.items()
        if name.startswith(("in_", "text_"))
        for row in range(area.top, area.bottom + 1)
        for column in range(area.left, area.right + 1)
    }
