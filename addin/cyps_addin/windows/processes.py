"""One server per session, asked to stop by name; whether an Excel still runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import pywintypes
import win32api
import win32con
import win32event
import win32process

_NAME: Final = r"Local\Cyps.Server"
_WAIT: Final = 100
"""Milliseconds between two looks at a server that is about to end."""


class OneServer:
    """The right to be the session's only server, and how others reach the one that has it."""

    def __init__(self) -> None:
        self._mutex = win32event.CreateMutex(None, False, f"{_NAME}.only")
        self.ready = win32event.CreateEvent(None, True, False, f"{_NAME}.ready")
        self.knock = win32event.CreateEvent(None, False, False, f"{_NAME}.knock")
        self.stop = win32event.CreateEvent(None, True, False, f"{_NAME}.stop")

    def mine(self) -> bool:
        """Become the server; False when another one is ready to answer."""
        while True:
            got = win32event.WaitForSingleObject(self._mutex, _WAIT)
            if got in (win32event.WAIT_OBJECT_0, win32event.WAIT_ABANDONED):
                win32event.ResetEvent(self.stop)
                return True
            if is_set(self.ready):
                win32event.SetEvent(self.knock)
                return False

    def let_go(self) -> None:
        """Let another process be the server."""
        win32event.ReleaseMutex(self._mutex)


def stop_server(seconds: float) -> bool:
    """Ask the session's server to end; whether none is left after so many seconds."""
    server = OneServer()
    win32event.SetEvent(server.stop)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = win32event.WaitForSingleObject(server._mutex, _WAIT)
        if got in (win32event.WAIT_OBJECT_0, win32event.WAIT_ABANDONED):
            server.let_go()
            return True
    return False


def is_set(event: Any) -> bool:  # noqa: ANN401 - a Windows handle
    """Whether an event is set, without waiting; an auto-reset one is reset by asking."""
    return bool(win32event.WaitForSingleObject(event, 0) == win32event.WAIT_OBJECT_0)


def watch(window: int) -> Callable[[], bool] | None:
    """Whether the process that a window belongs to still runs, as a question; None if no such."""
    try:
        process = win32process.GetWindowThreadProcessId(window)[1]
        handle = win32api.OpenProcess(win32con.SYNCHRONIZE, False, process)
    except pywintypes.error:
        return None
    return lambda: not is_set(handle)
