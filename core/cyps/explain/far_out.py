"""A child's number that is hardly on the scale of the pack, such as idaci = 25 for 25%."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from cyps.explain.child import ChildPrediction, Term
from cyps.pack import Pack

_TIMES_MEAN = 20
_AT_LEAST = 5
"""Where the mean is near 0 (a standardised number), what is still no surprise."""
_ODDS = 1000
"""One driver alone that moves the odds by more than this: none in a fitted model does."""


def far_out(pack: Pack, children: Sequence[ChildPrediction]) -> tuple[str, ...]:
    """What is to be said of numbers far outside of anything that the pack tells of.

    A pack holds no ranges, because the largest number may be one child's; it holds the mean of
    each driver over all children, if that. So a number is doubted when it is more than 20
    times its mean (and above 5), or when it moves the odds more than a thousandfold, against
    its mean where that is told and against 0 where it isn't.

    Parameters
    ----------
    pack : that the children were predicted from
    children : one a metric, as `predict_child` gives them

    Returns
    -------
    tuple of str, a sentence for each number that is doubted; empty where none is

    Examples
    --------
    >>> import numpy as np
    >>> from cyps.explain import predict_child
    >>> from cyps.pack import Driver, MetricModel, UseTable
    >>> model = MetricModel("CIN", np.array([-3.0, 2.5]), None, 0.3, None, None, "typed")
    >>> use = UseTable(("E06000001",), ("Hartlepool",), ("CIN",), np.array([[100.0]]))
    >>> idaci = Driver("idaci", "area")
    >>> pack = Pack("P", "illustrative", "Made up.", "", "", 2025, (idaci,), (model,), use)
    >>> far_out(pack, predict_child(pack, {"idaci": 0.25}))
    ()
    >>> far_out(pack, predict_child(pack, {"idaci": 25}))[0][:62]
    'idaci = 25 is hardly on the scale of the pack: it alone multip'
    """
    numbers: dict[str, float] = {}
    effects: dict[str, list[str]] = {}
    for child in children:
        for term in _numbers_told(pack, child):
            numbers[term.driver] = term.value
            effect = _effect(child.metric, term, _mean_of(pack, term.driver))
            effects.setdefault(term.driver, []).extend(effect)
    found = []
    for name, value in numbers.items():
        mean = _mean_of(pack, name)
        reasons = [*_scale(value, mean), *effects[name][:1]]
        if reasons:
            found.append(
                f"{name} = {value:g} is hardly on the scale of the pack: "
                f"{', and '.join(reasons)}.{_as_rate(value, mean)}"
            )
    return tuple(found)


def _numbers_told(pack: Pack, child: ChildPrediction) -> Iterator[Term]:
    plain = {driver.name for driver in pack.own_drivers if not driver.categories}
    return (term for term in child.terms if term.driver in plain and not term.assumed)


def _mean_of(pack: Pack, name: str) -> float | None:
    if pack.driver_means is None:
        return None
    mean = float(pack.driver_means[pack.labels.index(name)])
    return None if math.isnan(mean) else mean


def _scale(value: float, mean: float | None) -> list[str]:
    if mean is None or abs(value) <= max(_AT_LEAST, _TIMES_MEAN * abs(mean)):
        return []
    return [f"its mean over all children is {mean:.4g}"]


def _effect(metric: str, term: Term, mean: float | None) -> list[str]:
    moved = abs(term.coefficient * (term.value - (mean or 0.0)))
    if moved <= math.log(_ODDS):
        return []
    than = "0" if mean is None else "the mean"
    return [
        f"it alone multiplies or divides the odds of {metric} by {_times(moved)} against {than}"
    ]


def _times(log_odds: float) -> str:
    if log_odds > 40:
        return f"10 to the {log_odds / math.log(10):.0f}"
    return f"{math.exp(log_odds):,.0f}"


def _as_rate(value: float, mean: float | None) -> str:
    if 1 < value <= 100 and (mean is None or 0 < mean < 1):
        return f" If it is a rate from 0 to 1, write {value / 100:g} for {value:g}%."
    return " Look up what the modeller measured it in."
