"""The study of few authorities: what is committed, and on the page, is what its script gives."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.few_authorities import FIRST, REPLICATES, SIZES, TABLE, judged, summarised

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("authorities", [8, 30])
def test_the_first_replicates_are_those_committed(authorities):
    stored = pd.read_csv(FIRST).query("authorities == @authorities and replicate == 1")
    again = pd.DataFrame(judged(authorities, 1))
    keys = ["quantity", "interval", "held"]
    assert stored[keys].to_numpy().tolist() == again[keys].to_numpy().tolist()
    for name in ("error", "low", "high"):
        np.testing.assert_allclose(again[name], stored[name], rtol=1e-5, atol=1e-7)


def test_the_committed_table_is_whole_and_its_errors_are_those_of_its_replicates():
    table = pd.read_csv(TABLE)
    assert set(table["authorities"]) == set(SIZES)
    assert (table["replicates"] == REPLICATES).all()
    held = table["coverage"] * (1 - table["coverage"]) / (REPLICATES - table["no_interval"])
    np.testing.assert_allclose(table["mc_error"], np.sqrt(held), rtol=1e-4)


def test_a_summary_by_hand():
    row = {"authorities": 8, "quantity": "q", "interval": "i"}
    rows = [row | {"error": e, "held": h} for e, h in ((0.1, 1.0), (-0.1, 0.0), (0.3, np.nan))]
    (got,) = summarised(pd.DataFrame(rows)).to_dict("records")
    assert (got["replicates"], got["no_interval"], got["coverage"]) == (3, 1, 0.5)
    assert got["bias"] == pytest.approx(0.1)
    assert got["mc_error"] == pytest.approx(np.sqrt(0.125))


def test_the_page_has_the_tables_figures():
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    table = pd.read_csv(TABLE).set_index(["authorities", "quantity", "interval"])
    kinds = ("Wald", "Wald, t", "profile", "profile, t")
    driver = [("driver", kind) for kind in (*kinds, "cluster", "cluster, t")]
    others = [("sigma", kind) for kind in kinds]
    others += [("fsm[yes]", kind) for kind in ("Wald", "cluster", "cluster, t")]
    for authorities in SIZES:
        for columns, off in ((driver, ""), (others, "sigma")):
            shown = [f"{100 * table.loc[(authorities, *each), 'coverage']:.1f}" for each in columns]
            if off:
                shown.append(f"{table.loc[(authorities, 'sigma', 'profile'), 'bias']:+.3f}")
            assert f"| {authorities} | {' | '.join(shown)} |" in page


def test_student_s_t_brings_intervals_nearer_to_what_they_say():
    """The figures that the page rests on: with fewer than 30 authorities, wherever t is taken."""
    table = pd.read_csv(TABLE).query("authorities < 30")
    short = table.set_index(["authorities", "quantity", "interval"])["coverage"] - 0.95
    for quantity, kind in (("driver", "Wald"), ("driver", "profile"), ("sigma", "profile")):
        for authorities in (8, 12, 20):
            before, after = (short[authorities, quantity, each] for each in (kind, f"{kind}, t"))
            assert abs(after) < abs(before)
