"""The sheet Compare: what the cells give now (A) beside a settlement that is stored (B)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xlsxwriter.utility import xl_col_to_name as _col

from cyps.explain.compare import ranks
from cyps_workbooks.layout import COMPARE, FIRST_ROW, HEAD_ROW, RESULTS, TOTAL_ROW, USE
from cyps_workbooks.page import Draft, Page, new_page
from cyps_workbooks.results_sheet import chosen

COLUMNS = (
    ("pounds_b", "B: pounds", "pounds", 17),
    ("pounds_a", "A: pounds", "pounds", 17),
    ("change", "A - B (£)", "pounds change", 17),
    ("rate", "A - B (%)", "percent change", 11),
    ("share_b", "B: share", "share", 12),
    ("share_a", "A: share", "share", 12),
    ("share_change", "A - B (share)", "share change", 13),
    ("rank_b", "B: rank of pounds", "count", 11),
    ("rank_a", "A: rank of pounds", "count", 11),
    ("places", "Places up", "places", 10),
    ("child_b", "B: pounds per child", "pence", 13),
    ("child_a", "A: pounds per child", "pence", 13),
    ("child_change", "A - B (£ per child)", "pence change", 13),
)
"""Key, header, kind and width of every column of the comparison, from column D on."""

_PER_CHILD = {"child_b": "pounds_b", "child_a": "pounds_a", "child_change": "change"}
"""What is divided by the children."""

_AT = {key: 3 + i for i, (key, *_) in enumerate(COLUMNS)}
STORED_POT_ROW = 9
"""Zero-based row, above the totals, of the pot that each year was stored with."""


def compare_column(key: str) -> int:
    """Zero-based column of the comparison."""
    return _AT[key]


def stored_column(what: str, year: int, years: int) -> int:
    """Zero-based column of the stored pounds or share of a year, right of the comparison."""
    first = 3 + len(COLUMNS) + 1
    return first + year + (years if what == "share" else 0)


def draw_compare(draft: Draft) -> None:
    """Draw the sheet Compare."""
    page = new_page(draft, COMPARE)
    formats = draft.formats
    page.authority_rows()
    page.banner("Compare", 3 + len(COLUMNS), split=True)
    page.text(4, 2, "A is what the cells give now, for the year shown on Results. B is stored: it "
                    "does not move when an input is typed over.")  # fmt: skip
    page.text(5, 2, f"B: {draft.against.label}"[:250])
    _state(page)
    _by_child(page)
    page.sheet.set_row(HEAD_ROW, 34)
    formulas, numbers = _formulas(page), _numbers(draft)
    for key, head, kind, width in COLUMNS:
        col = _AT[key]
        page.sheet.set_column(col, col, width)
        page.text(HEAD_ROW, col, head, formats.head(number=True))
        page.column(col, formulas[key], formats.cell(kind), numbers[key])
    _totals(page, numbers)
    _stored(page)
    page.sheet.print_area(0, 0, draft.layout.last_row, 2 + len(COLUMNS))
    page.finish()


def _state(page: Page) -> None:
    """Whether A has moved away from B, and whether B is as it was stored."""
    draft, layout = page.draft, page.draft.layout
    change = _numbers(draft)["change"]
    here = layout.here(_AT["change"])
    n = layout.authorities
    same = "A is the same as B, to the pound."
    formula = (
        f'=IF(year_settles<>"Yes","A cannot be settled: see the sheet Checks.",'
        f'IF(COUNTIF({here},0)={n},"{same}",'
        f'({n}-COUNTIF({here},0))&" of {n} authorities get other pounds in A than in B."))'
    )
    moved = int(np.count_nonzero(change))
    said = f"{moved} of {n} authorities get other pounds in A than in B." if moved else same
    page.formula(6, 2, formula, page.draft.formats.of(bold=True), said)
    whole = (
        '"B is as it was stored: its pounds add up to its pot."',
        '"B was changed after it was stored: take the workbook as it was issued."',
    )
    page.formula(7, 2, f"=IF({stored_is_whole(draft)},{whole[0]},{whole[1]})",
                 draft.formats.plain(), whole[0].strip('"'))  # fmt: skip


NO_CHILDREN = (
    "Pounds per child are blank: the sheet Use does not have the children of every authority."
)
BY_CHILD = "Pounds per child: A and B both by the children on the sheet Use."


def _by_child(page: Page) -> None:
    """Whose children the pounds per child are by, or why there are none."""
    formula = f'=IF(children_given="Yes","{BY_CHILD}","{NO_CHILDREN}")'
    said = NO_CHILDREN if page.draft.population is None else BY_CHILD
    page.formula(8, 2, formula, page.draft.formats.plain(), said)


def stored_is_whole(draft: Draft) -> str:
    """The condition, in cells, that every year's stored pounds add up to their pot."""
    layout, years = draft.layout, len(draft.settlements)
    each = (
        f"SUM({layout.column(COMPARE, stored_column('pounds', year, years))})="
        f"{COMPARE}!${_col(stored_column('pounds', year, years))}${STORED_POT_ROW + 1}"
        for year in range(years)
    )
    return f"AND({','.join(each)})"


