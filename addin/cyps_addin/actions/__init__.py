"""What the ribbon's buttons, the menu and `cyps action` do: each declared once, in its group."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cyps.errors import CypsError
from cyps_addin.actions import assumptions, help, output, packs, results  # noqa: A004
from cyps_addin.actions.asked import Asked
from cyps_addin.actions.assumptions import ASSUMPTIONS, writes
from cyps_addin.actions.copies import COPIES, used_up
from cyps_addin.declare import Action, Cells

ACTIONS: Final[tuple[Action, ...]] = (
    *packs.ACTIONS,
    *assumptions.ACTIONS,
    *results.ACTIONS,
    *output.ACTIONS,
    *help.ACTIONS,
    *COPIES,
)
"""Every action there is; those with a button in the order of the ribbon."""

ACTION: Final = {action.name: action for action in ACTIONS}


def run_action(name: str, text: str | None = None, book: str | Path | None = None) -> Cells:
    """Run an action: what it is to show, as a table.

    Parameters
    ----------
    name : of the action
    text : a file, a place or an assumption, where it asks for one
    book : file of the settlement workbook, or of the copy that a host made for this call

    Raises
    ------
    CypsError
        When there is no such action, or what it is given cannot be used.

    Examples
    --------
    >>> run_action("about")[1][0]
    'cyps'
    """
    action = ACTION.get(name)
    if action is None:
        raise CypsError(f"There is no action '{name[:40]}'.")
    given = Path(book) if book else None
    try:
        return action.run(Asked(text or "", given))
    finally:
        used_up(given)


__all__ = ["ACTION", "ACTIONS", "ASSUMPTIONS", "Asked", "run_action", "writes"]
