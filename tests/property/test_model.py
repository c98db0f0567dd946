"""Properties of the collapse and of the likelihood that hold for any table."""

from __future__ import annotations

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyps.cells import collapse
from cyps.model import fit_multilevel
from cyps.model.fit import likelihood_of
from cyps.model.information import group_scores, observed_information
from cyps.model.laplace import laplace
from cyps.model.nested import nested_likelihood_of, nested_problem_of
from cyps.model.problem import problem_of
from cyps.model.quadrature import adaptive_quadrature

COLUMNS = {"child": ["sex", "age"], "area": ["idaci"], "group": "la"}


def random_table(seed: int, rows: int = 300, groups: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    la = rng.integers(0, groups, rows)
    area = rng.integers(0, 3, rows)
    idaci = np.round(rng.random((groups, 3)), 2)[la, area]
    sex = rng.integers(0, 2, rows)
    age = rng.integers(0, 3, rows)
    eta = -1 + 0.4 * sex + 0.2 * age + idaci + rng.normal(0, 0.7, groups)[la]
    return pd.DataFrame(
        {
            "la": la, "sex": np.array(["f", "m"])[sex], "age": np.array(["a", "b", "c"])[age],
            "idaci": idaci, "CIN": rng.random(rows) < 1 / (1 + np.exp(-eta)),
        }
    )  # fmt: skip


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_cells_count_what_groupby_counts(seed):
    table = random_table(seed)
    cells = collapse(table, events="CIN", **COLUMNS)
    expected = table.groupby(["la", "idaci", "sex", "age"])["CIN"].agg(["size", "sum"])
    assert len(cells.cell_count) == len(expected)
    assert sorted(cells.cell_count) == sorted(expected["size"])
    by_group = table.groupby("la")["CIN"].agg(["size", "sum"])
    assert cells.group_children.tolist() == by_group["size"].tolist()
    assert cells.group_events[0].tolist() == by_group["sum"].tolist()
    pattern_of_cell = cells.slot_pattern[cells.cell_slot]
    columns = cells.child_design[pattern_of_cell]
    assert (cells.cell_count @ columns).tolist() == [
        (table["sex"] == "m").sum(), (table["age"] == "b").sum(), (table["age"] == "c").sum(),
    ]  # fmt: skip


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_row_order_and_collapsing_change_nothing(seed):
    table = random_table(seed)
    counted = (
        table.groupby(["la", "idaci", "sex", "age"], as_index=False)["CIN"]
        .agg(["size", "sum"])
        .rename(columns={"size": "trials", "sum": "events"})
    )
    rows = fit_multilevel(table, events="CIN", **COLUMNS)
    shuffled = fit_multilevel(table.sample(frac=1, random_state=seed), events="CIN", **COLUMNS)
    cells = fit_multilevel(counted, events="events", trials="trials", **COLUMNS)
    assert shuffled.coefficients.tolist() == rows.coefficients.tolist()
    assert shuffled.loglik == rows.loglik
    np.testing.assert_allclose(cells.coefficients, rows.coefficients, rtol=1e-9, atol=1e-12)


def _gradient_by_differences(likelihood, beta, log_sigma):
    at = np.append(beta, log_sigma)
    slopes = []
    for i in range(at.size):
        step = np.zeros(at.size)
        step[i] = 1e-5
        above, below = at + step, at - step
        slopes.append(
            (likelihood(above[:-1], above[-1]).loglik - likelihood(below[:-1], below[-1]).loglik)
            / 2e-5
        )
    return np.array(slopes)


points = st.tuples(
    st.integers(0, 10_000),
    st.lists(st.floats(-1.5, 1.5), min_size=5, max_size=5),
    st.floats(-2.0, 0.5),
)


@given(point=points)
@settings(max_examples=25, deadline=None)
def test_laplace_gradient_is_the_slope(point):
    seed, beta, log_sigma = point
    problem = problem_of(collapse(random_table(seed), events="CIN", **COLUMNS), 0)

    def likelihood(b, t):
        return laplace(problem, np.asarray(b), t, np.zeros(problem.n_groups))

    here = likelihood(beta, log_sigma)
    exact = np.append(here.gradient, here.gradient_log_sigma)
    slopes = _gradient_by_differences(likelihood, np.asarray(beta), log_sigma)
    np.testing.assert_allclose(exact, slopes, rtol=1e-5, atol=2e-5)


@given(point=points, nodes=st.sampled_from([1, 2, 3, 7, 25]))
@settings(max_examples=25, deadline=None)
def test_quadrature_gradient_is_the_slope(point, nodes):
    seed, beta, log_sigma = point
    problem = problem_of(collapse(random_table(seed), events="CIN", **COLUMNS), 0)

    def likelihood(b, t):
        return adaptive_quadrature(problem, np.asarray(b), t, np.zeros(problem.n_groups), nodes)

    here = likelihood(beta, log_sigma)
    exact = np.append(here.gradient, here.gradient_log_sigma)
    slopes = _gradient_by_differences(likelihood, np.asarray(beta), log_sigma)
    np.testing.assert_allclose(exact, slopes, rtol=1e-5, atol=5e-5)


def test_quadrature_is_the_integral():
    """The likelihood of a tiny table by scipy's adaptive integration, group by group."""
    from scipy.integrate import quad

    table = random_table(3, rows=40, groups=4)
    cells = collapse(table, events="CIN", **COLUMNS)
    problem = problem_of(cells, 0)
    beta, log_sigma = np.array([-0.5, 0.3, 0.1, -0.2, 0.4]), np.log(0.8)
    ours = adaptive_quadrature(problem, beta, log_sigma, np.zeros(4), 31).loglik
    own_scale = problem.to_own_scale @ beta
    x = np.column_stack(
        [
            np.ones(len(table)), table["sex"] == "m", table["age"] == "b", table["age"] == "c",
            table["idaci"],
        ]
    ).astype(float)  # fmt: skip
    total = 0.0
    for la in range(4):
        rows = (table["la"] == la).to_numpy()
        eta, y = x[rows] @ own_scale, table["CIN"].to_numpy(float)[rows]

        def integrand(u, eta=eta, y=y):
            log_lik = (y * (eta + u) - np.log1p(np.exp(eta + u))).sum()
            return np.exp(log_lik - u * u / 2 / 0.64) / np.sqrt(2 * np.pi * 0.64)

        total += np.log(quad(integrand, -8, 8, epsabs=1e-16, epsrel=1e-12)[0])
    assert ours == pytest.approx(total, abs=1e-8)


def test_bits_do_not_depend_on_threads():
    table = random_table(5, rows=3000, groups=20)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = fit_multilevel(table, events="CIN", **COLUMNS)
        numba.set_num_threads(before)
        many = fit_multilevel(table, events="CIN", **COLUMNS)
    finally:
        numba.set_num_threads(before)
    assert one.coefficients.tobytes() == many.coefficients.tobytes()
    assert one.sigma == many.sigma


@given(point=points, nodes=st.sampled_from([1, 1, 5]))
@settings(max_examples=15, deadline=None)
def test_information_is_the_slope_of_the_gradient(point, nodes):
    seed, beta, log_sigma = point
    problem = problem_of(collapse(random_table(seed), events="CIN", **COLUMNS), 0)
    likelihood = likelihood_of(problem, nodes)
    at = np.append(beta, log_sigma)
    here = likelihood(at[:-1], log_sigma, np.zeros(problem.n_groups))
    ours = observed_information(problem, (at[:-1], log_sigma), here, nodes)
    slopes = np.empty_like(ours)
    for i in range(at.size):
        step = np.eye(at.size)[i] * 1e-4
        up, down = at + step, at - step
        above = likelihood(up[:-1], up[-1], here.effect)
        below = likelihood(down[:-1], down[-1], here.effect)
        slopes[i] = (
            np.append(
                below.gradient - above.gradient, below.gradient_log_sigma - above.gradient_log_sigma
            )
            / 2e-4
        )
    np.testing.assert_allclose(ours, slopes, rtol=1e-5, atol=2e-5)
    scores = group_scores(problem, (at[:-1], log_sigma), here, nodes).sum(axis=0)
    np.testing.assert_allclose(scores, np.append(here.gradient, here.gradient_log_sigma), atol=1e-9)


@given(
    seed=st.integers(0, 10_000),
    beta=st.lists(st.floats(-1.5, 1.5), min_size=5, max_size=5),
    logs=st.tuples(st.floats(-2, 0.7), st.floats(-2, 0.7)),
    nodes=st.sampled_from([1, 1, 15]),
)
@settings(max_examples=25, deadline=None)
def test_three_levels_gradient_is_the_slope(seed, beta, logs, nodes):
    """Quadrature's leaves out that the nodes move, which 15 make small."""
    table = random_table(seed)
    table["lsoa"] = table["la"].astype(str) + "-" + table["idaci"].astype(str)
    cells = collapse(table, events="CIN", area_key="lsoa", **COLUMNS)
    nested = nested_problem_of(cells, 0)
    likelihood = nested_likelihood_of(nested, nodes)
    at = np.array([*beta, *logs])
    here = likelihood(at, nested.no_effects)
    slopes = [
        (likelihood(at + step, here.effect).loglik - likelihood(at - step, here.effect).loglik)
        / 2e-5
        for step in np.eye(at.size) * 1e-5
    ]
    close = {"rtol": 1e-5, "atol": 2e-5} if nodes == 1 else {"rtol": 1e-3, "atol": 2e-3}
    np.testing.assert_allclose(here.gradient, slopes, **close)
