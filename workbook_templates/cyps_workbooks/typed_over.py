"""What people typed into an earlier workbook, typed over the cells of the one being drawn."""

from __future__ import annotations

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cyps.errors import CypsError
from cyps_workbooks.page import Draft, Typed
from cyps_workbooks.published.reading_sheets import area_of

_OF_WORDS = {"in_band", "in_tier", "in_group"}
"""Inputs by authority that hold a name: blank stays blank, which a plain reference makes 0."""

_SLOTS = {"band": "in_band_name", "tier": "in_tier_name", "group": "in_group_name"}


def typed_names(typed: Typed) -> dict[str, list[str]]:
    """Bands, tiers and groups as they were typed, "" for a row that was left blank."""
    return {
        what: [str(row[0] or "") for row in typed.cells[name]]
        for what, name in _SLOTS.items()
        if name in typed.cells
    }


def type_over(draft: Draft) -> None:
    """Type every cell of `draft.typed` into its place, unless the same stands there already.

    Raises
    ------
    CypsError
        When a name has other cells in this workbook than were typed: nothing is dropped.
    """
    places = draft.layout.inputs() | draft.layout.texts()
    for name, grid in draft.typed.cells.items():
        sheet, _, reference = places[name].rpartition("!")
        area = area_of(reference.replace("$", ""))
        if (len(grid), len(grid[0])) != (
            area.bottom - area.top + 1, area.right - area.left + 1,
        ):  # fmt: skip
            raise CypsError(f"What was typed into {name} does not fit into the new workbook.")
        page = _sheet(draft, sheet.strip("'").replace("''", "'"))
        follows = draft.typed.follows.get(name)
        for i, row in enumerate(grid):
            for j, value in enumerate(row):
                at = (area.top - 1 + i, area.left - 1 + j)
                if follows is None:
                    _type(page, *at, value)
                elif (column := follows[i][j]) is None:
                    _type(page, *at, value, over_formulas=True)
                else:
                    source = xl_rowcol_to_cell(at[0], area.left - 1 + column)
                    _follow(page, *at, source, value, words=name in _OF_WORDS)
    for (own, top, left), words in draft.typed.outside.items():
        _put_outside(_sheet(draft, own), top - 1, left - 1, words)


def _sheet(draft: Draft, name: str) -> Worksheet:
    return draft.workbook.get_worksheet_by_name(name)


def _put_outside(page: Worksheet, row: int, col: int, value: float | str) -> None:
    drawn = page.table.get(row, {}).get(col)
    if drawn is not None and len(drawn) > 1:  # more than a format
        raise CypsError(
            f"What was typed into {page.name}!{xl_rowcol_to_cell(row, col)} has no room in the new "
            "workbook."
        )
    form = getattr(drawn, "format", None)
    if isinstance(value, str):
        page.write_string(row, col, value, form)
    else:
        page.write_number(row, col, value, form)


def _follow(
    page: Worksheet, row: int, col: int, source: str, value: float | str | None, *, words: bool
) -> None:
    """A cell that shows what another of its row holds, until somebody types over it."""
    form = getattr(page.table.get(row, {}).get(col), "format", None)
    formula = f'={source}&""' if words else f"={source}"
    page.write_formula(row, col, formula, form, "" if value is None else value)


def _type(
    page: Worksheet,
    row: int,
    col: int,
    value: float | str | None,
    *,
    over_formulas: bool = False,
) -> None:
    drawn = page.table.get(row, {}).get(col)
    form = getattr(drawn, "format", None)
    # A number, or a formula with its cached value: what shows the same already is left alone.
    shown = getattr(drawn, "number", getattr(drawn, "value", None))
    formula = over_formulas and hasattr(drawn, "formula")
    if value is None or value == "":
        page.write_blank(row, col, None, form)
    elif shown == value and not formula:
        return
    elif isinstance(value, str):
        page.write_string(row, col, value, form)
    else:
        page.write_number(row, col, value, form)
