"""Made the packs of format version 3 here: neutralised use, means, marked gradients.

`neutral` has everything that version 3 brought; `unmarked` is what a pack of an earlier
version becomes when it is written anew. Kept to show what is in them: later code writes a
later version. At commit 213424d it makes the same content hashes: do that only to prove it,
into another folder. What is here stays as it is.

    uv run python tests/golden/packs/make_version_3.py FOLDER
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from cyps.geography import authorities
from cyps.pack import Driver, MetricModel, NeutralisedUse, Pack, UseTable, write_pack

DRIVERS = (
    Driver("ethnic group", "child", ("most", "some", "few")),
    Driver("idaci", "area"),
)
WHO = [a for a in authorities(2025) if a.code in {"E06000001", "E06000053", "E08000025"}]
WORDS = ("Says nothing of any authority.", "a script", "2026-11-21", 2025)


def table(children, who, **more):
    return UseTable(
        tuple(a.code for a in who), tuple(a.name for a in who), ("CIN", "CARE"), children, **more
    )


def neutral():
    rng = np.random.default_rng(3)
    root = rng.normal(0, 0.1, (2, 4, 4))
    children = np.array([[310.1, 41.7], [12.25, 1 / 3], [4021.25, 600.125]])
    hidden = np.zeros((2, 3, 4), dtype=bool)
    hidden[:, 1, [1, 2]] = True
    gradient = np.where(hidden, 0.0, rng.normal(100, 20, (2, 3, 4)))
    gradient[:, 0, 2] = 0.0  # nobody there: a true 0
    models = tuple(
        MetricModel(metric, np.array(b), root[m] @ root[m].T, sigma, -1 / 3, 812, "converged")
        for m, (metric, b, sigma) in enumerate(
            [("CIN", [-3.5, 0.1, -0.2, 2.5], 0.31), ("CARE", [-5.25, 1 / 3, 0.7, 3.75], 0.4)]
        )
    )
    use = table(children, WHO, gradient=gradient, smallest_count=10, suppressed=4, hidden=hidden)
    kept = [WHO[0], WHO[2]]
    tables = (
        NeutralisedUse((("ethnic group", "reference"),), table(children[[0, 2]] * 0.97, kept)),
        NeutralisedUse((("idaci", "own average"),), table(children * 1.01, WHO)),
        NeutralisedUse(
            (("ethnic group", "average"), ("idaci", "average")), table(children[[0, 2]] / 3, kept)
        ),
    )
    return Pack(
        "Neutral", "illustrative", *WORDS, DRIVERS, models, use, 20_000, 3, 40, 1,
        neutralised=tables, driver_means=np.array([1.0, 1 / 7, np.nan, 0.1875]),
    )  # fmt: skip


def unmarked():
    pack = neutral()
    use = replace(pack.use, hidden=None)
    return replace(pack, name="Unmarked", use=use, neutralised=(), driver_means=None)


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
                "sigma": m.sigma, "loglik": m.loglik, "events": m.events, "verdict": m.verdict,
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
    folder = Path(sys.argv[1])
    for name, pack in {"neutral": neutral(), "unmarked": unmarked()}.items():
        identity = write_pack(pack, folder / f"v3-{name}.cyps.zip")
        told = json.dumps(numbers(pack, identity), indent=1) + "\n"
        (folder / f"v3-{name}.json").write_text(told, encoding="utf-8")
