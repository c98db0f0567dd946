"""The six levers of a what-if, as cells: what each takes, says and does under each damping rule.

The sheet What-if has a row for each: B is the scenario's value, C what is typed, D what is in
use, E what it does, or what is wrong with it. A lever that a rule has no use for says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from cyps.settlement import (
    Bands,
    Floor,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
    Protection,
    Settlement,
    Undamped,
)
from cyps_workbooks.damping_rows import FLOOR, FLOOR_AND_CEILING, NO_DAMPING
from cyps_workbooks.layout import HEAD_ROW
from cyps_workbooks.what_if_layout import SCENARIO, WEIGHT_ROW, WhatIfLayout

NONE, NOT_USED = "none", "not used"
MOST_POUNDS = 10**12
FAULT = "STOP: "
_PLAIN = (Undamped, Floor, FloorAndCeiling)


@dataclass(frozen=True, slots=True)
class Lever:
    """One lever of the page.

    Attributes
    ----------
    label : what it is called, or the formula that says so
    issued : the scenario's value: a number, "none" where it has none, "not used" where the lever
        does not apply
    words : what it does, or why it does not apply
    fault : what is said when it cannot be used
    holds : condition on the typed number, true where it can be used
    fits : condition on whatever is in use, typed or not; `misfit` says what is wrong
    validation : what a spreadsheet lets people type
    issued_formula : the formula of the scenario's value, where it follows a cell
    """

    key: str
    label: str
    kind: str
    issued: float | str
    words: str
    fault: str = ""
    holds: str = "TRUE"
    fits: str = ""
    misfit: str = ""
    validation: Mapping[str, Any] = field(default_factory=dict)
    issued_formula: str = ""

    @property
    def applies(self) -> bool:
        """Whether the scenario has a use for it."""
        return self.issued != NOT_USED


def levers_of(settlement: Settlement, layout: WhatIfLayout, metric: str) -> tuple[Lever, ...]:
    """The levers of a settlement, in order; `metric` is the one whose weight is moved at first."""
    return (
        _pot(settlement, layout),
        _floor(settlement, layout),
        _ceiling(settlement, layout),
        _phasing(settlement, layout),
        _weight(settlement, layout, metric),
        _area_cost(settlement, layout),
    )


def _typed(layout: WhatIfLayout, key: str) -> str:
    return layout.lever(key, "C").split("!")[1]


def _pot(settlement: Settlement, layout: WhatIfLayout) -> Lever:
    c = _typed(layout, "pot")
    needed = "The pot is a whole number of pounds above 0. Type it without pence."
    return Lever(
        "pot", "1  Pot: whole pounds to share", "pounds", settlement.scenario.pot,
        "Shared out whole, to the pound, whatever else is moved.", needed,
        f"IF({c}>0,IF({c}<={MOST_POUNDS},{c}=INT({c}),FALSE),FALSE)",
        validation=_between("integer", 1, MOST_POUNDS, "Pot", needed),
    )  # fmt: skip


def _floor(settlement: Settlement, layout: WhatIfLayout) -> Lever:
    rule, c = settlement.scenario.damping, _typed(layout, "floor")
    if isinstance(rule, Bands | Protection):
        banded = isinstance(rule, Bands)
        all_issued = _as_issued(layout, "band_floor" if banded else "tier_part")
        what = "Floors of all bands" if banded else "Protected parts of all tiers"
        least, most = ("-1", "10") if banded else ("0", "10")
        needed = (
            f"Type a percentage, such as 1%, that leaves each between {_shown(least)} and 1000%."
        )
        return Lever(
            "floor", f"2  {what}: move by", "floor", 0.0,
            "1% moves each up by a percentage point, and -1% down.", needed,
            f"IF(MIN({all_issued})+{c}>={least},MAX({all_issued})+{c}<={most},FALSE)",
            validation=_between("decimal", -10, 10, "Percentage points", needed),
        )  # fmt: skip
    pace = isinstance(rule, PaceOfChange)
    issued: float | None = getattr(rule, "least" if pace else "floor", None)
    needed = "Type a percentage from -100% to 1000%, such as -5% or 0%."
    words = (
        "Nobody's baseline grows by less." if pace else "Nobody falls by more; others pay for it."
    )
    if issued is None:
        words = "The scenario has none. With one nobody falls by more; others pay for it."
    return Lever(
        "floor", "2  Least growth" if pace else "2  Floor: least change against the baseline",
        "floor", NONE if issued is None else float(issued), words, needed,
        f"IF({c}>=-1,{c}<=10,FALSE)",
        validation=_between("decimal", -1, 10, "A percentage", needed),
    )  # fmt: skip


def _ceiling(settlement: Settlement, layout: WhatIfLayout) -> Lever:
    rule, c, b = settlement.scenario.damping, _typed(layout, "ceiling"), layout.lever_row("ceiling")
    floor = layout.in_use("floor").split("!")[1]
    used = f'IF({c}="",$B${b},{c})'
    if isinstance(rule, Protection):
        return Lever("ceiling", "3  Ceiling", "floor", NOT_USED, "Protection has no ceiling.")
    if isinstance(rule, Bands):
        if all(band.ceiling is None for band in rule.bands.values()):
            return Lever("ceiling", "3  Ceilings of all bands: move by", "floor", NOT_USED,
                         "No band has a ceiling.")  # fmt: skip
        ceilings, floors = (_as_issued(layout, key) for key in ("band_ceiling", "band_floor"))
        needed = "Type a percentage, such as 1%, that leaves each ceiling at 1000% or less."
        return Lever(
            "ceiling", "3  Ceilings of all bands: move by", "floor", 0.0,
            "1% moves each up by a percentage point; who has none keeps none.", needed,
            f"MAX({ceilings})+{c}<=10",
            fits=f"IF(ISNUMBER({floor}),SUMPRODUCT(({ceilings}<>\"\")"
                 f"*(({ceilings}+{used})<({floors}+{floor})))=0,TRUE)",
            misfit="A band's ceiling would be below its floor. Move one of the two levers back.",
            validation=_between("decimal", -10, 10, "Percentage points", needed),
        )  # fmt: skip
    pace = isinstance(rule, PaceOfChange)
    issued = getattr(rule, "most" if pace else "ceiling", None)
    needed = "Type a percentage from -100% to 1000%, such as 10%."
    words = "Nobody's baseline grows by more." if pace else "Nobody rises by more."
    if issued is None:
        words = "The scenario has none. With one nobody rises by more; it helps to pay the floor."
    return Lever(
        "ceiling", "3  Most growth" if pace else "3  Ceiling: most change against the baseline",
        "floor", NONE if issued is None else float(issued), words, needed,
        f"IF({c}>=-1,{c}<=10,FALSE)",
        fits=f"IF(ISNUMBER({floor}),IF(ISNUMBER({used}),{used}>={floor},TRUE),TRUE)",
        misfit="It would be below lever 2, with nothing between them. Move one of the two.",
        validation=_between("decimal", -1, 10, "A percentage", needed),
    )  # fmt: skip


def _phasing(settlement: Settlement, layout: WhatIfLayout) -> Lever:
    label, scenario = "4  Phasing: part of the way to the target", settlement.scenario
    if isinstance(scenario.damping, PaceOfChange):
        return Lever("phasing", label, "level", NOT_USED,
                     "Pace of change is a transition itself.")  # fmt: skip
    phasing = scenario.transition.phasing
    return Lever(
        "phasing", label, "level", 1.0 if phasing is None else phasing,
        "100% goes by need alone; 50% is half way from the baseline; 0% is the baseline.",
        _PART, _in_part(_typed(layout, "phasing")),
        validation=_between("decimal", 0, 1, "A part of the way", _PART),
    )  # fmt: skip


def _weight(settlement: Settlement, layout: WhatIfLayout, metric: str) -> Lever:
    metrics, c = settlement.use.metrics, _typed(layout, "weight")
    if len(metrics) == 1:
        return Lever("weight", "5  Cost weight", "level", NOT_USED,
                     f"{metrics[0]} is the only metric, and has all of the weight.")  # fmt: skip
    b = f"$B${layout.lever_row('weight')}"
    last = xl_col_to_name(2 + len(metrics))
    place = f"MATCH(in_lever_metric,{SCENARIO}!$D${HEAD_ROW + 1}:${last}${HEAD_ROW + 1},0)"
    weights = f"{SCENARIO}!$D${WEIGHT_ROW + 1}:${last}${WEIGHT_ROW + 1}"
    return Lever(
        "weight", '="5  Cost weight of "&in_lever_metric', "level",
        float(settlement.weights[metrics.index(metric)]),
        "The others keep their ratios; choose the metric above.",
        "Type a part from 0% to 100%, for a metric chosen above that does not have all of the "
        "weight.",
        f"IF(ISNUMBER({b}),IF({c}>=0,IF({c}<=1,IF({b}<1,TRUE,{c}=1),FALSE),FALSE),FALSE)",
        validation=_between("decimal", 0, 1, "A cost weight", "Type a part from 0% to 100%."),
        issued_formula=f'=IFERROR(INDEX({weights},{place}),"no such metric")',
    )  # fmt: skip


def _area_cost(settlement: Settlement, layout: WhatIfLayout) -> Lever:
    label = "6  Area cost: strength (0% is off)"
    if np.ptp(settlement.area_cost) == 0:
        return Lever("area_cost", label, "level", NOT_USED, "Every area cost factor is the same.")
    return Lever(
        "area_cost", label, "level", 1.0,
        "100% is the scenario's factors; 50% brings each half way to their average.",
        _PART, _in_part(_typed(layout, "area_cost")),
        validation=_between("decimal", 0, 1, "Strength", _PART),
    )  # fmt: skip


_PART = "Type a part from 0% to 100%."


def _in_part(cell: str) -> str:
    return f"IF({cell}>=0,{cell}<=1,FALSE)"


def _as_issued(layout: WhatIfLayout, table: str) -> str:
    """The scenario's values of a table of the sheet Damping, which stand beside those in force."""
    return layout.table(table, 0).replace("$B$", "$D$")


