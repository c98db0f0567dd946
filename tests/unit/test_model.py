"""The fit's edges: no variation between groups, separation, bad tables, the fit log."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cyps.cells import collapse
from cyps.errors import CypsError
from cyps.model import fit_cells, fit_multilevel, predict_use
from cyps.model.estimates import log_scale_interval


def table_of(rows=4000, groups=20, sigma=0.5, seed=2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    la = rng.integers(0, groups, rows)
    fsm = rng.random(rows) < 0.25
    eta = -2 + 0.8 * fsm + rng.normal(0, sigma, groups)[la]
    return pd.DataFrame(
        {
            "la": [f"LA{number:02d}" for number in la],
            "fsm": np.where(fsm, "yes", "no"),
            "CIN": rng.random(rows) < 1 / (1 + np.exp(-eta)),
        }
    )


def test_result_is_labelled_and_logged():
    fit = fit_multilevel(table_of(), events="CIN", child=["fsm"], group="la")
    assert list(fit.params.index) == list(fit.bse.index) == ["Intercept", "fsm[yes]"]
    assert fit.params["fsm[yes]"] == pytest.approx(0.8, abs=4 * fit.bse["fsm[yes]"])
    variance = fit.cov_params().loc["fsm[yes]", "fsm[yes]"]
    assert variance == pytest.approx(fit.bse["fsm[yes]"] ** 2, rel=1e-12)
    assert fit.sigma == pytest.approx(0.5, abs=0.3)
    logliks = [step.loglik for step in fit.fit_log]
    assert logliks == sorted(logliks)
    assert fit.fit_log[-1].decrement < 1e-11
    assert "converged: the gradient vanishes" in fit.summary()


def test_no_variation_between_groups_is_a_plain_logistic_regression():
    """Groups exactly alike: sigma is 0 and the rest is what statsmodels' GLM gives."""
    import statsmodels.api as sm

    one = pd.DataFrame({"fsm": ["no"] * 50 + ["yes"] * 20, "CIN": ([1] + [0] * 9) * 7})
    table = pd.concat([one.assign(la=la) for la in "ABCDEF"])
    fit = fit_multilevel(table, events="CIN", child=["fsm"], group="la")
    assert fit.converged
    assert fit.sigma == 0
    assert "no variation between groups" in fit.verdict
    x = np.column_stack([np.ones(len(table)), table["fsm"] == "yes"]).astype(float)
    plain = sm.GLM(table["CIN"].to_numpy(float), x, family=sm.families.Binomial()).fit()
    np.testing.assert_allclose(fit.coefficients, plain.params, atol=1e-7)
    np.testing.assert_allclose(fit.bse, plain.bse, rtol=1e-6)
    assert fit.loglik == pytest.approx(plain.llf, abs=1e-8)


@pytest.mark.parametrize("nagq", [1, 7])
@pytest.mark.parametrize(("rows", "groups"), [(500, 10), (600, 60), (9000, 30)])
def test_where_truth_has_no_variation_sigma_is_0_exactly_where_the_likelihood_falls(
    rows, groups, nagq
):
    """Against statsmodels' plain logistic model, its residuals by group, and 20 draws."""
    import statsmodels.api as sm

    on_boundary = 0
    for seed in range(20):
        table = table_of(rows, groups, sigma=0.0, seed=seed)
        fit = fit_multilevel(table, events="CIN", child=["fsm"], group="la", nagq=nagq)
        x = np.column_stack([np.ones(rows), table["fsm"] == "yes"]).astype(float)
        plain = sm.GLM(table["CIN"].to_numpy(float), x, family=sm.families.Binomial())
        plain = plain.fit(tol=1e-14)
        left = pd.DataFrame({"r": table["CIN"] - plain.mu, "w": plain.mu * (1 - plain.mu)})
        by_group = left.groupby(table["la"]).sum()
        slope = ((by_group["r"] ** 2).sum() - by_group["w"].sum()) / 2
        assert fit.converged
        assert (fit.sigma == 0) == (slope <= 0)
        assert fit.loglik >= plain.llf - 1e-8
        # It used to take up to a thousand evaluations to get nowhere near 0.
        assert len(fit.fit_log) < 20
        assert [step.number for step in fit.fit_log] == list(range(len(fit.fit_log)))
        if fit.sigma == 0:
            on_boundary += 1
            assert "sigma = 0, from where the likelihood falls" in fit.verdict
            # as near as the verdict says
            assert (np.abs(fit.coefficients - plain.params) / plain.bse).max() < 4e-6
            np.testing.assert_allclose(fit.bse, plain.bse, rtol=1e-5)
            assert fit.convergence().passed
    assert 5 <= on_boundary < 20


