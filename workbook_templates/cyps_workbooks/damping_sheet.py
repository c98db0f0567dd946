"""The sheet Damping: the method of each year, the fields it needs, and what comes of it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from cyps.settlement import Floor, FloorAndCeiling, Proportional, Settlement
from cyps.settlement.solution import GroupLines
from cyps.settlement.summaries import on_the_floor, pounds_below
from cyps_workbooks.damping_rows import (
    BANDS,
    FIELDS,
    FLOOR,
    FLOOR_AND_CEILING,
    GROUP_PAYS,
    METHODS,
    NO,
    OUTSIDE_PAYS,
    PROPORTIONAL,
    PROTECTION,
    YES,
)
from cyps_workbooks.damping_values import (
    Value,
    field_values,
    parts_in_force,
    table_values,
    typed_tables,
)
from cyps_workbooks.factors_sheet import factor_cells, factor_range
from cyps_workbooks.layout import DAMPING, DAMPING_HEAD_ROW, FLAGS, quoted
from cyps_workbooks.members_sheet import members
from cyps_workbooks.page import Draft, Page, new_page
from cyps_workbooks.style import RULE

QUOTE = "'"
_WORDS = 76
"""Width of the column of words; longer ones take another line."""


Follows = Callable[[str, int], str | None]
"""The formula that a field or a row of a table follows, by its key and place; None for none."""


def draw_damping(
    draft: Draft,
    groups: list[GroupLines],
    follows: Follows | None = None,
    issued: Settlement | None = None,
) -> None:
    """Draw the sheet Damping: one line a row, a column for each year, as issued beside it.

    With `follows` nothing is typed here: each value follows what stands elsewhere or is fixed,
    and bands, tiers and groups that a settlement does not have are left out. What was `issued`
    stands beside it, where the draft's settlement is not that.
    """
    beside = draft.settlement if issued is None else issued
    page = new_page(draft, DAMPING)
    years = len(draft.settlements)
    page.sheet.set_column(0, 0, 52)
    page.sheet.set_column(1, years, 22 if years == 1 else 19)
    page.sheet.set_column(1 + years, 1 + years, 12 if years == 1 else 8 + 9 * years)
    page.sheet.set_column(2 + years, 1 + 2 * years, 17)
    page.sheet.set_column(2 + 2 * years, 2 + 2 * years, _WORDS)
    page.banner("Damping", 3 + 2 * years, width=150)
    page.text(3, 0, _TYPED if follows is None else _FOLLOWED)
    _head(page, DAMPING_HEAD_ROW, "Field")
    _fields(page, follows, beside)
    _outcomes(page, groups)
    _tables(page, follows, beside)
    page.sheet.freeze_panes(DAMPING_HEAD_ROW + 1, 1)
    page.finish(one_page=False)


_TYPED = (
    "Choose a method and fill in the fields it uses; grey fields count for nothing. To go back, "
    "copy the value as issued."
)
_FOLLOWED = (
    "The rule in force. Nothing is typed here: it follows the levers; grey fields count for "
    "nothing."
)


def _head(page: Page, row: int, title: str, *, issued: bool = True) -> None:
    formats, layout = page.draft.formats, page.draft.layout
    years = len(layout.years)
    page.text(row, 0, title, formats.head())
    for year, label in enumerate(layout.years):
        page.text(row, 1 + year, label, formats.head(number=True))
        said = f"As issued {label}" if page.draft.many_years else "As issued"
        page.text(row, 2 + years + year, said if issued else "", formats.head(number=True))
    page.text(row, 1 + years, "In use" if issued else "", formats.head(indent=1))
    page.text(row, 2 + 2 * years, "In words", formats.head(indent=1))


def _words(page: Page, row: int, words: str) -> None:
    """What a line means, beside it, in as many lines as it needs."""
    lines = len(textwrap.wrap(words, _WORDS + 4))
    page.sheet.set_row(row, 15 * lines)
    form = page.draft.formats.of(text_wrap=True, indent=1, bottom=1, bottom_color=RULE)
    page.text(row, 2 + 2 * len(page.draft.layout.years), words, form)


def _unused(cell: str, used_by: tuple[str, ...]) -> str:
    """The condition that a method does not use a field."""
    if len(used_by) == len(METHODS):
        return "FALSE"
    used = ",".join(f'{cell}="{method}"' for method in used_by)
    return f"NOT(OR({used}))"


def _fields(page: Page, follows: Follows | None, beside: Settlement) -> None:
    draft, layout = page.draft, page.draft.layout
    then = field_values(beside)
    issued = [field_values(settlement) for _, settlement in draft.settlements]
    for field in FIELDS:
        row = layout.damping_rows[field.key]
        page.text(row, 0, field.label, draft.formats.cell())
        values = [values[field.key] for values in issued]
        if follows is None:
            _entries(page, row, values, field.kind, _typed(draft, f"in_{field.key}", 0, values))
        else:
            pair = (values[0], then[field.key])
            _followed(page, row, pair, field.kind, follows(field.key, 0))
        _in_use(page, row, field.used_by)
        if follows is None or field.key != "method":
            _words(page, row, field.words)
        _grey(page, (row, row), field.used_by)
    if follows is None:
        _validations(page)


def _typed(draft: Draft, name: str, i: int, values: list[Value]) -> list[Value]:
    """What a person typed into a row of a name, where it was carried from another workbook."""
    return list(draft.typed.cells[name][i]) if name in draft.typed.cells else values


def _entries(page: Page, row: int, values: list[Value], kind: str, typed: list[Value]) -> None:
    """What is typed, and beside it what was issued; bold where the two differ."""
    formats, years = page.draft.formats, len(values)
    entry = formats.entry(kind, right=kind == "text")
    for year, value in enumerate(values):
        _value(page, row, 1 + year, typed[year], entry)
        issued = formats.beside(right=True) if kind == "text" else formats.cell(kind)
        _value(page, row, 2 + years + year, value, issued)
    _bold_where_changed(page, row)


def _followed(
    page: Page, row: int, pair: tuple[Value, Value], kind: str, formula: str | None
) -> None:
    """What is in force, and beside it what was issued, of the one year."""
    value, issued = pair
    form = (
        page.draft.formats.beside(right=True) if kind == "text" else page.draft.formats.cell(kind)
    )
    _value(page, row, 3, issued, form)
    if formula is None:
        _value(page, row, 1, value, form)
    else:
        page.formula(row, 1, formula, form, "" if value is None else value)
    _bold_where_changed(page, row)


def _bold_where_changed(page: Page, row: int) -> None:
    years = len(page.draft.layout.years)
    first, other = f"B{row + 1}", f"{xl_col_to_name(2 + years)}{row + 1}"
    page.sheet.conditional_format(
        row, 1, row, years,
        {"type": "formula", "criteria": f'={first}&""<>{other}&""',
         "format": page.draft.workbook.add_format({"bold": True})},
    )  # fmt: skip


def _value(page: Page, row: int, col: int, value: Value, form: object) -> None:
    if value is None:
        page.sheet.write_blank(row, col, None, form)
    elif isinstance(value, str):
        page.sheet.write_string(row, col, value, form)
    else:
        page.sheet.write_number(row, col, value, form)


def _in_use(page: Page, row: int, used_by: tuple[str, ...]) -> None:
    """Which years use a field, in words, so that grey is not the only sign."""
    draft, layout = page.draft, page.draft.layout
    parts, seen = [], []
    for year, label in enumerate(layout.years):
        method = layout.damping("method", year).split("!")[1]
        word = label if draft.many_years else "in use"
        parts.append(f'IF({_unused(method, used_by)},"","{word} ")')
        if field_values(draft.settlements[year][1])["method"] in used_by:
            seen.append(word)
    formula = f'=IF(LEN({"&".join(parts)})=0,"not used",TRIM({"&".join(parts)}))'
    col = 1 + len(layout.years)
    page.formula(row, col, formula, draft.formats.beside(), " ".join(seen) or "not used")


def _grey(page: Page, rows: tuple[int, int], used_by: tuple[str, ...]) -> None:
    if len(used_by) < len(METHODS):
        method = f"B${page.draft.layout.damping_rows['method'] + 1}"
        last = xl_col_to_name(len(page.draft.layout.years))
        page.mark_unused(f"B{rows[0] + 1}:{last}{rows[1] + 1}", _unused(method, used_by))


def _validations(page: Page) -> None:
    layout = page.draft.layout
    for key, choices in (
        ("method", METHODS), ("use_groups", (YES, NO)), ("payer", (GROUP_PAYS, OUTSIDE_PAYS)),
        ("tier_real", (YES, NO)),
    ):  # fmt: skip
        row = layout.damping_rows[key]
        last = row + layout.damping_tables.get(key, 1) - 1
        page.sheet.data_validation(
            row, 1, last, len(layout.years),
            {"validate": "list", "source": list(choices), "error_title": "Not in the list",
             "error_message": f"Choose one of: {', '.join(choices)}."},
        )  # fmt: skip
    rate = ("A change against the baseline, such as -5% or 0%. -100% is no floor.", -1, 10)
    for keys, (words, least, most) in (
        (("floor", "ceiling", "least", "most", "band_floor", "band_ceiling"), rate),
        (("phasing",), ("Part of the way, from 0% to 100%. 100% is no phasing.", 0, 1)),
        (("furthest_below",), ("A fall of at most 100%, such as -5%.", -1, 0)),
        (("deflator",), ("A rate such as 2%. 0% is none.", -1, 10)),
        (("tier_part",), ("A part of the baseline: 100% is cash, 95% a fall of 5%.", 0, 10)),
    ):  # fmt: skip
        for key in keys:
            row = layout.damping_rows[key]
            page.sheet.data_validation(
                row, 1, row + layout.damping_tables.get(key, 1) - 1, len(layout.years),
                {"validate": "decimal", "criteria": "between", "minimum": least, "maximum": most,
                 "input_title": "A percentage", "input_message": words,
                 "error_title": "A percentage is needed", "error_message": words},
            )  # fmt: skip


# --- what comes of it


def _outcomes(page: Page, groups: list[GroupLines]) -> None:
    draft, layout = page.draft, page.draft.layout
    head = layout.damping_rows["out_pot"] - 1
    _head(page, head, "What comes of it", issued=False)
    for year, (_, settlement) in enumerate(draft.settlements):
        for key, label, formula, kind, engine, words in _outcome_rows(
            page, year, settlement, groups[year]
        ):
            row = layout.damping_rows[f"out_{key}"]
            page.text(row, 0, label, draft.formats.cell())
            right = kind in {"right", "scaling", "floor fine"}
            kind = "general" if kind == "right" else kind
            form = draft.formats.cell(kind, right=right)
            page.formula(row, 1 + year, formula, form, engine)
            _words(page, row, words)


def _outcome_rows(
    page: Page, year: int, settlement: Settlement, groups: GroupLines
) -> tuple[tuple[str, str, str, str, object, str], ...]:
    layout = page.draft.layout
    letter, damped = layout.letter_of, settlement.damped
    sheet = quoted(layout.calculations[year])
    sound, settles = (f'{sheet}!{FLAGS[flag]}="Yes"' for flag in ("sound", "settles"))

    def total(key: str, when: str = sound) -> str:
        return f'=IF({when},SUM({layout.step(key, year)}),"")'

    fits = "+".join(f'({cell}="No")' for cell in factor_cells(layout, "fits", year))
    factor = factor_cells(layout, "factor", year)[0]
    grouped = f'{layout.damping("use_groups", year)}="{YES}"'
    method, spare = layout.damping("method", year), factor_range(layout, "spare", year)
    one_floor = f'OR({method}="{FLOOR}",{method}="{FLOOR_AND_CEILING}",{method}="{PROPORTIONAL}")'
    at_floor = f"{layout.step('damped', year)}-{layout.step('floor_amount', year)}"
    left = settlement.scenario.pot - int(pounds_below(damped.allocation).base.sum())
    return (
        ("pot", "Pot", f"={layout.pot(year)}", "pounds", settlement.scenario.pot,
           f"From the sheet {layout.pot(year).split('!')[0].strip(QUOTE)}."),
        ("baseline", "Baseline of everyone", total("baseline"), "pounds",
           float(settlement.scenario.baseline.sum()), f"Sum of step {letter['baseline']}."),
        ("cost", "Cost of the floors", total("cost"), "pence", float(damped.cost.sum()),
           f"Sum of step {letter['cost']}: what lifting everyone to their floor takes."),
        ("headroom", "Headroom", total("headroom"), "pence", float(damped.headroom.sum()),
           f"Sum of step {letter['headroom']}: what the others have above their floors."),
        ("scaling_factor", "Scaling factor",
           f'=IF({settles},IF({grouped},"by group",{factor}),"")', "scaling",
           "by group" if np.isnan(damped.scaling_factor) else damped.scaling_factor,
           "The part of the headroom that those above the floor keep (proportional form: of the "
           "target). Each damping group has its own, on the sheet Factors."),
        ("floor_fits", "Can the rule be kept with this pot?",
           f'=IF({sound},IF({fits}=0,"Yes","No"),"No")', "right", "Yes",
           "If No, Damped and Pounds stay blank, and the sheet Factors says why."),
        ("highest_floor", "Highest floor that fits",
           f'=IF({sound},IF({one_floor},IF(COUNT({spare})>0,{layout.damping("floor", year)}'
           f'+MIN({spare}),"any"),"not used"),"")', "floor fine",
           _highest_floor(settlement, groups),
           "One floor for all: the floor and what floors could still rise by. Shown rounded: stay "
           "a little below it."),
        ("on_floor", "Authorities on the floor",
           f'=IF({settles},SUMPRODUCT(--({at_floor}<0.005)),"")', "count",
           int(on_the_floor(settlement).sum()), "To the penny."),
        ("pounds_left", "Pounds left",
           f'=IF({settles},{layout.pot(year)}-SUM({layout.step("base_pounds", year)}),"")', "count",
           left, f"Pot - sum of step {letter['base_pounds']}: they go to the largest remainders, "
           "a pound each."),
        ("top_up", "Top-up from outside", total("top_up_pounds", settles), "pounds",
           int(settlement.top_up.sum()), "On top of the pot; no pound of it is in Pounds."),
    )  # fmt: skip


def _highest_floor(settlement: Settlement, groups: GroupLines) -> float | str:
    rule = settlement.scenario.damping
    if not isinstance(rule, Floor | FloorAndCeiling | Proportional):
        return "not used"
    known = groups.baseline > 0
    if not known.any():
        return "any"
    spare = (groups.to_share[known] - groups.least[known]) / groups.baseline[known]
    return float(rule.floor + spare.min())


# --- bands, tiers, groups

_TABLES = (
    ("band_floor", "Bands: name and floor", "floor", (BANDS,),
     "Name a band and give its floor; then put authorities in it on the sheet Members."),
    ("band_ceiling", "Bands: ceiling", "floor", (BANDS,), "Blank: no ceiling."),
    ("band_members", "Bands: authorities in it", "count", (BANDS,),
     "Counted only where the band has a floor, and no ceiling below it."),
    ("tier_part", "Tiers: name and part of the baseline that is protected", "part", (PROTECTION,),
     "100% is cash, 95% a fall of at most 5%."),
    ("tier_real", "Tiers: does it follow the deflator? (Yes or No)", "text", (PROTECTION,),
     "Yes: real terms, the part x (1 + deflator)."),
    ("tier_in_force", "Tiers: part in force", "part", (PROTECTION,), "Follows from the two above."),
    ("tier_members", "Tiers: authorities in it", "count", (PROTECTION,),
     "Counted only where the tier has a part of 0 or more."),
    ("group_members", "Damping groups: name, and authorities in it", "count", METHODS,
     "Name a group, then put authorities in it on the sheet Members. Ties of pounds between groups "
     "go to the one listed first."),
)  # fmt: skip
_NAMED = {
    "band_ceiling": "band_floor", "band_members": "band_floor", "tier_real": "tier_part",
    "tier_in_force": "tier_part", "tier_members": "tier_part",
}  # fmt: skip


def _tables(page: Page, follows: Follows | None, beside: Settlement) -> None:
    draft, layout, formats = page.draft, page.draft.layout, page.draft.formats
    then = table_values(beside, layout)
    values = [table_values(settlement, layout) for _, settlement in draft.settlements]
    names = {"band_floor": layout.bands, "tier_part": layout.tiers, "group_members": layout.groups}
    for key, title, kind, used_by, words in _TABLES:
        if follows is not None and not names[_NAMED.get(key, key)]:
            continue
        first, slots = layout.damping_rows[key], layout.damping_tables[key]
        typed = key in values[0]
        _head(page, first - 1, title, issued=typed)
        for i in range(slots):
            row = first + i
            if key in names:
                name = names[key][i] if i < len(names[key]) else ""
                form = formats.entry("text") if follows is None else formats.cell("text")
                _value(page, row, 0, name or None, form)
            else:
                named = f"$A${layout.damping_rows[_NAMED[key]] + 1 + i}"
                known = names[_NAMED[key]]
                said = known[i] if i < len(known) else ""
                page.formula(row, 0, f'={named}&""', formats.cell(), said)
            if typed:
                own = [value[key][i] for value in values]
                if follows is None:
                    _entries(page, row, own, kind, _typed(draft, f"in_{key}", i, own))
                else:
                    _followed(page, row, (own[0], then[key][i]), kind, follows(key, i))
                _in_use(page, row, used_by)
            else:
                _worked_out(page, key, i, kind)
            if i == 0 and follows is None:
                _words(page, row, words)
        if typed:
            _grey(page, (first, first + slots - 1), used_by)


def _worked_out(page: Page, key: str, i: int, kind: str) -> None:
    draft, layout = page.draft, page.draft.layout
    row = layout.damping_rows[key] + i
    for year, (_, settlement) in enumerate(draft.settlements):
        formula, engine = _table_formula(page, key, i, year, settlement)
        page.formula(row, 1 + year, formula, draft.formats.cell(kind), engine)


def _table_formula(
    page: Page, key: str, i: int, year: int, settlement: Settlement
) -> tuple[str, object]:
    layout = page.draft.layout
    col = xl_col_to_name(1 + year)

    def at(table: str, column: str = col) -> str:
        return f"{column}{layout.damping_rows[table] + 1 + i}"

    if key == "tier_in_force":
        value = parts_in_force(page.draft, year)[i]
        deflator = layout.damping("deflator", year).split("!")[1]
        part = at("tier_part")
        formula = f'=IF({part}="","",{part}*(1+IF({at("tier_real")}="{YES}",{deflator},0)))'
        return formula, "" if value is None else value
    what = key.removesuffix("_members")
    names = {"band": layout.bands, "tier": layout.tiers, "group": layout.groups}[what]
    table = {"band": "band_floor", "tier": "tier_part", "group": "group_members"}[what]
    name = at(table, "$A")
    inside = layout.column(*layout.input_column(what, year))
    sound = {
        "band": f"IF(ISNUMBER({at('band_floor')}),IF({at('band_floor')}>=-1,"
                f'IF({at("band_ceiling")}="",TRUE,IF(ISNUMBER({at("band_ceiling")}),'
                f"{at('band_ceiling')}>={at('band_floor')},FALSE)),FALSE),FALSE)",
        "tier": f"IF(ISNUMBER({at('tier_in_force')}),{at('tier_in_force')}>=0,FALSE)",
        "group": "TRUE",
    }[what]  # fmt: skip
    formula = f'=IF({name}="",0,IF({sound},SUMPRODUCT(--({inside}={name})),0))'
    if i >= len(names) or not names[i] or not _can_be_used(page.draft, what, i, year):
        return formula, 0
    of_each = members(page.draft, what, year)
    alike = names[i].casefold()
    return formula, sum(
        of_each.get(code, "").casefold() == alike for code in settlement.scenario.codes
    )


def _can_be_used(draft: Draft, what: str, i: int, year: int) -> bool:
    """Whether a row of a table is described well enough to count who is in it."""
    if what == "group":
        return True
    if what == "tier":
        part = parts_in_force(draft, year)[i]
        return isinstance(part, float) and part >= 0
    tables = typed_tables(draft, year)
    floor, ceiling = tables["band_floor"][i], tables["band_ceiling"][i]
    if not isinstance(floor, float) or floor < -1:
        return False
    return ceiling in (None, "") or (isinstance(ceiling, float) and ceiling >= floor)
