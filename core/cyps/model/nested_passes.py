"""Passes over the cells for three levels: children in small areas in groups.

A *place* is a small area; it holds one area of the cells, or several where children's
drivers work together with areas'. As in `passes`, groups are independent and each is
summed by one thread in a fixed order.
"""
# numba needs bare arguments; shapes and meaning stand in each docstring.
# ruff: noqa: ANN001, ANN202
# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

from cyps.model.passes import FAST, Floats
from cyps.model.problem import CellArrays
from cyps.model.threads import over_groups

Places = tuple[NDArray[np.int64], NDArray[np.int64]]


def nested_modes(
    cells: CellArrays,
    places: Places,
    slot_odds: Floats,
    area_odds: Floats,
    events: Floats,
    variance: tuple[float, float],
    start_u: Floats,
    start_v: Floats,
    tolerance: float,
    most: int,
) -> tuple[Floats, Floats]:
    """Joint modes of each group's effect u and its places' effects v, by Newton's method.

    places : (group_place, place_area), first place of each group and first area of each
    place; events : (n_places,); variance : (of groups, of places), either may be 0.
    The Hessian is an arrow: places are eliminated, the group's step follows, then theirs.
    Returns u (n_groups,), v (n_places,).
    """
    u, v = start_u.copy(), start_v.copy()
    over_groups(
        _nested_modes, u.size,
        cells, places, slot_odds, area_odds, events, variance, tolerance, most, u, v,
    )  # fmt: skip
    return u, v


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _nested_modes(
    first_group,
    last_group,
    cells,
    places,
    slot_odds,
    area_odds,
    events,
    variance,
    tolerance,
    most,
    u,
    v,
):
    _, cell_start, cell_slot, cell_count = cells
    group_place, place_area = places
    var_u, var_v = variance
    for j in range(first_group, last_group):
        first, last = group_place[j], group_place[j + 1]
        curved, own = np.empty(last - first), np.empty(last - first)
        for _ in range(most):
            left, schur, through = 0.0, 0.0, 0.0
            for place in range(first, last):
                odds_of = math.exp(u[j] + v[place])
                fitted, w = 0.0, 0.0
                for a in range(place_area[place], place_area[place + 1]):
                    f = area_odds[a] * odds_of
                    for c in range(cell_start[a], cell_start[a + 1]):
                        t = slot_odds[cell_slot[c]] * f
                        q = 1.0 / (1.0 + t)
                        m = cell_count[c] * t * q
                        fitted += m
                        w += m * q
                away = events[place] - fitted
                grown = 1.0 + var_v * w
                curved[place - first] = w * var_v / grown
                own[place - first] = (var_v * away - v[place]) / grown
                left += away
                schur += w / grown
                through += w * own[place - first]
            by_u = (var_u * (left - through) - u[j]) / (1.0 + var_u * schur)
            longest = abs(by_u)
            for place in range(first, last):
                longest = max(longest, abs(own[place - first] - curved[place - first] * by_u))
            length = min(1.0, 2.0 / max(longest, 1e-300))
            u[j] += length * by_u
            for place in range(first, last):
                v[place] += length * (own[place - first] - curved[place - first] * by_u)
            if longest < tolerance:
                break


def place_column_sums(
    cells: CellArrays,
    places: Places,
    slot_odds: Floats,
    area_odds: Floats,
    slot_design: Floats,
) -> Floats:
    """Sum of w x over each place's cells, x the child's columns: (n_places, k_child).

    area_odds with all effects.
    """
    group_place, place_area = places
    sums = np.zeros((place_area.size - 1, slot_design.shape[1]))
    over_groups(
        _place_column_sums, group_place.size - 1,
        cells, places, slot_odds, area_odds, slot_design, sums,
    )  # fmt: skip
    return sums


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _place_column_sums(first, last, cells, places, slot_odds, area_odds, slot_design, sums):
    _, cell_start, cell_slot, cell_count = cells
    group_place, place_area = places
    k = slot_design.shape[1]
    for j in range(first, last):
        for place in range(group_place[j], group_place[j + 1]):
            for a in range(place_area[place], place_area[place + 1]):
                for c in range(cell_start[a], cell_start[a + 1]):
                    s = cell_slot[c]
                    t = slot_odds[s] * area_odds[a]
                    q = 1.0 / (1.0 + t)
                    w = cell_count[c] * t * q * q
                    for i in range(k):
                        sums[place, i] += w * slot_design[s, i]


def slot_sums(
    cells: CellArrays,
    slot_odds: Floats,
    area_odds: Floats,
    by_w: Floats,
    by_dw: Floats,
) -> Floats:
    """Sum by slot of by_w[area] w + by_dw[area] w'; area_odds with all effects."""
    sums = np.zeros(slot_odds.size)
    over_groups(_slot_sums, cells[0].size - 1, cells, slot_odds, area_odds, by_w, by_dw, sums)
    return sums


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _slot_sums(first, last, cells, slot_odds, area_odds, by_w, by_dw, sums):
    area_start, cell_start, cell_slot, cell_count = cells
    for j in range(first, last):
        for a in range(area_start[j], area_start[j + 1]):
            for c in range(cell_start[a], cell_start[a + 1]):
                s = cell_slot[c]
                t = slot_odds[s] * area_odds[a]
                q = 1.0 / (1.0 + t)
                w = cell_count[c] * t * q * q
                sums[s] += w * (by_w[a] + by_dw[a] * (2.0 * q - 1.0))


