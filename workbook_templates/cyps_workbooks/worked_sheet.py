"""The sheet Worked example: one child's probability of each event, term by term, live."""

from __future__ import annotations

import math
import textwrap

from xlsxwriter.utility import xl_col_to_name

from cyps.explain import ChildPrediction, Term, outside_bands, predict_child
from cyps.explain.child import MEDIAN, WHOSE
from cyps.pack import Driver, Interaction, Pack
from cyps.pack.driver import NUMBER, combination_words
from cyps_workbooks.layout import PACK, WORKED, WORKED_FIRST_ROW
from cyps_workbooks.pack_sheet import coefficient_column, head_row, rows_of
from cyps_workbooks.page import Draft, PackNote, Page, new_page

_HEAD_ROW = WORKED_FIRST_ROW - 2
"""Zero-based row of the header; the intercept stands below it, then the drivers."""

_PARTS = ("Coefficient", "Term", "Sum so far")
_WIDTH = 130

INTRODUCTION = (
    "Choose what the child is like in the yellow cells. Each driver adds its term, coefficient x "
    "value, to the log odds; the sum gives the probability.",
    "Coefficients come from the sheet Pack. Nobody is looked up: the child is made up, and nothing "
    "here moves the settlement.",
)


def draw_worked(draft: Draft, note: PackNote, pack: Pack) -> None:
    """Draw the sheet Worked example with a child at the reference categories."""
    page = new_page(draft, WORKED)
    metrics = len(pack.models)
    columns = 4 + len(_PARTS) * metrics
    for first, last, width in ((0, 0, 30), (1, 1, 30), (2, 2, 10), (3, columns - 2, 13)):
        page.sheet.set_column(first, last, width)
    page.sheet.set_column(columns - 1, columns - 1, 40)
    page.banner("Worked example: one made-up child", columns, width=115)
    page.paragraphs(4, INTRODUCTION, 160)
    children = predict_child(pack, example_child(pack), rest_at_reference=True)
    _heads(page, pack, columns)
    _intercept(page, note, children)
    row_of = {driver.name: WORKED_FIRST_ROW + i for i, driver in enumerate(pack.terms)}
    for i, driver in enumerate(pack.terms):
        rows, terms = rows_of(note, pack, driver), [c.terms[i + 1] for c in children]
        if isinstance(driver, Interaction):
            _interaction(page, row_of, driver, rows, terms)
        else:
            _driver(page, row_of[driver.name], driver, rows, terms)
    _outcome(page, pack, children)
    page.sheet.freeze_panes(_HEAD_ROW + 1, 1)
    page.finish(one_page=len(pack.drivers) < 40)


def example_child(pack: Pack) -> dict[str, float]:
    """Numbers that have no mean in the pack, at 0; all else is at the reference or the mean.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> drivers = (Driver("fsm", "child", ("no", "yes")), Driver("idaci", "area"))
    >>> example_child(SimpleNamespace(own_drivers=drivers, driver_means=None))
    {'idaci': 0.0}
    """
    means = {}
    if pack.driver_means is not None:
        means = dict(zip(pack.labels, pack.driver_means.tolist(), strict=True))
    return {
        driver.name: 0.0
        for driver in pack.own_drivers
        if not driver.categories and math.isnan(means.get(driver.name, math.nan))
    }


def _heads(page: Page, pack: Pack, columns: int) -> None:
    formats = page.draft.formats
    for col in range(columns):
        page.text(_HEAD_ROW - 1, col, "", formats.head())
    for col, words in enumerate(("Driver", "The child", "Value")):
        page.text(_HEAD_ROW, col, words, formats.head(number=col == 2))
    for m, model in enumerate(pack.models):
        first = 3 + len(_PARTS) * m
        page.text(_HEAD_ROW - 1, first, model.metric, formats.head(number=True))
        for k, words in enumerate(_PARTS):
            page.text(_HEAD_ROW, first + k, words, formats.head(number=True))
    page.text(_HEAD_ROW, columns - 1, "To be mended", formats.head(indent=1))


def _intercept(page: Page, note: PackNote, children: tuple[ChildPrediction, ...]) -> None:
    formats, row = page.draft.formats, _HEAD_ROW + 1
    page.text(row, 0, "Intercept", formats.cell("text"))
    page.text(row, 1, "", formats.cell("text"))
    page.number(row, 2, 1.0, formats.cell("number"))
    for m, child in enumerate(children):
        source = f"{PACK}!${coefficient_column(m)}${head_row(note) + 2}"
        _term(page, row, m, f"={source}", child.terms[0])
    page.text(row, 3 + len(_PARTS) * len(children), "", formats.beside())


