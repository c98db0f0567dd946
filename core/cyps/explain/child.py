"""One child's predicted probabilities, term by term: the worked example of the formula."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.pack import Driver, Interaction, MetricModel, Pack

MEDIAN: str = (
    "The authority's own effect is 0: this is the child of a median authority, as the formula "
    "predicts it."
)
WHOSE = {"child": "child", "area": "small area", "authority": "authority"}
"""Whose property a driver of each level is."""
_BAND = re.compile(r"(\d+)\s*(?:-|–|to)\s*(\d+)")


@dataclass(frozen=True, slots=True)
class Term:
    """What one driver adds to a child's log odds.

    Attributes
    ----------
    driver : its name, "Intercept" for the constant; names joined by colons for an interaction
    level : the child's category or number, as text; "" for the intercept
    coefficient : log odds, per unit for a number; 0 for a reference category
    value : what it is multiplied by: 1, the number, or the product of numbers that meet
    sum : of the terms so far, log odds
    assumed : whether the level was not given but taken from the reference or the mean
    """

    driver: str
    level: str
    coefficient: float
    value: float
    sum: float
    assumed: bool

    @property
    def log_odds(self) -> float:
        """What it adds: coefficient x value."""
        return self.coefficient * self.value

    @property
    def odds_ratio(self) -> float:
        """What it multiplies the odds by, against the reference category or the number 0."""
        return float(np.exp(self.log_odds))


@dataclass(frozen=True, slots=True)
class ChildPrediction:
    """One child's probability of one event.

    `log_odds` is the sum of the terms; `probability` 1 / (1 + exp(-log odds)); `error` the
    standard error of the log odds by the pack's covariance, or None without one.
    """

    metric: str
    terms: tuple[Term, ...]
    log_odds: float
    probability: float
    error: float | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95% interval of the probability, of the coefficients alone; None without errors."""
        if self.error is None:
            return None
        low, high = (_probability(self.log_odds + z * self.error) for z in (-1.96, 1.96))
        return low, high


def predict_child(
    pack: Pack, told: Mapping[str, str | float], *, rest_at_reference: bool = False
) -> tuple[ChildPrediction, ...]:
    """A child's probability of each event, with the authority's own effect at 0.

    Parameters
    ----------
    pack : with coefficients
    told : the child's category, or number, of each driver by name
    rest_at_reference : drivers that are not told are at their reference category, or at the
        mean over all children that the pack holds

    Returns
    -------
    tuple of ChildPrediction, one a metric; terms in the order of the pack, those of drivers that
    work together last

    Raises
    ------
    CypsError
        With everything that is missing, unknown or wrong, and the levels that there are.

    Examples
    --------
    >>> from cyps.pack import UseTable
    >>> model = MetricModel("CIN", np.array([-3.0, 1.0]), None, 0.3, None, None, "typed")
    >>> use = UseTable(("E06000001",), ("Hartlepool",), ("CIN",), np.array([[100.0]]))
    >>> fsm = Driver("fsm", "child", ("no", "yes"))
    >>> pack = Pack("P", "illustrative", "Made up.", "", "", 2025, (fsm,), (model,), use)
    >>> child = predict_child(pack, {"fsm": "yes"})[0]
    >>> [(term.driver, term.log_odds, term.sum) for term in child.terms]
    [('Intercept', -3.0, -3.0), ('fsm', 1.0, -2.0)]
    >>> round(child.probability, 4)
    0.1192
    """
    if not pack.models:
        raise CypsError(
            f"Pack '{pack.name}' holds use without a model, so no child can be predicted from it. "
            "Take a pack with coefficients."
        )
    stands = _stands(pack, told, rest_at_reference)
    return tuple(_predicted(pack, model, stands, frozenset(told)) for model in pack.models)


def outside_bands(pack: Pack) -> tuple[str, ...]:
    """What is to be said of drivers in bands: whom the model doesn't know, a sentence each.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> age = Driver("age", "child", ("6-7", "8-9"))
    >>> outside_bands(SimpleNamespace(own_drivers=(age,)))[0][:66]
    'age has bands from 6 to 9: nothing is predicted for children outsi'
    """
    found = []
    for driver in pack.own_drivers:
        bands = _bands(driver)
        if bands:
            low, high = min(b[0] for b in bands.values()), max(b[1] for b in bands.values())
            found.append(
                f"{driver.name} has bands from {low} to {high}: nothing is predicted for children "
                "outside of them. They are in the use of an authority only if the modeller gave "
                "them a band; the published formula doesn't say what it does with them."
            )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Stand:
    """How a child stands to a driver: the level as text, which columns hold, and times what."""

    level: str
    holds: NDArray[np.float64]
    value: float

    @property
    def columns(self) -> NDArray[np.float64]:
        """Its part of the child's row of the design."""
        return self.holds * self.value


