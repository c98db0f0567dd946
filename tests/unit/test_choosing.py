"""Candidate drivers: the tests' numbers by hand, and what the criteria say of a known truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import chi2, norm

from cyps.cells import collapse
from cyps.choosing import (
    Criteria,
    choose_drivers,
    hold_out,
    likelihood_ratio,
    needs_shares_of,
    share_move,
)
from cyps.errors import CypsError
from cyps.model import fit_cells, predict_use
from made_samples import drawn_cells, drawn_children

WEIGHTS = {"CIN": 0.6, "CARE": 0.4}


@pytest.fixture(scope="module")
def table():
    return drawn_children(alcohol=0.5)


@pytest.fixture(scope="module")
def cells(table):
    return drawn_cells(table)


@pytest.fixture(scope="module")
def choice(cells):
    candidates = ["idaci", "noise", "nothing", "alcohol", "rural"]
    return choose_drivers(cells, ["fsm"], candidates, weights=WEIGHTS)


def test_what_matters_is_accepted_and_what_does_not_is_not(choice):
    assert choice.drivers == ("fsm", "idaci", "alcohol")
    assert [t.level for t in choice.tests] == ["area", "child", "area", "authority", "authority"]
    assert choice.tests[3].against == ("fsm", "idaci")
    frame = choice.criteria_frame().set_index(["candidate", "criterion"])["met"]
    assert frame["idaci"].all()
    assert frame["alcohol"].all()
    assert not frame["rural"].all()
    assert not frame["noise", "significant"]
    assert not frame["noise", "matters"]  # every authority has half of each


def test_a_level_two_candidate_that_does_nothing_is_seldom_accepted():
    accepted = 0
    for seed in range(8):
        cells = drawn_cells(
            drawn_children(seed, authorities=16, areas=4, each=40), ["CIN"], ["idaci", "rural"]
        )
        accepted += "rural" in choose_drivers(cells, ["idaci"], ["rural"]).drivers
    assert accepted <= 1


def test_numbers_are_those_of_fits_made_by_hand(table, cells, choice):
    small = fit_cells(drawn_cells(table, drivers=["fsm", "idaci"]))
    large = fit_cells(drawn_cells(table, drivers=["fsm", "idaci", "alcohol"]))
    rows = choice.to_frame().set_index(["candidate", "metric"]).loc["alcohol"]
    for a, b in zip(small, large, strict=True):
        twice = 2 * (b.loglik - a.loglik)
        row = rows.loc[a.metric]
        assert row["chi2"] == pytest.approx(twice, abs=1e-6)
        assert row["df"] == 1
        assert row["p"] == pytest.approx(chi2.sf(twice, 1), rel=1e-5)
        assert (row["sigma_before"], row["sigma_after"]) == pytest.approx((a.sigma, b.sigma))
    before = _shares_by_hand(small)
    after = _shares_by_hand(large)
    change = np.abs(after / before - 1)
    row = rows.loc["CIN"]
    assert abs(row["share_largest"]) == pytest.approx(change.max(), rel=1e-6)
    assert row["share_mean_absolute"] == pytest.approx(change.mean(), rel=1e-6)
    assert row["share_largest_in"] == cells.groups[change.argmax()]
    for least in (1, 3, 5):
        assert row[f"moved_over_{least}%"] == (change > least / 100).sum()


def _shares_by_hand(fits):
    used = [predict_use(fit.counted.cells, [fit])[0].children for fit in fits]
    return sum(WEIGHTS[f.metric] * u / u.sum() for f, u in zip(fits, used, strict=True))


def test_held_out_deviance_is_the_integral_over_an_unknown_effect(table):
    cells = drawn_cells(table, ["CIN"], ["fsm", "idaci"])
    out = hold_out(cells, folds=4, nagq=15)
    part = np.random.default_rng(2019).permutation(24) % 4
    j = 5
    left = [cells.groups[i] for i in np.flatnonzero(part == part[j])]
    fit = fit_cells(
        drawn_cells(table[~table["la"].isin(left)], ["CIN"], ["fsm", "idaci"]), nagq=15
    )[0]
    mine = table[table["la"] == cells.groups[j]]
    eta = fit.params["Intercept"] + fit.params["fsm[yes]"] * (mine["fsm"] == "yes")
    eta = (eta + fit.params["idaci"] * mine["idaci"]).to_numpy()
    y = mine["CIN"].to_numpy()

    def loglik(u):
        return float((y * (eta + u)).sum() - np.logaddexp(0, eta + u).sum())

    top = max(loglik(u) for u in np.linspace(-1, 1, 201))
    area, _ = quad(
        lambda u: np.exp(loglik(u) - top) * norm.pdf(u, 0, fit.sigma), -2, 2, epsabs=1e-13
    )
    assert out.deviance[0, j] == pytest.approx(-2 * (top + np.log(area)), abs=1e-5)
    assert out.predicted[0, j] == pytest.approx((1 / (1 + np.exp(-eta))).sum(), rel=1e-6)
    assert out.observed[0, j] == y.sum()
    rate, expected = out.observed[0] / out.children, out.predicted[0] / out.children
    mean = np.average(rate, weights=out.children)
    by_hand = 1 - np.average((rate - expected) ** 2, weights=out.children) / np.average(
        (rate - mean) ** 2, weights=out.children
    )
    assert out.r_squared[0] == pytest.approx(by_hand, rel=1e-12)


def test_every_authority_is_held_out_once_and_alike_for_all_models(cells):
    less = hold_out(cells.without_drivers(["noise", "rural"]), folds=5)
    more = hold_out(cells, folds=5)
    assert len(more.fits) == 5
    kept = [set(fold[0].groups) for fold in more.fits]
    assert kept == [set(fold[0].groups) for fold in less.fits]
    left = [name for groups in kept for name in set(cells.groups) - groups]
    assert sorted(left) == sorted(cells.groups)


def test_without_drivers_is_counting_without_them(table, cells):
    fewer = fit_cells(cells.without_drivers(["noise", "nothing", "alcohol", "rural"]))
    counted = fit_cells(drawn_cells(table, drivers=["fsm", "idaci"]))
    for a, b in zip(fewer, counted, strict=True):
        assert a.labels == b.labels
        assert a.coefficients == pytest.approx(b.coefficients, abs=1e-7)
        assert a.loglik == pytest.approx(b.loglik, abs=1e-7)


def test_without_drivers_refuses_strangers_and_interactions_of_what_goes(table):
    cells = collapse(
        table, events="CIN", child=["fsm"], area=["idaci"], interactions=[("fsm", "idaci")],
        group="la",
    )  # fmt: skip
    with pytest.raises(CypsError, match="no driver fsm2 to leave out"):
        cells.without_drivers(["fsm2"])
    with pytest.raises(CypsError, match=r"stays: fsm:idaci \(idaci\)"):
        cells.without_drivers(["idaci"])
    assert cells.without_drivers(["idaci", "fsm:idaci"]).labels == ("Intercept", "fsm[yes]")


def test_alone_tests_each_against_the_start(cells):
    alone = choose_drivers(
        cells, ["fsm"], ["idaci", ["alcohol", "rural"]], weights=WEIGHTS, each="alone"
    )
    assert [t.against for t in alone.tests] == [("fsm",), ("fsm",)]
    assert alone.tests[1].candidate == "alcohol + rural"
    assert alone.to_frame()["df"].tolist() == [1, 1, 2, 2]


def test_criteria_decide(cells):
    strict = choose_drivers(
        cells, ["fsm"], ["idaci"], weights=WEIGHTS, criteria=Criteria(least_move=0.9)
    )
    (test,) = strict.tests
    assert [v.criterion for v in test.verdicts if not v.met] == ["matters"]
    assert strict.drivers == ("fsm",)
    with pytest.raises(CypsError, match="significance lies between 0 and 1"):
        Criteria(significance=5)


def test_a_candidate_that_cannot_be_fitted_says_why(table):
    twice = table.assign(again=2 * table["idaci"])
    cells = collapse(twice, events="CIN", child=["fsm"], area=["idaci", "again"], group="la")
    choice = choose_drivers(cells, ["fsm", "idaci"], ["again"])
    (verdict,) = choice.tests[0].verdicts
    assert (verdict.criterion, verdict.met) == ("fits", False)
    assert "'again' says nothing that 'idaci' does not say already" in verdict.why
    assert choice.drivers == ("fsm", "idaci")
    assert "again (area): not accepted" in str(choice)
    assert choice.to_frame().empty


def test_text_says_met_or_not_and_why(choice):
    text = str(choice)
    assert max(map(len, text.splitlines())) <= 79
    assert "alcohol (authority): ACCEPTED" in text
    assert "rural (authority): not accepted" in text
    assert text.endswith("Drivers: fsm, idaci, alcohol")


@pytest.mark.parametrize(
    ("start", "candidates", "more", "said"),
    [
        (["fsm"], ["fms"], {}, "no driver fms; they have fsm, noise"),
        (["fsm"], ["fsm"], {}, "fsm is named more than once"),
        ("fsm", ["idaci"], {}, r"start=\['fsm'\]"),
        (["fsm"], ["idaci"], {"weights": None}, "put CIN, CARE together by cost weight"),
        (["fsm"], ["idaci"], {"weights": {"CIN": 1, "REF": 1}}, "given for REF"),
        (["fsm"], ["idaci"], {"each": "both"}, "'in turn' or 'alone'"),
        (["fsm"], ["idaci"], {"folds": 25}, "24 authorities cannot be held out in 25 parts"),
    ],
)
def test_refusals(cells, start, candidates, more, said):
    with pytest.raises(CypsError, match=said):
        choose_drivers(cells, start, candidates, **({"weights": WEIGHTS} | more))


def test_likelihood_ratio_refuses_what_is_not_nested(table):
    one = fit_cells(drawn_cells(table, ["CIN"], ["fsm"]))[0]
    other = fit_cells(drawn_cells(table, ["CIN"], ["idaci", "noise"]))[0]
    with pytest.raises(CypsError, match=r"not nested: the larger lacks fsm\[yes\]"):
        likelihood_ratio(one, other)
    with pytest.raises(CypsError, match="nothing to test"):
        likelihood_ratio(one, one)
    fewer = fit_cells(drawn_cells(table.iloc[:-1], ["CIN"], ["fsm", "idaci"]))[0]
    with pytest.raises(CypsError, match="different numbers of children"):
        likelihood_ratio(one, fewer)


def test_shares_sum_to_one_and_moves_are_parts_of_what_was(cells):
    fits = fit_cells(cells)
    assert needs_shares_of(cells, fits, WEIGHTS).sum() == pytest.approx(1)
    before = pd.Series({"A": 0.5, "B": 0.3, "C": 0.2, "gone": 0.1})
    move = share_move(before, pd.Series({"A": 0.52, "B": 0.2997, "C": 0.18, "new": 0.5}))
    assert move.largest == pytest.approx(-0.1)
    assert move.authority == "C"
    assert move.moved == (2, 2, 1)
    assert move.mean_absolute == pytest.approx((0.04 + 0.001 + 0.1) / 3)


def test_likelihood_ratio_refuses_a_larger_fit_that_is_less_likely(table):
    smaller = fit_cells(drawn_cells(table, ["CIN"], ["fsm"]))[0]
    larger = fit_cells(drawn_cells(table, ["CIN"], ["fsm", "idaci"]))[0]
    other_children = replace(larger, loglik=smaller.loglik - 250)
    with pytest.raises(CypsError, match="lower likelihood, by 250"):
        likelihood_ratio(smaller, other_children)
