"""Area cost from one file: factors as they are, or components to be weighted together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import ServiceAreaSpend, combined_area_cost
from cyps.returns.authority_list import AuthorityList
from cyps.returns.by_authority import (
    AREA_COST_COLUMNS,
    CODE_COLUMNS,
    METRICS,
    amounts_by_authority,
)
from cyps.returns.plain_files import above_zero, plain_amounts
from cyps.returns.problems import Problems
from cyps.returns.sources import Source
from cyps.returns.tables import Table, read_table

ALL = "all"
"""Service that stands for every metric where one set of weights holds for all."""

_AREA = re.compile(r"(?P<areas>[1-7]( and [1-7])*): ")


@dataclass(frozen=True, slots=True)
class ComponentWeights:
    """How components make an area cost factor: their weights, by service.

    Attributes
    ----------
    weights : by service ("all", a metric, or a service area "1" to "7"), the weight of each
        component; what is missing to 1 is cost that is the same everywhere
    lower_limit : no factor is below this; or by component, no value of it is below this
    origin : where weights and limits come from, in words
    """

    weights: Mapping[str, Mapping[str, float]]
    lower_limit: float | Mapping[str, float] | None = None
    origin: str = ""

    @property
    def components(self) -> tuple[str, ...]:
        """Every component that some service has a weight for, in order."""
        return tuple(dict.fromkeys(name for own in self.weights.values() for name in own))


@dataclass(frozen=True, slots=True)
class AreaCost:
    """Area cost factors of the settled authorities, and where they came from.

    `factors` is (n_authorities,), or (n_authorities, n_metrics) with `metrics` naming the
    columns.
    """

    factors: NDArray[np.float64]
    source: Source
    form: str
    notes: tuple[str, ...]
    metrics: tuple[str, ...] = field(default=())


def read_area_cost(
    path: Path,
    how: ComponentWeights | None,
    listed: AuthorityList,
    metrics: Sequence[str],
    spend: Sequence[ServiceAreaSpend],
    problems: Problems,
) -> AreaCost:
    """Area cost factors from a file with a code column.

    Parameters
    ----------
    path : columns `code` and `area_cost`; or a column of factors for each metric, named
        after it; or, with weights, a column for each component
    how : weights of components; None where the file holds factors
    metrics : metrics of use, which factors by metric must be for
    spend : spend lines, for weights by service area

    Raises
    ------
    ReturnsError
        With everything that is wrong with the file or the weights.
    """
    table = read_table(path, key_columns=CODE_COLUMNS)
    if how is not None:
        return _combined(table, how, listed, metrics, spend, problems)
    by_metric = [metric for metric in METRICS if table.columns_named([metric])]
    if by_metric and not table.columns_named(AREA_COST_COLUMNS):
        return _by_metric(table, by_metric, listed, metrics, problems)
    reading = plain_amounts(table, AREA_COST_COLUMNS, listed, problems, number=above_zero)
    problems.stop_if_any()
    factors = np.array([reading.amounts[a.code] for a in listed.settled])
    return AreaCost(factors, reading.source, reading.form, reading.notes)


def _by_metric(
    table: Table,
    columns: Sequence[str],
    listed: AuthorityList,
    metrics: Sequence[str],
    problems: Problems,
) -> AreaCost:
    missing = [metric for metric in metrics if metric not in columns]
    if missing:
        raise CypsError(
            f"{table.place}: there are area cost factors for {', '.join(columns)}, but none for "
            f"{', '.join(missing)}. Add a column for it, or give one column 'area_cost' for all."
        )
    factors = _columns(table, metrics, listed, problems)
    told = f"Area cost: factors by metric ({', '.join(metrics)}) of {table.source.file}."
    return AreaCost(factors, table.source, "plain file, by metric", (told,), tuple(metrics))


def _columns(
    table: Table, names: Sequence[str], listed: AuthorityList, problems: Problems
) -> NDArray[np.float64]:
    columns = []
    for name in names:
        at = table.column(name)
        found = amounts_by_authority(table, at, name, listed, problems, number=above_zero)
        columns.append([found.get(authority.code, np.nan) for authority in listed.settled])
    problems.stop_if_any()
    return np.array(columns).T


def _combined(
    table: Table,
    how: ComponentWeights,
    listed: AuthorityList,
    metrics: Sequence[str],
    spend: Sequence[ServiceAreaSpend],
    problems: Problems,
) -> AreaCost:
    components = how.components
    values = _columns(table, components, listed, problems)
    lowest = how.lower_limit if isinstance(how.lower_limit, float | int) else None
    if isinstance(how.lower_limit, Mapping):
        _check_names(how.lower_limit, components, "lower limit")
        limits = [how.lower_limit.get(name, 0.0) for name in components]
        values = np.maximum(values, np.array(limits))
    weights = component_weights(how, metrics, spend)
    factors = combined_area_cost(values, weights, lowest)
    for_all = weights.ndim == 1
    notes = _notes(table, how, components, metrics, weights)
    form = "components of area cost"
    return AreaCost(factors, table.source, form, notes, () if for_all else tuple(metrics))


def component_weights(
    how: ComponentWeights, metrics: Sequence[str], spend: Sequence[ServiceAreaSpend]
) -> NDArray[np.float64]:
    """Weights of the components, (n_components,) for all, or (n_metrics, n_components).

    Weights by service area become those of a metric as the mean of its areas, by spend.

    Raises
    ------
    CypsError
        When a metric, or a service area that money is spent on, has no weights.

    Examples
    --------
    >>> how = ComponentWeights({"1": {"labour": 0.8}, "7": {"labour": 0.6}})
    >>> spend = [
    ...     ServiceAreaSpend("1: Support", "CIN", 300.0),
    ...     ServiceAreaSpend("7: Youth justice", "CIN", 100.0),
    ... ]
    >>> component_weights(how, ["CIN"], spend).round(6).tolist()
    [[0.75]]
    """
    named, components = set(how.weights), how.components
    if named == {ALL}:
        return np.array([how.weights[ALL][name] for name in components])
    if named <= set("1234567"):
        return _by_service_area(how, metrics, spend)
    missing = [metric for metric in metrics if metric not in named]
    strange = sorted(named - set(metrics))
    if missing or strange:
        what = f"none for {', '.join(missing)}" if missing else f"some for {', '.join(strange)}"
        raise CypsError(
            f"Area cost: component weights are given with {what}, and use has "
            f"{', '.join(metrics)}. Give weights for each metric, for service areas 1 to 7, or "
            f"one set for '{ALL}'."
        )
    return np.array([[how.weights[m].get(name, 0.0) for name in components] for m in metrics])


def _by_service_area(
    how: ComponentWeights, metrics: Sequence[str], spend: Sequence[ServiceAreaSpend]
) -> NDArray[np.float64]:
    rows = np.zeros((len(metrics), len(how.components)))
    totals = np.zeros(len(metrics))
    for line in spend:
        if line.metric not in metrics:
            continue
        m = list(metrics).index(line.metric)
        rows[m] += line.pounds * _of_line(how, line)
        totals[m] += line.pounds
    if (totals <= 0).any():
        without = ", ".join(m for m, total in zip(metrics, totals, strict=True) if total <= 0)
        raise CypsError(
            f"Area cost: nothing is spent on {without}, so component weights by service area "
            "have no mean for it. Give weights by metric."
        )
    return np.asarray(rows / totals[:, None])


def _of_line(how: ComponentWeights, line: ServiceAreaSpend) -> NDArray[np.float64]:
    """A spend line's component weights: those of its service area, or of all that it names."""
    found = _AREA.match(line.service_area)
    if not found:
        raise CypsError(
            f"Area cost: component weights are given by service area, and nothing says which one "
            f"'{line.service_area}' is. Give weights by metric."
        )
    rows = []
    for area in found["areas"].split(" and "):
        if area not in how.weights:
            raise CypsError(
                f"Area cost: service area {area} has no component weights, and "
                f"'{line.service_area}' is spent on it. Add them."
            )
        rows.append([how.weights[area].get(name, 0.0) for name in how.components])
    if any(row != rows[0] for row in rows):
        raise CypsError(
            f"Area cost: '{line.service_area}' pays for several service areas, whose component "
            "weights differ. Give them the same weights, or give weights by metric."
        )
    return np.array(rows[0])