def test_the_slope_in_the_variance_is_that_of_the_integral():
    """Against scipy's integral of each group's likelihood over the effect, at two variances."""
    from scipy.integrate import quad
    from scipy.stats import norm

    from cyps.model.laplace import laplace, slope_in_variance
    from cyps.model.problem import problem_of

    table = table_of(200, 4, seed=5)
    problem = problem_of(collapse(table, events="CIN", child=["fsm"], group="la"), 0)
    beta = np.array([-1.7, 0.3])
    eta = problem.odds(beta)
    rows = [each for _, each in table.groupby("la")]
    centre = problem.odds(beta * 0)  # standardised columns: take the predictor from the odds
    assert (centre[0] == 1).all()

    def loglik(variance):
        total = 0.0
        for j, rows_of in enumerate(rows):
            yes = (rows_of["fsm"] == "yes").to_numpy()
            odds = np.array([_odds_of(problem, eta, j, each) for each in yes])
            happened = rows_of["CIN"].to_numpy()

            def density(z, odds=odds, happened=happened):
                p = odds * np.exp(np.sqrt(variance) * z)
                return np.prod(np.where(happened, p, 1) / (1 + p)) * norm.pdf(z)

            total += np.log(quad(density, -8, 8, epsabs=0, epsrel=1e-12)[0])
        return total

    plain = laplace(problem, beta, -np.inf, np.zeros(problem.n_groups))
    step = 1e-4
    by_differences = (-3 * loglik(0) + 4 * loglik(step) - loglik(2 * step)) / (2 * step)
    assert slope_in_variance(problem, plain) == pytest.approx(by_differences, rel=1e-3)


def _odds_of(problem, eta, group, yes):
    """The odds of a child without effect, from the slots and the one area of its group."""
    slots = slice(problem.slot_start[group], problem.slot_start[group + 1])
    is_yes = problem.pattern_design[problem.slot_pattern[slots], 1]
    chosen = np.flatnonzero((is_yes == is_yes.max()) == yes)[0]
    return eta[0][slots][chosen] * eta[1][problem.area_start[group]]


def test_an_interval_of_a_sigma_near_0_reaches_to_infinity_without_a_warning():
    """A sigma of 0.0016 whose logarithm says nothing: its interval used to overflow."""
    import warnings
    from dataclasses import replace

    fit = fit_multilevel(table_of(500, 10), events="CIN", child=["fsm"], group="la")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sigma in (0.0, 1e-9, 1e-5, 1e-3, 0.01, 0.1):
            near = replace(fit, sigma=sigma, group_effect=np.zeros(10))
            table = near.heterogeneity()
            assert list(table.index) == ["sigma", "icc", "median_odds_ratio"]
            if sigma:
                icc = sigma**2 / (sigma**2 + np.pi**2 / 3)
                assert table.loc["icc", "estimate"] == pytest.approx(icc, rel=1e-12)
                assert (table["estimate"] >= table[0].fillna(0)).all()
            else:
                assert table["estimate"].tolist() == [0, 0, 1]
                assert table[[0, 1]].isna().all(axis=None)
            near.summary()
    endless = log_scale_interval(1e-3, 1e6, 1.96)
    assert endless == (1e-3, 0.0, np.inf)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda t: t.assign(fsm=t["fsm"].where(t.index > 0)),
            "'fsm' is missing in 1 of 4,000 rows",
        ),
        (lambda t: t.assign(la=t["la"].where(t.index > 1)), "'la' is missing in 2 of 4,000 rows"),
        (lambda t: t.assign(CIN=2), "more than 1 \\(a row is a child\\) in 4,000 rows"),
        (lambda t: t.assign(CIN=0.5), "whole numbers of 0 or more, but 4,000"),
        (lambda t: t.assign(CIN=False), "No child has the event CIN"),
        (lambda t: t.assign(la="LA00"), "only one group"),
        (lambda t: t[:0], "no rows"),
        (lambda t: t.drop(columns="fsm"), "no column 'fsm'"),
        (
            lambda t: t.assign(CIN=t["CIN"] & (t["fsm"] == "no")),
            "'yes' of driver 'fsm' .* happens to nobody in it",
        ),
        (
            lambda t: t.assign(fsm=pd.Categorical(t["fsm"], ["no", "yes", "unknown"])),
            "'unknown' of driver 'fsm' .* there is no child in it",
        ),
    ],
)
def test_what_cannot_be_fitted_is_said(change, says):
    with pytest.raises(CypsError, match=says):
        fit_multilevel(change(table_of()), events="CIN", child=["fsm"], group="la")


