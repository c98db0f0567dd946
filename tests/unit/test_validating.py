"""Validation: against children one by one, closed forms, and models known to be wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import nquad, quad
from scipy.stats import mannwhitneyu, norm
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from cyps.cells import collapse, recounted
from cyps.choosing import hold_out
from cyps.cli import main
from cyps.errors import CypsError
from cyps.model import fit_cells, fit_dummies, fit_plain, fit_three_levels, predict_use
from cyps.validating import Judged, areas, auc, checks, halves, measures, validate, write_report
from cyps.validating.chances import (
    authority_of_cells,
    averaged,
    hold_out_each,
    log_odds,
    place_of_cells,
    spread_of,
)
from cyps.validating.groups import groupings, hidden, table_of
from cyps.validating.report import markdown
from cyps.validating.validate import judged, practice
from made_samples import drawn_children

NESTED = Path(__file__).parents[1] / "reference" / "synthetic_nested.csv"


def count(table, metrics=("CIN", "CARE")):
    return collapse(
        table, events=list(metrics), child=["fsm", "noise"], area=["idaci"], group="la",
        area_key="lsoa", events_by_cell=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def table():
    return drawn_children(authorities=12, areas=6)


@pytest.fixture(scope="module")
def cells(table):
    return count(table)


@pytest.fixture(scope="module")
def fits(cells):
    return fit_cells(cells)


@pytest.fixture(scope="module")
def found(cells, fits):
    return validate(cells, fits)


def test_events_of_cells_are_those_of_the_rows(table, cells):
    keys = ["la", "lsoa", "fsm", "noise"]
    # Areas stand in the order of their names as text.
    by_hand = (
        table.assign(lsoa=table["lsoa"].astype(str))
        .groupby(keys)[["CIN", "CARE"]]
        .agg(["size", "sum"])
        .sort_index()
    )
    assert cells.cell_events[0].tolist() == by_hand["CIN", "sum"].tolist()
    assert cells.cell_events[1].tolist() == by_hand["CARE", "sum"].tolist()
    kept = cells.only(np.arange(12) % 2 == 0)
    assert (kept.cell_events.sum(axis=1) == kept.events).all()
    with_trials = (
        by_hand["CIN"]
        .reset_index()
        .merge(table[["lsoa", "idaci"]].drop_duplicates().astype({"lsoa": str}), on="lsoa")
    )
    again = collapse(
        with_trials, events="sum", trials="size", child=["fsm", "noise"], area=["idaci"],
        group="la", area_key="lsoa", events_by_cell=True,
    )  # fmt: skip
    assert again.cell_events[0].tolist() == cells.cell_events[0].tolist()


def test_recounted_as_they_are_nothing_changes(cells):
    again = recounted(cells, cells.cell_count, cells.cell_events)
    for name in ("cell_slot", "slot_pattern", "slot_events", "area_events", "small_area"):
        assert (getattr(again, name) == getattr(cells, name)).all()


def test_recounted_equals_counting_fewer_rows(table):
    some = table[(table["la"] != "LA03") & ~((table["lsoa"] == 5) & (table["fsm"] == "yes"))]
    whole, part = count(table), count(some)
    area = np.repeat(whole.small_areas[whole.small_area], np.diff(whole.cell_start))
    fsm = whole.child_design[whole.slot_pattern[whole.cell_slot], 0] == 1
    la = np.repeat(np.array(whole.groups), np.diff(whole.cell_start[whole.area_start]))
    keep = (la != "LA03") & ~((area == 5) & fsm)
    made = recounted(whole, whole.cell_count * keep, whole.cell_events * keep)
    assert made.groups == part.groups
    for name in ("area_start", "cell_start", "slot_start", "cell_slot", "cell_count",
                 "cell_events", "slot_events", "area_events"):  # fmt: skip
        assert (getattr(made, name) == getattr(part, name)).all(), name
    for mine, theirs in zip(fit_cells(made), fit_cells(part), strict=True):
        assert mine.coefficients == pytest.approx(theirs.coefficients, abs=1e-7)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.1, 0.2, 0.2 + 1e-15, 0.7]), *[st.integers(0, 4)] * 2),
        min_size=2, max_size=12,
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_auc_is_that_of_every_pair_of_children(drawn):
    chance, have, have_not = (np.array(each) for each in zip(*drawn, strict=True))
    if not have.sum() or not have_not.sum():
        return
    # 0.2 and 0.2 + 1e-15 are the same sum in another order, and so a tie.
    p = np.round(chance, 12)
    u = mannwhitneyu(p.repeat(have), p.repeat(have_not)).statistic
    expected = u / (have.sum() * have_not.sum())
    assert auc(chance, (have + have_not).astype(float), have.astype(float)) == pytest.approx(
        expected
    )


def test_measures_are_those_of_children_one_by_one():
    rng = np.random.default_rng(3)
    n = rng.integers(1, 9, 60)
    p = rng.uniform(0.02, 0.6, 60)
    y = rng.binomial(n, np.clip(1.4 * p, 0, 1))
    la = np.arange(60) % 6
    got = measures(Judged(p, n.astype(float), y.astype(float), la))
    one = np.concatenate([[1] * b + [0] * (a - b) for a, b in zip(n, y, strict=True)])
    chance, who = p.repeat(n), la.repeat(n)
    assert got.brier == pytest.approx(np.mean((one - chance) ** 2))
    assert got.log_loss == pytest.approx(-np.mean(np.log(np.where(one == 1, chance, 1 - chance))))
    logit = np.log(chance / (1 - chance))
    robust = {"cov_type": "cluster", "cov_kwds": {"groups": who, "use_correction": False}}
    slope = GLM(one, np.column_stack([np.ones(one.size), logit]), Binomial()).fit(**robust)
    shift = GLM(one, np.ones(one.size), Binomial(), offset=logit).fit(**robust)
    few = np.sqrt(6 / 5)
    assert (got.slope, got.slope_error) == pytest.approx(
        (slope.params[1], slope.bse[1] * few), rel=1e-6
    )
    assert (got.intercept, got.intercept_error) == pytest.approx(
        (shift.params[0], shift.bse[0] * few), rel=1e-6
    )


def test_warm_leaving_out_is_cold_leaving_out(cells, fits, found):
    cold = hold_out(cells, folds=len(cells.groups))
    warm = hold_out_each(cells, fits, np.arange(len(cells.groups)))
    assert warm.use == pytest.approx(cold.predicted, rel=1e-6)
    assert found.metrics[0].held_out.predicted > warm.use[0].sum()  # averaged, not the median


def test_chances_are_averaged_over_unknown_authorities():
    def under(z):
        return norm.pdf(z) / (1 + np.exp(3 - 0.7 * z))

    assert averaged(np.array([-3.0]), 0.7)[0] == pytest.approx(quad(under, -9, 9)[0], rel=1e-9)


def test_halves_add_up_and_are_the_same_again(cells):
    for by in ("children", "small areas"):
        first, second = halves(cells, 1, by)
        assert (first.events + second.events == cells.events).all()
        assert first.children + second.children == cells.children
        assert halves(cells, 1, by)[0].cell_count.tolist() == first.cell_count.tolist()
        assert halves(cells, 2, by)[0].cell_count.tolist() != first.cell_count.tolist()
    assert not set(first.small_areas) & set(second.small_areas)


def test_a_right_model_passes_and_its_tables_add_up(found):
    for each in found.metrics:
        answers = {check.name: check.met for check in checks(each)}
        assert all(answers[name] for name in ("converged", "complete", "level", "spread", "groups"))
        for name in ("fsm", "noise", "idaci"):
            (one,) = [t for t in each.tables if t.name == name]
            assert sum(g.actual for g in one.groups) == each.held_out.events
            assert sum(g.predicted for g in one.groups) == pytest.approx(each.held_out.predicted)


def test_a_model_without_what_matters_is_told_so():
    """The truth bends in idaci, which a straight line cannot follow."""
    table = drawn_children(authorities=20, areas=10, each=100)
    rng = np.random.default_rng(5)
    bent = -2.5 + 60 * (table["idaci"] - 0.25) ** 2
    wrong = table.assign(CIN=rng.random(len(table)) < 1 / (1 + np.exp(-bent)))
    cells = count(wrong, ["CIN"])
    (each,) = validate(cells, fit_cells(cells)).metrics
    answers = {check.name: check for check in checks(each)}
    assert not answers["groups"].met
    assert "idaci tenth" in answers["groups"].words


def test_r_squared_of_authorities_and_what_a_right_model_would_give():
    """Against children drawn one by one from the model, and the bootstrap of authorities."""
    rng = np.random.default_rng(8)
    J, each, sigma = 60, 400, 0.3
    chance = np.repeat(averaged(rng.normal(-2, 0.4, J), sigma), each)
    authority = np.repeat(np.arange(J), each)
    eta = np.log(chance / (1 - chance))

    def drawn():
        p = 1 / (1 + np.exp(-eta - rng.normal(0, sigma, J)[authority]))
        return rng.random(p.size) < p

    one = np.ones(chance.size)
    r_squared = [
        areas(Judged(chance, one, drawn().astype(float), authority), sigma).r_squared
        for _ in range(400)
    ]
    found = areas(Judged(chance, one, drawn().astype(float), authority), sigma)
    low, high = np.quantile(r_squared, [0.025, 0.975])
    assert found.r_squared_if_right == pytest.approx((low, high), abs=0.07)
    happened = drawn().astype(float)
    rate, expected = happened.reshape(J, each).mean(axis=1), chance[::each]
    got = areas(Judged(chance, one, happened, authority), sigma)
    again = []
    for _ in range(2000):
        j = rng.integers(0, J, J)
        mean = rate[j].mean()
        again.append(1 - ((rate - expected)[j] ** 2).sum() / ((rate[j] - mean) ** 2).sum())
    assert got.r_squared == pytest.approx(
        1 - ((rate - expected) ** 2).sum() / ((rate - rate.mean()) ** 2).sum()
    )
    assert got.r_squared_error == pytest.approx(np.std(again), rel=0.2)
    # A model without effects says more of itself than it can hold.
    plain = areas(Judged(chance, one, happened, authority), 0.0)
    assert plain.r_squared < plain.r_squared_if_right[0]


def test_drivers_that_fit_only_the_authorities_fitted_are_told_so():
    """Twelve numbers drawn at random, one an authority each: they fit, and do not predict."""
    table = drawn_children(1, authorities=24, areas=8, each=60)
    rng = np.random.default_rng(1)
    number = table["la"].str[2:].astype(int)
    at_random = {f"z{k}": rng.normal(size=24)[number] for k in range(12)}
    cells = collapse(
        table.assign(**at_random), events="CIN", child=["fsm"], authority=list(at_random),
        group="la", events_by_cell=True,
    )  # fmt: skip
    (each,) = validate(cells, fit_cells(cells)).metrics
    answer = {check.name: check for check in checks(each)}["authorities"]
    assert not answer.met
    assert "not surely better than one rate for all" in answer.words
    surer = replace(each, areas=replace(each.areas, r_squared=0.3, r_squared_error=0.1,
                                        r_squared_if_right=(0.4, 0.8)))  # fmt: skip
    answer = {check.name: check for check in checks(surer)}["authorities"]
    assert not answer.met
    assert "less than the model says of itself" in answer.words


def test_chances_too_far_apart_are_told_so(cells, fits, found):
    (first, *_) = found.metrics
    p = 1 / (1 + np.exp(-log_odds(cells, fits[0].coefficients)))
    far = 1 / (1 + np.exp(-2 * np.log(p / (1 - p)) - 2.2))
    wrong = replace(first, held_out=measures(judged(cells, 0, far)))
    answers = {check.name: check for check in checks(wrong)}
    assert not answers["spread"].met
    assert "too far apart" in answers["spread"].words
    assert wrong.held_out.slope == pytest.approx(measures(judged(cells, 0, p)).slope / 2, rel=1e-6)


def test_small_counts_do_not_follow_from_what_is_shown():
    children = np.full(6, 100.0)
    actual = np.array([3.0, 40, 50, 60, 70, 80])
    cross = np.column_stack([np.arange(6) // 3, np.arange(6) % 3])
    hide = hidden(children, actual, cross).reshape(2, 3)
    assert hide[0, 0]
    for line in (*hide, *hide.T):
        assert line.sum() != 1
    lone = hidden(children, np.array([3.0, 4, 50, 60, 70, 80]), np.zeros((6, 1), int))
    assert lone.tolist() == [True, True, True, False, False, False]  # 3 + 4 alone would be told


def test_no_small_count_is_written(cells, tmp_path):
    rare = recounted(
        cells, cells.cell_count, cells.cell_events * (np.arange(cells.cell_count.size) % 9 == 0)
    )
    fits = fit_cells(rare)
    write_report(validate(rare, fits, crossed=[("fsm", "noise")]), tmp_path)
    told = json.loads((tmp_path / "validation.json").read_text())
    groups = [g for m in told["metrics"] for t in m["tables"] for g in t["groups"]]
    assert any(g["actual"] is None for g in groups)
    assert all(g["actual"] is None or g["actual"] >= 10 for g in groups)
    assert all(g["predicted"] is None for g in groups if g["actual"] is None)


def test_regions_where_codes_are_known(table):
    codes = ["E06000001", "E06000002", "E09000001", "E09000002"]
    by_code = table.assign(la=[codes[int(la[2:]) % 4] for la in table["la"]])
    cells = count(by_code, ["CIN"])
    p = np.full(cells.cell_count.size, 0.2)
    (region,) = [g for g in groupings(cells, []) if g.name == "region"]
    rows = table_of(region, judged(cells, 0, p)).groups
    north = by_code["la"].isin(codes[:2])
    assert {g.label: g.actual for g in rows}["North East"] == by_code.loc[north, "CIN"].sum()


def test_the_same_input_is_the_same_bytes_and_html_stands_alone(found, cells, fits, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_report(validate(cells, fits) if name == "b" else found, tmp_path / name)
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert len(files) == 9
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    page = (tmp_path / "a" / "report.html").read_text()
    assert page.count("<img") == 6 == page.count('src="data:image/svg+xml') == page.count('alt="A')
    assert '<html lang="en-GB">' in page
    assert '<th scope="col">' in page


def test_what_cannot_be_validated_is_refused(cells, fits):
    with pytest.raises(CypsError, match="events_by_cell=True"):
        validate(replace(cells, cell_events=None), fits)
    with pytest.raises(CypsError, match="by dummies; two levels, three levels"):
        validate(cells, fit_dummies(cells))
    with pytest.raises(CypsError, match="other children"):
        validate(cells, fit_cells(count(drawn_children(2, authorities=5))))


def test_plain_and_quadrature(cells):
    plain = validate(cells, fit_plain(cells), folds=4)
    assert plain.estimator == "plain"
    assert plain.folds == 4
    nodes = validate(cells, fit_cells(cells, 7), folds=4)
    assert "Two levels: children in authorities, by quadrature, 7 nodes. " in markdown(nodes)
    assert "A logistic model without authorities' effects, by maximum" in markdown(plain)
    assert nodes.metrics[0].held_out.auc == pytest.approx(plain.metrics[0].held_out.auc, abs=0.01)


@pytest.fixture(scope="module")
def nested_cells():
    """Children whose small areas differ by more than their drivers tell."""
    table = drawn_children(seed=4, authorities=12, areas=8, each=80)
    rng = np.random.default_rng(44)
    eta = -1.8 + 0.9 * (table["fsm"] == "yes") + 3 * (table["idaci"] - 0.2)
    eta += rng.normal(0, 0.3, 12)[table["la"].str[2:].astype(int)]
    eta += rng.normal(0, 0.7, 96)[table["lsoa"]]
    return count(table.assign(CIN=rng.random(len(table)) < 1 / (1 + np.exp(-eta))), ["CIN"])


def test_three_levels_left_out_warm_are_three_levels_fitted_cold(nested_cells):
    """Each authority by a fit to the others from scratch, chances by integrals."""
    fits = fit_three_levels(nested_cells)
    warm = hold_out_each(nested_cells, fits, np.arange(12))
    authority = authority_of_cells(nested_cells)
    for j in (0, 7):
        out = np.arange(12) == j
        (cold,) = fit_three_levels(nested_cells.only(~out))
        there = nested_cells.only(out)
        assert cold.area_sigma > 0.4
        (use,) = predict_use(there, [cold])
        assert warm.use[0, j] == pytest.approx(use.children[0], rel=1e-6)
        (mean,) = predict_use(there, [cold], "averaged")
        chance = warm.chance[0, authority == j]
        assert chance @ there.cell_count == pytest.approx(mean.children[0], rel=1e-6)
        eta = log_odds(there, cold.coefficients)[0]

        def over_both(v, u, eta=eta, cold=cold):
            density = norm.pdf(u, scale=cold.sigma) * norm.pdf(v, scale=cold.area_sigma)
            return density / (1 + np.exp(-eta - u - v))

        ends = [(-8 * s, 8 * s) for s in (cold.area_sigma, cold.sigma)]
        assert chance[0] == pytest.approx(nquad(over_both, ends)[0], rel=1e-5)


def test_three_levels_are_validated(nested_cells, tmp_path):
    fits = fit_three_levels(nested_cells)
    found = validate(nested_cells, fits)
    (each,) = found.metrics
    assert found.estimator == "three levels"
    answers = {check.name: check.met for check in checks(each)}
    assert all(answers[name] for name in ("converged", "complete", "level", "spread", "shares"))
    assert each.halves.by == "small areas"
    assert each.halves.measures is not None
    write_report(found, tmp_path)
    assert (
        "Three levels: children in small areas in authorities, by the Laplace approximation. "
        in (tmp_path / "report.md").read_text()
    )
    (two,) = validate(nested_cells, fit_cells(nested_cells)).metrics
    assert each.held_out.predicted == pytest.approx(two.held_out.predicted, rel=0.02)
    assert validate(nested_cells, fits, folds=3).folds == 3


def test_quadrature_of_three_levels_is_left_out_too(nested_cells):
    fits = fit_three_levels(nested_cells, nagq=5)
    warm = hold_out_each(nested_cells, fits, np.arange(12) % 4)
    (cold,) = fit_three_levels(nested_cells.only(np.arange(12) % 4 != 1), nagq=5)
    (use,) = predict_use(nested_cells.only(np.arange(12) % 4 == 1), [cold])
    np.testing.assert_allclose(warm.use[0, np.arange(12) % 4 == 1], use.children, rtol=1e-5)


def test_how_far_authorities_lie_apart_by_what_nobody_knows(nested_cells):
    """Against authorities' log odds of use, their effects and small areas' drawn many times."""
    (fit,) = fit_three_levels(nested_cells)
    fit = replace(fit, sigma=0.05, area_sigma=0.2)
    predictor = log_odds(nested_cells, fit.coefficients)
    seen = judged(nested_cells, 0, averaged(predictor, spread_of(fit)))
    place = place_of_cells(nested_cells)
    ours = practice(fit, seen, place)
    rng = np.random.default_rng(3)
    rates = []
    for _ in range(1500):
        effect = rng.normal(0, 0.05, 12)[seen.authority] + rng.normal(0, 0.2, 96)[place]
        used = np.bincount(seen.authority, seen.children / (1 + np.exp(-predictor - effect)))
        rates.append(used)
    moves = np.bincount(seen.authority, seen.children * seen.chance * (1 - seen.chance))
    np.testing.assert_allclose(ours, np.std(rates, axis=0) / moves, rtol=0.1)
    assert practice(fit_cells(nested_cells)[0], seen, place) == fit_cells(nested_cells)[0].sigma


def test_few_authorities_are_told(cells, found, tmp_path):
    (note,) = found.notes
    assert note.startswith("Only 12 authorities: with fewer than 30, sigma comes out too low")
    assert note.endswith("; robust errors are too small.")
    write_report(found, tmp_path)
    assert f"**Note.** {note}" in (tmp_path / "report.md").read_text()
    assert json.loads((tmp_path / "validation.json").read_text())["notes"] == [note]
    plain = validate(cells, fit_plain(cells), folds=3)
    assert plain.notes == ("Only 12 authorities: with fewer than 30, robust errors are too small.",)
    enough = count(drawn_children(authorities=30, areas=3), ["CIN"])
    assert validate(enough, fit_cells(enough), folds=3).notes == ()


def test_an_authority_that_cannot_be_left_out_is_named(table):
    only = table.assign(
        noise=np.where((table["la"] == "LA00") & (table["noise"] == "b"), "c", table["noise"])
    )
    cells = count(only, ["CIN"])
    (each,) = validate(cells, fit_cells(cells)).metrics
    answers = {check.name: check for check in checks(each)}
    assert list(each.failed) == ["LA00"]
    assert not answers["complete"].met
    assert each.held_out.children == (only["la"] != "LA00").sum()


def test_the_command(tmp_path):
    pd.read_csv(NESTED).to_csv(tmp_path / "cells.csv", index=False)
    (tmp_path / "model.toml").write_text(
        'rows = "cells.csv"\nmetrics = ["common", "rare"]\ntrials = "trials"\ngroup = "la"\n'
        'area_key = "lsoa"\nchild = ["sex", "fsm"]\narea = ["idaci"]\n'
    )
    asked = [
        "validate",
        str(tmp_path / "model.toml"),
        "--out",
        str(tmp_path / "out"),
        "--folds",
        "6",
    ]
    done = CliRunner().invoke(main, [*asked, "--cross", "sex", "fsm"])
    assert done.exit_code == 0, done.output
    assert "Calibration slope" in done.stdout
    assert done.stderr.startswith("Note: Only 24 authorities")
    told = json.loads((tmp_path / "out" / "validation.json").read_text())
    assert [t["name"] for t in told["metrics"][1]["tables"]] == [
        "predicted chance", "sex", "fsm", "idaci", "sex x fsm",
        "authorities by number of children", "authority",
    ]  # fmt: skip
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["tool"]["command"] == "validate"
    assert "report.html" in record["outputs"]


def test_the_command_holds_authorities_out_of_three_levels(tmp_path):
    pd.read_csv(NESTED).to_csv(tmp_path / "cells.csv", index=False)
    (tmp_path / "model.toml").write_text(
        'rows = "cells.csv"\nmetrics = ["common"]\ntrials = "trials"\ngroup = "la"\n'
        'area_key = "lsoa"\nchild = ["sex", "fsm"]\narea = ["idaci"]\nestimator = "three levels"\n'
    )
    out = tmp_path / "out"
    asked = ["validate", str(tmp_path / "model.toml"), "--out", str(out), "--folds", "6"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    told = json.loads((out / "validation.json").read_text())
    assert told["estimator"] == "three levels"
    assert told["metrics"][0]["convergence"]["passed"]
    assert told["metrics"][0]["failed"] == {}


@pytest.fixture(scope="module")
def children_in_files(tmp_path_factory, table):
    """The same children as one CSV file, and as Parquet in three; what the command prints."""
    folder = tmp_path_factory.mktemp("files")
    table.to_csv(folder / "children.csv", index=False)
    (folder / "parts").mkdir()
    for number, part in table.groupby(np.arange(len(table)) % 3):
        part.to_parquet(folder / "parts" / f"{number}.parquet")
    printed = {}
    for rows in ("children.csv", "parts"):
        (folder / f"{rows}.toml").write_text(
            f'rows = "{rows}"\nmetrics = ["CIN", "CARE"]\ngroup = "la"\narea_key = "lsoa"\n'
            'child = ["fsm", "noise"]\narea = ["idaci"]\n'
        )
        done = CliRunner().invoke(
            main,
            ["validate", str(folder / f"{rows}.toml"), "--out", str(folder / f"{rows}-out"),
             "--folds", "4"],
            env={"COLUMNS": "60"},
        )  # fmt: skip
        assert done.exit_code == 0, done.output
        printed[rows] = done.stdout
    return folder, printed


def test_rows_in_parquet_give_the_same_report_as_in_csv(children_in_files):
    folder, _ = children_in_files
    for name in ("report.md", "validation.json", "groups-1.svg"):
        of_csv, of_parquet = (folder / f"{x}-out" / name for x in ("children.csv", "parts"))
        assert of_csv.read_bytes() == of_parquet.read_bytes(), name


def test_what_is_printed_fits_60_columns(children_in_files):
    folder, printed = children_in_files
    # A path cannot be broken between words.
    lines = [line for line in printed["parts"].splitlines() if str(folder)[:40] not in line]
    assert max(len(line) for line in lines) <= 60
    assert "  met     converged" in lines
    assert any(line.startswith("    Calibration slope") for line in lines)
