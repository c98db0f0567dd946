"""The simulation study: what is committed is what its script gives."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cyps.cells import collapse
from cyps.model import fit_cells

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.simulation import FIRST, KEPT, REPLICATES, SIZES, SUMMARY, run, summarised


@pytest.mark.parametrize("size", [SIZES[0], SIZES[5]], ids=lambda size: size.name)
def test_the_first_replicates_are_those_committed(size):
    stored = pd.read_csv(FIRST).query("size == @size.name and replicate == 0")
    again = run([size], [0])
    keys = ["quantity", "interval", "nodes", "held"]
    assert stored[keys].to_numpy().tolist() == again[keys].to_numpy().tolist()
    assert again["estimate"].to_numpy() == pytest.approx(stored["estimate"].to_numpy(), rel=1e-5)


def test_the_committed_summary_is_whole_and_its_errors_are_those_of_its_replicates():
    summary = pd.read_csv(SUMMARY)
    assert set(summary["size"]) == {size.name for size in SIZES}
    assert (summary["replicates"] == REPLICATES).all()
    held = summary[summary["quantity"] == "idaci"]
    by_hand = np.sqrt(
        held["coverage"] * (1 - held["coverage"]) / (REPLICATES - held["no_interval"])
    )
    assert held["coverage_mc_error"].to_numpy() == pytest.approx(by_hand, rel=0.01)
    assert pd.read_csv(FIRST)["replicate"].max() == KEPT - 1


def test_a_summary_by_hand():
    row = {"size": "s", "nodes": 1, "quantity": "q", "interval": "i", "estimate": 1.0}
    rows = [row | {"replicate": i, "error": e, "held": h}
            for i, (e, h) in enumerate([(0.1, 1.0), (-0.1, 0.0), (0.3, np.nan)])]  # fmt: skip
    none = {"size": "s", "nodes": 1, "quantity": "fit", "interval": "", "replicate": 3}
    (got,) = summarised(pd.DataFrame([*rows, none]), 4).to_dict("records")
    assert (got["no_fit"], got["no_interval"], got["coverage"]) == (1, 1, 0.5)
    assert got["bias"] == pytest.approx(0.1)
    assert got["bias_mc_error"] == pytest.approx(0.2 / np.sqrt(3))


def test_a_profile_upper_end_of_a_sigma_that_vanished():
    """Found by the study: the search for it once leapt to where no climb ends."""
    y = np.tile([1, 2, 3], 10)  # less different than chance alone would make them
    table = pd.DataFrame({"la": np.arange(30).astype(str), "n": 500, "y": y})
    (fit,) = fit_cells(collapse(table, events="y", trials="n", child=[], group="la"))
    assert fit.sigma == 0
    _, low, high = fit.heterogeneity(method="profile").loc["sigma"]
    assert low == 0
    assert 0.1 < high < 1
