"""The worker: answers calls in JSON lines, for hosts that are in another process.

    {"call": "CYPS_RANK", "arguments": [[[5], [9]]]}   ->  {"value": [[2], [1]]}
    {"call": "CYPS_SHARE", "arguments": ["x"]}         ->  {"error": "#N/A", "why": "..."}
    {"act": "about", "text": ""}                       ->  {"value": [["item", "value"], ...], ...}
    {"act": "shares", "book": "copy.xlsx"}             ->  {"value": [["code", "name", ...], ...],
                                                            "formats": [[2, 154, 3, "0.0000%"]]}

An error value inside a table is {"error": "#N/A"}. The worker ends when its input ends.
"""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from cyps_addin.actions.formats import formats
from cyps_addin.calls import acted, answer
from cyps_addin.declare import Cells
from cyps_addin.error_values import ErrorValue
from cyps_addin.log import fault, write


def serve(calls: TextIO, answers: TextIO) -> None:
    """Answer every line of `calls` with a line of `answers`."""
    for asked in calls:
        answers.write(json.dumps(_answered(asked), allow_nan=False) + "\n")
        answers.flush()


def _answered(asked: str) -> dict[str, Any]:
    """One call: what it gave, in what JSON can say.

    Examples
    --------
    >>> _answered('{"call": "CYPS_RANK", "arguments": [[[5], [9]]]}')
    {'value': [[2], [1]]}
    >>> _answered("gibberish")["error"]
    '#VALUE!'
    """
    try:
        told = json.loads(asked)
        if "act" in told:
            name, text, book = (str(told.get(key) or "") for key in ("act", "text", "book"))
        else:
            name, arguments = str(told["call"]), [_cells(given) for given in told["arguments"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {"error": str(ErrorValue.VALUE), "why": "The host asked in a way not understood."}
    given = acted(name, text, book) if "act" in told else answer(name, *arguments)
    if given.error is not None:
        return {"error": str(given.error), "why": given.why}
    if "act" not in told:
        return {"value": _told(given.value)}
    shown = formats(given.value) if isinstance(given.value, list) else []
    return {"value": _told(given.value), "formats": shown}


def _cells(value: Any) -> Cells:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, list):
        return [_cells(cell) for cell in value]
    return ErrorValue(value["error"]) if isinstance(value, dict) else value


def _told(value: Cells) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, list):
        return [_told(cell) for cell in value]
    return {"error": str(value)} if isinstance(value, ErrorValue) else value


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    try:
        serve(sys.stdin, sys.stdout)
    except BrokenPipeError:  # the host ended first
        sys.exit(1)
    except Exception as error:  # the host hears of its end, not of the reason
        write(f"The worker ended by a fault of its own: {fault(error)}.")
        sys.exit(1)
