"""Bacteria and respiratory, and profile intervals, against lme4 (stored) and glmm (live)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cyps.model import fit_formula, fit_multilevel

ORACLES = json.loads((Path(__file__).parent / "lme4_inference.json").read_text())


def _bacteria(folder):
    table = pd.read_csv(folder / "MASS_bacteria.csv")
    table["present"] = table["y"] == "y"
    table["late"] = np.where(table["week"] > 2, "yes", "no")
    return table


def _respiratory(folder):
    table = pd.read_csv(folder / "HSAUR_respiratory.csv")
    before = table.query("month == 0").set_index("subject")["status"]
    table = table.query("month > 0").assign(baseline=lambda t: t["subject"].map(before))
    table["good"] = table["status"] == "good"
    return table


CASES = {
    "bacteria": (_bacteria, "present ~ C(trt, ref='placebo') + late + (1|ID)"),
    "respiratory": (
        _respiratory,
        "good ~ C(centre) + C(treatment) + sex + baseline + age + (1|subject)",
    ),
}


def fitted(case, shared_data, nodes):
    read, formula = CASES[case]
    return fit_formula(formula, read(shared_data / "08_benchmarks"), nagq=nodes)


def in_order_of(oracle, fit):
    """lme4 orders coefficients as its formula; here child drivers come before areas'."""
    label = [name.replace("TRUE", "") for name in oracle["label"]]
    ours = {name.replace("[", "").replace("]", ""): name for name in fit.labels}
    return [ours["Intercept" if name == "(Intercept)" else name] for name in label]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("nodes", [1, 7, 15])
def test_small_samples_are_lme4s(case, nodes, shared_data):
    fit, oracle = fitted(case, shared_data, nodes), ORACLES[f"{case}_{nodes}"]
    assert fit.converged
    ours = fit.params[in_order_of(oracle, fit)]
    (sigma,) = oracle["sigma"].values()
    if nodes == 1:
        assert fit.loglik >= oracle["loglik"] - 1e-6
        assert fit.loglik == pytest.approx(oracle["loglik"], abs=1e-4)
        np.testing.assert_array_less(np.abs(ours - oracle["beta"]) / oracle["se"], 2e-3)
        assert fit.sigma == pytest.approx(sigma, rel=2e-4)
    else:
        np.testing.assert_allclose(ours, oracle["beta"], atol=2e-5)
        assert fit.sigma == pytest.approx(sigma, abs=2e-5)


def test_profile_intervals_are_lme4s(shared_data):
    """By quadrature with 7 nodes, where lme4's likelihood and ours are the same."""
    text = dict.fromkeys(["herd", "period"], str)
    table = pd.read_csv(shared_data / "08_benchmarks" / "lme4_cbpp.csv", dtype=text)
    fit = fit_multilevel(
        table, events="incidence", trials="size", child=["period"], group="herd", nagq=7
    )
    sigma, *coefficients = ([*ends.values()] for ends in ORACLES["cbpp_7"]["profile"])
    # lme4 reads its ends off a spline through the profile.
    np.testing.assert_allclose(fit.conf_int(method="profile"), coefficients, atol=1e-3)
    ours = fit.heterogeneity(method="profile").loc["sigma", [0, 1]]
    np.testing.assert_allclose(ours.astype(float), sigma, atol=1e-3)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("nodes", [1, 7])
def test_small_samples_are_glmms(case, nodes, shared_data):
    glmm = pytest.importorskip("glmm", reason="pip install glmm==0.6.2 (in the dev group)")
    read, formula = CASES[case]
    table = read(shared_data / "08_benchmarks").reset_index(drop=True)
    events, right = (side.strip() for side in formula.split("~"))
    table["y"] = table[events].astype(float)
    for name in ("trt", "late", "ID", "centre", "treatment", "sex", "baseline", "subject"):
        if name in table:
            table[name] = pd.Categorical(table[name])
    if case == "bacteria":
        table["trt"] = table["trt"].cat.reorder_categories(["placebo", "drug", "drug+"])
    right = right.replace("C(trt, ref='placebo')", "trt").replace("C(centre)", "centre")
    peer = glmm.fit(
        table, f"y ~ {right.replace('C(treatment)', 'treatment')}", "binomial", nagq=nodes
    )
    assert peer.converged
    fit = fit_formula(formula, read(shared_data / "08_benchmarks"), nagq=nodes)
    order = in_order_of(ORACLES[f"{case}_{nodes}"], fit)
    off = np.abs(fit.params[order].to_numpy() - np.asarray(peer.beta)) / fit.bse[order]
    np.testing.assert_array_less(off, 1e-4)
    assert fit.sigma == pytest.approx(peer.stddev_corr(0)[0][0], rel=1e-5)
