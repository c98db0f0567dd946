"""Uncertainty of several years: the same draws of coefficients carried through every year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.explain.compare import ranks
from cyps.explain.uncertainty import (
    FIRST_ORDER,
    Range,
    UncertainUse,
    covariance_factor,
    drawn_shares,
    in_scenario_order,
    middle_of,
    uncertain_use,
)
from cyps.needs import share_after_area_cost
from cyps.pack import Pack
from cyps.settlement import Scenario, Settlement, Year, damp, settle_years


@dataclass(frozen=True, slots=True)
class UncertainYear:
    """One year's 95% ranges by authority, each (n_authorities,).

    Attributes
    ----------
    label, settlement : the year at the coefficients as they are
    allocation : range of the damped allocation with its top-up, pounds before rounding
    rank : range of the place by that allocation, 1 for the largest
    infeasible : draws that could not be settled in this year, or in a year that it builds on
    why : what the first of those said, or ""
    label_of_numbers : what they are and are not
    """

    label: str
    settlement: Settlement
    allocation: Range
    rank: Range
    infeasible: int
    why: str
    label_of_numbers: str = FIRST_ORDER


def uncertainty_by_year(
    source: Pack | UncertainUse,
    scenario: Scenario,
    years: Sequence[Year],
    draws: int = 1000,
    seed: int = 2019,
) -> tuple[UncertainYear, ...]:
    """Ranges of allocations and ranks in every year, each draw followed through all of them.

    Where a year's baseline is what each got the year before, a draw builds on its own
    year before (in pounds before rounding).

    Parameters
    ----------
    source : a pack with covariance and gradient, or use with them
    scenario, years : as for `settle_years`
    draws, seed : how many, and of chance; the same seed gives the same numbers

    Raises
    ------
    CypsError
        When the pack doesn't say how uncertain it is, a year cannot be settled, or no draw
        of it can.

    Examples
    --------
    >>> from cyps.settlement import Floor
    >>> from cyps.settlement.example import example
    >>> one = example()
    >>> known = UncertainUse(one.use, [np.array([[3.0], [1.0]])], [np.array([[0.01]])])
    >>> years = [
    ...     Year("2026-27", 100, Floor(floor=-0.1)),
    ...     Year("2027-28", 100, Floor(floor=-0.1), baseline="previous"),
    ... ]
    >>> found = uncertainty_by_year(known, one.scenario, years, draws=500)
    >>> [year.allocation.low.round(2).tolist() for year in found]
    [[55.0, 45.0], [59.5, 40.5]]
    """
    given = uncertain_use(source) if isinstance(source, Pack) else source
    ordered = in_scenario_order(given, scenario.codes)
    settled = settle_years(scenario, years, ordered.use)
    factors = [covariance_factor(covariance) for covariance in ordered.covariance]
    drawn = drawn_shares(ordered, factors, draws, seed)
    before: NDArray[np.float64] | None = None
    told = []
    for year, (label, settlement) in zip(years, settled, strict=True):
        amounts, why = _year_of_draws(year, settlement, drawn, before)
        fine = np.isfinite(amounts).all(axis=1)
        if not fine.any():
            raise CypsError(f"Year {label}: none of the {draws} draws can be settled. {why}")
        told.append(
            UncertainYear(
                label,
                settlement,
                middle_of(amounts[fine]),
                middle_of(np.array([ranks(draw) for draw in amounts[fine]])),
                int(draws - fine.sum()),
                why,
            )
        )
        before = amounts
    return tuple(told)


def _year_of_draws(
    year: Year,
    settlement: Settlement,
    drawn: NDArray[np.float64],
    before: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], str]:
    """Allocations with top-ups of every draw (draws, n_authorities); not a number where none."""
    scenario = settlement.scenario
    weights, cost = settlement.weights, settlement.area_cost
    amounts, why = np.full(drawn.shape[:2], np.nan), ""
    builds_on = isinstance(year.baseline, str) and year.baseline == "previous"
    for i, shares in enumerate(drawn):
        baseline = before[i] if builds_on and before is not None else scenario.baseline
        if not np.isfinite(baseline).all():
            why = why or "The year before could not be settled."
            continue
        target = share_after_area_cost(shares, weights, cost) * scenario.pot
        try:
            damped = damp(scenario.damping, target, baseline, scenario.codes, scenario.transition)
        except CypsError as error:
            why = why or str(error)
            continue
        amounts[i] = damped.allocation + damped.top_up
    return amounts, why
