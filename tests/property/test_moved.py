"""What must hold for what moved the use, whatever the coefficients and children."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cyps.model import moved_by_drivers
from cyps.pack import UNSIGNED, LoadedPack
from made_models import made_cells, made_children, made_fit, packed


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sets(st.integers(0, 5)), st.booleans())
def test_it_adds_up_and_what_did_not_move_has_no_part(seed, changed, other_children):
    rng = np.random.default_rng(seed)
    one = made_cells(made_children(seed % 97, 300, 3), ("CIN",))
    other = made_cells(made_children(seed % 89 + 100, 300, 3), ("CIN",)) if other_children else one
    beta = rng.normal(0, 1, 6) - [3, 0, 0, 0, 0, 0]
    later = beta.copy()
    later[sorted(changed)] += rng.normal(0, 0.5, len(changed))
    packs = [
        LoadedPack(packed([made_fit(cells, b)], cells), name, UNSIGNED)
        for cells, b, name in ((one, beta, "a"), (other, later, "b"))
    ]
    table = moved_by_drivers(*packs, one, other)
    ratio = packs[1].pack.use.children[:, 0] / packs[0].pack.use.children[:, 0]
    np.testing.assert_allclose(table.log_use[0].sum(axis=1), np.log(ratio), atol=1e-12)
    columns = {"sex": {1}, "group": {2, 3}, "idaci": {4}, "urban": {5}, "intercept": {0}}
    for k, name in enumerate(table.components[:5]):
        if not columns[name] & changed:
            assert not table.log_use[0, :, k].any()
    if not other_children:
        assert not table.log_use[0, :, 5].any()