def _stands(pack: Pack, told: Mapping[str, str | float], rest: bool) -> dict[str, _Stand]:
    """The child by driver and interaction, in the order of the coefficients."""
    known = [driver.name for driver in pack.own_drivers]
    problems = [
        f"There is no driver '{name}'; there are {', '.join(known)}."
        for name in told
        if name not in known
    ]
    single = {}
    means = _means(pack)
    for driver in pack.own_drivers:
        try:
            single[driver.name] = _given(driver, told, means, rest)
        except CypsError as error:
            problems.append(str(error))
    if problems:
        raise CypsError("\n".join(problems))
    return {
        driver.name: _together(driver, single)
        if isinstance(driver, Interaction)
        else single[driver.name]
        for driver in pack.drivers
    }


def _together(joint: Interaction, single: Mapping[str, _Stand]) -> _Stand:
    """How a child stands to drivers that meet: every product of their columns."""
    parts = [single[part.name] for part in joint.parts]
    holds, value = np.ones(1), 1.0
    for part in parts:
        holds, value = np.outer(holds, part.holds).ravel(), value * part.value
    return _Stand(" x ".join(part.level for part in parts), holds, value)


def _given(
    driver: Driver, told: Mapping[str, str | float], means: Mapping[str, float], rest: bool
) -> _Stand:
    """How the child stands to one driver."""
    if driver.name in told:
        value = told[driver.name]
    elif not rest:
        raise CypsError(f"'{driver.name}' is missing: {_choice(driver)}.")
    elif driver.categories:
        value = driver.categories[0]
    elif driver.name in means:
        value = means[driver.name]
    else:
        raise CypsError(
            f"'{driver.name}' is a number, and the pack doesn't tell its mean. Give it."
        )
    if driver.categories:
        place = _category(driver, str(value))
        return _Stand(driver.categories[place], np.eye(len(driver.categories))[place, 1:], 1.0)
    number = _number(driver, value)
    return _Stand(f"{number:.6g}", np.ones(1), number)


def _means(pack: Pack) -> dict[str, float]:
    if pack.driver_means is None:
        return {}
    told = zip(pack.labels, pack.driver_means.tolist(), strict=True)
    return {label: mean for label, mean in told if mean == mean}


def _choice(driver: Driver) -> str:
    if not driver.categories:
        return f"a number of the {WHOSE[driver.level]}"
    reference, *others = driver.categories
    return f"one of {', '.join((f'{reference} (the reference)', *others))}"


def _category(driver: Driver, text: str) -> int:
    wanted = " ".join(text.split()).casefold()
    for place, category in enumerate(driver.categories):
        if wanted == " ".join(category.split()).casefold():
            return place
    raise CypsError(
        f"'{driver.name}' cannot be '{text}': {_choice(driver)}.{_band_hint(driver, text)}"
    )


def _band_hint(driver: Driver, text: str) -> str:
    """Which band a number is in, or that it is in none."""
    bands = _bands(driver)
    if not bands or not re.fullmatch(r"\s*\d+\s*", text):
        return ""
    within = [category for category, (low, high) in bands.items() if low <= int(text) <= high]
    if within:
        return f" {int(text)} is in {within[0]}."
    return f" No band holds {int(text)}: the model knows nothing of such children."


def _bands(driver: Driver) -> dict[str, tuple[int, int]]:
    """First and last number of each category, where all are bands such as 6-7."""
    found = {category: _BAND.fullmatch(category.strip()) for category in driver.categories}
    bands = {category: (int(m[1]), int(m[2])) for category, m in found.items() if m}
    return bands if len(bands) == len(found) else {}


def _number(driver: Driver, value: str | float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        raise CypsError(f"'{driver.name}' is a number, and '{value}' is none.")
    return number


def _predicted(
    pack: Pack, model: MetricModel, stands: Mapping[str, _Stand], told: frozenset[str]
) -> ChildPrediction:
    parts = [("Intercept", "", float(model.coefficients[0]), 1.0)]
    place = {label: i for i, label in enumerate(pack.labels)}
    for driver in pack.terms:
        own, stand = place[driver.labels[0]], stands[driver.name]
        coefficient = float(model.coefficients[own : own + len(driver.labels)] @ stand.holds)
        parts.append((driver.name, stand.level, coefficient, stand.value))
    sums = list(accumulate(coefficient * value for *_, coefficient, value in parts))
    terms = tuple(
        Term(*part, running, assumed=bool(part[1]) and not _was_told(pack, part[0], told))
        for part, running in zip(parts, sums, strict=True)
    )
    error = None
    if model.covariance is not None:
        row = np.concatenate([np.ones(1), *(stand.columns for stand in stands.values())])
        error = float(np.sqrt(row @ model.covariance @ row))
    return ChildPrediction(model.metric, terms, sums[-1], _probability(sums[-1]), error)


def _was_told(pack: Pack, name: str, told: frozenset[str]) -> bool:
    """Whether a driver's level was given, or that of every driver that meets in it."""
    joint = {joint.name: joint.parts for joint in pack.interactions}
    return {part.name for part in joint[name]} <= told if name in joint else name in told


def _probability(log_odds: float) -> float:
    """1 / (1 + exp(-log odds)), also where the exponential would overflow."""
    return float(np.exp(-np.logaddexp(0.0, -log_odds)))
