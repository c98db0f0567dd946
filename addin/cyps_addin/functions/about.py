"""Functions about the add-in itself: version, last error."""

from __future__ import annotations

from importlib.metadata import version

from cyps_addin.declare import Argument, CellFunction, Cells
from cyps_addin.last_error import last_sentence


def _last_error(watch: Cells = None) -> Cells:  # noqa: ARG001 - only there to be recalculated
    return last_sentence()


def _version() -> Cells:
    return version("cyps")


FUNCTIONS: tuple[CellFunction, ...] = (
    CellFunction(
        "CYPS_LAST_ERROR",
        "About",
        "Why the last CYPS function that showed an error did so, in a sentence",
        (Argument("watch", "a cell with an error; the sentence is fetched anew when it changes",
                  "fetched when the formula is entered"),),
        "text; empty when there was no error yet",
        (),
        "=CYPS_LAST_ERROR()",
        _last_error,
    ),
    CellFunction(
        "CYPS_VERSION",
        "About",
        "Version of cyps that computes",
        (),
        "text",
        (),
        "=CYPS_VERSION()",
        _version,
    ),
)  # fmt: skip
"""Functions about the add-in."""
