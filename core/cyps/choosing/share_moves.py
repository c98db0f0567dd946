"""Share moves: what a choice of model does to every authority's needs share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells import Cells
from cyps.errors import CypsError
from cyps.model import MultilevelFit, predict_use
from cyps.needs import Use, metric_shares, needs_shares, typed_weights

MOVES = (0.01, 0.03, 0.05)
"""Changes of a needs share that authorities are counted by."""


@dataclass(frozen=True, slots=True)
class ShareMove:
    """How far needs shares move, as parts of what they were.

    Attributes
    ----------
    largest, authority : the change furthest from 0 (with its sign), and whose it is
    mean_absolute : mean over authorities of the change without its sign
    moved : authorities whose share changes by more than 1%, 3% and 5%
    authorities : how many there are
    """

    largest: float
    authority: str
    mean_absolute: float
    moved: tuple[int, ...]
    authorities: int


def checked_weights(
    metrics: Sequence[str], weights: Mapping[str, float] | None
) -> NDArray[np.float64]:
    """Cost weights in the order of the metrics; one metric needs none."""
    if weights is None and len(metrics) > 1:
        raise CypsError(
            f"Needs shares put {', '.join(metrics)} together by cost weight. Give weights, such "
            f"as weights={{{', '.join(f'{metric!r}: 1' for metric in metrics)}}}: only their "
            "ratio matters."
        )
    given = weights or dict.fromkeys(metrics, 1.0)
    if strangers := [metric for metric in given if metric not in metrics]:
        raise CypsError(
            f"Weights are given for {', '.join(strangers)}, but the metrics are "
            f"{', '.join(metrics)}."
        )
    return typed_weights(given, metrics)


def check_converged(fits: Sequence[MultilevelFit], what: str) -> None:
    """Refuse fits that are no results."""
    if failed := [f"{fit.metric}: {fit.verdict}" for fit in fits if not fit.converged]:
        raise CypsError(f"{what} is no result ({'; '.join(failed)}). Mend the model first.")


def needs_shares_of(
    cells: Cells, fits: Sequence[MultilevelFit], weights: Mapping[str, float] | None = None
) -> pd.Series:
    """Needs shares before area cost, from use predicted for the cells' children.

    Parameters
    ----------
    cells : children to predict for
    fits : one a metric
    weights : cost weight of each metric; only their ratio matters, and one metric needs none

    Returns
    -------
    Series by authority, sums to 1

    Raises
    ------
    CypsError
        When a fit did not converge, or the children are described by other drivers.
    """
    metrics = tuple(fit.metric for fit in fits)
    by_metric = checked_weights(metrics, weights)
    check_converged(fits, "A fit to predict from")
    children = np.column_stack([use.children for use in predict_use(cells, fits)])
    use = Use(cells.groups, metrics, children, "predicted, authority effect at 0")
    share = needs_shares(metric_shares(use), by_metric)
    return pd.Series(share, index=pd.Index(cells.groups, name="authority"), name="needs share")


def share_move(before: pd.Series, after: pd.Series) -> ShareMove:
    """How far shares move from `before` to `after`, for the authorities in both.

    Examples
    --------
    >>> before = pd.Series({"A": 0.50, "B": 0.50})
    >>> share_move(before, pd.Series({"A": 0.51, "B": 0.49})).moved
    (2, 0, 0)
    """
    change = (after / before - 1).dropna()
    if change.empty:
        raise CypsError("The two sets of needs shares have no authority in common.")
    size = change.abs()
    # 1% of a share is told from "more than 1%" in spite of rounding.
    moved = tuple(int((size > least + 1e-12).sum()) for least in MOVES)
    whose = size.idxmax()
    return ShareMove(float(change[whose]), str(whose), float(size.mean()), moved, int(change.size))
