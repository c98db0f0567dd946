"""A driver: what the formula knows of a child or of the area the child lives in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver of need, as it enters the model.

    Parameters
    ----------
    name : column of the table it comes from
    level : "child" or "area", whose property it is
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
    level: Literal["child", "area"]
    categories: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of its coefficients: one a category but the reference, or its own."""
        if not self.categories:
            return (self.name,)
        return tuple(f"{self.name}[{category}]" for category in self.categories[1:])
