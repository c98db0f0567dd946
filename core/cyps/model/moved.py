"""What moved predicted use between two packs: coefficients, driver by driver, or children."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cyps.cells import SMALLEST_COUNT, Cells, driver_blocks
from cyps.errors import CypsError
from cyps.explain.by_driver import CHILDREN, INTERCEPT, NOT_TOLD, DriverTable
from cyps.explain.orders import averaged_over_orders
from cyps.model.neutral import few_differ
from cyps.model.passes import fitted_and_weights
from cyps.model.prediction import child_odds
from cyps.pack import LoadedPack, MetricModel, Pack

MOST_COMPONENTS = 14
"""2^14 predictions of a metric at national scale take minutes."""


def moved_by_drivers(
    before: LoadedPack, after: LoadedPack, children_before: Cells, children_after: Cells
) -> DriverTable:
    """Break the change of predicted use between two packs into drivers, exactly.

    Components are the coefficients of each driver, the intercept, and the children; those
    that are equal in both packs contribute 0. They are changed one by one in every order,
    and each gets the average of what it moved the logarithm of use by (the Shapley value):
    no order matters, and the contributions add up. Sigma moves nothing, because use is
    predicted with every authority's own effect at 0.

    Parameters
    ----------
    before, after : packs with coefficients
    children_before, children_after : cells that each pack's use was predicted from, both with
        the drivers of both packs (a driver that a pack doesn't have counts as 0 in it),
        categories alike

    Returns
    -------
    DriverTable
        An authority where some, but fewer than the smallest count of children are in the
        categories of a driver that moved, or in the others, or differ by it from most, is told
        as a whole, under "drivers not told apart".

    Raises
    ------
    CypsError
        When cells are not those of the packs, or more than 14 components differ.
    """
    packs, cells = (before.pack, after.pack), (children_before, children_after)
    _check(packs, cells)
    metrics = tuple(m for m in packs[0].metrics if m in packs[1].metrics)
    drivers = [driver.name for driver in cells[0].drivers]
    log_use = np.zeros((len(metrics), len(cells[0].groups), len(drivers) + 3))
    for m, metric in enumerate(metrics):
        log_use[m, :, :-1] = _of_metric(packs, cells, metric)
    few = np.any([_too_few(packs, cells, metric) for metric in metrics], axis=0)
    log_use[:, few, -1] = log_use[:, few, :-1].sum(axis=2)
    log_use[:, few, :-1] = 0.0
    return DriverTable(
        before.content_hash,
        after.content_hash,
        packs[0].use.codes,
        packs[0].use.names,
        metrics,
        (*drivers, INTERCEPT, CHILDREN, NOT_TOLD),
        log_use,
    )


def _of_metric(packs: Sequence[Pack], cells: Sequence[Cells], metric: str) -> NDArray[np.float64]:
    """Contributions to the log of one metric's use, (n_authorities, n_drivers + 2)."""
    betas = _betas(packs, cells[0], metric)
    for pack, own, beta in zip(packs, cells, betas, strict=True):
        _check_prediction(pack, metric, own, beta)
    groups = [np.array([0]), *_columns(cells[0])]
    # The intercept stands first among the columns and after the drivers in the table.
    moved = [k for k, columns in enumerate(groups) if (betas[0] != betas[1])[columns].any()]
    same_children = cells[0] is cells[1]
    steps: list[int | None] = [*moved, *([] if same_children else [None])]
    if len(steps) > MOST_COMPONENTS:
        raise CypsError(
            f"{len(steps)} components differ, and every combination of them is predicted: "
            f"{MOST_COMPONENTS} are the most. Go from pack to pack through one between them."
        )
    predicted = np.array(
        [_combination(cells, betas, groups, steps, s) for s in range(1 << len(steps))]
    )
    averaged = averaged_over_orders(np.log(predicted))
    assert averaged is not None  # noqa: S101 - every combination can be predicted
    found = np.zeros((len(cells[0].groups), len(groups) + 1))
    for step, column in zip(steps, averaged.contribution.T, strict=True):
        place = len(groups) if step is None else (step - 1) % len(groups)
        found[:, place] = column
    return found


def _combination(
    cells: Sequence[Cells],
    betas: Sequence[NDArray[np.float64]],
    groups: Sequence[NDArray[np.int64]],
    steps: Sequence[int | None],
    taken: int,
) -> NDArray[np.float64]:
    """Use with the components of the set bits of `taken` from after, (n_authorities,)."""
    beta, own = betas[0].copy(), cells[0]
    for bit, step in enumerate(steps):
        if taken >> bit & 1:
            if step is None:
                own = cells[1]
            else:
                beta[groups[step]] = betas[1][groups[step]]
    return _use(own, beta)


def _use(cells: Cells, beta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predicted use by group (n_groups,), without the gradient: this is done very often."""
    by_pattern, by_area = child_odds(cells, beta)
    arrays = (cells.area_start, cells.cell_start, cells.cell_slot, cells.cell_count)
    children, _, _ = fitted_and_weights(
        arrays, by_pattern[cells.slot_pattern, None], by_area[:, None]
    )
    return np.asarray(children[:, 0])


def _columns(cells: Cells) -> list[NDArray[np.int64]]:
    """Each driver's places among the labels."""
    widths = [len(driver.labels) for driver in cells.drivers]
    ends = np.cumsum([1, *widths])
    return [np.arange(end, end + width) for end, width in zip(ends, widths, strict=False)]


def _on_cells(pack: Pack, model: MetricModel, cells: Cells) -> NDArray[np.float64]:
    """A pack's coefficients by the labels of cells; 0 for a driver that it doesn't have."""
    told = dict(zip(pack.labels, model.coefficients.tolist(), strict=True))
    return np.array([told.get(label, 0.0) for label in cells.labels])


def _check(packs: Sequence[Pack], cells: Sequence[Cells]) -> None:
    if cells[0].drivers != cells[1].drivers:
        raise CypsError(
            "The two tables of children are not described alike. Collapse both with the drivers of "
            "both packs, in the same order and with the same categories."
        )
    known = {driver.name: driver for driver in cells[0].drivers}
    for pack, own in zip(packs, cells, strict=True):
        if pack.kind == "use":
            raise CypsError(f"Pack '{pack.name}' has no model, so nothing in it can be told apart.")
        other = [driver.name for driver in pack.drivers if known.get(driver.name) != driver]
        if other:
            raise CypsError(
                f"The children are not described as in pack '{pack.name}': {', '.join(other)}. "
                "Give them the drivers of both packs with the same categories."
            )
        if own.groups != pack.use.codes:
            raise CypsError(f"The children are not of the authorities of pack '{pack.name}'.")
    if packs[0].use.codes != packs[1].use.codes:
        raise CypsError("The two packs are not of the same authorities.")
    if not set(packs[0].metrics) & set(packs[1].metrics):
        raise CypsError("The two packs have no metric in common.")


def _check_prediction(pack: Pack, metric: str, cells: Cells, beta: NDArray[np.float64]) -> None:
    told = pack.use.children[:, pack.metrics.index(metric)]
    if not np.allclose(_use(cells, beta), told, rtol=1e-9, atol=0):
        raise CypsError(
            f"The use of {metric} in pack '{pack.name}' is not what its coefficients predict "
            "for these children. Give the children that the pack was made with."
        )


def _too_few(packs: Sequence[Pack], cells: Sequence[Cells], metric: str) -> NDArray[np.bool_]:
    """Authorities of which a driver's part would tell of too few children, (n_authorities,).

    A part is a sum over the children in the categories whose coefficient moved.
    """
    betas = _betas(packs, cells[0], metric)
    moved = betas[0] != betas[1]
    few = np.zeros(len(cells[0].groups), dtype=bool)
    for own in cells:
        for block in driver_blocks(own):
            changed = moved[block.columns]
            if changed.any():
                few |= np.isin(own.groups, few_differ(own, [block.driver.name]))
            if changed.any() and block.driver.categories:
                inside = block.values[:, changed].any(axis=1)
                for some in (inside, ~inside):
                    behind = np.add.reduceat(block.children * some, block.start[:-1])
                    few |= (behind > 0) & (behind < SMALLEST_COUNT)
    return few


def _betas(
    packs: Sequence[Pack], cells: Cells, metric: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    one, other = (
        _on_cells(pack, next(m for m in pack.models if m.metric == metric), cells) for pack in packs
    )
    return one, other
