"""Make synthetic_cells.csv: 2,400 cells with trials and events, for the lme4 oracles.

Run: uv run python tests/reference/synthetic_cells.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def make() -> pd.DataFrame:
    """Cells of 40 authorities x 5 areas x sex x age (3) x fsm, with a common and a rare event."""
    rng = np.random.default_rng(7)
    la, area, sex, age, fsm = (
        axis.ravel()
        for axis in np.meshgrid(range(40), range(5), range(2), range(3), range(2), indexing="ij")
    )
    idaci = rng.beta(2, 8, (40, 5)).round(3)[la, area]
    trials = rng.poisson(np.where(fsm == 1, 8, 30))
    common = -2.5 + 0.1 * sex + 0.15 * age + 0.9 * fsm + 2.0 * idaci + rng.normal(0, 0.35, 40)[la]
    rare = -5.2 + 0.2 * sex + 0.1 * age + 1.1 * fsm + 2.5 * idaci + rng.normal(0, 0.45, 40)[la]
    return pd.DataFrame(
        {
            "la": [f"LA{number:02d}" for number in la],
            "sex": np.array(["female", "male"])[sex],
            "age": np.array(["06-09", "10-13", "14-17"])[age],
            "fsm": np.array(["no", "yes"])[fsm],
            "idaci": idaci,
            "trials": trials,
            "common": rng.binomial(trials, 1 / (1 + np.exp(-common))),
            "rare": rng.binomial(trials, 1 / (1 + np.exp(-rare))),
        }
    )


if __name__ == "__main__":
    make().to_csv(HERE / "synthetic_cells.csv", index=False, lineterminator="\n")
