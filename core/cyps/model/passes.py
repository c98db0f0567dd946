"""Passes over the cells: the only loops that touch every cell.

The linear predictor of a cell splits into its pattern, its area and its group,
so its odds are a product: odds = slot_odds[slot] * area_odds[area], the group's
effect included in the latter. Exponentials are taken per slot and per area,
never per cell; a cell costs a product, a quotient and a few sums.

Groups are independent, and each is summed by one thread in a fixed order:
the result does not depend on the number of threads.
"""
# numba needs bare arguments; shapes and meaning stand in each docstring.
# ruff: noqa: ANN001, ANN201
# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import math

import numba as nb
import numpy as np

# Sums may be reordered and products contracted, which is what lets the compiler
# use vector instructions; infinities and NaN keep their meaning.
_FAST = {"reassoc", "contract", "arcp", "nsz"}

# A sum of logarithms is the logarithm of a product, which costs a cell a multiplication.
# Most cells hold a few children: those of a count share a product, which starts afresh before
# it is more than a number can hold; larger cells take their own logarithm.
COUNTS_TOGETHER = 16
_LARGEST_PRODUCT = 1e200


@nb.njit(fastmath=_FAST, cache=True)
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


@nb.njit(fastmath=_FAST, cache=True)
def logs_kept(product):
    """What `log_now` kept, (COUNTS_TOGETHER,) by count, as one sum of logarithms."""
    total = 0.0
    for n in range(COUNTS_TOGETHER):
        total += n * math.log(product[n])
    return total


@nb.njit(parallel=True, fastmath=_FAST, cache=True)
def group_modes(cells, slot_odds, area_odds, group_events, precision, start, tolerance, most):
    """Conditional mode of each group's effect, by Newton's method in one dimension.

    cells : (area_start, cell_start, cell_slot, cell_count); area_odds without effect;
    group_events, start : (n_groups,); precision = 1/sigma^2. Returns effect (n_groups,).
    """
    area_start, cell_start, cell_slot, cell_count = cells
    n_groups = area_start.size - 1
    effect = start.copy()
    for j in nb.prange(n_groups):
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
    return effect


@nb.njit(parallel=True, fastmath=_FAST, cache=True)
def moments(cells, slot_odds, area_odds, area_design):
    """Sums that the likelihood, its gradient and the Newton matrix are made of.

    With p a cell's probability and n its count: m = n p, w = m (1 - p),
    w' = w (1 - 2p); area_odds with the group's effect. Returns
    log_sum (n_groups,) = sum n log(1 + odds); slot_m, slot_w, slot_dw (n_slots,);
    area_m, area_w, area_dw (n_areas,); slot_wz (n_slots, k) = sum w z over the area's drivers z.
    """
    area_start, cell_start, cell_slot, cell_count = cells
    n_groups, n_areas, n_slots = area_start.size - 1, area_odds.size, slot_odds.size
    k = area_design.shape[1]
    log_sum = np.zeros(n_groups)
    slot_m, slot_w, slot_dw = np.zeros(n_slots), np.zeros(n_slots), np.zeros(n_slots)
    area_m, area_w, area_dw = np.empty(n_areas), np.empty(n_areas), np.empty(n_areas)
    slot_wz = np.zeros((n_slots, k))
    for j in nb.prange(n_groups):
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
    return log_sum, slot_m, slot_w, slot_dw, area_m, area_w, area_dw, slot_wz


@nb.njit(parallel=True, fastmath=_FAST, cache=True)
def third_and_fourth_moments(cells, slot_odds, area_odds, area_design, by_dw, by_ddw):
    """Sums that the curvature of the log-determinant is made of.

    With w' = w (1 - 2p) and w'' = w (1 - 6 p (1 - p)), and v = by_dw[group] w' +
    by_ddw[group] w''; area_odds with the group's effect. Returns slot_dw, slot_ddw
    (n_slots,); area_dw, area_ddw (n_areas,); slot_vz (n_slots, k) = sum v z.
    """
    area_start, cell_start, cell_slot, cell_count = cells
    n_groups, n_areas, n_slots = area_start.size - 1, area_odds.size, slot_odds.size
    k = area_design.shape[1]
    slot_dw, slot_ddw = np.zeros(n_slots), np.zeros(n_slots)
    area_dw, area_ddw = np.empty(n_areas), np.empty(n_areas)
    slot_vz = np.zeros((n_slots, k))
    for j in nb.prange(n_groups):
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
    return slot_dw, slot_ddw, area_dw, area_ddw, slot_vz