def _driver(page: Page, row: int, driver: Driver, rows: tuple[int, int], terms: list[Term]) -> None:
    formats, r = page.draft.formats, row + 1
    first, last = rows
    page.text(row, 0, driver.name, formats.cell("text"))
    listed = f"{PACK}!$B${first}:$B${last}"
    if driver.categories:
        page.sheet.write_string(row, 1, terms[0].level, formats.entry("text"))
        known = f'SUMPRODUCT(--({listed}=$B{r}&""))=1'
        value, wrong = f'=IF({known},1,"")', "Choose a category from the list."
    else:
        page.number(row, 1, terms[0].value, formats.entry("number"))
        value, wrong = f'=IF(ISNUMBER($B{r}),$B{r},"")', "Type a number."
    _choice(page, row, driver, listed)
    page.formula(row, 2, value, formats.cell("number"), terms[0].value)
    for m, term in enumerate(terms):
        column = coefficient_column(m)
        coefficients = f"{PACK}!${column}${first}:${column}${last}"
        formula = f"=SUM({coefficients})"
        if driver.categories:
            formula = f'=SUMPRODUCT(({listed}=$B{r}&"")*{coefficients})'
        _term(page, row, m, formula, term)
    page.formula(row, 3 + len(_PARTS) * len(terms), f'=IF(ISNUMBER($C{r}),"","{wrong}")',
                 formats.beside(), "")  # fmt: skip


def _interaction(
    page: Page,
    row_of: dict[str, int],
    joint: Interaction,
    rows: tuple[int, int],
    terms: list[Term],
) -> None:
    """Drivers that meet: which combination the child is in, and the product of its numbers."""
    formats, row = page.draft.formats, row_of[joint.name]
    page.text(row, 0, joint.name, formats.cell("text"))
    at = [(part, row_of[part.name] + 1) for part in joint.parts]
    met = '&" x "&'.join(f"$B{r}" if part.categories else f'"{NUMBER}"' for part, r in at)
    shown = combination_words([(part.categories or (NUMBER,))[0] for part in joint.parts])
    page.formula(row, 1, f"={met}", formats.cell("text"), shown)
    values = [f"$C{r}" for _, r in at]
    page.formula(row, 2, f'=IF(COUNT({",".join(values)})={len(values)},{"*".join(values)},"")',
                 formats.cell("number"), terms[0].value)  # fmt: skip
    first, last = rows
    for m, term in enumerate(terms):
        column = coefficient_column(m)
        formula = (
            f"=SUMPRODUCT(({PACK}!$B${first}:$B${last}=$B{row + 1})*"
            f"{PACK}!${column}${first}:${column}${last})"
        )
        _term(page, row, m, formula, term)
    page.text(row, 3 + len(_PARTS) * len(terms), "", formats.beside())


def _choice(page: Page, row: int, driver: Driver, listed: str) -> None:
    rule = {
        "validate": "decimal", "criteria": "between", "minimum": -1e9, "maximum": 1e9,
        "input_title": "A number", "error_title": "A number is needed",
        "input_message": f"A number of the {WHOSE[driver.level]}.",
        "error_message": "Type a number.",
    }  # fmt: skip
    if driver.categories:
        rule = {
            "validate": "list", "source": f"={listed}", "ignore_blank": False,
            "input_title": "Category",
            "input_message": "Choose from the list; the first is the reference.",
            "error_title": "Not in the list", "error_message": "Choose a category from the list.",
        }  # fmt: skip
    page.sheet.data_validation(row, 1, row, 1, rule)


def _term(page: Page, row: int, m: int, coefficient: str, term: Term) -> None:
    formats, r = page.draft.formats, row + 1
    first = 3 + len(_PARTS) * m
    at, own, total = (xl_col_to_name(first + k) for k in range(3))
    page.formula(row, first, coefficient, formats.cell("log odds"), term.coefficient)
    page.formula(row, first + 1, f'=IF(ISNUMBER($C{r}),{at}{r}*$C{r},"")',
                 formats.cell("log odds"), term.log_odds)  # fmt: skip
    before = f"{own}{r}"
    if row > _HEAD_ROW + 1:
        before = f'IF(COUNT({total}{r - 1},{own}{r})=2,{total}{r - 1}+{own}{r},"")'
    page.formula(row, first + 2, f"={before}", formats.cell("log odds"), term.sum)


def _outcome(page: Page, pack: Pack, children: tuple[ChildPrediction, ...]) -> None:
    formats = page.draft.formats
    last = WORKED_FIRST_ROW + len(pack.drivers) - 1
    top = last + 2
    columns = 3 + len(_PARTS) * len(children)
    for row, words in (
        (top, "Log odds: the sum of the terms"),
        (top + 1, "Odds: EXP(log odds)"),
        (top + 2, "Probability: 1 / (1 + EXP(-log odds))"),
        (top + 3, "Of 1,000 such children"),
    ):
        for col in range(columns):
            page.text(row, col, words if col == 0 else "", formats.total())
    for m, child in enumerate(children):
        col = 5 + len(_PARTS) * m
        letter = xl_col_to_name(col)
        eta = f"{letter}{top + 1}"
        odds = math.exp(child.log_odds)
        for row, formula, kind, engine in (
            (top, f"={letter}{last + 1}", "log odds", child.log_odds),
            (top + 1, f'=IF(ISNUMBER({eta}),EXP(MIN(700,{eta})),"")', "odds", odds),
            (top + 2, f'=IF(ISNUMBER({eta}),1/(1+EXP(MIN(700,-{eta}))),"")', "probability",
             child.probability),
            (top + 3, f'=IF(ISNUMBER({eta}),1000*{letter}{top + 3},"")', "children",
             1000 * child.probability),
        ):  # fmt: skip
            page.formula(row, col, formula, formats.total(kind), engine)
    lines = [line for words in (MEDIAN, *outside_bands(pack)) for line in _wrapped(words)]
    page.paragraphs(top + 5, lines, _WIDTH)


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, _WIDTH)
