"""Three levels against lme4 (stored), glmm (live), brute force, and a known truth."""

from __future__ import annotations

import json
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest

from cyps.cells import collapse
from cyps.errors import CypsError
from cyps.model import fit_cells, fit_formula, fit_three_levels
from cyps.model.nested import nested_likelihood_of, nested_problem_of

HERE = Path(__file__).parent
ORACLES = json.loads((HERE / "lme4_inference.json").read_text())
COLUMNS = {"child": ["sex", "fsm"], "area": ["idaci"], "group": "la", "area_key": "lsoa"}


def nested_cells(**options):
    table = pd.read_csv(HERE / "synthetic_nested.csv")
    return collapse(table, events=["common", "rare"], trials="trials", **COLUMNS, **options)


@pytest.fixture(scope="module")
def cells():
    return nested_cells()


@pytest.fixture(scope="module")
def fits(cells):
    return fit_three_levels(cells)


@pytest.mark.parametrize("metric", [0, 1])
def test_laplace_is_lme4s_or_better(fits, metric):
    fit, oracle = fits[metric], ORACLES[f"nested_{('common', 'rare')[metric]}"]
    assert fit.converged
    # As with two levels lme4 is a little low: 2e-4 for the common event, 2e-7 for the rare.
    assert fit.loglik >= oracle["loglik"] - 1e-6
    assert fit.loglik == pytest.approx(oracle["loglik"], abs=3e-4)
    np.testing.assert_array_less(np.abs(fit.coefficients - oracle["beta"]) / oracle["se"], 2e-3)
    np.testing.assert_allclose(fit.bse, oracle["se"], rtol=1e-4)
    assert fit.sigma == pytest.approx(oracle["sigma"]["la.(Intercept)"], rel=1e-4)
    assert fit.area_sigma == pytest.approx(oracle["sigma"]["lsoa:la.(Intercept)"], rel=1e-4)


def test_laplace_is_glmms(fits):
    glmm = pytest.importorskip("glmm", reason="pip install glmm==0.6.2 (in the dev group)")
    table = pd.read_csv(HERE / "synthetic_nested.csv").query("trials > 0").reset_index(drop=True)
    table["y"] = table["common"] / table["trials"]
    for name in ("sex", "fsm", "la", "lsoa"):
        table[name] = pd.Categorical(table[name])
    peer = glmm.fit(
        table, "y ~ sex + fsm + idaci + (1|la) + (1|lsoa)", "binomial", nagq=1,
        weights=table["trials"].to_numpy(float),
    )  # fmt: skip
    assert peer.converged
    fit = fits[0]
    off = np.abs(fit.coefficients - np.asarray(peer.beta)) / fit.bse
    np.testing.assert_array_less(off, 1e-4)
    assert fit.loglik == pytest.approx(peer.loglik, abs=1e-6)


def _tiny(seed):
    rng = np.random.default_rng(seed)
    la = rng.integers(0, 3, 40)
    lsoa = rng.integers(0, 2, 40)
    x = rng.integers(0, 2, 40)
    y = rng.random(40) < 1 / (1 + np.exp(0.5 - x))
    return pd.DataFrame(
        {"la": la, "lsoa": [f"{a}-{b}" for a, b in zip(la, lsoa, strict=True)],
         "x": np.array(["a", "b"])[x], "y": y}
    )  # fmt: skip


