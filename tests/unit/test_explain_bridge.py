"""Bridges: they add up, give each component its own, and say when the way is blocked."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.explain import NoBridge, above_population, bridge, population_bridge
from cyps.settlement import Floor, FloorAndCeiling, Transition, Undamped
from made_settlements import EVERYONE, like, made, named, rules

BEFORE = made(1)
OTHER = made(2).scenario.baseline
AFTER = made(
    2,
    rule=FloorAndCeiling(floor=-0.3, ceiling=0.7),
    pot=round(BEFORE.scenario.pot * 1.1),
    baseline=np.round(OTHER * BEFORE.scenario.baseline.sum() / OTHER.sum()),
)

HALVES = named(BEFORE.scenario.codes, "north", "south")


def millionths(x):
    return np.rint(np.asarray(x) * 1e6).astype(np.int64)


def adds_up(moved):
    rows = millionths(moved.contribution).sum(axis=1)
    return (rows == millionths(moved.end) - millionths(moved.start)).all()


TAKES = {
    "cost weights": ("spend",),
    "area cost": ("area_cost",),
    "pot": ("pot",),
    "baseline": ("baseline",),
    "damping rule": ("rule", "transition"),
}


def between(before, after, taken):
    """A whole settlement with the named components of the later one, made by `settle`."""
    theirs = like(after)
    changes = {name: theirs[name] for component in taken for name in TAKES.get(component, ())}
    children = before.use.children.copy()
    for m, metric in enumerate(before.use.metrics):
        if f"use of {metric}" in taken:
            children[:, m] = after.use.children[:, m]
    return made(**like(before, children=children, **changes)).damped.allocation


def brute_force(before, after, names, feasible_only=False):
    """The average over every order, each settled step by step, and how many orders."""
    paths = []
    for order in permutations(names):
        steps, last = {}, before.damped.allocation
        try:
            for k, name in enumerate(order):
                now = between(before, after, order[: k + 1])
                steps[name], last = now - last, now
        except CypsError:
            if not feasible_only:
                raise
            continue
        paths.append(np.column_stack([steps[name] for name in names]))
    return np.mean(paths, axis=0), len(paths)


def test_it_adds_up_to_the_pound():
    moved = bridge(BEFORE, AFTER)
    assert moved.components == (
        "use of CIN", "use of CARE", "use of CEASED", "cost weights", "area cost", "pot",
        "baseline", "damping rule", "rounding",
    )  # fmt: skip
    assert adds_up(moved)
    assert moved.start.tolist() == BEFORE.pounds.tolist()
    assert moved.end.tolist() == AFTER.pounds.tolist()
    total = dict(zip(moved.components, moved.total, strict=True))
    assert total.pop("pot") == pytest.approx(AFTER.scenario.pot - BEFORE.scenario.pot, abs=1e-3)
    assert np.allclose(list(total.values()), 0, atol=1e-3)
    assert (np.abs(moved.of("rounding")) < 2).all()
    assert moved.feasible_orders == moved.orders == 40320
    assert moved.infeasible == ()


@pytest.mark.parametrize("kept", [("children", "baseline"), ("spend", "area_cost", "pot")])
@pytest.mark.parametrize("transition", [Transition(), Transition(0.8, HALVES)])
def test_it_is_the_average_over_every_order(kept, transition):
    ours = like(BEFORE)
    changes = {name: ours[name] for name in kept} | {"transition": transition}
    after = made(**like(AFTER, **changes))
    moved = bridge(BEFORE, after)
    names = moved.components[:-1]
    average, paths = brute_force(BEFORE, after, names)
    assert len(names) == (4 if "children" in kept else 5)
    assert paths == moved.orders == moved.feasible_orders
    assert (np.abs(average).max(axis=0) > 1).all()  # every component moves somebody
    np.testing.assert_allclose(moved.contribution[:, :-1], average, rtol=0, atol=2e-6)


def test_a_settlement_and_itself():
    moved = bridge(BEFORE, made(1))
    assert moved.components == ("rounding",)
    assert not moved.contribution.any()
    assert not moved.of("pot").any()


@pytest.mark.parametrize(
    ("change", "component"),
    [
        ({"pot": AFTER.scenario.pot}, "pot"),
        ({"area_cost": AFTER.scenario.area_cost}, "area cost"),
        ({"baseline": BEFORE.scenario.baseline[::-1]}, "baseline"),
        ({"spend": [1.0, 2.0, 3.0]}, "cost weights"),
        ({"rule": Undamped()}, "damping rule"),
        ({"transition": Transition(phasing=0.5)}, "damping rule"),
        ({"children": BEFORE.use.children * [1, 1.5, 1] + [0, 9, 0]}, "use of CARE"),
    ],
)
def test_what_alone_differs_has_moved_everything(change, component):
    after = made(**like(BEFORE, **change))
    moved = bridge(BEFORE, after)
    assert moved.components == (component, "rounding")
    difference = after.damped.allocation - BEFORE.damped.allocation
    assert np.abs(difference).max() > 1
    np.testing.assert_allclose(moved.of(component), difference, rtol=0, atol=1e-6)


def test_units_of_use_spend_and_names_move_nothing():
    spend = [line.pounds * 2 for line in BEFORE.scenario.spend]
    after = made(**like(BEFORE, children=BEFORE.use.children * 2, spend=spend), seed=9)
    assert bridge(BEFORE, after).components == ("rounding",)


def test_there_and_back():
    there, back = bridge(BEFORE, AFTER), bridge(AFTER, BEFORE)
    np.testing.assert_allclose(there.contribution, -back.contribution, rtol=0, atol=3e-6)


def test_a_metric_that_comes_is_told_under_cost_weights():
    four = ("CIN", "REF", "CARE", "CEASED")
    rng = np.random.default_rng(5)
    ref = rng.uniform(500, 2000, 12)
    children = np.insert(BEFORE.use.children, 1, ref, axis=1)
    after = made(**like(BEFORE, metrics=four, children=children, spend=[3e8, 2e8, 3e8, 1e8]))
    moved = bridge(BEFORE, after)
    assert moved.components == ("cost weights", "rounding")
    assert adds_up(moved)
    back = bridge(after, BEFORE)
    np.testing.assert_allclose(moved.contribution, -back.contribution, rtol=0, atol=3e-6)


def test_a_metric_that_comes_beside_another_change_by_hand():
    four = ("CIN", "CARE", "CEASED", "REF")
    ref = np.random.default_rng(5).uniform(500, 2000, 12)
    coming = {
        "metrics": four,
        "children": np.column_stack([BEFORE.use.children, ref]),
        "spend": [3e8, 3e8, 1e8, 2e8],
    }
    cost = {"area_cost": AFTER.scenario.area_cost}
    after = made(**like(BEFORE, **coming, **cost))
    weights_first = made(**like(BEFORE, **coming)).damped.allocation
    cost_first = made(**like(BEFORE, **cost)).damped.allocation
    start, end = BEFORE.damped.allocation, after.damped.allocation
    moved = bridge(BEFORE, after)
    assert moved.components == ("cost weights", "area cost", "rounding")
    by_hand = ((weights_first - start) + (end - cost_first)) / 2
    np.testing.assert_allclose(moved.of("cost weights"), by_hand, rtol=0, atol=2e-6)
    going = bridge(after, BEFORE)
    np.testing.assert_allclose(going.of("cost weights"), -by_hand, rtol=0, atol=2e-6)


def blocked_pair():
    """A floor that only the new pot can pay for."""
    before = made(**like(BEFORE, rule=Floor(floor=-0.05)))
    after = made(
        **like(
            before, rule=Floor(floor=0.3), pot=round(before.scenario.pot * 1.4),
            area_cost=AFTER.scenario.area_cost,
        )
    )  # fmt: skip
    return before, after


def test_a_way_that_is_blocked_is_said_with_what_helps():
    before, after = blocked_pair()
    with pytest.raises(NoBridge, match=r"before with after's damping rule.*floor of 30") as error:
        bridge(before, after)
    assert error.value.together == ("pot", "damping rule")
    assert error.value.infeasible == ("damping rule", "area cost + damping rule")
    assert "together as one step; or average over the feasible orders" in str(error.value)
    assert not error.value.no_order


def test_feasible_orders_are_those_of_brute_force():
    before, after = blocked_pair()
    moved = bridge(before, after, feasible_orders_only=True)
    names = ("area cost", "pot", "damping rule")
    assert moved.components == (*names, "rounding")
    average, paths = brute_force(before, after, names, feasible_only=True)
    assert moved.feasible_orders == paths == 3
    assert moved.orders == 6
    assert moved.infeasible == ("damping rule", "area cost + damping rule")
    assert adds_up(moved)
    np.testing.assert_allclose(moved.contribution[:, :-1], average, rtol=0, atol=2e-6)


def test_together_is_one_step():
    before, after = blocked_pair()
    moved = bridge(before, after, together=[("damping rule", "pot")])
    assert moved.components == ("area cost", "pot + damping rule", "rounding")
    assert moved.feasible_orders == moved.orders == 2
    assert adds_up(moved)


def test_no_order_at_all():
    # Each of pot and baseline alone makes the floor too dear or the ceiling too low.
    before = made(3, rule=FloorAndCeiling(floor=-0.1, ceiling=0.3))
    pot, baseline = before.scenario.pot * 3, before.scenario.baseline * 3
    after = made(**like(before, pot=pot, baseline=baseline))
    with pytest.raises(NoBridge, match=r"No order avoids them all\. Move pot and base") as error:
        bridge(before, after, feasible_orders_only=True)
    assert error.value.no_order
    assert adds_up(bridge(before, after, together=[error.value.together]))


@pytest.mark.parametrize(
    ("together", "told"),
    [
        ([("pot", "flour")], "'flour' is no component"),
        ([("pot", "baseline"), ("pot", "area cost")], "only once"),
    ],
)
def test_together_that_makes_no_sense(together, told):
    with pytest.raises(CypsError, match=told):
        bridge(BEFORE, AFTER, together=together)


def test_too_many_components_are_refused():
    metrics = tuple(f"M{i}" for i in range(15))
    with pytest.raises(CypsError, match="19 components differ"):
        bridge(made(1, metrics=metrics), made(2, metrics=metrics, pot=made(1).scenario.pot))


def test_only_the_same_authorities():
    with pytest.raises(CypsError, match=rf"only after: {EVERYONE[5].name} \({EVERYONE[5].code}\)"):
        bridge(made(1, n=5), made(1, n=6))


@pytest.mark.parametrize("name", list(rules(BEFORE.scenario.codes)))
def test_population_to_pounds(name):
    codes = BEFORE.scenario.codes
    groups = Transition(0.5 if name != "pace" else None, named(codes, "north", "south"))
    settled = made(4, rule=rules(codes)[name], transition=groups)
    population = np.random.default_rng(8).uniform(1e4, 9e4, len(codes))
    moved = population_bridge(settled, population)
    assert adds_up(moved)
    assert moved.end.tolist() == settled.pounds.tolist()
    by_hand = population / population.sum() * settled.scenario.pot
    np.testing.assert_allclose(moved.start, by_hand, atol=1e-6)
    to_needs = moved.start + sum(moved.of(f"use of {m}") for m in settled.use.metrics)
    to_needs += moved.of("cost weights")
    np.testing.assert_allclose(to_needs, settled.needs_share * settled.scenario.pot, atol=1e-4)
    to_target = to_needs + moved.of("area cost")
    np.testing.assert_allclose(to_target, settled.target, atol=1e-4)
    third = (settled.metric_share[:, 1] - population / population.sum()) * settled.scenario.pot / 3
    np.testing.assert_allclose(moved.of("use of CARE"), third, atol=1e-5)
    above = above_population(settled, population).sum(axis=1)
    np.testing.assert_allclose(above, to_needs - moved.start, atol=1e-4)


def test_population_has_to_be_one_number_each():
    with pytest.raises(CypsError, match="above 0 for each of the 12"):
        population_bridge(BEFORE, np.zeros(12))