def test_all_or_nobody_in_every_group_is_no_finite_sigma():
    table = table_of()
    table["CIN"] = table["la"].isin(["LA03", "LA07"])
    for nagq in (1, 7):
        fit = fit_multilevel(table, events="CIN", group="la", nagq=nagq)
        assert not fit.converged
        assert "sigma runs off to infinity" in fit.verdict
        assert fit.bse.isna().all()


def test_a_driver_of_one_category_is_refused_by_name():
    with pytest.raises(CypsError, match="Driver 'fsm' has only one category"):
        fit_multilevel(table_of().assign(fsm="no"), events="CIN", child=["fsm"], group="la")


def test_one_metric_named_twice_is_refused():
    with pytest.raises(CypsError, match="CIN is named as a metric more than once"):
        collapse(table_of(), events=["CIN", "CIN"], child=["fsm"], group="la")


def test_what_joins_rows_and_areas_is_asked_for():
    table = table_of().assign(area=lambda t: t["la"] + "a").drop(columns="la")
    areas = pd.DataFrame({"area": sorted(table["area"].unique())})
    areas["la"] = areas["area"].str[:4]
    with pytest.raises(CypsError, match="Give area_key="):
        collapse(table, events="CIN", areas=areas, group="la")
    gap = areas.assign(area=areas["area"].where(areas.index > 1))
    with pytest.raises(CypsError, match="'area' is missing in 2 rows of the table of areas"):
        collapse(table, events="CIN", areas=gap, area_key="area", group="la")


def test_an_interval_of_one_coefficient_by_its_name():
    fit = fit_multilevel(table_of(), events="CIN", child=["fsm"], group="la")
    assert fit.conf_int(labels="fsm[yes]").equals(fit.conf_int().loc[["fsm[yes]"]])


def test_two_drivers_that_say_the_same_do_not_pass_as_a_fit():
    table = table_of()
    table["also_fsm"] = table["fsm"].str.upper()
    fit = fit_multilevel(table, events="CIN", child=["fsm", "also_fsm"], group="la")
    assert not fit.converged
    assert "'also_fsm[YES]' says nothing that 'fsm[yes]' does not say already" in fit.verdict
    assert fit.bse.isna().all()


def test_later_metrics_do_not_depend_on_earlier_ones():
    table = table_of()
    table["REF"] = table_of(seed=9)["CIN"]
    both = fit_cells(collapse(table, events=["CIN", "REF"], child=["fsm"], group="la"))
    alone = fit_multilevel(table, events="REF", child=["fsm"], group="la")
    np.testing.assert_allclose(both[1].coefficients, alone.coefficients, atol=1e-6)
    assert both[1].sigma == pytest.approx(alone.sigma, rel=1e-5)


def test_prediction_is_the_sum_over_children_and_its_gradient_the_slope():
    from dataclasses import replace

    table = table_of()
    table["idaci"] = (table.index % 7) / 10
    cells = collapse(table, events="CIN", child=["fsm"], area=["idaci"], group="la")
    fit = fit_cells(cells)[0]
    (use,) = predict_use(cells, [fit])
    b = fit.params
    eta = b["Intercept"] + b["fsm[yes]"] * (table["fsm"] == "yes") + b["idaci"] * table["idaci"]
    by_hand = (1 / (1 + np.exp(-eta))).groupby(table["la"]).sum()
    np.testing.assert_allclose(use.children, by_hand, rtol=1e-12)
    for i in range(3):
        step = np.eye(3)[i] * 1e-6
        above, below = (
            predict_use(cells, [replace(fit, coefficients=fit.coefficients + sign * step)])[0]
            for sign in (1, -1)
        )
        slope = (above.children - below.children) / 2e-6
        np.testing.assert_allclose(use.gradient[:, i], slope, rtol=1e-6)


