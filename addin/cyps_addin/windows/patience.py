"""How long the server lets Excel wait: past that it ends, for Excel cannot let go by itself.

A client of COM waits for as long as the server's process lives. So a server that does not get
ready, or a call that does not come back, is bounded here and nowhere else.
"""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

READY: Final = 20.0
"""Seconds from the program's start until it answers Windows."""
CALL: Final = 120.0
"""Seconds that a function or an action may compute."""


_told_in: list[int] = []


def tell_in(log: Path) -> None:
    """From now on a process that is ended here says in the log at which lines it stood.

    Files, lines and procedures, never a value. Until then, and where the log cannot be written,
    it says nothing: Excel has no use for it.
    """
    with suppress(OSError):
        _told_in.append(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT))


def watch(seconds: float) -> None:
    """End this process, with exit code 1, unless `unwatch` is called in time.

    The watch is a thread of C, which also sees to it when Python itself stands still: in a
    library that does not load, or in one that computes without giving others a turn. There is
    one watch at a time: a second takes the first one's place.
    """
    if not _told_in:
        _told_in.append(os.open(os.devnull, os.O_WRONLY))
    faulthandler.dump_traceback_later(seconds, exit=True, file=_told_in[-1])


def unwatch() -> None:
    """It was in time."""
    faulthandler.cancel_dump_traceback_later()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """End this process if what is done here takes longer.

    Examples
    --------
    >>> with at_most(60):
    ...     2 + 2
    4
    """
    watch(seconds)
    try:
        yield
    finally:
        unwatch()
