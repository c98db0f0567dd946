"""What is published: settlements, and what only a person can say of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from cyps.errors import CypsError
from cyps_workbooks.published.tables import Years


@dataclass(frozen=True, slots=True)
class Publication:
    """Settlements to publish, with what the cover sheet says.

    Attributes
    ----------
    years : (label, settlement) in order; one, with any label, for a single year
    title : of the workbook; the settlement's when None
    against : other settlements of the same years, to compare with
    contact : lines of a name, an address; empty when nobody gave them
    published : date of publication, or None
    author : who the document's properties name
    """

    years: Years
    title: str | None = None
    against: Years | None = None
    contact: tuple[str, ...] = ()
    published: date | None = None
    author: str = "cyps"

    def __post_init__(self) -> None:
        first = self.years[0][1]
        for label, s in self.years:
            # One table of use, spend and exclusions stands for all years.
            one_use = (s.use.codes, s.use.metrics) == (first.use.codes, first.use.metrics)
            if not (
                one_use
                and np.array_equal(s.use.children, first.use.children)
                and s.scenario.spend == first.scenario.spend
                and s.scenario.exclusions == first.scenario.exclusions
            ):
                raise CypsError(
                    f"The year {label} has other use, spend or exclusions than "
                    f"{self.years[0][0]}. Publish each year's folder by itself."
                )
        labels, others = ([label for label, _ in y] for y in (self.years, self.against or ()))
        if self.against is not None and len(labels) == len(others) == 1:
            return
        if self.against is not None and labels != others:
            raise CypsError(
                "The settlement and the one to compare it with are not of the same years: "
                f"{_words(labels)} and {_words(others)}. Choose two of the same years, or one "
                "year's folder of each."
            )

    @property
    def heading(self) -> str:
        """The title on the cover."""
        return self.title or self.years[0][1].scenario.title

    @property
    def missing(self) -> tuple[str, ...]:
        """What a person still has to say before publishing."""
        lacking = {"a contact": not self.contact, "a date of publication": not self.published}
        return tuple(words for words, lacks in lacking.items() if lacks)

    @property
    def published_in_words(self) -> str:
        """The date as the Analysis Function writes dates: 1 April 2026."""
        if self.published is None:
            return "Not given yet."
        return f"{self.published.day} {self.published:%B %Y}"


def _words(labels: list[str]) -> str:
    return ", ".join(labels) if len(labels) > 1 else "a single year"
