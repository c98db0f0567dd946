"""Made-up scenarios of any size, rule and metrics, for what explains them."""

from __future__ import annotations

import numpy as np

from cyps.geography import authorities
from cyps.needs import ServiceAreaSpend, Use
from cyps.settlement import (
    Band,
    Bands,
    Floor,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
    Protection,
    Scenario,
    Transition,
    Undamped,
    settle,
)

METRICS = ("CIN", "CARE", "CEASED")
EVERYONE = authorities(2025)


def named(codes, *names):
    """Every code with one of the names in turn."""
    return {code: names[i % len(names)] for i, code in enumerate(codes)}


def rules(codes):
    """One of each damping rule, mild enough for most pots."""
    tiers = named(codes, "cash", "real", "most")
    return {
        "none": Undamped(),
        "floor": Floor(floor=-0.05),
        "floor and ceiling": FloorAndCeiling(floor=-0.05, ceiling=0.4),
        "proportional": Proportional(floor=-0.05),
        "bands": Bands(
            bands={"a": Band(floor=-0.03), "b": Band(floor=-0.1, ceiling=0.9)},
            member=named(codes, "a", "b"),
        ),
        "protection": Protection(
            tiers={"cash": 0.97, "real": 0.98, "most": 0.9}, member=tiers, payer="group"
        ),
        "outside": Protection(
            tiers={"cash": 1.0, "real": 1.02, "most": 0.95}, member=tiers, payer="outside"
        ),
        "pace": PaceOfChange(least=-0.15, most=3.0, furthest_below=-0.5),
    }


def made(seed=1, n=12, rule=None, metrics=METRICS, transition=None, **given):
    """A settlement of the first n authorities, from a seed; anything may be given."""
    rng = np.random.default_rng(seed)
    places = EVERYONE[:n]
    codes = tuple(place.code for place in places)
    size = rng.uniform(0.5, 2.0, n)
    children = 1000 * size[:, None] * rng.uniform(0.8, 1.25, (n, len(metrics)))
    baseline = np.round(1e6 * size * rng.uniform(0.85, 1.15, n), 2)
    values = {
        "children": children,
        "spend": rng.uniform(1e8, 5e8, len(metrics)).tolist(),
        "area_cost": rng.uniform(0.95, 1.2, n),
        "baseline": baseline,
        "pot": round(baseline.sum() * rng.uniform(1.0, 1.1)),
    } | given
    scenario = Scenario(
        title=f"Made {seed}",
        status="illustrative",
        statement="Made up.",
        year=2025,
        authorities=places,
        spend=tuple(
            ServiceAreaSpend(f"services of {metric}", metric, pounds)
            for metric, pounds in zip(metrics, values["spend"], strict=True)
        ),
        area_cost=values["area_cost"],
        baseline=values["baseline"],
        pot=values["pot"],
        damping=rule or Floor(floor=-0.05),
        transition=transition or Transition(),
    )
    return settle(scenario, Use(codes, tuple(metrics), values["children"], "made up"))


def like(settlement, **changes):
    """A settlement's ingredients for `made`, some of them changed."""
    scenario = settlement.scenario
    return {
        "n": len(scenario.codes),
        "metrics": settlement.use.metrics,
        "children": settlement.use.children,
        "spend": [line.pounds for line in scenario.spend],
        "area_cost": scenario.area_cost,
        "baseline": scenario.baseline,
        "pot": scenario.pot,
        "rule": scenario.damping,
        "transition": scenario.transition,
    } | changes
