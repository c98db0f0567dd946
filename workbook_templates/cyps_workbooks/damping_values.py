"""A settlement's rule as the fields of the sheet Damping hold it."""

from __future__ import annotations

from cyps.settlement import (
    Bands,
    DampingRule,
    Floor,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
    Protection,
    Settlement,
    Undamped,
)
from cyps_workbooks.damping_rows import (
    BANDS,
    FLOOR,
    FLOOR_AND_CEILING,
    NO,
    NO_DAMPING,
    PACE,
    PROPORTIONAL,
    PROTECTION,
    YES,
)
from cyps_workbooks.layout import Layout
from cyps_workbooks.page import Draft

Value = float | str | None
"""What a cell holds: a number, text, or nothing."""

_METHOD = {
    Undamped: NO_DAMPING, Floor: FLOOR, FloorAndCeiling: FLOOR_AND_CEILING,
    Proportional: PROPORTIONAL, Bands: BANDS, Protection: PROTECTION, PaceOfChange: PACE,
}  # fmt: skip


def method_in_force(rule: DampingRule) -> str:
    """The method's name, and who pays where that makes a difference."""
    name = _METHOD[type(rule)]
    return f"{name}, paid by {rule.payer}" if isinstance(rule, Protection) else name


def field_values(settlement: Settlement) -> dict[str, Value]:
    """What stands in each field; nothing where the rule does not have it."""
    rule, transition = settlement.scenario.damping, settlement.scenario.transition
    return {
        "method": _METHOD[type(rule)],
        "phasing": 1.0 if transition.phasing is None else transition.phasing,
        "use_groups": NO if transition.group is None else YES,
        "floor": getattr(rule, "floor", None),
        "ceiling": getattr(rule, "ceiling", None),
        "least": getattr(rule, "least", None),
        "most": getattr(rule, "most", None),
        "furthest_below": getattr(rule, "furthest_below", -0.05),
        "payer": getattr(rule, "payer", None),
        "deflator": 0.0,
    }


def typed_tables(draft: Draft, year: int) -> dict[str, list[Value]]:
    """What stands in each typed table of a year: as a person typed it, or as the rule has it."""
    own = table_values(draft.settlements[year][1], draft.layout)
    typed = {key: draft.typed.column(f"in_{key}", year) for key in own}
    return {key: values if typed[key] is None else typed[key] or [] for key, values in own.items()}


def parts_in_force(draft: Draft, year: int) -> list[Value]:
    """The protected part of each tier with the deflator, where it follows that."""
    tables = typed_tables(draft, year)
    deflator = (draft.typed.column("in_deflator", year) or [0.0])[0]
    rate = deflator if isinstance(deflator, float) else 0.0
    return [
        part * (1 + (rate if str(real).casefold() == YES.casefold() else 0.0))
        if isinstance(part, float)
        else None
        for part, real in zip(tables["tier_part"], tables["tier_real"], strict=True)
    ]


def table_values(settlement: Settlement, layout: Layout) -> dict[str, list[Value]]:
    """What stands in each typed table, a value for each row."""
    rule = settlement.scenario.damping
    bands = rule.bands if isinstance(rule, Bands) else {}
    tiers = rule.tiers if isinstance(rule, Protection) else {}
    in_order = [bands.get(name) for name in layout.bands]
    floors: list[Value] = [None if band is None else band.floor for band in in_order]
    ceilings: list[Value] = [None if band is None else band.ceiling for band in in_order]
    parts: list[Value] = [tiers.get(name) for name in layout.tiers]

    def full(values: list[Value], rows: int, blank: Value = None) -> list[Value]:
        return [*values, *[blank] * (rows - len(values))]

    return {
        "band_floor": full(floors, layout.band_rows),
        "band_ceiling": full(ceilings, layout.band_rows),
        "tier_part": full(parts, layout.tier_rows),
        "tier_real": full([], layout.tier_rows, NO),
    }
