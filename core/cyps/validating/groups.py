"""Groups: predicted against actual use by driver, risk, size and region; small counts hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cyps.cells import SMALLEST_COUNT, Cells, DriverBlock, Interaction, driver_blocks
from cyps.geography import authority_of_code
from cyps.validating.chances import area_of_cells, authority_of_cells
from cyps.validating.measures import Judged

_TENTHS = 10
_SIZES = ("smallest quarter", "second quarter", "third quarter", "largest quarter")
# Fewer authorities than this are not divided by size.
_FEWEST_TO_DIVIDE = 8


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which group each cell is in.

    Attributes
    ----------
    name : what divides the children
    labels : of the groups
    code : (n_cells,), points into `labels`
    margins : (n_labels, n) numbers of what else each group is a part of, whose sums other
        tables show: hidden groups must not follow from these
    """

    name: str
    labels: tuple[str, ...]
    code: NDArray[np.int64]
    margins: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Group:
    """One group of children: predicted and actual numbers with the event.

    `ratio` is actual by predicted; `error` its standard error, robust to what an authority's
    children share. All but the label are None where small counts are hidden.
    """

    label: str
    children: int | None
    predicted: float | None
    actual: int | None
    ratio: float | None
    error: float | None

    @property
    def hidden(self) -> bool:
        """Whether it rests on too few children to be shown."""
        return self.actual is None


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Predicted against actual by one thing that divides the children."""

    name: str
    groups: tuple[Group, ...]


def groupings(cells: Cells, crossed: Sequence[tuple[str, str]]) -> Iterator[Grouping]:
    """Every driver (numbers in tenths of the children), pairs of drivers, size and region."""
    of_driver = {
        grouping.name: grouping
        for grouping in (_by_driver(cells, block) for block in driver_blocks(cells)
                         if not isinstance(block.driver, Interaction))
    }  # fmt: skip
    yield from of_driver.values()
    for first, second in crossed:
        if first in of_driver and second in of_driver:
            yield _crossed(of_driver[first], of_driver[second])
    yield from (each for each in (_by_size(cells), _by_region(cells)) if each is not None)


def _by_driver(cells: Cells, block: DriverBlock) -> Grouping:
    place = cells.cell_slot if block.driver.level == "child" else area_of_cells(cells)
    if block.driver.categories:
        code = block.member.argmax(axis=1)[place]
        return _alone(block.driver.name, block.driver.categories, code)
    value = block.values[:, 0][place]
    labels, code = _in_tenths(value, cells.cell_count)
    return _alone(block.driver.name, labels, code)


def _alone(name: str, labels: Sequence[str], code: NDArray[np.int64]) -> Grouping:
    return Grouping(name, tuple(labels), code, np.zeros((len(labels), 1), np.int64))


def _in_tenths(
    value: NDArray[np.float64], children: NDArray[np.integer]
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Tenths of the children by a number, equal numbers together; few numbers as they are."""
    different, place = np.unique(value, return_inverse=True)
    if different.size <= _TENTHS:
        return tuple(f"{each:g}" for each in different), place
    lives = np.bincount(place, children)
    middle = (np.cumsum(lives) - lives / 2) / lives.sum()
    tenth = np.minimum((middle * _TENTHS).astype(np.int64), _TENTHS - 1)[place]
    present, code = np.unique(tenth, return_inverse=True)
    ends = {0: " (lowest)", _TENTHS - 1: " (highest)"}
    return tuple(f"tenth {each + 1}{ends.get(int(each), '')}" for each in present), code


def by_risk(judged: Judged) -> Grouping:
    """Tenths of the children by their predicted chance."""
    labels, code = _in_tenths(np.round(judged.chance, 12), judged.children.astype(np.int64))
    return _alone("predicted chance", labels, code)


def _crossed(first: Grouping, second: Grouping) -> Grouping:
    n = len(second.labels)
    labels = tuple(f"{a}, {b}" for a in first.labels for b in second.labels)
    row, column = np.divmod(np.arange(len(labels)), n)
    margins = np.column_stack([row, column])
    return Grouping(f"{first.name} x {second.name}", labels, first.code * n + second.code, margins)


