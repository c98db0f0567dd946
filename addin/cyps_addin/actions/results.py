"""The group Results: tables on new sheets, computed by the engine from the workbook's cells."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from typing import Final

import numpy as np

from cyps.errors import CypsError
from cyps.explain import (
    authority_row,
    bridge,
    compare,
    distance_from_target,
    trace,
    uncertainty,
)
from cyps.explain.compare import ranks
from cyps.pack import read_pack
from cyps.settlement import Settlement
from cyps_addin.actions.asked import Asked
from cyps_addin.cells import table
from cyps_addin.declare import Action, Cells
from cyps_addin.functions.explaining import uncertainty_rows


def _said(run: Callable[[Asked], Cells]) -> Callable[[Asked], Cells]:
    """The table with the settlement's status below it: a sheet may be taken out of its workbook.

    It stands in the second column, that of names, in lines no longer than names are: hosts make
    columns as wide as their longest text.
    """

    def with_status(asked: Asked) -> Cells:
        rows = run(asked)
        scenario = asked.settlement.scenario
        which = f"{scenario.title} ({asked.labels[asked.year]})"
        told = wrap(f"{which}. {scenario.status}: {scenario.statement}", _LINE)
        gap = [""] * (len(rows[0]) - 2)
        return [*rows, *(["", line, *gap] for line in ("", *told))]

    return with_status


_LINE: Final = 45
"""Characters of a line below a table."""


def _who(settlement: Settlement) -> list[tuple[str, str]]:
    return [(place.code, place.name) for place in settlement.scenario.authorities]


def _shares(asked: Asked) -> Cells:
    """Each metric's share beside the needs share and the share after area cost."""
    one = asked.settlement
    head = ("code", "name", *(f"share of {m}" for m in one.use.metrics), "needs share", "share")
    return table(
        head,
        [
            (*who, *one.metric_share[i], one.needs_share[i], one.share[i])
            for i, who in enumerate(_who(one))
        ],
    )


def _allocations(asked: Asked) -> Cells:
    """Baseline and pounds by year; change and pounds per child in the chosen year."""
    from cyps_workbooks.kept.compared import children_typed

    one = asked.settlement
    baseline = one.scenario.baseline
    change = one.pounds - baseline
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = change / baseline
    head = ("code", "name", *(f"pounds {label}" for label in asked.labels),
            f"baseline {asked.labels[asked.year]}", "change", "change rate")  # fmt: skip
    children = children_typed(asked.opened)
    each = () if children is None else (one.pounds / children,)
    return table(
        (*head, *("pounds per child" for _ in each)),
        [
            (*who, *(year.pounds[i] for _, year in asked.years), baseline[i], change[i], rate[i],
             *(pounds[i] for pounds in each))
            for i, who in enumerate(_who(one))
        ],
    )  # fmt: skip


def _my_authority(asked: Asked) -> Cells:
    """Every line that the chosen authority's pounds are made of."""
    one, row = asked.settlement, authority_row(asked.settlement, asked.authority)
    place = one.scenario.authorities[row]
    rank = int(ranks(one.share)[row])
    told = [("", f"{place.name} ({place.code})", f"{asked.labels[asked.year]}", "", "", ""),
            ("", "rank of its share, 1 is the largest", "", rank, "count", "")]  # fmt: skip
    lines = trace(one, place.code, "pounds").lines
    return table(
        ("line", "name", "formula", "value", "unit", "source"),
        [*told, *((f"({x.letter})", x.name, x.formula, x.value, x.unit, x.source) for x in lines)],
    )


def _compare(asked: Asked) -> Cells:
    """The workbook as issued beside what its cells say now."""
    before, after = asked.as_issued, asked.settlement
    beside, distance = compare(before, after), distance_from_target(after)
    head = ("code", "name", "as issued", "now", "change", "change rate", "share as issued",
            "share now", "distance from target")  # fmt: skip
    return table(
        head,
        [
            (*who, before.pounds[i], after.pounds[i], beside.change[i], beside.change_rate[i],
             before.share[i], after.share[i], distance[i])
            for i, who in enumerate(_who(after))
        ],
    )  # fmt: skip


