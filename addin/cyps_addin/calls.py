"""Calling a cell function: every host asks here and gets an answer, never an exception."""

from __future__ import annotations

from dataclasses import dataclass

from cyps.errors import CypsError
from cyps_addin.declare import CellFunction, Cells
from cyps_addin.error_values import ErrorValue, bad_input, error_value_of
from cyps_addin.last_error import keep
from cyps_addin.log import fault
from cyps_addin.registry import FUNCTION


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function gave: `value`, or `error` and the sentence why.

    A table in `value` may hold an `ErrorValue` in single cells.
    """

    value: Cells = None
    error: ErrorValue | None = None
    why: str = ""


def answer(name: str, *arguments: Cells) -> Answer:
    """Compute a cell function for a host.

    Parameters
    ----------
    name : such as "CYPS_DAMP"
    arguments : as cells hold them: numbers, text, True, None or rows of those; an error cell
        as an `ErrorValue`; fewer than declared where the rest is left out

    Returns
    -------
    Answer
        Never raises: a fault of ours is `#VALUE!` too, and says so.

    Examples
    --------
    >>> answer("CYPS_DAMP", [[96], [104]], [[100], [100]], 0.0).value
    [[100.0], [100.0]]
    >>> print(answer("CYPS_DAMP", [[96]], [["c"]], 0).error)
    #VALUE!
    """
    try:
        return Answer(call(name, *arguments))
    except Exception as error:  # the last net under a cell
        return refused(name, error)


def acted(name: str, text: str = "", book: str = "") -> Answer:
    """Run an action for a host: the table that it shows.

    Parameters
    ----------
    name : of the action, such as "shares"
    text : what it asked the person for
    book : file of a copy of the workbook in front

    Returns
    -------
    Answer
        Never raises.

    Examples
    --------
    >>> acted("about").value[1][0]
    'cyps'
    >>> print(acted("verify", "nowhere.cyps.zip").error)
    #N/A
    """
    from cyps_addin import actions

    try:
        return Answer(actions.run_action(name, text, book))
    except Exception as error:  # the last net under a button
        return refused(name, error)


def refused(name: str, error: Exception) -> Answer:
    """An error value and its sentence, kept and logged; a fault of ours without its innards."""
    ours = ""
    if isinstance(error, CypsError):
        shown, why = error_value_of(error), str(error)
    elif isinstance(error, OSError):
        shown = ErrorValue.NOT_AVAILABLE
        why = f"{error.filename or 'A file'} cannot be read or written: {error.strerror}."
    else:
        shown = ErrorValue.VALUE
        why = f"This is a fault in cyps, not in your cells ({type(error).__name__})."
        ours = fault(error)
    function = FUNCTION.get(name)
    private = bool(function and function.private)
    keep(name if function else "CYPS", shown, why, private=private, fault=ours)
    return Answer(error=shown, why=why)


def call(name: str, *arguments: Cells) -> Cells:
    """Compute a cell function by name, for Python.

    Raises
    ------
    CypsError
        When there is no such function, or its arguments cannot be used.

    Examples
    --------
    >>> call("CYPS_DAMP", [[96], [104]], [[100], [100]], 0.0)
    [[100.0], [100.0]]
    """
    function = FUNCTION.get(name)
    if function is None:
        raise bad_input(f"There is no function {name[:40]}. There are: {', '.join(FUNCTION)}.")
    return function.compute(*_fitting(function, arguments))


def _fitting(function: CellFunction, arguments: tuple[Cells, ...]) -> tuple[Cells, ...]:
    """The arguments, if their number is right and none that is needed is blank."""
    if len(arguments) > len(function.arguments):
        raise bad_input(function.takes)
    for place, argument in enumerate(function.arguments):
        given = arguments[place] if place < len(arguments) else None
        if not argument.optional and given is None:
            raise bad_input(
                f"{function.syntax}: {argument.name} is missing. It is: {argument.meaning}."
            )
    return arguments
