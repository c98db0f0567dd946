"""The rows and cells that every job of a run is given, kept as plain arrays on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cyps.cells import Cells, collapse
from cyps.synthetic import AREA_DRIVERS, CHILD_DRIVERS, synthetic_england

METRICS = ("CIN", "CARE", "CEASED")
COLUMNS: dict[str, Any] = {
    "events": METRICS,
    "child": list(CHILD_DRIVERS),
    "area": list(AREA_DRIVERS),
    "group": "authority",
    "area_key": "area",
}
FORMULA = "sex + age + ethnicity + fsm + idaci + limited_activities + low_qualifications"
FORMULA += " + overcrowded + density"


def prepare(folder: Path) -> None:
    """Draw synthetic England and save all children, the sample, areas and the peers' cells."""
    england = synthetic_england()
    england.areas.to_csv(folder / "areas.csv", index=False)
    _save(england.children, folder / "national.npz")
    sample = england.modelling_sample()
    # In random order, so that the first n rows are a sample of every area.
    order = np.random.default_rng(0).permutation(len(sample))
    _save(sample.iloc[order], folder / "sample.npz")
    peer_table(collapse(sample, areas=england.areas, **COLUMNS), sample, england.areas).to_csv(
        folder / "cells.csv", index=False
    )


def _save(children: pd.DataFrame, path: Path) -> None:
    arrays = {name: children[name].cat.codes.to_numpy() for name in [*CHILD_DRIVERS, "area"]}
    np.savez(path, **arrays, **{metric: children[metric].to_numpy() for metric in METRICS})


def load(path: Path, areas: pd.DataFrame, rows: int | None = None, times: int = 1) -> pd.DataFrame:
    """The first rows of a saved table, each repeated `times` times."""
    with np.load(path) as saved:
        arrays = {name: np.repeat(saved[name][:rows], times) for name in saved.files}
    columns: dict[str, Any] = {
        name: pd.Categorical.from_codes(arrays[name], list(categories))
        for name, categories in CHILD_DRIVERS.items()
    }
    columns["area"] = pd.Categorical.from_codes(arrays["area"], areas["area"])
    columns |= {metric: arrays[metric] for metric in METRICS}
    return pd.DataFrame(columns, copy=False)


def peer_table(cells: Cells, sample: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """One row a cell, as a person would hand it to other software."""
    by = [*CHILD_DRIVERS, "area"]
    table = (
        sample.groupby(by, observed=True)[list(METRICS)]
        .sum()
        .assign(trials=sample.groupby(by, observed=True).size())
        .reset_index()
        .merge(areas, on="area")
    )
    if len(table) != len(cells.cell_count):
        raise AssertionError("the peers' cells are not ours")
    return table


def peer_cells(folder: Path) -> pd.DataFrame:
    """Ready cells, categories in their order."""
    table = pd.read_csv(folder / "cells.csv")
    for name, categories in CHILD_DRIVERS.items():
        table[name] = pd.Categorical(table[name], list(categories))
    return table
