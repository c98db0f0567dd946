"""Passes over the cells: the only loops that touch every cell.

The linear predictor of a cell splits into its pattern, its area and its group,
so its odds are a product: odds = slot_odds[slot] * area_odds[area], the group's
effect included in the latter. Exponentials are taken per slot and per area,
never per cell; a cell costs a product, a quotient and a few sums.

Groups are independent, and each is summed by one thread in a fixed order:
the result does not depend on the number of threads.
"""
# numba needs bare arguments; shapes and meaning stand in each docstring.
# ruff: noqa: ANN001, ANN201, ANN202
# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

from cyps.model.problem import CellArrays
from cyps.model.threads import over_groups

Floats = NDArray[np.float64]

# Sums may be reordered and products contracted, which is what lets the compiler
# use vector instructions; infinities and NaN keep their meaning.
FAST = {"reassoc", "contract", "arcp", "nsz"}

# A sum of logarithms is the logarithm of a product, which costs a cell a multiplication.
# Most cells hold a few children: those of a count share a product, which starts afresh before
# it is more than a number can hold; larger cells take their own logarithm.
COUNTS_TOGETHER = 16
_LARGEST_PRODUCT = 1e200


@nb.njit(fastmath=FAST, cache=True)
def log_now(product, n, odds):
    """Part of n log(1 + odds) to add now; the rest is kept in product (COUNTS_TOGETHER,)."""
    if n >= COUNTS_TOGETHER:
        return n * math.log1p(odds)
    longer = product[n] * (1.0 + odds)
    if longer > _LARGEST_PRODUCT:
        now = n * (math.log(product[n]) + math.log1p(odds))
        product[n] = 1.0
        return now
    product[n] = longer
    return 0.0


@nb.njit(fastmath=FAST, cache=True)
def logs_kept(product):
    """What `log_now` kept, (COUNTS_TOGETHER,) by count, as one sum of logarithms."""
    total = 0.0
    for n in range(COUNTS_TOGETHER):
        total += n * math.log(product[n])
    return total


def group_modes(
    cells: CellArrays,
    slot_odds: Floats,
    area_odds: Floats,
    group_events: Floats,
    precision: float,
    start: Floats,
    tolerance: float,
    most: int,
) -> Floats:
    """Conditional mode of each group's effect, by Newton's method in one dimension.

    cells : (area_start, cell_start, cell_slot, cell_count); area_odds without effect;
    group_events, start : (n_groups,); precision = 1/sigma^2. Returns effect (n_groups,).
    """
    effect = start.copy()
    over_groups(
        _group_modes, effect.size,
        cells, slot_odds, area_odds, group_events, precision, tolerance, most, effect,
    )  # fmt: skip
    return effect


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _group_modes(
    first, last, cells, slot_odds, area_odds, group_events, precision, tolerance, most, effect
):
    area_start, cell_start, cell_slot, cell_count = cells
    for j in range(first, last):
        u = effect[j]
        for _ in range(most):
            odds_of_u = math.exp(u)
            fitted = 0.0
            curvature = 0.0
            for a in range(area_start[j], area_start[j + 1]):
                f = area_odds[a] * odds_of_u
                for c in range(cell_start[a], cell_start[a + 1]):
                    t = slot_odds[cell_slot[c]] * f
                    q = 1.0 / (1.0 + t)
                    m = cell_count[c] * t * q
                    fitted += m
                    curvature += m * q
            step = (group_events[j] - fitted - u * precision) / (curvature + precision)
            u += min(max(step, -2.0), 2.0)
            if abs(step) < tolerance:
                break
        effect[j] = u


