"""Where no variation between groups is left: against lme4, whose script is beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cyps.model import fit_multilevel

HERE = Path(__file__).parent
STORED = json.loads((HERE / "lme4_boundary.json").read_text())


@pytest.mark.parametrize("case", [name for name in STORED if name != "made_with"])
def test_sigma_is_0_where_lme4_says_so(case):
    name, nodes = case.rsplit("_", 1)
    cells = pd.read_csv(HERE / "boundary_cells.csv")
    cells = cells[cells["table"] == name]
    fit = fit_multilevel(
        cells, events="events", trials="trials", child=["fsm"], group="la", nagq=int(nodes)
    )
    theirs = STORED[case]
    assert fit.converged
    assert (fit.sigma == 0) == (theirs["sigma"] == 0)
    assert fit.sigma == pytest.approx(theirs["sigma"], abs=1e-5)
    np.testing.assert_allclose(fit.coefficients, theirs["beta"], atol=1e-5)
    np.testing.assert_allclose(fit.bse, theirs["se"], rtol=1e-4)
    if nodes == "1":  # lme4 leaves constants out with more nodes
        assert fit.loglik == pytest.approx(theirs["loglik"], abs=1e-6)