def _formulas(page: Page) -> dict[str, str]:
    layout, years = page.draft.layout, len(page.draft.settlements)
    at = {key: f"{_col(col)}{{r}}" for key, col in _AT.items()}

    def result(header: str) -> str:
        return f"{RESULTS}!{_col(layout.result(header))}{{r}}"

    def stored(what: str) -> str:
        cells = [f"{_col(stored_column(what, year, years))}{{r}}" for year in range(years)]
        return f"={chosen(cells, otherwise=chr(34) * 2)}"

    def settled(formula: str) -> str:
        return f'=IF(year_settles="Yes",{formula},"")'

    def rank(key: str) -> str:
        col, first, last = _col(_AT[key]), FIRST_ROW + 1, layout.last_row + 1
        return (
            f"RANK({at[key]},{col}${first}:{col}${last},0)"
            f"+COUNTIF({col}${first}:{at[key]},{at[key]})-1"
        )

    child = f"{USE}!{_col(layout.children)}{{r}}"

    def each(key: str) -> str:
        return f'IF(children_given="Yes",{at[key]}/{child},"")'

    return {
        "pounds_b": stored("pounds"),
        "pounds_a": settled(result("Pounds")),
        "change": settled(f"{at['pounds_a']}-{at['pounds_b']}"),
        "rate": settled(f'IF({at["pounds_b"]}>0,{at["change"]}/{at["pounds_b"]},"")'),
        "share_b": stored("share"),
        "share_a": settled(result("Share")),
        "share_change": settled(f"{at['share_a']}-{at['share_b']}"),
        "rank_b": f'=IF(ISNUMBER({at["pounds_b"]}),{rank("pounds_b")},"")',
        "rank_a": settled(rank("pounds_a")),
        "places": settled(f"{at['rank_b']}-{at['rank_a']}"),
        "child_b": f'=IF(ISNUMBER({at["pounds_b"]}),{each("pounds_b")},"")',
        "child_a": settled(each("pounds_a")),
        "child_change": settled(each("change")),
    }


def _numbers(draft: Draft) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    now, then = draft.settlement, draft.against.of_year(draft.layout.years[0])
    change = now.pounds - then.pounds
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(then.pounds > 0, change / then.pounds, np.nan)
    children = np.full(len(change), np.nan) if draft.population is None else draft.population
    return {
        "pounds_b": then.pounds,
        "pounds_a": now.pounds,
        "change": change,
        "rate": rate,
        "share_b": then.share,
        "share_a": now.share,
        "share_change": now.share - then.share,
        "rank_b": ranks(then.pounds),
        "rank_a": ranks(now.pounds),
        "places": ranks(then.pounds) - ranks(now.pounds),
        "child_b": then.pounds / children,
        "child_a": now.pounds / children,
        "child_change": change / children,
    }


def _totals(page: Page, numbers: Mapping[str, NDArray[Any]]) -> None:
    formats, layout = page.draft.formats, page.draft.layout
    children = page.draft.population
    for key, _, kind, _ in COLUMNS:
        col = _AT[key]
        of = {k: f"{_col(_AT[k])}{TOTAL_ROW + 1}" for k in ("pounds_b", "pounds_a", "change")}
        if key in {"rank_b", "rank_a", "places"}:
            page.text(TOTAL_ROW, col, "", formats.total())
        elif key == "rate":
            formula = f'=IF(year_settles="Yes",{of["change"]}/{of["pounds_b"]},"")'
            change, before = (float(np.sum(numbers[k])) for k in ("change", "pounds_b"))
            page.formula(TOTAL_ROW, col, formula, formats.total(kind), change / before)
        elif key in _PER_CHILD:
            part, all_children = _PER_CHILD[key], layout.column(USE, layout.children)
            formula = f'=IF(COUNT({layout.here(col)})>0,{of[part]}/SUM({all_children}),"")'
            amount = float(np.sum(numbers[part]))
            seen = "" if children is None else amount / float(children.sum())
            page.formula(TOTAL_ROW, col, formula, formats.total(kind), seen)
        else:
            here = layout.here(col)
            formula = f'=IF(COUNT({here})>0,SUM({here}),"")'
            page.formula(TOTAL_ROW, col, formula, formats.total(kind), float(np.sum(numbers[key])))


def _stored(page: Page) -> None:
    """The settlement B itself, for every year: locked numbers, right of what is printed."""
    draft, formats = page.draft, page.draft.formats
    years = len(draft.settlements)
    first = stored_column("pounds", 0, years)
    page.sheet.set_column(first - 1, first - 1, 3)
    page.sheet.set_column(first, first + 2 * years - 1, 18)
    page.text(STORED_POT_ROW - 1, first, "Stored, not live: B as it was", formats.heading())
    for year, label in enumerate(draft.layout.years):
        then = draft.against.of_year(label)
        for what, kind, amounts in (
            ("pounds", "pounds", then.pounds), ("share", "share", then.share),
        ):  # fmt: skip
            col = stored_column(what, year, years)
            page.text(HEAD_ROW, col, draft.of_year(f"Stored {what} of B", year),
                      formats.head(number=True))  # fmt: skip
            for i, amount in enumerate(amounts.tolist()):
                page.number(FIRST_ROW + i, col, amount, formats.cell(kind))
            page.total(col, kind, float(amounts.sum()))
        pot = stored_column("pounds", year, years)
        page.number(STORED_POT_ROW, pot, then.scenario.pot, formats.cell("pounds"))
        page.text(STORED_POT_ROW, stored_column("share", year, years), "pot of B",
                  formats.beside())  # fmt: skip
