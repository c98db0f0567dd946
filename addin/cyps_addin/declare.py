"""How a cell function and an action are declared: once, for every host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from cyps_addin.actions.asked import Asked

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
    def takes(self) -> str:
        """How many arguments it takes, for who gave more."""
        most = len(self.arguments)
        told = f"{most} argument{'s' if most > 1 else ''} at most" if most else "no argument"
        return f"{self.syntax} takes {told}."

    @property
    def syntax(self) -> str:
        """The function with its arguments, optional ones in brackets."""
        shown = (f"[{a.name}]" if a.optional else a.name for a in self.arguments)
        return f"{self.name}({', '.join(shown)})"


Asks = Literal["", "file", "place"]
"""What a host asks the person for: nothing, a file that is there, or a place for a new one."""


Need = Literal["settles", "no_stop", "living"]
"""What a workbook's own cells tell of whether an action can work: its pot can be settled, no
check says STOP, it is no frozen copy."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a button does, declared once for the ribbon, the menu and the command.

    Attributes
    ----------
    name, label, group : what it is called; an action without a group has no button
    screentip, supertip, keytip, image : what the ribbon shows
    run : takes what was asked for and gives a table of text and numbers
    asks : what the host asks the person for, given to `run` as the text
    on_book : works on the settlement workbook in front; the host hands over a copy of it
    what_if : a what-if in front will do as well
    needs : what that workbook has to be; a ribbon greys the button while it says that it is not
    writes : the table's rows are cells of that workbook and what is to be typed into each,
        which the host does after it has asked; otherwise the table goes on a new sheet
    """

    name: str
    label: str
    group: str
    screentip: str
    supertip: str
    keytip: str
    image: str
    run: Callable[[Asked], Cells]
    asks: Asks = ""
    on_book: bool = False
    what_if: bool = False
    needs: tuple[Need, ...] = ()
    writes: bool = False

    @property
    def shown(self) -> bool:
        """Whether it has a button."""
        return bool(self.group)


AssumptionKind = Literal["pounds", "rate", "factor", "words", "choice"]


@dataclass(frozen=True, slots=True)
class Assumption:
    """An input of the settlement workbook that the ribbon shows and lets the person change.

    Attributes
    ----------
    name, label, screentip, supertip, keytip : what it is called and what the ribbon shows
    cells : defined name of its cells in the workbook
    kind : what may be typed
    choices : what a drop-down offers; "years" and "metrics" where the workbook tells
    """

    name: str
    label: str
    screentip: str
    supertip: str
    keytip: str
    cells: str
    kind: AssumptionKind
    choices: tuple[str, ...] = ()

    @property
    def is_list(self) -> bool:
        """Whether it is chosen from a list."""
        return bool(self.choices)
