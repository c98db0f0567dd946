"""Actions that work without a workbook: load a file, list the library, say what this is."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from cyps.errors import CypsError
from cyps.pack import is_pack
from cyps.settlement import settle
from cyps.settlement.record import from_json
from cyps_addin import library
from cyps_addin.cells import table
from cyps_addin.declare import Action, Cells
from cyps_addin.last_error import LOG, last_sentence


def _load(file: str) -> Cells:
    """Take a pack or a settlement's record into the library."""
    path = Path(file)
    if is_pack(path):
        handle = library.add_pack(path)
        told = library.pack_of(str(handle))
        rows = [("pack", str(handle)), ("state", told.state.sentence),
                ("statement", told.pack.statement)]  # fmt: skip
    elif path.suffix.casefold() == ".json":
        settlement = settle(*from_json(path.read_text("utf-8"), path.name))
        handle = library.add_settlement(settlement)
        rows = [("scenario", str(handle)), ("title", settlement.scenario.title),
                ("statement", settlement.scenario.statement)]  # fmt: skip
    else:
        raise CypsError(
            f"{path.name} is neither a pack (.cyps.zip) nor a settlement's record "
            "(settlement.json). Choose one of those."
        )
    return table(("item", "value"), rows)


def _library() -> Cells:
    """Every pack and settlement in the library, with its handle."""
    rows = []
    for kind, path in library.listed():
        handle = f"cyps:{kind}:#{path.name[: library.DIGITS]}"
        try:
            if kind == "pack":
                told = library.pack_of(handle).pack
                name, status = told.name, told.status
            else:
                scenario = library.settlement_of(handle).scenario
                name, status = scenario.title, scenario.status
            whole = str(library.Handle(kind, name, path.name[:64]))
            rows.append((kind, name, status, whole))
        except CypsError as error:
            rows.append((kind, path.name, "cannot be used", str(error)))
    return table(("kind", "name", "status", "handle"), rows)


def _about() -> Cells:
    return table(
        ("item", "value"),
        [
            ("cyps", version("cyps")),
            ("status", "Coefficients and settlements that come with it are illustrative."),
            ("library", str(library.data_folder() / "library")),
            ("log", str(library.data_folder() / LOG)),
            ("last error", last_sentence() or "none"),
        ],
    )


ACTIONS: tuple[Action, ...] = (
    Action(
        "load", "Load file", "Pack",
        "Take a pack or a settlement into this machine's library",
        "Choose a .cyps.zip or a settlement.json. Its handle, which cell functions take, is shown "
        "on a new sheet.",
        "L", "FileOpen", _load, asks_for_file=True,
    ),
    Action(
        "library", "Library", "Pack",
        "What is in this machine's library",
        "Lists packs and settlements with their handles on a new sheet.",
        "I", "TableOfContentsGallery", _library,
    ),
    Action(
        "about", "About", "Help",
        "Version, where library and log are, the last error",
        "Shows them on a new sheet.",
        "A", "Info", _about,
    ),
)  # fmt: skip
"""Every action there is."""


def run_action(name: str, text: str | None = None) -> Cells:
    """Run an action: what it is to show, as a table.

    Raises
    ------
    CypsError
        When there is no such action, or what it is given cannot be used.

    Examples
    --------
    >>> run_action("about")[1][0]
    'cyps'
    """
    for action in ACTIONS:
        if action.name == name:
            return action.run(text or "") if action.asks_for_file else action.run()
    raise CypsError(f"There is no action '{name[:40]}'.")