def moments(
    cells: CellArrays,
    slot_odds: Floats,
    area_odds: Floats,
    area_design: Floats,
) -> tuple[Floats, ...]:
    """Sums that the likelihood, its gradient and the Newton matrix are made of.

    With p a cell's probability and n its count: m = n p, w = m (1 - p),
    w' = w (1 - 2p); area_odds with the group's effect. Returns
    log_sum (n_groups,) = sum n log(1 + odds); slot_m, slot_w, slot_dw (n_slots,);
    area_m, area_w, area_dw (n_areas,); slot_wz (n_slots, k) = sum w z over the area's drivers z.
    """
    n_groups, n_areas, n_slots = cells[0].size - 1, area_odds.size, slot_odds.size
    sums = (
        np.zeros(n_groups),
        np.zeros(n_slots), np.zeros(n_slots), np.zeros(n_slots),
        np.empty(n_areas), np.empty(n_areas), np.empty(n_areas),
        np.zeros((n_slots, area_design.shape[1])),
    )  # fmt: skip
    over_groups(_moments, n_groups, cells, slot_odds, area_odds, area_design, sums)
    return sums


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _moments(first, last, cells, slot_odds, area_odds, area_design, sums):
    area_start, cell_start, cell_slot, cell_count = cells
    log_sum, slot_m, slot_w, slot_dw, area_m, area_w, area_dw, slot_wz = sums
    k = area_design.shape[1]
    for j in range(first, last):
        total = 0.0
        product = np.ones(COUNTS_TOGETHER)
        for a in range(area_start[j], area_start[j + 1]):
            f = area_odds[a]
            sum_m, sum_w, sum_dw = 0.0, 0.0, 0.0
            for c in range(cell_start[a], cell_start[a + 1]):
                s = cell_slot[c]
                t = slot_odds[s] * f
                q = 1.0 / (1.0 + t)
                n = cell_count[c]
                m = n * t * q
                w = m * q
                dw = w * (2.0 * q - 1.0)
                sum_m += m
                sum_w += w
                sum_dw += dw
                slot_m[s] += m
                slot_w[s] += w
                slot_dw[s] += dw
                for i in range(k):
                    slot_wz[s, i] += w * area_design[a, i]
                total += log_now(product, n, t)
            area_m[a], area_w[a], area_dw[a] = sum_m, sum_w, sum_dw
        log_sum[j] = total + logs_kept(product)


def third_and_fourth_moments(
    cells: CellArrays,
    slot_odds: Floats,
    area_odds: Floats,
    area_design: Floats,
    by_dw: Floats,
    by_ddw: Floats,
) -> tuple[Floats, ...]:
    """Sums that the curvature of the log-determinant is made of.

    With w' = w (1 - 2p) and w'' = w (1 - 6 p (1 - p)), and v = by_dw[group] w' +
    by_ddw[group] w''; area_odds with the group's effect. Returns slot_dw, slot_ddw
    (n_slots,); area_dw, area_ddw (n_areas,); slot_vz (n_slots, k) = sum v z.
    """
    n_areas, n_slots = area_odds.size, slot_odds.size
    sums = (
        np.zeros(n_slots), np.zeros(n_slots), np.empty(n_areas), np.empty(n_areas),
        np.zeros((n_slots, area_design.shape[1])),
    )  # fmt: skip
    over_groups(
        _third_and_fourth_moments, by_dw.size,
        cells, slot_odds, area_odds, area_design, by_dw, by_ddw, sums,
    )  # fmt: skip
    return sums


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _third_and_fourth_moments(
    first, last, cells, slot_odds, area_odds, area_design, by_dw, by_ddw, sums
):
    area_start, cell_start, cell_slot, cell_count = cells
    slot_dw, slot_ddw, area_dw, area_ddw, slot_vz = sums
    k = area_design.shape[1]
    for j in range(first, last):
        for a in range(area_start[j], area_start[j + 1]):
            sum_dw, sum_ddw = 0.0, 0.0
            for c in range(cell_start[a], cell_start[a + 1]):
                s = cell_slot[c]
                t = slot_odds[s] * area_odds[a]
                q = 1.0 / (1.0 + t)
                pq = t * q * q
                dw = cell_count[c] * pq * (2.0 * q - 1.0)
                ddw = cell_count[c] * pq * (1.0 - 6.0 * pq)
                sum_dw += dw
                sum_ddw += ddw
                slot_dw[s] += dw
                slot_ddw[s] += ddw
                v = by_dw[j] * dw + by_ddw[j] * ddw
                for i in range(k):
                    slot_vz[s, i] += v * area_design[a, i]
            area_dw[a], area_ddw[a] = sum_dw, sum_ddw


def log_sums_at_nodes(
    cells: CellArrays,
    slot_odds: Floats,
    area_odds: Floats,
    node_odds: Floats,
) -> Floats:
    """Sum of n log(1 + odds) in each group with its effect moved to each node.

    node_odds : (n_groups, n_nodes), exp of the node's distance from the mode;
    area_odds at the mode. Returns (n_groups, n_nodes).
    """
    out = np.zeros(node_odds.shape)
    over_groups(_log_sums_at_nodes, len(out), cells, slot_odds, area_odds, node_odds, out)
    return out


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _log_sums_at_nodes(first, last, cells, slot_odds, area_odds, node_odds, out):
    area_start, cell_start, cell_slot, cell_count = cells
    n_nodes = node_odds.shape[1]
    for j in range(first, last):
        product = np.ones((n_nodes, COUNTS_TOGETHER))
        for a in range(area_start[j], area_start[j + 1]):
            for c in range(cell_start[a], cell_start[a + 1]):
                t = slot_odds[cell_slot[c]] * area_odds[a]
                for k in range(n_nodes):
                    out[j, k] += log_now(product[k], cell_count[c], t * node_odds[j, k])
        for k in range(n_nodes):
            out[j, k] += logs_kept(product[k])


