"""Covariance of coefficients: what it has to be, and how a published one is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.pack.parameter_table import Parameters
from cyps.returns import Problems, Row, Table, read_table
from cyps.returns.amounts import signed_amount

_TERM, _OTHER = ("term", "term 1", "term_1", "row"), ("other term", "term 2", "term_2", "column")
_VALUE = ("value", "covariance")
_INTERCEPT = {"constant", "cons", "_cons"}
_CLOSE = 0.05
"""How far a printed standard error may be from the covariance's, as a part of it."""

_Entries = dict[tuple[str, int, int], tuple[float, Row]]


def is_covariance(matrix: NDArray[np.float64]) -> bool:
    """Whether a matrix (k, k) is symmetric and positive semi-definite, to 1e-9 of its scale.

    Examples
    --------
    >>> is_covariance(np.array([[1.0, 0.5], [0.5, 1.0]]))
    True
    >>> is_covariance(np.array([[1.0, 1.5], [1.5, 1.0]]))
    False
    """
    scale = np.sqrt(np.abs(np.diag(matrix)))
    scale[scale == 0] = 1.0
    correlation = matrix / np.outer(scale, scale)
    symmetric = np.allclose(correlation, correlation.T, atol=1e-9)
    return bool(symmetric and np.linalg.eigvalsh(correlation)[0] >= -1e-9)


def read_covariance(path: Path, parameters: Parameters) -> dict[str, NDArray[np.float64]]:
    r"""Read the covariance of published coefficients: a row for each pair of terms.

    Columns: `metric`, `term`, `other term`, `value`. Terms are named as the pack names
    coefficients: `Intercept`, `sex[male]`, `idaci`. One of a pair's two rows is enough.

    Parameters
    ----------
    path : .csv, .csv.gz, .xlsx or .xlsm
    parameters : the table that the covariance belongs to

    Returns
    -------
    dict of metric to array (k, k), in the order of the parameters

    Raises
    ------
    ReturnsError
        With every row that cannot be used, every pair that is missing, and every metric
        whose matrix is not positive semi-definite or has other standard errors than the table.
    """
    table = read_table(path, key_columns=_TERM)
    problems = Problems()
    entries = _entries(table, parameters, problems)
    problems.stop_if_any()
    labels = ("Intercept", *(label for driver in parameters.drivers for label in driver.labels))
    found = {
        metric: _matrix(table, metric, labels, entries, problems) for metric in parameters.metrics
    }
    problems.stop_if_any()
    for m, metric in enumerate(parameters.metrics):
        errors = None if parameters.errors is None else parameters.errors[:, m]
        _check(table, metric, labels, found[metric], errors, problems)
    problems.stop_if_any()
    return found


def _entries(table: Table, parameters: Parameters, problems: Problems) -> _Entries:
    labels = ["Intercept", *(label for driver in parameters.drivers for label in driver.labels)]
    place = {_plain(label): i for i, label in enumerate(labels)}
    place |= dict.fromkeys(_INTERCEPT, 0)
    columns = [table.column(*names) for names in (("metric",), _TERM, _OTHER, _VALUE)]
    found: _Entries = {}
    for row in table.rows:
        metric, *terms, value = (row.cells[column].strip() for column in columns)
        if metric.upper() not in parameters.metrics:
            problems.add(f"{table.where(row, columns[0])}: there is no metric '{metric}'.")
            continue
        unknown = [term for term in terms if _plain(term) not in place]
        if unknown:
            problems.add(
                f"{table.where(row)}: there is no coefficient '{unknown[0]}'. There are "
                f"{', '.join(labels)}."
            )
            continue
        try:
            number = signed_amount(value)
        except CypsError:
            problems.add(f"{table.where(row, columns[3])}: '{value}' is no number.")
            continue
        i, j = (place[_plain(term)] for term in terms)
        if (metric.upper(), i, j) in found:
            problems.add(f"{table.where(row)}: {metric} {terms[0]}, {terms[1]} is there twice.")
        found[metric.upper(), i, j] = number, row
    return found


def _plain(label: str) -> str:
    return "".join(label.split()).casefold()


def _matrix(
    table: Table,
    metric: str,
    labels: Sequence[str],
    entries: Mapping[tuple[str, int, int], tuple[float, Row]],
    problems: Problems,
) -> NDArray[np.float64]:
    """One metric's matrix; a pair given both ways has to be the same both times."""
    matrix = np.zeros((len(labels), len(labels)))
    missing = []
    for i in range(len(labels)):
        for j in range(i + 1):
            both = [entries[key] for key in ((metric, i, j), (metric, j, i)) if key in entries]
            if not both:
                missing.append(f"{labels[j]} with {labels[i]}")
                continue
            one, other = both[0][0], both[-1][0]
            if not np.isclose(one, other, rtol=1e-9, atol=0):
                problems.add(
                    f"{table.where(both[-1][1])}: {metric} {labels[j]} with {labels[i]} is {one:g} "
                    f"one way and {other:g} the other. A covariance is symmetric."
                )
            matrix[i, j] = matrix[j, i] = one
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        problems.add(
            f"{table.place}: {metric} has no covariance of {'; '.join(missing[:5])}{more}."
        )
    return matrix


def _check(
    table: Table,
    metric: str,
    labels: Sequence[str],
    matrix: NDArray[np.float64],
    errors: NDArray[np.float64] | None,
    problems: Problems,
) -> None:
    if (np.diag(matrix) < 0).any() or not is_covariance(matrix):
        problems.add(
            f"{table.place}: the numbers of {metric} are not a covariance, because some sum of "
            "coefficients would have a variance below zero. They may be correlations, or be cut "
            "to too few digits."
        )
        return
    own = np.sqrt(np.diag(matrix))
    if errors is None:
        return
    wrong = np.flatnonzero(np.abs(errors - own) > _CLOSE * own)
    if wrong.size:
        i = int(wrong[0])
        problems.add(
            f"{table.place}: by the covariance the standard error of {metric} {labels[i]} is "
            f"{own[i]:.4g}, and the parameter table says {errors[i]:.4g}. One of them is of "
            "another model."
        )
