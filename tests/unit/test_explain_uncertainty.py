"""Uncertainty: closed form against draws, and draws against predicting anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cyps.cells import collapse
from cyps.errors import CypsError
from cyps.explain import UncertainUse, uncertainty, uncertainty_by_year
from cyps.model import fit_cells, make_pack, predict_use
from cyps.needs import ServiceAreaSpend
from cyps.settlement import (
    Floor,
    Scenario,
    Transition,
    Undamped,
    Year,
    settle,
    settle_years,
)
from cyps.synthetic import synthetic_england
from made_settlements import EVERYONE, like, made

SETTLED = made(7, n=20, rule=Floor(floor=-0.05))


def known(settled, error=0.02, k=4, seed=3):
    """Use with a gradient of its own size, and covariances of that error."""
    rng = np.random.default_rng(seed)
    use = settled.use
    gradients = [
        use.children[:, m, None] * rng.uniform(0, 1, (len(use.codes), k)) for m in (0, 1, 2)
    ]
    roots = [error * rng.normal(0, 1, (k, k)) for _ in gradients]
    return UncertainUse(use, gradients, [root @ root.T for root in roots])


def numbers(found):
    return (
        found.needs_share_error, found.share_error, found.needs_share_drawn, found.share_drawn,
        found.share.low, found.allocation.low, found.allocation.high, found.rank.high,
    )  # fmt: skip


def test_closed_form_and_draws_agree():
    found = uncertainty(known(SETTLED), SETTLED.scenario, draws=8000)
    assert (found.share_error > 0).all()
    np.testing.assert_allclose(found.needs_share_drawn, found.needs_share_error, rtol=0.06)
    np.testing.assert_allclose(found.share_drawn, found.share_error, rtol=0.06)
    middle = (found.share.low + found.share.high) / 2
    np.testing.assert_allclose(middle, found.settlement.share, rtol=0.02)
    width = (found.share.high - found.share.low) / (2 * 1.959964)
    np.testing.assert_allclose(width, found.share_error, rtol=0.1)
    assert found.infeasible == 0
    assert found.why == ""
    assert "First-order" in found.label


def test_closed_form_is_the_derivative():
    """One coefficient: the error is |d share / d coefficient| x its standard error."""
    given = known(SETTLED, k=1)
    given = replace(given, covariance=[given.covariance[0], np.zeros((1, 1)), np.zeros((1, 1))])
    found = uncertainty(given, SETTLED.scenario, draws=10)
    error, step = np.sqrt(given.covariance[0][0, 0]), 1e-6
    children = SETTLED.use.children.copy()
    children[:, 0] += step * given.gradient[0][:, 0]
    moved = made(**like(SETTLED, children=children))
    for name in ("share", "needs_share"):
        slope = (getattr(moved, name) - getattr(SETTLED, name)) / step
        np.testing.assert_allclose(getattr(found, f"{name}_error"), abs(slope) * error, rtol=1e-4)


def test_no_uncertainty_gives_the_settlement():
    given = known(SETTLED)
    none = replace(given, covariance=[np.zeros((4, 4))] * 3)
    found = uncertainty(none, SETTLED.scenario, draws=10)
    np.testing.assert_allclose(found.share_error, 0, atol=1e-18)
    for end in (found.allocation.low, found.allocation.high):
        np.testing.assert_allclose(end, SETTLED.damped.allocation, rtol=1e-12)
    assert found.rank.low.tolist() == found.rank.high.tolist()
    order = np.argsort(-SETTLED.damped.allocation)
    assert found.rank.low[order].tolist() == list(range(1, 21))


def test_what_moves_everybody_alike_moves_no_share():
    use = SETTLED.use
    alike = UncertainUse(use, [use.children[:, m, None] for m in range(3)], [np.eye(1)] * 3)
    found = uncertainty(alike, SETTLED.scenario, draws=50)
    np.testing.assert_allclose(found.share_error, 0, atol=1e-15)
    np.testing.assert_allclose(found.share_drawn, 0, atol=1e-14)


def test_damping_narrows_what_the_floor_holds():
    scenario = replace(SETTLED.scenario, damping=Floor(floor=-0.01))
    found = uncertainty(known(SETTLED), scenario, draws=500)
    bare = uncertainty(known(SETTLED), replace(scenario, damping=Undamped()), draws=500)
    floors = scenario.baseline * 0.99
    assert (found.allocation.low >= floors - 1e-6).all()
    held = found.settlement.target < floors * 0.97
    assert held.any()
    np.testing.assert_allclose(found.allocation.high[held], floors[held])
    assert (bare.allocation.high[held] > bare.allocation.low[held]).all()


def test_order_of_the_rows_does_not_matter():
    given = known(SETTLED)
    turned = UncertainUse(
        replace(given.use, codes=given.use.codes[::-1], children=given.use.children[::-1]),
        [gradient[::-1] for gradient in given.gradient],
        given.covariance,
    )
    straight = uncertainty(given, SETTLED.scenario, draws=50)
    again = uncertainty(turned, SETTLED.scenario, draws=50)
    for one, other in zip(numbers(straight), numbers(again), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_the_seed_decides():
    one, same, other = (
        uncertainty(known(SETTLED), SETTLED.scenario, draws=50, seed=seed) for seed in (1, 1, 2)
    )
    assert all(a.tobytes() == b.tobytes() for a, b in zip(numbers(one), numbers(same), strict=True))
    assert one.allocation.low.tolist() != other.allocation.low.tolist()


def test_draws_that_cannot_be_settled_are_counted():
    # A group of one authority has no headroom: its floor fits only when a draw is high enough.
    rise = SETTLED.target / SETTLED.scenario.baseline
    lowest = int(rise.argmin())
    codes = SETTLED.use.codes
    group = {code: ("alone" if i == lowest else "others") for i, code in enumerate(codes)}
    tight = rise[lowest] - 1 - 1e-4
    transition = replace(SETTLED.scenario.transition, group=group)
    scenario = replace(SETTLED.scenario, damping=Floor(floor=tight), transition=transition)
    found = uncertainty(known(SETTLED), scenario, draws=200)
    assert 0 < found.infeasible < 200
    assert "In the damping group" in found.why
    assert (found.allocation.low >= scenario.baseline * (1 + tight) - 1e-6).all()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"gradient": []}, "for each of 3 metrics"),
        ({"covariance": [np.eye(3)] * 3}, r"must be \(20, k\) and \(k, k\)"),
    ],
)
def test_shapes_that_do_not_fit(change, told):
    with pytest.raises(CypsError, match=told):
        uncertainty(replace(known(SETTLED), **change), SETTLED.scenario)


def test_a_few_draws_tell_nothing():
    with pytest.raises(CypsError, match="9 draws tell nothing"):
        uncertainty(known(SETTLED), SETTLED.scenario, draws=9)


@pytest.fixture(scope="module")
def fitted():
    england = synthetic_england(420_000, 4_000, 165_000, seed=4)
    columns = {
        "events": ["CIN", "CARE"], "child": ["sex", "age", "fsm"], "area": ["idaci"],
        "group": "authority", "areas": england.areas, "area_key": "area",
    }  # fmt: skip
    fits = fit_cells(collapse(england.modelling_sample(), **columns))
    everyone = collapse(england.children, **columns)
    pack = make_pack(
        fits, everyone, name="Test", status="illustrative", statement="Made up.",
        source="a test", created="2026-11-20", year=2025, sample_areas=600,
    )  # fmt: skip
    spend = (ServiceAreaSpend("a", "CIN", 6.0), ServiceAreaSpend("b", "CARE", 4.0))
    n = len(EVERYONE)
    scenario = Scenario(
        "Test", "illustrative", "Made up.", 2025, EVERYONE, spend, np.ones(n), np.full(n, 1e6),
        160_000_000, Floor(floor=-0.3),
    )  # fmt: skip
    return fits, everyone, pack, scenario


def test_against_predicting_anew_with_drawn_coefficients(fitted):
    fits, everyone, pack, scenario = fitted
    found = uncertainty(pack, scenario, draws=1000)
    rng = np.random.default_rng(12)
    drawn = []
    for _ in range(1500):
        changed = [
            replace(fit, coefficients=rng.multivariate_normal(fit.coefficients, fit.covariance))
            for fit in fits
        ]
        predicted = predict_use(everyone, changed)
        children = np.column_stack([use.children for use in predicted])
        drawn.append(settle(scenario, replace(pack.predicted_use(), children=children)).share)
    exact = np.std(drawn, axis=0, ddof=1)
    share = found.settlement.share
    # 1500 draws tell a standard error to about 2%; the whole of it moves together.
    whole = np.array([code not in found.incomplete for code in scenario.codes])
    for errors in (found.share_error, found.share_drawn):
        ratio = (errors / exact)[whole]
        assert abs(np.median(ratio) - 1) < 0.05
        assert (np.abs(ratio - 1) < 0.12).all()
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert np.median(np.abs(found.share.low - low) / share) < 0.001
    assert np.median(np.abs(found.share.high - high) / share) < 0.001


def test_authorities_with_a_hidden_gradient_are_named(fitted):
    *_, pack, scenario = fitted
    found = uncertainty(pack, scenario, draws=10)
    assert pack.use.suppressed > 0
    assert 0 < len(found.incomplete) < 10
    assert "E06000053" in found.incomplete  # Isles of Scilly
    missing = {(entry.code, entry.metric, entry.coefficient) for entry in found.missing}
    assert len(missing) == pack.use.suppressed
    assert {code for code, _, _ in missing} == set(found.incomplete)
    for code, metric, coefficient in missing:
        i, m = pack.use.codes.index(code), pack.metrics.index(metric)
        assert pack.use.gradient[m, i, pack.labels.index(coefficient)] == 0


def test_an_old_pack_that_does_not_say_which_names_everyone_who_may_be_meant(fitted):
    *_, pack, scenario = fitted
    old = replace(pack, use=replace(pack.use, hidden=None))
    found = uncertainty(old, scenario, draws=10)
    assert found.missing == ()
    assert set(found.incomplete) >= set(uncertainty(pack, scenario, draws=10).incomplete)
    told = replace(old, use=replace(old.use, suppressed=0))
    assert uncertainty(told, scenario, draws=10).incomplete == ()


def test_a_pack_without_covariance_or_gradient_says_so(fitted):
    *_, pack, scenario = fitted
    bare = replace(pack, models=tuple(replace(m, covariance=None) for m in pack.models))
    with pytest.raises(CypsError, match=r"Uncertainty is not available.*no covariance"):
        uncertainty(bare, scenario)
    flat = replace(pack, use=replace(pack.use, gradient=None))
    with pytest.raises(CypsError, match=r"Uncertainty is not available.*no gradient"):
        uncertainty(flat, scenario)


def test_one_year_alone_is_the_uncertainty_of_its_settlement():
    scenario = SETTLED.scenario
    alone = Year("2025", scenario.pot, scenario.damping)
    (year,) = uncertainty_by_year(known(SETTLED), scenario, [alone], draws=200)
    one = uncertainty(known(SETTLED), scenario, draws=200)
    np.testing.assert_array_equal(year.allocation.low, one.allocation.low)
    np.testing.assert_array_equal(year.allocation.high, one.allocation.high)
    np.testing.assert_array_equal(year.rank.high, one.rank.high)
    assert year.infeasible == 0


def test_without_uncertainty_every_draw_takes_the_path_of_the_settlement():
    scenario, pot = SETTLED.scenario, SETTLED.scenario.pot
    years = [
        Year("1", pot, Undamped(), Transition(phasing=1 / 3)),
        Year("2", round(pot * 1.02), Floor(floor=-0.02), baseline="previous"),
        Year("3", round(pot * 1.03), Floor(floor=-0.1), baseline=scenario.baseline * 0.9),
        Year("4", round(pot * 1.05), Floor(floor=0.0), baseline="previous"),
    ]
    given = known(SETTLED)
    certain = replace(given, covariance=[np.zeros_like(c) for c in given.covariance])
    found = uncertainty_by_year(certain, scenario, years, draws=10)
    settled = settle_years(scenario, years, given.use)
    for year, (label, settlement) in zip(found, settled, strict=True):
        assert year.label == label
        # Draws are followed in full pounds, a settlement rounds each year's.
        np.testing.assert_allclose(year.allocation.low, settlement.pounds, atol=4)
        np.testing.assert_array_equal(year.allocation.low, year.allocation.high)


def test_a_draw_that_fails_in_one_year_is_in_no_later_one_that_builds_on_it():
    scenario, pot = SETTLED.scenario, SETTLED.scenario.pot
    rise = SETTLED.target / scenario.baseline
    lowest = int(rise.argmin())
    codes = SETTLED.use.codes
    group = {code: ("alone" if i == lowest else "others") for i, code in enumerate(codes)}
    tight = Floor(floor=float(rise[lowest] - 1 - 1e-4))
    years = [
        Year("1", pot, tight, Transition(group=group)),
        Year("2", pot, Floor(floor=-0.5), baseline="previous"),
        Year("3", pot, Floor(floor=-0.5)),
    ]
    first, second, third = uncertainty_by_year(known(SETTLED), scenario, years, draws=100)
    assert 0 < first.infeasible < 100
    assert second.infeasible == first.infeasible
    assert second.why == "The year before could not be settled."
    assert third.infeasible == 0
