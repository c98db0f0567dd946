"""A scenario: everything a settlement needs besides the use of services."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.geography import Authority
from cyps.needs import ServiceAreaSpend


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An authority left out of a settlement on purpose, with the reason given."""

    code: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """Authorities, spend, area cost, baseline, pot and floor of one settlement year.

    Parameters
    ----------
    title : what the settlement is called on every output
    status : what it is, honestly: "illustrative", "published", ...
    statement : one sentence for the banner of every output
    authorities : in code order; results come in this order
    spend : national spend by service area, pounds
    area_cost : array (n_authorities,), cost factors
    baseline : array (n_authorities,), pounds each had before
    pot : whole pounds to share
    floor : least change against the baseline, e.g. -0.05
    year : financial year ending 31 March whose authority list holds
    exclusions : authorities left out, and why
    notes : where each input came from and what it does not mean
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
    floor: float
    exclusions: tuple[Exclusion, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        codes = [authority.code for authority in self.authorities]
        if codes != sorted(set(codes)):
            raise CypsError(
                "The authorities of a scenario must be in the order of their codes, each once."
            )
        for name in ("area_cost", "baseline"):
            amount = np.array(getattr(self, name), dtype=np.float64)
            if amount.shape != (len(codes),):
                raise CypsError(
                    f"The {name.replace('_', ' ')} has {amount.size} numbers for "
                    f"{len(codes)} authorities. Give one for each."
                )
            amount.setflags(write=False)
            object.__setattr__(self, name, amount)
        if self.pot != int(self.pot) or self.pot <= 0:
            raise CypsError(f"The pot is {self.pot}. It must be a whole number of pounds above 0.")

    @property
    def codes(self) -> tuple[str, ...]:
        """GSS codes of the authorities, in order."""
        return tuple(authority.code for authority in self.authorities)
