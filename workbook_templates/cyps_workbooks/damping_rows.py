"""The rows of the sheet Damping: every field, which methods use it, and what it takes."""

from __future__ import annotations

from dataclasses import dataclass

NO_DAMPING, FLOOR, FLOOR_AND_CEILING = "No damping", "Floor", "Floor and ceiling"
PROPORTIONAL, BANDS, PROTECTION = "Proportional", "Bands", "Protection"
PACE = "Pace of change"
METHODS = (NO_DAMPING, FLOOR, FLOOR_AND_CEILING, PROPORTIONAL, BANDS, PROTECTION, PACE)
"""What the method picker offers: the engine's rules by an officer's names."""

GROUP_PAYS, OUTSIDE_PAYS = "group", "outside"
YES, NO = "Yes", "No"
BAND_SLOTS, TIER_SLOTS, GROUP_SLOTS = 6, 6, 12
"""Rows kept for bands, tiers and groups; more where a settlement has more."""


@dataclass(frozen=True, slots=True)
class Field:
    """One row of the sheet Damping that is typed into, a column a year."""

    key: str
    label: str
    kind: str
    used_by: tuple[str, ...]
    words: str


_NOT_PACE = tuple(method for method in METHODS if method != PACE)

FIELDS = (
    Field("method", "Method", "text", METHODS, "Choose from the list."),
    Field("phasing", "Phasing: part of the way from baseline to target", "part", _NOT_PACE,
          "100% is the target itself; 1/3 is a third of the way. It comes before the method."),
    Field("use_groups", "Damping groups (Yes or No)", "text", METHODS,
          "Yes: money stays within each group of the sheet Members."),
    Field("floor", "Floor: least change against the baseline", "floor",
          (FLOOR, FLOOR_AND_CEILING, PROPORTIONAL),
          "Such as -5% (at most a fall of 5%) or 0%."),
    Field("ceiling", "Ceiling: most change against the baseline", "floor",
          (FLOOR_AND_CEILING, PROPORTIONAL),
          "Such as 10%. In the proportional form it may be left blank: no ceiling."),
    Field("least", "Least growth", "floor", (PACE,), "Nobody's baseline grows by less."),
    Field("most", "Most growth", "floor", (PACE,), "Nobody's baseline grows by more."),
    Field("furthest_below", "Furthest below target", "floor", (PACE,),
          "Such as -5%: nobody stays further below the target than that."),
    Field("payer", "Who pays for protection (group or outside)", "text", (PROTECTION,),
          "group: those above their protection pay. outside: a top-up on a line of its own."),
    Field("deflator", "Deflator", "floor", (PROTECTION,),
          "Added to the protected part of the tiers that follow it: 2% makes 100% to 102%."),
)  # fmt: skip
FIELD = {field.key: field for field in FIELDS}

OUTCOMES = (
    "pot", "baseline", "cost", "headroom", "scaling_factor", "floor_fits", "highest_floor",
    "on_floor", "pounds_left", "top_up",
)  # fmt: skip
"""Rows of results on the sheet Damping, in order."""
