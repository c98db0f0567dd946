"""One child's predicted probabilities, term by term: the worked example of the formula."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.pack import Driver, MetricModel, Pack

MEDIAN: str = (
    "The authority's own effect is 0: this is the child of a median authority, as the formula "
    "predicts it."
)
_BAND = re.compile(r"(\d+)\s*(?:-|–|to)\s*(\d+)")


@dataclass(frozen=True, slots=True)
class Term:
    """What one driver adds to a child's log odds.

    Attributes
    ----------
    driver : its name, "Intercept" for the constant
    level : the child's category or number, as text; "" for the intercept
    coefficient : log odds, per unit for a number; 0 for a reference category
    value : what it is multiplied by: 1, or the number
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
    tuple of ChildPrediction, one a metric, terms in the order of the pack

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
    levels, row = _levels(pack, told, rest_at_reference)
    return tuple(_predicted(pack, model, levels, row, frozenset(told)) for model in pack.models)


def outside_bands(pack: Pack) -> tuple[str, ...]:
    """What is to be said of drivers in bands: whom the model doesn't know, a sentence each.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> age = Driver("age", "child", ("6-7", "8-9"))
    >>> outside_bands(SimpleNamespace(drivers=(age,)))[0][:66]
    'age has bands from 6 to 9: nothing is predicted for children outsi'
    """
    found = []
    for driver in pack.drivers:
        bands = _bands(driver)
        if bands:
            low, high = min(b[0] for b in bands.values()), max(b[1] for b in bands.values())
            found.append(
                f"{driver.name} has bands from {low} to {high}: nothing is predicted for children "
                "outside of them. They are in the use of an authority only if the modeller gave "
                "them a band; the published formula doesn't say what it does with them."
            )
    return tuple(found)


def _levels(
    pack: Pack, told: Mapping[str, str | float], rest: bool
) -> tuple[dict[str, str], NDArray[np.float64]]:
    """The child's level of each driver as text, and its row of the design, (k,)."""
    known = [driver.name for driver in pack.drivers]
    problems = [
        f"There is no driver '{name}'; there are {', '.join(known)}."
        for name in told
        if name not in known
    ]
    levels, row = {}, [np.ones(1)]
    means = _means(pack)
    for driver in pack.drivers:
        try:
            given = _given(driver, told, means, rest)
        except CypsError as error:
            problems.append(str(error))
            continue
        level, columns = given
        levels[driver.name] = level
        row.append(columns)
    if problems:
        raise CypsError("\n".join(problems))
    return levels, np.concatenate(row)


def _given(
    driver: Driver, told: Mapping[str, str | float], means: Mapping[str, float], rest: bool
) -> tuple[str, NDArray[np.float64]]:
    """A driver's level as text, and what stands in its columns."""
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
        return driver.categories[place], np.eye(len(driver.categories))[place, 1:]
    number = _number(driver, value)
    return f"{number:.6g}", np.array([number])


def _means(pack: Pack) -> dict[str, float]:
    if pack.driver_means is None:
        return {}
    told = zip(pack.labels, pack.driver_means.tolist(), strict=True)
    return {label: mean for label, mean in told if mean == mean}


def _choice(driver: Driver) -> str:
    if not driver.categories:
        return f"a number of the {'child' if driver.level == 'child' else 'small area'}"
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
    pack: Pack,
    model: MetricModel,
    levels: Mapping[str, str],
    row: NDArray[np.float64],
    told: frozenset[str],
) -> ChildPrediction:
    parts = [("Intercept", "", float(model.coefficients[0]), 1.0)]
    first = 1
    for driver in pack.drivers:
        own = slice(first, first + len(driver.labels))
        first = own.stop
        if driver.categories:
            coefficient, value = float(model.coefficients[own] @ row[own]), 1.0
        else:
            coefficient, value = float(model.coefficients[own][0]), float(row[own][0])
        parts.append((driver.name, levels[driver.name], coefficient, value))
    sums = list(accumulate(coefficient * value for *_, coefficient, value in parts))
    terms = tuple(
        Term(*part, running, assumed=part[0] not in told and bool(part[1]))
        for part, running in zip(parts, sums, strict=True)
    )
    error = None
    if model.covariance is not None:
        error = float(np.sqrt(row @ model.covariance @ row))
    return ChildPrediction(model.metric, terms, sums[-1], _probability(sums[-1]), error)


def _probability(log_odds: float) -> float:
    """1 / (1 + exp(-log odds)), also where the exponential would overflow."""
    return float(np.exp(-np.logaddexp(0.0, -log_odds)))
