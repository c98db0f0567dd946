"""What a fit answers: statsmodels' names, intervals, kinds of errors, dummies, verdicts."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import pytest

from cyps.cells import collapse
from cyps.errors import CypsError
from cyps.model import fit_cells, fit_dummies, fit_multilevel, fit_plain
from made_samples import drawn_children
from unit.test_model import table_of


def wide_table(**options) -> pd.DataFrame:
    table = table_of(**options)
    rng = np.random.default_rng(4)
    table["lsoa"] = table["la"] + "-" + (table.index % 3).astype(str)
    names = sorted(table["lsoa"].unique())
    table["idaci"] = table["lsoa"].map(dict(zip(names, rng.random(len(names)), strict=True)))
    table["rural"] = np.where(table["lsoa"].str[-1] == "1", "rural", "urban")
    table["sex"] = rng.choice(["female", "male"], len(table))
    table["alcohol"] = table["la"].str[-2:].astype(float) ** 2
    return table


COLUMNS = {"events": "CIN", "child": ["sex", "fsm"], "area": ["idaci"], "group": "la"}


@pytest.fixture(scope="module")
def fit():
    return fit_multilevel(wide_table(), **COLUMNS)


def test_it_answers_by_statsmodels_names(fit):
    labels = ["Intercept", "sex[male]", "fsm[yes]", "idaci"]
    for series in (fit.params, fit.bse, fit.tvalues, fit.zvalues, fit.pvalues):
        assert list(series.index) == labels
    assert list(fit.conf_int().columns) == [0, 1]
    np.testing.assert_allclose(fit.zvalues, fit.params / fit.bse)
    from scipy.stats import norm

    np.testing.assert_allclose(fit.pvalues, 2 * norm.sf(np.abs(fit.zvalues)), rtol=1e-12)
    np.testing.assert_allclose(
        fit.conf_int(alpha=0.1)[1], fit.params + norm.ppf(0.95) * fit.bse, rtol=1e-12
    )
    assert fit.nobs == 4000
    assert fit.aic == pytest.approx(-2 * fit.llf + 2 * 5)
    assert fit.bic == pytest.approx(-2 * fit.llf + 5 * np.log(4000))
    ratios = fit.odds_ratios()
    assert list(ratios.columns) == ["odds_ratio", 0, 1]
    assert ratios.loc["fsm[yes]", "odds_ratio"] == pytest.approx(np.exp(fit.params["fsm[yes]"]))
    assert "Intercept" not in ratios.index


def test_summary_says_what_was_fitted(fit):
    text = fit.summary()
    for line in (
        "Two-level logistic regression",
        "AIC:",
        "median odds ratio",
        "[0.025",
        "converged:",
    ):
        assert line in text
    assert max(len(line) for line in text.split("\n")) <= 79
    assert f"{fit.params['idaci']:.4f}" in text


def test_few_groups_are_told():
    def told(fit):
        lines = fit.summary().split("\n")
        assert max(map(len, lines)) <= 79
        return " ".join(lines)

    few, enough = (collapse(wide_table(groups=n), **COLUMNS) for n in (29, 30))
    (fit,) = fit_cells(few)
    assert "Only 29 groups: with fewer than 30, sigma comes out too low, and intervals" in told(fit)
    assert "robust" not in told(fit)
    assert "robust errors are too small." in told(fit.with_covariance("cluster"))
    assert "Only 29" not in told(fit_plain(few)[0])
    robust = told(fit_plain(few, cov_type="cluster")[0])
    assert "Only 29 groups: with fewer than 30, robust errors are too small." in robust
    for fits in (fit_cells(enough, cov_type="cluster"), fit_plain(enough, cov_type="cluster")):
        assert "Only" not in told(fits[0])


def test_groups_effects_have_a_table(fit):
    effects = fit.random_effects
    assert effects.index.tolist() == list(fit.groups)
    assert (effects["sd"] > 0).all()
    assert (effects["sd"] < fit.sigma).all()


def test_sigma_says_icc_and_median_odds_ratio(fit):
    table = fit.heterogeneity()
    for name in ("sigma", "icc", "median_odds_ratio"):
        assert table.loc[name, 0] < table.loc[name, "estimate"] < table.loc[name, 1]
    assert fit.icc == pytest.approx(fit.sigma**2 / (fit.sigma**2 + np.pi**2 / 3))
    # Larsen and Merlo 2005: sigma 1 gives 2.60.
    from dataclasses import replace

    assert replace(fit, sigma=1.0).median_odds_ratio == pytest.approx(2.596, abs=5e-4)


def test_profile_ends_are_where_the_likelihood_has_fallen(fit):
    """Held at an end (by an offset put into the data), the refit's likelihood is 1.92 less."""
    from scipy.optimize import minimize

    from cyps.model.laplace import laplace
    from cyps.model.standing import stand

    at = stand(fit)
    ends = fit.conf_int(method="profile").loc["fsm[yes]"]
    place = fit.labels.index("fsm[yes]")
    for end in ends:

        def fallen(free, end=end):
            own = np.insert(free[:-1], place, end)
            beta = np.linalg.solve(at.problem.to_own_scale, own)
            return -laplace(at.problem, beta, free[-1], at.here.effect).loglik

        start = np.append(np.delete(fit.coefficients, place), at.log_sigma)
        best = -minimize(fallen, start, method="BFGS").fun
        assert 2 * (at.here.loglik - best) == pytest.approx(3.8414588, abs=1e-4)


