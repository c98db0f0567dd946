"""The sheet What-if: one page for a meeting, six levers, what comes of them, and a chart."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from cyps.settlement import Protection, Settlement
from cyps.settlement.summaries import (
    change_ranks,
    group_totals,
    on_the_floor,
    rounded_change_rate,
)
from cyps_workbooks.authority_charts import insert
from cyps_workbooks.factors_sheet import factor_range
from cyps_workbooks.layout import HEAD_ROW
from cyps_workbooks.page import Draft, Page, new_page
from cyps_workbooks.style import RULE, SMALL, UNUSED, UNUSED_TEXT
from cyps_workbooks.what_if_chart import before_and_after
from cyps_workbooks.what_if_layout import (
    LEVER_ROW,
    PICKER_ROW,
    RESULT_ROW,
    SCENARIO,
    WHAT_IF,
    WhatIfLayout,
)
from cyps_workbooks.what_if_levers import FAULT, NOT_USED, Lever
from cyps_workbooks.what_if_pulled import NOT_MOVED, Pulled

HINT = (
    "Type into a yellow cell of the column Yours; clear it to go back to the scenario. "
    "Everything follows by itself."
)
NO_AUTHORITY = f"WARN: choose an authority from the list in A{PICKER_ROW + 1}"
AUTHORITY, METRIC = "My authority: choose", "Metric of lever 5: choose"
_WIDTHS = (47, 24, 24, 24, 78)
_LINE = 86
"""Characters of a line of the last column."""
_CHART_COLUMN = 4
_CHART_WIDTH, _ROW_PIXELS = 543, 26


@dataclass(frozen=True, slots=True)
class Line:
    """A line of results: before and after as formulas, and the engine's number of each."""

    label: str
    kind: str
    before: str
    after: str
    seen: object
    kind_of_change: str = ""
    places: bool = False
    """Whether fewer is more, as with ranks."""
    then: object = None
    """The engine's number with the levers as they stand."""


def draw_what_if(
    draft: Draft, layout: WhatIfLayout, listed: tuple[Lever, ...], pulled: Pulled
) -> None:
    """Draw the page with the levers as they stand."""
    page = new_page(draft, WHAT_IF)
    for col, width in enumerate(_WIDTHS):
        page.sheet.set_column(col, col, width)
    page.banner(f"What if, {layout.years[0]}", len(_WIDTHS), width=150)
    _pickers(page, layout, pulled.metric)
    _levers(page, layout, listed, pulled)
    last = _results(page, layout, pulled)
    _verdict(page, layout, listed)
    for row in range(RESULT_ROW, last + 1):
        page.sheet.set_row_pixels(row, _ROW_PIXELS)
    height = _ROW_PIXELS * (last - RESULT_ROW + 1)
    chart = before_and_after(page, height)
    insert(page, RESULT_ROW, _CHART_COLUMN, chart, _CHART_WIDTH, x_offset=8)
    page.sheet.print_area(0, 0, last, len(_WIDTHS) - 1)
    page.finish(one_page=True)
    page.sheet.activate()