def test_nested_quadrature_is_the_integral():
    """A tiny table by scipy's adaptive integration, an integral inside an integral."""
    from scipy.integrate import quad

    table = _tiny(3)
    nested = nested_problem_of(
        collapse(table, events="y", child=["x"], group="la", area_key="lsoa"), 0
    )
    at = np.array([-0.4, 0.3, np.log(0.7), np.log(0.5)])
    ours = nested_likelihood_of(nested, 25)(at, nested.no_effects).loglik
    own = nested.problem.to_own_scale @ at[:-2]
    eta = own[0] + own[1] * (table["x"] == "b").to_numpy()
    y = table["y"].to_numpy(float)

    def normal(value, sigma):
        return np.exp(-value * value / 2 / sigma**2) / np.sqrt(2 * np.pi) / sigma

    def of_place(rows, u):
        return quad(
            lambda v: normal(v, 0.5)
            * np.exp((y[rows] * (eta[rows] + u + v) - np.log1p(np.exp(eta[rows] + u + v))).sum()),
            -5, 5, epsabs=1e-14, epsrel=1e-10,
        )[0]  # fmt: skip

    total = 0.0
    for la in sorted(set(table["la"])):
        places = [
            ((table["la"] == la) & (table["lsoa"] == lsoa)).to_numpy()
            for lsoa in sorted(set(table.loc[table["la"] == la, "lsoa"]))
        ]
        integral = quad(
            lambda u, places=places: normal(u, 0.7) * np.prod([of_place(p, u) for p in places]),
            -6, 6, epsabs=1e-16, epsrel=1e-9,
        )[0]  # fmt: skip
        total += np.log(integral)
    assert ours == pytest.approx(total, abs=1e-7)


def test_laplace_by_brute_force():
    """Modes by a general optimiser, the determinant of the whole Hessian by numpy."""
    from scipy.optimize import minimize

    table = _tiny(5)
    nested = nested_problem_of(
        collapse(table, events="y", child=["x"], group="la", area_key="lsoa"), 0
    )
    at = np.array([-0.4, 0.3, np.log(0.7), np.log(0.5)])
    ours = nested_likelihood_of(nested)(at, nested.no_effects)
    own = nested.problem.to_own_scale @ at[:-2]
    eta = own[0] + own[1] * (table["x"] == "b").to_numpy()
    y = table["y"].to_numpy(float)
    Z = np.hstack([pd.get_dummies(table[name]).to_numpy(float) for name in ("la", "lsoa")])
    n_la = table["la"].nunique()
    precision = np.append(np.full(n_la, 0.7**-2), np.full(Z.shape[1] - n_la, 0.5**-2))

    def penalised(b):
        linear = eta + Z @ b
        return -(y * linear - np.log1p(np.exp(linear))).sum() + precision @ b**2 / 2

    b = minimize(penalised, np.zeros(Z.shape[1]), tol=1e-14).x
    p = 1 / (1 + np.exp(-(eta + Z @ b)))
    hessian = Z.T @ ((p * (1 - p))[:, None] * Z) + np.diag(precision)
    loglik = -penalised(b) + np.log(precision).sum() / 2 - np.linalg.slogdet(hessian)[1] / 2
    assert ours.loglik == pytest.approx(loglik, abs=1e-8)
    np.testing.assert_allclose(ours.effect[0], b[:n_la], atol=1e-5)
    spread = np.sqrt(np.diag(np.linalg.inv(hessian)))
    np.testing.assert_allclose(np.concatenate(ours.sd), spread, atol=1e-5)


def test_quadrature_moves_the_rare_event_more_and_settles(cells, fits):
    """What the Laplace approximation costs, and that 7 nodes are enough here."""
    seven, nine = fit_three_levels(cells, nagq=7), fit_three_levels(cells, nagq=9)
    for ours, more in zip(seven, nine, strict=True):
        assert ours.converged
        assert ours.loglik == pytest.approx(more.loglik, abs=2e-4)
        assert ours.sigma == pytest.approx(more.sigma, rel=1e-4)
        assert ours.area_sigma == pytest.approx(more.area_sigma, rel=1e-3)
    moved = [
        after.area_sigma / before.area_sigma - 1 for before, after in zip(fits, seven, strict=True)
    ]
    assert 0 < moved[0] < moved[1] < 0.05


