"""The sheet Members: band, protection tier and damping group of every authority, by year."""

from __future__ import annotations

from collections.abc import Mapping

from xlsxwriter.utility import xl_col_to_name

from cyps.settlement import Bands, Protection, Settlement
from cyps_workbooks.damping_rows import BANDS, PROTECTION, YES
from cyps_workbooks.layout import FIRST_ROW, HEAD_ROW, MEMBERS, TOTAL_ROW
from cyps_workbooks.page import Draft, Page, new_page
from cyps_workbooks.results_sheet import chosen

_KINDS = (
    ("band", "Band", "method", BANDS, "band_floor"),
    ("tier", "Tier", "method", PROTECTION, "tier_part"),
    ("group", "Damping group", "use_groups", YES, "group_members"),
)
"""What is typed, its header, and the field and answer that put it to use."""


def draw_members(draft: Draft) -> None:
    """Draw the sheet Members."""
    page = new_page(draft, MEMBERS)
    years = len(draft.settlements)
    page.authority_rows()
    page.sheet.set_column(3, 2 + 3 * years, 22 if years == 1 else 17)
    page.banner("Members", page.draft.layout.group_shown_column + 1)
    page.text(4, 0, "Which band, protection tier and damping group each authority is in. Names "
                    "come from the sheet Damping, where they are described.")  # fmt: skip
    page.text(5, 0, "Row 11 says whether a column is in use; grey columns count for nothing.")
    page.sheet.set_row(HEAD_ROW, 34)
    _groupings(page)
    for year in range(years):
        for what, head, field, answer, names in _KINDS:
            _column(page, year, (what, head, field, answer, names))
    page.finish()


def _groupings(page: Page) -> None:
    """Groups that no cell changes, and the group by which the sheet Groups adds up now."""
    draft, layout, formats = page.draft, page.draft.layout, page.draft.formats
    for grouping, of_each in list(layout.fixed_groups.items())[1:]:
        col = layout.fixed_column(grouping)
        page.sheet.set_column(col, col, 38)
        page.text(HEAD_ROW, col, grouping, formats.head(indent=1))
        page.text(TOTAL_ROW, col, "", formats.total())
        for i, name in enumerate(of_each):
            page.text(FIRST_ROW + i, col, name, formats.beside())
    col, years = layout.group_shown_column, range(len(draft.settlements))
    page.sheet.set_column(col, col, 38)
    page.text(HEAD_ROW, col, "Group shown on Groups", formats.head(indent=1))
    page.text(TOTAL_ROW, col, "", formats.total())
    cells = [f"${xl_col_to_name(layout.fixed_column(g))}{{r}}" for g in layout.fixed_groups]
    for what, _ in layout.typed_groupings.values():
        letters = [xl_col_to_name(layout.input_column(what, year)[1]) for year in years]
        cells.append(chosen([f"${letter}{{r}}" for letter in letters], otherwise='""'))
    formula = f'=IF(grouping_place=0,"",CHOOSE(grouping_place,{",".join(cells)})&"")'
    page.column(col, formula, formats.beside(), group_of_each(draft, grouping_shown(draft)))


def grouping_shown(draft: Draft) -> str:
    """What the sheet Groups shows as the workbook is written: as typed, or the first it has."""
    typed = draft.typed.column("in_grouping", 0)
    wanted = str(typed[0] or "").casefold() if typed else ""
    offered = draft.layout.groupings
    return next((name for name in offered if name.casefold() == wanted), offered[0])


def group_of_each(draft: Draft, grouping: str) -> list[str]:
    """The group of every authority in the first year, "" for none."""
    scenario, layout = draft.settlement.scenario, draft.layout
    if grouping in layout.fixed_groups:
        return list(layout.fixed_groups[grouping])
    of = members(draft, layout.typed_groupings[grouping][0], 0)
    return [of.get(code, "") for code in scenario.codes]


def _column(page: Page, year: int, kind: tuple[str, str, str, str, str]) -> None:
    what, head, field, answer, names = kind
    draft, layout, formats = page.draft, page.draft.layout, page.draft.formats
    col = layout.input_column(what, year)[1]
    now, first = members(draft, what, year), members(draft, what, 0)
    asked = layout.damping(field, year)
    page.text(HEAD_ROW, col, draft.of_year(head, year), formats.head())
    page.formula(
        TOTAL_ROW, col, f'=IF({asked}="{answer}","in use","not used")', formats.total(),
        "in use" if _counted(draft.settlements[year][1], what) else "not used",
    )  # fmt: skip
    source = xl_col_to_name(layout.input_column(what, 0)[1])
    entry = formats.entry("text")
    for i, code in enumerate(draft.settlement.scenario.codes):
        row = FIRST_ROW + i
        if year > 0 and now == first:  # like the first year, until somebody types over it
            page.formula(row, col, f'={source}{row + 1}&""', entry, first.get(code, ""))
        elif code in now:
            page.sheet.write_string(row, col, now[code], entry)
        else:
            page.sheet.write_blank(row, col, None, entry)
    area = (FIRST_ROW, col, layout.last_row, col)
    page.mark_unused(layout.here(col).replace("$", ""), f'{asked}<>"{answer}"')
    page.sheet.data_validation(
        *area,
        {
            "validate": "list", "source": f"={layout.table_names(names)}", "ignore_blank": True,
            "error_title": f"No such {what}",
            "error_message": f"Choose a {what} from the list; they are described on the sheet "
            "Damping.",
        },
    )  # fmt: skip


def members(draft: Draft, what: str, year: int) -> Mapping[str, str]:
    """The band, tier or group of each authority by code, as typed; empty where there is none."""
    settlement = draft.settlements[year][1]
    typed = draft.typed.column(f"in_{what}", year)
    if typed is None:
        return _counted(settlement, what)
    pairs = zip(settlement.scenario.codes, typed, strict=True)
    return {code: str(name) for code, name in pairs if name}


def _counted(settlement: Settlement, what: str) -> Mapping[str, str]:
    """The band, tier or group of each authority that the settlement goes by."""
    rule = settlement.scenario.damping
    if what == "group":
        return settlement.scenario.transition.group or {}
    if what == "band":
        return rule.member if isinstance(rule, Bands) else {}
    return rule.member if isinstance(rule, Protection) else {}
