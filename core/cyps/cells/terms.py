"""Terms: drivers and their interactions, in the order of the columns they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from cyps.pack import Driver, Interaction


@dataclass(frozen=True, slots=True)
class AuthorityDriver:
    """A driver of the whole authority (level 2): the same for all its children.

    Parameters
    ----------
    name, categories : as a `Driver`'s

    Examples
    --------
    >>> AuthorityDriver("alcohol_admissions").labels
    ('alcohol_admissions',)
    """

    name: str
    categories: tuple[str, ...] = ()

    @property
    def level(self) -> Literal["area"]:
        """Its columns stand with the areas'."""
        return "area"

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of its coefficients, as a `Driver`'s."""
        return Driver(self.name, "area", self.categories).labels


Term: TypeAlias = Driver | AuthorityDriver | Interaction
