"""The neighbours on the sheet My authority: those of its peers whose share is nearest, live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from xlsxwriter.utility import xl_col_to_name as _col

from cyps_workbooks.layout import FIRST_ROW, HEAD_ROW, RESULTS
from cyps_workbooks.page import Page
from cyps_workbooks.results_sheet import peers_of, result_numbers

NEIGHBOURS = 10
"""As many as are listed; all peers where there are fewer."""

HEADS = (
    "Neighbour, nearest share first", "Pounds", "Change (£)", "Share", "Change (%)",
    "Per child (£)", "Share - mine", "Rank of change (%)",
)  # fmt: skip
_SOURCES = (
    ("Authority", "general"), ("Pounds", "pounds"), ("Change (£)", "pounds change"),
    ("Share", "share"), ("Change (%)", "percent change"), ("Pounds per child", "pence"),
)  # fmt: skip
_HOW_FAR = 24
"""Zero-based column of the working, right of the charts and of what is printed."""
_ROW_COLUMN = _HOW_FAR + 2


def nearest(share: NDArray[np.float64], peers: NDArray[np.bool_], place: int) -> list[int]:
    """Places of the peers of `place`, nearest share first; ties by code.

    Examples
    --------
    >>> nearest(np.array([0.5, 0.1, 0.25, 0.15]), np.array([True, True, True, True]), 3)
    [1, 2, 0]
    """
    far = np.round(np.abs(share - share[place]), 10)
    return [i for i in np.lexsort((np.arange(far.size), far)).tolist() if peers[i] and i != place]


def draw_neighbours(page: Page, row: int, place: int) -> int:
    """Draw the table from `row` on; gives the zero-based row of its last line."""
    draft, formats = page.draft, page.draft.formats
    settlement = draft.settlement
    names = np.array(peers_of(settlement))
    order = nearest(settlement.share, names == names[place], place)
    _working(page, order, place)
    page.text(row, 0, "Neighbours", formats.heading())
    page.text(row, 1, f"The {NEIGHBOURS} of its peers (damping group, or region) whose share is "
                      "nearest to its own; all of them where there are fewer.")  # fmt: skip
    row += 1
    for col, head in enumerate(HEADS):
        page.text(row, col, head, formats.head(number=col > 0))
    page.text(row, _ROW_COLUMN, "Row in Results", formats.head(number=True))
    page.sheet.set_row(row, 34)
    _draw(page, row + 1, _Line("my_row", place, 0.0), row + 2)
    share = settlement.share - settlement.share[place]
    for k in range(NEIGHBOURS):
        found = f'IFERROR(MATCH({k + 1},{draft.layout.here(_HOW_FAR + 1)},0),"")'
        there = k < len(order)
        line = _Line(found, order[k], float(share[order[k]])) if there else _Line(found, None, "")
        _draw(page, row + 2 + k, line, row + 2)
    return row + 1 + NEIGHBOURS


def _working(page: Page, order: list[int], place: int) -> None:
    """How far each peer's share is from mine, and its place by that, on the authorities' rows."""
    layout, formats = page.draft.layout, page.draft.formats
    share, peers = (f"{RESULTS}!{_col(layout.result(h))}{{r}}" for h in ("Share", "Peers"))
    mine = f"INDEX({layout.column(RESULTS, layout.result('Share'))},my_row)"
    page.sheet.set_column(_HOW_FAR, _ROW_COLUMN, 14)
    page.text(HEAD_ROW - 2, _HOW_FAR, "Working: how near each peer's share is, by row of Results")
    for col, head in ((_HOW_FAR, "Share from mine"), (_HOW_FAR + 1, "Order")):
        page.text(HEAD_ROW, col, head, formats.head(number=True))
    shares = page.draft.settlement.share
    far = np.full(len(shares), np.nan)
    far[order] = np.round(np.abs(shares[order] - shares[place]), 10)
    places = np.full(len(shares), np.nan)
    places[order] = np.arange(1, len(order) + 1)
    formula = (
        f"=IF(my_row>0,IF(AND({peers}=$B$9,ROW()-{FIRST_ROW}<>my_row),"
        f'ROUND(ABS({share}-{mine}),10),""),"")'
    )
    page.column(_HOW_FAR, formula, formats.cell("share"), far)
    here, area = _col(_HOW_FAR), layout.here(_HOW_FAR)
    first = f"${here}${FIRST_ROW + 1}"
    rank = f"RANK({here}{{r}},{area},1)+COUNTIF({first}:{here}{{r}},{here}{{r}})-1"
    page.column(
        _HOW_FAR + 1, f'=IF(ISNUMBER({here}{{r}}),{rank},"")', formats.cell("count"), places
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """One authority: how its row in Results is found, and which it is as written."""

    found: str
    which: int | None
    share: float | str


def _draw(page: Page, row: int, line: _Line, mine: int) -> None:
    """Its row in Results, at the right, and what stands there; `mine` is my row on this sheet."""
    formats, layout, r = page.draft.formats, page.draft.layout, row + 1
    form = formats.total if r == mine else formats.cell
    at = f"${_col(_ROW_COLUMN)}{r}"
    seen = _seen(page, line.which)
    for col, (header, kind) in enumerate(_SOURCES):
        source = layout.column(RESULTS, layout.result(header))
        formula = f'=IF(ISNUMBER({at}),IF({at}>0,INDEX({source},{at}),""),"")'
        page.formula(row, col, formula, form(kind), seen[col])
    change = f'=IF(COUNT(D{r},D${mine})=2,D{r}-D${mine},"")'
    page.formula(row, 6, change, form("share change"), line.share)
    place = "" if line.which is None else line.which + 1
    ranks = layout.column(RESULTS, layout.result("Rank of change (%)"))
    rank = f'=IF(ISNUMBER({at}),IF({at}>0,INDEX({ranks},{at}),""),"")'
    page.formula(row, 7, rank, form("count"), _rank(page, line.which))
    page.formula(row, _ROW_COLUMN, f"={line.found}", form("count"), place)


def _rank(page: Page, which: int | None) -> object:
    """Of its change in per cent, 1 for the most; blank where it has no baseline."""
    ranks = result_numbers(page.draft.settlement)["Rank of change (%)"]
    return "" if which is None else np.asarray(ranks).tolist()[which]


def _seen(page: Page, which: int | None) -> list[object]:
    if which is None:
        return [""] * len(_SOURCES)
    settlement = page.draft.settlement
    numbers = result_numbers(settlement, page.draft.population)
    name = settlement.scenario.authorities[which].name
    return [name, *(np.asarray(numbers[header]).tolist()[which] for header, _ in _SOURCES[1:])]
