"""Pack: take coefficients and predicted use through the door, and nothing smaller."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cyps.cells import Cells
from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.model.prediction import predict_use
from cyps.model.result import MultilevelFit
from cyps.pack import MetricModel, Pack, PackDriver, UseTable

SMALLEST_COUNT = 10
"""Fewest children that a number of a pack may rest on."""


def make_pack(
    fits: Sequence[MultilevelFit],
    children: Cells,
    *,
    name: str,
    status: str,
    statement: str,
    source: str,
    created: str,
    year: int,
    sample_areas: int,
) -> Pack:
    """Put fits together with the use that they predict for all children.

    Parameters
    ----------
    fits : one a metric, all converged
    children : cells of every child to predict for, grouped by GSS code
    name, status, statement, source, created, year : what the pack says of itself
    sample_areas : how many small areas the fits rest on

    Raises
    ------
    CypsError
        When a fit did not converge, or a group is no authority of that year.
    """
    for fit in fits:
        if not fit.converged:
            raise CypsError(
                f"The fit of {fit.metric} cannot be packed: {fit.verdict}. Mend the model first."
            )
    name_of = {authority.code: authority.name for authority in authorities(year)}
    strangers = [code for code in children.groups if code not in name_of]
    if strangers:
        raise CypsError(
            f"{', '.join(strangers[:5])} is no authority of {year}. Group children by the GSS "
            "codes of that year's authorities."
        )
    predicted = predict_use(children, fits)
    hidden = _rests_on_few(children)
    gradient = np.array([use.gradient for use in predicted])
    gradient[:, hidden] = 0.0
    return Pack(
        name=name,
        status=status,
        statement=statement,
        source=source,
        created=created,
        year=year,
        drivers=tuple(PackDriver(d.name, d.level, d.categories) for d in fits[0].drivers),
        models=tuple(_model(fit) for fit in fits),
        use=UseTable(
            codes=children.groups,
            names=tuple(name_of[code] for code in children.groups),
            metrics=tuple(fit.metric for fit in fits),
            children=np.column_stack([use.children for use in predicted]),
            gradient=gradient,
            smallest_count=SMALLEST_COUNT,
            suppressed=int(hidden.sum()) * len(fits),
        ),
        sample_children=fits[0].children,
        sample_authorities=len(fits[0].groups),
        sample_areas=sample_areas,
        nagq=fits[0].nagq,
    )


def _model(fit: MultilevelFit) -> MetricModel:
    return MetricModel(
        fit.metric, fit.coefficients, fit.covariance, fit.sigma, fit.loglik, fit.events, fit.verdict
    )


def _rests_on_few(children: Cells) -> NDArray[np.bool_]:
    """Which gradient entries (n_groups, k) tell of fewer than the smallest count of children.

    A category's entry is the sum of p(1 - p) over its children: from a handful
    of them their number could be worked out. Where it is the reference category
    that is small, the smallest other one goes with it, because the reference's
    entry is the intercept's less all the others'.
    """
    slot_children = np.bincount(
        children.cell_slot, children.cell_count, minlength=len(children.slot_pattern)
    )
    columns = children.child_design[children.slot_pattern]
    counts = np.add.reduceat(slot_children[:, None] * columns, children.slot_start[:-1])
    everyone = children.group_children
    hidden = np.zeros((len(children.groups), len(children.labels)), dtype=bool)
    hidden[everyone < SMALLEST_COUNT] = True
    first = 0
    for driver in children.drivers:
        width = len(driver.labels)
        if driver.level == "child" and driver.categories:
            block = counts[:, first : first + width]
            few = (block > 0) & (block < SMALLEST_COUNT)
            reference = everyone - block.sum(axis=1)
            small_reference = (reference > 0) & (reference < SMALLEST_COUNT)
            for group in np.flatnonzero(small_reference & ~few.any(axis=1)):
                shown = np.where(block[group] > 0, block[group], np.inf)
                few[group, shown.argmin()] = True
            hidden[:, 1 + first : 1 + first + width] |= few
        first += width
    return hidden
