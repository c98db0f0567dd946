"""The sheet Bridge: a snapshot of what moved the pounds from B to A, averaged over every order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell
from xlsxwriter.utility import xl_col_to_name as _col

from cyps_workbooks.bridge_snapshot import Snapshot, components
from cyps_workbooks.layout import BRIDGE, FIRST_ROW, HEAD_ROW, RESULTS, TOTAL_ROW
from cyps_workbooks.page import Draft, Page, new_page
from cyps_workbooks.results_sheet import chosen

CURRENT = "Current: the cells give what this snapshot was taken of."
STATE = f"{BRIDGE}!$C$7"
"""The cell that says whether the snapshot is stale."""

_POT_ROW, _WEIGHTS_ROW = 4, 4
"""Zero-based rows, right of what is printed, of each year's pot and of the first weight."""


def heads(draft: Draft) -> tuple[str, ...]:
    """Headers of the columns from D on."""
    named = (name[0].upper() + name[1:] for name in components(draft.layout.metrics))
    return ("B: pounds", *named, "A as written", "A now", "Moved since")


def draw_bridge_sheet(draft: Draft) -> None:
    """Draw the sheet Bridge."""
    page = new_page(draft, BRIDGE)
    taken = draft.snapshots
    page.authority_rows()
    columns = heads(draft)
    page.banner("Bridge", 3 + len(columns), split=True)
    page.text(4, 2, "A snapshot, not live: what moved the pounds from B (stored on Compare) to A, "
                    "as the engine found it when the workbook was written.")  # fmt: skip
    reasons = [f'"{_in_quotes(one.words)}"' for one in taken]
    page.formula(
        5, 2, f"={chosen(reasons, _NOTHING)}", draft.formats.plain(), _in_quotes(taken[0].words)
    )
    _state(page)
    page.sheet.set_row(HEAD_ROW, 34)
    _shown(page, columns, taken)
    _stored(page, columns, taken)
    page.sheet.print_area(0, 0, draft.layout.last_row, 2 + len(columns))
    page.finish()


def _in_quotes(words: str) -> str:
    """A text as it stands in a formula, which holds 255 characters."""
    return words[:250].replace('"', "'")


def _first_stored(draft: Draft) -> int:
    """Zero-based column of the first that is stored, right of what is printed."""
    return 3 + len(heads(draft)) + 1


def _stored_column(draft: Draft, k: int, year: int) -> int:
    """Of an amount of the bridge; after the last come the share and the damped amount."""
    each = len(heads(draft)) - 2 + 2
    return _first_stored(draft) + year * each + k


def _moved(draft: Draft, year: int) -> tuple[str, ...]:
    """In cells: by how many the pot, weights, shares, damped amounts and pounds moved since."""
    layout, last, side = draft.layout, len(heads(draft)) - 3, _col(_weights_column(draft))
    pot = f"{BRIDGE}!${_col(_stored_column(draft, 1, year))}${_POT_ROW + 1}"
    rows = f"${side}${_WEIGHTS_ROW + 1}:${side}${_WEIGHTS_ROW + len(layout.metrics)}"

    def moved(key: str, k: int, least: str) -> str:
        kept = layout.column(BRIDGE, _stored_column(draft, k, year))
        return _differing(layout.step(key, year), kept, least)

    return (
        f"({layout.pot(year)}<>{pot})*1",
        _differing(layout.weights("G"), f"{BRIDGE}!{rows}", "0.000000001"),
        moved("share", last + 1, "0.0000000001"),
        moved("damped", last + 2, "0.005"),
        moved("pounds", last, "0.5"),
    )


def is_current(draft: Draft, year: int) -> str:
    """The condition, in cells, that a year gives what its snapshot was taken of."""
    return "AND(" + ",".join(f"{count}=0" for count in _moved(draft, year)) + ")"


def _state(page: Page) -> None:
    """Whether the cells still give what the snapshot was taken of, and of what they do not."""
    draft, n, formats = page.draft, page.draft.layout.authorities, page.draft.formats
    # A sum for each year, not a range: not every program takes a range out of CHOOSE.
    by_year = zip(*(_moved(draft, y) for y in range(len(draft.settlements))), strict=True)
    *parts, pounds = (_of_year(list(counts)) for counts in by_year)
    same = ",".join(f"{count}=0" for count in (*parts, pounds))
    words = ("the pot", "the cost weights", "shares", "damped amounts")
    told = "&".join(f'IF({c}>0,"{word}, ","")' for c, word in zip(parts, words, strict=True))
    formula = (
        '=IF(year_settles<>"Yes","STALE: the cells cannot be settled now. See the sheet Checks.",'
        f'IF(AND({same}),"{CURRENT}",'
        '"STALE: the cells have changed since this snapshot was taken ("'
        f'&{told}&"pounds of "&{pounds}&" of {n}). Refresh the workbook for a new one."))'
    )
    page.formula(6, 2, formula, formats.of(bold=True), CURRENT)
    warn_when_stale(page, f"C7:{_col(2 + len(heads(draft)))}7")


def _differing(live: str, kept: str, least: str) -> str:
    """How many cells of two ranges differ by more; ABS of a range is not known everywhere."""
    return f"SUMPRODUCT(({live}-{kept}>{least})+({kept}-{live}>{least}))"


def _of_year(cells: list[str]) -> str:
    return cells[0] if len(cells) == 1 else f"CHOOSE(year_place,{','.join(cells)})"


