"""A settlement small enough to check by head, for examples and trials."""

from __future__ import annotations

import numpy as np

from cyps.geography import authorities
from cyps.needs import ServiceAreaSpend, Use
from cyps.settlement.rules import Floor
from cyps.settlement.scenario import Scenario
from cyps.settlement.settle import Settlement, settle


def example() -> Settlement:
    """Hartlepool and Derby share £100: 60 and 40, from 50 and 50, with a floor of -20%.

    Examples
    --------
    >>> example().pounds.tolist()
    [60, 40]
    """
    two = tuple(place for place in authorities(2025) if place.name in {"Hartlepool", "Derby"})
    scenario = Scenario(
        title="Two",
        status="illustrative",
        statement="Made up.",
        year=2025,
        authorities=two,
        spend=(ServiceAreaSpend("All services", "CIN", 1.0),),
        area_cost=np.ones(2),
        baseline=np.array([50.0, 50.0]),
        pot=100,
        damping=Floor(floor=-0.2),
    )
    return settle(scenario, Use(scenario.codes, ("CIN",), np.array([[30.0], [20.0]]), "made up"))
