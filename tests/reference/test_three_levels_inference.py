"""Profile intervals and the verdict of three levels: lme4 (stored), brute force, two levels."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from cyps.cells import collapse
from cyps.model import fit_cells, fit_three_levels
from cyps.model.nested_standing import stand_nested
from made_nested import LEVELS, few_cells, few_rows, integrated

HERE = Path(__file__).parent
ORACLES = json.loads((HERE / "lme4_nested_profile.json").read_text())
FALLEN = 3.841458820694124  # the 95% quantile of chi-square, one degree of freedom


@pytest.fixture(scope="module")
def fits():
    table = pd.read_csv(HERE / "synthetic_nested.csv")
    cells = collapse(
        table, events=["common", "rare"], trials="trials", child=["sex", "fsm"], area=["idaci"],
        **LEVELS,
    )  # fmt: skip
    return dict(zip(cells.metrics, fit_three_levels(cells), strict=True))


# The rare event's likelihood is lme4's to 2e-7, the common one's to 2e-4.
@pytest.mark.parametrize(("event", "close"), [("common", 1.5e-3), ("rare", 1e-4)])
def test_profile_intervals_are_lme4s(fits, event, close):
    fit, oracle = fits[event], ORACLES[event]
    sigmas = fit.heterogeneity(method="profile")
    for name in ("sigma", "area_sigma"):
        np.testing.assert_allclose(sigmas.loc[name, [0, 1]].astype(float), oracle[name], atol=close)
    labels = ["fsm[yes]", "idaci"]
    ours = fit.conf_int(method="profile", labels=labels)
    np.testing.assert_allclose(ours, [oracle[label] for label in labels], atol=close)
    # They are no Wald intervals.
    assert np.abs(ours - fit.conf_int(labels=labels)).to_numpy().max() > 5e-3


@pytest.mark.parametrize("name", ["fsm[yes]", "sigma", "area_sigma"])
def test_profile_ends_are_where_the_integral_has_fallen(name):
    """Refitted with the parameter held at an end, by sums that share nothing with ours."""
    table = few_rows()
    (fit,) = fit_three_levels(few_cells(table), nagq=15)
    if name == "fsm[yes]":
        place, ends = 1, fit.conf_int(method="profile", labels=name).loc[name]
    else:
        place = {"sigma": 2, "area_sigma": 3}[name]
        ends = np.log(fit.heterogeneity(method="profile").loc[name, [0, 1]].astype(float))
    estimate = np.append(fit.coefficients, np.log([fit.sigma, fit.area_sigma]))
    top = integrated(table, estimate)

    for end in ends:

        def fallen(free, end=end):
            return 2 * (top - integrated(table, np.insert(free, place, end)))

        start = np.delete(estimate, place)
        found = minimize(fallen, start, method="BFGS", options={"gtol": 1e-2})
        assert found.fun == pytest.approx(FALLEN, abs=2e-3)


CHILD = np.pi**2 / 3


@pytest.mark.parametrize("name", ["icc", "area_icc"])
def test_a_correlations_profile_ends_are_where_the_integral_has_fallen(name):
    """The same with the correlation held, tau (or the groups' part of the sum) left to move."""
    table = few_rows()
    (fit,) = fit_three_levels(few_cells(table), nagq=15)
    top = integrated(table, np.append(fit.coefficients, np.log([fit.sigma, fit.area_sigma])))

    def logs(correlation, left):
        odds = correlation / (1 - correlation)
        if name == "icc":
            return np.log(odds * (np.exp(2 * left) + CHILD)) / 2, left
        groups = 1 / (1 + np.exp(-left))
        return np.log(odds * CHILD * np.array([groups, 1 - groups])) / 2

    start = [*fit.coefficients, np.log(fit.area_sigma) if name == "icc" else 0.5]
    for end in fit.heterogeneity(method="profile").loc[name, [0, 1]]:

        def fallen(at, end=end):
            return 2 * (top - integrated(table, [at[0], at[1], *logs(end, at[2])]))

        found = minimize(fallen, start, method="BFGS", options={"gtol": 1e-2})
        assert found.fun == pytest.approx(FALLEN, abs=2e-3)


def test_correlations_and_median_odds_ratios_are_what_they_are_called(fits):
    """Of drawn effects; Wald's ends by the delta method with numeric slopes on the logit."""
    fit = fits["common"]
    table = fit.heterogeneity()
    rng = np.random.default_rng(3)
    u = rng.normal(0, fit.sigma, (2, 400_000))
    v = rng.normal(0, fit.area_sigma, (2, 400_000))
    latent = u + v + rng.logistic(size=u.shape)
    alike = u[0] + v[0] + rng.logistic(size=u.shape[1])  # another child of the small area
    beside = u[0] + v[1] + rng.logistic(size=u.shape[1])  # of another one in the group
    assert np.corrcoef(latent[0], alike)[0, 1] == pytest.approx(fit.area_icc, abs=0.006)
    assert np.corrcoef(latent[0], beside)[0, 1] == pytest.approx(fit.icc, abs=0.006)
    for ratio, drawn in (
        (fit.median_odds_ratio, u), (fit.area_median_odds_ratio, v)
    ):  # fmt: skip
        assert np.median(np.exp(np.abs(drawn[0] - drawn[1]))) == pytest.approx(ratio, rel=0.005)

    stands = stand_nested(fit)
    covariance = np.linalg.inv(stands.information)[-2:, -2:]

    def logits(log_sigma, log_tau):
        u, v = np.exp(2 * log_sigma), np.exp(2 * log_tau)
        return np.array([np.log(u / (v + CHILD)), np.log((u + v) / CHILD)])

    s, t = stands.at[-2:]
    slopes = (
        np.column_stack(
            [logits(s + 1e-5, t) - logits(s - 1e-5, t), logits(s, t + 1e-5) - logits(s, t - 1e-5)]
        )
        / 2e-5
    )
    reach = 1.959963984540054 * np.sqrt(np.diag(slopes @ covariance @ slopes.T))
    for name, middle, half in zip(("icc", "area_icc"), logits(s, t), reach, strict=True):
        expected = 1 / (1 + np.exp(-(middle + np.array([0, -half, half]))))
        np.testing.assert_allclose(table.loc[name], expected, rtol=1e-5)
        assert table.loc[name, "estimate"] == pytest.approx(getattr(fit, name), rel=1e-12)


@pytest.mark.parametrize("name", ["idaci", "sigma", "area_sigma"])
def test_profile_ends_are_where_laplaces_likelihood_has_fallen(fits, name):
    """By a general optimiser on the same likelihood: that ours found the others' maximum."""
    fit = fits["rare"]
    stands = stand_nested(fit)
    T = stands.nested.problem.to_own_scale
    if name == "idaci":
        place, ends = fit.labels.index(name), fit.conf_int(method="profile", labels=name).loc[name]
    else:
        place = len(fit.labels) + ["sigma", "area_sigma"].index(name)
        ends = np.log(fit.heterogeneity(method="profile").loc[name, [0, 1]].astype(float))
    own = np.append(fit.coefficients, stands.at[-2:])
    spread = np.delete(np.append(fit.bse, [0.1, 0.1]), place)

    for end in ends:

        def fallen(steps, end=end):
            at = np.insert(np.delete(own, place) + steps * spread, place, end)
            there = np.append(np.linalg.solve(T, at[:-2]), at[-2:])
            return 2 * (stands.here.loglik - stands.likelihood(there, stands.here.effect).loglik)

        found = minimize(fallen, np.zeros(spread.size), method="BFGS", options={"gtol": 1e-3})
        assert found.fun == pytest.approx(FALLEN, abs=1e-4)


def alike_rows():
    rows = []
    for la, events in enumerate([3, 9, 5, 12, 7, 4]):
        for lsoa in range(4):
            rows.append({"la": la, "lsoa": f"{la}-{lsoa}", "fsm": "no", "n": 60, "y": events})
            rows.append({"la": la, "lsoa": f"{la}-{lsoa}", "fsm": "yes", "n": 20, "y": events // 2})
    return pd.DataFrame(rows)


def test_small_areas_exactly_alike_have_the_two_levels_intervals():
    """However the rest is held, small areas that are alike have no deviation to add."""
    cells = few_cells(alike_rows())
    (three,), (two,) = fit_three_levels(cells), fit_cells(cells)
    ours, theirs = three.heterogeneity(method="profile"), two.heterogeneity(method="profile")
    assert ours.loc["area_sigma", 0] == 0
    assert 0.05 < ours.loc["area_sigma", 1] < 1
    assert np.isnan(three.heterogeneity().loc["area_sigma", 1])
    for name in ("sigma", "icc", "median_odds_ratio"):
        np.testing.assert_allclose(
            ours.loc[name].astype(float), theirs.loc[name].astype(float), rtol=1e-5
        )
    wald = three.heterogeneity()
    assert wald.loc["area_icc"].tolist() == pytest.approx(wald.loc["icc"].tolist(), rel=1e-9)
    np.testing.assert_allclose(
        three.conf_int(method="profile"), two.conf_int(method="profile"), atol=1e-5
    )
    assert three.convergence().passed


def test_authorities_exactly_alike_have_an_interval_from_zero():
    table = alike_rows().query("la < 4")
    table["y"] = table.groupby(["la", "fsm"])["y"].transform("first")
    by_area = np.resize([2, 4, 7, 11], len(table) // 2)
    table.loc[table["fsm"] == "no", "y"] = by_area
    table.loc[table["fsm"] == "yes", "y"] = by_area // 2
    (fit,) = fit_three_levels(few_cells(table))
    assert fit.sigma == 0
    assert fit.area_sigma > 0.2
    intervals = fit.heterogeneity(method="profile")
    assert intervals.loc["sigma", 0] == 0
    assert 0.1 < intervals.loc["sigma", 1] < 1.5
    assert 0 < intervals.loc["area_sigma", 0] < fit.area_sigma < intervals.loc["area_sigma", 1]
    assert fit.icc == intervals.loc["icc", 0] == 0 < intervals.loc["icc", 1] < 0.4
    assert 0 < intervals.loc["area_icc", 0] < fit.area_icc < intervals.loc["area_icc", 1]
    assert fit.heterogeneity().loc["icc", [0, 1]].isna().all()
    assert fit.convergence().passed


@pytest.mark.parametrize("nagq", [1, 7])
def test_convergence_is_looked_at_three_ways(nagq):
    (fit,) = fit_three_levels(few_cells(few_rows()), nagq=nagq)
    check = fit.convergence()
    assert check.passed
    assert check.gradient < 1e-4
    assert check.flattest > 0
    assert check.second_start < 1e-4
    assert abs(check.second_loglik) < 1e-7
    moved = fit.coefficients.copy()
    moved[1] += 0.1 * fit.bse["fsm[yes]"]
    for wrong in (replace(fit, coefficients=moved), replace(fit, area_sigma=1.2 * fit.area_sigma)):
        check = wrong.convergence()
        assert not check.passed
        assert "the gradient is still worth" in check.words
        assert "a second search ended" in check.words