def _shown(rate: str) -> str:
    return f"{float(rate):.0%}"


def _between(kind: str, least: float, most: float, title: str, words: str) -> dict[str, Any]:
    return {
        "validate": kind, "criteria": "between", "minimum": least, "maximum": most,
        "input_title": title, "input_message": f"{words} Leave blank for the scenario's.",
        "error_title": "That cannot be used", "error_message": words,
    }  # fmt: skip


# --- what the rest of the workbook makes of them


def damping_follows(
    settlement: Settlement, layout: WhatIfLayout
) -> Callable[[str, int], str | None]:
    """The formulas by which the sheet Damping follows the levers."""
    rule = settlement.scenario.damping
    floor, ceiling, phasing = (layout.in_use(key) for key in ("floor", "ceiling", "phasing"))
    plain = isinstance(rule, _PLAIN)

    def number(cell: str, otherwise: str = '""') -> str:
        return f"IF(ISNUMBER({cell}),{cell},{otherwise})"

    fields: dict[str, str] = {}
    if plain:
        fields["method"] = (
            f'IF(ISNUMBER({ceiling}),"{FLOOR_AND_CEILING}",'
            f'IF(ISNUMBER({floor}),"{FLOOR}","{NO_DAMPING}"))'
        )
        fields["floor"] = number(floor, f'IF(ISNUMBER({ceiling}),-1,"")')
    if isinstance(rule, Proportional):
        fields["floor"] = number(floor)
    if plain or isinstance(rule, Proportional):
        fields["ceiling"] = number(ceiling)
    if isinstance(rule, PaceOfChange):
        fields |= {"least": number(floor), "most": number(ceiling)}
    else:
        fields["phasing"] = number(phasing)

    def follows(key: str, i: int) -> str | None:
        if key in fields:
            return f"={fields[key]}"
        if key not in {"band_floor", "band_ceiling", "tier_part"}:
            return None
        lever = ceiling if key == "band_ceiling" else floor
        row = layout.damping_rows[key] + 1 + i
        return f'=IF($D${row}="","",IF(ISNUMBER({lever}),$D${row}+{lever},$D${row}))'

    return follows


