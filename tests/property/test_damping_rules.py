"""Every damping rule against a generic solver, and the promises it must keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, linprog

from cyps.errors import CypsError
from cyps.settlement import FloorTooHigh, floor_damped
from cyps.settlement.limits import CeilingTooLow, floor_and_ceiling_damped, proportionally_damped
from cyps.settlement.transition import PaceTooFast, PaceTooSlow, pace_of_change, phased, protected

amounts = st.integers(0, 10**7).map(float)
rates = st.integers(-50, 10).map(lambda n: n / 100)
widths = st.one_of(st.none(), st.integers(0, 60).map(lambda n: n / 100))


@st.composite
def problems(draw, *, positive=False):
    n = draw(st.integers(1, 12))
    F = draw(st.lists(amounts.filter(bool) if positive else amounts, min_size=n, max_size=n))
    B = draw(st.lists(amounts.filter(bool) if positive else amounts, min_size=n, max_size=n))
    assume(sum(F) > 0)
    assume(sum(B) > 0)
    return np.array(F), np.array(B)


@st.composite
def banded(draw):
    F, B = draw(problems())
    floors = np.array([draw(rates) for _ in F])
    gaps = [draw(widths) for _ in F]
    ceilings = np.array([np.inf if w is None else f + w for f, w in zip(floors, gaps, strict=True)])
    return F, B, floors, ceilings


def solved(amount_at, total, highest=1e9):
    """The factor by scipy's root finder, and the amounts there."""
    factor = brentq(lambda s: amount_at(s).sum() - total, 0, highest, xtol=1e-14, maxiter=500)
    return amount_at(factor)


def official_form(F, B, floors, ceilings):
    L = B * (1 + floors)
    with np.errstate(invalid="ignore"):
        U = np.where(np.isinf(ceilings), np.inf, B * (1 + ceilings))
    return lambda s: np.where(F <= L, L, np.minimum(U, L + s * (F - L)))


def proportional_form(F, B, floors, ceilings):
    L = B * (1 + floors)
    with np.errstate(invalid="ignore"):
        U = np.where(np.isinf(ceilings), np.inf, B * (1 + ceilings))
    return lambda k: np.clip(k * F, L, U)


RULES = {
    "official": (floor_and_ceiling_damped, official_form),
    "proportional": (proportionally_damped, proportional_form),
}


@pytest.mark.parametrize("rule", RULES)
@given(problem=banded())
@settings(max_examples=150, deadline=None)
def test_banded_floors_and_ceilings(rule, problem):
    F, B, floors, ceilings = problem
    damp, form = RULES[rule]
    amount_at = form(F, B, floors, ceilings)
    total = F.sum()
    try:
        damped = damp(F, B, floors, ceilings)
    except FloorTooHigh:
        assert amount_at(0).sum() > total * (1 - 1e-11)
        return
    except CeilingTooLow as error:
        left = total - amount_at(1e12).sum()
        assert left > -1e-11 * total
        np.testing.assert_allclose(error.unspent, left, rtol=1e-6, atol=1e-3)
        return
    got, slack = damped.allocation, 1e-9 * max(total, 1.0)
    assert got.sum() == pytest.approx(total, abs=slack)
    with np.errstate(invalid="ignore"):
        upper = np.where(np.isinf(ceilings), np.inf, B * (1 + ceilings))
    assert (got >= B * (1 + floors) - slack).all()
    lifted = (B * (1 + floors) >= F) if rule == "official" else np.zeros_like(F, bool)
    assert (got <= np.where(lifted, np.inf, upper) + slack).all()
    if amount_at(0).sum() < total < amount_at(1e8).sum():
        np.testing.assert_allclose(got, solved(amount_at, total, 1e8), atol=1e-6 * max(total, 1.0))


@given(problem=problems(), floor=rates)
@settings(max_examples=100, deadline=None)
def test_a_floor_alone_is_the_official_form(problem, floor):
    F, B = problem
    try:
        official = floor_damped(F, B, floor)
    except FloorTooHigh as error:
        with pytest.raises(FloorTooHigh) as ours:
            floor_and_ceiling_damped(F, B, floor)
        highest = error.highest_floor
        np.testing.assert_allclose(ours.value.highest_floor, highest, atol=1e-9)
        return
    ours = floor_and_ceiling_damped(F, B, floor)
    np.testing.assert_allclose(ours.allocation, official.allocation, atol=1e-9 * F.sum())


@given(problem=problems(positive=True), floor=rates)
@settings(max_examples=60, deadline=None)
def test_the_official_form_gives_away_least(problem, floor):
    """Of all allocations over the floor that share the pot, none moves less (a linear program)."""
    F, B = problem
    assume((B * (1 + floor)).sum() <= F.sum())
    got = floor_and_ceiling_damped(F, B, floor).allocation
    n = F.size
    # Least sum |D - F| with D >= L and the same total: twice what the floors cost.
    cost = np.append(np.zeros(n), np.ones(n))
    over = np.hstack([np.eye(n), -np.eye(n)])
    under = np.hstack([-np.eye(n), -np.eye(n)])
    best = linprog(
        cost,
        A_ub=np.vstack([over, under]),
        b_ub=np.append(F, -F),
        A_eq=[np.append(np.ones(n), np.zeros(n))],
        b_eq=[F.sum()],
        bounds=[(low, None) for low in B * (1 + floor)] + [(0, None)] * n,
    )
    assert np.abs(got - F).sum() == pytest.approx(best.fun, rel=1e-7, abs=1e-5 * F.sum())


