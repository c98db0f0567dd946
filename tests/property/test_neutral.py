"""What must hold whatever is neutralised."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cyps.model import neutral_cells, predict_use
from made_models import made_cells, made_children, made_fit

HOWS = ("reference", "average", "own average")
COLUMNS = {"sex": [1], "group": [2, 3], "idaci": [4], "urban": [5]}


@st.composite
def models(draw):
    cells = made_cells(made_children(draw(st.integers(0, 50)), draw(st.integers(20, 200)), 2))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    return cells, rng.normal(0, 1, 6) - [3, 0, 0, 0, 0, 0]


@st.composite
def neutrals(draw):
    names = draw(st.sets(st.sampled_from(sorted(COLUMNS)), min_size=1))
    return {
        name: draw(st.sampled_from(HOWS[1:] if name == "idaci" else HOWS)) for name in sorted(names)
    }


@settings(max_examples=40, deadline=None)
@given(models(), neutrals())
def test_a_driver_that_the_model_does_not_use_moves_nothing(model, neutral):
    cells, beta = model
    for name in neutral:
        beta[COLUMNS[name]] = 0.0
    fit = made_fit(cells, beta)
    before, after = (predict_use(c, [fit])[0] for c in (cells, neutral_cells(cells, neutral)))
    np.testing.assert_allclose(after.children, before.children, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(models(), neutrals())
def test_one_after_the_other_is_all_at_once_and_twice_is_once(model, neutral):
    cells, beta = model
    fit = made_fit(cells, beta)
    at_once = predict_use(neutral_cells(cells, neutral), [fit])[0].children
    one_by_one = cells
    for name, how in reversed(neutral.items()):
        one_by_one = neutral_cells(one_by_one, {name: how})
    again = neutral_cells(one_by_one, {n: h for n, h in neutral.items() if h != "reference"})
    for other in (one_by_one, again):
        np.testing.assert_allclose(
            predict_use(other, [fit])[0].children, at_once, rtol=1e-10, atol=1e-12
        )


@settings(max_examples=30, deadline=None)
@given(models())
def test_everything_neutral_leaves_only_numbers_of_children(model):
    cells, beta = model
    everything = neutral_cells(cells, dict.fromkeys(COLUMNS, "average"))
    use = predict_use(everything, [made_fit(cells, beta)])[0].children
    rate = use / cells.group_children
    np.testing.assert_allclose(rate, rate[0], rtol=1e-10)
