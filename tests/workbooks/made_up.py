"""Made-up settlements from real authority lists and seeded random numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyps.geography import Authority, authorities
from cyps.needs import METRIC_OF_SERVICE_AREA, SERVICE_AREAS, ServiceAreaSpend, Use
from cyps.settlement import Exclusion, Floor, Scenario, Settlement, settle

METRICS = ("CIN", "CARE", "CEASED")


def spend_lines(metrics=METRICS):
    """National spend by service area; service areas go round where metrics differ."""
    amounts = (1.9e9, 3.4e9, 3.1e9, 2.6e9, 0.8e9, 0.9e9, 0.3e9)
    usual = metrics == METRICS
    lines = max(7, len(metrics))
    return tuple(
        ServiceAreaSpend(
            SERVICE_AREAS.get(i + 1, f"Service area {i + 1}"),
            METRIC_OF_SERVICE_AREA[i + 1] if usual else metrics[i % len(metrics)],
            amounts[i % 7],
        )
        for i in range(lines)
    )


def made_up(
    seed=1, *, places: tuple[Authority, ...] | None = None, metrics=METRICS, **changed
) -> Settlement:
    """A settlement of `places` (the 153 by default) with made-up use and baselines."""
    places = authorities(2025) if places is None else places
    rng = np.random.default_rng(seed)
    size = rng.lognormal(0, 0.7, len(places))
    level = np.array([2600.0, 560.0, 200.0, 3100.0, 900.0])
    children = np.column_stack(
        [level[m % 5] * size * rng.lognormal(0, 0.2, len(places)) for m in range(len(metrics))]
    )
    baseline = np.round(75e6 * size * rng.lognormal(0, 0.25, len(places)))
    given = {
        "title": "Made-up England 2025-26",
        "status": "illustrative",
        "statement": "Made-up numbers for trying the workbook; no authority's real figures.",
        "year": 2025,
        "authorities": places,
        "spend": spend_lines(metrics),
        "area_cost": np.round(1 + 0.25 * rng.beta(1.2, 3, len(places)), 4),
        "baseline": baseline,
        "pot": int(baseline.sum() * 1.03),
        "damping": Floor(floor=-0.02),
        "notes": ("Baseline, spend, use and area cost: drawn at random with a fixed seed.",),
    } | changed
    codes = tuple(place.code for place in places)
    return settle(Scenario(**given), Use(codes, metrics, children, "made up with a fixed seed"))


HOSTILE = (
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "=HYPERLINK(\"http://x.invalid\")",
    "http://x.invalid", "Ynys Môn ŵŷ", "A" * 255, "{=1}", "<b>&\"'", "  spaces  ", "1e5",
)  # fmt: skip


def hostile() -> Settlement:
    """A settlement whose every text is one that a careless writer makes a formula or link of."""
    places = tuple(
        Authority(f"E9{i:07d}", f"{i}", name, HOSTILE[-1 - i]) for i, name in enumerate(HOSTILE)
    )
    spend = tuple(replace(line, service_area=HOSTILE[i]) for i, line in enumerate(spend_lines()))
    return made_up(
        places=places, title="=1+1", status="@status", statement="-1+2", spend=spend,
        notes=HOSTILE, exclusions=tuple(Exclusion(name, name, name) for name in HOSTILE),
    )  # fmt: skip
