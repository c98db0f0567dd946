"""Made the pack of format version 4 here: interactions, an authority's driver, three levels.

Running it again makes the same content hash: do that only to prove it, into another folder.
What is here stays as it is.

    uv run python tests/golden/packs/make_version_4.py FOLDER
"""

import json
import sys
from pathlib import Path

import numpy as np

from cyps.geography import authorities
from cyps.pack import Driver, Interaction, MetricModel, NeutralisedUse, Pack, UseTable, write_pack

FSM = Driver("fsm", "child", ("no", "yes"))
GROUP = Driver("ethnic group", "child", ("most", "some", "few"))
IDACI = Driver("idaci", "area")
ALCOHOL = Driver("alcohol", "authority")
SEX = Driver("sex", "child", ("female", "male"))
TERMS = (
    FSM, GROUP, SEX, Interaction((FSM, GROUP)), IDACI, ALCOHOL, Interaction((FSM, IDACI)),
    Interaction((IDACI, ALCOHOL)),
)  # fmt: skip
WHO = [a for a in authorities(2025) if a.code in {"E06000001", "E06000053", "E08000025"}]
WORDS = ("Says nothing of any authority.", "a script", "2026-11-21", 2025)


def joint():
    rng = np.random.default_rng(4)
    k = 1 + sum(len(term.labels) for term in TERMS)
    children = np.array([[310.1, 41.7], [12.25, 1 / 3], [4021.25, 600.125]])
    hidden = np.zeros((2, 3, k), dtype=bool)
    hidden[:, 1, 5:7] = True
    gradient = np.where(hidden, 0.0, rng.normal(100, 20, (2, 3, k)))
    models = []
    for metric, sigma, area_sigma in (("CIN", 0.31, 0.2), ("CARE", 0.4, None)):
        root = rng.normal(0, 0.1, (k, k))
        b = np.concatenate([[-3.5], rng.normal(0, 0.5, k - 1)])
        models.append(
            MetricModel(
                metric, b, root @ root.T, sigma, -1 / 3, 812, "converged", area_sigma=area_sigma
            )
        )
    names = (tuple(a.code for a in WHO), tuple(a.name for a in WHO), ("CIN", "CARE"))
    use = UseTable(
        *names, children, gradient=gradient, smallest_count=10, suppressed=4, hidden=hidden
    )
    means = rng.uniform(0, 1, k)
    means[0], means[5] = 1.0, np.nan
    return Pack(
        "Joint", "illustrative", *WORDS, TERMS, tuple(models), use, 20_000, 3, 40, 1,
        neutralised=(NeutralisedUse((("sex", "average"),), UseTable(*names, children * 0.97)),),
        driver_means=means,
    )  # fmt: skip


def listed(array):
    return None if array is None else array.tolist()


def numbers(pack, identity):
    """Every number of a pack, as JSON reads back to the same doubles; null is not a number."""
    means = None
    if pack.driver_means is not None:
        means = [None if mean != mean else mean for mean in pack.driver_means.tolist()]
    return {
        "content_hash": identity,
        "kind": pack.kind,
        "labels": list(pack.labels),
        "metrics": {
            m.metric: {
                "coefficients": m.coefficients.tolist(),
                "covariance": listed(m.covariance),
                "standard_errors": listed(m.standard_errors),
                "sigma": m.sigma, "area_sigma": m.area_sigma, "loglik": m.loglik,
                "events": m.events, "verdict": m.verdict,
            }
            for m in pack.models
        },
        "codes": list(pack.use.codes),
        "children": pack.use.children.tolist(),
        "measure": pack.use.measure,
        "gradient": listed(pack.use.gradient),
        "suppressed": pack.use.suppressed,
        "hidden": listed(pack.use.hidden),
        "driver_means": means,
        "neutralised": [
            {
                "drivers": [list(pair) for pair in one.drivers],
                "codes": list(one.use.codes),
                "children": one.use.children.tolist(),
            }
            for one in pack.neutralised
        ],
        "sample": [pack.sample_children, pack.sample_authorities, pack.sample_areas, pack.nagq],
    }  # fmt: skip


if __name__ == "__main__":
    pack = joint()
    identity = write_pack(pack, Path(sys.argv[1]) / "v4-joint.cyps.zip")
    told = json.dumps(numbers(pack, identity), indent=1) + "\n"
    (Path(sys.argv[1]) / "v4-joint.json").write_text(told, encoding="utf-8")
