"""Updating: identity on the same data, recalibration in closed form and by brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from cyps.cells import collapse
from cyps.choosing import recalibrate, update
from cyps.errors import CypsError
from cyps.model import fit_cells, fit_dummies, fit_plain, make_pack, predict_use
from made_samples import drawn_cells, drawn_children

WEIGHTS = {"CIN": 0.6, "CARE": 0.4}
SOME = ["fsm", "idaci"]


@pytest.fixture(scope="module")
def table():
    return drawn_children(21)


@pytest.fixture(scope="module")
def cells(table):
    return drawn_cells(table, drivers=SOME)


@pytest.fixture(scope="module")
def fits(cells):
    return fit_cells(cells)


def test_the_same_data_move_nothing(cells, fits):
    updates = update(fits, cells, weights=WEIGHTS)
    for way in ("fixed", "intercept", "refit"):
        assert updates.shares[way].to_numpy() == pytest.approx(
            updates.shares["before"].to_numpy(), abs=1e-9
        )
        assert updates.moves[way].moved == (0, 0, 0)
    for each, fit in zip(updates.recalibrations, fits, strict=True):
        assert each.after == pytest.approx(fit.params["Intercept"], abs=1e-6)
        assert each.fit.loglik == pytest.approx(fit.loglik, abs=1e-8)


def test_the_order_of_rows_and_the_names_of_authorities_do_not_matter(fits):
    new = drawn_children(22)
    one = update(fits, drawn_cells(new, drivers=SOME), weights=WEIGHTS)
    shuffled = new.sample(frac=1, random_state=3)
    other = update(fits, drawn_cells(shuffled, drivers=SOME), weights=WEIGHTS)
    assert one.shares.to_numpy() == pytest.approx(other.shares.to_numpy(), abs=1e-12)
    back = {f"LA{i:02}": f"LA{23 - i:02}" for i in range(24)}
    turned = update(
        fits, drawn_cells(new.assign(la=new["la"].map(back)), drivers=SOME), weights=WEIGHTS
    )
    ways = ["fixed", "intercept", "refit"]
    assert turned.shares.rename(index=back).sort_index()[ways].to_numpy() == pytest.approx(
        one.shares[ways].to_numpy(), abs=1e-9
    )


def test_each_column_is_what_its_name_says(cells, fits):
    new = drawn_cells(drawn_children(22, alcohol=0.4), drivers=SOME)
    updates = update(fits, new, weights=WEIGHTS)
    refits = fit_cells(new)
    for column, where, by in (
        ("before", cells, fits),
        ("fixed", new, fits),
        ("intercept", new, [recalibrate(fit, new).fit for fit in fits]),
        ("refit", new, refits),
    ):
        used = [use.children for use in predict_use(where, by)]
        expected = sum(w * u / u.sum() for w, u in zip(WEIGHTS.values(), used, strict=True))
        assert updates.shares[column].to_numpy() == pytest.approx(expected, abs=1e-12)
    frame = updates.to_frame()
    assert frame["refit against before"].iloc[0] == pytest.approx(
        frame["refit"].iloc[0] / frame["before"].iloc[0] - 1
    )
    assert "recalibrated" in str(updates)
    assert max(map(len, str(updates).splitlines())) <= 79


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(5, 400), st.integers(1, 4)), min_size=2, max_size=6),
    st.floats(-3, 3),
)
def test_without_drivers_the_plain_intercept_is_the_log_odds(groups, old):
    """Closed form: with sigma 0 and no drivers, b0 = log(y / (n - y))."""
    table = pd.DataFrame(
        {"la": [f"LA{i}" for i in range(len(groups))], "n": [n for n, _ in groups],
         "CIN": [y for _, y in groups]}
    )  # fmt: skip
    cells = collapse(table, events="CIN", trials="n", child=[], group="la")
    before = table.assign(CIN=np.maximum(1, (table["n"] / (1 + np.exp(-old))).astype(int)))
    before["CIN"] = np.minimum(before["CIN"], before["n"] - 1)
    (fit,) = fit_plain(collapse(before, events="CIN", trials="n", child=[], group="la"))
    again = recalibrate(fit, cells)
    n, y = table["n"].sum(), table["CIN"].sum()
    assert again.after == pytest.approx(np.log(y / (n - y)), abs=1e-5)
    assert again.std_error == pytest.approx(np.sqrt(1 / y + 1 / (n - y)), rel=1e-4)
    (use,) = predict_use(cells, [again.fit])
    assert use.children.sum() == pytest.approx(y, rel=1e-5)


def test_plain_predicted_national_use_becomes_what_was_observed(table):
    (plain, _) = fit_plain(drawn_cells(table, drivers=SOME))
    new = drawn_cells(drawn_children(22, alcohol=0.5), drivers=SOME)
    (use,) = predict_use(new, [recalibrate(plain, new).fit])
    assert use.children.sum() == pytest.approx(new.events[0], rel=1e-6)


def test_on_tiny_data_it_is_the_maximum_of_the_integrated_likelihood():
    rng = np.random.default_rng(4)
    old = pd.DataFrame({"la": np.repeat(list("ABCDEF"), 60), "x": rng.normal(size=360)})
    effect = dict(zip("ABCDEF", rng.normal(0, 0.8, 6), strict=True))
    eta = -1 + 0.7 * old["x"] + old["la"].map(effect)
    old["CIN"] = rng.random(360) < 1 / (1 + np.exp(-eta))
    fit = fit_cells(collapse(old, events="CIN", child=["x"], group="la"), nagq=25)[0]
    new = old.sample(120, random_state=1)
    new["CIN"] = rng.random(120) < 0.6
    again = recalibrate(fit, collapse(new, events="CIN", child=["x"], group="la"))

    def loglik(intercept):
        total = 0.0
        for _, mine in new.groupby("la"):
            fixed = intercept + fit.params["x"] * mine["x"].to_numpy()
            y = mine["CIN"].to_numpy()

            def part(u, fixed=fixed, y=y):
                p = 1 / (1 + np.exp(-(fixed + u)))
                return np.prod(np.where(y, p, 1 - p)) * norm.pdf(u, 0, fit.sigma)

            total += np.log(quad(part, -8, 8, points=[0], epsabs=0, epsrel=1e-10)[0])
        return total

    best = minimize_scalar(lambda b: -loglik(b), bounds=(-2, 3), method="bounded",
                           options={"xatol": 1e-7})  # fmt: skip
    assert again.after == pytest.approx(best.x, abs=1e-4)
    assert again.fit.loglik == pytest.approx(-best.fun, abs=1e-6)
    assert again.score == pytest.approx(0, abs=1e-3)
    assert again.fit.params["x"] == fit.params["x"]
    assert again.fit.sigma == fit.sigma


def test_the_intercepts_errors_hold_what_the_slopes_leave_open(fits):
    """Moving slope j by a little moves the recalibrated intercept as the covariance says."""
    from dataclasses import replace

    new = drawn_cells(drawn_children(22), drivers=SOME)
    fit = fits[0]
    again = recalibrate(fit, new)
    answer = []
    for j in (1, 2):
        moved = []
        for step in (1e-3, -1e-3):
            coefficients = fit.coefficients.copy()
            coefficients[j] += step
            moved.append(recalibrate(replace(fit, coefficients=coefficients), new).after)
        answer.append((moved[0] - moved[1]) / 2e-3)
    slopes = fit.covariance[1:, 1:]
    # The Newton matrix leaves out how log det H moves, which is small.
    assert again.fit.covariance[0, 1:] == pytest.approx(slopes @ answer, rel=0.02)
    assert again.fit.covariance[0, 0] == pytest.approx(
        again.std_error**2 + np.array(answer) @ slopes @ answer, rel=0.02
    )
    assert np.linalg.eigvalsh(again.fit.covariance)[0] > 0


def test_a_recalibrated_fit_makes_a_pack(cells):
    (plain, _) = fit_plain(cells)
    words = {"name": "Made", "status": "illustrative", "statement": "Made up.", "source": "a test",
             "created": "2026-11-21", "year": 2025, "sample_areas": 4}  # fmt: skip
    children = drawn_children(22)
    codes = {f"LA{i:02}": f"E0600{i + 1:04}" for i in range(24)}
    there = drawn_cells(children.assign(la=children["la"].map(codes)), drivers=SOME)
    assert make_pack([recalibrate(plain, there).fit], there, **words)


def test_refusals(table, cells, fits):
    other = drawn_cells(table)
    with pytest.raises(CypsError, match="not described as the model's were"):
        update(fits, other, weights=WEIGHTS)
    with pytest.raises(CypsError, match="not counted for CARE, only for CIN"):
        update(fits, drawn_cells(table, ["CIN"], SOME), weights=WEIGHTS)
    with pytest.raises(CypsError, match="estimator 'dummies'"):
        recalibrate(fit_dummies(cells)[0], cells)
    nobody = drawn_cells(table.assign(CIN=False), ["CIN"], SOME)
    with pytest.raises(CypsError, match="Nobody or everybody"):
        recalibrate(fits[0], nobody)


def test_an_authority_that_is_new_is_named(table, fits):
    new = drawn_cells(table.assign(la=table["la"].replace("LA00", "LA99")), drivers=SOME)
    updates = update(fits, new, weights=WEIGHTS)
    assert np.isnan(updates.shares.loc["LA99", "before"])
    assert np.isnan(updates.shares.loc["LA00", "refit"])
    assert "one of the two sets of children only: LA00, LA99" in " ".join(str(updates).split())
    assert updates.moves["refit"].authorities == 23
