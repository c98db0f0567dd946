"""What was found in a workbook: where, what, and whether it stops anybody from using it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

About = Literal["file", "record", "inputs", "checks", "engine", "formulas", "structure"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: `place` is sheet!cell, `words` a sentence; `stops` or only to be noted."""

    about: About
    place: str
    words: str
    stops: bool = True

    def line(self) -> str:
        """Place and words in one line."""
        return f"{self.place}: {self.words}" if self.place else self.words


def said(value: object) -> str:
    """A cell's value as a person would read it, short and safe to print.

    Examples
    --------
    >>> said(1234567.0), said(0.25), said("abc"), said(None)
    ('1,234,567', '0.25', "'abc'", 'nothing')
    """
    if value is None or value == "":
        return "nothing"
    if isinstance(value, str):
        plain = "".join(c if c.isprintable() else "?" for c in value)
        return f"'{plain[:40]}{'...' if len(plain) > 40 else ''}'"
    number = float(value)  # type: ignore[arg-type]
    if number.is_integer() and abs(number) < 1e15:
        return f"{int(number):,}"
    return f"{number:,.10g}" if abs(number) < 1e6 else f"{number:,.6f}"
