"""Predict: expected use by authority from coefficients, with every authority alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    return tuple(_predict(cells, fit) for fit in fits)


def _predict(cells: Cells, fit: MultilevelFit) -> PredictedUse:
    if cells.drivers != fit.drivers:
        theirs = {driver.name: driver for driver in cells.drivers}
        other = [d.name for d in fit.drivers if theirs.get(d.name) != d]
        raise CypsError(
            "The children to predict for are not described as the model's were: "
            f"{', '.join(other) or 'the drivers stand in another order'}. Give the same drivers "
            "with the same categories in the same order."
        )
    n_child = 1 + cells.child_design.shape[1]
    beta = fit.coefficients
    # The areas' part is centred: a driver such as a year number would overflow on its own.
    by_area = cells.area_design @ beta[n_child:]
    centre = float(by_area.mean()) if by_area.size else 0.0
    pattern_odds = np.exp(beta[0] + centre + cells.child_design @ beta[1:n_child])
    area_odds = np.exp(by_area - centre)
    arrays = (cells.area_start, cells.cell_start, cells.cell_slot, cells.cell_count)
    children, slot_w, area_w = fitted_and_weights(
        arrays, pattern_odds[cells.slot_pattern], area_odds
    )
    if not np.isfinite(children).all():
        raise CypsError(
            f"The coefficients of {fit.metric} predict no finite number for some authority: "
            "is a driver on another scale than the model's was?"
        )
    child_columns = np.hstack(
        [np.ones((len(cells.slot_pattern), 1)), cells.child_design[cells.slot_pattern]]
    )
    gradient = np.hstack(
        [
            np.add.reduceat(slot_w[:, None] * child_columns, cells.slot_start[:-1]),
            np.add.reduceat(area_w[:, None] * cells.area_design, cells.area_start[:-1]),
        ]
    )
    return PredictedUse(fit.metric, children, gradient)
