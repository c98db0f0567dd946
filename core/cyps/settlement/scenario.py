"""A scenario: everything a settlement needs besides the use of services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.geography import Authority
from cyps.needs import ServiceAreaSpend
from cyps.settlement.apply import NO_TRANSITION, Transition
from cyps.settlement.rules import Bands, DampingRule, Floor, Protection


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An authority left out of a settlement on purpose, with the reason given."""

    code: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """Authorities, spend, area cost, baseline, pot and damping of one settlement year.

    Parameters
    ----------
    title : what the settlement is called on every output
    status : what it is, honestly: "illustrative", "published", ...
    statement : one sentence for the banner of every output
    authorities : in code order; results come in this order
    spend : national spend by service area, pounds
    area_cost : array (n_authorities,), cost factors; or (n_authorities, n_metrics), a
        factor for each metric, in the order of `area_cost_metrics`
    baseline : array (n_authorities,), pounds each had before
    pot : whole pounds to share
    damping : the rule, such as Floor(floor=-0.05)
    transition : phasing and damping groups; none by default
    year : financial year ending 31 March whose authority list holds
    exclusions : authorities left out, and why
    notes : where each input came from and what it does not mean
    area_cost_metrics : metrics that the columns of `area_cost` are for; none where an
        authority has one factor
    """

    title: str
    status: str
    statement: str
    year: int
    authorities: tuple[Authority, ...]
    spend: tuple[ServiceAreaSpend, ...]
    area_cost: NDArray[np.float64]
    baseline: NDArray[np.float64]
    pot: int
    damping: DampingRule
    transition: Transition = NO_TRANSITION
    exclusions: tuple[Exclusion, ...] = ()
    notes: tuple[str, ...] = field(default=())
    area_cost_metrics: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        codes = [authority.code for authority in self.authorities]
        if codes != sorted(set(codes)):
            raise CypsError(
                "The authorities of a scenario must be in the order of their codes, each once."
            )
        one_each, metrics = (len(codes),), len(self.area_cost_metrics)
        costs = (len(codes), metrics) if metrics else one_each
        for name, shape in (("area_cost", costs), ("baseline", one_each)):
            amount = np.array(getattr(self, name), dtype=np.float64)
            if amount.shape != shape:
                of = f" and {metrics} metrics" if len(shape) > 1 else ""
                raise CypsError(
                    f"The {name.replace('_', ' ')} has {amount.size} numbers for "
                    f"{len(codes)} authorities{of}. Give one for each."
                )
            amount.setflags(write=False)
            object.__setattr__(self, name, amount)
        if self.pot != int(self.pot) or self.pot <= 0:
            raise CypsError(f"The pot is {self.pot}. It must be a whole number of pounds above 0.")

    @property
    def floor(self) -> float | None:
        """The floor, where the rule is a floor for all and nothing else; None otherwise."""
        alone = self.transition == NO_TRANSITION
        return self.damping.floor if isinstance(self.damping, Floor) and alone else None

    @property
    def damping_in_words(self) -> str:
        """The rule, with phasing and groups, in a few words."""
        words = self.damping.words()
        if self.transition.phasing is not None:
            words = f"{self.transition.phasing:.4g} of the way to target, then {words}"
        return f"{words}, by group" if self.transition.group is not None else words

    def area_cost_of(self, metrics: tuple[str, ...]) -> NDArray[np.float64]:
        """Area cost as (n_authorities,) or, by metric, with a column for each of `metrics`.

        Raises
        ------
        CypsError
            When there are factors by metric, but not for these metrics.
        """
        return in_order_of_metrics(self.area_cost, self.area_cost_metrics, metrics)

    @property
    def damping_labels(self) -> dict[str, Mapping[str, str]]:
        """What the damping sorts authorities by, each by GSS code: damping group, band, tier."""
        labels: dict[str, Mapping[str, str]] = {}
        if self.transition.group is not None:
            labels["damping group"] = self.transition.group
        match self.damping:
            case Bands():
                labels["band"] = self.damping.member
            case Protection():
                labels["tier"] = self.damping.member
        return labels

    @property
    def codes(self) -> tuple[str, ...]:
        """GSS codes of the authorities, in order."""
        return tuple(authority.code for authority in self.authorities)


def in_order_of_metrics(
    area_cost: NDArray[np.float64], own: tuple[str, ...], metrics: tuple[str, ...]
) -> NDArray[np.float64]:
    """Area cost with its columns, named by `own`, in the order of `metrics`; one factor as it is.

    Raises
    ------
    CypsError
        When the columns are not for these metrics.
    """
    if not own or own == metrics:
        return area_cost
    if sorted(own) != sorted(metrics):
        raise CypsError(
            f"Area cost factors are given for {', '.join(own)}, but use for "
            f"{', '.join(metrics)}. Give a factor for each metric of use and no other."
        )
    return np.asarray(area_cost[:, [own.index(metric) for metric in metrics]])