def fitted_over_nodes(
    cells: CellArrays,
    slot_odds: Floats,
    area_odds: Floats,
    node_odds: Floats,
    node_weight: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Expected events of each slot and area, averaged over the group's nodes.

    node_weight : (n_groups, n_nodes), posterior weight of each node, rows sum to 1.
    Returns slot_m (n_slots,), area_m (n_areas,), node_m (n_groups, n_nodes): the last is
    not averaged, the events expected at each node.
    """
    slot_m, area_m = np.zeros(slot_odds.size), np.empty(area_odds.size)
    node_m = np.zeros(node_odds.shape)
    over_groups(
        _fitted_over_nodes, len(node_m),
        cells, slot_odds, area_odds, node_odds, node_weight, slot_m, area_m, node_m,
    )  # fmt: skip
    return slot_m, area_m, node_m


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _fitted_over_nodes(
    first, last, cells, slot_odds, area_odds, node_odds, node_weight, slot_m, area_m, node_m
):
    area_start, cell_start, cell_slot, cell_count = cells
    n_nodes = node_odds.shape[1]
    for j in range(first, last):
        at_node = np.zeros(n_nodes)
        for a in range(area_start[j], area_start[j + 1]):
            total = 0.0
            for c in range(cell_start[a], cell_start[a + 1]):
                s = cell_slot[c]
                t = slot_odds[s] * area_odds[a]
                p = 0.0
                for k in range(n_nodes):
                    odds = t * node_odds[j, k]
                    p_k = odds / (1.0 + odds)
                    p += node_weight[j, k] * p_k
                    at_node[k] += cell_count[c] * p_k
                m = p * cell_count[c]
                total += m
                slot_m[s] += m
            area_m[a] = total
        node_m[j] = at_node


def fitted_and_weights(
    cells: CellArrays,
    slot_odds: Floats,
    area_odds: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Expected events by group and their weights by slot and area, for prediction.

    slot_odds (n_slots, n_metrics) and area_odds (n_areas, n_metrics): all metrics in one pass
    over the cells. Returns group_m (n_groups, n_metrics), slot_w, area_w in the forms of the odds.
    """
    group_m = np.zeros((cells[0].size - 1, slot_odds.shape[1]))
    slot_w, area_w = np.zeros(slot_odds.shape), np.zeros(area_odds.shape)
    over_groups(
        _fitted_and_weights, len(group_m), cells, slot_odds, area_odds, group_m, slot_w, area_w
    )
    return group_m, slot_w, area_w


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _fitted_and_weights(first, last, cells, slot_odds, area_odds, group_m, slot_w, area_w):
    area_start, cell_start, cell_slot, cell_count = cells
    n_metrics = slot_odds.shape[1]
    for j in range(first, last):
        for a in range(area_start[j], area_start[j + 1]):
            for c in range(cell_start[a], cell_start[a + 1]):
                s = np.uint32(cell_slot[c])  # unsigned: it never counts from an array's end
                n = cell_count[c]
                # Taken up anew for each cell: held outside the loop they cost a tenth more.
                odds, w, of_area, w_of_area = slot_odds[s], slot_w[s], area_odds[a], area_w[a]
                fitted = group_m[j]
                for k in range(n_metrics):
                    t = odds[k] * of_area[k]
                    q = 1.0 / (1.0 + t)
                    m = n * t * q
                    fitted[k] += m
                    w_of_area[k] += m * q
                    w[k] += m * q


def group_design_sums(
    start: NDArray[np.int64],
    row: NDArray[np.int64] | NDArray[np.int32],
    weight: Floats,
    design: Floats,
) -> Floats:
    """Sum of weight times design over the slots (or areas) of each group.

    start (n_groups + 1,), row (n,) points into design (n_rows, k), weight (n, n_metrics).
    Returns (n_metrics, n_groups, k).
    """
    n_groups = start.size - 1
    sums = np.zeros((weight.shape[1], n_groups, design.shape[1]))
    over_groups(_group_design_sums, n_groups, start, row, weight, design, sums)
    return sums


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _group_design_sums(first, last, start, row, weight, design, sums):
    n_metrics, k = weight.shape[1], design.shape[1]
    of_group = np.empty((n_metrics, k))
    for j in range(first, last):
        of_group[:] = 0.0
        for i in range(start[j], start[j + 1]):
            r = np.uint32(row[i])
            for m in range(n_metrics):
                w = weight[i, m]
                for column in range(k):
                    of_group[m, column] += w * design[r, column]
        sums[:, j] = of_group
