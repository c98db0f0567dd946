"""Predicted use with authorities' effects at zero, averaged over, or kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from cyps.cells import collapse
from cyps.errors import CypsError
from cyps.model import fit_cells, fit_dummies, fit_plain, fit_three_levels, predict_use
from made_samples import drawn_children

TABLE = drawn_children(authorities=10, areas=5)


def count(table=TABLE):
    return collapse(
        table, events=["CIN"], child=["fsm"], area=["idaci"], group="la", area_key="lsoa"
    )


CELLS = count()
FIT = fit_cells(CELLS)[0]


def predictor(fit):
    b = fit.coefficients
    return b[0] + b[1] * (TABLE["fsm"] == "yes") + b[2] * TABLE["idaci"]


def by_la(chance):
    return chance.groupby(TABLE["la"]).sum().to_numpy()


def test_averaged_is_the_integral_child_by_child():
    def chance(eta, sigma):
        return quad(lambda z: norm.pdf(z) / (1 + np.exp(-eta - sigma * z)), -9, 9)[0]

    wide = replace(FIT, sigma=0.9)
    of = {eta: chance(eta, 0.9) for eta in predictor(FIT).unique()}
    found = predict_use(CELLS, [wide], "averaged")[0]
    np.testing.assert_allclose(found.children, by_la(predictor(FIT).map(of)), rtol=1e-8)
    three = replace(wide, sigma=0.54, area_sigma=0.72, estimator="three levels")
    again = predict_use(CELLS, [three], "averaged")[0]
    np.testing.assert_allclose(again.children, found.children, rtol=1e-12)


def test_kept_is_each_authority_with_its_own_effect():
    own = dict(zip(FIT.groups, FIT.group_effect, strict=True))
    eta = predictor(FIT) + TABLE["la"].map(own)
    found = predict_use(CELLS, [FIT], "kept")[0]
    np.testing.assert_allclose(found.children, by_la(1 / (1 + np.exp(-eta))), rtol=1e-12)
    # At the mode what is left of the events is what the normal prior pulls back.
    left = CELLS.group_events[0] - found.children
    np.testing.assert_allclose(left, FIT.group_effect / FIT.sigma**2, atol=1e-4)
    dummies = fit_dummies(CELLS)
    kept = predict_use(CELLS, dummies, "kept")[0]
    np.testing.assert_allclose(kept.children, CELLS.group_events[0], rtol=1e-6)
    some = CELLS.only(np.arange(10) % 3 == 0)
    np.testing.assert_allclose(
        predict_use(some, [FIT], "kept")[0].children, found.children[::3], rtol=1e-12
    )


def test_kept_with_small_areas():
    (fit,) = fit_three_levels(CELLS)
    eta = predictor(fit) + TABLE["la"].map(dict(zip(fit.groups, fit.group_effect, strict=True)))
    eta += TABLE["lsoa"].astype(str).map(dict(zip(fit.small_areas, fit.area_effect, strict=True)))
    found = predict_use(CELLS, [fit], "kept")[0]
    np.testing.assert_allclose(found.children, by_la(1 / (1 + np.exp(-eta))), rtol=1e-12)


@pytest.mark.parametrize("effects", ["zero", "averaged", "kept"])
def test_gradient_is_the_slope_and_the_error_follows_from_it(effects):
    found = predict_use(CELLS, [FIT], effects)[0]
    for i in range(len(FIT.coefficients)):
        ends = []
        for sign in (1, -1):
            moved = FIT.coefficients.copy()
            moved[i] += sign * 1e-5
            fit = replace(FIT, coefficients=moved)
            ends.append(predict_use(CELLS, [fit], effects)[0].children)
        np.testing.assert_allclose(found.gradient[:, i], (ends[0] - ends[1]) / 2e-5, rtol=1e-6)
    for j, row in enumerate(found.gradient):
        assert found.std_error[j] == pytest.approx(np.sqrt(row @ FIT.covariance @ row))


def test_what_cannot_be_averaged_or_kept_is_said():
    elsewhere = count(TABLE.assign(la="X" + TABLE["la"]))
    with pytest.raises(CypsError, match=r"not fitted on the authority XLA00, .* and others"):
        predict_use(elsewhere, [FIT], "kept")
    with pytest.raises(CypsError, match="no standard deviation to average over"):
        predict_use(CELLS, fit_dummies(CELLS), "averaged")
    with pytest.raises(CypsError, match="'zero', 'averaged' or 'kept'"):
        predict_use(CELLS, [FIT], "mean")
    plain = fit_plain(CELLS)
    np.testing.assert_allclose(
        predict_use(CELLS, plain, "averaged")[0].children, predict_use(CELLS, plain)[0].children
    )