def _pickers(page: Page, layout: WhatIfLayout, metric: str) -> None:
    draft, formats = page.draft, page.draft.formats
    heads = (AUTHORITY, METRIC, "Its region", "Place in the list")
    for col, head in enumerate((*heads, "Rule of the scenario")):
        page.text(
            PICKER_ROW - 1, col, head, formats.of(bold=True, font_size=SMALL, indent=int(col == 4))
        )
    page.sheet.write_string(PICKER_ROW, 0, draft.chosen, formats.entry("general"))
    page.sheet.write_string(PICKER_ROW, 1, metric, formats.entry("general"))
    names = layout.column(SCENARIO, 1)
    place = [a.name for a in draft.settlement.scenario.authorities].index(draft.chosen)
    region = draft.settlement.scenario.authorities[place].region
    regions = layout.column(SCENARIO, 2)
    found = f'=IF(my_row>0,INDEX({regions},my_row),"no such authority")'
    page.formula(PICKER_ROW, 2, found, formats.beside(), region)
    page.formula(PICKER_ROW, 3, f"=IFERROR(MATCH(in_authority,{names},0),0)",
                 formats.cell("count"), place + 1)  # fmt: skip
    rule = textwrap.shorten(
        draft.settlement.scenario.damping_in_words, 3 * _LINE, placeholder=" ... (see Damping)"
    )
    page.sheet.set_row(PICKER_ROW, 15 * len(textwrap.wrap(rule, _LINE)) + 7)
    wrapped = formats.of(text_wrap=True, indent=1, bottom=1, bottom_color=RULE)
    page.text(PICKER_ROW, 4, rule[:1].upper() + rule[1:], wrapped)
    last = xl_col_to_name(2 + len(layout.metrics))
    heads_of_use = f"{SCENARIO}!$D${HEAD_ROW + 1}:${last}${HEAD_ROW + 1}"
    for col, source, title, words in (
        (0, names, "Authority", "Choose from the list; the figures below and the chart follow."),
        (1, heads_of_use, "Metric", "Lever 5 moves this metric's cost weight."),
    ):
        page.sheet.data_validation(
            PICKER_ROW, col, PICKER_ROW, col,
            {"validate": "list", "source": f"={source}", "ignore_blank": False,
             "input_title": title, "input_message": words,
             "error_title": "Not in the list", "error_message": "Choose from the list."},
        )  # fmt: skip


# --- levers


def _levers(page: Page, layout: WhatIfLayout, listed: tuple[Lever, ...], pulled: Pulled) -> None:
    formats = page.draft.formats
    head = LEVER_ROW - 1
    for col, words in enumerate(("Lever", "In the scenario", "Yours", "In use", "What it does")):
        page.text(head, col, words, formats.head(number=0 < col < 4, indent=int(col == 4)))
    for lever in listed:
        _lever(page, layout.lever_row(lever.key) - 1, lever, pulled)
    first, last = LEVER_ROW + 1, LEVER_ROW + len(listed)
    page.sheet.conditional_format(
        f"E{first}:E{last}",
        {"type": "formula", "criteria": f'=LEFT($E{first},{len(FAULT)})="{FAULT}"',
         "format": formats.stop()},
    )  # fmt: skip
    moved = page.draft.workbook.add_format({"bold": True})
    page.sheet.conditional_format(
        f"D{first}:D{last}",
        {"type": "formula", "criteria": f'=$C{first}<>""', "format": moved},
    )  # fmt: skip


def _lever(page: Page, row: int, lever: Lever, pulled: Pulled) -> None:
    formats, r = page.draft.formats, row + 1
    page.sheet.set_row(row, 15 * len(textwrap.wrap(lever.words, _LINE)) + 5)
    if lever.label.startswith("="):
        seen = lever.label[2:].split('"')[0] + pulled.metric
        page.formula(row, 0, lever.label, formats.cell(), seen)
    else:
        page.text(row, 0, lever.label, formats.cell())
    if not lever.applies:
        unused = formats.of(bg_color=UNUSED, font_color=UNUSED_TEXT, align="right")
        for col, words in ((1, NOT_USED), (2, ""), (3, NOT_USED)):
            page.text(row, col, words, unused)
        page.text(row, 4, f"Does not apply here. {lever.words}", formats.beside())
        return
    right = isinstance(lever.issued, str)
    scenario = formats.cell(lever.kind, right=True)
    if lever.issued_formula:
        page.formula(row, 1, lever.issued_formula, scenario, lever.issued)
    elif right:
        page.text(row, 1, str(lever.issued), scenario)
    else:
        page.number(row, 1, float(lever.issued), scenario)
    typed = pulled.typed.get(lever.key)
    if typed is None:
        page.sheet.write_blank(row, 2, None, formats.entry(lever.kind))
    else:
        page.number(row, 2, typed, formats.entry(lever.kind))
    page.sheet.data_validation(row, 2, row, 2, dict(lever.validation))
    in_use = f'=IF(LEFT($E{r},{len(FAULT)})="{FAULT}","",IF($C{r}="",$B{r},$C{r}))'
    page.formula(row, 3, in_use, scenario, lever.issued if typed is None else typed)
    page.formula(row, 4, _words(lever, r), formats.beside(), lever.words)