def nested_integrals(
    cells: CellArrays,
    places: Places,
    slot_odds: Floats,
    area_odds: Floats,
    events: Floats,
    variance: tuple[float, float],
    mode_u: Floats,
    spread_u: Floats,
    mode_v: Floats,
    nodes: Floats,
    weights: Floats,
) -> tuple[Floats, ...]:
    """Each group's integral over u of the product of its places' integrals over v.

    Outer nodes stand around the joint mode, scaled by spread_u (n_groups,), the root of the
    inverse Schur complement; at each the places' nodes stand around their own mode given
    that u. nodes, weights : Gauss-Hermite; area_odds without effects.
    Returns log_integral, square_u (n_groups,), square_v (n_places,), slot_m, area_m: the
    last four averaged over the posterior.
    """
    n_groups, n_places = places[0].size - 1, places[1].size - 1
    sums = (
        np.empty(n_groups), np.zeros(n_groups), np.zeros(n_places),
        np.zeros(slot_odds.size), np.zeros(area_odds.size),
    )  # fmt: skip
    over_groups(
        _nested_integrals, n_groups,
        cells, places, slot_odds, area_odds, events, variance, mode_u, spread_u, mode_v,
        nodes, weights, sums,
    )  # fmt: skip
    return sums


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _nested_integrals(
    first_group,
    last_group,
    cells,
    places,
    slot_odds,
    area_odds,
    events,
    variance,
    mode_u,
    spread_u,
    mode_v,
    nodes,
    weights,
    sums,
):
    _, cell_start, cell_slot, cell_count = cells
    group_place, place_area = places
    var_u, var_v = variance
    log_integral, square_u, square_v, slot_m, area_m = sums
    n_outer = nodes.size if var_u > 0 else 1
    n_inner = nodes.size if var_v > 0 else 1
    for j in range(first_group, last_group):
        first, last = group_place[j], group_place[j + 1]
        u, term = np.empty(n_outer), np.zeros(n_outer)
        v = np.empty((n_outer, last - first, n_inner))
        share = np.empty((n_outer, last - first, n_inner))
        happened = 0.0
        for place in range(first, last):
            happened += events[place]
        for k in range(n_outer):
            u[k] = 0.0
            if var_u > 0:
                away = math.sqrt(2.0) * spread_u[j] * nodes[k]
                u[k] = mode_u[j] + away
                term[k] = (
                    happened * u[k] - u[k] * u[k] / (2.0 * var_u)
                    + math.log(weights[k] * spread_u[j]) + nodes[k] * nodes[k]
                    - 0.5 * math.log(math.pi * var_u)
                )  # fmt: skip
            for place in range(first, last):
                l = place - first  # noqa: E741
                at = mode_v[place]
                spread = 0.0
                if var_v > 0:
                    for _ in range(50):
                        fitted, w = 0.0, 0.0
                        odds_of = math.exp(u[k] + at)
                        for a in range(place_area[place], place_area[place + 1]):
                            f = area_odds[a] * odds_of
                            for c in range(cell_start[a], cell_start[a + 1]):
                                t = slot_odds[cell_slot[c]] * f
                                q = 1.0 / (1.0 + t)
                                m = cell_count[c] * t * q
                                fitted += m
                                w += m * q
                        grown = 1.0 + var_v * w
                        step = (var_v * (events[place] - fitted) - at) / grown
                        at += min(max(step, -2.0), 2.0)
                        spread = math.sqrt(var_v / grown)
                        if abs(step) < 1e-6:
                            break
                else:
                    at = 0.0
                largest = -np.inf
                for i in range(n_inner):
                    here = at
                    log_density = 0.0
                    if var_v > 0:
                        here = at + math.sqrt(2.0) * spread * nodes[i]
                        log_density = (
                            events[place] * here - here * here / (2.0 * var_v)
                            + math.log(weights[i] * spread) + nodes[i] * nodes[i]
                            - 0.5 * math.log(math.pi * var_v)
                        )  # fmt: skip
                    odds_of = math.exp(u[k] + here)
                    log_sum = 0.0
                    for a in range(place_area[place], place_area[place + 1]):
                        f = area_odds[a] * odds_of
                        for c in range(cell_start[a], cell_start[a + 1]):
                            log_sum += cell_count[c] * math.log1p(slot_odds[cell_slot[c]] * f)
                    v[k, l, i] = here
                    share[k, l, i] = log_density - log_sum
                    largest = max(largest, share[k, l, i])
                total = 0.0
                for i in range(n_inner):
                    share[k, l, i] = math.exp(share[k, l, i] - largest)
                    total += share[k, l, i]
                for i in range(n_inner):
                    share[k, l, i] /= total
                term[k] += largest + math.log(total)
        largest = term.max()
        mass = np.exp(term - largest)
        log_integral[j] = largest + math.log(mass.sum())
        mass /= mass.sum()
        for k in range(n_outer):
            square_u[j] += mass[k] * u[k] * u[k]
            for place in range(first, last):
                l = place - first  # noqa: E741
                for i in range(n_inner):
                    weight = mass[k] * share[k, l, i]
                    here = v[k, l, i]
                    square_v[place] += weight * here * here
                    odds_of = math.exp(u[k] + here)
                    for a in range(place_area[place], place_area[place + 1]):
                        f = area_odds[a] * odds_of
                        for c in range(cell_start[a], cell_start[a + 1]):
                            s = cell_slot[c]
                            t = slot_odds[s] * f
                            m = weight * cell_count[c] * t / (1.0 + t)
                            slot_m[s] += m
                            area_m[a] += m