def test_published_vector_with_a_ceiling():
    F, B = [96, 215, 170, 49, 510], [100, 200, 150, 50, 500]
    damped = floor_and_ceiling_damped(F, B, 0.0, 0.08)
    assert damped.scaling_factor == pytest.approx(1.2, abs=1e-14)
    np.testing.assert_allclose(damped.allocation, [100, 216, 162, 50, 512], rtol=1e-14)


def test_unspendable_pot_names_the_ceiling_that_works():
    F, B = [150.0, 150.0], [100.0, 100.0]
    with pytest.raises(CeilingTooLow, match=r"leave £100 of the pot unspent") as error:
        floor_and_ceiling_damped(F, B, -0.1, 0.0)
    assert error.value.raise_by == pytest.approx(0.5)
    fits = floor_and_ceiling_damped(F, B, -0.1, error.value.raise_by)
    assert fits.allocation.sum() == pytest.approx(300)
    with pytest.raises(CeilingTooLow, match="without a baseline"):
        floor_and_ceiling_damped([100.0, 50.0], [0.0, 50.0], 0.0, 0.0)


@pytest.mark.parametrize(
    ("floor", "ceiling", "says"),
    [(-1.5, None, "below -100%"), (np.nan, None, "missing"), (0.0, -0.1, "below its floor")],
)
def test_limits_that_make_no_sense_are_refused(floor, ceiling, says):
    with pytest.raises(CypsError, match=says):
        floor_and_ceiling_damped([1.0], [1.0], floor, ceiling)


@given(problem=problems(), floor=rates, width=widths)
@settings(max_examples=60, deadline=None)
def test_order_of_percentage_changes_is_kept(problem, floor, width):
    F, B = problem
    assume((B > 0).all())
    try:
        got = floor_and_ceiling_damped(F, B, floor, None if width is None else floor + width)
    except (FloorTooHigh, CeilingTooLow):
        return
    order = np.argsort(F / B, kind="stable")
    change = (got.allocation / B)[order]
    assert (np.diff(change) >= -1e-9).all()


@given(problem=problems(), floor=rates, scale=st.sampled_from([0.001, 7.0, 1e4]))
@settings(max_examples=60, deadline=None)
def test_order_of_authorities_and_the_unit_do_not_matter(problem, floor, scale):
    F, B = problem
    try:
        got = floor_and_ceiling_damped(F, B, floor, floor + 0.5).allocation
    except (FloorTooHigh, CeilingTooLow):
        return
    turned = floor_and_ceiling_damped(F[::-1], B[::-1], floor, floor + 0.5).allocation[::-1]
    scaled = floor_and_ceiling_damped(F * scale, B * scale, floor, floor + 0.5).allocation / scale
    np.testing.assert_allclose(turned, got, atol=1e-9 * F.sum())
    np.testing.assert_allclose(scaled, got, atol=1e-9 * F.sum())


@given(problem=problems(), weight=st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_phasing_shares_the_whole_pot_and_arrives(problem, weight):
    F, B = problem
    got = phased(F, B, weight)
    assert got.sum() == pytest.approx(F.sum())
    np.testing.assert_allclose(phased(F, B, 1.0), F, rtol=1e-12)
    np.testing.assert_allclose(phased(F, B, 0.0), B * F.sum() / B.sum(), rtol=1e-12)


@given(problem=problems(), least=st.sampled_from([0.9, 0.95, 1.0, 1.02]))
@settings(max_examples=50, deadline=None)
def test_protection_by_either_payer(problem, least):
    A, B = problem
    outside = protected(A, B, least, "outside")
    assert (outside.allocation >= least * B - 1e-6).all()
    np.testing.assert_allclose(outside.allocation - outside.top_up, A)
    try:
        group = protected(A, B, least, "group")
    except FloorTooHigh:
        assert (least * B).sum() > A.sum() * (1 - 1e-11)
        return
    assert group.allocation.sum() == pytest.approx(A.sum())
    assert (group.allocation >= least * B - 1e-6).all()


@given(problem=problems(positive=True), least=rates, room=st.integers(0, 80))
@settings(max_examples=100, deadline=None)
def test_pace_of_change_against_a_root_finder(problem, least, room):
    F, B = problem
    most = least + room / 100
    lower = np.maximum(B * (1 + least), F * 0.95)
    upper = np.maximum(lower, np.minimum(B * (1 + most), F))
    way = np.maximum(0.0, F - B * (1 + least))

    def amount_at(s):
        return np.clip(B * (1 + least) + s * way, lower, upper)

    total = F.sum()
    try:
        pace = pace_of_change(F, B, least, most)
    except PaceTooSlow as slow:
        assert amount_at(1e12).sum() < total * (1 + 1e-11)
        needed = slow.least_most + 1e-7
        assert pace_of_change(F, B, least, needed).factor <= 1 + 1e-9
        return
    except PaceTooFast as fast:
        assert lower.sum() > total * (1 - 1e-11)
        fits = fast.highest_least
        assert fits < least + 1e-9
        cost = np.maximum(B * (1 + fits), F * 0.95).sum()
        assert cost == pytest.approx(total)
        assert pace_of_change(F, B, fits - 1e-9, 1e9).allocation.sum() == pytest.approx(total)
        return
    assert pace.allocation.sum() == pytest.approx(total)
    assert (pace.closing_distance >= -0.05 - 1e-9).all()
    assert pace.factor <= 1 + 1e-9
    if amount_at(0).sum() < total < amount_at(1e8).sum():
        np.testing.assert_allclose(
            pace.allocation, solved(amount_at, total, 1e8), atol=1e-6 * total
        )
