"""One sheet of a settlement workbook: its banner, its print set-up, its locks."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.needs import ServiceAreaSpend
from cyps.pack import Pack, Standing
from cyps.settlement import Settlement
from cyps.settlement.summaries import GroupTotals, region_totals
from cyps_workbooks.bridge_snapshot import Snapshot
from cyps_workbooks.escapes import escaped, escapes_itself
from cyps_workbooks.layout import ABOUT, FIRST_ROW, HEAD_ROW, TOTAL_ROW, Layout
from cyps_workbooks.style import TITLE, UNUSED, UNUSED_TEXT, Formats

CODE_WIDTH, NAME_WIDTH, REGION_WIDTH = 11, 36, 25
"""Widths for a GSS code, the longest authority's name, the longest region's."""

NEVER = 1e30
"""In the cells: no limit, or a factor that is never reached. Every amount is far below."""

LOCKS = {"format_columns": True, "format_rows": True, "autofilter": True, "sort": True}
"""What a person may still do on a protected sheet."""


@dataclass(frozen=True, slots=True)
class PackNote:
    """Which pack the predicted use came from, for the workbook's own record."""

    name: str
    content_hash: str
    status: str
    statement: str
    state: str = ""
    """Who vouches for it, in a sentence; empty when nobody asked."""
    pack: Pack | None = None
    """What it holds, for the sheets Pack and Worked example: tables only, never a child."""
    standing: Standing | None = None
    """Of its signature; None when nobody asked."""


@dataclass(frozen=True, slots=True)
class Against:
    """The settlement B that the sheet Compare stores: years by label, or one for every year."""

    label: str
    settlements: tuple[tuple[str, Settlement], ...]

    def of_year(self, label: str) -> Settlement:
        """What stands against a year.

        Raises
        ------
        CypsError
            When there are several years, and none of that label.
        """
        if len(self.settlements) == 1:
            return self.settlements[0][1]
        for name, settlement in self.settlements:
            if name.casefold() == label.casefold():
                return settlement
        raise CypsError(
            f"There is nothing to compare {label} with: the other settlement has "
            f"{', '.join(name for name, _ in self.settlements)}. Compare with one that has the "
            "same years, or with a single year."
        )


Grid = tuple[tuple[float | str | None, ...], ...]
"""The cells of a defined name, row by row: a number, text, or nothing."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What people typed into an earlier workbook that a settlement has no place for.

    Attributes
    ----------
    spend : lines of spend, where weights were typed over those that they give
    cells : by defined name of an input or of people's text, laid out as this workbook is: also
        what no method uses. They are drawn in place of what the settlement would give
    changes : what a refresh changed, in words, for the workbook's own log
    follows : of an input by authority, which column of its block each cell follows by a formula,
        counted from 0; None for a cell that was typed. Laid out as `cells`
    outside : what stands outside every input, by sheet, row and column counted from 1
    """

    spend: tuple[ServiceAreaSpend, ...] | None = None
    cells: Mapping[str, Grid] = field(default_factory=dict)
    changes: tuple[str, ...] = ()
    follows: Mapping[str, tuple[tuple[int | None, ...], ...]] = field(default_factory=dict)
    outside: Mapping[tuple[str, int, int], float | str] = field(default_factory=dict)

    def column(self, name: str, col: int) -> list[float | str | None] | None:
        """One column of a name's cells; None where nothing was typed."""
        return [row[col] for row in self.cells[name]] if name in self.cells else None


NOTHING_TYPED = Typed()


@dataclass(frozen=True, slots=True)
class Draft:
    """What every sheet is drawn from."""

    workbook: Workbook
    formats: Formats
    settlements: tuple[tuple[str, Settlement], ...]
    layout: Layout
    pack: PackNote | None
    typed: Typed = NOTHING_TYPED
    other: Against | None = None
    """What to compare with, where it is not the settlement as delivered."""
    population: NDArray[np.float64] | None = None
    """Children of every authority, (n_authorities,), where they are known."""
    chosen: str = ""
    """The authority that the sheet My authority shows first."""
    verdict: str = ""
    """What the line on top of every sheet says at first."""
    snapshots: tuple[Snapshot, ...] = ()
    """Every year's bridge from `other`; none where there is no other settlement."""

    @property
    def against(self) -> Against:
        """The settlement B of the sheet Compare."""
        if self.other is not None:
            return self.other
        return Against(f"as delivered, when this workbook was written. {_told(self.settlement)}",
                       self.settlements)  # fmt: skip

    @property
    def settlement(self) -> Settlement:
        """The first year: what holds in every year is read from it, and it is shown first."""
        return self.settlements[0][1]

    @property
    def regions(self) -> tuple[GroupTotals, ...]:
        """Totals of the first year's regions, in the order in which they are listed."""
        return region_totals(self.settlement)

    @property
    def spend(self) -> tuple[ServiceAreaSpend, ...]:
        """The lines of spend that the sheet Weights shows."""
        own = self.settlement.scenario.spend
        return own if self.typed.spend is None else self.typed.spend

    @property
    def weights_typed(self) -> bool:
        """Whether a weight was typed over the one from spend."""
        return any(name.startswith("in_weight_") for name in self.typed.cells)

    @property
    def title(self) -> str:
        """What the whole is called, without the year that each settlement adds."""
        return self.settlement.scenario.title.removesuffix(f", {self.settlements[0][0]}")

    @property
    def many_years(self) -> bool:
        """Whether headers must say their year."""
        return len(self.settlements) > 1

    def of_year(self, words: str, year: int) -> str:
        """Words with the year's label, where there are several."""
        return f"{words} {self.layout.years[year]}" if self.many_years else words

    def year_first(self, words: str, year: int) -> str:
        """Words after the year's label, where there are several."""
        return f"{self.layout.years[year]}: {words}" if self.many_years else words

    @property
    def everyone(self) -> str:
        """What the totals are called."""
        return everyone(self.settlement)


