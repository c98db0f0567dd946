"""The passes over the cells against sums written out plainly."""

import numpy as np
import pytest

from cyps.model.passes import group_design_sums, log_sums_at_nodes, moments


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
