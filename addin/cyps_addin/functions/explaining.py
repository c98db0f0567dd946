"""Functions that explain: compare, bridge, uncertainty, trace."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from cyps.errors import CypsError
from cyps.explain import (
    Bridge,
    Uncertainty,
    bridge,
    compare,
    distance_from_target,
    trace,
    uncertainty,
)
from cyps.settlement import Settlement
from cyps_addin import library
from cyps_addin.cells import one_text, table
from cyps_addin.declare import Argument, CellFunction, Cells
from cyps_addin.error_values import not_available
from cyps_addin.functions.choosing import (
    AUTHORITY,
    PACK,
    SCENARIO,
    UNKNOWN_AUTHORITY,
    UNKNOWN_HANDLE,
    chosen,
    one_authority,
    settled,
    who,
)

_BEFORE = Argument("before", "handle of the settlement before")
_AFTER = Argument("after", "handle of the settlement after, of the same authorities")


def _handle(cell: Cells, what: str) -> str:
    return one_text(cell, what)


def _compare(before: Cells, after: Cells, authority: Cells = None) -> Cells:
    one = library.settlement_of(_handle(before, "Before"))
    other = library.settlement_of(_handle(after, "After"))
    beside = compare(one, other)
    distance = distance_from_target(other)
    rows, _ = chosen(other, authority)
    head = ("code", "name", "before", "after", "change", "change rate", "share before",
            "share after", "distance from target")  # fmt: skip
    return table(
        head,
        [
            (who(other, r).code, who(other, r).name, one.pounds[r], other.pounds[r],
             beside.change[r], beside.change_rate[r], one.share[r], other.share[r], distance[r])
            for r in rows
        ],
    )  # fmt: skip


def _bridge(before: Cells, after: Cells, authority: Cells = None) -> Cells:
    made = _made_bridge(_handle(before, "Before"), _handle(after, "After"))
    settlement = library.settlement_of(_handle(before, "Before"))
    rows, laid = chosen(settlement, authority)
    if laid is not None and len(laid.values) == 1:
        row = int(rows[0])
        steps = zip(made.components, made.contribution[row], strict=True)
        return table(
            ("step", "pounds"), [("before", made.start[row]), *steps, ("after", made.end[row])]
        )
    return table(
        ("code", "name", "before", *made.components, "after"),
        [
            (made.codes[r], made.names[r], made.start[r], *made.contribution[r], made.end[r])
            for r in rows
        ],
    )


@lru_cache(maxsize=16)
def _made_bridge(before: str, after: str) -> Bridge:
    return bridge(library.settlement_of(before), library.settlement_of(after))


def _uncertainty(scenario: Cells, pack: Cells, authority: Cells = None) -> Cells:
    settlement = settled(scenario)
    found = _made_uncertainty(_handle(scenario, "Scenario"), _handle(pack, "Pack"))
    rows, _ = chosen(settlement, authority)
    return uncertainty_rows(found, settlement, [int(row) for row in rows])


def uncertainty_rows(found: Uncertainty, settlement: Settlement, rows: Sequence[int]) -> Cells:
    """A table of share, standard error and 95% ranges of some authorities."""
    head = ("code", "name", "share", "standard error", "share from", "share to", "pounds from",
            "pounds to", "rank from", "rank to")  # fmt: skip
    return table(
        head,
        [
            (
                who(settlement, r).code,
                who(settlement, r).name,
                found.settlement.share[r],
                *_ranged(found, settlement, r),
            )
            for r in rows
        ],
    )


def _ranged(found: Uncertainty, settlement: Settlement, row: int) -> tuple[float, ...]:
    """Error and ranges; not numbers where the pack hides part of what they rest on."""
    if settlement.scenario.codes[row] in found.incomplete:
        return (float("nan"),) * 7
    pairs = (found.share, found.allocation, found.rank)
    return (
        float(found.share_error[row]),
        *(float(end[row]) for pair in pairs for end in (pair.low, pair.high)),
    )


@lru_cache(maxsize=16)
def _made_uncertainty(scenario: str, pack: str) -> Uncertainty:
    return uncertainty(library.pack_of(pack).pack, library.settlement_of(scenario).scenario)


def _trace(scenario: Cells, authority: Cells, which: Cells = None) -> Cells:
    settlement = settled(scenario)
    code = who(settlement, one_authority(settlement, authority)).code
    wanted = one_text(which, "Line", "pounds")
    try:
        lines = trace(settlement, code, wanted).lines
    except CypsError as error:
        raise not_available(str(error)) from None
    return table(
        ("line", "name", "formula", "value", "source"),
        [(f"({x.letter})", x.name, x.formula, x.value, x.source) for x in lines],
    )


FUNCTIONS: tuple[CellFunction, ...] = (
    CellFunction(
        "CYPS_COMPARE",
        "Explanations",
        "One settlement beside another: pounds, shares, distance from target",
        (_BEFORE, _AFTER, AUTHORITY),
        "a table with a header row; rates are #N/A where there was nothing before",
        (UNKNOWN_HANDLE, UNKNOWN_AUTHORITY, "#VALUE!: settlements of different authorities"),
        '=CYPS_COMPARE(CYPS_SCENARIO("sample"),CYPS_SCENARIO("sample",{"floor",0}),"Leeds")',
        _compare,
    ),
    CellFunction(
        "CYPS_BRIDGE",
        "Explanations",
        "What moved the pounds from one settlement to another, in steps that add up",
        (_BEFORE, _AFTER, AUTHORITY),
        "for one authority a table of steps, for several a row each; before plus the steps is "
        "after, to a millionth of a pound",
        (UNKNOWN_HANDLE, UNKNOWN_AUTHORITY, "#VALUE!: settlements of different authorities",
         "#NUM!: a settlement on the way cannot be made"),
        '=CYPS_BRIDGE(CYPS_SCENARIO("sample"),'
        'CYPS_SCENARIO("sample",{"pot",1200000;"floor",0}),"Leeds")',
        _bridge,
    ),
    CellFunction(
        "CYPS_UNCERTAINTY",
        "Explanations",
        "Standard error of the share and 95% ranges of share, pounds and rank",
        (SCENARIO, PACK, AUTHORITY),
        "a table with a header row; the uncertainty of the coefficients alone, first-order, by "
        "1,000 draws from a fixed seed; #N/A for an authority of which the pack hides small counts",
        (UNKNOWN_HANDLE, UNKNOWN_AUTHORITY,
         "#N/A: a pack without covariance or gradient: uncertainty is unavailable then, not zero"),
        '=CYPS_UNCERTAINTY(CYPS_SCENARIO("sample"),CYPS_PACK("sample"),"Leeds")',
        _uncertainty,
    ),
    CellFunction(
        "CYPS_TRACE",
        "Explanations",
        "Every line that an authority's number is made of, lettered",
        (
            SCENARIO,
            Argument("authority", "GSS code or name of one authority"),
            Argument("which", "line to trace, such as share or damped_allocation", "pounds"),
        ),
        "a table with a header row: line, name, formula in letters, value, source",
        (UNKNOWN_HANDLE, UNKNOWN_AUTHORITY, "#N/A: an unknown line"),
        '=CYPS_TRACE(CYPS_SCENARIO("sample"),"Leeds","metric_share_CIN")',
        _trace,
    ),
)  # fmt: skip
"""Functions that explain settlements."""
