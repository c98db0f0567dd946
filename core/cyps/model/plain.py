"""The plain logistic model: no group effects, for comparison."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyps.cells import Cells
from cyps.model.fit import Columns, StartingPoint, likelihood_of, plain_start, search
from cyps.model.multilevel import result_of, with_errors
from cyps.model.problem import problem_of
from cyps.model.result import CovarianceType, MultilevelFit
from cyps.model.separation import check_separation


def fit_plain(cells: Cells, cov_type: CovarianceType = "given sigma") -> tuple[MultilevelFit, ...]:
    """Fit every metric without group effects: the multilevel model with sigma fixed at 0.

    Groups' own practice then goes into the coefficients and the errors are too small,
    unless `cov_type="cluster"`.

    Parameters
    ----------
    cells : from `collapse`; one group is enough
    cov_type : which standard errors, see `MultilevelFit.with_covariance`

    Returns
    -------
    tuple of MultilevelFit, one a metric
    """
    fits = []
    for metric in range(len(cells.metrics)):
        check_separation(cells, metric)
        problem = problem_of(cells, metric)
        start = plain_start(problem)
        found = search(
            Columns(problem.labels, problem.extent),
            likelihood_of(problem),
            StartingPoint(start.beta, -np.inf, start.effect),
        )
        fit = result_of(cells, metric, problem, found, 1)
        fits.append(replace(fit, estimator="plain"))
    return with_errors(fits, cov_type)
