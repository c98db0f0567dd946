"""The only door into the server: a registered function or action by name, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cyps_addin.declare import CellFunction, Cells
from cyps_addin.error_values import bad_input
from cyps_addin.windows.values import LONGEST_TEXT, cells_of, told

if TYPE_CHECKING:
    from cyps_addin.calls import Answer

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
    from cyps_addin.calls import answer, refused

    try:
        function = _registered(name)
        return _told(answer(function.name, *_cells(function, arguments)))
    except Exception as error:
        return _told(refused(str(name), error))


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
    from cyps_addin.actions.formats import formats
    from cyps_addin.calls import acted, refused

    try:
        found = acted(*_texts(name, text, book))
        shown = formats(found.value) if isinstance(found.value, list) else []
        more = [] if found.error else [told(shown) or ""]  # COM has no empty table
        return [*_told(found), *more]
    except Exception as error:
        return _told(refused(str(name), error))


def _told(found: Answer) -> Reply:
    return [str(found.error), found.why] if found.error else [OK, told(found.value)]


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
    if len(given) > len(function.arguments):
        raise bad_input(function.takes)
    return [
        cells_of(value, argument.name)
        for value, argument in zip(given, function.arguments, strict=False)
    ]


def _texts(*given: Any) -> list[str]:  # noqa: ANN401
    if not all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in given):
        raise bad_input("An action is run by its name and a short text.")
    return list(given)
