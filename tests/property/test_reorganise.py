"""Merging and splitting: what is promised of it, on made-up settlements of every shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from cyps.geography import Authority
from cyps.needs import area_cost_adjusted
from cyps.settlement import (
    Bands,
    Merge,
    Protection,
    Split,
    Transition,
    Undamped,
    reorganise,
    settle,
)
from made_settlements import made, named, rules

NEW = Authority("E06900001", "", "Merged", "North East")
CLOSE = {"rtol": 1e-12, "atol": 1e-18}
few = hypothesis_settings(max_examples=60, deadline=None)


@st.composite
def merges(draw):
    """A settlement and which of its authorities become one."""
    one = made(
        seed=draw(st.integers(0, 10_000)),
        n=draw(st.integers(3, 14)),
        rule=Undamped(),
        metrics=("CIN", "CARE", "CEASED")[: draw(st.integers(1, 3))],
    )
    n = len(one.scenario.codes)
    rows = draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=n - 1, unique=True))
    return one, sorted(rows)


def merged(one, rows, into=NEW, **given):
    parts = tuple(one.scenario.codes[i] for i in rows)
    return reorganise(one.scenario, one.use, [Merge(into, parts)], **given)


@few
@given(merges())
def test_merging_leaves_everybody_else_and_every_total(case):
    one, rows = case
    children = np.arange(1.0, len(one.scenario.codes) + 1)
    after = merged(one, rows, population=children)
    two = settle(after.scenario, after.use)
    at = two.scenario.codes.index(NEW.code)
    stay = [i for i in range(len(one.scenario.codes)) if i not in rows]
    kept = [two.scenario.codes.index(one.scenario.codes[i]) for i in stay]
    # what was given stays to the bit
    assert (two.use.children[kept] == one.use.children[stay]).all()
    assert (two.scenario.baseline[kept] == one.scenario.baseline[stay]).all()
    assert (two.scenario.area_cost[kept] == one.scenario.area_cost[stay]).all()
    assert (after.population[kept] == children[stay]).all()
    # what follows from it, to the last digits
    for line in ("needs_share", "share", "target"):
        before, now = getattr(one, line), getattr(two, line)
        np.testing.assert_allclose(now[kept], before[stay], **CLOSE)
        np.testing.assert_allclose(now[at], before[rows].sum(), **CLOSE)
    np.testing.assert_allclose(two.use.children[at], one.use.children[rows].sum(axis=0), **CLOSE)
    np.testing.assert_allclose(
        two.scenario.baseline[at], one.scenario.baseline[rows].sum(), **CLOSE
    )
    assert after.population[at] == children[rows].sum()
    assert two.pounds.sum() == one.pounds.sum() == one.scenario.pot


@few
@given(merges())
def test_the_area_cost_factor_is_the_one_that_moves_nobody(case):
    """Against a root finder that knows no algebra: another's share as a function of the factor."""
    one, rows = case
    after = merged(one, rows)
    codes = after.scenario.codes
    at = codes.index(NEW.code)
    other = next(i for i in range(len(codes)) if i != at)
    before = one.share[one.scenario.codes.index(codes[other])]
    needs = settle(after.scenario, after.use).needs_share

    def off(factor):
        costs = after.scenario.area_cost.copy()
        costs[at] = factor
        return area_cost_adjusted(needs, costs)[other] / before - 1

    assert brentq(off, 0.1, 10, xtol=1e-13) == pytest.approx(after.scenario.area_cost[at], rel=1e-8)