def test_profile_of_sigma_by_brute_force(fit):
    from scipy.optimize import minimize

    from cyps.model.laplace import laplace
    from cyps.model.standing import stand

    at = stand(fit)
    for end in fit.heterogeneity(method="profile").loc["sigma", [0, 1]]:

        def fallen(beta, end=end):
            here = laplace(at.problem, beta, np.log(end), at.here.effect)
            return -here.loglik, -here.gradient

        best = -minimize(fallen, at.beta, jac=True, method="BFGS").fun
        assert 2 * (at.here.loglik - best) == pytest.approx(3.8414588, abs=1e-4)


def test_no_variation_has_an_interval_from_zero():
    one = pd.DataFrame({"fsm": ["no"] * 50 + ["yes"] * 20, "CIN": ([1] + [0] * 9) * 7})
    table = pd.concat([one.assign(la=la) for la in "ABCDEF"])
    fit = fit_multilevel(table, events="CIN", child=["fsm"], group="la")
    lower, upper = fit.heterogeneity(method="profile").loc["sigma", [0, 1]]
    assert lower == 0
    assert 0.05 < upper < 2
    assert np.isnan(fit.heterogeneity().loc["sigma", 1])
    assert "sigma, groups" in fit.summary()


def test_convergence_is_looked_at_three_ways(fit):
    check = fit.convergence()
    assert check.passed
    assert check.gradient < 1e-5
    assert check.flattest > 0
    assert check.second_start < 1e-4
    from dataclasses import replace

    moved = fit.coefficients.copy()
    moved[2] += 0.1 * fit.bse["fsm[yes]"]
    wrong = replace(fit, coefficients=moved).convergence()
    assert not wrong.passed
    assert "the gradient is still worth 0.1 standard errors" in wrong.words
    assert fit_plain(collapse(wide_table(), **COLUMNS))[0].convergence().passed


def test_a_pickled_fit_leaves_its_cells_behind(fit):
    again = pickle.loads(pickle.dumps(fit))  # noqa: S301
    assert again.counted is None
    assert again.params.equals(fit.params)
    assert "sigma, groups" in again.summary()
    with pytest.raises(CypsError, match="without its cells, which never travel"):
        again.conf_int(method="profile")


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda fit: fit.conf_int(method="bootstrap"), "'wald' or 'profile'"),
        (lambda fit: fit.conf_int(alpha=5), "alpha is 5"),
        (lambda fit: fit.conf_int(labels=["fsm"]), "no coefficient fsm; there are Intercept"),
        (lambda fit: fit.with_covariance("robust"), "'given sigma', 'observed' or 'cluster'"),
    ],
)
def test_odd_asks_get_a_sentence(fit, ask, says):
    with pytest.raises(CypsError, match=says):
        ask(fit)


# Plain, dummies and robust errors against statsmodels


def _statsmodels(table, formula, **options):
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    table = table.assign(y=table["CIN"].astype(float))
    return smf.glm(formula, table, family=sm.families.Binomial()).fit(tol=1e-13, **options)


