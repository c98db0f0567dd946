"""Drivers: what the formula knows of a child, its area or its authority, and how they join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver of need, as it enters the model.

    Parameters
    ----------
    name : column of the table it comes from
    level : "child", "area" (the small area) or "authority", whose property it is
    categories : the categories of a categorical driver, the reference category
        first; empty for a number

    Examples
    --------
    >>> Driver("fsm", "child", ("no", "yes")).labels
    ('fsm[yes]',)
    >>> Driver("idaci", "area").labels
    ('idaci',)
    """

    name: str
    level: Literal["child", "area", "authority"]
    categories: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of its coefficients: one a category but the reference, or its own."""
        if not self.categories:
            return (self.name,)
        return tuple(f"{self.name}[{category}]" for category in self.categories[1:])


class Part(Protocol):
    """What an interaction multiplies: a driver of any kind."""

    @property
    def name(self) -> str:
        """As a driver's."""

    @property
    def level(self) -> str:
        """As a driver's."""

    @property
    def categories(self) -> tuple[str, ...]:
        """As a driver's."""

    @property
    def labels(self) -> tuple[str, ...]:
        """As a driver's."""


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

    parts: tuple[Part, ...]

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

    @property
    def combinations(self) -> tuple[str, ...]:
        """What each coefficient is for, in words: the parts' categories.

        Examples
        --------
        >>> fsm, idaci = Driver("fsm", "child", ("no", "yes")), Driver("idaci", "area")
        >>> Interaction((fsm, idaci)).combinations
        ('yes x (number)',)
        """
        return tuple(
            combination_words(levels)
            for levels in product(*(part.categories[1:] or (NUMBER,) for part in self.parts))
        )


NUMBER = "(number)"
"""What stands in the place of a category where the driver is a number."""


def combination_words(levels: Sequence[str]) -> str:
    """Categories that meet in an interaction, in words."""
    return " x ".join(levels)