def test_the_truth_is_recovered():
    rng = np.random.default_rng(8)
    la, lsoa = (axis.ravel() for axis in np.meshgrid(range(60), range(20), indexing="ij"))
    u, v = rng.normal(0, 0.4, 60), rng.normal(0, 0.6, la.size)
    frames = []
    for fsm in (0, 1):
        n = rng.poisson(30, la.size)
        eta = -2 + 0.8 * fsm + u[la] + v
        y = rng.binomial(n, 1 / (1 + np.exp(-eta)))
        frames.append(pd.DataFrame({"la": la, "lsoa": la * 100 + lsoa, "fsm": fsm, "n": n, "y": y}))
    table = pd.concat(frames)
    fit = fit_formula("y ~ C(fsm) + (1|la/lsoa)", table, trials="n")
    assert fit.converged
    assert fit.params["fsm[1]"] == pytest.approx(0.8, abs=4 * fit.bse["fsm[1]"])
    table = fit.heterogeneity(alpha=0.001)
    assert table.loc["sigma", 0] < 0.4 < table.loc["sigma", 1]
    assert table.loc["area_sigma", 0] < 0.6 < table.loc["area_sigma", 1]
    # Effects are recovered too: shrunk, but in step with the truth.
    truth = u[fit.random_effects.index.astype(int)]
    assert np.corrcoef(fit.group_effect, truth)[0, 1] > 0.9
    places = fit.area_random_effects
    truth = v[(places.index.astype(int) // 100) * 20 + places.index.astype(int) % 100]
    assert np.corrcoef(places["effect"], truth)[0, 1] > 0.7


def test_no_variation_between_small_areas_is_two_levels():
    """Small areas exactly alike: area_sigma is 0, the rest is the two-level fit."""
    rows = []
    for la, events in enumerate([3, 9, 5, 12, 7, 4]):
        for lsoa in range(4):
            rows.append({"la": la, "lsoa": f"{la}-{lsoa}", "fsm": "no", "n": 60, "y": events})
            rows.append({"la": la, "lsoa": f"{la}-{lsoa}", "fsm": "yes", "n": 20, "y": events // 2})
    table = pd.DataFrame(rows)
    cells = collapse(table, events="y", trials="n", child=["fsm"], group="la", area_key="lsoa")
    (three,), (two,) = fit_three_levels(cells), fit_cells(cells)
    assert three.converged
    assert three.area_sigma == 0
    assert "no variation between small areas is left" in three.verdict
    assert three.loglik == pytest.approx(two.loglik, abs=1e-8)
    np.testing.assert_allclose(three.coefficients, two.coefficients, atol=1e-6)
    assert three.sigma == pytest.approx(two.sigma, rel=1e-5)


def test_errors_of_every_kind(fits):
    fit = fits[0]
    observed, robust = fit.with_covariance("observed"), fit.with_covariance("cluster")
    np.testing.assert_allclose(observed.bse, fit.bse, rtol=0.05)
    assert not np.allclose(robust.bse, fit.bse, rtol=1e-3)
    assert (robust.bse / fit.bse).between(0.4, 2.5).all()
    assert "sigma, small areas" in fit.summary()


def test_interactions_keep_small_areas_whole():
    """Areas split by kind of child are still one small area with one effect."""
    plain = nested_cells()
    split = nested_cells(interactions=[("fsm", "idaci")])
    assert len(split.area_design) == 2 * len(plain.area_design)
    fit = fit_three_levels(split)[0]
    assert fit.area_effect.size == fit_three_levels(plain)[0].area_effect.size == 192
    assert fit.loglik >= fit_three_levels(plain)[0].loglik


def test_bits_do_not_depend_on_threads(cells):
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = fit_three_levels(cells)[1]
    finally:
        numba.set_num_threads(before)
    many = fit_three_levels(cells)[1]
    assert one.coefficients.tobytes() == many.coefficients.tobytes()
    assert (one.sigma, one.area_sigma) == (many.sigma, many.area_sigma)


def test_small_areas_must_be_known():
    table = pd.read_csv(HERE / "synthetic_nested.csv")
    without = collapse(table, events="rare", trials="trials", child=["sex"], group="la")
    with pytest.raises(CypsError, match=r"give collapse the column as area_key"):
        fit_three_levels(without)
    one_each = collapse(
        table.query("lsoa.str.endswith('-0')"), events="common", trials="trials", child=["sex"],
        group="la", area_key="lsoa",
    )  # fmt: skip
    with pytest.raises(CypsError, match="only one small area"):
        fit_three_levels(one_each)
