"""The only door into the server: a registered function or action by name, nothing else."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

from cyps.errors import CypsError
from cyps_addin.declare import CellFunction, Cells
from cyps_addin.error_values import CellError, ErrorValue, bad_input
from cyps_addin.windows.values import LONGEST_TEXT, cells_of, told

OK: Final = "OK"
Reply = list[Any]
"""["OK", value], or [an error value as text, a sentence]; of an action ["OK", table, formats]."""


def call_function(name: Any, arguments: Any) -> Reply:  # noqa: ANN401 - whatever COM holds
    """Compute a cell function that is in the registry.

    Parameters
    ----------
    name : such as "CYPS_DAMP"
    arguments : one entry for each argument, as pywin32 gives VARIANTs

    Returns
    -------
    list
        Never raises.

    Examples
    --------
    >>> call_function("CYPS_RANK", (((5.0,), (9.0,)),))
    ['OK', [[2.0], [1.0]]]
    >>> call_function("Exec", ("print(1)",))[0]
    '#VALUE!'
    """
    from cyps_addin.calls import answer

    try:
        function = _registered(name)
        found = answer(function.name, *_cells(function, arguments))
        if found.error is not None:
            return [str(found.error), found.why]
        return [OK, told(found.value)]
    except Exception as error:
        return _refused(str(name), error)


def run_action(name: Any, text: Any, book: Any = "") -> Reply:  # noqa: ANN401 - whatever COM holds
    """Run an action that is in the registry.

    `text` is what it asked for, `book` the file that the workbook in front was copied to.

    Examples
    --------
    >>> run_action("about", "")[1][1][0]
    'cyps'
    >>> run_action("import os", "")
    ['#VALUE!', "There is no action 'import os'."]
    """
    from cyps_addin import actions
    from cyps_addin.actions.formats import formats

    try:
        rows = actions.run_action(*_texts(name, text, book))
        shown = formats(rows) if isinstance(rows, list) else []
        return [OK, told(rows), told(shown) or ""]  # COM has no empty table
    except Exception as error:
        return _refused(str(name), error)


def server_version() -> str:
    """Version of cyps, which must be that of the add-in."""
    return version("cyps")


def _registered(name: Any) -> CellFunction:  # noqa: ANN401
    from cyps_addin.registry import FUNCTION

    function = FUNCTION.get(name) if isinstance(name, str) else None
    if function is None:
        raise bad_input(f"There is no function {str(name)[:40]}.")
    return function


def _cells(function: CellFunction, arguments: Any) -> list[Cells]:  # noqa: ANN401
    given = [] if arguments is None else arguments
    if not isinstance(given, tuple | list):
        given = [given]
    if len(given) > (most := len(function.arguments)):
        raise bad_input(f"{function.syntax} takes at most {most} arguments.")
    return [
        cells_of(value, argument.name)
        for value, argument in zip(given, function.arguments, strict=False)
    ]


def _texts(*given: Any) -> list[str]:  # noqa: ANN401
    if not all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in given):
        raise bad_input("An action is run by its name and a short text.")
    return list(given)


def _refused(name: str, error: Exception) -> Reply:
    """An error value and its sentence; a fault of ours is told without its innards."""
    from cyps_addin.last_error import keep
    from cyps_addin.registry import FUNCTION

    if isinstance(error, CypsError):
        shown = error.error if isinstance(error, CellError) else ErrorValue.VALUE
        why = str(error)
    elif isinstance(error, OSError):
        shown = ErrorValue.NOT_AVAILABLE
        why = f"{error.filename or 'A file'} cannot be read or written: {error.strerror}."
    else:
        shown = ErrorValue.VALUE
        why = f"This is a fault in cyps, not in your cells ({type(error).__name__})."
    function = FUNCTION.get(name)
    private = bool(function and function.private)
    keep(name if function else "CYPS", shown, why, private=private)
    return [str(shown), why]
