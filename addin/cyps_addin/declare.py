"""How a cell function and an action are declared: once, for every host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Cells = Any
"""What a cell or a block of cells holds: a number, text, True, nothing, or rows of those."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument, with its unit and meaning in an officer's words.

    `blank` says what stands in for an argument that is left out; without it the argument
    is required.
    """

    name: str
    meaning: str
    blank: str = ""

    @property
    def optional(self) -> bool:
        """Whether the argument may be left out."""
        return bool(self.blank)

    @property
    def description(self) -> str:
        """The meaning, and what a blank stands for."""
        return f"{self.meaning}; blank: {self.blank}" if self.blank else self.meaning


@dataclass(frozen=True, slots=True)
class CellFunction:
    """A function that can be typed into a cell.

    Attributes
    ----------
    name : such as "CYPS_DAMP"
    category : family, a heading of the reference page
    summary : what it gives, one line
    arguments : in order; optional ones last
    result : shape, unit and what sums to what
    errors : which error value comes when, one line each
    example : a formula that runs by itself in every host
    compute : takes cells as a host hands them over and gives cells back
    private : its sentences may tell of a person, so the log names the function only
    """

    name: str
    category: str
    summary: str
    arguments: tuple[Argument, ...]
    result: str
    errors: tuple[str, ...]
    example: str
    compute: Callable[..., Cells]
    private: bool = False

    @property
    def anchor(self) -> str:
        """Where it stands on the function reference page."""
        return self.name.lower()

    @property
    def required(self) -> int:
        """How many arguments must be given."""
        return sum(not argument.optional for argument in self.arguments)

    @property
    def syntax(self) -> str:
        """The function with its arguments, optional ones in brackets."""
        shown = (f"[{a.name}]" if a.optional else a.name for a in self.arguments)
        return f"{self.name}({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a button does.

    `run` takes the text that the host asked the person for (a file's name, where
    `asks_for_file`; nothing otherwise) and gives a table of text and numbers, which the host
    puts on a new sheet.
    """

    name: str
    label: str
    group: str
    screentip: str
    supertip: str
    keytip: str
    image: str
    run: Callable[..., Cells]
    asks_for_file: bool = False
