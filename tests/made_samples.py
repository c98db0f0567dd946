"""Made-up samples drawn from a known truth: which drivers move the event, and which don't."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cyps.cells import collapse

DRIVERS = ("fsm", "noise", "idaci", "nothing", "alcohol", "rural")


def drawn_children(seed=1, authorities=24, areas=8, each=60, alcohol=0.0, planted=0.0):
    """Children of small areas of authorities, and CIN and CARE drawn for them.

    fsm and idaci matter; noise (child), nothing (area) and rural (authority) don't; alcohol
    (authority) does by `alcohol`. `planted` lets authorities' effects go with their idaci.
    """
    rng = np.random.default_rng(seed)
    authority = np.repeat(np.arange(authorities), areas * each)
    area = np.repeat(np.arange(authorities * areas), each)
    level = rng.normal(0.2, 0.06, authorities)
    idaci = np.clip(level.repeat(areas) + rng.normal(0, 0.08, authorities * areas), 0.01, 0.7)
    by_authority = {
        "alcohol": rng.normal(0, 1, authorities),
        "rural": rng.normal(0, 1, authorities),
    }
    nothing = rng.normal(0, 1, authorities * areas)
    n = authority.size
    table = pd.DataFrame(
        {
            "la": np.char.add("LA", np.char.zfill(authority.astype(str), 2)),
            "lsoa": area,
            "fsm": np.where(rng.random(n) < 0.1 + idaci[area], "yes", "no"),
            "noise": np.where(rng.random(n) < 0.5, "b", "a"),
            "idaci": idaci[area],
            "nothing": nothing[area],
            **{name: values[authority] for name, values in by_authority.items()},
        }
    )
    mean = pd.Series(idaci[area]).groupby(authority).mean().to_numpy()
    for metric, intercept in (("CIN", -2.2), ("CARE", -3.0)):
        effect = rng.normal(0, 0.2, authorities) + planted * (mean - mean.mean())
        eta = intercept + 0.9 * (table["fsm"] == "yes") + 3 * table["idaci"] + effect[authority]
        eta += alcohol * table["alcohol"]
        table[metric] = rng.random(n) < 1 / (1 + np.exp(-eta))
    return table


def drawn_cells(table, metrics=("CIN", "CARE"), drivers=DRIVERS):
    """Cells with all drivers of such children, or some."""
    return collapse(
        table,
        events=list(metrics),
        child=[name for name in ("fsm", "noise") if name in drivers],
        area=[name for name in ("idaci", "nothing") if name in drivers],
        authority=[name for name in ("alcohol", "rural") if name in drivers],
        group="la",
        area_key="lsoa",
    )
