"""Inverse and solution of small systems, in double precision as declared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of a square matrix."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def solved(matrix: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """The x of matrix x = right."""
    return np.asarray(np.linalg.solve(matrix, right), np.float64)
