"""Number formats of the tables that actions show: pounds, shares, rates, children."""

from __future__ import annotations

from typing import Any, Final

from cyps_addin.cells import Rows, parted

Block = list[int | str]
"""First row, last row and column of the table, counted from 1, and the format."""

POUNDS: Final = "£#,##0;-£#,##0"
PENCE: Final = "£#,##0.00;-£#,##0.00"
POUNDS_CHANGE: Final = "+£#,##0;-£#,##0;£0"
PENCE_CHANGE: Final = "+£#,##0.00;-£#,##0.00;£0.00"
RATE_CHANGE: Final = "+0.00%;-0.00%;0.00%"
SHARE: Final = "0.0000%"
PLACE: Final = "0"
USE: Final = "#,##0.00"
FACTOR: Final = "0.0000000000"

_BY_HEAD: Final = {
    "share": SHARE, "needs share": SHARE, "standard error": SHARE, "share from": SHARE,
    "share to": SHARE, "share as issued": SHARE, "share now": SHARE, "as issued": POUNDS,
    "now": POUNDS, "change": POUNDS_CHANGE, "change rate": RATE_CHANGE,
    "distance from target": RATE_CHANGE, "pounds from": POUNDS, "pounds to": POUNDS,
    "rank from": PLACE, "rank to": PLACE, "pounds per child": PENCE,
}  # fmt: skip
_BY_BEGINNING: Final = {"share of ": SHARE, "pounds ": POUNDS, "baseline ": POUNDS}
_BY_UNIT: Final = {
    "use": USE, "pounds": PENCE, "whole pounds": POUNDS, "factor": FACTOR, "count": PLACE,
}  # fmt: skip
_SMALL_USE: Final = "0.00000000"
"""Of packs that hold shares of use."""


def formats(rows: Rows) -> list[Block]:
    """How the numbers of a table are to be shown; nothing for text, and for heads not known.

    A column goes by its head, a column `value` beside a column `unit` by each row's unit, and
    the steps of a bridge, between `as issued` and `now`, are pounds with pence.

    Examples
    --------
    >>> formats([["code", "share"], ["E06000001", 0.4], ["E06000002", 0.6]])
    [[2, 3, 2, '0.0000%']]
    """
    head = [str(name) for name in rows[0]]
    shown, _ = parted(rows)
    if (last := len(shown)) <= 1:
        return []
    if "unit" in head and "value" in head:
        return list(_by_row(shown, head.index("value"), head.index("unit")))
    told = [_of(name, i, head) for i, name in enumerate(head)]
    return [[2, last, i, shown] for i, shown in enumerate(told, 1) if shown]


def _of(name: str, place: int, head: list[str]) -> str:
    if name in _BY_HEAD:
        return _BY_HEAD[name]
    if "as issued" in head and head[-1] == "now" and head.index("as issued") < place:
        return PENCE_CHANGE
    return next((f for begins, f in _BY_BEGINNING.items() if name.startswith(begins)), "")


def _by_row(rows: Rows, value: int, unit: int) -> list[Block]:
    found: list[Block] = []
    for number, row in enumerate(rows[1:], 2):
        shown = _BY_UNIT.get(str(row[unit]), "")
        if shown == USE and _is_small(row[value]):
            shown = _SMALL_USE
        if shown:
            found.append([number, number, value + 1, shown])
    return found


def _is_small(value: Any) -> bool:  # noqa: ANN401 - whatever a cell holds
    return isinstance(value, float) and 0 < abs(value) < 1