def weight_formulas(layout: WhatIfLayout) -> list[str]:
    """The cost weight of each metric, as the lever leaves it."""
    typed, issued = (layout.lever("weight", column) for column in "CB")
    sound = layout.flag("sound", 0)
    found = []
    for m in range(len(layout.metrics)):
        col = xl_col_to_name(3 + m)
        own, head = f"{SCENARIO}!${col}${WEIGHT_ROW + 1}", f"{SCENARIO}!${col}${HEAD_ROW + 1}"
        moved = f"IF({head}=in_lever_metric,{typed},{own}*(1-{typed})/(1-{issued}))"
        kept = f"IF({typed}={issued},{own},{moved})"
        found.append(
            f'=IF({sound}="Yes",IF(ISNUMBER({typed}),{kept},{own}),"")'
            if len(layout.metrics) > 1
            else f"={own}"
        )
    return found


def area_cost_formula(layout: WhatIfLayout, column: int) -> str:
    """An area cost factor as the lever leaves it; `{r}` stands for the authority's row."""
    given = f"${xl_col_to_name(column)}{{r}}"
    strength = layout.in_use("area_cost")
    average = f"AVERAGE({layout.here(layout.area_cost_as_given, layout.cost_columns)})"
    return (
        f"=IF(ISNUMBER({strength}),IF({strength}=1,{given},{average}+{strength}*({given}-{average}))"
        f",{given})"
    )


def sound(listed: tuple[Lever, ...], layout: WhatIfLayout) -> str:
    """The condition that every lever can be used."""
    faults = "+".join(
        f'(LEFT({layout.lever(lever.key, "E")},{len(FAULT)})="{FAULT}")' for lever in listed
    )
    return f"({faults})=0"
