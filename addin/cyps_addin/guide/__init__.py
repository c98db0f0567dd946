"""The page of the functions that comes with the add-in, and the links into it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

PAGE: Final = "functions.html"
INSTALLED: Final = f"_internal/cyps_addin/guide/{PAGE}"
"""Where the Windows installer puts it, seen from the add-in's folder."""


def page() -> Path:
    """The page on this machine.

    Examples
    --------
    >>> page().name
    'functions.html'
    """
    return Path(str(files("cyps_addin.guide").joinpath(PAGE)))


def anchored(name: str) -> str:
    """Where a function stands, seen from the add-in's folder.

    Examples
    --------
    >>> anchored("CYPS_DAMP")
    '_internal/cyps_addin/guide/functions.html#cyps_damp'
    """
    return f"{INSTALLED}#{name.lower()}"
