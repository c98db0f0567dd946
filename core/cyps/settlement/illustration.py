"""A made-up England, the same on every machine, to try a workbook with."""

from __future__ import annotations

import numpy as np

from cyps.geography import LAST_YEAR, authorities
from cyps.needs import METRIC_OF_SERVICE_AREA, SERVICE_AREAS, ServiceAreaSpend, Use
from cyps.settlement.rules import Floor
from cyps.settlement.scenario import Scenario
from cyps.settlement.settle import Settlement, settle

STATEMENT = "Every number is made up, to try the workbook with. It says nothing of any authority."
_METRICS = ("CIN", "CARE", "CEASED")
_CHILDREN = (2600.0, 560.0, 200.0)
_SPEND = (1.9e9, 3.4e9, 3.1e9, 2.6e9, 0.8e9, 0.9e9, 0.3e9)
"""Pounds by service area, 1 to 7."""


def illustration() -> Settlement:
    """Everybody of the latest authority list, with numbers that anybody sees are made up.

    Use, baselines and area cost follow from an authority's place in the list by plain
    arithmetic, so that the numbers do not hang on a random generator.

    Examples
    --------
    >>> made = illustration()
    >>> len(made.pounds), int(made.pounds.sum()), made.scenario.status
    (153, 11500000000, 'illustrative')
    """
    places = authorities(LAST_YEAR)
    place = np.arange(len(places))
    size = 0.4 + (37 * place % 101) / 60
    children = np.column_stack(
        [
            np.round(level * size * (0.85 + (step * place % 31) / 100), 1)
            for level, step in zip(_CHILDREN, (7, 11, 17), strict=True)
        ]
    )
    baseline = np.round(60e6 * size * (0.9 + (13 * place % 41) / 200), -3)
    scenario = Scenario(
        title="Illustration",
        status="illustrative",
        statement=STATEMENT,
        year=LAST_YEAR,
        authorities=places,
        spend=tuple(
            ServiceAreaSpend(SERVICE_AREAS[area], METRIC_OF_SERVICE_AREA[area], pounds)
            for area, pounds in enumerate(_SPEND, start=1)
        ),
        area_cost=np.round(1 + (19 * place % 23) / 100, 4),
        baseline=baseline,
        pot=11_500_000_000,
        damping=Floor(floor=-0.05),
        notes=("Use, spend, baseline, area cost and pot: made up by plain arithmetic.",),
    )
    codes = tuple(authority.code for authority in places)
    return settle(scenario, Use(codes, _METRICS, children, "made up by plain arithmetic"))