def _bridge(asked: Asked) -> Cells:
    """What moved the pounds from the workbook as issued to now, in steps that add up."""
    made = bridge(asked.as_issued, asked.settlement)
    return table(
        ("code", "name", "as issued", *made.components, "now"),
        [
            (code, made.names[i], made.start[i], *made.contribution[i], made.end[i])
            for i, code in enumerate(made.codes)
        ],
    )


_HIDDEN: Final = "no range: the pack hides part of what it rests on (small counts)"


def _uncertainty(asked: Asked) -> Cells:
    """Standard errors and 95% ranges by the pack that the workbook's use came from."""
    loaded = read_pack(asked.file("the pack that the use came from (.cyps.zip)"))
    one = asked.settlement
    _check_pack(loaded.pack.predicted_use().children, loaded.pack.use.codes, one, loaded.pack.name)
    found = uncertainty(loaded.pack, one.scenario)
    rows = uncertainty_rows(found, one, range(len(one.scenario.codes)))
    if not found.incomplete:
        return rows
    hidden = dict.fromkeys(found.incomplete, _HIDDEN)
    return [[*rows[0], "note"], *([*row, hidden.get(row[0], "")] for row in rows[1:])]


def _check_pack(children: np.ndarray, codes: tuple[str, ...], one: Settlement, name: str) -> None:
    """The ranges would be of another settlement, had the use come from elsewhere."""
    row = {code: i for i, code in enumerate(codes)}
    missing = [code for code in one.scenario.codes if code not in row]
    place = {code: i for i, code in enumerate(one.use.codes)}
    alike = not missing and children.shape[1] == one.use.children.shape[1] and all(
        np.allclose(children[row[c]], one.use.children[place[c]], rtol=1e-9)
        for c in one.scenario.codes
    )  # fmt: skip
    if not alike:
        raise CypsError(
            f"The workbook's use did not come from the pack '{name}', so its ranges would be of "
            "another settlement. Choose the pack that the sheet Notes names."
        )


ACTIONS: tuple[Action, ...] = (
    Action(
        "shares", "Shares", "Results", "Needs shares by authority",
        "Each metric's share, the weighted needs share and the share after area cost, on a new "
        "sheet.",
        "RS", "PercentStyle", _said(_shares), on_book=True,
        needs=("settles",),
    ),
    Action(
        "allocations", "Allocations", "Results", "Pounds by authority and year",
        "Pounds of every year; baseline, change and, where children are given, pounds per child of "
        "the chosen one, on a new sheet.",
        "RA", "AutoSum", _said(_allocations), on_book=True,
        needs=("settles",),
    ),
    Action(
        "my_authority", "My authority", "Results", "Every line behind my authority's pounds",
        "The chosen authority's pounds traced to inputs, lettered, on a new sheet.",
        "RM", "FindDialog", _said(_my_authority), on_book=True,
        needs=("settles",),
    ),
    Action(
        "compare", "Compare", "Results", "The workbook as issued beside what it says now",
        "Pounds, shares and distance from target, as issued and now, on a new sheet.",
        "RC", "CreateTable", _said(_compare), on_book=True,
        needs=("settles",),
    ),
    Action(
        "bridge", "Bridge", "Results", "What moved the pounds since the workbook was issued",
        "Steps that add up to the change, by authority, on a new sheet.",
        "RB", "ChartInsert", _said(_bridge), on_book=True,
        needs=("settles",),
    ),
    Action(
        "uncertainty", "Uncertainty", "Results", "95% ranges of shares, pounds and ranks",
        "Choose the pack that the use came from. The uncertainty of its coefficients alone.",
        "RU", "GoalSeek", _said(_uncertainty), asks="file", on_book=True,
        needs=("settles",),
    ),
)  # fmt: skip
"""Actions that show results."""