def _words(lever: Lever, r: int) -> str:
    """What a lever does; or, where it cannot be used, why and what mends it."""
    fits = f'"{lever.words}"'
    if lever.fits:
        fits = f'IF({lever.fits},{fits},"{FAULT}{lever.misfit}")'
    fault = f'"{FAULT}{lever.fault}"'
    return f'=IF($C{r}="",{fits},IF(ISNUMBER($C{r}),IF({lever.holds},{fits},{fault}),{fault}))'


def _verdict(page: Page, layout: WhatIfLayout, listed: tuple[Lever, ...]) -> None:
    """Rows 3 and 4: whether there is a result, and if not, why and what mends it."""
    formats = page.draft.formats
    sound, settles = layout.flag("sound", 0), layout.flag("settles", 0)
    pounds = f"SUM({layout.step('pounds', 0)})"
    typed = "+".join(f'({layout.lever(lever.key, "C")}<>"")' for lever in listed)
    line = (
        f'=IF({sound}<>"Yes","STOP: no result, because a lever cannot be used; row 4 says which",'
        f'IF({settles}<>"Yes","STOP: no result, because the rule cannot be kept; row 4 says why",'
        f'IF({pounds}<>{layout.pot(0)},"STOP: the whole pounds do not add up to the pot",'
        f'IF(my_row=0,"{NO_AUTHORITY}",'
        f'IF({typed}=0,"{NOT_MOVED}","OK: "&({typed})&IF({typed}=1," lever is"," levers are")'
        '&" moved; the pot is shared whole")))))'
    )
    page.formula(2, 0, line, formats.of(bold=True), page.draft.verdict)
    why = '""'
    for lever in reversed(listed):
        cell, label = layout.lever(lever.key, "E"), layout.lever(lever.key, "A")
        said = f'"Lever "&{label}&". "&MID({cell},{len(FAULT) + 1},300)'
        why = f'IF(LEFT({cell},{len(FAULT)})="{FAULT}",{said},{why})'
    fits, problem = (factor_range(layout, key, 0) for key in ("fits", "problem"))
    named = factor_range(layout, "name", 0)
    group = f'INDEX({named},MATCH("No",{fits},0))&": "&' if layout.groups else ""
    cannot = f'IFERROR({group}INDEX({problem},MATCH("No",{fits},0)),"")'
    page.formula(
        3, 0, f'=IF({sound}<>"Yes",{why},IF({settles}<>"Yes",{cannot},"{HINT}"))',
        formats.plain(), HINT,
    )  # fmt: skip
    for col in range(1, len(_WIDTHS)):
        page.sheet.write_blank(3, col, None, formats.plain())
    page.sheet.conditional_format(
        3, 0, 3, len(_WIDTHS) - 1,
        {"type": "formula", "criteria": '=LEFT($A$3,4)="STOP"', "format": formats.stop()},
    )  # fmt: skip


# --- results


def _results(page: Page, layout: WhatIfLayout, pulled: Pulled) -> int:
    """The results; gives the zero-based row of the last line."""
    row = _head(page, RESULT_ROW, '=IF(my_row>0,in_authority&"","No such authority")',
                page.draft.chosen)  # fmt: skip
    moved = pulled.drawn(page.draft)
    for line in _with(_mine(page.draft, layout), _mine(moved, layout)):
        row = _line(page, layout, row, line)
    row = _head(page, row, page.draft.everyone)
    for line in _with(_all(page.draft, layout), _all(moved, layout)):
        row = _line(page, layout, row, line)
    return _moved(page, layout, row, pulled)


def _with(lines: list[Line], moved: list[Line]) -> list[Line]:
    """Each line with what it shows as the levers stand."""
    return [replace(a, then=b.seen) for a, b in zip(lines, moved, strict=True)]


def _head(page: Page, row: int, words: str, seen: str = "") -> int:
    formats = page.draft.formats
    if words.startswith("=IF("):
        page.formula(row, 0, words, formats.head(), seen)
    else:
        page.text(row, 0, words, formats.head())
    for col, head in enumerate(("In the scenario", "With your levers", "Difference"), start=1):
        page.text(row, col, head, formats.head(number=True))
    return row + 1


