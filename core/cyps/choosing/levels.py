"""Levels: two or three, whichever a choice is made by; and a fit stood on other children."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from cyps.cells import Cells
from cyps.errors import CypsError
from cyps.model import MultilevelFit, fit_cells, fit_three_levels
from cyps.model.nested_standing import NestedStanding, stand_nested
from cyps.model.result import Counted
from cyps.model.standing import Standing, stand

Levels = Literal["multilevel", "three levels"]


def fit_levels(cells: Cells, estimator: Levels, nagq: int) -> tuple[MultilevelFit, ...]:
    """Fit every metric by two levels ("multilevel") or by three.

    Raises
    ------
    CypsError
        When it is another estimator.
    """
    if estimator == "three levels":
        return fit_three_levels(cells, nagq)
    if estimator != "multilevel":
        raise CypsError(
            f"estimator is {estimator!r}. Choices are made by 'multilevel' (two levels) or "
            "'three levels'."
        )
    return fit_cells(cells, nagq)


def stand_on(fit: MultilevelFit, cells: Cells, metric: int) -> Standing | NestedStanding:
    """A fit's coefficients and deviations put on other children, whose effects begin at 0."""
    there = replace(fit, counted=Counted(cells, metric), group_effect=np.zeros(len(cells.groups)))
    if fit.estimator != "three levels":
        return stand(there)
    return stand_nested(replace(there, area_effect=np.zeros(len(cells.small_areas))))
