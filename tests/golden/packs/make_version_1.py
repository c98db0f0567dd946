"""Made the packs of format version 1 here, with the code of the last release that wrote it.

Kept to show what is in them. It cannot run with later code, which writes a
later version: run it at commit d695147 to make the same content hashes again.

    uv run python tests/golden/packs/make_version_1.py
"""

import json
from pathlib import Path

import numpy as np

from cyps.cells import collapse
from cyps.geography import authorities
from cyps.model import fit_cells, make_pack
from cyps.pack import MetricModel, Pack, PackDriver, UseTable, write_pack
from cyps.synthetic import AREA_DRIVERS, CHILD_DRIVERS, synthetic_england

HERE = Path(__file__).parent


def by_hand():
    """Three authorities of 2025, two metrics, numbers that a person can check."""
    drivers = (
        PackDriver("sex", "child", ("female", "male")),
        PackDriver("age", "child", ("6-7", "8-9", "10-11")),
        PackDriver("idaci", "area"),
    )
    rng = np.random.default_rng(1)
    root = rng.normal(0, 0.1, (2, 5, 5))
    models = tuple(
        MetricModel(metric, np.array(b), root[m] @ root[m].T, sigma, loglik, events, "converged")
        for m, (metric, b, sigma, loglik, events) in enumerate(
            [
                ("CIN", [-3.5, 0.1, 0.2, 0.3, 2.5], 0.31, -1234.5678901234567, 812),
                ("CARE", [-5.25, 0.05, -0.125, 1 / 3, 3.75], 0.4, -456.7, 96),
            ]
        )
    )
    who = [a for a in authorities(2025) if a.code in {"E06000001", "E08000025", "E10000016"}]
    use = UseTable(
        codes=tuple(a.code for a in who),
        names=tuple(a.name for a in who),
        children=np.array([[310.1, 41.7], [4021.25, 600.125], [2999.999999999999, 512.3]]),
        gradient=rng.normal(100, 20, (2, 3, 5)),
        smallest_count=10,
        suppressed=0,
    )
    return Pack(
        "By hand", "illustrative", "Typed by hand; says nothing of any authority.", "a script",
        "2026-11-20", 2025, drivers, models, use, 20_000, 3, 40, 1,
    )  # fmt: skip


def fitted():
    """A fit on a synthetic England of 120,000 children: all 153 authorities."""
    england = synthetic_england(120_000, 1_500, 60_000, seed=4)
    columns = {
        "events": ["CIN", "REF"],
        "child": ["sex", "fsm"],
        "area": list(AREA_DRIVERS)[:2],
        "group": "authority",
        "areas": england.areas,
        "area_key": "area",
    }
    assert {"sex", "fsm"} <= set(CHILD_DRIVERS), list(CHILD_DRIVERS)
    fits = fit_cells(collapse(england.modelling_sample(), **columns))
    return make_pack(
        fits, collapse(england.children, **columns), name="Fitted", status="illustrative",
        statement="SYNTHETIC. Says nothing of any authority.", source="a script, seed 4",
        created="2026-11-20", year=2025, sample_areas=600,
    )  # fmt: skip


def numbers(pack, identity):
    """Every number of a pack, as JSON reads back to the same doubles."""
    return {
        "content_hash": identity,
        "labels": list(pack.labels),
        "metrics": {
            m.metric: {
                "coefficients": m.coefficients.tolist(),
                "covariance": m.covariance.tolist(),
                "sigma": m.sigma, "loglik": m.loglik, "events": m.events, "verdict": m.verdict,
            }
            for m in pack.models
        },
        "codes": list(pack.use.codes),
        "children": pack.use.children.tolist(),
        "gradient_sums": pack.use.gradient.sum(axis=1).tolist(),
        "suppressed": pack.use.suppressed,
        "sample": [pack.sample_children, pack.sample_authorities, pack.sample_areas, pack.nagq],
    }  # fmt: skip


if __name__ == "__main__":
    for name, pack in (("v1-by-hand", by_hand()), ("v1-fitted", fitted())):
        identity = write_pack(pack, HERE / f"{name}.cyps.zip")
        told = json.dumps(numbers(pack, identity), indent=1) + "\n"
        (HERE / f"{name}.json").write_text(told, encoding="utf-8")
