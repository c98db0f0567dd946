"""Many years: the same use and weights, with a pot, a rule and a baseline for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import Use
from cyps.settlement.apply import NO_TRANSITION, Transition
from cyps.settlement.rules import DampingRule
from cyps.settlement.scenario import Scenario
from cyps.settlement.settle import Settlement, settle


@dataclass(frozen=True, slots=True)
class Year:
    """What differs in a year.

    Attributes
    ----------
    label : such as "2026-27"
    pot : whole pounds
    damping, transition : the year's rule
    baseline : "given" is the scenario's; "previous" what each authority got the year
        before, a top-up from outside included; an array (n_authorities,) the year's own, pounds
    notes : where the year's own parameters came from
    area_cost : array (n_authorities,), the year's own factors, or None for the scenario's;
        (n_authorities, n_metrics) where `area_cost_metrics` names the metrics
    """

    label: str
    pot: int
    damping: DampingRule
    transition: Transition = NO_TRANSITION
    baseline: Literal["given", "previous"] | NDArray[np.float64] = "given"
    notes: tuple[str, ...] = ()
    area_cost: NDArray[np.float64] | None = None
    area_cost_metrics: tuple[str, ...] = ()


def settle_years(
    scenario: Scenario, years: Sequence[Year], use: Use
) -> tuple[tuple[str, Settlement], ...]:
    """Settle year after year.

    Parameters
    ----------
    scenario : what holds in every year; its own pot and rule are not used
    years : in order, labels distinct
    use : predicted or published use, the same in every year

    Returns
    -------
    tuple of (label, Settlement), one a year; the label is in the title of each, but for a
    single year that is only called after the authority list

    Raises
    ------
    CypsError
        When a label comes twice, the first year leans on a year before it, or a year
        cannot be settled (named in the message).

    Examples
    --------
    >>> from cyps.settlement import Floor, Year
    >>> from cyps.settlement.example import example
    >>> one = example()
    >>> years = [
    ...     Year("2026-27", 100, Floor(floor=-0.1)),
    ...     Year("2027-28", 100, Floor(floor=-0.1), baseline="previous"),
    ... ]
    >>> [s.pounds.tolist() for _, s in settle_years(one.scenario, years, one.use)]
    [[55, 45], [60, 40]]
    """
    labels = [year.label for year in years]
    if not labels or len({label.casefold() for label in labels}) != len(labels):
        raise CypsError(f"Years need labels, each its own, but are {', '.join(labels) or 'none'}.")
    if _is_previous(years[0]):
        raise CypsError(
            f"The first year ({labels[0]}) cannot take the year before as its baseline: there is "
            "none. Set its baseline to 'given'."
        )
    settled: list[tuple[str, Settlement]] = []
    for year in years:
        try:
            # The authority list's year stands for a year that was given no label.
            named = len(years) > 1 or year.label != str(scenario.year)
            title = f"{scenario.title}, {year.label}" if named else scenario.title
            in_year = _in_year(scenario, year, title, settled)
            settled.append((year.label, settle(in_year, use)))
        except CypsError as error:
            if len(years) > 1:
                error.args = (f"Year {year.label}: {error}",)
            raise
    return tuple(settled)


def _is_previous(year: Year) -> bool:
    return isinstance(year.baseline, str) and year.baseline == "previous"


def _in_year(
    scenario: Scenario, year: Year, title: str, before: list[tuple[str, Settlement]]
) -> Scenario:
    baseline, notes = scenario.baseline, scenario.notes
    if _is_previous(year):
        label, last = before[-1]
        notes = (*_without(notes, "Baseline"), f"{_PREVIOUS} {label}, top-ups included.")
        baseline = (last.pounds + last.top_up).astype(np.float64)
    elif not isinstance(year.baseline, str):
        notes = _without(notes, "Baseline")
        baseline = year.baseline
    if year.area_cost is not None:
        notes = _without(notes, "Area cost")
    costs = scenario if year.area_cost is None else year
    return replace(
        scenario,
        title=title,
        pot=year.pot,
        damping=year.damping,
        transition=year.transition,
        baseline=baseline,
        notes=(*year.notes, *notes),
        area_cost=scenario.area_cost if year.area_cost is None else year.area_cost,
        area_cost_metrics=costs.area_cost_metrics,
    )


_PREVIOUS = "Baseline: what each got in"


def _without(notes: tuple[str, ...], what: str) -> tuple[str, ...]:
    """Notes of the scenario that would be false of a year that has its own."""
    return tuple(note for note in notes if not note.startswith(f"{what}:"))


_RESERVED = {"CON", "PRN", "AUX", "NUL"} | {f"{n}{i}" for n in ("COM", "LPT") for i in range(10)}


def names_a_folder(label: str) -> str:
    """A label that can name a folder on every system, as it was given."""
    if label.upper() in _RESERVED:
        raise ValueError(f"is '{label}', which Windows keeps for itself. Choose another label")
    return label
