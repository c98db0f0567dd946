"""The passes over the cells against sums written out plainly."""

import os
import subprocess
import sys

import numpy as np
import pytest

from cyps.model.passes import group_design_sums, log_sums_at_nodes, moments
from cyps.model.threads import over_groups


def plain_moments(cells, slot_odds, area_odds, area_design):
    """The same sums as `moments`, cell by cell from their definitions."""
    area_start, cell_start, cell_slot, cell_count = cells
    area = np.repeat(np.arange(area_odds.size), np.diff(cell_start))
    group = np.repeat(np.arange(area_start.size - 1), np.diff(area_start))[area]
    t = slot_odds[cell_slot] * area_odds[area]
    p = t / (1 + t)
    m = cell_count * p
    w = m / (1 + t)
    dw = w * (1 - 2 * p)
    slots = lambda v: np.bincount(cell_slot, v, minlength=slot_odds.size)  # noqa: E731
    areas = lambda v: np.bincount(area, v, minlength=area_odds.size)  # noqa: E731
    wz = np.column_stack([slots(w * column) for column in area_design[area].T])
    log_sum = np.bincount(group, cell_count * np.log1p(t))
    return log_sum, slots(m), slots(w), slots(dw), areas(m), areas(w), areas(dw), wz


def awkward(largest):
    """Three groups of cells small and large, with odds up to about `largest`."""
    rng = np.random.default_rng(1)
    n_cells, n_areas, n_groups = 4000, 60, 3
    area_start = np.linspace(0, n_areas, n_groups + 1).astype(np.int64)
    area = np.sort(rng.integers(0, n_areas, n_cells))
    cell_start = np.searchsorted(area, np.arange(n_areas + 1)).astype(np.int64)
    group = np.searchsorted(area_start, area, side="right") - 1
    cell_slot = (group * 10 + rng.integers(0, 10, n_cells)).astype(np.int64)
    cell_count = rng.choice([1, 2, 3, 14, 15, 16, 17, 5000], n_cells).astype(np.int32)
    cells = (area_start, cell_start, cell_slot, cell_count)
    slot_odds = largest * rng.uniform(0.01, 1, n_groups * 10)
    area_odds = rng.uniform(0.5, 2, n_areas)
    area_design = rng.normal(size=(n_areas, 2))
    return cells, slot_odds, area_odds, area_design


@pytest.mark.parametrize("largest", [1e-6, 1.0, 1e3, 1e120, 1e250])
def test_moments_are_the_plain_sums_whatever_the_odds_and_counts(largest):
    """Small and large cells, odds that fill a product within two cells, and hardly ever."""
    cells, slot_odds, area_odds, area_design = awkward(largest)
    found = moments(cells, slot_odds, area_odds, area_design)
    for ours, plain in zip(
        found, plain_moments(cells, slot_odds, area_odds, area_design), strict=True
    ):
        np.testing.assert_allclose(ours, plain, rtol=1e-12, atol=1e-12 * np.abs(plain).max())


@pytest.mark.parametrize("largest", [1e-6, 1.0, 1e120])
def test_log_sums_at_nodes_are_the_plain_sums_with_the_effect_moved(largest):
    cells, slot_odds, area_odds, area_design = awkward(largest)
    node_odds = np.exp(np.random.default_rng(2).normal(size=(3, 5)))
    found = log_sums_at_nodes(cells, slot_odds, area_odds, node_odds)
    areas_of_group = np.diff(cells[0])
    for k in range(5):
        moved = area_odds * np.repeat(node_odds[:, k], areas_of_group)
        plain = plain_moments(cells, slot_odds, moved, area_design)[0]
        np.testing.assert_allclose(found[:, k], plain, rtol=1e-12)


def test_group_design_sums_are_the_plain_sums_and_a_metric_s_bits_its_own():
    rng = np.random.default_rng(3)
    start, row = np.array([0, 4, 5, 40]), rng.integers(0, 6, 40)
    weight, design = rng.normal(size=(40, 3)), rng.normal(size=(6, 7))
    found = group_design_sums(start, row, weight, design)
    for j in range(3):
        mine = slice(start[j], start[j + 1])
        plain = weight[mine].T @ design[row[mine]]
        np.testing.assert_allclose(found[:, j], plain, rtol=1e-12, atol=1e-12)
    for m in range(3):
        alone = group_design_sums(start, row, np.ascontiguousarray(weight[:, m : m + 1]), design)
        assert alone[0].tobytes() == found[m].tobytes()