@few
@given(merges(), st.randoms(use_true_random=False))
def test_merging_in_steps_is_merging_at_once(case, chance):
    one, rows = case
    codes = [one.scenario.codes[i] for i in rows]
    chance.shuffle(codes)
    half = Authority("E06900002", "", "Half", "North East")
    cut = max(1, len(codes) // 2)
    steps = [Merge(half, tuple(codes[:cut])), Merge(NEW, (half.code, *codes[cut:]))]
    slow = reorganise(one.scenario, one.use, steps)
    fast = merged(one, rows)
    assert slow.scenario.codes == fast.scenario.codes
    np.testing.assert_allclose(slow.use.children, fast.use.children, **CLOSE)
    np.testing.assert_allclose(slow.scenario.area_cost, fast.scenario.area_cost, **CLOSE)
    np.testing.assert_allclose(slow.scenario.baseline, fast.scenario.baseline, **CLOSE)


@st.composite
def splits(draw):
    """A settlement, one of its authorities, and a key by which it is split."""
    one = made(seed=draw(st.integers(0, 10_000)), n=draw(st.integers(2, 10)), rule=Undamped())
    place = draw(st.sampled_from(one.scenario.authorities))
    n_new = draw(st.integers(2, 5))
    key = np.random.default_rng(draw(st.integers(0, 10_000))).dirichlet(np.ones(n_new), 5).T
    into = tuple(
        Authority(f"E069{i:05d}", "", f"Part {i}", place.region) for i in range(1, n_new + 1)
    )
    return one, place, Split(place.code, into, key[:, :3], key[:, 3], key[:, 4], "by chance")


@few
@given(splits())
def test_splitting_shares_out_what_one_had(case):
    one, place, split = case
    row = one.scenario.codes.index(place.code)
    after = reorganise(one.scenario, one.use, [split])
    two = settle(after.scenario, after.use)
    at = [two.scenario.codes.index(new.code) for new in split.into]
    np.testing.assert_allclose(two.target[at].sum(), one.target[row], rtol=1e-11)
    np.testing.assert_allclose(two.use.children[at], split.use * one.use.children[row], rtol=1e-12)
    assert (two.scenario.area_cost[at] == one.scenario.area_cost[row]).all()
    stay = [i for i in range(len(one.scenario.codes)) if i != row]
    kept = [two.scenario.codes.index(one.scenario.codes[i]) for i in stay]
    np.testing.assert_allclose(two.target[kept], one.target[stay], rtol=1e-11)
    assert two.pounds.sum() == one.scenario.pot


@few
@given(splits())
def test_split_then_merge_is_where_one_began(case):
    one, place, split = case
    children = np.arange(1.0, len(one.scenario.codes) + 1)
    back = Merge(place, tuple(new.code for new in split.into))
    after = reorganise(one.scenario, one.use, [split, back], children)
    assert after.scenario.authorities == one.scenario.authorities
    np.testing.assert_allclose(after.use.children, one.use.children, rtol=1e-12)
    np.testing.assert_allclose(after.scenario.baseline, one.scenario.baseline, rtol=1e-12)
    np.testing.assert_allclose(after.scenario.area_cost, one.scenario.area_cost, rtol=1e-12)
    np.testing.assert_allclose(after.population, children, rtol=1e-12)


@pytest.mark.parametrize("kind", [*rules(()), "group"])
def test_every_rule_spends_the_pot_after_a_merge(kind):
    """Bands, tiers and damping groups go by code: the merged one takes that of its parts."""
    one = made(seed=3, n=12)
    codes = one.scenario.codes
    rule = rules(codes)["floor" if kind == "group" else kind]
    group = named(codes, "a", "b") if kind == "group" else None
    scenario = replace(one.scenario, damping=rule, transition=Transition(group=group))
    after = reorganise(scenario, one.use, [Merge(NEW, (codes[0], codes[6]))])
    settled = settle(after.scenario, after.use)
    assert settled.pounds.sum() == one.scenario.pot
    for labels in after.scenario.damping_labels.values():
        assert set(labels) == set(after.scenario.codes)
    if isinstance(rule, Bands | Protection):
        assert after.scenario.damping.member[NEW.code] == rule.member[codes[0]]
    if group:
        assert after.scenario.transition.group[NEW.code] == group[codes[0]]
