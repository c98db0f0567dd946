"""Terms: drivers and their interactions, in the order of the columns they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal, TypeAlias

from cyps.pack import Driver


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


@dataclass(frozen=True, slots=True)
class Interaction:
    """Drivers that work together, such as free school meals with deprivation.

    Parameters
    ----------
    parts : the drivers multiplied; each category but the reference meets each of the others'

    Examples
    --------
    >>> fsm, idaci = Driver("fsm", "child", ("no", "yes")), Driver("idaci", "area")
    >>> Interaction((fsm, idaci)).name, Interaction((fsm, idaci)).labels
    ('fsm:idaci', ('fsm[yes]:idaci',))
    """

    parts: tuple[Term, ...]

    @property
    def name(self) -> str:
        """Names of the drivers, joined by colons."""
        return ":".join(part.name for part in self.parts)

    @property
    def level(self) -> Literal["child", "area"]:
        """Whose property it is: the child's where every part is, else the area's."""
        return "child" if all(part.level == "child" for part in self.parts) else "area"

    @property
    def categories(self) -> tuple[str, ...]:
        """None: its columns are products, not memberships."""
        return ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of its coefficients: every combination of the parts' labels."""
        return tuple(":".join(labels) for labels in product(*(part.labels for part in self.parts)))


Term: TypeAlias = "Driver | AuthorityDriver | Interaction"
