"""Made the packs of format version 2 here: complete, imported without covariance, use only.

The key that signed two of them was thrown away; trust.toml holds its public half.
Kept to show what is in them: later code writes a later version. At commit ecb2acb it
makes the same content hashes (the signatures have another key and day): do that only to
prove it, into another folder. What is here stays as it is.

    uv run python tests/golden/packs/make_version_2.py FOLDER
"""

import json
import sys
from pathlib import Path

import numpy as np

from cyps.geography import authorities
from cyps.pack import Driver, MetricModel, Pack, UseTable, write_pack
from cyps.pack.signing import new_key, sign_pack

DRIVERS = (
    Driver("sex", "child", ("female", "male")),
    Driver("idaci", "area"),
)
WHO = [a for a in authorities(2024) if a.code in {"E06000001", "E08000025", "E10000016"}]
WORDS = ("Says nothing of any authority.", "a script", "2026-11-21", 2024)


def use(gradient=None, *, shares=False):
    children = np.array([[310.1, 41.7], [4021.25, 600.125], [2999.999999999999, 512.3]])
    return UseTable(
        codes=tuple(a.code for a in WHO),
        names=tuple(a.name for a in WHO),
        metrics=("CIN", "CARE"),
        children=children / children.sum(axis=0) if shares else children,
        gradient=gradient,
        smallest_count=0 if gradient is None else 12,
        suppressed=0 if gradient is None else 1,
        measure="share" if shares else "children",
    )


def complete():
    rng = np.random.default_rng(2)
    root = rng.normal(0, 0.1, (2, 3, 3))
    gradient = rng.normal(100, 20, (2, 3, 3))
    gradient[0, 1, 2] = 0
    models = tuple(
        MetricModel(metric, np.array(b), root[m] @ root[m].T, sigma, -1 / 3, 812, "converged")
        for m, (metric, b, sigma) in enumerate(
            [("CIN", [-3.5, 0.1, 2.5], 0.31), ("CARE", [-5.25, 1 / 3, 3.75], 0.4)]
        )
    )
    return Pack(
        "Complete", "illustrative", *WORDS, DRIVERS, models, use(gradient), 20_000, 3, 40, 7
    )


def imported():
    models = (
        MetricModel(
            "CIN", np.array([-3.5, 0.1, 2.5]), None, 0.31, None, None, "imported",
            np.array([0.1, 0.02, 0.3]),
        ),
        MetricModel(
            "CARE", np.array([-5.25, 1 / 3, 3.75]), None, None, None, None, "imported",
            np.array([0.2, 1 / 7, 0.0]),
        ),
    )  # fmt: skip
    return Pack("Imported", "published", *WORDS, DRIVERS, models, use())


def without_errors():
    models = tuple(
        MetricModel(metric, np.array([-4.0, 0.5, 2.0]), None, 0.2, None, None, "imported")
        for metric in ("CIN", "CARE")
    )
    return Pack("Without errors", "assumed", *WORDS, DRIVERS, models, use())


def shares():
    return Pack("Shares", "assumed", *WORDS, (), (), use(shares=True))


def listed(array):
    return None if array is None else array.tolist()


def numbers(pack, identity):
    """Every number of a pack, as JSON reads back to the same doubles."""
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
        "sample": [pack.sample_children, pack.sample_authorities, pack.sample_areas, pack.nagq],
    }  # fmt: skip


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    key_file = folder / "key.pem"
    key = new_key(key_file)
    packs = {"complete": complete(), "imported": imported(), "shares": shares()}
    for name, pack in {**packs, "without-errors": without_errors()}.items():
        path = folder / f"v2-{name}.cyps.zip"
        identity = write_pack(pack, path)
        if name in {"complete", "shares"}:
            sign_pack(path, key_file, "Corpus")
        told = json.dumps(numbers(pack, identity), indent=1) + "\n"
        (folder / f"v2-{name}.json").write_text(told, encoding="utf-8")
    key_file.unlink()
    trust = f'[signers."Corpus"]\npublic_key = "{key.public_key}"\nyears = [2024]\n'
    (folder / "trust.toml").write_text(trust, encoding="utf-8")
