"""Area cost adjustment: the same service costs more in some places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError


def area_cost_adjusted(
    needs_share: NDArray[np.float64], area_cost: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Needs shares times each authority's area cost factor, made to sum to 1 again.

    Parameters
    ----------
    needs_share : array (n_authorities,), sums to 1
    area_cost : array (n_authorities,), cost factors such as 1.0836; only ratios matter

    Returns
    -------
    array (n_authorities,), sums to 1

    Examples
    --------
    >>> area_cost_adjusted(np.array([0.5, 0.5]), np.array([1.2, 0.8])).tolist()
    [0.6, 0.4]
    """
    if not (np.isfinite(area_cost) & (area_cost > 0)).all():
        raise CypsError(
            "An area cost factor is missing, zero or below zero. Every authority needs a "
            "factor above 0; type 1 where there is no adjustment."
        )
    adjusted = needs_share * area_cost
    return np.asarray(adjusted / adjusted.sum())