def _told(settlement: Settlement) -> str:
    """A settlement in a few words."""
    scenario = settlement.scenario
    return f"{scenario.title}: pot £{scenario.pot:,}; {scenario.damping_in_words}"


def everyone(settlement: Settlement) -> str:
    """What the totals are called: England only when nobody is left out."""
    scenario = settlement.scenario
    listed = {authority.code for authority in authorities(scenario.year)}
    if set(scenario.codes) == listed:
        return "England"
    many = len(scenario.codes)
    return f"All {many:,} authorities here" if many > 1 else "The one authority here"


@dataclass(frozen=True, slots=True)
class Page:
    """A worksheet of a draft, with the few ways in which its cells are written."""

    draft: Draft
    name: str
    sheet: Worksheet

    # --- cells
    def text(self, row: int, col: int, words: str, form: Format | None = None) -> None:
        """Text that stays text, whatever it begins with."""
        self.sheet.write_string(row, col, words, form or self.draft.formats.plain())

    def number(self, row: int, col: int, amount: float, form: Format) -> None:
        """A typed number."""
        self.sheet.write_number(row, col, float(amount), form)

    def formula(self, row: int, col: int, formula: str, form: Format, engine: object) -> None:
        """A live formula with the engine's own number (or words) as its cached value."""
        if isinstance(engine, int | float | np.generic) and not isinstance(engine, bool):
            # What never comes is 1E+30 in the cells, which have no infinity.
            amount = min(float(engine), NEVER) if not np.isnan(engine) else float("nan")
            engine = "" if np.isnan(amount) else int(amount) if amount.is_integer() else amount
        self.sheet.write_formula(row, col, formula, form, engine)

    def column(self, col: int, formula: str, form: Format, engine: ArrayLike) -> None:
        """One formula for every authority: `{r}` in it is the authority's row."""
        for i, amount in enumerate(np.asarray(engine).tolist()):
            row = FIRST_ROW + i
            self.formula(row, col, formula.format(r=row + 1), form, amount)

    def mark_unused(self, area: str, unused: str) -> None:
        """Grey the inputs of an area while a condition says that nothing uses them."""
        form = self.draft.workbook.add_format({"bg_color": UNUSED, "font_color": UNUSED_TEXT})
        self.sheet.conditional_format(
            area, {"type": "formula", "criteria": f"={unused}", "format": form}
        )

    def rule_used(self, area: str, used: str) -> None:
        """Rule the rows of an area while a condition says that they are used."""
        self.sheet.conditional_format(
            area, {"type": "formula", "criteria": f"={used}", "format": self.draft.formats.rule()}
        )

    def total(self, col: int, kind: str, engine: float, *, limited: bool = False) -> None:
        """The sum of a column of authorities, above its header; `limited` where one has none."""
        formula = f"SUM({self.draft.layout.here(col)})"
        formula = f"MIN(1E+30,{formula})" if limited else formula
        self.formula(TOTAL_ROW, col, f"={formula}", self.draft.formats.total(kind), engine)

    def paragraphs(self, row: int, lines: Sequence[str], width: int) -> int:
        """Running text in column A, wrapped into rows; gives the next free row."""
        for line in lines:
            for part in textwrap.wrap(line, width) or [""]:
                self.text(row, 0, part)
                row += 1
        return row

    # --- what every sheet has
    def banner(self, title: str, columns: int, *, width: int = 130, split: bool = False) -> None:
        """Title, honest status and the state of the checks, in rows 1 to 3.

        `columns` are coloured; the status is shortened to `width` characters. With
        `split`, what is long begins in column C, so that columns A and B can be
        repeated on every printed page without cutting it.
        """
        scenario, formats = self.draft.settlement.scenario, self.draft.formats
        self.sheet.set_row(0, TITLE * 1.6)
        for row, form in ((1, formats.status()), (2, formats.of(bold=True))):
            self.sheet.set_row(row, 20)
            for col in range(columns):
                self.sheet.write_blank(row, col, None, form)
        more = " ... (see About)" if ABOUT in self.draft.layout.sheets else " ..."
        statement = textwrap.shorten(scenario.statement, width, placeholder=more)
        status = scenario.status.upper()
        heading = f"{title} - {self.draft.title}"
        if split:
            self.text(0, 2, self.draft.title, formats.title())
            self.text(1, 2, statement, formats.status())
        self.text(0, 0, title if split else heading, formats.title())
        self.text(1, 0, status if split else f"{status}: {statement}", formats.status())
        line = self.draft.verdict
        self.formula(2, 0, f"={self.draft.layout.verdict}", formats.of(bold=True), line)
        area = f"A3:{xl_col_to_name(columns - 1)}3"
        for begins, alert in (("STOP", formats.stop()), ("WARN", formats.warn())):
            rule = {"type": "formula", "criteria": f'=LEFT($A$3,4)="{begins}"', "format": alert}
            self.sheet.conditional_format(area, rule)

    def authority_rows(self) -> None:
        """Code, authority and region of every row, and the word for their totals."""
        formats = self.draft.formats
        widths = (CODE_WIDTH, NAME_WIDTH, REGION_WIDTH)
        for col, (head, width) in enumerate(
            zip(("Code", "Authority", "Region"), widths, strict=True)
        ):
            self.sheet.set_column(col, col, width)
            self.text(HEAD_ROW, col, head, formats.head())
            self.text(TOTAL_ROW, col, self.draft.everyone if col == 1 else "", formats.total())
        for i, authority in enumerate(self.draft.settlement.scenario.authorities):
            row = FIRST_ROW + i
            self.text(row, 0, authority.code, formats.cell("text"))
            self.text(row, 1, authority.name, formats.cell("text"))
            self.text(row, 2, authority.region, formats.cell("text"))
        self.sheet.freeze_panes(FIRST_ROW, 2)
        self.sheet.repeat_rows(HEAD_ROW)
        self.sheet.repeat_columns(0, 1)

    def finish(self, *, pages_wide: int = 1, one_page: bool = False, scale: int = 0) -> None:
        """Print set-up and protection without a password.

        A `scale` in per cent goes with page breaks of the sheet's own, which nothing keeps that
        is fitted to pages.
        """
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        if scale:
            self.sheet.set_print_scale(scale)
        else:
            self.sheet.fit_to_pages(pages_wide, 1 if one_page else 0)
        status = on_one_line(self.draft.settlement.scenario.status.upper())
        title = status.replace("&", "&&")[:60]
        self.sheet.set_footer(f"&L{title}&C&A&RPage &P of &N")
        self.sheet.hide_gridlines(2)
        self.sheet.protect("", LOCKS)


