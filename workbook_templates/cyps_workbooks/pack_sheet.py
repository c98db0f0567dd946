"""The sheet Pack: what stands behind the use, and its coefficients with their uncertainty."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass

from xlsxwriter.utility import xl_col_to_name

from cyps.pack import Driver, Interaction, MetricModel, Pack
from cyps.pack.driver import NUMBER
from cyps_workbooks.layout import PACK
from cyps_workbooks.page import Draft, PackNote, Page, new_page

_FIRST_LINE = 4
_LABEL, _WORDS = 26, 130
"""Characters of a line of the manifest: its label, its words."""

SIGNATURE, VOUCHES = "Signature", "Who vouches for it"
"""Labels of the first two facts of the manifest: one line, and one or more."""

COEFFICIENTS = "Coefficients"
"""Ends the manifest."""

STANDING = f"{PACK}!$B${_FIRST_LINE + 1}"
"""The cell that says how its signature stands, in a few words."""

UNASKED = "not looked for"
"""How it stands when nobody asked."""

NOBODY_ASKED = "Nobody asked: no signature was looked for."

FIGURES = ("Coefficient", "Standard error", "95% from", "95% to", "Odds ratio")
"""What each metric has, a column each, from column D on."""

Z = 1.96


@dataclass(frozen=True, slots=True)
class CoefficientRow:
    """One line of the table: a driver's category, the reference too, a number, or what meets.

    `place` is the coefficient's in the order of the pack's labels, None for a reference.
    """

    driver: str
    category: str
    level: str
    place: int | None


def coefficient_rows(pack: Pack) -> list[CoefficientRow]:
    """Every line of the table of coefficients, the intercept first."""
    rows = [CoefficientRow("Intercept", "", "", 0)]
    place = 1
    for driver in pack.drivers:
        if isinstance(driver, Interaction) or not driver.categories:
            held = driver.combinations if isinstance(driver, Interaction) else (NUMBER,)
            for category in held:
                rows.append(CoefficientRow(driver.name, category, driver.level, place))
                place += 1
            continue
        rows.append(CoefficientRow(driver.name, driver.categories[0], driver.level, None))
        for category in driver.categories[1:]:
            rows.append(CoefficientRow(driver.name, category, driver.level, place))
            place += 1
    return rows


def head_row(note: PackNote) -> int:
    """Zero-based row of the header of the coefficients: the manifest above it may be long."""
    return _FIRST_LINE + sum(len(lines) for _, lines in _manifest(note)) + 4


def rows_of(note: PackNote, pack: Pack, driver: Driver | Interaction) -> tuple[int, int]:
    """Excel row numbers of a driver's first and last line on the sheet Pack."""
    rows = [i for i, row in enumerate(coefficient_rows(pack)) if row.driver == driver.name]
    # A driver may be called Intercept, too: its lines are then those after the first.
    rows = [i for i in rows if i > 0]
    first = head_row(note) + 2
    return first + rows[0], first + rows[-1]


def coefficient_column(metric: int) -> str:
    """The letter of the column that holds a metric's coefficients."""
    return str(xl_col_to_name(3 + len(FIGURES) * metric))


def draw_pack(draft: Draft, note: PackNote) -> None:
    """Draw the sheet Pack: locked, because whoever fitted the model answers for it."""
    page = new_page(draft, PACK)
    metrics = len(note.pack.models) if note.pack is not None else 0
    for first, last, width in ((0, 0, _LABEL + 4), (1, 1, 32), (2, 2, 8)):
        page.sheet.set_column(first, last, width)
    columns = max(3 + len(FIGURES) * metrics, 12)
    page.sheet.set_column(3, columns - 1, 12)
    page.banner("Pack", columns, width=115)
    row = _FIRST_LINE
    for label, lines in _manifest(note):
        page.text(row, 0, label, draft.formats.of(bold=True))
        for line in lines:
            page.text(row, 1, line)
            row += 1
    if note.pack is not None and note.pack.models:
        _coefficients(page, note.pack, head_row(note))
    page.finish()


