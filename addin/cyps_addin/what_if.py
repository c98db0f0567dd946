"""What-ifs: a settlement with some choices changed, as two columns of cells name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from pydantic import ValidationError

from cyps.needs import ServiceAreaSpend, Use, weights_as_spend
from cyps.settlement import (
    DampingRule,
    Floor,
    FloorAndCeiling,
    Proportional,
    Scenario,
    Settlement,
    Transition,
    Undamped,
    settle,
)
from cyps_addin import library
from cyps_addin.cells import is_blank, one_number, one_text, rows_of, text_of
from cyps_addin.declare import Cells
from cyps_addin.error_values import bad_input

CHOICES: Final = ("pot", "floor", "ceiling", "method", "phasing", "area cost", "weight METRIC",
                  "pack", "title")  # fmt: skip
_METHODS: Final = ("official", "proportional", "none")
_TYPED: Final = "Typed in a workbook's cells"


def changed(settlement: Settlement, choices: Cells) -> Settlement:
    """The settlement made anew with the choices of a workbook.

    Parameters
    ----------
    settlement : what the choices change
    choices : two columns, name and value; rows without a name are passed over

    Raises
    ------
    CypsError
        When a choice is unknown, comes twice or cannot be settled.
    """
    told = _told(choices)
    scenario = settlement.scenario
    use = _use(settlement, told)
    pot = int(one_number(told["pot"], "Pot")) if "pot" in told else scenario.pot
    if "pot" in told and one_number(told["pot"], "Pot") != pot:
        raise bad_input("The pot has pence. A pot is in whole pounds.")
    phasing = scenario.transition.phasing
    if "phasing" in told:
        phasing = one_number(told["phasing"], "Phasing")
    words = "; ".join(f"{name} {text_of(value)}" for name, value in told.items() if name != "title")
    return settle(
        replace(
            scenario,
            title=one_text(told.get("title", scenario.title), "Title"),
            pot=pot,
            damping=_rule(scenario, told),
            transition=Transition(phasing, scenario.transition.group),
            area_cost=_area_cost(scenario, told),
            area_cost_metrics=() if "area cost" in told else scenario.area_cost_metrics,
            spend=_spend(scenario, use, told),
            notes=(f"What-if: {_TYPED.lower()}: {words}.", *_own_notes(scenario, told)),
        ),
        use,
    )


def _told(choices: Cells) -> dict[str, Any]:
    rows = rows_of(choices, "Choices")
    if len(rows[0]) != 2:
        raise bad_input("Choices must be two columns: the name of a choice and its value.")
    told: dict[str, Any] = {}
    for name, value in rows:
        if is_blank(name):
            continue
        word = " ".join(text_of(name).split()).casefold()
        if word not in CHOICES and not word.startswith("weight "):
            raise bad_input(f"There is no choice '{word[:40]}'. Choose of {', '.join(CHOICES)}.")
        if word in told:
            raise bad_input(f"The choice '{word[:40]}' comes twice. Give it once.")
        if is_blank(value):
            raise bad_input(f"The choice '{word[:40]}' has no value. Give one or take it out.")
        told[word] = value
    return told


def _use(settlement: Settlement, told: Mapping[str, Any]) -> Use:
    if "pack" not in told:
        return settlement.use
    use = library.pack_of(one_text(told["pack"], "Pack")).predicted_use()
    codes = settlement.scenario.codes
    row = {code: i for i, code in enumerate(use.codes)}
    kept = [row[code] for code in codes if code in row]
    # A pack of all authorities may serve a settlement of some; settle says who is missing.
    return Use(tuple(use.codes[i] for i in kept), use.metrics, use.children[kept], use.basis)


def _spend(scenario: Scenario, use: Use, told: Mapping[str, Any]) -> tuple[ServiceAreaSpend, ...]:
    typed = {name.removeprefix("weight ").upper(): value for name, value in told.items()
             if name.startswith("weight ")}  # fmt: skip
    if not typed:
        return scenario.spend
    if set(typed) != {metric.upper() for metric in use.metrics}:
        raise bad_input(
            f"Weights are typed for {', '.join(sorted(typed))}, but the metrics are "
            f"{', '.join(use.metrics)}. Give a weight for each; they add up to 1."
        )
    weights = {m: one_number(typed[m.upper()], f"Weight of {m}") for m in use.metrics}
    return weights_as_spend(weights, _TYPED.lower())


def _area_cost(scenario: Scenario, told: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    if "area cost" not in told:
        return scenario.area_cost
    if one_text(told["area cost"], "Area cost").casefold() != "none":
        raise bad_input("The choice 'area cost' can only be 'none', which sets every factor to 1.")
    return np.ones(len(scenario.codes))


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a rule of limits for all says, before it is changed."""

    method: Literal["official", "proportional", "none"]
    floor: float | None
    ceiling: float | None


def _rule(scenario: Scenario, told: Mapping[str, Any]) -> DampingRule:
    if not {"floor", "ceiling", "method"} & set(told):
        return scenario.damping
    now = _limits(scenario.damping)
    method = one_text(told.get("method", now.method), "Method").casefold()
    if method not in _METHODS:
        raise bad_input(f"Method is '{method[:40]}'. It is one of {', '.join(_METHODS)}.")
    floor, ceiling = (
        one_number(told[name], name.capitalize()) if name in told else value
        for name, value in (("floor", now.floor), ("ceiling", now.ceiling))
    )
    if method == "none":
        return Undamped()
    if floor is None:
        raise bad_input("This settlement has no floor for all. Give the choice 'floor', too.")
    try:
        if method == "proportional":
            return Proportional(floor=floor, ceiling=ceiling)
        return (
            Floor(floor=floor) if ceiling is None else FloorAndCeiling(floor=floor, ceiling=ceiling)
        )
    except ValidationError:
        raise bad_input(
            "A floor or a ceiling is not a change between -100% and +1000%, such as -5%."
        ) from None


def _limits(rule: DampingRule) -> _Limits:
    match rule:
        case Floor():
            return _Limits("official", rule.floor, None)
        case FloorAndCeiling():
            return _Limits("official", rule.floor, rule.ceiling)
        case Proportional():
            return _Limits("proportional", rule.floor, rule.ceiling)
        case Undamped():
            return _Limits("official", None, None)
    raise bad_input(
        f"This settlement is damped by {rule.words()[:80]}. A workbook's cells can change a floor "
        "and a ceiling for all; change other rules in the scenario file."
    )


def _own_notes(scenario: Scenario, told: Mapping[str, Any]) -> tuple[str, ...]:
    """The notes that stay true: an input that was changed loses the word on its source."""
    gone = {"pot": "Pot", "area cost": "Area cost", "floor": "Damping", "ceiling": "Damping",
            "method": "Damping", "pack": "Use"}  # fmt: skip
    about = tuple(gone[name] for name in told if name in gone)
    about += ("Spend",) if any(name.startswith("weight ") for name in told) else ()
    return tuple(note for note in scenario.notes if not about or not note.startswith(about))
