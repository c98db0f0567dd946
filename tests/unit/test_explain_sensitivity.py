"""Sensitivity: each input changed by itself and settled anew, checked by doing just that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.explain import sensitivity
from cyps.settlement import Floor, FloorAndCeiling, PaceOfChange, Transition, settle
from made_settlements import EVERYONE, like, made, rules

CODES = tuple(place.code for place in EVERYONE[:12])
SETTLED = made(7, rule=Floor(floor=-0.02))


def moved(after, settled=SETTLED):
    return after.damped.allocation - settled.damped.allocation


def test_each_input_is_settled_anew():
    tornado = sensitivity(SETTLED)
    spend = np.array([line.pounds for line in SETTLED.scenario.spend])
    expected = [
        moved(made(**like(SETTLED, spend=(spend * [1.01, 1, 1]).tolist()))),
        moved(made(**like(SETTLED, spend=(spend * [1, 1.01, 1]).tolist()))),
        moved(made(**like(SETTLED, spend=(spend * [1, 1, 1.01]).tolist()))),
    ]
    pot = SETTLED.scenario.pot
    # Pots of a scenario are whole pounds; the trial's is exactly 1% more.
    more = moved(made(**like(SETTLED, pot=round(pot * 1.01))))
    expected += [more, moved(made(**like(SETTLED, rule=Floor(floor=-0.01))))]
    own = np.zeros(12)
    for i in range(12):
        area_cost = SETTLED.scenario.area_cost.copy()
        area_cost[i] *= 1.01
        own[i] = moved(made(**like(SETTLED, area_cost=area_cost)))[i]
    assert tornado.inputs == (
        "cost weight of CIN +1%", "cost weight of CARE +1%", "cost weight of CEASED +1%",
        "pot +1%", "floor +1 point", "own area cost +1%",
    )  # fmt: skip
    np.testing.assert_allclose(tornado.change, np.column_stack([*expected, own]), atol=0.6)
    np.testing.assert_allclose(tornado.change[:, 0], expected[0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(tornado.change[:, 4], expected[4], rtol=0, atol=1e-6)
    np.testing.assert_allclose(tornado.change[:, 5], own, rtol=0, atol=1e-6)
    assert (np.abs(tornado.change).max(axis=0) > 100).all()
    assert tornado.not_possible == {}


def test_a_tornado_has_the_largest_first():
    tornado = sensitivity(SETTLED)
    shown = tornado.of(CODES[2])
    sizes = [abs(change) for _, change in shown]
    assert sizes == sorted(sizes, reverse=True)
    assert dict(shown) == dict(zip(tornado.inputs, tornado.change[2].tolist(), strict=True))
    with pytest.raises(CypsError, match="has the code 'E1'"):
        tornado.of("E1")


def test_undamped_pot_has_elasticity_1():
    tornado = sensitivity(made(7, rule=rules(CODES)["none"]))
    elasticity = tornado.change_rate[:, tornado.inputs.index("pot +1%")] * 100
    np.testing.assert_allclose(elasticity, 1, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("floor and ceiling", ["floor +1 point", "ceiling +1 point"]),
        ("proportional", ["floor +1 point"]),
        ("bands", ["floor of a +1 point", "floor of b +1 point", "ceiling of b +1 point"]),
        ("protection", ["tier cash +1 point", "tier real +1 point", "tier most +1 point"]),
        ("outside", ["tier cash +1 point", "tier real +1 point", "tier most +1 point"]),
        ("pace", ["least +1 point", "most +1 point", "furthest below +1 point"]),
        ("none", []),
    ],
)
def test_rates_of_every_rule(name, inputs):
    tornado = sensitivity(made(7, rule=rules(CODES)[name]))
    assert list(tornado.inputs[4:-1]) == inputs
    assert tornado.not_possible == {}


def test_a_tier_is_changed_by_itself():
    rule = rules(CODES)["protection"]
    settled = made(7, rule=rule)
    higher = rule.model_copy(update={"tiers": {**rule.tiers, "real": rule.tiers["real"] + 0.01}})
    tornado = sensitivity(settled)
    column = tornado.change[:, tornado.inputs.index("tier real +1 point")]
    anew = moved(made(**like(settled, rule=higher)), settled)
    np.testing.assert_allclose(column, anew, rtol=0, atol=1e-6)
    assert np.abs(anew).max() > 100


def test_a_band_is_changed_by_itself():
    rule = rules(CODES)["bands"]
    settled = made(7, rule=rule)
    tornado = sensitivity(settled)
    a = rule.bands["a"].model_copy(update={"floor": rule.bands["a"].floor + 0.01})
    higher = rule.model_copy(update={"bands": {**rule.bands, "a": a}})
    anew = settle(replace(settled.scenario, damping=higher), settled.use)
    column = tornado.change[:, tornado.inputs.index("floor of a +1 point")]
    np.testing.assert_allclose(column, moved(anew, settled), rtol=0, atol=1e-6)


def test_phasing_is_an_input():
    settled = made(7, rule=rules(CODES)["none"], transition=Transition(phasing=0.5))
    tornado = sensitivity(settled)
    further = made(**like(settled, transition=Transition(phasing=0.51)))
    column = tornado.change[:, tornado.inputs.index("phasing +1 point")]
    np.testing.assert_allclose(column, moved(further, settled), rtol=0, atol=1e-6)


def test_what_cannot_be_settled_is_said_and_not_zero():
    baseline = SETTLED.scenario.baseline
    tight = SETTLED.scenario.pot / baseline.sum() - 1 - 0.005
    tornado = sensitivity(made(**like(SETTLED, rule=Floor(floor=tight))))
    assert "highest floor that fits" in tornado.not_possible["floor +1 point"]
    assert np.isnan(tornado.change[:, tornado.inputs.index("floor +1 point")]).all()
    assert "floor +1 point" not in dict(tornado.of(CODES[0]))
    at_zero = PaceOfChange(least=-0.15, most=5.0, furthest_below=0.0)
    try:
        settled = made(**like(SETTLED, rule=at_zero))
    except CypsError:
        settled = made(**like(SETTLED, rule=FloorAndCeiling(floor=-0.5, ceiling=10.0)))
        assert "ceiling +1 point" in sensitivity(settled).not_possible
    else:
        assert "furthest below +1 point" in sensitivity(settled).not_possible
