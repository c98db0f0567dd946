"""Three levels in little: made-up rows, and their likelihood by sums unlike ours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cyps.cells import collapse

LEVELS = {"group": "la", "area_key": "lsoa"}


def few_rows(sigma=0.8, tau=0.7, seed=6):
    """Cells of 7 authorities x 4 small areas x fsm, some 30 and 10 children each."""
    rng = np.random.default_rng(seed)
    la, place, fsm = (axis.ravel() for axis in np.indices((7, 4, 2)))
    u, v = rng.normal(0, sigma, 7)[la], rng.normal(0, tau, (7, 4))[la, place]
    n = rng.poisson(np.where(fsm == 1, 10, 30)) + 1
    y = rng.binomial(n, 1 / (1 + np.exp(1.0 - 0.8 * fsm - u - v)))
    return pd.DataFrame(
        {"la": la, "lsoa": [f"{a}-{b}" for a, b in zip(la, place, strict=True)],
         "fsm": np.array(["no", "yes"])[fsm], "n": n, "y": y}
    )  # fmt: skip


def few_cells(table):
    return collapse(table, events="y", trials="n", child=["fsm"], **LEVELS)


def integrated(table, at):
    """Log-likelihood of (intercept, fsm, log sigma, log tau) by sums over two dense grids."""
    z = np.linspace(-7, 7, 71)
    log_weight = -z * z / 2 - np.log(2 * np.pi) / 2 + np.log(z[1] - z[0])
    shifts = np.exp(at[2]) * z[:, None] + np.exp(at[3]) * z
    total = 0.0
    for _, group in table.groupby("la"):
        of_group = log_weight.copy()
        for _, place in group.groupby("lsoa"):
            log = np.zeros_like(shifts) + log_weight
            for fsm, n, y in zip(place["fsm"] == "yes", place["n"], place["y"], strict=True):
                eta = at[0] + at[1] * fsm + shifts
                log += y * eta - n * np.log1p(np.exp(eta))
            top = log.max()
            of_group += top + np.log(np.exp(log - top).sum(axis=1))
        top = of_group.max()
        total += top + np.log(np.exp(of_group - top).sum())
    return total
