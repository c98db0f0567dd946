"""Sensitivity: what a small change of each input does to every authority's pounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from cyps.errors import CypsError
from cyps.explain.ingredients import Ingredients, ingredients
from cyps.explain.packed_use import use_gradient
from cyps.mistakes import mistakes
from cyps.pack import Pack
from cyps.settlement import Settlement

POINT = 0.01
"""A percentage point, and 1%."""
OWN_AREA_COST = "own area cost +1%"


@dataclass(frozen=True, slots=True)
class Tornado:
    """Change of damped allocations for a small change of each input.

    Attributes
    ----------
    codes, names : of the authorities
    allocation : (n_authorities,), pounds before rounding, as settled
    inputs : what was changed and by how much, in words
    change : (n_authorities, n_inputs), pounds before rounding, by settling anew; not a
        number where the changed input cannot be settled
    not_possible : why not, by input
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    allocation: NDArray[np.float64]
    inputs: tuple[str, ...]
    change: NDArray[np.float64]
    not_possible: Mapping[str, str]

    @property
    def change_rate(self) -> NDArray[np.float64]:
        """Change over the allocation; not a number where that is 0. For +1%, x 100 = elasticity."""
        with np.errstate(divide="ignore", invalid="ignore"):
            whole = self.allocation[:, None]
            return np.asarray(np.where(whole > 0, self.change / whole, np.nan))

    def of(self, code: str) -> tuple[tuple[str, float], ...]:
        """One authority's inputs and changes, the largest first.

        Raises
        ------
        CypsError
            When no authority of the settlement has that code.
        """
        if code not in self.codes:
            raise CypsError(f"No authority of this settlement has the code '{code}'.")
        row = self.change[self.codes.index(code)]
        shown = [(name, float(c)) for name, c in zip(self.inputs, row, strict=True) if c == c]
        return tuple(sorted(shown, key=lambda pair: -abs(pair[1])))


def sensitivity(settlement: Settlement, pack: Pack | None = None) -> Tornado:
    """What a small change of each input does, by settling anew: no derivatives.

    Changed one at a time: the spend behind each cost weight +1% (the others give way in
    proportion), the pot +1%, each rate of the damping rule and the phasing +1 point, and
    each authority's own area cost factor +1%. With the pack that the use came from also the odds
    ratio of each coefficient +1% (of a number: per unit): there use moves by exp(gradient x
    change / use), which is first-order, and an authority whose entry of the gradient is
    hidden has no number.

    Raises
    ------
    CypsError
        When the pack is not the one that the use came from, or has no gradient.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> tornado = sensitivity(example())
    >>> tornado.inputs
    ('cost weight of CIN +1%', 'pot +1%', 'floor +1 point', 'own area cost +1%')
    >>> [(name, round(pounds, 9)) for name, pounds in tornado.of("E06000001")][:2]
    [('pot +1%', 0.6), ('floor +1 point', -0.5)]
    """
    made = ingredients(settlement)
    settled = settlement.damped.allocation
    inputs, changes = [], []
    not_possible: dict[str, str] = {}
    for name, changed in _changed(made):
        inputs.append(name)
        try:
            changes.append(changed().allocation() - settled)
        except (CypsError, ValidationError) as error:
            changes.append(np.full(settled.size, np.nan))
            not_possible[name] = _in_words(error)
    inputs.append(OWN_AREA_COST)
    changes.append(_own_area_cost(made, settled))
    if pack is not None:
        by_coefficient = dict(_by_coefficient(settlement, made, pack, not_possible))
        inputs.extend(by_coefficient)
        changes.extend(by_coefficient.values())
    return Tornado(
        made.codes,
        tuple(a.name for a in settlement.scenario.authorities),
        settled,
        tuple(inputs),
        np.column_stack(changes),
        not_possible,
    )


def _by_coefficient(
    settlement: Settlement, made: Ingredients, pack: Pack, not_possible: dict[str, str]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Change of the allocations for each odds ratio +1%, first-order in use, then exact."""
    moved = use_gradient(pack, settlement, "Sensitivity to the coefficients")
    settled = settlement.damped.allocation
    for m, metric in enumerate(settlement.use.metrics):
        children = settlement.use.children[:, m]
        for k, label in enumerate(moved.labels):
            name = f"{metric} {label} odds ratio +1%"
            step = moved.gradient[m, :, k] * np.log1p(POINT)
            rate = np.divide(step, children, out=np.zeros_like(step), where=children > 0)
            use = children * np.exp(rate)
            share = {**made.share, metric: use / use.sum()}
            try:
                change = replace(made, share=share).allocation() - settled
            except CypsError as error:
                not_possible[name] = str(error)
                change = np.full(settled.size, np.nan)
            yield name, np.where(moved.unknown[m, :, k], np.nan, change)


def _changed(made: Ingredients) -> Iterator[tuple[str, Callable[[], Ingredients]]]:
    """Names of the inputs, each with what makes the ingredients with it changed."""
    for metric in made.weight:
        yield f"cost weight of {metric} +1%", partial(_heavier, made, metric)
    yield "pot +1%", partial(replace, made, pot=made.pot * (1 + POINT))
    for name, changed in _raised(made.rule.model_dump()):
        yield f"{name} +1 point", partial(_ruled, made, changed)
    if made.transition.phasing is not None:
        further = replace(made.transition, phasing=made.transition.phasing + POINT)
        yield "phasing +1 point", partial(replace, made, transition=further)


def _heavier(made: Ingredients, metric: str) -> Ingredients:
    raised = {m: w * (1 + POINT if m == metric else 1) for m, w in made.weight.items()}
    total = sum(raised.values())
    return replace(made, weight={m: w / total for m, w in raised.items()})


def _raised(told: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each rate of a rule in words, with the whole rule told anew, that rate a point higher."""
    for name, value in told.items():
        if isinstance(value, float):
            yield name.replace("_", " "), {**told, name: value + POINT}
    for tier, value in told.get("tiers", {}).items():
        yield f"tier {tier}", {**told, "tiers": {**told["tiers"], tier: value + POINT}}
    for band, limits in told.get("bands", {}).items():
        for rate, value in limits.items():
            if value is not None:
                higher = {**limits, rate: value + POINT}
                yield f"{rate} of {band}", {**told, "bands": {**told["bands"], band: higher}}


def _ruled(made: Ingredients, told: Mapping[str, Any]) -> Ingredients:
    return replace(made, rule=type(made.rule).model_validate(told))


def _own_area_cost(made: Ingredients, settled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each authority's change for 1% more of its own area cost; infeasible is not a number."""
    change = np.full(settled.size, np.nan)
    for i in range(settled.size):
        area_cost = made.area_cost.copy()
        area_cost[i] *= 1 + POINT
        try:
            change[i] = replace(made, area_cost=area_cost).allocation()[i] - settled[i]
        except CypsError:
            continue
    return change


def _in_words(error: CypsError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        return mistakes(error)
    return str(error)
