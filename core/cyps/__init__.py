"""The children's services relative needs formula, from coefficient to pound.

The names that people use most stand here; each is loaded when it is first used,
so that the officer's side starts without the modeller's libraries.

Examples
--------
>>> import cyps
>>> cyps.floor_damped([96, 104], [100, 100], 0.0).allocation.tolist()
[100.0, 100.0]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyps.model import fit_multilevel
    from cyps.pack import read_pack
    from cyps.settlement import Scenario, floor_damped, settle

_ROOM_OF = {
    "Scenario": "cyps.settlement",
    "fit_multilevel": "cyps.model",
    "floor_damped": "cyps.settlement",
    "read_pack": "cyps.pack",
    "settle": "cyps.settlement",
}

__all__ = ["Scenario", "fit_multilevel", "floor_damped", "read_pack", "settle"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the room holds
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'cyps' has no attribute '{name}'")
    return getattr(import_module(_ROOM_OF[name]), name)
