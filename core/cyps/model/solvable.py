"""Solvable: where a handful of children could be worked out from what a pack shows.

Predicted use and its gradient are sums over the patterns of an authority's children (alike in
every driver of child, area and authority), each child with a known probability: linear
equations in the counts of patterns, printed to full precision. Where they leave a count no
room for any other number, it is as good as printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from cyps.cells import SMALLEST_COUNT, Cells
from cyps.model.prediction import child_odds
from cyps.model.result import MultilevelFit

# An equation that others give but for this part of itself is none of its own: figures have
# sixteen digits.
_NOTHING_NEW = 1e-12
# Patterns whose equations agree in so many digits cannot be told apart: together they are one.
_DIGITS = 10
_SEED = 0
_OF_EACH = 12


@dataclass(frozen=True, slots=True)
class Solvable:
    """Authorities of which a count below the smallest one could be solved for.

    Attributes
    ----------
    with_gradient : (n_groups,), from everything that a pack shows of it
    without_gradient : (n_groups,), still when its gradient is not shown
    use_alone : (n_groups,), still when its neutralised use is not shown either
    """

    with_gradient: NDArray[np.bool_]
    without_gradient: NDArray[np.bool_]
    use_alone: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NeutralCells:
    """Children with drivers neutralised, and of which groups (n_groups,) their use is shown."""

    cells: Cells
    shown: NDArray[np.bool_]


def solvable(
    cells: Cells,
    fits: Sequence[MultilevelFit],
    hidden: NDArray[np.bool_],
    neutralised: Sequence[NeutralCells] = (),
) -> Solvable:
    """Look, authority by authority, for a handful that the figures leave no doubt about.

    Whoever solves is taken to know every coefficient and which patterns occur, but
    no count.

    Parameters
    ----------
    cells : the children predicted for
    fits : one a metric
    hidden : (n_groups, k), entries of the gradient that are not shown anyway
    neutralised : the same children with drivers neutralised, whose use is shown as well
    """
    # Threads would wait for each other more than they work: the systems are small and many.
    with threadpool_limits(1, user_api="blas"):
        return _solvable(cells, fits, hidden, neutralised)


def _solvable(
    cells: Cells,
    fits: Sequence[MultilevelFit],
    hidden: NDArray[np.bool_],
    neutralised: Sequence[NeutralCells],
) -> Solvable:
    patterns = _patterns(cells)
    as_it_is = _Chances(cells, fits)
    neutral = [(each.shown, _Chances(each.cells, fits)) for each in neutralised]
    found = np.zeros((3, len(cells.groups)), dtype=bool)
    first = cells.cell_start[cells.area_start]
    for j in range(len(cells.groups)):
        mine = slice(first[j], first[j + 1])
        _, here, place = np.unique(patterns[mine], return_index=True, return_inverse=True)
        count = np.bincount(place, cells.cell_count[mine])
        if count.min() >= SMALLEST_COUNT:
            continue
        cell = mine.start + here
        area = np.searchsorted(cells.cell_start, cell, side="right") - 1
        use = as_it_is.of(cell, area)
        others = [chances.of(cell, area) for is_shown, chances in neutral if is_shown[j]]
        gradient = _gradient(use, _design(cells, cell, area)[:, ~hidden[j]])
        shown = (np.vstack([use, *others, gradient]), np.vstack([use, *others]), use)
        for stage, figures in enumerate(shown):
            found[stage, j] = a_handful_follows(figures, count)
            if not found[stage, j]:
                break
    return Solvable(*found)


def a_handful_follows(figures: NDArray[np.float64], count: NDArray[Any]) -> bool:
    """Whether a count below the smallest one follows from `figures @ count`.

    A count follows where no other counts give the same figures. Those that do differ by a
    vector that the figures take to 0; the shortest such vector that changes one count by 1
    has length `1 / sqrt(1 - leverage)`. Where it is longer than all children there are, twice
    over, some count would be below nothing.

    Parameters
    ----------
    figures : (n_figures, n_patterns), what a child of each pattern adds to each figure
    count : (n_patterns,), children of each pattern

    Examples
    --------
    Two yes-or-no drivers and two metrics, with 5 children in the last of four patterns: use
    alone leaves them open, use and the gradient by the intercept do not.

    >>> p = np.array([[0.1, 0.2, 0.15, 0.3], [0.02, 0.05, 0.01, 0.04]])
    >>> count = np.array([50.0, 20, 20, 5])
    >>> a_handful_follows(p, count), a_handful_follows(np.vstack([p, p * (1 - p)]), count)
    (False, True)
    """
    most = np.abs(figures).max(axis=1)
    scaled = figures[most > 0] / most[most > 0, None]
    # Columns that agree have the same two random sums.
    sums = np.random.default_rng(_SEED).normal(size=(2, len(scaled))) @ scaled
    key = np.round(sums[0], _DIGITS) + 1j * np.round(sums[1], _DIGITS)
    _, one, place = np.unique(key, return_index=True, return_inverse=True)
    together = np.bincount(place, count)
    farthest = 2 * together.sum()
    columns = scaled[:, one]
    if together.min() >= SMALLEST_COUNT or _all_have_room(columns, farthest):
        return False
    return bool((_no_room(columns, farthest) & (together < SMALLEST_COUNT)).any())


def _no_room(columns: NDArray[np.float64], farthest: float) -> NDArray[np.bool_]:
    """Which counts no vector that the figures take to 0, `farthest` long at most, moves by 1."""
    orthogonal, triangle = np.linalg.qr(columns.T)
    turned, size, _ = np.linalg.svd(triangle)
    spanned = orthogonal @ turned[:, : int((size > _NOTHING_NEW * size[0]).sum())]
    return np.asarray(1 - (spanned**2).sum(axis=1) < 1 / farthest**2)


def _all_have_room(columns: NDArray[np.float64], farthest: float) -> bool:
    """Whether a part of many patterns shows that no count follows, as mostly it does.

    What has room among some patterns has it among more. The part holds some patterns of each
    figure, and all of those of a category that has few, where counts follow first; a pattern
    outside of it shares each of its categories with many, and is taken to have room.
    """
    if columns.shape[1] <= 2 * _OF_EACH * len(columns):
        return False
    order = np.random.default_rng(_SEED).permutation(columns.shape[1])
    own = [order[np.flatnonzero(row)[:_OF_EACH]] for row in columns[:, order] != 0]
    some = np.unique(np.concatenate(own))
    return not _no_room(columns[:, some], farthest).any()


class _Chances:
    """Probabilities of each metric for some cells at a time."""

    def __init__(self, cells: Cells, fits: Sequence[MultilevelFit]) -> None:
        self._cells = cells
        self._odds = [child_odds(cells, fit.coefficients) for fit in fits]

    def of(self, cell: NDArray[np.int64], area: NDArray[np.int64]) -> NDArray[np.float64]:
        """Of cells in areas, (n_metrics, n_cells)."""
        pattern = self._cells.slot_pattern[self._cells.cell_slot[cell]]
        odds = np.array([by_pattern[pattern] * by_area[area] for by_pattern, by_area in self._odds])
        return np.asarray(odds / (1 + odds))


def _patterns(cells: Cells) -> NDArray[np.int64]:
    """A number for each cell: the same for those alike in every driver."""
    child = np.unique(cells.child_design, axis=0, return_inverse=True)[1].ravel()
    area = np.unique(cells.area_design, axis=0, return_inverse=True)[1].ravel()
    of_child = child[cells.slot_pattern[cells.cell_slot]].astype(np.int64)
    of_area = np.repeat(area, np.diff(cells.cell_start))
    return np.asarray(of_child * (int(area.max()) + 1) + of_area)


def _design(cells: Cells, cell: NDArray[np.int64], area: NDArray[np.int64]) -> NDArray[np.float64]:
    """The rows of the design of cells in areas, intercept included."""
    of_child = cells.child_design[cells.slot_pattern[cells.cell_slot[cell]]]
    return np.hstack([np.ones((cell.size, 1)), of_child, cells.area_design[area]])


def _gradient(use: NDArray[np.float64], design: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a child of each pattern adds to the gradient's entries, (n_metrics * k, n_patterns)."""
    weight = use * (1 - use)
    return np.asarray((weight[:, None, :] * design.T[None]).reshape(-1, design.shape[0]))