def _manifest(note: PackNote) -> list[tuple[str, list[str]]]:
    """What the pack says of itself, a label and its lines each."""
    facts = [
        (SIGNATURE, UNASKED if note.standing is None else note.standing.value),
        (VOUCHES, note.state or NOBODY_ASKED),
        ("Name", note.name),
        ("Status", note.status),
        ("Statement", note.statement),
        ("Content hash (SHA-256)", note.content_hash),
    ]
    pack = note.pack
    if pack is not None:
        kind = {
            "coefficients": "coefficients, and the use that they predict",
            "use": "use by authority, without a model",
        }
        sample = ", ".join(
            f"{count:,} {of}"
            for count, of in (
                (pack.sample_children, "children"),
                (pack.sample_areas, "small areas"),
                (pack.sample_authorities, "authorities"),
            )
            if count is not None
        )
        neutral = ", ".join(f"{name} at {what}" for name, what in pack.neutral)
        facts += [
            ("Kind", kind[pack.kind]),
            ("Created", pack.created or "not told"),
            ("Authority list", f"financial year {pack.year - 1}-{pack.year % 100:02d}"),
            ("Source", pack.source or "not told"),
            ("Fitted to", sample or "not told"),
            *([("Neutralised in this use", neutral)] if neutral else []),
            *((f"Fit of {model.metric}", _fit(model)) for model in pack.models),
            *((("Limits" if i == 0 else ""), limit) for i, limit in enumerate(pack.limits)),
        ]  # fmt: skip
    return [(label, _lines(words)) for label, words in facts]


def _lines(words: str) -> list[str]:
    # Whole words, a space between each two: put together and wrapped again they are the same.
    return textwrap.wrap(" ".join(words.split()), _WORDS, break_on_hyphens=False) or [""]


def vouched(note: PackNote) -> tuple[str, str]:
    """Who vouches for it: a formula that puts the lines of the sheet together, and the words."""
    lines = dict(_manifest(note))[VOUCHES]
    first = _FIRST_LINE + 2
    cells = [f"{PACK}!$B${row}" for row in range(first, first + len(lines))]
    return '&" "&'.join(cells), " ".join(lines)


def _fit(model: MetricModel) -> str:
    events, sigma, area_sigma = model.events, model.sigma, model.area_sigma
    parts = [
        "" if events is None else f"{events:,} children of the sample with the event",
        "" if sigma is None else f"standard deviation of the authority effects {sigma:.4f}",
        "" if area_sigma is None else f"of the small areas' effects {area_sigma:.4f}",
        model.verdict,
    ]
    return "; ".join(part for part in parts if part) or "not told"


def _coefficients(page: Page, pack: Pack, head: int) -> None:
    formats = page.draft.formats
    page.text(head - 3, 0, COEFFICIENTS, formats.heading())
    page.text(head - 2, 0, "Log odds, with every driver at once; a reference category has 0. 95% "
                           "interval: coefficient - and + 1.96 standard errors. Odds ratio: what "
                           "the odds are multiplied by.")  # fmt: skip
    for col, words in enumerate(("Driver", "Category", "Of")):
        page.text(head - 1, col, "", formats.head())
        page.text(head, col, words, formats.head())
    for m, model in enumerate(pack.models):
        for k, words in enumerate(FIGURES):
            col = 3 + len(FIGURES) * m + k
            page.text(head - 1, col, model.metric if k == 0 else "", formats.head(number=True))
            page.text(head, col, words, formats.head(number=True))
    page.sheet.set_row(head, 32)
    for i, line in enumerate(coefficient_rows(pack), start=head + 1):
        for col, words in enumerate((line.driver, line.category, line.level)):
            page.text(i, col, words, formats.cell("text"))
        for m in range(len(pack.models)):
            _figures(page, pack, m, i, line.place)
    page.sheet.repeat_rows(head - 1, head)


def _figures(page: Page, pack: Pack, m: int, row: int, place: int | None) -> None:
    formats, model = page.draft.formats, pack.models[m]
    first = 3 + len(FIGURES) * m
    at, error_at = (f"{xl_col_to_name(first + k)}{row + 1}" for k in (0, 1))
    right = formats.beside(right=True)
    if place is None:
        page.number(row, first, 0.0, formats.cell("log odds"))
        for k in (1, 2, 3):
            page.text(row, first + k, "reference" if k == 1 else "", right)
        page.formula(row, first + 4, f"=EXP({at})", formats.cell("ratio"), 1.0)
        return
    coefficient, errors = float(model.coefficients[place]), model.standard_errors
    page.number(row, first, coefficient, formats.cell("log odds"))
    if errors is None:
        for k in (1, 2, 3):
            page.text(row, first + k, "not told" if k == 1 else "", right)
    else:
        error = float(errors[place])
        page.number(row, first + 1, error, formats.cell("error"))
        for k, sign, end in ((2, "-", coefficient - Z * error), (3, "+", coefficient + Z * error)):
            page.formula(row, first + k, f"={at}{sign}{Z}*{error_at}", formats.cell("log odds"),
                         end)  # fmt: skip
    if place == 0:
        page.text(row, first + 4, "", right)
    else:
        page.formula(row, first + 4, f"=EXP({at})", formats.cell("ratio"), math.exp(coefficient))
