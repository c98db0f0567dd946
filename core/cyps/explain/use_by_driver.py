"""A bridge's use of a metric, broken into the drivers that moved it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.explain.by_driver import DriverTable
from cyps.explain.ingredients import USE_OF, Ingredients, mixed
from cyps.explain.orders import weights_of_steps
from cyps.needs import Use


@dataclass(frozen=True, slots=True)
class UseMoved:
    """What a bridge knows when its components are to be broken up.

    `one`, `other` are the ingredients before and after, `steps` the components as sets of
    them, `before` and `after` the use, `settled` (2^k, n_authorities) every combination.
    """

    one: Ingredients
    other: Ingredients
    steps: tuple[tuple[str, ...], ...]
    before: Use
    after: Use
    settled: NDArray[np.float64]


def by_driver(
    drivers: DriverTable,
    moved: UseMoved,
    names: tuple[str, ...],
    contribution: NDArray[np.float64],
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Components and contributions, those of use broken into drivers.

    Raises
    ------
    CypsError
        When use moves together with something else, the table is of other metrics or other
        use, or a settlement on the way from driver to driver cannot be made.
    """
    found_names: list[str] = []
    columns: list[NDArray[np.float64]] = []
    weighed = weights_of_steps([not np.isnan(row[0]) for row in moved.settled])
    assert weighed is not None  # noqa: S101 - there is a bridge
    for k, step in enumerate(moved.steps):
        if not any(name.startswith(USE_OF) for name in step):
            found_names.append(names[k])
            columns.append(contribution[:, k])
            continue
        parts = _broken(drivers, moved, k, weighed.weight[k])
        kept = [j for j in range(len(drivers.components)) if parts[:, j].any()]
        found_names += [f"{names[k]}, {drivers.components[j]}" for j in kept]
        columns += [parts[:, j] for j in kept]
    return tuple(found_names), np.column_stack(columns)


def _broken(
    drivers: DriverTable, moved: UseMoved, k: int, weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """One component's contribution by driver, (n_authorities, n_components)."""
    step = moved.steps[k]
    metrics = _metrics(drivers, step)
    logs = {m: drivers.between(m, moved.before, moved.after) for m in metrics}
    n = len(drivers.components)
    moving = [j for j in range(n) if any(of_metric[:, j].any() for of_metric in logs.values())]
    ways = [(order, _ways(moved, logs, order)) for order in (moving, moving[::-1])]
    found = np.zeros((len(moved.one.codes), n))
    for s in np.flatnonzero(weight).tolist():
        base, end = _mixed(moved, s), moved.settled[s | 1 << k]
        for order, shares in ways:
            reached = moved.settled[s]
            for place, j in enumerate(order):
                last = place == len(order) - 1
                after = end if last else _settled(base, shares[place], step)
                found[:, j] += weight[s] / 2 * (after - reached)
                reached = after
    return found


def _mixed(moved: UseMoved, s: int) -> Ingredients:
    taken = frozenset(name for k, step in enumerate(moved.steps) if s >> k & 1 for name in step)
    return mixed(moved.one, moved.other, taken)


def _settled(
    base: Ingredients, shares: dict[str, NDArray[np.float64]], step: Sequence[str]
) -> NDArray[np.float64]:
    try:
        return replace(base, share={**base.share, **shares}).allocation()
    except CypsError as error:
        raise CypsError(
            f"{' + '.join(step)} cannot be broken into drivers, because a settlement on the way "
            f"cannot be made. {error} Make the bridge without the table of drivers."
        ) from error


def _metrics(drivers: DriverTable, step: Sequence[str]) -> list[str]:
    """The metrics whose use a component is."""
    metrics = [name.removeprefix(USE_OF) for name in step if name.startswith(USE_OF)]
    if len(metrics) < len(step):
        raise CypsError(
            f"{' + '.join(step)} cannot be broken into drivers: take use out of --together."
        )
    unknown = [metric for metric in metrics if metric not in drivers.metrics]
    if unknown:
        raise CypsError(
            f"The table of drivers has nothing of {unknown[0]}. It has "
            f"{', '.join(drivers.metrics)}."
        )
    return metrics


def _ways(
    moved: UseMoved, logs: Mapping[str, NDArray[np.float64]], order: Sequence[int]
) -> list[dict[str, NDArray[np.float64]]]:
    """Shares of use by metric after the first driver of an order, the first two, ..."""
    found: list[dict[str, NDArray[np.float64]]] = [{} for _ in order]
    for metric, of_metric in logs.items():
        use = moved.before.children[:, moved.before.metrics.index(metric)]
        reached = np.cumsum(of_metric[:, order], axis=1)
        for place, so_far in enumerate(reached.T):
            children = use * np.exp(so_far)
            found[place][metric] = children / children.sum()
    return found