def _check_names(given: Mapping[str, float], components: Sequence[str], what: str) -> None:
    strange = [name for name in given if name not in components]
    if strange:
        raise CypsError(
            f"Area cost: there is a {what} for '{strange[0]}', which no service has a weight "
            f"for. The components are {', '.join(components)}."
        )


def _notes(
    table: Table,
    how: ComponentWeights,
    components: Sequence[str],
    metrics: Sequence[str],
    weights: NDArray[np.float64],
) -> tuple[str, ...]:
    rows = [("every metric", weights)] if weights.ndim == 1 else zip(metrics, weights, strict=True)
    shown = "; ".join(
        f"{service}: "
        + ", ".join(f"{weight:.4g} {name}" for name, weight in zip(components, own, strict=True))
        + f", {max(0.0, 1 - own.sum()):.4g} the same everywhere"
        for service, own in rows
    )
    limit = ""
    if isinstance(how.lower_limit, float | int):
        limit = f" No factor is below {how.lower_limit:g}."
    elif how.lower_limit is not None:
        told = ", ".join(f"{name} {value:g}" for name, value in how.lower_limit.items())
        limit = f" Lowest values: {told}."
    origin = f" ({how.origin})" if how.origin else ""
    return (f"Area cost: components of {table.source.file} by weight{origin}. {shown}.{limit}",)
