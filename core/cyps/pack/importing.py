"""Packs from published tables: coefficients somebody printed, or use without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import Use
from cyps.pack.contents import MetricModel, Pack
from cyps.pack.parameter_table import Parameters
from cyps.pack.use_table import UseTable
from cyps.returns import AuthorityList, Problems, Reading, add_metrics, read_use
from cyps.returns.by_authority import METRICS

_VERDICT = "imported from a published table, not fitted here"
_SHARE_TOLERANCE = 0.001
"""How far published shares may be from adding up to 1: they are printed rounded."""


@dataclass(frozen=True, slots=True)
class PackWords:
    """What a pack says of itself: see `Pack` for each of the words."""

    name: str
    status: str
    statement: str
    source: str
    created: str
    year: int


def read_use_table(
    paths: Sequence[Path],
    listed: AuthorityList,
    *,
    measure: Literal["children", "share"] = "children",
) -> UseTable:
    """Use by authority and metric from files, as a pack holds it.

    Parameters
    ----------
    paths : plain files or DfE's own, one or more metrics each
    listed : the year's authorities, and who is left out
    measure : "share" when the numbers are shares of England that add up to 1

    Raises
    ------
    CypsError
        With every cell that cannot be used, and when shares don't add up to 1 or numbers
        of children do.
    """
    problems = Problems()
    found: dict[str, Reading] = {}
    for path in paths:
        with problems.gathered():
            add_metrics(found, read_use(path, listed, problems))
    problems.stop_if_any()
    metrics = tuple(metric for metric in METRICS if metric in found)
    codes = tuple(authority.code for authority in listed.settled)
    children = np.array([[found[metric].amounts[code] for metric in metrics] for code in codes])
    use = UseTable(
        codes=codes,
        names=tuple(authority.name for authority in listed.settled),
        metrics=metrics,
        children=Use(codes, metrics, children, "checked").children,
        measure=measure,
    )
    _check_measure(use)
    return use


def _check_measure(use: UseTable) -> None:
    for metric, total in zip(use.metrics, use.children.sum(axis=0), strict=True):
        adds_up = abs(total - 1) <= _SHARE_TOLERANCE
        if use.measure == "share" and not adds_up:
            raise CypsError(
                f"The shares of {metric} add up to {total:.6g}, not 1. Give them as fractions of "
                "England (0.0123 for 1.23%), every authority once; for numbers of children leave "
                "--shares out."
            )
        if use.measure == "children" and adds_up and len(use.codes) > 1:
            raise CypsError(
                f"The use of {metric} adds up to {total:.6g} children in all, so these are "
                "shares. Say --shares."
            )


def pack_of_use(use: UseTable, words: PackWords) -> Pack:
    """A pack of use without a model: it settles, and says that nothing stands behind it."""
    return Pack(
        words.name, words.status, words.statement, words.source, words.created, words.year,
        drivers=(), models=(), use=use,
    )  # fmt: skip


def pack_of_parameters(
    parameters: Parameters,
    use: UseTable,
    words: PackWords,
    covariance: Mapping[str, NDArray[np.float64]] | None = None,
) -> Pack:
    """A pack of published coefficients, with the use that was given beside them.

    There is no gradient in a use table and mostly no covariance beside a published one,
    so the pack says that uncertainty and what-ifs by coefficient cannot be had. `covariance`
    by metric, from `read_covariance`, gives a single child's probability its interval.

    Raises
    ------
    CypsError
        When coefficients and use are not of the same metrics.
    """
    for metric in parameters.metrics:
        if metric not in use.metrics:
            raise CypsError(
                f"{parameters.source.file} has coefficients of {metric}, but the use table has no "
                f"column '{metric}'. Add it with --use."
            )
    for metric in use.metrics:
        if metric not in parameters.metrics:
            raise CypsError(
                f"The use table has {metric}, but {parameters.source.file} has no coefficients of "
                f"it. Add the columns '{metric}' and '{metric}_se', or take {metric} out of the "
                "use table."
            )
    errors = parameters.errors
    models = tuple(
        MetricModel(
            metric=metric,
            coefficients=parameters.coefficients[:, m],
            covariance=None if covariance is None else covariance[metric],
            sigma=parameters.sigma[metric],
            loglik=None,
            events=None,
            verdict=_VERDICT,
            published_errors=None if errors is None or covariance else errors[:, m],
        )
        for m, metric in enumerate(parameters.metrics)
    )
    return Pack(
        words.name, words.status, words.statement, words.source, words.created, words.year,
        drivers=parameters.drivers, models=models, use=use,
    )  # fmt: skip
