"""Predict: expected use by authority from coefficients, with every authority alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.cells import Cells
from cyps.errors import CypsError
from cyps.model.passes import fitted_and_weights, group_design_sums
from cyps.model.result import MultilevelFit

AuthorityEffects = Literal["zero", "averaged", "kept"]
_NODES = 21


@dataclass(frozen=True, slots=True)
class PredictedUse:
    """Expected number of children with an event, by group.

    `children` (n_groups,); `gradient` (n_groups, k): its derivative by each
    coefficient, from which uncertainty and first-order what-ifs follow without cells;
    `std_error` (n_groups,): by the delta method from the coefficients' covariance, effects
    and standard deviations taken as known.
    """

    metric: str
    children: NDArray[np.float64]
    gradient: NDArray[np.float64]
    std_error: NDArray[np.float64]


def predict_use(
    cells: Cells, fits: Sequence[MultilevelFit], effects: AuthorityEffects = "zero"
) -> tuple[PredictedUse, ...]:
    """Sum predicted probabilities over the children of each group, with its effect at 0.

    Setting the authority effect to 0 for everybody is what takes each
    authority's own practice out of the formula (NR TWG 19-04, paragraph 5). It
    predicts for the median authority, not for the average one; `effects` has the other two,
    which are checks and no formula.

    Parameters
    ----------
    cells : the children to predict for; their drivers and categories must be the fits'
    fits : one a metric
    effects : "zero"; "averaged" over what the effect of an unknown authority (and of its small
        areas) may be, so that sums are those of the average authority; or "kept", each
        authority's own as the fit found it

    Raises
    ------
    CypsError
        When the children have other drivers or categories than the model, or effects are to
        be kept of authorities or small areas that it was not fitted on.

    Examples
    --------
    >>> import pandas as pd
    >>> from cyps.cells import collapse
    >>> from cyps.model import fit_cells
    >>> rng = np.random.default_rng(1)
    >>> la = np.repeat(list("ABCDEFGH"), 200)
    >>> rate = np.repeat(rng.uniform(0.05, 0.3, 8), 200)
    >>> table = pd.DataFrame({"la": la, "CIN": rng.random(1600) < rate})
    >>> cells = collapse(table, events="CIN", group="la")
    >>> fits = fit_cells(cells)
    >>> [round(float(predict_use(cells, fits, how)[0].children.sum()), 1)
    ...  for how in ("zero", "averaged", "kept")], int(cells.events[0])
    ([276.0, 302.4, 302.8], 303)
    """
    for fit in fits:
        check_alike(cells, fit, "The children to predict for")
    if not fits:
        return ()
    if effects == "zero":
        return _predicted(cells, fits, [None] * len(fits))
    if effects == "kept":
        return _predicted(cells, fits, [_own_effects(cells, fit) for fit in fits])
    if effects != "averaged":
        raise CypsError(f"effects is {effects!r}. It is 'zero', 'averaged' or 'kept'.")
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    spreads = [float(np.hypot(_sigma(fit), fit.area_sigma or 0.0)) for fit in fits]
    n_areas = len(cells.area_design)
    at_nodes = [
        _predicted(cells, fits, [np.full(n_areas, spread * node) for spread in spreads])
        for node in nodes
    ]
    shares = weights / weights.sum()
    return tuple(
        _with_error(
            fit,
            np.tensordot(shares, [each[m].children for each in at_nodes], 1),
            np.tensordot(shares, [each[m].gradient for each in at_nodes], 1),
        )
        for m, fit in enumerate(fits)
    )


def _sigma(fit: MultilevelFit) -> float:
    if fit.estimator == "dummies":
        raise CypsError(
            f"The fit of {fit.metric} has dummies and no standard deviation to average over."
        )
    return fit.sigma


def _own_effects(cells: Cells, fit: MultilevelFit) -> NDArray[np.float64]:
    """Effects of each area's group and, with three levels, of its small area, (n_areas,)."""
    by_group = _looked_up(fit.groups, fit.group_effect, cells.groups, "authority")
    own = np.repeat(by_group, np.diff(cells.area_start))
    if fit.estimator != "three levels":
        return own
    names = [str(name) for name in cells.small_areas]
    by_area = _looked_up(fit.small_areas, fit.area_effect, names, "small area")
    if not names:
        raise CypsError("The children do not name their small areas, whose effects are to be kept.")
    return np.asarray(own + by_area[cells.small_area])


def _looked_up(
    known: Sequence[str], effect: NDArray[np.float64], wanted: Sequence[str], what: str
) -> NDArray[np.float64]:
    place = {name: i for i, name in enumerate(known)}
    if strangers := [name for name in wanted if name not in place]:
        raise CypsError(
            f"The model was not fitted on the {what} {', '.join(strangers[:5])}"
            f"{' and others' if len(strangers) > 5 else ''}, whose effect it cannot keep. Predict "
            "with effects='zero' or 'averaged'."
        )
    return np.asarray(effect[[place[name] for name in wanted]], dtype=np.float64)


def _with_error(
    fit: MultilevelFit, children: NDArray[np.float64], gradient: NDArray[np.float64]
) -> PredictedUse:
    variance = ((gradient @ fit.covariance) * gradient).sum(axis=1)
    return PredictedUse(fit.metric, children, gradient, np.sqrt(variance.clip(0)))


def _predicted(
    cells: Cells, fits: Sequence[MultilevelFit], effects: Sequence[NDArray[np.float64] | None]
) -> tuple[PredictedUse, ...]:
    """With an effect for each area (n_areas,) or none, one a metric."""
    odds = [child_odds(cells, fit.coefficients) for fit in fits]
    odds = [
        (by_pattern, by_area if effect is None else by_area * np.exp(effect))
        for (by_pattern, by_area), effect in zip(odds, effects, strict=True)
    ]
    arrays = (cells.area_start, cells.cell_start, cells.cell_slot, cells.cell_count)
    children, slot_w, area_w = fitted_and_weights(
        arrays,
        np.column_stack([by_pattern for by_pattern, _ in odds]).take(cells.slot_pattern, axis=0),
        np.column_stack([by_area for _, by_area in odds]),
    )
    for m, fit in enumerate(fits):
        if not np.isfinite(children[:, m]).all():
            raise CypsError(
                f"The coefficients of {fit.metric} predict no finite number for some authority: "
                "is a driver on another scale than the model's was?"
            )
    gradient = _gradient(cells, slot_w, area_w)
    return tuple(
        _with_error(fit, np.ascontiguousarray(children[:, m]), gradient[m])
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


def check_alike(cells: Cells, fit: MultilevelFit, children: str) -> None:
    """Refuse children (named for what they are) who are not described as the model's were."""
    if cells.drivers == fit.drivers:
        return
    theirs = {driver.name: driver for driver in cells.drivers}
    other = [d.name for d in fit.drivers if theirs.get(d.name) != d]
    raise CypsError(
        f"{children} are not described as the model's were: "
        f"{', '.join(other) or 'the drivers stand in another order'}. Give the same drivers "
        "with the same categories in the same order."
    )


def _gradient(
    cells: Cells, slot_w: NDArray[np.float64], area_w: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights by group times the design, (n_metrics, n_groups, k)."""
    slots = (cells.slot_start, cells.slot_pattern, slot_w)
    every_child = np.ones((len(cells.child_design), 1))
    of_child = group_design_sums(*slots, np.hstack([every_child, cells.child_design]))
    every_area = np.arange(len(cells.area_design))
    of_area = group_design_sums(cells.area_start, every_area, area_w, cells.area_design)
    return np.concatenate([of_child, of_area], axis=2)
