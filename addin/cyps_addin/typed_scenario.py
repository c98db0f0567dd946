"""Scenarios typed into cells: one cell with lines, or a line in each cell of a range."""

from __future__ import annotations

from pathlib import Path

from cyps.settlement import Settlement
from cyps_addin.cells import is_blank, line, text_of
from cyps_addin.declare import Cells
from cyps_addin.error_values import bad_input


def typed_text(source: Cells) -> str | None:
    r"""The text of a scenario, a line for each cell; None for a handle, a path or "sample".

    Examples
    --------
    >>> typed_text([["format = 1"], [None], ["pot = 5"]])
    'format = 1\n\npot = 5'
    >>> typed_text("cyps:scenario:sample#0123456789abcdef") is None
    True
    """
    cells = ["" if is_blank(cell) else text_of(cell) for cell in line(source, "Source").values]
    told = [cell for cell in cells if cell]
    if not told or told[0].startswith("cyps:") or Path(told[0]).expanduser().is_absolute():
        return None
    text = "\n".join(cells)
    alone = len(told) == 1 and not {"=", "{", "\n"} & set(told[0])
    return None if alone else text


def settled_text(text: str) -> tuple[Settlement, ...]:
    """The settlements of a scenario's text, one for each of its years, from the files it names.

    Raises
    ------
    CypsError
        When the text is no scenario (with key and line), a file is named without its folder or
        cannot be used, or it cannot be settled.
    """
    # Readers of files are loaded by the first text: cells must not wait for them.
    from cyps.settlement.from_files import pack_of, request_of, settle_requested
    from cyps.settlement.scenario_text import read_scenario_text

    request = request_of(read_scenario_text(text))
    named = (*request.paths, *([request.trust] if request.trust else []))
    if loose := [str(path) for path in named if not path.is_absolute()]:
        raise bad_input(
            f"The scenario's text names {', '.join(loose)[:120]} without a folder. Give whole "
            "paths; or extend a scenario file by its whole path, and they are looked for beside it."
        )
    pack = pack_of(request)
    return tuple(settled for _, settled in settle_requested(request, pack)[1])