def by_authority(cells: Cells) -> Grouping:
    """Each authority; sizes and regions are what their sums show elsewhere."""
    J = len(cells.groups)
    margins = [np.zeros(J, np.int64)]
    margins += [of for of in (_size(cells), _region_number(cells)) if of is not None]
    return Grouping("authority", cells.groups, authority_of_cells(cells), np.column_stack(margins))


def _size(cells: Cells) -> NDArray[np.int64] | None:
    J = len(cells.groups)
    if J < _FEWEST_TO_DIVIDE:
        return None
    order = np.argsort(cells.group_children, kind="stable")
    size = np.empty(J, np.int64)
    size[order] = np.arange(J) * len(_SIZES) // J
    return size


def _by_size(cells: Cells) -> Grouping | None:
    size = _size(cells)
    if size is None:
        return None
    return _alone("authorities by number of children", _SIZES, size[authority_of_cells(cells)])


def _regions(cells: Cells) -> list[str] | None:
    known = [authority_of_code(code) for code in cells.groups]
    if any(each is None for each in known):
        return None
    return [each.region for each in known if each is not None]


def _region_number(cells: Cells) -> NDArray[np.int64] | None:
    regions = _regions(cells)
    return None if regions is None else np.unique(regions, return_inverse=True)[1]


def _by_region(cells: Cells) -> Grouping | None:
    regions = _regions(cells)
    if regions is None:
        return None
    names, number = np.unique(regions, return_inverse=True)
    return _alone("region", [str(each) for each in names], number[authority_of_cells(cells)])


def table_of(grouping: Grouping, judged: Judged) -> GroupTable:
    """Predicted against actual, group by group; groups without a child are left out."""
    n, J = len(grouping.labels), int(judged.authority.max()) + 1
    code = grouping.code
    children = np.bincount(code, judged.children, n)
    actual = np.bincount(code, judged.events, n)
    expected = judged.children * judged.chance
    predicted = np.bincount(code, expected, n)
    left = np.bincount(code * J + judged.authority, judged.events - expected, n * J).reshape(n, J)
    ratio = np.divide(actual, predicted, out=np.full(n, np.nan), where=predicted > 0)
    few = max(J - 1, 1)
    chance = np.bincount(code, expected * (1 - judged.chance), n)
    spread = (left**2).sum(axis=1) * J / few
    # A group in one or two authorities says little of how authorities differ: chance at least.
    error = np.sqrt(np.maximum(spread, chance)) / np.where(predicted > 0, predicted, np.nan)
    hide = hidden(children, actual, grouping.margins)
    rows = [
        Group(label, None, None, None, None, None)
        if hide[i]
        else Group(
            label, int(children[i]), float(predicted[i]), int(actual[i]), float(ratio[i]),
            float(error[i]),
        )
        for i, label in enumerate(grouping.labels)
        if children[i] > 0
    ]  # fmt: skip
    return GroupTable(grouping.name, tuple(rows))


def hidden(
    children: NDArray[Any], actual: NDArray[Any], margins: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which groups are not shown: small ones, and enough others that these do not follow.

    Small is a group in which fewer than `SMALLEST_COUNT` children have the event, or have
    it not. In every sum that is known elsewhere two groups or more are hidden, or none, and
    they hold `SMALLEST_COUNT` children with the event and without it, or more.

    Examples
    --------
    >>> hidden(np.array([99.0, 99, 99]), np.array([3.0, 30, 40]), np.zeros((3, 1), int)).tolist()
    [True, True, False]
    """
    there = children > 0
    without = children - actual
    hide = there & ((actual < SMALLEST_COUNT) | (without < SMALLEST_COUNT))
    changed = True
    while changed:
        changed = False
        for margin in margins.T:
            for each in np.unique(margin):
                part = there & (margin == each)
                if not (hide & part).any() or (hide | ~part).all():
                    continue
                behind = hide & part
                enough = min(actual[behind].sum(), without[behind].sum()) >= SMALLEST_COUNT
                if behind.sum() >= 2 and enough:
                    continue
                shown = np.flatnonzero(part & ~hide)
                hide[shown[np.argmin(actual[shown])]] = True
                changed = True
    return np.asarray(hide)