def test_prediction_for_other_drivers_is_refused():
    table = table_of()
    fit = fit_multilevel(table, events="CIN", child=["fsm"], group="la")
    table["fsm"] = table["fsm"].replace({"no": "none"})
    other = collapse(table, events="CIN", child=["fsm"], group="la")
    with pytest.raises(CypsError, match="not described as the model's were: fsm"):
        predict_use(other, [fit])


def test_areas_of_their_own_table_are_the_same_cells():
    table = table_of()
    table["area"] = table["la"] + (table.index % 3).astype(str)
    areas = pd.DataFrame({"area": [*sorted(set(table["area"])), "empty"]})
    areas["la"] = areas["area"].str[:4]
    areas["idaci"] = np.linspace(0, 1, len(areas))
    wide = table.merge(areas.drop(columns="la"), on="area")
    columns = {"events": "CIN", "child": ["fsm"], "area": ["idaci"], "group": "la"}
    by_row = fit_cells(collapse(wide, **columns))[0]
    by_key = fit_cells(collapse(table.drop(columns="la"), areas=areas, area_key="area", **columns))[
        0
    ]
    np.testing.assert_allclose(by_key.coefficients, by_row.coefficients, rtol=1e-10)
    with pytest.raises(CypsError, match=r"rows have an area .* not in the table of areas"):
        collapse(table, areas=areas[1:], area_key="area", **columns)


@pytest.mark.parametrize("interactions", [(), [("fsm", "idaci")]])
def test_an_area_category_that_no_row_has_needs_no_area(interactions):
    table = table_of()
    table["area"] = table["la"] + (table.index % 3).astype(str)
    areas = pd.DataFrame({"area": sorted(set(table["area"]), reverse=True)})
    areas["la"], areas["idaci"] = areas["area"].str[:4], np.linspace(0, 1, len(areas))
    asked = {"events": "CIN", "child": ["fsm"], "area": ["idaci"], "group": "la"}
    asked |= {"areas": areas, "area_key": "area", "interactions": interactions}
    table = table[table["la"] != areas["la"].iloc[4]]
    text = collapse(table, **asked)
    named = ["gone before", *sorted(set(table["area"])), "gone after"]
    as_category = collapse(table.assign(area=pd.Categorical(table["area"], named)), **asked)
    assert text.groups == as_category.groups
    for name in ("cell_start", "cell_slot", "cell_count", "slot_events", "area_events"):
        assert getattr(text, name).tobytes() == getattr(as_category, name).tobytes(), name
    shuffled = collapse(table.assign(area=pd.Categorical(table["area"], named[::-1])), **asked)
    assert shuffled.area_design.tobytes() == text.area_design.tobytes()
    assert shuffled.cell_count.tobytes() == text.cell_count.tobytes()


def test_continuous_child_drivers_are_numbered_as_they_occur():
    table = table_of(rows=3000)
    rng = np.random.default_rng(1)
    table["a"], table["b"] = rng.normal(size=3000), rng.normal(size=3000)
    fit = fit_multilevel(table, events="CIN", child=["a", "fsm", "b"], group="la")
    assert fit.converged
    assert list(fit.params.index) == ["Intercept", "a", "fsm[yes]", "b"]


def test_strongly_different_groups_are_reached():
    """Sigma alone worth more than everything else must still move (it once stood still)."""
    rng = np.random.default_rng(0)
    la = np.repeat(np.arange(400), 100)
    fsm = rng.random(la.size) < 0.3
    eta = -1 + 0.5 * fsm + rng.normal(0, 1.0, 400)[la]
    table = pd.DataFrame({"la": la, "fsm": np.where(fsm, "yes", "no")})
    table["CIN"] = rng.random(la.size) < 1 / (1 + np.exp(-eta))
    fit = fit_multilevel(table, events="CIN", child=["fsm"], group="la")
    assert fit.converged
    assert len(fit.fit_log) < 15
    assert fit.sigma == pytest.approx(1.0, abs=0.12)
    assert fit.params["fsm[yes]"] == pytest.approx(0.5, abs=4 * fit.bse["fsm[yes]"])