def test_plain_is_statsmodels_glm_robust_errors_too():
    table = wide_table()
    cells = collapse(table, **COLUMNS)
    (plain,) = fit_plain(cells)
    theirs = _statsmodels(table, "y ~ sex + fsm + idaci")
    np.testing.assert_allclose(plain.params, theirs.params, atol=1e-8)
    np.testing.assert_allclose(plain.bse, theirs.bse, rtol=1e-6)
    assert plain.llf == pytest.approx(theirs.llf, abs=1e-8)
    assert plain.aic == pytest.approx(theirs.aic, abs=1e-7)
    groups = {"groups": pd.factorize(table["la"])[0]}
    robust = _statsmodels(table, "y ~ sex + fsm + idaci", cov_type="cluster", cov_kwds=groups)
    (ours,) = fit_plain(cells, cov_type="cluster")
    # statsmodels multiplies by (n - 1)/(n - k) besides J/(J - 1).
    np.testing.assert_allclose(ours.bse * np.sqrt(3999 / 3996), robust.bse, rtol=1e-6)
    bare = _statsmodels(
        table, "y ~ sex + fsm + idaci", cov_type="cluster",
        cov_kwds=groups | {"use_correction": False},
    )  # fmt: skip
    np.testing.assert_allclose(ours.bse, bare.bse * np.sqrt(20 / 19), rtol=1e-6)


def test_dummies_are_statsmodels_with_dummies():
    table = wide_table()
    (ours,) = fit_dummies(collapse(table, **COLUMNS))
    theirs = _statsmodels(table, "y ~ 0 + C(la) + sex + fsm + idaci")
    np.testing.assert_allclose(ours.params.iloc[1:], theirs.params.iloc[20:], atol=1e-7)
    np.testing.assert_allclose(ours.bse.iloc[1:], theirs.bse.iloc[20:], rtol=1e-5)
    assert ours.llf == pytest.approx(theirs.llf, abs=1e-7)
    assert ours.aic == pytest.approx(theirs.aic, abs=1e-6)
    own = theirs.params.iloc[:20].to_numpy()
    assert ours.params["Intercept"] == pytest.approx(own.mean(), abs=1e-7)
    np.testing.assert_allclose(ours.group_effect, own - own.mean(), atol=1e-7)
    V = theirs.cov_params().to_numpy()[:20, :20]
    from_mean = np.eye(20) - 1 / 20
    np.testing.assert_allclose(ours.group_sd**2, np.diag(from_mean @ V @ from_mean), rtol=1e-5)
    assert ours.bse["Intercept"] == pytest.approx(np.sqrt(V.mean()), rel=1e-5)
    groups = {"groups": pd.factorize(table["la"])[0]}
    robust = _statsmodels(
        table, "y ~ 0 + C(la) + sex + fsm + idaci", cov_type="cluster", cov_kwds=groups
    )
    (ours,) = fit_dummies(collapse(table, **COLUMNS), cov_type="cluster")
    scaled = ours.bse.iloc[1:] * np.sqrt(3999 / (4000 - 23))
    np.testing.assert_allclose(scaled, robust.bse.iloc[20:], rtol=1e-5)
    assert np.isnan(ours.bse["Intercept"])


def test_a_group_without_events_is_named_and_left_out_by_dummies():
    table = wide_table()
    table["CIN"] &= ~table["la"].isin(["LA03", "LA11"])
    table["CIN"] |= table["la"] == "LA07"
    (ours,) = fit_dummies(collapse(table, **COLUMNS))
    assert ours.converged
    assert "nobody has the event in LA03, LA11" in ours.verdict
    assert "everybody has the event in LA07" in ours.verdict
    assert ours.random_effects.loc["LA03", "effect"] == -np.inf
    assert ours.random_effects.loc["LA07", "effect"] == np.inf
    (without,) = fit_dummies(
        collapse(table[~table["la"].isin(["LA03", "LA07", "LA11"])], **COLUMNS)
    )
    np.testing.assert_allclose(ours.params, without.params, atol=1e-9)
    assert ours.llf == pytest.approx(without.llf, abs=1e-9)
    (mixed,) = fit_cells(collapse(table, **COLUMNS))
    assert mixed.converged
    assert np.isfinite(mixed.group_effect).all()


def test_a_thousand_dummies_converge():
    table = table_of(rows=60_000, groups=1000)
    (ours,) = fit_dummies(collapse(table, events="CIN", child=["fsm"], group="la"))
    assert ours.converged
    assert len(ours.fit_log) < 10
    assert ours.params["fsm[yes]"] == pytest.approx(0.8, abs=5 * ours.bse["fsm[yes]"])


