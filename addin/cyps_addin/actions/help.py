"""The group Help: checks, diagnostics, the log, where the guide is, what this is."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from cyps_addin.actions.asked import Asked
from cyps_addin.actions.output import found_rows
from cyps_addin.cells import table
from cyps_addin.declare import Action, Cells
from cyps_addin.error_values import ErrorValue
from cyps_addin.guide import page
from cyps_addin.last_error import keep, last_sentence
from cyps_addin.log import LOG, data_folder

_LINES: Final = 200
"""Lines of the log that are shown."""
_NOTE: Final = 500
"""Characters of a host's sentence that are kept."""


def _checks(asked: Asked) -> Cells:
    """The verdict on the workbook in front, and every finding."""
    from cyps_workbooks.kept.what_if import check_any

    verdict = check_any(asked.front)
    return table(
        ("state", "place", "what was found"),
        [("verdict", "", verdict.sentence), *found_rows(verdict)],
    )


def _diagnostics(asked: Asked) -> Cells:  # noqa: ARG001 - it needs nothing
    """What `cyps doctor` says of this machine."""
    from cyps_addin.doctor import examine, this_machine

    return table(
        ("check", "state", "what was found", "what to do"),
        [(x.about, x.state, x.found, x.fix) for x in examine(this_machine())],
    )


def _log(asked: Asked) -> Cells:  # noqa: ARG001 - it needs nothing
    """The last lines of the log; it holds sentences of errors, nothing of the cells."""
    path = data_folder() / LOG
    lines = path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else []
    shown = lines[-_LINES:] or ["No error was logged yet."]
    return table((f"last {_LINES} lines of {path}",), [(line,) for line in shown])


_PAGES: Final = (
    ("addin", "The add-in: functions in cells, the ribbon"),
    ("workbook", "The settlement workbook, sheet by sheet"),
    ("checklist", "Try the add-in in 20 steps"),
    ("damping", "Damping rules"),
    ("deployment", "For IT: what is installed, what must be allowed"),
)


def _guide(asked: Asked) -> Cells:  # noqa: ARG001 - it needs nothing
    """The page that is on this machine, and those of the guide, in the project's folder docs."""
    here = (page().as_uri(), "Every cell function with an example; on this machine")
    there = [(f"docs/{name}.md", told) for name, told in _PAGES]
    return table(("page", "what it tells"), [here, *there])


def _note(asked: Asked) -> Cells:
    """Keep a host's sentence on a program before this one that could not say it itself."""
    keep("CYPS", ErrorValue.VALUE, " ".join(asked.text.split())[:_NOTE], private=False)
    return table(("item", "value"), [("kept", last_sentence())])


def _about(asked: Asked) -> Cells:  # noqa: ARG001 - it needs nothing
    return table(
        ("item", "value"),
        [
            ("cyps", version("cyps")),
            ("status", "Coefficients and settlements that come with it are illustrative."),
            ("library", str(data_folder() / "library")),
            ("log", str(data_folder() / LOG)),
            ("last error", last_sentence() or "none"),
        ],
    )


ACTIONS: tuple[Action, ...] = (
    Action(
        "checks", "Checks", "Help", "Do the cells show what the engine gives?",
        "Checks the workbook in front and lists what stops and what is to note, on a new sheet.",
        "HC", "ErrorChecking", _checks, on_book=True, what_if=True,
    ),
    Action(
        "diagnostics", "Diagnostics", "Help", "Can this PC compute? What is missing?",
        "Looks at Excel, the server, macros, paths and rights, and says what to do for each.",
        "HD", "WatchWindow", _diagnostics,
    ),
    Action(
        "log", "Log", "Help", "The last errors on this PC",
        "Shows the end of the log on a new sheet. It holds sentences, nothing of the cells.",
        "HL", "FilePrintPreview", _log,
    ),
    Action(
        "guide", "Guide", "Help", "Pages of the guide",
        "Lists what the guide tells and where. Nothing is fetched from the network.",
        "HG", "Help", _guide,
    ),
    Action(
        "about", "About", "Help", "Version, where library and log are, the last error",
        "Shows them on a new sheet.",
        "HA", "Info", _about,
    ),
    Action(
        "note", "Note", "", "Keep a sentence as the last error, and log it",
        "Told by a host of a server that ended or could not be had.", "", "", _note,
    ),
)  # fmt: skip
"""Actions that help."""