def warn_when_stale(page: Page, area: str) -> None:
    """Amber, and said in words, while the snapshot is stale."""
    first = xl_cell_to_rowcol(area.split(":")[0])
    at = xl_rowcol_to_cell(*first, row_abs=True, col_abs=True)
    rule = {"type": "formula", "criteria": f'=LEFT({at},5)="STALE"',
            "format": page.draft.formats.warn()}  # fmt: skip
    page.sheet.conditional_format(area, rule)


def _shown(page: Page, columns: Sequence[str], taken: Sequence[Snapshot]) -> None:
    """The year shown: its snapshot, what the cells give now, and how far that is from it."""
    draft, formats, layout = page.draft, page.draft.formats, page.draft.layout
    first, last = taken[0].amounts, len(columns) - 3
    years = range(len(layout.years))
    now = draft.settlement.pounds.astype(float)
    numbers = [*first.T, now, now - first[:, -1]]
    for k, head in enumerate(columns):
        col = 3 + k
        kind = _kind(k, last)
        page.sheet.set_column(col, col, 18)
        page.text(HEAD_ROW, col, head, formats.head(number=True))
        if k <= last:
            cells = [f"{_col(_stored_column(draft, k, year))}{{r}}" for year in years]
            # A blank that is pointed at would be 0: what has no bridge stays blank.
            formula = f"={chosen([f'IF({c}={_NOTHING},{_NOTHING},{c})' for c in cells], _NOTHING)}"
        elif k == last + 1:
            pounds = f"{RESULTS}!{_col(layout.result('Pounds'))}{{r}}"
            formula = f'=IF(year_settles="Yes",{pounds},"")'
        else:
            formula = f'=IF(year_settles="Yes",{_col(col - 1)}{{r}}-{_col(col - 2)}{{r}},"")'
        page.column(col, formula, formats.cell(kind), numbers[k])
        here = layout.here(col)
        total = "" if np.isnan(numbers[k]).any() else float(np.round(numbers[k].sum(), 2))
        formula = f'=IF(COUNT({here})>0,ROUND(SUM({here}),2),"")'
        page.formula(TOTAL_ROW, col, formula, formats.total(kind), total)


_NOTHING = '""'


def _kind(k: int, last: int) -> str:
    if k in (0, last, last + 1):
        return "pounds"
    return "pounds change" if k == last + 2 else "pence change"


def _weights_column(draft: Draft) -> int:
    """Zero-based column of the cost weights that the snapshot was taken with."""
    return _stored_column(draft, 0, len(draft.layout.years)) + 1


def _stored(page: Page, columns: Sequence[str], taken: Sequence[Snapshot]) -> None:
    """The snapshot itself, for every year: locked numbers, right of what is printed."""
    draft, formats = page.draft, page.draft.formats
    begin, last = _first_stored(draft), len(columns) - 3
    page.sheet.set_column(begin - 1, begin - 1, 3)
    page.sheet.set_column(begin, _weights_column(draft), 18)
    page.text(1, begin, "Stored, not live: the snapshot of every year", formats.heading())
    for year, (one, (_, settlement)) in enumerate(zip(taken, draft.settlements, strict=True)):
        at = _stored_column(draft, 0, year)
        page.text(_POT_ROW, at, draft.of_year("Pot of A", year), formats.beside())
        page.number(_POT_ROW, at + 1, settlement.scenario.pot, formats.cell("pounds"))
        more = np.column_stack([settlement.share, settlement.damped.allocation])
        every = np.column_stack([one.amounts, more])
        for k, head in enumerate((*columns[: last + 1], "A: share", "A: damped")):
            kind = _kind(k, last) if k <= last else ("share", "pence")[k - last - 1]
            page.text(HEAD_ROW, at + k, draft.of_year(f"Stored: {head}", year),
                      formats.head(number=True))  # fmt: skip
            for i, amount in enumerate(every[:, k].tolist()):
                if not np.isnan(amount):
                    page.number(FIRST_ROW + i, at + k, amount, formats.cell(kind))
    side = _weights_column(draft)
    page.text(_WEIGHTS_ROW - 1, side, "Cost weights of A", formats.beside())
    for m, weight in enumerate(draft.settlement.weights.tolist()):
        page.number(_WEIGHTS_ROW + m, side, weight, formats.cell("weight"))


# --- on the sheet My authority


def draw_my_bridge(page: Page, row: int, place: int) -> int:
    """My authority's row of the snapshot, one step a line; gives the row of the last."""
    draft, formats, layout = page.draft, page.draft.formats, page.draft.layout
    page.text(row, 0, "What moved its pounds from B to A", formats.heading())
    page.text(row, 1, "Snapshot of the sheet Bridge: each step averaged over every order.")
    page.formula(row + 1, 0, f"={STATE}", formats.of(bold=True), CURRENT)
    warn_when_stale(page, f"A{row + 2}:F{row + 2}")
    one = draft.snapshots[0]
    now = float(draft.settlement.pounds[place])
    amounts = [*one.amounts[place].tolist(), now, now - float(one.amounts[place, -1])]
    columns = heads(draft)
    last = len(columns) - 3
    at = row + 2
    page.text(at, 0, "Step", formats.head())
    page.text(at, 1, "Amount (£)", formats.head(number=True))
    for k, (head, amount) in enumerate(zip(columns, amounts, strict=True)):
        at += 1
        whole = k in (0, last)
        form = formats.total(_kind(k, last)) if whole else formats.cell(_kind(k, last))
        page.text(at, 0, head, formats.total() if whole else formats.cell())
        source = layout.column(BRIDGE, 3 + k)
        page.formula(at, 1, f'=IF(my_row>0,INDEX({source},my_row),"")', form, amount)
    return at
