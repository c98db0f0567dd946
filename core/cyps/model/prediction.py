"""Predict: expected use by authority from coefficients, with every authority alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cyps.cells import Cells
from cyps.errors import CypsError
from cyps.model.passes import fitted_and_weights
from cyps.model.result import MultilevelFit


@dataclass(frozen=True, slots=True)
class PredictedUse:
    """Expected number of children with an event, by group.

    `children` (n_groups,); `gradient` (n_groups, k): its derivative by each
    coefficient, from which uncertainty and first-order what-ifs follow without cells.
    """

    metric: str
    children: NDArray[np.float64]
    gradient: NDArray[np.float64]


def predict_use(cells: Cells, fits: Sequence[MultilevelFit]) -> tuple[PredictedUse, ...]:
    """Sum predicted probabilities over the children of each group, with its effect at 0.

    Setting the authority effect to 0 for everybody is what takes each
    authority's own practice out of the formula (NR TWG 19-04, paragraph 5). It
    predicts for the median authority, not for the average one.

    Parameters
    ----------
    cells : the children to predict for; their drivers and categories must be the fits'
    fits : one a metric

    Raises
    ------
    CypsError
        When the children have other drivers or categories than the model.
    """
    for fit in fits:
        _check_alike(cells, fit)
    if not fits:
        return ()
    odds = [child_odds(cells, fit.coefficients) for fit in fits]
    arrays = (cells.area_start, cells.cell_start, cells.cell_slot, cells.cell_count)
    children, slot_w, area_w = fitted_and_weights(
        arrays,
        np.column_stack([by_pattern for by_pattern, _ in odds])[cells.slot_pattern],
        np.column_stack([by_area for _, by_area in odds]),
    )
    for fit, told in zip(fits, np.isfinite(children).all(axis=0), strict=True):
        if not told:
            raise CypsError(
                f"The coefficients of {fit.metric} predict no finite number for some authority: "
                "is a driver on another scale than the model's was?"
            )
    return tuple(
        PredictedUse(
            fit.metric,
            np.ascontiguousarray(children[:, m]),
            _gradient(cells, slot_w[:, m], area_w[:, m]),
        )
        for m, fit in enumerate(fits)
    )


def child_odds(
    cells: Cells, beta: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Odds by pattern (n_patterns,) and by area (n_areas,): a child's are their product.

    One metric at a time, so that its use is the same bits whatever is predicted beside it.
    """
    n_child = 1 + cells.child_design.shape[1]
    # The areas' part is centred: a driver such as a year number would overflow on its own.
    by_area = cells.area_design @ beta[n_child:]
    centre = float(by_area.mean()) if by_area.size else 0.0
    by_pattern = beta[0] + centre + cells.child_design @ beta[1:n_child]
    return np.exp(by_pattern), np.exp(by_area - centre)


def _check_alike(cells: Cells, fit: MultilevelFit) -> None:
    if cells.drivers == fit.drivers:
        return
    theirs = {driver.name: driver for driver in cells.drivers}
    other = [d.name for d in fit.drivers if theirs.get(d.name) != d]
    raise CypsError(
        "The children to predict for are not described as the model's were: "
        f"{', '.join(other) or 'the drivers stand in another order'}. Give the same drivers "
        "with the same categories in the same order."
    )


def _gradient(
    cells: Cells, slot_w: NDArray[np.float64], area_w: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights by group times the design, (n_groups, k): sparse, for a group has few patterns."""
    shape = (len(cells.groups), len(cells.child_design))
    by_pattern = csr_array((slot_w, cells.slot_pattern, cells.slot_start), shape=shape)
    weight = np.add.reduceat(slot_w, cells.slot_start[:-1])
    return np.hstack(
        [
            weight[:, None],
            np.asarray(by_pattern @ cells.child_design),
            np.add.reduceat(area_w[:, None] * cells.area_design, cells.area_start[:-1]),
        ]
    )