def test_dummies_refuse_what_is_the_same_within_groups():
    cells = collapse(wide_table(), authority=["alcohol"], **COLUMNS)
    with pytest.raises(CypsError, match="'alcohol' is the same for every child of a group"):
        fit_dummies(cells)
    assert fit_cells(cells)[0].converged


def test_robust_errors_are_the_sandwich_of_brute_force_scores(fit):
    """Each group's score by differences of its own likelihood, the information likewise."""
    from cyps.model.laplace import laplace
    from cyps.model.problem import problem_of
    from cyps.model.standing import stand

    at = stand(fit)
    cells = fit.its_cells().cells
    whole = np.append(at.beta, at.log_sigma)
    k = whole.size
    # One group at a time is a problem of its own on the same standardised columns.
    from dataclasses import replace

    def of_group(j):
        keep = np.arange(len(cells.groups)) == j
        alone = problem_of(cells.only(keep), 0)
        areas = slice(cells.area_start[j], cells.area_start[j + 1])
        slots = slice(cells.slot_start[j], cells.slot_start[j + 1])
        shared = at.problem
        events = np.append(
            shared.slot_design[slots].T @ cells.slot_events[0, slots],
            shared.area_design[areas].T @ cells.area_events[0, areas],
        )
        return replace(
            alone, pattern_design=shared.pattern_design, slot_design=shared.slot_design[slots],
            area_design=np.ascontiguousarray(shared.area_design[areas]), events_by_column=events,
        )  # fmt: skip

    scores = np.empty((len(cells.groups), k))
    for j in range(len(cells.groups)):
        problem, start = of_group(j), at.here.effect[[j]]
        for i in range(k):
            step = np.eye(k)[i] * 1e-5
            up, down = whole + step, whole - step
            scores[j, i] = (
                laplace(problem, up[:-1], up[-1], start).loglik
                - laplace(problem, down[:-1], down[-1], start).loglik
            ) / 2e-5
    information = np.empty((k, k))
    for i in range(k):
        step = np.eye(k)[i] * 1e-4
        up, down = whole + step, whole - step
        above, below = (
            laplace(at.problem, point[:-1], point[-1], at.here.effect) for point in (up, down)
        )
        information[i] = (
            np.append(
                below.gradient - above.gradient, below.gradient_log_sigma - above.gradient_log_sigma
            )
            / 2e-4
        )
    inverse = np.linalg.inv(information)
    J, T = len(scores), at.problem.to_own_scale
    expected = T @ (inverse @ scores.T @ scores @ inverse * J / (J - 1))[:-1, :-1] @ T.T
    robust = fit.with_covariance("cluster")
    np.testing.assert_allclose(robust.covariance, expected, rtol=1e-4)
    observed = fit.with_covariance("observed")
    np.testing.assert_allclose(
        observed.covariance, T @ inverse[:-1, :-1] @ T.T, rtol=1e-6, atol=1e-12
    )
    assert robust.cov_type == "cluster"
    assert "robust, by group" in robust.summary()


def test_a_summary_fits_79_columns_whatever_the_labels():
    """Ethnicity's categories are long, those of their interactions longer."""
    table = drawn_children(authorities=6, areas=4)
    long = "White and Black Caribbean or any other mixed background"
    table["ethnicity"] = np.where(table["noise"] == "b", long, "White British")
    cells = collapse(
        table, events="CIN", child=["ethnicity", "fsm"], interactions=[("ethnicity", "fsm")],
        references={"ethnicity": "White British"}, group="la",
    )  # fmt: skip
    (fit,) = fit_cells(cells)
    lines = fit.summary().splitlines()
    assert max(map(len, lines)) <= 79
    labels = [re.sub(r"(\s+-?\d[\d.e-]*){7}$", "", line) for line in lines]
    joined = "".join(labels).replace(" ", "")
    assert f"ethnicity[{long}]fsm".replace(" ", "") in joined
    assert f"ethnicity[{long}]:fsm[yes]".replace(" ", "") in joined
    for label in fit.labels:
        row = next(line for line in lines if f" {fit.params[label]:.4f} " in line)
        assert f"{fit.bse[label]:.4f}" in row
    short = fit_cells(cells.without_drivers(["ethnicity", "ethnicity:fsm"]))[0].summary()
    assert max(map(len, short.splitlines())) <= 79