def _line(page: Page, layout: WhatIfLayout, row: int, line: Line) -> int:
    formats, r = page.draft.formats, row + 1
    form = formats.cell(line.kind, right=True)
    page.text(row, 0, line.label, formats.cell())
    page.formula(row, 1, f"={line.before}", form, line.seen)
    after = f'=IF({layout.flag("settles", 0)}="Yes",{line.after},"")'
    page.formula(row, 2, after, form, line.then)
    change = f"B{r}-C{r}" if line.places else f"C{r}-B{r}"
    page.formula(
        row, 3, f'=IF(COUNT(B{r},C{r})=2,{change},"")',
        formats.cell(line.kind_of_change or line.kind), _difference(line),
    )  # fmt: skip
    return row + 1


def _difference(line: Line) -> object:
    """After less before; of places, by how many it rose; nothing where one of them is none."""
    pair = [float(x) for x in (line.seen, line.then) if isinstance(x, int | float | np.number)]
    if len(pair) < 2 or np.isnan(pair).any():
        return ""
    before, after = pair
    return before - after if line.places else after - before


def _look(source: str) -> str:
    """Mine of a column."""
    return f'IF(my_row>0,INDEX({source},my_row),"")'


def _look_number(source: str) -> str:
    """Mine of a column where a cell may be blank, which is nothing and not 0."""
    return f'IF(my_row>0,IF(ISNUMBER(INDEX({source},my_row)),INDEX({source},my_row),""),"")'


def _mine(draft: Draft, layout: WhatIfLayout) -> list[Line]:
    """The lines of the authority that is chosen."""
    settlement = draft.settlement
    i = [a.name for a in settlement.scenario.authorities].index(draft.chosen)
    baseline = layout.column(*layout.input_column("baseline", 0))
    before, after = layout.fact("pounds"), layout.step("pounds", 0)
    ranks = change_ranks(settlement)

    def change(source: str) -> str:
        return f'IF(my_row>0,INDEX({source},my_row)-INDEX({baseline},my_row),"")'

    lines = [
        Line("Allocation (£)", "pounds", _look(before), _look(after), int(settlement.pounds[i]),
             "pounds change"),
        Line("Change against its baseline (£)", "pounds change", change(before), change(after),
             float(settlement.change[i])),
        Line("Change against its baseline (%)", "floor", _look_number(layout.fact("rate")),
             _look_number(layout.step("rate", 0)), float(rounded_change_rate(settlement)[i])),
        _per_child(draft, layout, i),
        Line(f"Rank of change, 1 gains most of {int((ranks > 0).sum()):,}", "count",
             _look_number(layout.fact("rank")), _look_number(layout.step("rank", 0)),
             int(ranks[i]) or float("nan"), "places", places=True),
    ]  # fmt: skip
    if _outside_pays(settlement):
        lines.append(
            Line("Top-up from outside (£)", "pounds", _look(layout.fact("top_up")),
                 _look(layout.step("top_up_pounds", 0)), int(settlement.top_up[i]),
                 "pounds change")
        )  # fmt: skip
    return [*lines, *_region(settlement, layout, i)]


def _per_child(draft: Draft, layout: WhatIfLayout, i: int) -> Line:
    label, children = "Pounds per child", layout.fact("children")
    if draft.population is None:
        return Line(label, "pence", '"not known"', '"not known"', "not known")
    given = f"COUNT({children})={layout.authorities}"
    before, after = (
        f'IF(my_row>0,IF({given},INDEX({source},my_row)/INDEX({children},my_row),""),"")'
        for source in (layout.fact("pounds"), layout.step("pounds", 0))
    )
    each = float(draft.settlement.pounds[i] / draft.population[i])
    return Line(label, "pence", before, after, each, "pence change")


