"""What the doctor may look at: a narrow view of a machine, so that tests can plant any fault."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from cyps_addin.doctor import registry
from cyps_addin.doctor.registry import Values
from cyps_addin.log import data_folder

_SECONDS: Final = 20


def _nothing(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Machine:
    r"""What there is to see. Without arguments it is a machine that is not Windows.

    Attributes
    ----------
    windows : whether it is Windows; elsewhere Excel's checks do not apply
    key : values of a registry key such as `HKCU\\Software\\X`, None where there is no such key
    is_file, is_folder : by a whole path
    mark : the mark of the web on a file, "" where it has none
    ask : what the server's program writes when it is given `--version` or `--selftest`, None
        where it cannot be run
    can_write : whether a folder can be written to
    processes : names of the programs that run
    elevated : whether this program has an administrator's rights
    """

    windows: bool = False
    version: str = ""
    user: str = ""
    data: str = ""
    local: str = ""
    elevated: bool = False
    key: Callable[[str], Values | None] = _nothing
    subkeys: Callable[[str], tuple[str, ...]] = lambda _: ()
    is_file: Callable[[str], bool] = lambda _: False
    mark: Callable[[str], str] = lambda _: ""
    ask: Callable[[str, str], str | None] = lambda _, __: None
    can_write: Callable[[str], bool] = lambda _: True
    processes: Callable[[], tuple[str, ...]] = tuple


def this_machine() -> Machine:
    """The machine that this runs on."""
    on_windows = sys.platform == "win32"
    common = {
        "windows": on_windows, "version": version("cyps"), "data": str(data_folder()),
        "user": os.environ.get("USERNAME") or os.environ.get("USER") or "",
        "local": os.environ.get("LOCALAPPDATA", ""), "is_file": lambda p: Path(p).is_file(),
        "can_write": _can_write,
    }  # fmt: skip
    if not on_windows:
        return Machine(**common)  # type: ignore[arg-type]
    return Machine(
        **common,  # type: ignore[arg-type]
        elevated=registry.elevated(), key=registry.values, subkeys=registry.subkeys,
        mark=_mark, ask=_asked, processes=registry.processes,
    )  # fmt: skip


def _can_write(folder: str) -> bool:
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _mark(path: str) -> str:
    """The stream that Windows keeps beside a file from the internet."""
    try:
        return Path(f"{path}:Zone.Identifier").read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _asked(program: str, option: str) -> str | None:
    """What the server's program writes into the file that it is given."""
    with tempfile.TemporaryDirectory(prefix="cyps_") as folder:
        told = Path(folder) / "told.txt"
        try:
            subprocess.run(  # noqa: S603 - the program that is registered for this user
                [program, option, str(told)], timeout=_SECONDS, check=False, capture_output=True
            )
            return told.read_text("utf-8").strip()
        except (OSError, ValueError, subprocess.SubprocessError):
            return None
