"""A pack typed by hand, with the names and levels that give formulas trouble."""

from __future__ import annotations

import numpy as np

from cyps.geography import authorities
from cyps.pack import Driver, MetricModel, Pack, UseTable

DRIVERS = (
    Driver("fsm", "child", ("no", "yes")),
    Driver("age", "child", ("0-1", "2-5", "6-9", "1e5")),
    Driver("=1+1", "child", ("*", "?", "=SUM(A1)", "<>", "1")),
    Driver("idaci", "area"),
    Driver("density", "area"),
)
METRICS = ("CIN", "CARE", "CEASED")


def made_up_pack(*, covariance=True, drivers=DRIVERS, **changed) -> Pack:
    """Coefficients drawn with a fixed seed; density has no mean."""
    rng = np.random.default_rng(11)
    k = 1 + sum(len(driver.labels) for driver in drivers)
    models = []
    for m, metric in enumerate(METRICS):
        coefficients = np.concatenate([[-3.0 - m], rng.normal(0, 0.8, k - 1)])
        spread = rng.normal(0, 0.05, (k, k))
        models.append(
            MetricModel(
                metric, coefficients, spread @ spread.T if covariance else None, 0.31 + m / 10,
                -1234.5, 4321 + m, "converged", None,
            )
        )  # fmt: skip
    places = authorities(2025)
    use = UseTable(
        tuple(a.code for a in places), tuple(a.name for a in places), METRICS,
        rng.uniform(50, 500, (len(places), len(METRICS))),
    )  # fmt: skip
    means = rng.uniform(0, 1, k)
    means[-1] = np.nan
    given = {
        "name": "Made-up pack", "status": "illustrative", "statement": "Drawn at random.",
        "source": "a fixed seed", "created": "2025-01-31", "year": 2025,
        "sample_children": 250_000, "sample_authorities": 20, "sample_areas": 4_000, "nagq": 7,
    }  # fmt: skip
    return Pack(
        **given | changed, drivers=drivers, models=tuple(models), use=use, driver_means=means
    )
