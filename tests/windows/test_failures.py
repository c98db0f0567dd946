"""Servers that fail, asked by VBScript's CreateObject: how soon a client knows, and what is left.

What VBA makes of it is in tests/addin/test_vba_server.py. These tests kill servers, after which
Wine finds none until all of its processes have ended: each begins with a Windows just started.
"""

from __future__ import annotations

import shutil

import pytest

from cyps_addin.windows.registration import CLSID
from windows.test_com_server import HERE

pytestmark = [pytest.mark.wine, pytest.mark.slow]

SERVER = ("cyps_addin.windows", "cyps-server", "planted.py")
SOON = 60
"""Seconds in which a client has to know. What is planted would last ten minutes."""

HANGS_WHILE_STARTING = """\
import os, sys, time
os.environ["CYPS_DATA"] = os.path.dirname(os.path.abspath(__file__)) + "/data"
import cyps_addin.windows.__main__ as program
program.READY = 3
class HeldBack:
    def find_spec(self, name, *_):
        if name.endswith("com_server"):
            time.sleep(600)
sys.meta_path.insert(0, HeldBack())
program.main(["--com"])
"""

# In the door's place, so that nothing heavy need load: a start has its time even on a busy machine.
FAILS_IN_A_CALL = """\
import os, re, sys, time, types
os.environ["CYPS_DATA"] = os.path.dirname(os.path.abspath(__file__)) + "/data"
from cyps_addin.windows import __main__ as program, com_server
com_server.CALL = 3
def planted(name, arguments):
    if name == "crash":
        os._exit(3)
    if name == "hang":
        re.match("(a+)+$", "a" * 64 + "b")  # gives no other thread a turn
    if name == "long":
        time.sleep(2)
    return ["OK", "answered"]
door = sys.modules["cyps_addin.windows.door"] = types.ModuleType("door")
door.call_function = planted
program.main(["--com"])
"""

LACKS_NUMPY = """\
import os, sys
os.environ["CYPS_DATA"] = os.path.dirname(os.path.abspath(__file__)) + "/data"
sys.modules["numpy"] = None  # as where a virus scanner took a part of it away
from cyps_addin.windows import __main__ as program
program.main(["--com"])
"""

LACKING = """\
Dim s, r
Set s = CreateObject("Cyps.Server")
WScript.Echo s.Version()
r = s.CallFunction("CYPS_RANK", Array(1))
WScript.Echo r(0) & " " & r(1)
r = s.RunAction("about", "", "")
WScript.Echo r(0) & " " & r(1)
WScript.Echo s.LastError()
WScript.Echo "done"
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
    shutil.rmtree(registered.folder / "data", ignore_errors=True)
    try:
        yield plant
    finally:
        registered.close()
        registered.run(registered.python, "-m", "cyps_addin.windows", "--register")
        registered.see_this_user_s_classes(True)


def logged(windows):
    return (windows.folder / "data/cyps_addin.log").read_text("utf-8")


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
    told = logged(windows)
    assert told.startswith("Timeout (0:00:03)!")
    assert "in find_spec" in told, "where it stood"


def test_a_server_with_a_part_missing_says_so_instead_of_a_value(planted):
    windows = planted(LACKS_NUMPY)
    version, function, action, last = windows.script(LACKING, name="lacking.vbs", seconds=SOON)
    assert version == HERE
    part = "#VALUE! A part of the CYPS server cannot be used (ModuleNotFoundError of numpy"
    for said in (function, action):
        assert said.startswith(part)
        assert said.endswith("Close Excel and run the CYPS installer again.")
    assert last == f"CYPS: {action}"
    assert windows.until_gone(*SERVER) == []
    assert logged(windows).count(part) == 2


@pytest.mark.parametrize("how", ["crash", "hang"])
def test_a_server_that_does_not_come_back_from_a_call_is_known_to_its_client(planted, how):
    windows = planted(FAILS_IN_A_CALL)
    made, called = asks(windows, how)
    assert made == "made True 0"
    assert called.startswith("called False Empty ")
    assert windows.until_gone(*SERVER) == []
    if how == "hang":
        assert logged(windows).startswith("Timeout (0:00:03)!")
        assert "in planted" in logged(windows)


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
