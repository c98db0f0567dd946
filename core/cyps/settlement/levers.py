"""Levers: the few things of a scenario that a meeting moves; what is left alone stays as it was."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from cyps.errors import CypsError
from cyps.needs import ServiceAreaSpend, cost_weights
from cyps.settlement.rules import (
    Band,
    Bands,
    DampingRule,
    Floor,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
    Protection,
    Undamped,
)
from cyps.settlement.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Levers:
    """What is moved; None is as in the scenario.

    Attributes
    ----------
    pot : whole pounds
    floor : least change against the baseline (pace of change: least growth). Where there are
        several, bands or protected parts, by how much all are moved: 0.01 is a percentage point
    ceiling : most change against the baseline (pace of change: most growth); of bands, by how
        much every ceiling that there is is moved
    phasing : part of the way from baseline to target, in [0, 1]
    metric, weight : cost weight, in [0, 1], of one metric; the others keep their ratios
    area_cost : strength of area cost, in [0, 1]: the distance of every factor from the average
        of all factors is multiplied by it; 0 is off
    """

    pot: int | None = None
    floor: float | None = None
    ceiling: float | None = None
    phasing: float | None = None
    metric: str = ""
    weight: float | None = None
    area_cost: float | None = None


def with_levers(scenario: Scenario, metrics: tuple[str, ...], levers: Levers) -> Scenario:
    """The scenario with some of its levers moved.

    Parameters
    ----------
    scenario : what is moved
    metrics : the metrics of the use it is settled with
    levers : what is moved, and how far

    Raises
    ------
    CypsError
        When a lever has a value that it cannot take, or does not apply to the scenario.

    Examples
    --------
    >>> from cyps.settlement import settle
    >>> from cyps.settlement.example import example
    >>> one = example()
    >>> moved = with_levers(one.scenario, one.use.metrics, Levers(pot=200))
    >>> settle(moved, one.use).pounds.sum()
    np.int64(200)
    """
    return replace(
        scenario,
        pot=scenario.pot if levers.pot is None else levers.pot,
        damping=_moved_rule(scenario.damping, levers.floor, levers.ceiling),
        transition=replace(
            scenario.transition, phasing=_phasing(scenario, levers.phasing)
        ),
        spend=_moved_weights(scenario, metrics, levers),
        area_cost=_moved_area_cost(scenario.area_cost, levers.area_cost),
    )  # fmt: skip


def _phasing(scenario: Scenario, moved: float | None) -> float | None:
    if moved is None:
        return scenario.transition.phasing
    if isinstance(scenario.damping, PaceOfChange):
        raise CypsError("Pace of change is a transition itself: phasing does not apply to it.")
    _part(moved, "Phasing")
    return None if moved == 1 else moved


def _part(value: float, what: str) -> None:
    if not 0 <= value <= 1:
        raise CypsError(f"{what} is {value:.4g}. It lies between 0% and 100%.")


def _moved_rule(rule: DampingRule, floor: float | None, ceiling: float | None) -> DampingRule:
    try:
        match rule:
            case Bands():
                return _moved_bands(rule, floor or 0.0, ceiling)
            case Protection():
                if ceiling is not None:
                    raise CypsError("Protection has no ceiling: that lever does not apply.")
                tiers = {name: part + (floor or 0.0) for name, part in rule.tiers.items()}
                return Protection(tiers=tiers, member=rule.member, payer=rule.payer)
            case PaceOfChange():
                return PaceOfChange(
                    least=rule.least if floor is None else floor,
                    most=rule.most if ceiling is None else ceiling,
                    furthest_below=rule.furthest_below,
                )
            case Proportional():
                return Proportional(
                    floor=rule.floor if floor is None else floor,
                    ceiling=rule.ceiling if ceiling is None else ceiling,
                )
        return _plain_rule(
            getattr(rule, "floor", None) if floor is None else floor,
            getattr(rule, "ceiling", None) if ceiling is None else ceiling,
        )
    except ValidationError:
        raise CypsError(
            "The rule cannot be moved so far. A floor or ceiling lies between -100% and 1000%, a "
            "floor not above its ceiling, a protected part between 0% and 1000%."
        ) from None


def _plain_rule(floor: float | None, ceiling: float | None) -> DampingRule:
    """No damping, a floor, or a floor and a ceiling: whatever there is."""
    if ceiling is not None:
        return FloorAndCeiling(floor=-1.0 if floor is None else floor, ceiling=ceiling)
    return Undamped() if floor is None else Floor(floor=floor)


def _moved_bands(rule: Bands, floor: float, ceiling: float | None) -> Bands:
    if ceiling is not None and all(band.ceiling is None for band in rule.bands.values()):
        raise CypsError("No band has a ceiling: that lever does not apply.")
    moved = {
        name: Band(
            floor=band.floor + floor,
            ceiling=None if band.ceiling is None else band.ceiling + (ceiling or 0.0),
        )
        for name, band in rule.bands.items()
    }
    return Bands(bands=moved, member=rule.member)


def _moved_weights(
    scenario: Scenario, metrics: tuple[str, ...], levers: Levers
) -> tuple[ServiceAreaSpend, ...]:
    if levers.weight is None:
        return scenario.spend
    _part(levers.weight, "A cost weight")
    if levers.metric not in metrics:
        raise CypsError(f"There is no metric '{levers.metric}' here: {', '.join(metrics)}.")
    before = dict(zip(metrics, cost_weights(scenario.spend, metrics).tolist(), strict=True))
    own = before[levers.metric]
    if levers.weight == own:
        return scenario.spend
    if own == 1:
        raise CypsError(f"{levers.metric} has all of the weight, and no other metric to give to.")
    rest = (1 - levers.weight) / (1 - own)
    moved = {m: levers.weight if m == levers.metric else w * rest for m, w in before.items()}
    return tuple(
        ServiceAreaSpend(f"What-if weight of {metric}", metric, weight)
        for metric, weight in moved.items()
    )


def _moved_area_cost(factors: NDArray[np.float64], strength: float | None) -> NDArray[np.float64]:
    if strength is None or strength == 1:
        return factors
    _part(strength, "The strength of area cost")
    average = float(factors.mean())
    return np.asarray(average + strength * (factors - average))
