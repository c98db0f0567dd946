"""Checks of a settlement: what must hold, and what a reader must know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cyps.settlement.settle import Settlement
from cyps.settlement.summaries import on_the_floor


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was checked, how it stands, and that in words."""

    name: str
    state: Literal["OK", "STOP", "WARN"]
    sentence: str


def checks(settlement: Settlement) -> tuple[Check, ...]:
    """Every check of a settlement, those that must hold first.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> [check.state for check in checks(example())]
    ['OK', 'OK', 'OK', 'WARN']
    """
    return (*_sums(settlement), *_to_know(settlement))


def _sums(settlement: Settlement) -> Iterator[Check]:
    scenario = settlement.scenario
    left = scenario.pot - int(settlement.pounds.sum())
    yield Check(
        "Pot",
        "STOP" if left else "OK",
        f"Whole pounds differ from the pot by {left:,}." if left else
        f"Whole pounds add up to the pot of {scenario.pot:,}.",
    )  # fmt: skip
    off = float(np.abs(settlement.metric_share.sum(axis=0) - 1).max())
    off = max(off, abs(float(settlement.share.sum()) - 1))
    yield Check(
        "Shares",
        "STOP" if off > 1e-9 else "OK",
        f"Shares add up to 1 to within {off:.0e}.",
    )
    gap = float(settlement.damped.allocation.sum() - settlement.target.sum())
    much = abs(gap) > 1e-9 * scenario.pot
    yield Check(
        "Damping",
        "STOP" if much else "OK",
        f"Damping {'makes or loses money: ' if much else 'makes and loses no money: '}"
        f"{scenario.damping_in_words}; {int(on_the_floor(settlement).sum())} authorities get "
        "their floor and no more.",
    )


def _to_know(settlement: Settlement) -> Iterator[Check]:
    scenario = settlement.scenario
    yield Check("Status", "WARN", f"{scenario.status}: {scenario.statement}")
    if scenario.exclusions:
        names = ", ".join(f"{gone.name} ({gone.reason})" for gone in scenario.exclusions)
        yield Check("Left out", "WARN", f"Not in this settlement: {names}.")
    if settlement.top_up.any():
        yield Check(
            "Top-up",
            "WARN",
            f"{int(settlement.top_up.sum()):,} pounds come from outside the pot.",
        )
