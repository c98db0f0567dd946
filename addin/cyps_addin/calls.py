"""Calling a cell function: every host asks here and gets an answer, never an exception."""

from __future__ import annotations

from dataclasses import dataclass

from cyps.errors import CypsError
from cyps_addin.declare import CellFunction, Cells
from cyps_addin.error_values import ErrorValue, bad_input, error_value_of
from cyps_addin.last_error import keep
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
    except CypsError as error:
        return _refused(name, error_value_of(error), str(error))
    except OSError as error:
        told = f"{error.filename or 'A file'} cannot be read or written: {error.strerror}."
        return _refused(name, ErrorValue.NOT_AVAILABLE, told)
    except Exception as error:  # the last net under a cell
        told = f"This is a fault in cyps, not in your cells ({type(error).__name__})."
        return _refused(name, ErrorValue.VALUE, told)


def _refused(name: str, error: ErrorValue, why: str) -> Answer:
    function = FUNCTION.get(name)
    known = name if function else "CYPS"
    keep(known, error, why, private=bool(function and function.private))
    return Answer(error=error, why=why)


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
    most = len(function.arguments)
    if len(arguments) > most:
        raise bad_input(f"{function.syntax} takes at most {most} arguments.")
    for place, argument in enumerate(function.arguments):
        given = arguments[place] if place < len(arguments) else None
        if not argument.optional and given is None:
            raise bad_input(
                f"{function.syntax}: {argument.name} is missing. It is: {argument.meaning}."
            )
    return arguments
