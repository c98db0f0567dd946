"""Made-up children, cells and fits of any coefficients: for what predicts, not for what fits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cyps.cells import collapse
from cyps.geography import authorities
from cyps.model import MultilevelFit, make_pack

CODES = tuple(a.code for a in authorities(2025))
CATEGORIES = {
    "sex": ["female", "male"],
    "group": ["most", "some", "few"],
    "urban": ["no", "yes"],
}


def made_children(seed=1, n=400, authorities=3):
    """A row a child: authority, sex, group (child), idaci and urban (area), no events."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"la": np.array(CODES)[np.arange(n) % authorities]})
    for name, categories in CATEGORIES.items():
        mix = rng.dirichlet(np.ones(len(categories)) * 3)
        table[name] = pd.Categorical(rng.choice(categories, n, p=mix), categories)
    table["idaci"] = rng.choice([0.05, 0.2, 0.35, 0.6], n)
    return table


def made_cells(children, metrics=("CIN", "CARE")):
    """Cells of such children; one of them has the event, so that there is one."""
    table = children.assign(**{metric: np.arange(len(children)) == 0 for metric in metrics})
    return collapse(
        table, events=list(metrics), child=["sex", "group"], area=["idaci", "urban"], group="la"
    )


def made_fit(cells, coefficients, metric="CIN"):
    """A fit that says these coefficients, whatever the cells would say."""
    k = len(cells.labels)
    return MultilevelFit(
        metric=metric,
        drivers=cells.drivers,
        labels=cells.labels,
        coefficients=np.array(coefficients, dtype=np.float64),
        covariance=np.eye(k) / 100,
        sigma=0.3,
        loglik=-1.0,
        nagq=1,
        groups=cells.groups,
        group_effect=np.zeros(len(cells.groups)),
        group_sd=np.zeros(len(cells.groups)),
        children=cells.children,
        events=1,
        converged=True,
        verdict="made up",
        fit_log=(),
    )


def packed(fits, cells, **more):
    """A pack of such fits."""
    words = {
        "name": "Made", "status": "illustrative", "statement": "Made up.", "source": "a test",
        "created": "2026-11-21", "year": 2025, "sample_areas": 4,
    }  # fmt: skip
    return make_pack(fits, cells, **(words | more))


def probabilities(table, cells, coefficients):
    """Every child's probability, one by one from the table: no cells, no design of ours."""
    value = dict(zip(cells.labels, coefficients, strict=True))
    eta = np.full(len(table), value["Intercept"])
    for name in CATEGORIES:
        eta += [value.get(f"{name}[{category}]", 0.0) for category in table[name]]
    eta += value["idaci"] * table["idaci"].to_numpy()
    return 1 / (1 + np.exp(-eta))


def by_authority(table, amount):
    """Sum of an amount over the children of each authority, in code order."""
    return np.array([amount[(table["la"] == code).to_numpy()].sum() for code in CODES
                     if (table["la"] == code).any()])  # fmt: skip
