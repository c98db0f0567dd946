"""Needs: rates, unit costs, typed weights and combined area cost, by hand and word for word."""

from __future__ import annotations

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.needs import ServiceAreaSpend as Spend
from cyps.needs import (
    combined_area_cost,
    cost_weights,
    one_factor_each,
    rate_per,
    typed_weights,
    weekly_unit_cost,
    weights_as_spend,
)


def test_rates_by_hand():
    rates = rate_per([0, 120, 45, 3], [10, 40_000, 0.5, 0])
    assert rates[:3].tolist() == [0.0, 30.0, 900_000.0]
    assert np.isnan(rates[3])
    assert rate_per(3, 4, per=100) == 75.0
    assert rate_per([[1, 2], [3, 4]], [[10], [20]], per=10).tolist() == [[1, 2], [1.5, 2]]
    assert rate_per(5, 10, per=0) == 0.0


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (([-1, 1], [5, 5]), "count"),
        (([np.nan], [5]), "count"),
        (([1], [-5]), "population"),
        (([1], [np.inf]), "population"),
        (([1], [5], -1), "rate's base"),
    ],
)
def test_rates_of_what_is_missing_or_below_zero_are_refused(args, name):
    with pytest.raises(CypsError) as refused:
        rate_per(*args)
    assert str(refused.value) == f"A {name} is missing or below zero. Give numbers of 0 or more."


def test_weekly_unit_cost_by_hand():
    costs = weekly_unit_cost([365_000, 0, 100, 0], [7, 5, 0, 0.5])
    assert costs[:2].tolist() == pytest.approx([1000, 0])
    assert np.isnan(costs[2])
    assert costs[3] == 0.0
    for args in (([-1.0], [1.0]), ([1.0], [-1.0])):
        with pytest.raises(CypsError) as refused:
            weekly_unit_cost(*args)
        assert str(refused.value) == "Spend and children in need must be 0 or more."


def test_typed_weights_as_spend():
    lines = weights_as_spend({"CIN": 0.6, "CARE": 0.4, "CEASED": 0.0}, "our choice")
    assert [line.metric for line in lines] == ["CIN", "CARE", "CEASED"]
    assert [line.pounds for line in lines] == [600_000, 400_000, 0]
    assert lines[1].service_area == "Typed weight of CARE, of each £1,000,000 (our choice)"
    assert cost_weights(lines, ["CARE", "CIN", "CEASED"]).tolist() == [0.4, 0.6, 0.0]
    weights_as_spend({"CIN": 0.5 + 4e-10, "CARE": 0.5}, "within rounding")


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({}, "Typed weights (none) must be numbers of 0 or more."),
        ({"A": np.nan, "B": 1.0}, "Typed weights (A nan, B 1) must be numbers of 0 or more."),
        ({"A": -0.5, "B": 1.5}, "Typed weights (A -0.5, B 1.5) must be numbers of 0 or more."),
        ({"A": 0.5, "B": 0.6}, "Typed weights add up to 1.1, not 1 (A 0.5, B 0.6). Change one."),
        (
            {"A": 0.5, "B": 0.500000002},
            "Typed weights add up to 1.000000002, not 1 (A 0.5, B 0.500000002). Change one.",
        ),
    ],
)
def test_typed_weights_that_are_none(weights, words):
    with pytest.raises(CypsError) as refused:
        weights_as_spend(weights, "x")
    assert str(refused.value) == words


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (lambda: typed_weights({"A": 1}, ["A", "B", "C"]), "No cost weight is given for B, C."),
        (
            lambda: typed_weights({"A": 0, "B": 0}, ["A", "B"]),
            "Cost weights (A 0, B 0) must be numbers of 0 or more with at least one above 0.",
        ),
        (
            lambda: cost_weights([Spend("x", "A", 1.0), Spend("y", "Z", 1.0)], ["A"]),
            "Spend on 'y' stands for metric Z, but the use table has only A. Change the mapping or "
            "add the metric.",
        ),
        (
            lambda: cost_weights([Spend("x", "A", -1.0)], ["A"]),
            "Spend on 'x' is -1.0. It must be 0 or more.",
        ),
        (
            lambda: cost_weights([Spend("x", "A", 1.0)], ["A", "B", "C"]),
            "No spend line stands for B, C, so it would get no weight. Add its spend (0 is allowed "
            "if you mean it).",
        ),
        (
            lambda: combined_area_cost(np.ones((2, 2)), np.array([0.7, 0.4])),
            "Weights of area cost components must be 0 or more and add up to 1 at most; the rest "
            "up to 1 is cost that is the same everywhere. They add up to 1.1.",
        ),
        (
            lambda: combined_area_cost(np.array([[1.0], [0.0]]), np.array([0.5])),
            "An area cost factor is missing, zero or below zero. Every authority needs a factor "
            "above 0; type 1 where there is no adjustment.",
        ),
    ],
)
def test_refusals_of_needs_are_said_in_these_words(refused, words):
    with pytest.raises(CypsError) as said:
        refused()
    assert str(said.value) == words


@pytest.mark.parametrize("weights", [[np.nan, 0.5], [-0.1, 0.5], [0.6, 0.4 + 2e-9]])
def test_weights_of_components_that_are_none(weights):
    with pytest.raises(CypsError, match="Weights of area cost components"):
        combined_area_cost(np.ones((2, 2)), np.array(weights))


def test_components_that_weigh_all_leave_nothing_that_is_the_same():
    parts = np.array([[1.2, 0.8], [0.9, 1.4]])
    weights = np.array([0.25, 0.75 + 5e-10])  # a little over 1 in rounding
    np.testing.assert_allclose(combined_area_cost(parts, weights), parts @ weights, rtol=1e-15)
    by_metric = combined_area_cost(parts, np.array([[0.5, 0.0], [0.0, 0.5]]))
    np.testing.assert_allclose(by_metric, [[1.1, 0.9], [0.95, 1.2]])


def test_one_factor_where_nobody_needs_anything_is_by_weight():
    shares = np.array([[0.0, 0.0], [1.0, 1.0]])
    factors = np.array([[2.0, 1.0], [1.0, 1.0]])
    assert one_factor_each(shares, np.array([0.25, 0.75]), factors).tolist() == [1.25, 1.0]
