"""Choosing and updating by three levels: sums over dense grids, and fits made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import chi2

from cyps.cells import collapse
from cyps.choosing import (
    choose_drivers,
    hold_out,
    mundlak_test,
    recalibrate,
    switch_driver,
    update,
)
from cyps.errors import CypsError
from cyps.model import fit_three_levels, predict_use
from made_nested import few_cells, few_rows, integrated
from made_samples import drawn_cells, drawn_children

WEIGHTS = {"CIN": 0.6, "CARE": 0.4}
THREE = {"estimator": "three levels"}


@pytest.fixture(scope="module")
def table():
    return drawn_children(alcohol=0.5, authorities=16, areas=6, each=100)


@pytest.fixture(scope="module")
def cells(table):
    return drawn_cells(table)


def at_of(fit):
    with np.errstate(divide="ignore"):  # one may have vanished
        return np.append(fit.coefficients, np.log([fit.sigma, fit.area_sigma]))


def test_a_recalibrated_intercept_is_the_maximum_of_the_integral():
    (fit,) = fit_three_levels(few_cells(few_rows()), nagq=15)
    new = few_rows(seed=9).query("la != 3 and (la != 4 or lsoa == '4-0')")
    new["y"] = new["y"] // 2
    again = recalibrate(fit, few_cells(new))
    at = at_of(fit)

    def lower(intercept):
        return -integrated(new, [intercept, *at[1:]])

    best = minimize_scalar(lower, bounds=(-4, 1), method="bounded", options={"xatol": 1e-7})
    assert again.after == pytest.approx(best.x, abs=2e-4)
    assert abs(again.after - fit.params["Intercept"]) > 0.3
    constant = few_cells(new).log_choose[0]
    assert again.fit.loglik - constant == pytest.approx(-best.fun, abs=1e-4)
    assert (again.fit.sigma, again.fit.area_sigma) == (fit.sigma, fit.area_sigma)
    assert again.fit.params["fsm[yes]"] == fit.params["fsm[yes]"]
    assert len(again.fit.random_effects) == 6
    assert len(again.fit.area_random_effects) == 21
    # The curvature of the integral, but for what moving the modes adds.
    h = 1e-2
    curved = (lower(best.x + h) + lower(best.x - h) - 2 * best.fun) / h**2
    assert again.std_error == pytest.approx(1 / np.sqrt(curved), rel=0.05)


@pytest.mark.parametrize("nagq", [1, 7])
def test_updating_with_the_same_data_moves_nothing(table, nagq):
    cells = drawn_cells(table, drivers=["fsm", "idaci"])
    fits = fit_three_levels(cells, nagq)
    updates = update(fits, cells, weights=WEIGHTS)
    for way in ("fixed", "intercept", "refit"):
        np.testing.assert_allclose(updates.shares[way], updates.shares["before"], rtol=1e-6)
    for again, fit in zip(updates.recalibrations, fits, strict=True):
        assert again.after == pytest.approx(fit.params["Intercept"], abs=1e-4)
        assert again.fit.loglik == pytest.approx(fit.loglik, abs=1e-6)
        np.testing.assert_allclose(again.fit.area_effect, fit.area_effect, atol=1e-4)
        np.testing.assert_allclose(again.fit.group_sd, fit.group_sd, rtol=1e-3)
        assert again.fit.estimator == "three levels"


def test_new_children_without_their_small_areas_are_refused(table):
    new = drawn_cells(table, drivers=["fsm"])
    fits = fit_three_levels(new)
    unnamed = collapse(table, events=["CIN", "CARE"], child=["fsm"], group="la")
    with pytest.raises(CypsError, match="give collapse the column as area_key"):
        recalibrate(fits[0], unnamed)


def test_deviance_held_out_is_the_integral_of_those_left_out():
    """An authority with one small area too: it cannot be fitted alone, but it can be held out."""
    rows = few_rows().query("la != 4 or lsoa == '4-0'")
    out = hold_out(few_cells(rows), folds=3, nagq=15, **THREE)
    for fold in out.fits:
        assert fold[0].estimator == "three levels"
    found = 0
    for j, la in enumerate(out.groups):
        mine = rows[rows["la"] == int(la)]
        by_fold = [-2 * integrated(mine, at_of(fold[0])) for fold in out.fits]
        without = [int(la) not in map(int, fold[0].groups) for fold in out.fits]
        (expected,) = [each for each, absent in zip(by_fold, without, strict=True) if absent]
        assert out.deviance[0, j] == pytest.approx(expected, abs=1e-4)
        found += 1
    assert found == 7


def test_candidates_are_tested_by_three_levels(table, cells):
    choice = choose_drivers(cells, ["fsm"], ["idaci", "noise"], weights=WEIGHTS, folds=4, **THREE)
    assert choice.drivers == ("fsm", "idaci")
    small = fit_three_levels(drawn_cells(table, drivers=["fsm"]))
    large = fit_three_levels(drawn_cells(table, drivers=["fsm", "idaci"]))
    rows = choice.to_frame().set_index(["candidate", "metric"]).loc["idaci"]
    for a, b in zip(small, large, strict=True):
        row, twice = rows.loc[a.metric], 2 * (b.loglik - a.loglik)
        assert row["chi2"] == pytest.approx(twice, abs=1e-5)
        assert row["p"] == pytest.approx(chi2.sf(twice, 1), rel=1e-4)
        assert row["sigma_before"] == pytest.approx(a.sigma, abs=1e-5)
    two = choose_drivers(cells, ["fsm"], ["idaci"], weights=WEIGHTS, folds=4)
    # What lies between small areas is no more taken for what idaci says.
    before = two.to_frame().set_index("metric").loc["CIN", "chi2"]
    assert rows.loc["CIN", "chi2"] < before


def test_switches_and_the_test_of_means_by_three_levels(table):
    cells = drawn_cells(table, ["CIN"], ["fsm", "idaci"])
    (fit,) = fit_three_levels(cells)
    switched = switch_driver(cells, "fsm", **THREE)
    assert switched.fits[0].loglik == pytest.approx(fit.loglik, abs=1e-8)
    (use,) = predict_use(cells, [fit])
    np.testing.assert_allclose(switched.shares["in"], use.children / use.children.sum())
    assert switched.fits_without[0].estimator == "three levels"
    (test,) = mundlak_test(cells, ["idaci"], **THREE)
    assert test.fit.estimator == "three levels"
    assert test.chi2 == pytest.approx(2 * (test.fit.loglik - fit.loglik), abs=1e-6)


def test_other_estimators_are_refused(cells):
    for asked in (choose_drivers, hold_out, mundlak_test, switch_driver):
        more = {choose_drivers: ([], ["fsm"]), switch_driver: ("fsm",)}.get(asked, ())
        with pytest.raises(CypsError, match="made by 'multilevel' \\(two levels\\) or 'three"):
            asked(cells, *more, estimator="dummies", **({"weights": WEIGHTS} if more else {}))
    unnamed = replace(cells, small_area=np.full_like(cells.small_area, -1))
    with pytest.raises(CypsError, match="give collapse the column as area_key"):
        choose_drivers(unnamed, ["fsm"], ["idaci"], weights=WEIGHTS, **THREE)