def _region(settlement: Settlement, layout: WhatIfLayout, i: int) -> list[Line]:
    """What the region of the authority gets together."""
    regions = layout.column(SCENARIO, 2)
    own = f"--({regions}=INDEX({regions},my_row))"
    base = f"SUMPRODUCT({own},{layout.column(*layout.input_column('baseline', 0))})"
    pounds, rates = [], []
    for source in (layout.fact("pounds"), layout.step("pounds", 0)):
        pounds.append(f'IF(my_row>0,SUMPRODUCT({own},{source}),"")')
        rate = f"(SUMPRODUCT({own},{source})-{base})/{base}"
        rates.append(f'IF(my_row>0,IF({base}>0,{rate},""),"")')
    of_each = np.array([a.region for a in settlement.scenario.authorities])
    whole = group_totals(settlement, str(of_each[i]), of_each == of_each[i])
    return [
        Line("Its region: allocation (£)", "pounds", pounds[0], pounds[1], whole.pounds,
             "pounds change"),
        Line("Its region: change (%)", "floor", rates[0], rates[1], whole.change_rate),
    ]  # fmt: skip


def _outside_pays(settlement: Settlement) -> bool:
    rule = settlement.scenario.damping
    return isinstance(rule, Protection) and rule.payer == "outside"


def _all(draft: Draft, layout: WhatIfLayout) -> list[Line]:
    """The lines of everybody."""
    settlement = draft.settlement
    before, after = layout.fact("pounds"), layout.step("pounds", 0)
    baseline = layout.column(*layout.input_column("baseline", 0))
    change = settlement.change

    def how_many(source: str, sign: str) -> str:
        return f"SUMPRODUCT(--({source}{sign}{baseline}))"

    def falls(source: str) -> str:
        return f"SUMPRODUCT(({source}<{baseline})*({baseline}-{source}))"

    lines = [
        Line("Pot (£)", "pounds", layout.lever("pot", "B").split("!")[1],
             layout.pot(0).split("!")[1], settlement.scenario.pot, "pounds change"),
        Line("Shared out, in whole pounds (£)", "pounds", f"SUM({before})", f"SUM({after})",
             int(settlement.pounds.sum()), "pounds change"),
        Line("Authorities on the floor", "count",
             f'COUNTIF({layout.fact("on_floor")},"Yes")', layout.damping("out_on_floor", 0),
             int(on_the_floor(settlement).sum()), "places"),
        Line("Authorities that gain on their baseline", "count", how_many(before, ">"),
             how_many(after, ">"), int((change > 0).sum()), "places"),
        Line("Authorities that lose on their baseline", "count", how_many(before, "<"),
             how_many(after, "<"), int((change < 0).sum()), "places"),
        Line("What those lose, together (£)", "pounds", falls(before), falls(after),
             float(-change[change < 0].sum()), "pounds change"),
    ]  # fmt: skip
    if _outside_pays(settlement):
        lines.append(
            Line("Top-up from outside, on top of the pot (£)", "pounds",
                 f"SUM({layout.fact('top_up')})", f"SUM({layout.step('top_up_pounds', 0)})",
                 int(settlement.top_up.sum()), "pounds change")
        )  # fmt: skip
    return lines


def _moved(page: Page, layout: WhatIfLayout, row: int, pulled: Pulled) -> int:
    """Who gets more and who less than in the scenario; gives the last row."""
    formats = page.draft.formats
    before, after = layout.fact("pounds"), layout.step("pounds", 0)
    settles = f'{layout.flag("settles", 0)}="Yes"'
    page.text(row, 0, "Your levers against the scenario", formats.head())
    for col, head in enumerate(("Authorities", "Together (£)", ""), start=1):
        page.text(row, col, head, formats.head(number=True))
    change = pulled.settlement.pounds - page.draft.settlement.pounds
    for label, sign, kind, seen in (
        ("Get more", ">", "pounds change", change[change > 0]),
        ("Get less", "<", "pounds change", change[change < 0]),
    ):
        row += 1
        page.text(row, 0, label, formats.cell())
        count = f'=IF({settles},SUMPRODUCT(--({after}{sign}{before})),"")'
        money = f'=IF({settles},SUMPRODUCT(({after}{sign}{before})*({after}-{before})),"")'
        page.formula(row, 1, count, formats.cell("count"), seen.size)
        page.formula(row, 2, money, formats.cell(kind), int(seen.sum()))
        page.text(row, 3, "", formats.cell())
    return row
