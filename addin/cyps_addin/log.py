"""The log on this machine: sentences of errors, and nothing of what cells or files hold.

Nothing of ours is loaded for it, so that a program whose parts do not load can still say so.
"""

from __future__ import annotations

import os
import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PureWindowsPath
from types import FrameType
from typing import Final

from platformdirs import user_data_path

LOG: Final = "cyps_addin.log"
_BYTES: Final = 256 * 1024
"""After which the log becomes the older one, of which there is one."""


def data_folder() -> Path:
    """Where the library and the log are kept: CYPS_DATA, or the user's own data folder."""
    told = os.environ.get("CYPS_DATA")
    return Path(told) if told else user_data_path("cyps", appauthor=False)


def log_place() -> Path:
    """The log, in a folder that is there if it can be made."""
    folder = data_folder()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder / LOG


def write(words: str) -> None:
    """Put a line into the log; one that cannot be written must not cost the person the value.

    It is opened for the line alone: several programs write to it, and none can put away as the
    older one what another holds open.
    """
    path = log_place()
    line = f"{datetime.now():%Y-%m-%d %H:%M:%S} {' '.join(words.split())}\n"
    with suppress(OSError):
        if path.is_file() and path.stat().st_size > _BYTES:
            with suppress(OSError):  # longer than it should be is better than silent
                path.replace(path.with_name(f"{LOG}.1"))
        with path.open("a", encoding="utf-8") as log:
            log.write(line)


def fault(error: BaseException) -> str:
    """A fault of ours for the log: its kind and its place in the code, never its message.

    A message may quote what was computed with; of a library that does not load it is the name.

    Examples
    --------
    >>> fault(ValueError("a child's postcode"))
    'ValueError'
    >>> fault(ImportError("DLL load failed", name="numpy"))
    'ImportError of numpy'
    """
    told = type(error).__name__
    if isinstance(error, ImportError) and error.name:
        told = f"{told} of {error.name}"
    if isinstance(number := getattr(error, "hresult", None), int):  # of COM
        told = f"{told} {number & 0xFFFFFFFF:#010x}"
    places = list(traceback.walk_tb(error.__traceback__))
    ours = [at for at in places if str(at[0].f_globals.get("__name__")).startswith("cyps")]
    return ", ".join([told, *dict.fromkeys(_place(*at) for at in (*ours[-1:], *places[-1:]))])


def _place(frame: FrameType, line: int) -> str:
    return f"{PureWindowsPath(frame.f_code.co_filename).name} line {line}"
