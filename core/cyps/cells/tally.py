"""Tally: the loops over rows that turn them into cells."""
# numba needs bare arguments; meaning stands in each docstring.
# ruff: noqa: ANN001, ANN201
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(cache=True)
def count_cells(row_area, number, row_pattern, row_trials, n_areas, n_patterns):
    """Counting sort of the rows by area (number[row_area]), then a tally of patterns in each."""
    row_start = np.zeros(n_areas + 1, np.int64)
    for a in row_area:
        row_start[number[a] + 1] += 1
    for a in range(n_areas):
        row_start[a + 1] += row_start[a]
    place = row_start[:-1].copy()
    pattern = np.empty(row_area.size, row_pattern.dtype)
    trials = np.empty(row_trials.size, np.int64)
    for i in range(row_area.size):
        a = number[row_area[i]]
        to = place[a]
        place[a] += 1
        pattern[to] = row_pattern[i]
        if row_trials.size:
            trials[to] = row_trials[i]
    last_area = np.full(n_patterns, -1, np.int64)
    cell_start = np.zeros(n_areas + 1, np.int64)
    for a in range(n_areas):
        n = 0
        for i in range(row_start[a], row_start[a + 1]):
            if last_area[pattern[i]] != a:
                last_area[pattern[i]] = a
                n += 1
        cell_start[a + 1] = cell_start[a] + n
    cell_pattern = np.empty(cell_start[-1], np.int64)
    cell_count = np.empty(cell_start[-1], np.int32)
    tally = np.zeros(n_patterns, np.int64)
    last_area[:] = -1
    for a in range(n_areas):
        n = cell_start[a]
        for i in range(row_start[a], row_start[a + 1]):
            p = np.int64(pattern[i])
            if last_area[p] != a:
                last_area[p] = a
                tally[p] = 0
                cell_pattern[n] = p
                n += 1
            tally[p] += trials[i] if row_trials.size else 1
        cell_pattern[cell_start[a] : n].sort()
        for c in range(cell_start[a], n):
            cell_count[c] = tally[cell_pattern[c]]
    return cell_start, cell_pattern, cell_count


@nb.njit(cache=True)
def number_slots(group_cell_start, cell_pattern, n_patterns):
    """One slot for each pattern that occurs in a group, ascending by pattern."""
    n_groups = group_cell_start.size - 1
    slot_start = np.zeros(n_groups + 1, np.int64)
    slot_of = np.full(n_patterns, -1, np.int64)
    slot_pattern = np.empty(cell_pattern.size, np.int64)
    cell_slot = np.empty(cell_pattern.size, np.int32)
    n = 0
    for j in range(n_groups):
        first = n
        for c in range(group_cell_start[j], group_cell_start[j + 1]):
            if slot_of[cell_pattern[c]] < first:
                slot_of[cell_pattern[c]] = n
                slot_pattern[n] = cell_pattern[c]
                n += 1
        slot_pattern[first:n].sort()
        for s in range(first, n):
            slot_of[slot_pattern[s]] = s
        for c in range(group_cell_start[j], group_cell_start[j + 1]):
            cell_slot[c] = slot_of[cell_pattern[c]]
        slot_start[j + 1] = n
    return slot_start, slot_pattern[:n].copy(), cell_slot
