"""Counts that could be solved for: against every other table of counts with the same figures."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from cyps.cells import SMALLEST_COUNT, collapse
from cyps.errors import CypsError
from cyps.model.neutral import neutral_cells
from cyps.model.solvable import NeutralCells, a_handful_follows, solvable
from made_models import CODES, made_cells, made_children, made_fit, packed


def room(figures, count):
    """How far each count may move with every figure as it is and no count below 0: brute force."""
    widest = []
    for q in range(count.size):
        ends = []
        for sign in (1, -1):
            goal = np.zeros(count.size)
            goal[q] = sign
            scaled = figures / np.abs(figures).max(axis=1, keepdims=True)
            found = linprog(goal, A_eq=scaled, b_eq=scaled @ count, bounds=(0, None))
            ends.append(found.x[q] if found.status == 0 else np.nan)
        widest.append(ends[1] - ends[0])
    return np.array(widest)


@given(st.integers(0, 10_000))
@settings(max_examples=80, deadline=None)
def test_a_handful_follows_where_no_other_counts_give_the_figures(seed):
    """Random figures, some of one category only, against linear programming."""
    rng = np.random.default_rng(seed)
    n, n_figures = rng.integers(1, 9), rng.integers(1, 9)
    figures = rng.uniform(0.05, 0.6, (n_figures, n))
    figures[:, : n // 2] *= rng.random(n_figures)[:, None] < 0.5
    figures = figures[figures.any(axis=1)]
    if not len(figures):
        return
    count = rng.integers(1, 25, n).astype(float)
    says = a_handful_follows(figures, count)
    # Nothing below 0 was used to find one, so that linear programming may know more.
    wide = room(figures, count)
    fixed = wide < 1e-4
    if says:
        assert (fixed & (count < SMALLEST_COUNT)).any()
    elif np.linalg.matrix_rank(figures) == n:
        assert (count >= SMALLEST_COUNT).all()
    else:
        null = np.linalg.svd(figures)[2][np.linalg.matrix_rank(figures, tol=1e-10) :]
        told = np.linalg.norm(null, axis=0) < 1e-8
        assert (count[told] >= SMALLEST_COUNT).all()


def test_many_patterns_are_seen_to_have_room_by_a_part_of_them():
    """The quick way and the thorough one say the same, a solvable corner included."""
    rng = np.random.default_rng(4)
    p = rng.uniform(0.01, 0.3, (2, 400))
    member = (rng.random((3, 400)) < 0.3).astype(float)
    count = rng.integers(1, 5, 400).astype(float)
    figures = np.vstack([p, *(member[None] * (p * (1 - p))[:, None]).reshape(-1, 400)])
    assert not a_handful_follows(figures, count)
    # A category that two patterns have, in two metrics: two equations for two counts.
    of_two = np.zeros(400)
    of_two[[7, 300]] = 1
    corner = np.vstack([figures, of_two * p * (1 - p)])
    assert a_handful_follows(corner, count)
    assert not a_handful_follows(corner[:-1], count)
    # Three patterns: one more than equations.
    of_two[11] = 1
    assert not a_handful_follows(np.vstack([figures, of_two * p * (1 - p)]), count)


def cells_of(counts):
    """Cells of authorities with so many children of (fsm, young), a dict for each."""
    rows = [(CODES[j], *who, n) for j, mine in enumerate(counts) for who, n in mine.items()]
    table = pd.DataFrame(rows, columns=["la", "fsm", "young", "n"])
    for name in ("fsm", "young"):
        table[name] = pd.Categorical(table[name], ["no", "yes"])
    table["CIN"] = table["CARE"] = table["n"] // 3
    return collapse(table, events=["CIN", "CARE"], trials="n", child=["fsm", "young"], group="la")


FOUR = list(itertools.product(["no", "yes"], ["no", "yes"]))
MANY = dict.fromkeys(FOUR, 40)
ONE_OF_FEW = dict(zip(FOUR, (40, 30, 25, 3), strict=True))


def fits_of(cells, scale=1.0):
    beta = np.array([-2.0, 0.7, 0.4]) * scale
    return [made_fit(cells, beta, "CIN"), made_fit(cells, beta * 1.3 - 0.5, "CARE")]


def test_the_gradient_is_hidden_where_it_can_be_solved_for_counts():
    """Four patterns, eight figures: the attack works on what the pack shows, until now."""
    cells = cells_of([ONE_OF_FEW, MANY])
    fits = fits_of(cells)
    pack = packed(fits, cells)
    assert pack.use.hidden[:, 0].all()
    assert (pack.use.gradient[:, 0] == 0).all()
    assert not pack.use.hidden[:, 1].any()
    # Each combination has enough children by itself in every category: the old rules showed all.
    assert cells.group_children[0] == 98
    x = np.array([[1, a == "yes", b == "yes"] for a, b in FOUR], dtype=float)
    rows, told = [], []
    for fit in fits:
        p = 1 / (1 + np.exp(-x @ fit.coefficients))
        rows += [p, *((p * (1 - p))[:, None] * x).T]
        count = np.array(list(ONE_OF_FEW.values()))
        told += [p @ count, *(x.T @ (p * (1 - p) * count))]
    solved = np.linalg.lstsq(np.array(rows), np.array(told), rcond=None)[0]
    np.testing.assert_allclose(solved, [40, 30, 25, 3], atol=1e-6)
    # Use alone, two figures, leaves the three open.
    wide = room(np.array(rows)[[0, 4]], np.array([40.0, 30, 25, 3]))
    assert (wide > 1).all()


def test_use_that_can_be_solved_alone_is_refused_by_name():
    two = {("no", "no"): 60, ("yes", "no"): 5, ("no", "yes"): 0, ("yes", "yes"): 0}
    cells = cells_of([MANY, {who: n for who, n in two.items() if n}])
    with pytest.raises(CypsError, match=f"predicted use of {CODES[1]} would tell of single child"):
        packed(fits_of(cells), cells)
    # One metric: one figure for two patterns.
    alone = packed(fits_of(cells)[:1], cells)
    assert alone.use.hidden[:, 1].all()


def test_neutralised_use_that_makes_it_solvable_is_withheld():
    three = dict(zip(FOUR[:3], (50, 40, 4), strict=True))
    cells = cells_of([MANY, three])
    fits = fits_of(cells)
    neutral = NeutralCells(neutral_cells(cells, {"fsm": "reference"}), np.ones(2, dtype=bool))
    found = solvable(cells, fits, np.zeros((2, 3), dtype=bool))
    assert found.without_gradient.tolist() == [False, False]
    found = solvable(cells, fits, np.zeros((2, 3), dtype=bool), [neutral])
    assert found.without_gradient.tolist() == [False, True]
    assert found.use_alone.tolist() == [False, False]
    unshown = replace(neutral, shown=np.zeros(2, dtype=bool))
    found = solvable(cells, fits, np.zeros((2, 3), dtype=bool), [unshown])
    assert found.without_gradient.tolist() == [False, False]
    pack = packed(fits, cells, neutralise=[{"fsm": "reference"}])
    assert pack.neutralised[0].use.codes == CODES[:1]


def test_patterns_that_are_alike_are_one():
    """Two areas with the same covariates, 6 children each: together they are 12, and may follow."""
    rows = [(CODES[0], area, "no", 0.2, 6) for area in (1, 2)] + [(CODES[0], 3, "no", 0.5, 20)]
    rows += [(CODES[1], 4, who, 0.3, 50) for who in ("no", "yes")]
    table = pd.DataFrame(rows, columns=["la", "lsoa", "fsm", "idaci", "n"])
    table["CIN"] = table["n"] // 3
    cells = collapse(
        table, events="CIN", trials="n", child=["fsm"], area=["idaci"], area_key="lsoa", group="la"
    )
    hidden = np.zeros((2, 3), dtype=bool)
    fit = made_fit(cells, [-2.0, 0.5, 1.0])
    assert not solvable(cells, [fit], hidden).with_gradient.any()
    few = replace(cells, cell_count=np.where(cells.cell_count == 6, 4, cells.cell_count))
    assert solvable(few, [fit], hidden).with_gradient.tolist() == [True, False]
    # No effect of idaci: its values cannot be told apart by use, but the gradient tells them.
    flat = made_fit(few, [-2.0, 0.5, 0.0])
    assert solvable(few, [flat], hidden).with_gradient.tolist() == [True, False]
    assert not solvable(few, [flat], hidden | [False, False, True]).with_gradient.any()


def test_children_of_many_kinds_keep_their_gradient():
    children = made_children(5, 12 * 400, 12)
    children["idaci"] = np.random.default_rng(5).uniform(0.05, 0.6, len(children)).round(4)
    cells = made_cells(children)
    fits = [made_fit(cells, np.array([-3.0, 0.4, 0.7, -0.9, 2.5, 0.3]))]
    assert not packed(fits, cells).use.hidden.all(axis=2).any()
