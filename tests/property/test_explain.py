"""What must hold for every explanation, whatever the settlements."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cyps.errors import CypsError
from cyps.explain import NoBridge, bridge, compare, population_bridge, sensitivity, trace
from cyps.settlement import PaceOfChange, Transition, settle
from cyps.settlement.record import from_json, to_json
from made_settlements import EVERYONE, like, made, named, rules

INGREDIENTS = ("children", "spend", "area_cost", "baseline", "pot", "rule", "transition")
COMPONENT = {
    "spend": "cost weights", "area_cost": "area cost", "baseline": "baseline", "pot": "pot",
}  # fmt: skip


def millionths(x):
    return np.rint(np.asarray(x) * 1e6).astype(np.int64)


@st.composite
def settlements(draw, n=None):
    """Any settlement that can be made; with any rule, phasing and groups."""
    n = n or draw(st.integers(2, 14))
    codes = tuple(place.code for place in EVERYONE[:n])
    known = rules(codes)
    rule = known[draw(st.sampled_from(sorted(known)))]
    phasing = draw(st.sampled_from([None, 1 / 3, 1.0]))
    group = draw(st.sampled_from([None, named(codes, "north", "south")]))
    transition = Transition(None if isinstance(rule, PaceOfChange) else phasing, group)
    try:
        return made(draw(st.integers(0, 10**6)), n, rule, transition=transition)
    except CypsError:
        assume(False)
        raise


@st.composite
def pairs(draw):
    """Two settlements of the same authorities, with the names of what may differ."""
    before = draw(settlements())
    other = draw(settlements(n=len(before.scenario.codes)))
    taken = draw(st.sets(st.sampled_from(INGREDIENTS)))
    theirs = like(other)
    try:
        after = made(**like(before, **{name: theirs[name] for name in taken}))
    except CypsError:
        assume(False)
        raise
    return before, after, taken


def bridged(before, after):
    """The bridge, over feasible orders where not all are, or None when there is none."""
    try:
        return bridge(before, after, feasible_orders_only=True)
    except NoBridge:
        return None


@given(pairs())
@settings(deadline=None)
def test_bridges_add_up(pair):
    before, after, _ = pair
    moved = bridged(before, after)
    assume(moved is not None)
    rows = millionths(moved.contribution).sum(axis=1)
    change = after.pounds - before.pounds
    assert rows.tolist() == (change * 10**6).tolist()
    # Rounding is at most a pound at either end, and the millionths of the others.
    assert (np.abs(moved.of("rounding")) < 2 + 1e-4).all()
    assert (moved.feasible_orders == moved.orders) == (not moved.infeasible)
    assert abs(moved.contribution.sum() - (after.scenario.pot - before.scenario.pot)) < 1e-3


@given(pairs())
@settings(deadline=None)
def test_only_the_pot_brings_money(pair):
    before, after, _ = pair
    moved = bridged(before, after)
    assume(moved is not None)
    for component, total in zip(moved.components, moved.total, strict=True):
        brings = after.scenario.pot - before.scenario.pot if component == "pot" else 0
        assert abs(total - brings) < 1e-3


@given(pairs())
@settings(deadline=None)
def test_what_is_equal_contributes_nothing(pair):
    before, after, taken = pair
    moved = bridged(before, after)
    assume(moved is not None)
    for name in set(INGREDIENTS) - taken:
        assert not moved.of(COMPONENT.get(name, "")).any()
        if name == "children":
            assert not any(component.startswith("use") for component in moved.components)
    if not taken & {"rule", "transition"}:
        assert "damping rule" not in moved.components


@given(pairs())
@settings(deadline=None)
def test_there_and_back_is_the_negative(pair):
    before, after, _ = pair
    there, back = bridged(before, after), bridged(after, before)
    assume(there is not None)
    assert there.feasible_orders == back.feasible_orders
    np.testing.assert_allclose(there.contribution, -back.contribution, rtol=0, atol=1e-5)


@given(settlements())
@settings(deadline=None)
def test_the_identity_bridge_is_all_zeros(settlement):
    moved = bridge(settlement, made(**like(settlement)))
    assert moved.components == ("rounding",)
    assert not moved.contribution.any()


@given(settlements(), st.integers(0, 10**6))
@settings(deadline=None)
def test_population_bridges_add_up(settlement, seed):
    population = np.random.default_rng(seed).uniform(1, 1e5, len(settlement.pounds))
    moved = population_bridge(settlement, population)
    rows = millionths(moved.start) + millionths(moved.contribution).sum(axis=1)
    assert rows.tolist() == (settlement.pounds * 10**6).tolist()
    assert (np.abs(moved.of("rounding")) < 1 + 1e-4).all()
    outside = abs(moved.contribution.sum(axis=0))
    assert (outside < 1e-2).all()


@given(pairs())
@settings(deadline=None)
def test_groups_add_up_to_the_whole(pair):
    before, after, _ = pair
    comparison = compare(before, after)
    regions, total = comparison.by_region(), comparison.total()
    for line in ("authorities", "before", "after", "change", "winners", "losers", "unchanged"):
        assert sum(getattr(region, line) for region in regions) == getattr(total, line)
    assert total.after == after.scenario.pot


@given(settlements())
@settings(deadline=None)
def test_a_record_settles_to_the_same_bits(settlement):
    text = to_json(settlement.scenario, settlement.use)
    scenario, use = from_json(text)
    again = settle(scenario, use)
    for line in ("weights", "metric_share", "needs_share", "share", "target", "pounds"):
        assert getattr(again, line).tobytes() == getattr(settlement, line).tobytes()
    assert again.damped.allocation.tobytes() == settlement.damped.allocation.tobytes()
    assert to_json(scenario, use) == text


@given(settlements())
@settings(deadline=None, max_examples=30)
def test_sensitivities_are_settlements(settlement):
    tornado = sensitivity(settlement)
    pot = tornado.change[:, tornado.inputs.index("pot +1%")]
    if "pot +1%" in tornado.not_possible:
        assert np.isnan(pot).all()
    else:
        assert abs(pot.sum() - settlement.scenario.pot / 100) < 1e-3
    others = [k for k, name in enumerate(tornado.inputs[:-1]) if name != "pot +1%"]
    moved = np.nan_to_num(tornado.change[:, others]).sum(axis=0)
    assert np.allclose(moved, 0, rtol=0, atol=1e-3)


@given(settlements(), st.integers(0, 10**6))
@settings(deadline=None, max_examples=30)
def test_traces_end_in_the_settlements_numbers(settlement, seed):
    row = seed % len(settlement.scenario.codes)
    code = settlement.scenario.codes[row]
    assert trace(settlement, code).value == settlement.pounds[row]
    damped = trace(settlement, code, "damped allocation")
    assert damped.value == settlement.damped.allocation[row]
    assert trace(settlement, code, "share").value == settlement.share[row]