@nb.njit(parallel=True, fastmath=_FAST, cache=True)
def log_sums_at_nodes(cells, slot_odds, area_odds, node_odds):
    """Sum of n log(1 + odds) in each group with its effect moved to each node.

    node_odds : (n_groups, n_nodes), exp of the node's distance from the mode;
    area_odds at the mode. Returns (n_groups, n_nodes).
    """
    area_start, cell_start, cell_slot, cell_count = cells
    n_groups, n_nodes = node_odds.shape
    out = np.zeros((n_groups, n_nodes))
    for j in nb.prange(n_groups):
        product = np.ones((n_nodes, COUNTS_TOGETHER))
        for a in range(area_start[j], area_start[j + 1]):
            for c in range(cell_start[a], cell_start[a + 1]):
                t = slot_odds[cell_slot[c]] * area_odds[a]
                for k in range(n_nodes):
                    out[j, k] += log_now(product[k], cell_count[c], t * node_odds[j, k])
        for k in range(n_nodes):
            out[j, k] += logs_kept(product[k])
    return out


@nb.njit(parallel=True, fastmath=_FAST, cache=True)
def fitted_over_nodes(cells, slot_odds, area_odds, node_odds, node_weight):
    """Expected events of each slot and area, averaged over the group's nodes.

    node_weight : (n_groups, n_nodes), posterior weight of each node, rows sum to 1.
    Returns slot_m (n_slots,), area_m (n_areas,), node_m (n_groups, n_nodes): the last is
    not averaged, the events expected at each node.
    """
    area_start, cell_start, cell_slot, cell_count = cells
    n_groups, n_nodes = node_odds.shape
    slot_m, area_m = np.zeros(slot_odds.size), np.empty(area_odds.size)
    node_m = np.zeros((n_groups, n_nodes))
    for j in nb.prange(n_groups):
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
    return slot_m, area_m, node_m


@nb.njit(parallel=True, fastmath=_FAST, cache=True)
def fitted_and_weights(cells, slot_odds, area_odds):
    """Expected events by group and their weights by slot and area, for prediction.

    slot_odds (n_slots, n_metrics) and area_odds (n_areas, n_metrics): all metrics in one pass
    over the cells. Returns group_m (n_groups, n_metrics), slot_w, area_w in the forms of the odds.
    """
    area_start, cell_start, cell_slot, cell_count = cells
    n_groups, n_metrics = area_start.size - 1, slot_odds.shape[1]
    group_m = np.zeros((n_groups, n_metrics))
    slot_w, area_w = np.zeros(slot_odds.shape), np.zeros(area_odds.shape)
    for j in nb.prange(n_groups):
        for a in range(area_start[j], area_start[j + 1]):
            for c in range(cell_start[a], cell_start[a + 1]):
                s = cell_slot[c]
                for k in range(n_metrics):
                    t = slot_odds[s, k] * area_odds[a, k]
                    q = 1.0 / (1.0 + t)
                    m = cell_count[c] * t * q
                    group_m[j, k] += m
                    area_w[a, k] += m * q
                    slot_w[s, k] += m * q
    return group_m, slot_w, area_w


@nb.njit(parallel=True, fastmath=_FAST, cache=True)
def group_design_sums(start, row, weight, design):
    """Sum of weight times design over the slots (or areas) of each group.

    start (n_groups + 1,), row (n,) points into design (n_rows, k), weight (n, n_metrics).
    Returns (n_metrics, n_groups, k).
    """
    n_groups, n_metrics, k = start.size - 1, weight.shape[1], design.shape[1]
    sums = np.zeros((n_metrics, n_groups, k))
    for j in nb.prange(n_groups):
        for i in range(start[j], start[j + 1]):
            for m in range(n_metrics):
                for column in range(k):
                    sums[m, j, column] += weight[i, m] * design[row[i], column]
    return sums
