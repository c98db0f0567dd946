"""What people typed into an earlier workbook, typed over the cells of the one being drawn."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from cyps.errors import CypsError
from cyps_workbooks.page import Draft, Typed
from cyps_workbooks.published.reading_sheets import area_of

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
        page = draft.workbook.get_worksheet_by_name(sheet.strip("'").replace("''", "'"))
        for i, row in enumerate(grid):
            for j, value in enumerate(row):
                _type(page, area.top - 1 + i, area.left - 1 + j, value)


def _type(page: Worksheet, row: int, col: int, value: float | str | None) -> None:
    drawn = page.table.get(row, {}).get(col)
    form = getattr(drawn, "format", None)
    # A number, or a formula with its cached value: what shows the same already is left alone.
    shown = getattr(drawn, "number", getattr(drawn, "value", None))
    if value is None or value == "":
        page.write_blank(row, col, None, form)
    elif shown == value:
        return
    elif isinstance(value, str):
        page.write_string(row, col, value, form)
    else:
        page.write_number(row, col, value, form)
