"""Servers that fail, asked by VBScript's CreateObject: how soon a client knows, and what is left.

What VBA makes of it is in tests/addin/test_vba_server.py. These tests kill servers, after which
Wine finds none until all of its processes have ended: each begins with a Windows just started.
"""

from __future__ import annotations

import pytest

from cyps_addin.windows.registration import CLSID

pytestmark = [pytest.mark.wine, pytest.mark.slow]

SERVER = ("cyps_addin.windows", "cyps-server", "planted.py")
SOON = 60
"""Seconds in which a client has to know. What is planted would last ten minutes."""

HANGS_WHILE_STARTING = """\
import sys, time
import cyps_addin.windows.__main__ as program
program.READY = 3
class HeldBack:
    def find_spec(self, name, *_):
        if name.endswith("com_server"):
            time.sleep(600)
sys.meta_path.insert(0, HeldBack())
program.main(["--com"])
"""

FAILS_IN_A_CALL = """\
import ctypes, re, time
from cyps_addin.windows import __main__ as program, com_server, door
com_server.CALL = 3
real = door.call_function
def planted(name, arguments):
    if name == "crash":
        ctypes.string_at(0)
    if name == "hang":
        re.match("(a+)+$", "a" * 64 + "b")  # gives no other thread a turn
    if name == "long":
        time.sleep(2)
    return real("CYPS_VERSION", ())
door.call_function = planted
program.main(["--com"])
"""

ASKS = """\
On Error Resume Next
Dim s, r
Set s = CreateObject("Cyps.Server")
WScript.Echo "made " & (Err.Number = 0) & " " & Err.Number
If WScript.Arguments.Count > 0 And Err.Number = 0 Then
    r = s.CallFunction(WScript.Arguments(0), Array())
    WScript.Echo "called " & (Err.Number = 0) & " " & TypeName(r) & " " & Err.Number
End If
WScript.Echo "done"
"""


@pytest.fixture
def planted(registered):
    """Puts another program in the registered one's place, for a test."""

    def plant(text=None):
        script = registered.folder / "planted.py"
        command = r'"C:\gone\cyps-server.exe" --com'
        if text:
            script.write_text(text, "utf-8")
            program = registered.windows(registered.python.with_name("pythonw.exe"))
            command = f'"{program}" "{registered.windows(script)}"'
        key = rf"Software\Classes\CLSID\{CLSID}\LocalServer32"
        code, said = registered.run("reg", "add", rf"HKCU\{key}", "/ve", "/d", command, "/f")
        assert code == 0, said
        registered.see_this_user_s_classes(True)
        return registered

    registered.close()
    try:
        yield plant
    finally:
        registered.close()
        registered.run(registered.python, "-m", "cyps_addin.windows", "--register")
        registered.see_this_user_s_classes(True)


def asks(windows, *what):
    return windows.script(ASKS, *what, name="asks.vbs", seconds=SOON)


def test_a_program_that_is_gone_is_known_at_once(planted):
    (made,) = asks(planted())
    assert made.startswith("made False ")


def test_a_server_that_hangs_while_starting_ends_itself(planted):
    windows = planted(HANGS_WHILE_STARTING)
    (made,) = asks(windows)
    assert made.startswith("made False ")
    assert windows.until_gone(*SERVER) == []


@pytest.mark.parametrize("how", ["crash", "hang"])
def test_a_server_that_does_not_come_back_from_a_call_is_known_to_its_client(planted, how):
    windows = planted(FAILS_IN_A_CALL)
    made, called = asks(windows, how)
    assert made == "made True 0"
    assert called.startswith("called False Empty ")
    assert windows.until_gone(*SERVER) == []


def test_a_long_call_of_one_client_makes_another_one_wait_and_no_more(planted):
    windows = planted(FAILS_IN_A_CALL)
    path = windows.folder / "first.vbs"
    path.write_text(ASKS)
    first = windows.start("cscript", "//nologo", windows.windows(path), "long")
    try:
        assert asks(windows, "CYPS_VERSION") == ["made True 0", "called True Variant() 0"]
        assert first.wait(SOON) == 0
    finally:
        windows.kill(first)
    assert windows.until_gone(*SERVER) == []