@pytest.mark.parametrize("nodes", [2, 3, 5])
def test_few_nodes_are_maximised_too(nodes):
    """The gradient follows the nodes: no point nearby has a higher likelihood."""
    from cyps.model.problem import problem_of
    from cyps.model.quadrature import adaptive_quadrature

    table = table_of(rows=270, groups=34, sigma=0.6, seed=0)
    cells = collapse(table, events="CIN", child=["fsm"], group="la")
    fit = fit_cells(cells, nagq=nodes)[0]
    assert fit.converged
    problem = problem_of(cells, 0)
    beta = np.linalg.solve(problem.to_own_scale, fit.coefficients)
    for sigma in fit.sigma * np.array([0.98, 1.02]):
        there = adaptive_quadrature(problem, beta, np.log(sigma), fit.group_effect, nodes)
        assert there.loglik < fit.loglik


def test_a_hill_beyond_no_variation_is_looked_for():
    """Tiny groups: wherever sigma ends, no sigma on a grid does better by more than rounding."""
    from cyps.model.laplace import laplace
    from cyps.model.problem import problem_of

    for seed in range(60):
        table = table_of(rows=36, groups=12, sigma=0.1, seed=seed)
        if table["CIN"].nunique() < 2:
            continue
        cells = collapse(table, events="CIN", child=[], group="la")
        fit = fit_cells(cells)[0]
        problem = problem_of(cells, 0)
        beta = np.linalg.solve(problem.to_own_scale, fit.coefficients)
        for sigma in (0.5, 1.0, 1.5, 2.5):
            there = laplace(problem, beta, np.log(sigma), np.zeros(problem.n_groups))
            assert there.loglik <= fit.loglik + 1e-6, (seed, sigma)


def test_a_category_of_areas_without_events_is_named():
    table = table_of()
    table["rural"] = np.where(table["la"] < "LA05", "rural", "urban")
    table["CIN"] &= table["rural"] == "urban"
    with pytest.raises(CypsError, match=r"'rural' of driver 'rural' .* happens to nobody in it"):
        fit_multilevel(table, events="CIN", child=["fsm"], area=["rural"], group="la")


def test_separation_by_a_number_names_the_driver():
    table = table_of()
    table["score"] = np.where(table["CIN"], 1.0, 0.0)
    fit = fit_multilevel(table, events="CIN", child=["fsm", "score"], group="la")
    assert not fit.converged
    assert "'score' runs off to infinity" in fit.verdict


def test_no_childs_value_is_in_a_message():
    table = table_of(rows=200)
    table["upn"] = [f"A{number:012d}" for number in range(200)]
    with pytest.raises(CypsError) as told:
        fit_multilevel(table, events="CIN", child=["upn"], group="la")
    assert "A0000" not in str(told.value)
    many = pd.concat([table] * 20, ignore_index=True)
    many["upn"] = [f"A{number:012d}" for number in range(4000)]
    with pytest.raises(CypsError, match="looks like an identifier") as told:
        fit_multilevel(many, events="CIN", child=["upn"], group="la")
    assert "A0000" not in str(told.value)


def test_a_driver_far_from_zero_predicts():
    table = table_of()
    table["year"] = 2000.0 + (table.index % 20)
    cells = collapse(table, events="CIN", child=["fsm"], area=["year"], group="la")
    fit = fit_cells(cells)[0]
    steep = fit.coefficients + np.array([-0.9 * 2010, 0, 0.9])
    from dataclasses import replace

    (use,) = predict_use(cells, [replace(fit, coefficients=steep)])
    eta = steep[0] + steep[1] * (table["fsm"] == "yes") + steep[2] * table["year"]
    by_hand = (1 / (1 + np.exp(-eta))).groupby(table["la"]).sum()
    np.testing.assert_allclose(use.children, by_hand, rtol=1e-9)


