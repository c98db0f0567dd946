"""A settlement seen from above: order of change, regions, one authority beside its region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.geography import Grouping, grouping
from cyps.settlement.settle import Settlement
from cyps.settlement.whole_pounds import to_6_decimals


@dataclass(frozen=True, slots=True)
class GroupTotals:
    """What some authorities have together; shares and pounds are sums over the group.

    `use` and `metric_share` are arrays (n_metrics,), every other amount a single
    number. The two rates are changes against the group's baseline, before damping
    and in whole pounds, and not a number where the baseline is 0. `top_up` is what
    comes from outside the pot, and in none of the others.
    """

    name: str
    authorities: int
    use: NDArray[np.float64]
    metric_share: NDArray[np.float64]
    needs_share: float
    share: float
    target: float
    baseline: float
    floor_amount: float
    damped: float
    pounds: int
    top_up: int

    @property
    def change(self) -> float:
        """Whole pounds less the baseline."""
        return self.pounds - self.baseline

    @property
    def undamped_rate(self) -> float:
        """Target against the baseline, as a rate of change."""
        return self.target / self.baseline - 1 if self.baseline > 0 else float("nan")

    @property
    def change_rate(self) -> float:
        """Whole pounds against the baseline, as a rate of change."""
        return self.change / self.baseline if self.baseline > 0 else float("nan")


def group_totals(settlement: Settlement, name: str, members: NDArray[np.bool_]) -> GroupTotals:
    """Totals of the authorities that `members` (n_authorities,) marks."""
    total = settlement.scenario.baseline[members].sum()
    return GroupTotals(
        name=name,
        authorities=int(members.sum()),
        use=settlement.use.children[members].sum(axis=0),
        metric_share=settlement.metric_share[members].sum(axis=0),
        needs_share=float(settlement.needs_share[members].sum()),
        share=float(settlement.share[members].sum()),
        target=float(settlement.target[members].sum()),
        baseline=float(total),
        floor_amount=float(settlement.damped.floor_amount[members].sum()),
        damped=float(settlement.damped.allocation[members].sum()),
        pounds=int(settlement.pounds[members].sum()),
        top_up=int(settlement.top_up[members].sum()),
    )


def region_totals(settlement: Settlement) -> tuple[GroupTotals, ...]:
    """Totals of each region that has an authority in the settlement, by name.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> [(region.name, region.pounds) for region in region_totals(example())]
    [('East Midlands', 40), ('North East', 60)]
    """
    return totals_by(settlement, grouping("region", settlement.scenario.authorities))


def totals_by(settlement: Settlement, by: Grouping) -> tuple[GroupTotals, ...]:
    """Totals of each group that has an authority in the settlement; they add up to the whole.

    Raises
    ------
    CypsError
        When an authority is in no group.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> one = example()
    >>> [(t.name, t.pounds) for t in totals_by(one, grouping("class", one.scenario.authorities))]
    [('Unitary', 100)]
    """
    of_each = np.array(by.of_each(settlement.scenario.codes))
    return tuple(
        group_totals(settlement, name, of_each == name)
        for name in by.groups(settlement.scenario.codes)
    )


def all_totals(settlement: Settlement) -> GroupTotals:
    """Totals of every authority in the settlement, named "All authorities"."""
    everyone = np.ones(len(settlement.scenario.authorities), dtype=bool)
    return group_totals(settlement, "All authorities", everyone)


def authority_totals(settlement: Settlement, name: str) -> GroupTotals:
    """One authority's figures, by its name.

    Raises
    ------
    CypsError
        When no authority of the settlement has that name.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> authority_totals(example(), "Hartlepool").change_rate
    0.2
    """
    names = np.array([authority.name for authority in settlement.scenario.authorities])
    if name not in names:
        raise CypsError(
            f"No authority of this settlement is called '{name}'. "
            "Choose a name from its list of authorities."
        )
    return group_totals(settlement, name, names == name)


def change_ranks(settlement: Settlement) -> NDArray[np.int64]:
    """Place of each authority by rate of change in whole pounds: 1 gains most.

    Rates are rounded to 10 decimals first, so that every engine sees the same
    ties; ties go to the lower code. An authority with no baseline has no rate:
    its rank is 0.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> change_ranks(example()).tolist()
    [1, 2]
    """
    rate = rounded_change_rate(settlement)
    ranked = [i for i in range(rate.size) if np.isfinite(rate[i])]
    ranks = np.zeros(rate.size, dtype=np.int64)
    for place, i in enumerate(sorted(ranked, key=lambda i: (-rate[i], i)), start=1):
        ranks[i] = place
    return ranks


def rounded_change_rate(settlement: Settlement) -> NDArray[np.float64]:
    """Rate of change to 10 decimals, half away from zero; not a number without a baseline."""
    rate = settlement.change_rate
    return np.asarray(np.sign(rate) * np.floor(np.abs(rate) * 1e10 + 0.5) / 1e10)


@dataclass(frozen=True, slots=True)
class PoundsBelow:
    """The lines on the way to whole pounds; all arrays (n_authorities,).

    `rounded` = damped allocation to 6 decimals, `base` = whole pounds below it,
    `remainder` = what is left of it, to 6 decimals, `order` = place by remainder,
    1 for the largest, ties by the order of the rows (that is, by code).
    """

    rounded: NDArray[np.float64]
    base: NDArray[np.float64]
    remainder: NDArray[np.float64]
    order: NDArray[np.int64]


def pounds_below(allocation: NDArray[np.float64]) -> PoundsBelow:
    """The lines by which `whole_pounds` hands out the last pounds.

    Examples
    --------
    >>> pounds_below(np.array([1.5, 2.25, 2.25])).order.tolist()
    [1, 2, 3]
    """
    rounded = to_6_decimals(allocation)
    base = np.floor(rounded)
    remainder = to_6_decimals(rounded - base)
    order = np.empty(allocation.size, dtype=np.int64)
    order[np.argsort(-remainder, kind="stable")] = np.arange(1, allocation.size + 1)
    return PoundsBelow(rounded, base, remainder, order)


def on_the_floor(settlement: Settlement) -> NDArray[np.bool_]:
    """Which authorities get their floor and no more, to the penny."""
    above = settlement.damped.allocation - settlement.damped.floor_amount
    return np.asarray(np.floor(above * 100 + 0.5) <= 0)