COMPUTED_BY_A_PROCESS = """
import hashlib
import numpy as np
from cyps.model.nested_passes import nested_integrals, nested_modes, place_column_sums, slot_sums
from cyps.model import passes

draw = np.random.default_rng(1)
groups, areas, slots, k = 30, 300, 600, 3
size = draw.integers(1, 400, areas)
cell_start = np.append(0, size.cumsum())
area_start = np.arange(groups + 1) * (areas // groups)
slot_group = np.arange(slots) // (slots // groups)
own = np.repeat(np.arange(areas) // (areas // groups), size)
cell_slot = (own * (slots // groups) + draw.integers(0, slots // groups, own.size)).astype("int32")
cells = area_start, cell_start, cell_slot, draw.integers(1, 30, own.size).astype("int32")
slot_odds, area_odds = draw.uniform(0.01, 0.3, slots), draw.uniform(0.5, 2, areas)
design, slot_design = draw.normal(size=(areas, k)), draw.normal(size=(slots, k))
by_group, events = draw.uniform(size=groups), draw.uniform(100, 900, groups)
nodes, weights = np.polynomial.hermite.hermgauss(5)
at_nodes = draw.uniform(0.5, 2, (groups, 5))
places = area_start, np.arange(areas + 1)
fitted = draw.uniform(10, 90, areas)
variance, still = (0.1, 0.05), (np.zeros(groups), np.zeros(areas))
found = [
    passes.group_modes(cells, slot_odds, area_odds, events, 5.0, still[0], 1e-5, 50),
    *passes.moments(cells, slot_odds, area_odds, design),
    *passes.third_and_fourth_moments(cells, slot_odds, area_odds, design, by_group, by_group),
    passes.log_sums_at_nodes(cells, slot_odds, area_odds, at_nodes),
    *passes.fitted_over_nodes(cells, slot_odds, area_odds, at_nodes, at_nodes),
    *passes.fitted_and_weights(cells, slot_odds[:, None] * [1, 2], area_odds[:, None] * [1, 2]),
    passes.group_design_sums(area_start, np.arange(areas), design, design),
    *nested_modes(cells, places, slot_odds, area_odds, fitted, variance, *still, 1e-5, 50),
    place_column_sums(cells, places, slot_odds, area_odds, slot_design),
    slot_sums(cells, slot_odds, area_odds, fitted, fitted),
    *nested_integrals(
        cells, places, slot_odds, area_odds, fitted, variance, *still[:1], by_group, still[1],
        nodes, weights,
    ),
]
for sums in found:
    print(hashlib.sha256(sums.tobytes()).hexdigest())
"""


def test_the_process_that_compiles_finds_the_bits_of_those_that_load(tmp_path):
    """A pack fitted anew on the same machine is the same pack, after the very first fit, too."""
    compiled, *loaded = [
        subprocess.run(
            [sys.executable, "-c", COMPUTED_BY_A_PROCESS],
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_NUM_THREADS": threads},
            capture_output=True, text=True, check=True,
        ).stdout
        for threads in ("1", "1", "2")
    ]  # fmt: skip
    assert len(compiled.split()) > 20
    assert loaded == [compiled, compiled]


def test_every_group_is_passed_once_whatever_the_threads(monkeypatch):
    for threads, groups in [(1, 5), (2, 1), (3, 5), (4, 1000), (2, 0)]:
        monkeypatch.setattr("numba.get_num_threads", lambda threads=threads: threads)
        passed = np.zeros(groups)

        def count(first, last, into):
            into[first:last] += 1

        over_groups(count, groups, passed)
        assert (passed == 1).all()


def test_what_a_thread_raises_is_raised(monkeypatch):
    monkeypatch.setattr("numba.get_num_threads", lambda: 2)

    def fails(first, last):
        if first > 3:
            raise ValueError(first, last)

    with pytest.raises(ValueError, match="4, 5"):
        over_groups(fails, 5)
