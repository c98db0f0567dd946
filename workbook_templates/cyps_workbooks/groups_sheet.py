"""The sheet Groups: totals by region, class, combined authority, band, tier or damping group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from xlsxwriter.utility import xl_col_to_name as _col

from cyps.settlement.summaries import GroupTotals, all_totals, group_totals, on_the_floor
from cyps_workbooks.compare_sheet import compare_column
from cyps_workbooks.layout import COMPARE, GROUPS, GROUPS_HEAD_ROW, MEMBERS, RESULTS
from cyps_workbooks.members_sheet import group_of_each, grouping_shown
from cyps_workbooks.page import Draft, Page, new_page

COLUMNS = (
    ("name", "Group", "general", 30),
    ("authorities", "Authorities", "count", 20),
    ("baseline", "Baseline (£)", "pounds", 17),
    ("target", "Target (£)", "pounds", 17),
    ("pounds", "Pounds (£)", "pounds", 17),
    ("change", "Change (£)", "pounds change", 16),
    ("rate", "Change (%)", "percent change", 11),
    ("share", "Share", "share", 11),
    ("floor", "On the floor", "count", 9),
    ("pounds_b", "B: pounds (£)", "pounds", 17),
    ("change_b", "A - B (£)", "pounds change", 16),
    ("rate_b", "A - B (%)", "percent change", 11),
    ("more", "Get more than in B", "count", 13),
    ("less", "Get less than in B", "count", 13),
)
_AT = {key: _col(i) for i, (key, *_) in enumerate(COLUMNS)}
REST = "In none of them"


def draw_groups(draft: Draft) -> None:
    """Draw the sheet Groups."""
    page = new_page(draft, GROUPS)
    formats = draft.formats
    page.banner("Groups", len(COLUMNS))
    page.text(3, 0, "Choose what to group by; every figure follows the cells, for the year shown "
                    "on Results. B is the stored settlement of the sheet Compare.")  # fmt: skip
    _picker(page)
    page.sheet.set_row(GROUPS_HEAD_ROW, 34)
    for col, (key, head, _, width) in enumerate(COLUMNS):
        page.sheet.set_column(col, col, width)
        page.text(GROUPS_HEAD_ROW, col, head, formats.head(number=key != "name"))
    totals = _totals_by_group(draft)
    for i, total in enumerate(totals):
        _row(page, GROUPS_HEAD_ROW + 2 + i, total, rest=i == len(totals) - 1)
    first, last = GROUPS_HEAD_ROW + 3, GROUPS_HEAD_ROW + 2 + len(totals)
    page.rule_used(f"A{first}:{_AT['less']}{last}", f"LEN($A{first})>0")
    _everyone(page)
    _lists(page)
    page.sheet.freeze_panes(GROUPS_HEAD_ROW + 1, 1)
    page.sheet.print_area(0, 0, GROUPS_HEAD_ROW + 1 + len(totals), len(COLUMNS) - 1)
    page.finish(one_page=len(totals) < 40)


def _picker(page: Page) -> None:
    draft, layout, formats = page.draft, page.draft.layout, page.draft.formats
    page.text(4, 0, "Group by", formats.of(bold=True))
    page.sheet.write_string(4, 1, grouping_shown(draft), formats.entry("text"))
    page.text(5, 0, "Its place")
    heads = layout.grouping_heads
    page.formula(5, 1, f"=IFERROR(MATCH(in_grouping,{heads},0),0)", formats.of(align="left"),
                 layout.groupings.index(grouping_shown(draft)) + 1)  # fmt: skip
    page.sheet.data_validation(
        4, 1, 4, 1,
        {
            "validate": "list", "source": f"={heads}", "ignore_blank": False,
            "input_title": "Group by", "input_message": "Choose from the list. Bands, tiers and "
            "damping groups are those of the sheet Members.",
            "error_title": "No such grouping", "error_message": "Choose one from the list.",
        },
    )  # fmt: skip


def _totals_by_group(draft: Draft) -> list[tuple[GroupTotals, NDArray[np.bool_]] | None]:
    """A line for every group of the grouping shown, and one for whoever is in none of them."""
    shown, layout = grouping_shown(draft), draft.layout
    names = layout.group_lists[layout.groupings.index(shown)]
    of_each = np.array([name.casefold() for name in group_of_each(draft, shown)], dtype=object)
    found: list[tuple[GroupTotals, NDArray[np.bool_]] | None] = []
    listed = np.zeros(of_each.size, dtype=np.bool_)
    for name in names:
        if not name:
            found.append(None)
            continue
        inside = np.asarray(of_each == name.casefold(), dtype=np.bool_)
        listed |= inside
        found.append((group_totals(draft.settlement, name, inside), inside))
    found += [None] * (layout.most_groups - len(found))
    rest = None if listed.all() else (group_totals(draft.settlement, REST, ~listed), ~listed)
    return [*found, rest]


def _row(
    page: Page, row: int, total: tuple[GroupTotals, NDArray[np.bool_]] | None, *, rest: bool
) -> None:
    draft, layout, formats = page.draft, page.draft.layout, page.draft.formats
    r = row + 1
    lists = [f"{_col(layout.grouping_column(k))}{r}" for k in range(len(layout.groupings))]
    name = f'=IF(grouping_place=0,"",CHOOSE(grouping_place,{",".join(lists)})&"")'
    if rest:
        first = GROUPS_HEAD_ROW + 3
        others = f"SUM($B${first}:$B${r - 1})"
        name = f'=IF(grouping_place=0,"",IF({others}<{layout.authorities},"{REST}",""))'
    engine = _numbers(draft, total)
    page.formula(row, 0, name, formats.unruled(), engine["name"])
    formulas = _of_the_rest(r) if rest else _of_members(draft, r)
    for col, (key, _, kind, _) in enumerate(COLUMNS[1:], start=1):
        page.formula(row, col, formulas[key], formats.unruled(kind), engine[key])


def _of_members(draft: Draft, r: int) -> dict[str, str]:
    layout = draft.layout
    inside = f"--({layout.column(MEMBERS, layout.group_shown_column)}=$A{r})"
    result = {h: layout.column(RESULTS, layout.result(h))
              for h in ("Baseline", "Target", "Pounds", "Share", "On the floor")}  # fmt: skip
    compared = {k: layout.column(COMPARE, compare_column(k)) for k in ("pounds_b", "change")}

    def settled(formula: str) -> str:
        return f'=IF($A{r}="","",IF(year_settles="Yes",{formula},""))'

    return {
        "authorities": f'=IF($A{r}="","",SUMPRODUCT({inside}))',
        "baseline": settled(f"SUMPRODUCT({inside},{result['Baseline']})"),
        "target": settled(f"SUMPRODUCT({inside},{result['Target']})"),
        "pounds": settled(f"SUMPRODUCT({inside},{result['Pounds']})"),
        "share": settled(f"SUMPRODUCT({inside},{result['Share']})"),
        "floor": settled(f'SUMPRODUCT({inside},--({result["On the floor"]}="Yes"))'),
        "pounds_b": settled(f"SUMPRODUCT({inside},{compared['pounds_b']})"),
        "more": settled(f"SUMPRODUCT({inside},--({compared['change']}>0))"),
        "less": settled(f"SUMPRODUCT({inside},--({compared['change']}<0))"),
        **_from_sums(r),
    }


def _from_sums(r: int) -> dict[str, str]:
    def settled(formula: str) -> str:
        return f'=IF($A{r}="","",IF(year_settles="Yes",{formula},""))'

    at = {key: f"{letter}{r}" for key, letter in _AT.items()}
    return {
        "change": settled(f"{at['pounds']}-{at['baseline']}"),
        "rate": settled(f'IF({at["baseline"]}>0,{at["change"]}/{at["baseline"]},"")'),
        "change_b": settled(f"{at['pounds']}-{at['pounds_b']}"),
        "rate_b": settled(f'IF({at["pounds_b"]}>0,{at["change_b"]}/{at["pounds_b"]},"")'),
    }


def _of_the_rest(r: int) -> dict[str, str]:
    """Everybody less the groups above."""
    first, top = GROUPS_HEAD_ROW + 3, GROUPS_HEAD_ROW + 2

    def less(key: str) -> str:
        at = _AT[key]
        return f"{at}${top}-SUM({at}${first}:{at}${r - 1})"

    sums = ("baseline", "target", "pounds", "share", "floor", "pounds_b", "more", "less")
    return {
        "authorities": f'=IF($A{r}="","",{less("authorities")})',
        **{key: f'=IF($A{r}="","",IF(year_settles="Yes",{less(key)},""))' for key in sums},
        **_from_sums(r),
    }


def _numbers(
    draft: Draft, total: tuple[GroupTotals, NDArray[np.bool_]] | None
) -> dict[str, float | str]:
    if total is None:
        return {key: "" for key, *_ in COLUMNS}
    sums, inside = total
    then = draft.against.of_year(draft.layout.years[0])
    change = (draft.settlement.pounds - then.pounds)[inside]
    before = int(then.pounds[inside].sum())
    return {
        "name": sums.name,
        "authorities": sums.authorities,
        "baseline": sums.baseline,
        "target": sums.target,
        "pounds": sums.pounds,
        "change": sums.change,
        "rate": sums.change_rate,
        "share": sums.share,
        "floor": int(on_the_floor(draft.settlement)[inside].sum()),
        "pounds_b": before,
        "change_b": int(change.sum()),
        "rate_b": change.sum() / before if before else float("nan"),
        "more": int((change > 0).sum()),
        "less": int((change < 0).sum()),
    }


def _everyone(page: Page) -> None:
    """The line of all authorities, above the groups."""
    draft, layout, formats = page.draft, page.draft.layout, page.draft.formats
    row = GROUPS_HEAD_ROW + 1
    r = row + 1
    page.text(row, 0, draft.everyone, formats.total())
    result = {h: layout.column(RESULTS, layout.result(h))
              for h in ("Baseline", "Target", "Pounds", "Share", "On the floor")}  # fmt: skip
    change = layout.column(COMPARE, compare_column("change"))
    before = layout.column(COMPARE, compare_column("pounds_b"))
    formulas = {
        "baseline": f"SUM({result['Baseline']})", "target": f"SUM({result['Target']})",
        "pounds": f"SUM({result['Pounds']})", "share": f"SUM({result['Share']})",
        "floor": f'COUNTIF({result["On the floor"]},"Yes")', "pounds_b": f"SUM({before})",
        "more": f'COUNTIF({change},">0")', "less": f'COUNTIF({change},"<0")',
    }  # fmt: skip
    formulas = {key: f'=IF(year_settles="Yes",{words},"")' for key, words in formulas.items()}
    n = layout.authorities
    everybody = np.ones(n, dtype=np.bool_)
    engine = _numbers(draft, (all_totals(draft.settlement), everybody))
    rows = f"ROWS({result['Pounds']})"
    formulas |= {"authorities": f"={rows}", **_from_sums(r)}
    for col, (key, _, kind, _) in enumerate(COLUMNS[1:], start=1):
        page.formula(row, col, formulas[key], formats.total(kind), engine[key])


def _lists(page: Page) -> None:
    """The groups of every grouping, right of what is printed; those of Damping follow it."""
    layout, formats = page.draft.layout, page.draft.formats
    first = layout.grouping_column(0)
    page.sheet.set_column(first - 1, first - 1, 3)
    page.sheet.set_column(first, first + len(layout.groupings) - 1, 24)
    page.text(GROUPS_HEAD_ROW - 1, first, "The groups of each", formats.heading())
    for k, grouping in enumerate(layout.groupings):
        col = layout.grouping_column(k)
        page.text(GROUPS_HEAD_ROW, col, grouping, formats.head())
        page.text(GROUPS_HEAD_ROW + 1, col, "", formats.total())
        names = layout.group_lists[k]
        source = layout.typed_groupings.get(grouping)
        for i in range(layout.most_groups):
            row, name = GROUPS_HEAD_ROW + 2 + i, names[i] if i < len(names) else ""
            if source is None or i >= layout.damping_tables[source[1]]:
                page.text(row, col, name, formats.cell("text"))
            else:
                cell = layout.damping_name(source[1], i)
                page.formula(row, col, f'={cell}&""', formats.cell(), name)
