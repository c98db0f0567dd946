"""Student's t: degrees of freedom of nlme (stored), intervals by scipy's quantiles."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from cyps.cells import collapse
from cyps.errors import CypsError
from cyps.model import fit_cells, fit_dummies, fit_plain, fit_three_levels

ORACLE = json.loads((Path(__file__).parent / "nlme_degrees.json").read_text())
JOINT = [("a", "b"), ("x", "a")]


def rows():
    """The design of make_nlme_degrees.R, with events."""
    la, place, child = (axis.ravel() + 1 for axis in np.indices((9, 3, 6)))
    d = pd.DataFrame({"la": la, "place": place, "child": child}).query("la != 9 or place != 3")
    d["lsoa"] = d["la"].astype(str) + "-" + d["place"].astype(str)
    d["x"] = d["child"] % 2
    d["z"] = d["la"] * d["place"] % 5 + d["place"] / 10
    d["a"], d["b"] = d["la"] ** 2, d["la"] * 3 % 7
    rng = np.random.default_rng(5)
    effect = rng.normal(0, 1, 10)[d["la"]] + rng.normal(0, 1, 40)[d["la"] * 4 + d["place"]]
    d["y"] = rng.random(len(d)) < 1 / (1 + np.exp(-effect))
    return d


def counted(interactions):
    return collapse(
        rows(), events="y", child=["x"], area=["z"], authority=["a", "b"], group="la",
        area_key="lsoa", interactions=interactions,
    )  # fmt: skip


@pytest.fixture(scope="module")
def fits():
    return {
        "two": fit_cells(counted(JOINT))[0],
        "three": fit_three_levels(counted([*JOINT, ("z", "a")]))[0],
    }


@pytest.mark.parametrize("levels", ["two", "three"])
def test_degrees_of_freedom_are_nlmes(fits, levels):
    df = fits[levels].degrees_of_freedom
    assert df.drop("Intercept").to_dict() == ORACLE[levels]
    # nlme gives the intercept the children's; we take it for the authorities'.
    assert df["Intercept"] == df["a"] == 5


def test_intervals_and_probabilities_are_students(fits):
    fit = fits["two"]
    table, df = fit.coefficient_table(0.1, quantiles="t"), fit.degrees_of_freedom
    half = student.ppf(0.95, df) * fit.bse
    np.testing.assert_allclose(table["lower"], fit.params - half, rtol=1e-9)
    np.testing.assert_allclose(fit.conf_int(0.1, quantiles="t")[1], fit.params + half, rtol=1e-9)
    np.testing.assert_allclose(table["p"], 2 * student.sf(fit.zvalues.abs(), df), rtol=1e-9)
    ratios = fit.odds_ratios(0.1, quantiles="t")
    assert ratios.loc["a", 0] == pytest.approx(np.exp(fit.params["a"] - half["a"]), rel=1e-9)
    normal = fit.coefficient_table()
    assert list(normal.columns) == ["coefficient", "std_error", "z", "p", "lower", "upper"]
    assert normal["lower"].tolist() == fit.wald_interval()[0].tolist()


@pytest.mark.parametrize("levels", ["two", "three"])
def test_profiles_and_deviations_reach_as_far(levels):
    """With t as with the normal quantile of the same size."""
    cells = counted([])
    (fit,) = fit_cells(cells) if levels == "two" else fit_three_levels(cells)
    for label in ("x", "a"):
        as_far = 2 * norm.sf(student.ppf(0.975, fit.degrees_of_freedom[label]))
        np.testing.assert_allclose(
            fit.conf_int(method="profile", labels=label, quantiles="t"),
            fit.conf_int(as_far, method="profile", labels=label), rtol=1e-4, atol=1e-6,
        )  # fmt: skip
    # 9 authorities less the intercept and 2 drivers; 26 small areas less 9 and 1 driver.
    left = {"sigma": 6, "icc": 6, "median_odds_ratio": 6}
    if levels == "three":
        left |= {"area_sigma": 16, "area_icc": 6, "area_median_odds_ratio": 16}
    for method in ("wald", "profile"):
        ours = fit.heterogeneity(method=method, quantiles="t")
        assert set(ours.index) == set(left)
        for name, df in left.items():
            as_far = 2 * norm.sf(student.ppf(0.975, df))
            expected = fit.heterogeneity(as_far, method).loc[name]
            np.testing.assert_allclose(ours.loc[name], expected, rtol=1e-4)


def test_other_errors_and_estimators_rest_on_what_they_rest_on():
    cells = counted([])
    robust = fit_cells(cells, cov_type="cluster")[0]
    assert set(robust.degrees_of_freedom) == {6}
    plain, cluster = fit_plain(cells)[0], fit_plain(cells, cov_type="cluster")[0]
    assert set(plain.degrees_of_freedom) == {156 - 5}
    assert set(cluster.degrees_of_freedom) == {6}
    (dummies,) = fit_dummies(cells.without_drivers(["a", "b"]))
    assert set(dummies.degrees_of_freedom) == {156 - 8 - 3}


def test_refusals(fits):
    fit = fits["two"]
    for ask in (fit.conf_int, fit.heterogeneity, fit.summary, fit.coefficient_table):
        with pytest.raises(CypsError, match=r"quantiles is 'students'\. It is 'normal' or 't'"):
            ask(quantiles="students")
    few = replace(fit, groups=fit.groups[:4])
    for ask in (few.conf_int, few.summary, few.heterogeneity):
        with pytest.raises(CypsError, match="4 groups leave no degrees of freedom"):
            ask(quantiles="t")


def test_a_summary_says_by_which_quantiles(fits):
    told = fits["three"].summary(quantiles="t")
    assert max(map(len, told.splitlines())) <= 79
    assert "Quantiles:                 Student's t" in told
    assert re.search(r"Degrees of freedom: +5, 128, 15\n", told)
    assert "P>|t|" in told
    assert "Only 9 groups: with fewer than 30, sigma comes out too low." in told
    assert "quantiles='t'" not in told
    assert "Longer ones: quantiles='t'." in " ".join(fits["three"].summary().split())
