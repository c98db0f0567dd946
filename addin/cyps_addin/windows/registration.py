"""The registry keys of the COM server: for this user only, no administrator needed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PROGID: Final = "Cyps.Server"
CLSID: Final = "{3D0C9B7E-7C1F-4B7C-9C55-0D0A5E8F42C1}"
NAME: Final = "CYPS needs shares"
CLASSES: Final = r"Software\Classes"


def command() -> str:
    """What Windows starts for the server: the program without a console window.

    Quoted, so that a folder with a blank in its name is no other program.
    """
    program = Path(sys.executable)
    if getattr(sys, "frozen", False):
        return f'"{program}" --com'
    return f'"{program.with_name("pythonw.exe")}" -m cyps_addin.windows --com'


def keys(started_by: str) -> tuple[tuple[str, str], ...]:
    r"""Every key under HKEY_CURRENT_USER with its default value.

    Examples
    --------
    >>> for key, value in keys(r'"C:\x\cyps-server.exe" --com')[-1:]:
    ...     print(key.rpartition("}")[2], value)
    \LocalServer32 "C:\x\cyps-server.exe" --com
    """
    of_class = rf"{CLASSES}\CLSID\{CLSID}"
    return (
        (rf"{CLASSES}\{PROGID}", NAME),
        (rf"{CLASSES}\{PROGID}\CLSID", CLSID),
        (of_class, NAME),
        (rf"{of_class}\ProgID", PROGID),
        (rf"{of_class}\LocalServer32", started_by),
    )


def register() -> None:
    """Let this program answer to `Cyps.Server` for this user."""
    import winreg

    for key, value in keys(command()):
        winreg.SetValue(winreg.HKEY_CURRENT_USER, key, winreg.REG_SZ, value)


def unregister() -> None:
    """Take the keys away again; others' keys stay."""
    import winreg

    for key in _deepest_first():
        try:
            winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)
        except FileNotFoundError:
            continue


def _deepest_first() -> Iterator[str]:
    yield from sorted((key for key, _ in keys("")), key=lambda key: -key.count("\\"))
