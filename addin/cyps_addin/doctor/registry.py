"""The doctor's eyes on Windows: the registry, rights and running programs, read only."""

from __future__ import annotations

import csv
import ctypes
import io
import os
import subprocess
from pathlib import Path
from typing import Final

Values = dict[str, str | int]
_ROOTS: Final = {"HKCU": "HKEY_CURRENT_USER", "HKLM": "HKEY_LOCAL_MACHINE"}

# winreg is on Windows only, so it is imported where it is used.


def values(key: str) -> Values | None:
    """Values of a key by name, "" for the default; None where there is no such key."""
    import winreg

    root, _, path = key.partition("\\")
    try:
        with winreg.OpenKey(getattr(winreg, _ROOTS[root]), path) as opened:
            count = winreg.QueryInfoKey(opened)[1]
            found = [winreg.EnumValue(opened, i) for i in range(count)]
    except OSError:
        return None
    return {name: value if isinstance(value, int) else _text(value) for name, value, _ in found}


def _text(value: object) -> str:
    if isinstance(value, bytes):  # lists of disabled add-ins hold paths in UTF-16
        return value.decode("utf-16-le", errors="replace")
    return str(value)


def subkeys(key: str) -> tuple[str, ...]:
    """Names of the keys below a key."""
    import winreg

    root, _, path = key.partition("\\")
    try:
        with winreg.OpenKey(getattr(winreg, _ROOTS[root]), path) as opened:
            return tuple(winreg.EnumKey(opened, i) for i in range(winreg.QueryInfoKey(opened)[0]))
    except OSError:
        return ()


def elevated() -> bool:
    """Whether this program has an administrator's rights."""
    return bool(ctypes.windll.shell32.IsUserAnAdmin())


def processes() -> tuple[str, ...]:
    """Names of the programs that run, in small letters."""
    tasklist = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "tasklist.exe"
    try:
        ran = subprocess.run(  # noqa: S603 - Windows' own, by its whole path
            [str(tasklist), "/fo", "csv", "/nh"], capture_output=True, text=True, timeout=20,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(row[0].casefold() for row in csv.reader(io.StringIO(ran.stdout)) if row)
