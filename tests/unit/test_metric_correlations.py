"""Correlation of metrics with spend: against scipy, with gaps, sets and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from cyps.choosing import compare_metric_sets, metric_correlations, service_area_correlations
from cyps.errors import CypsError


@pytest.fixture
def numbers():
    rng = np.random.default_rng(5)
    las = [f"E{i}" for i in range(40)]
    children = pd.Series(rng.integers(5_000, 200_000, 40), las, dtype=float)
    rate = pd.DataFrame(rng.gamma(9, 1, (40, 4)), las, ["CIN", "REF", "CARE", "CEASED"])
    counts = rate.mul(children, axis=0) / 1000
    spend = pd.DataFrame({a: rng.gamma(3, 1e6, 40) for a in range(1, 8)}, las)
    return counts.round(), spend, children


def test_they_are_scipys(numbers):
    counts, spend, children = numbers
    table = metric_correlations(counts, spend, children=children)
    assert table["service_areas"].to_dict() == {"CIN": "1, 2, 7", "CARE": "3, 4", "CEASED": "5, 6"}
    for metric, areas in (("CIN", [1, 2, 7]), ("CARE", [3, 4]), ("CEASED", [5, 6])):
        one, other = counts[metric] / children, spend[areas].sum(axis=1) / children
        assert table.loc[metric, "pearson"] == pytest.approx(pearsonr(one, other)[0])
        assert table.loc[metric, "spearman"] == pytest.approx(spearmanr(one, other)[0])
        assert table.loc[metric, "n"] == 40
    totals = metric_correlations(counts, spend)
    assert totals.loc["CIN", "pearson"] == pytest.approx(
        pearsonr(counts["CIN"], spend[[1, 2, 7]].sum(axis=1))[0]
    )


def test_sets_stand_under_each_other(numbers):
    counts, spend, children = numbers
    table = compare_metric_sets(counts, spend, children=children)
    assert list(table.loc[3].index) == ["CIN", "CARE", "CEASED"]
    assert set(table.loc[4].index) == {"CIN", "REF", "CARE", "CEASED"}
    assert table.loc[(4, "REF"), "service_areas"] == "2"
    each = service_area_correlations(counts, spend, children)
    assert table.loc[(4, "REF"), "pearson"] == pytest.approx(each.loc[(2, "REF"), "pearson"])
    assert len(each) == 28
    own = compare_metric_sets(counts, spend, {"two": {1: "CIN", 3: "CARE"}})
    assert list(own.index) == [("two", "CIN"), ("two", "CARE")]


def test_ties_and_gaps(numbers):
    counts, spend, _ = numbers
    counts.iloc[3, 0] = np.nan
    spend.loc["E7", 2] = np.nan
    spend = spend.drop(index="E9")
    counts["CIN"] = (counts["CIN"] / 500).round()  # many ties
    row = metric_correlations(counts, spend).loc["CIN"]
    assert (row["n"], row["missing"]) == (37, 3)
    kept = [la for la in counts.index if la not in ("E3", "E7", "E9")]
    other = spend[[1, 2, 7]].sum(axis=1)[kept]
    assert row["spearman"] == pytest.approx(spearmanr(counts["CIN"][kept], other)[0])
    assert metric_correlations(counts, spend).loc["CARE", "n"] == 39


def test_spend_that_is_not_there_is_named(numbers):
    counts, spend, _ = numbers
    table = metric_correlations(counts, spend.drop(columns=5))
    assert table.loc["CEASED", ["service_areas", "no_spend"]].tolist() == ["6", "5"]
    with pytest.raises(CypsError, match="no spend for CEASED, which stands for service areas 5, 6"):
        metric_correlations(counts, spend.drop(columns=[5, 6]))
    with pytest.raises(CypsError, match="no counts for CARE"):
        metric_correlations(counts.drop(columns="CARE"), spend)
    with pytest.raises(CypsError, match="spend have E1 more than once"):
        metric_correlations(counts, pd.concat([spend, spend.loc[["E1"]]]))
    with pytest.raises(CypsError, match="has no children"):
        metric_correlations(counts, spend, children=pd.Series(0.0, counts.index))


def test_too_few_or_all_alike_have_none(numbers):
    counts, spend, _ = numbers
    row = metric_correlations(counts.assign(CIN=1.0), spend).loc["CIN"]
    assert np.isnan(row["pearson"])
    assert row["n"] == 40
    assert np.isnan(metric_correlations(counts.iloc[:2], spend).loc["CIN", "spearman"])
