"""What Excel and LibreOffice see: each cell function declared once, computing by the core.

`registry` holds the declarations; `answer` is what every host calls; `generators` write from
the registry what hosts need (VBA, ribbon, IntelliSense, the LibreOffice extension, docs).
"""

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