def test_groups_come_in_the_order_of_their_text():
    table = table_of()
    own_order = pd.Categorical(table["la"], sorted(set(table["la"]), reverse=True))
    fit = fit_multilevel(table.assign(la=own_order), events="CIN", child=["fsm"], group="la")
    assert list(fit.groups) == sorted(fit.groups)
    plain = fit_multilevel(table, events="CIN", child=["fsm"], group="la")
    np.testing.assert_allclose(fit.group_effect, plain.group_effect, atol=1e-9)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"events": ["CIN", "REF"]}, "Name one column of events"),
        ({"child": "fsm"}, r"as a list: child=\['fsm'\]"),
        ({"nagq": 7.0}, "nagq is 7.0"),
        ({"nagq": 0}, "nagq is 0"),
        ({"group": "mixed"}, "labels that read the same"),
        ({"child": ["mixed"]}, "categories that read the same"),
        ({"child": ["lists"]}, "cannot be told apart"),
        ({"events": "when"}, "dates or complex numbers, not counts"),
        ({"child": ["complex"]}, "complex numbers"),
        ({"trials": "huge", "events": "CIN"}, "more children than can be counted"),
        ({"trials": "only_one", "events": "none"}, "only one group with children"),
        ({"child": ["same"]}, None),
    ],
)
def test_odd_questions_get_a_sentence(asked, says):
    table = table_of()
    table["mixed"] = [1 if number % 2 else "1" for number in range(len(table))]
    table["lists"] = [[1]] * len(table)
    table["when"] = pd.Timestamp("2026-01-01")
    table["complex"] = 1j
    table["huge"] = 2**62
    table["only_one"] = np.where(table["la"] == "LA00", 5, 0)
    table["none"] = np.where(table["la"] == "LA00", 1, 0)
    table["same"] = 3.0
    question = {"events": "CIN", "child": ["fsm"], "group": "la"} | asked
    if says is None:
        fit = fit_multilevel(table, **question)
        assert "'same' is the same for every child" in fit.verdict
        return
    with pytest.raises(CypsError, match=says):
        fit_multilevel(table, **question)


def test_columns_of_one_name_and_other_tables_are_refused():
    table = table_of()
    with pytest.raises(CypsError, match="more than one column named CIN"):
        fit_multilevel(pd.concat([table, table["CIN"]], axis=1), events="CIN", group="la")
    with pytest.raises(CypsError, match="give a pandas DataFrame"):
        fit_multilevel([1, 2], events="CIN", group="la")


def test_exactly_as_many_values_as_patterns_hold():
    table = table_of(rows=70_000)
    table["x"] = np.arange(70_000) % 65_536 / 65_536
    fit = fit_multilevel(table, events="CIN", child=["x", "fsm"], group="la")
    assert fit.converged


@pytest.mark.parametrize("seed", [0, 14, 24])
def test_small_samples_converge_by_exact_curvature(seed):
    """Three children a group that differ strongly: by approximate curvature it takes over 100."""
    table = table_of(rows=60, groups=20, sigma=3.0, seed=seed)
    fit = fit_multilevel(table, events="CIN", child=["fsm"], group="la")
    assert fit.converged
    assert len(fit.fit_log) < 40


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"events": 5}, "Events in 'events' are more than the trials in 1 rows"),
        ({"idaci": np.inf}, "'idaci' is infinite"),
    ],
)
def test_impossible_cells_are_refused(change, says):
    table = pd.DataFrame(
        {"la": ["A", "A", "B"], "trials": [4, 4, 4], "events": [1, 2, 1], "idaci": [0.1, 0.2, 0.3]}
    )
    table.loc[0, list(change)] = list(change.values())
    with pytest.raises(CypsError, match=says):
        collapse(table, events="events", trials="trials", child=[], area=["idaci"], group="la")


def test_an_area_that_comes_twice_is_refused():
    table = table_of()
    areas = pd.DataFrame({"area": ["x", "x"], "la": ["LA00", "LA01"]})
    with pytest.raises(CypsError, match="has some 'area' more than once"):
        collapse(
            table.assign(area="x"), events="CIN", child=[], group="la", areas=areas, area_key="area"
        )
