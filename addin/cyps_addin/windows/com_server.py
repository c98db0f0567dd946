"""The COM server `Cyps.Server`: what Excel's VBA calls. Needs Windows (or Wine) and pywin32."""

from __future__ import annotations

import ctypes
import sys
import time
from importlib.metadata import version
from typing import Any, ClassVar, Final

sys.coinit_flags = 2  # type: ignore[attr-defined]  # one apartment: calls come one after another

import pythoncom
import pywintypes
import win32com.server.policy
import win32com.server.util
import win32event

from cyps_addin.last_error import keep, last_sentence
from cyps_addin.log import fault
from cyps_addin.windows.lifetime import Holder, Lifetime
from cyps_addin.windows.patience import CALL, at_most, unwatch
from cyps_addin.windows.processes import OneServer, is_set, watch
from cyps_addin.windows.registration import CLSID

_TICK: Final = 200
"""Milliseconds after which the server looks whether to end, when nothing else happens."""

_SEEN: Final = 3.0
"""Seconds that a second server stays, so that its caller finds the first one meanwhile."""


class CypsServer:
    """What a client can do: call a registered function, run a registered action, ask who.

    There is nothing that runs code or reads a configuration, so that a workbook somebody sent
    can ask for no more than its formulas show.
    """

    _public_methods_: ClassVar = ["CallFunction", "RunAction", "Version", "LastError", "Attach"]
    life: ClassVar[Lifetime]

    def __init__(self) -> None:
        self._holder: Holder = self.life.held(time.monotonic())

    def __del__(self) -> None:
        self.life.let_go(self._holder)

    def CallFunction(self, name: Any = None, arguments: Any = None) -> list[Any]:  # noqa: ANN401
        """["OK", value], or [an error value as text, a sentence]."""
        self._called()
        try:
            with at_most(CALL):
                from cyps_addin.windows.door import call_function

                return call_function(name, arguments)
        except Exception as error:  # the door catches its own
            return _not_loaded(error)

    def RunAction(self, name: Any = None, text: Any = "", book: Any = "") -> list[Any]:  # noqa: ANN401
        """The same for what a button does; `book` is a copy of the workbook in front."""
        self._called()
        try:
            with at_most(CALL):
                from cyps_addin.windows.door import run_action

                return run_action(name, text, book)
        except Exception as error:
            return _not_loaded(error)

    def Version(self) -> str:
        """Version of cyps."""
        self._called()
        return version("cyps")

    def LastError(self) -> str:
        """The last error's sentence; "" when there was none."""
        self._called()
        return last_sentence()

    def Attach(self, window: Any = None) -> bool:  # noqa: ANN401
        """Stay as long as the process of this window (Application.Hwnd) runs, and no longer."""
        self._called()
        if isinstance(window, int) and not isinstance(window, bool):
            self._holder.lives = watch(window) or self._holder.lives
        return self._holder.lives is not None

    def _called(self) -> None:
        self._holder.last_call = time.monotonic()


def _not_loaded(error: Exception) -> list[Any]:
    """What a cell is told of a program with a part missing; COM would show it a traceback."""
    why = (
        f"A part of the CYPS server cannot be used ({fault(error)}), so nothing can be computed. "
        "A virus scanner may have taken it away. Close Excel and run the CYPS installer again."
    )
    keep("CYPS", "#VALUE!", why, private=False)
    return ["#VALUE!", why]


_Policy: Any = win32com.server.policy.DefaultPolicy


class _OnlyOurs(_Policy):  # type: ignore[misc]
    """Makes our object, whatever the registry says of its class."""

    def _CreateInstance_(self, clsid: Any, wanted: Any) -> Any:  # noqa: ANN401, ARG002
        return win32com.server.util.wrap(CypsServer(), wanted, usePolicy=_Policy)


def serve() -> None:
    """Answer calls until nobody holds the server; returns soon when another one answers."""
    server = OneServer()
    if not server.mine():
        # COM takes the early end of the process that it started for a failure, and asks no other.
        time.sleep(_SEEN)
        return
    pythoncom.CoInitialize()
    try:
        _serve_alone(server)
    finally:
        server.let_go()
        pythoncom.CoUninitialize()


def _serve_alone(server: OneServer) -> None:
    life = CypsServer.life = Lifetime(started=time.monotonic())
    win32com.server.policy.DefaultPolicy = _OnlyOurs
    clsid = pywintypes.IID(CLSID)
    registered = pythoncom.CoRegisterClassObject(
        clsid,
        pythoncom.MakePyFactory(clsid),
        pythoncom.CLSCTX_LOCAL_SERVER,
        pythoncom.REGCLS_MULTIPLEUSE | pythoncom.REGCLS_SUSPENDED,
    )
    pythoncom.CoResumeClassObjects()
    win32event.SetEvent(server.ready)
    unwatch()
    try:
        while not is_set(server.stop):
            _pump()
            if is_set(server.knock):
                life.knocked()
            if life.over(time.monotonic()) and _nobody_comes(server):
                break
    finally:
        win32event.ResetEvent(server.ready)
        pythoncom.CoRevokeClassObject(registered)


def _pump() -> None:
    """Wait for a call, at most a tick, and answer whatever came."""
    win32event.MsgWaitForMultipleObjects((), False, _TICK, win32event.QS_ALLEVENTS)
    pythoncom.PumpWaitingMessages()


def _nobody_comes(server: OneServer) -> bool:
    """Close the door, then look once more whether somebody was on the way in."""
    win32event.ResetEvent(server.ready)
    ctypes.windll.ole32.CoSuspendClassObjects()  # type: ignore[attr-defined]  # pywin32 has none
    pythoncom.PumpWaitingMessages()
    if not is_set(server.knock) and CypsServer.life.over(time.monotonic()):
        return True
    pythoncom.CoResumeClassObjects()
    win32event.SetEvent(server.ready)
    return False
