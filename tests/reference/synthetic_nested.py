"""Make synthetic_nested.csv: cells in small areas in authorities, for the three-level oracles.

Run: uv run python tests/reference/synthetic_nested.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def make() -> pd.DataFrame:
    """Cells of 24 authorities x 8 areas x sex x fsm, with a common and a rare event."""
    rng = np.random.default_rng(11)
    la, area, sex, fsm = (
        axis.ravel() for axis in np.meshgrid(range(24), range(8), range(2), range(2), indexing="ij")
    )
    idaci = rng.beta(2, 8, (24, 8)).round(3)[la, area]
    trials = rng.poisson(np.where(fsm == 1, 10, 40))
    by_la, by_area = rng.normal(0, 0.35, 24)[la], rng.normal(0, 0.45, (24, 8))[la, area]
    common = -2.2 + 0.1 * sex + 0.9 * fsm + 2.0 * idaci + by_la + by_area
    rare = -4.8 + 0.2 * sex + 1.1 * fsm + 2.5 * idaci + 1.2 * by_la + 1.2 * by_area
    return pd.DataFrame(
        {
            "la": [f"LA{number:02d}" for number in la],
            "lsoa": [f"LA{a:02d}-{b}" for a, b in zip(la, area, strict=True)],
            "sex": np.array(["female", "male"])[sex],
            "fsm": np.array(["no", "yes"])[fsm],
            "idaci": idaci,
            "trials": trials,
            "common": rng.binomial(trials, 1 / (1 + np.exp(-common))),
            "rare": rng.binomial(trials, 1 / (1 + np.exp(-rare))),
        }
    )


if __name__ == "__main__":
    make().to_csv(HERE / "synthetic_nested.csv", index=False, lineterminator="\n")
