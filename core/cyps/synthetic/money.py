"""Money for synthetic England: illustrative spend, area cost, baseline and pot."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cyps.geography import authorities
from cyps.needs import METRIC_OF_SERVICE_AREA, SERVICE_AREAS, ServiceAreaSpend, Use
from cyps.settlement import Floor, Scenario, whole_pounds
from cyps.synthetic.england import STATEMENT, SyntheticEngland

POT: Final = 8_000_000_000
FLOOR: Final = -0.05

# Pounds by service area, made up at about the size of life (England's outturn of
# 2024-25 was some 8.4bn for looked-after children and 5.6bn for the rest).
_SPEND: Final = {
    1: 1_900_000_000,
    2: 3_400_000_000,
    3: 3_600_000_000,
    4: 2_400_000_000,
    5: 700_000_000,
    6: 900_000_000,
    7: 300_000_000,
}

_AREA_COST: Final = {"Inner London": 1.16, "Outer London": 1.09, "South East": 1.03}
_BASELINE: Final = 7_700_000_000


def illustrative_scenario(england: SyntheticEngland, use: Use, seed: int = 2020) -> Scenario:
    """A settlement for synthetic England with made-up spend, area cost and baseline.

    The baseline is what an older, rougher formula might have given: the shares of
    use, moved by the authorities' own practice and by chance.

    Parameters
    ----------
    england : whose authority effects move the baseline
    use : predicted use, one row for each authority of the year 2025
    """
    rng = np.random.default_rng(seed)
    places = authorities(2025)
    factors = [_AREA_COST.get(a.region, 1.0) * np.exp(rng.normal(0, 0.01)) for a in places]
    area_cost = np.round(factors, 6)
    return Scenario(
        title="Synthetic England: a demonstration",
        status="illustrative",
        statement=STATEMENT,
        year=2025,
        authorities=places,
        spend=tuple(
            ServiceAreaSpend(SERVICE_AREAS[area], METRIC_OF_SERVICE_AREA[area], float(pounds))
            for area, pounds in _SPEND.items()
        ),
        area_cost=area_cost,
        baseline=_baseline(rng, england, use, area_cost),
        pot=POT,
        damping=Floor(floor=FLOOR),
        notes=(
            "Predicted use: from coefficients fitted to synthetic children, with every "
            "authority's own effect set to 0.",
            "Spend by service area: made up at about the size of the 2024-25 outturn.",
            "Area cost factors: made up, higher in London and the South East.",
            "Baseline: made up, as an older and rougher formula might have shared £7.7bn.",
            "Children under 6 and over 17 are in no age band of the model, so their use is not "
            "predicted: shares rest on ages 6 to 17 alone.",
        ),
    )


def _baseline(
    rng: np.random.Generator,
    england: SyntheticEngland,
    use: Use,
    area_cost: NDArray[np.float64],
) -> NDArray[np.float64]:
    practice = england.authority_effect.loc[list(use.codes), "CIN"].to_numpy()
    moved = np.exp(0.1 * practice + rng.normal(0, 0.06, len(use.codes)))
    share = use.children.sum(axis=1) * area_cost**0.8 * moved
    return whole_pounds(share / share.sum() * _BASELINE, _BASELINE, use.codes).astype(np.float64)
