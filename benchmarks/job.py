"""One measured job in a process of its own: python -m benchmarks.job NAME FOLDER [NUMBER ...].

Prints one line of JSON. CPU seconds and peak memory are the process's own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.growth import glum, lme4, our_dummies, prepare_cells
from benchmarks.large import large, prepare_awkward, prepare_england
from benchmarks.measured import timed
from benchmarks.rows import FORMULA, peer_cells
from cyps.cli.machine import peak_memory_mb

__all__ = [  # run by name
    "glum", "large", "lme4", "our_dummies", "prepare_awkward", "prepare_cells", "prepare_england",
]  # fmt: skip


def prepare(folder: Path) -> dict[str, Any]:
    """Save the rows and cells for the other jobs."""
    from benchmarks.rows import prepare as save

    save(folder)
    return {}


def ours(folder: Path, rows: int, metrics: int = 3, times: int = 1) -> dict[str, Any]:
    """The first metrics from rows: collapse and fit; the first run loads what was compiled."""
    from benchmarks.rows import COLUMNS, load
    from cyps.cells import collapse
    from cyps.model import fit_cells

    areas = pd.read_csv(folder / "areas.csv")
    table = load(folder / "sample.npz", areas, rows, times)
    columns = {**COLUMNS, "events": COLUMNS["events"][:metrics]}
    work = lambda: fit_cells(collapse(table, areas=areas, **columns))  # noqa: E731
    _, first_cpu, first_wall = timed(work, 1)
    fits, cpu, wall = timed(work, 7)
    return {
        "first_cpu": first_cpu[0],
        "first_wall": first_wall[0],
        "cpu": float(np.median(cpu)),
        "wall": float(np.median(wall)),
        "beta": [fit.coefficients.tolist() for fit in fits],
        "se": [fit.bse.tolist() for fit in fits],
        "sigma": [fit.sigma for fit in fits],
        "loglik": [fit.loglik for fit in fits],
        "converged": all(fit.converged for fit in fits),
    }


def _log_choose(trials: NDArray[np.float64], share: NDArray[np.float64]) -> float:
    """The binomial constant of cells, which rows that are children don't have."""
    from scipy.special import gammaln

    events = share * trials
    return float((gammaln(trials + 1) - gammaln(events + 1) - gammaln(trials - events + 1)).sum())


def glmm(folder: Path, metric: int) -> dict[str, Any]:
    """One metric by glmm (Laplace) on ready cells."""
    import glmm as peer

    from benchmarks.rows import METRICS

    table = peer_cells(folder)
    table["authority"] = pd.Categorical(table["authority"])
    trials = table["trials"].to_numpy(dtype=float)
    table["proportion"] = table[METRICS[metric]] / trials
    fit, cpu, wall = timed(
        lambda: peer.fit(
            table, f"proportion ~ {FORMULA} + (1|authority)", "binomial", nagq=1, weights=trials
        ),
        1,
    )
    return {
        "cpu": cpu[0],
        "wall": wall[0],
        "beta": list(map(float, fit.beta)),
        "sigma": float(fit.stddev_corr(0)[0][0]),
        "loglik": float(fit.loglik) - _log_choose(trials, table["proportion"].to_numpy()),
        "converged": bool(fit.converged),
    }


def gpboost(folder: Path, metric: int) -> dict[str, Any]:
    """One metric by gpboost on ready cells, its stopping rule tightened to 1e-10."""
    import gpboost as peer

    from benchmarks.rows import METRICS

    table = peer_cells(folder)
    X = pd.get_dummies(table[FORMULA.split(" + ")], drop_first=True, dtype=float)
    X.insert(0, "Intercept", 1.0)
    trials = table["trials"].to_numpy(dtype=float)
    y = table[METRICS[metric]].to_numpy(dtype=float) / trials
    groups, X = table["authority"].to_numpy(), X.to_numpy()

    def work() -> Any:  # noqa: ANN401
        model = peer.GPModel(
            group_data=groups, likelihood="binomial_logit", weights=trials, num_parallel_threads=1
        )
        model.fit(y=y, X=X, params={"delta_rel_conv": 1e-10, "maxit": 5000})
        return model

    model, cpu, wall = timed(work, 1)
    return {
        "cpu": cpu[0],
        "wall": wall[0],
        "sigma": float(np.sqrt(np.ravel(np.asarray(model.get_cov_pars()))[0])),
        "loglik": -float(model.get_current_neg_log_likelihood()) - _log_choose(trials, y),
    }


def what_if(folder: Path) -> dict[str, Any]:
    """8 million children: a coefficient changed, and weights changed, on ready cells."""
    from dataclasses import replace

    from benchmarks.rows import COLUMNS, METRICS, load
    from cyps.cells import collapse
    from cyps.model import fit_cells, predict_use
    from cyps.needs import Use
    from cyps.settlement import settle
    from cyps.synthetic import illustrative_scenario, synthetic_england

    areas = pd.read_csv(folder / "areas.csv")
    fits = fit_cells(collapse(load(folder / "sample.npz", areas), areas=areas, **COLUMNS))
    national = load(folder / "national.npz", areas)
    work = lambda: collapse(national, areas=areas, **COLUMNS)  # noqa: E731
    cells, _, count_wall = timed(work, 3)
    moved = [replace(fit, coefficients=fit.coefficients * 1.01) for fit in fits]
    predicted, cpu, wall = timed(lambda: predict_use(cells, moved), 9)
    use = Use(cells.groups, METRICS, np.column_stack([p.children for p in predicted]), "benchmark")
    scenario = illustrative_scenario(synthetic_england(200_000, 2_000, 80_000), use)
    _, settle_cpu, _ = timed(lambda: settle(scenario, use), 99)
    return {
        "count_wall": float(np.median(count_wall)),
        "cells": len(cells.cell_count),
        "predict_cpu": float(np.median(cpu)),
        "predict_wall": float(np.median(wall)),
        "settle_cpu": float(np.median(settle_cpu)),
    }


def settlements(_: Path) -> dict[str, Any]:
    """One settlement by us and by peers, many years of many authorities, many draws."""
    from benchmarks.settlements import PEERS, made_up, settle_twenty_years, ten_years

    scenario, use = made_up(153)
    ours_pounds = np.asarray(PEERS["ours"](scenario, use))
    told: dict[str, Any] = {"by": {}}
    for name, settled in PEERS.items():
        pounds, cpu, _ = timed(lambda run=settled: run(scenario, use), 21)
        apart = int(np.abs(np.asarray(pounds) - ours_pounds).max())
        told["by"][name] = {"cpu": float(np.median(cpu)), "apart": apart}
    _, cpu, _ = timed(settle_twenty_years, 5)
    told["twenty_years_cpu"] = float(np.median(cpu))
    _, cpu, _ = timed(ten_years, 3)
    told["ten_years_cpu"] = float(np.median(cpu))
    return told


if __name__ == "__main__":
    job, where, *numbers = sys.argv[1:]
    result = globals()[job](Path(where), *map(int, numbers))
    print(json.dumps({**result, "peak_mb": peak_memory_mb()}))