class ClassicSheet(Worksheet):  # type: ignore[misc,unused-ignore]
    """A worksheet whose formulas are classic ones only, as `formula_text` checks.

    XlsxWriter looks each formula through for some thirty later functions, which takes longer
    than all the rest of drawing together.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:  # noqa: ARG002
        return formula.removeprefix("=")

    def _write_string(
        self, row: int, col: int, string: str, cell_format: Format | None = None
    ) -> int:
        if escapes_itself(string) or (string.startswith("<r>") and string.endswith("</r>")):
            # XlsxWriter takes <r> for XML of its own making, so that is what it gets. It escapes
            # one escape after another: where two are in one, no underscore is left to it.
            told = html.escape(escaped(string), quote=False).replace("_", "&#95;")
            string = f'<r><t xml:space="preserve">{told}</t></r>'
        return int(super()._write_string(row, col, string, cell_format))

    def _xml_formula_element(
        self, formula: str, result: object, attributes: Sequence[tuple[str, object]] = ()
    ) -> None:
        # What a formula shows is text of a cell, too: a control character in it would damage the
        # file, and what looks like an escape would be read as one.
        if isinstance(result, str):
            result = escaped(result)
        super()._xml_formula_element(formula, result, attributes)

    def _get_range_data(self, *cells: int) -> list[object]:
        # A chart keeps a copy of the words beside it, which knows no escapes.
        found = super()._get_range_data(*cells)
        return [on_one_line(one) if isinstance(one, str) else one for one in found]


def on_one_line(words: str) -> str:
    """Words for where no cell stands: footers, properties, names of a file's parts."""
    return "".join(c if c.isprintable() else " " for c in words)


def new_page(draft: Draft, name: str) -> Page:
    """Add a sheet to the workbook."""
    return Page(draft, name, draft.workbook.add_worksheet(name, worksheet_class=ClassicSheet))


def cell(row: int, col: int) -> str:
    """A relative A1 address."""
    return str(xl_rowcol_to_cell(row, col))
