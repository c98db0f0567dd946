"""Compare: one settlement beside another, authority by authority and group by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cyps.errors import CypsError
from cyps.geography import in_order
from cyps.settlement import Settlement


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What some authorities have together, before and after.

    `before` and `after` are whole pounds; `winners`, `losers` and `unchanged` count
    authorities; `children` is their population, or None when none was given.
    """

    name: str
    authorities: int
    before: int
    after: int
    winners: int
    losers: int
    children: float | None

    @property
    def change(self) -> int:
        """Whole pounds after less before."""
        return self.after - self.before

    @property
    def change_rate(self) -> float:
        """Change over what was before; not a number where that is 0."""
        return self.change / self.before if self.before else float("nan")

    @property
    def unchanged(self) -> int:
        """How many authorities get the same pounds."""
        return self.authorities - self.winners - self.losers

    @property
    def change_per_child(self) -> float:
        """Change over the group's children; not a number without a population."""
        return self.change / self.children if self.children else float("nan")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two settlements of the same authorities, side by side.

    Attributes
    ----------
    before, after : the settlements
    population : array (n_authorities,), children, or None
    """

    before: Settlement
    after: Settlement
    population: NDArray[np.float64] | None

    @property
    def change(self) -> NDArray[np.int64]:
        """Whole pounds after less before, (n_authorities,)."""
        return np.asarray(self.after.pounds - self.before.pounds)

    @property
    def change_rate(self) -> NDArray[np.float64]:
        """Change over what was before, (n_authorities,); not a number where that is 0."""
        return _rate(self.change, self.before.pounds)

    @property
    def share_change(self) -> NDArray[np.float64]:
        """Share of the pot after area cost, after less before, (n_authorities,)."""
        return np.asarray(self.after.share - self.before.share)

    def per_child(self, pounds: NDArray[np.int64]) -> NDArray[np.float64]:
        """Pounds over the children of each authority, (n_authorities,).

        Raises
        ------
        CypsError
            When the comparison was made without a population.
        """
        if self.population is None:
            raise CypsError("Pounds per child need a population: give it to the comparison.")
        return np.asarray(pounds / self.population)

    def total(self) -> GroupChange:
        """All authorities together."""
        return self._group("All authorities", np.ones(self.change.size, dtype=np.bool_))

    def by_region(self) -> tuple[GroupChange, ...]:
        """Totals by region, in the order of their names."""
        return self.by_group({a.code: a.region for a in self.after.scenario.authorities})

    def by_group(self, group: Mapping[str, str]) -> tuple[GroupChange, ...]:
        """Totals by any grouping, in the order of the groups' names ("In none" comes last).

        Parameters
        ----------
        group : name of the group of every authority, by GSS code

        Raises
        ------
        CypsError
            When an authority is in no group.
        """
        codes = self.after.scenario.codes
        missing = [code for code in codes if code not in group]
        if missing:
            raise CypsError(
                f"No group is given for {', '.join(missing[:5])}. Every authority of the "
                "comparison needs one."
            )
        of_each = np.array([group[code] for code in codes])
        return tuple(
            self._group(name, of_each == name) for name in in_order(group[code] for code in codes)
        )

    def _group(self, name: str, members: NDArray[np.bool_]) -> GroupChange:
        change = self.change[members]
        children = None if self.population is None else float(self.population[members].sum())
        return GroupChange(
            name=name,
            authorities=int(members.sum()),
            before=int(self.before.pounds[members].sum()),
            after=int(self.after.pounds[members].sum()),
            winners=int((change > 0).sum()),
            losers=int((change < 0).sum()),
            children=children,
        )


def compare(
    before: Settlement, after: Settlement, population: ArrayLike | None = None
) -> Comparison:
    """One settlement beside another.

    Parameters
    ----------
    before, after : settlements of the same authorities
    population : array (n_authorities,), children in the authorities' order; gives
        pounds per child

    Raises
    ------
    CypsError
        When an authority is in only one of the two (it is named), or the population
        is not a number above 0 for each.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from cyps.settlement import settle
    >>> from cyps.settlement.example import example
    >>> one = example()
    >>> other = settle(replace(one.scenario, pot=120), one.use)
    >>> comparison = compare(one, other)
    >>> comparison.change.tolist(), comparison.total().winners
    ([12, 8], 2)
    """
    check_same_authorities(before, after)
    if population is None:
        return Comparison(before, after, None)
    children = np.array(population, dtype=np.float64)
    check_population(children, len(after.scenario.codes))
    return Comparison(before, after, children)


def check_same_authorities(before: Settlement, after: Settlement) -> None:
    """Say which authorities are in only one of two settlements, if any is."""
    name_of = {a.code: a.name for one in (before, after) for a in one.scenario.authorities}
    parts = []
    for words, codes, others in (
        ("before", before.scenario.codes, set(after.scenario.codes)),
        ("after", after.scenario.codes, set(before.scenario.codes)),
    ):
        alone = [f"{name_of[code]} ({code})" for code in codes if code not in others]
        if alone:
            more = f" and {len(alone) - 10} more" if len(alone) > 10 else ""
            parts.append(f"only {words}: {', '.join(alone[:10])}{more}")
    if parts:
        raise CypsError(
            f"The two settlements are not of the same authorities ({'; '.join(parts)}). "
            "Settle both for the same ones, leaving out the same."
        )


def check_population(children: NDArray[np.float64], n_authorities: int) -> None:
    """Say what is wrong with a population, if anything is."""
    if children.shape != (n_authorities,) or not (np.isfinite(children) & (children > 0)).all():
        raise CypsError(
            f"The population has to be a number of children above 0 for each of the "
            f"{n_authorities} authorities, in their order."
        )


def ranks(amount: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Place by amount, 1 for the largest; ties go to the lower code (the earlier row).

    Examples
    --------
    >>> ranks(np.array([5.0, 9.0, 5.0])).tolist()
    [2, 1, 3]
    """
    place = np.empty(amount.size, dtype=np.int64)
    place[np.argsort(-amount, kind="stable")] = np.arange(1, amount.size + 1)
    return place


def quartiles(amount: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Quartile band by amount: 1 for the quarter with the largest, 4 for that with the smallest.

    By place among n amounts (see `ranks`): band 1 has the first n/4 places, rounded up.

    Examples
    --------
    >>> quartiles(np.array([5.0, 9.0, 1.0, 7.0])).tolist()
    [3, 1, 4, 2]
    """
    return np.asarray((ranks(amount) - 1) * 4 // amount.size + 1)


def distance_from_target(settlement: Settlement) -> NDArray[np.float64]:
    """Whole pounds over the target, less 1: -0.05 is 5% below; not a number without a target.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> distance_from_target(example()).tolist()
    [0.0, 0.0]
    """
    return _rate(settlement.pounds - settlement.target, settlement.target)


def _rate(
    change: NDArray[np.float64] | NDArray[np.int64], base: NDArray[np.float64] | NDArray[np.int64]
) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(base > 0, change / base, np.nan))
