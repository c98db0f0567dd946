"""What Excel and LibreOffice see: each cell function declared once, computing by the core.

`registry` holds the declarations; `answer` is what every host calls; `generators` write from
the registry what hosts need (VBA, ribbon, IntelliSense, the LibreOffice extension, docs).
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cyps_addin.actions import run_action
    from cyps_addin.calls import Answer, answer, call
    from cyps_addin.declare import Action, Argument, CellFunction
    from cyps_addin.error_values import ErrorValue
    from cyps_addin.registry import ACTIONS, CELL_FUNCTIONS

__all__ = [
    "ACTIONS",
    "CELL_FUNCTIONS",
    "Action",
    "Answer",
    "Argument",
    "CellFunction",
    "ErrorValue",
    "answer",
    "call",
    "run_action",
]

_WHERE = {
    "ACTIONS": "registry", "CELL_FUNCTIONS": "registry", "Action": "declare", "Answer": "calls",
    "Argument": "declare", "CellFunction": "declare", "ErrorValue": "error_values",
    "answer": "calls", "call": "calls", "run_action": "actions",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Load on first use: the COM server must answer Windows before numpy is loaded."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
