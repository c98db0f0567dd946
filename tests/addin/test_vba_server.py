"""The VBA that finds the server, run by LibreOffice's Basic, against servers that fail.

A class of Basic stands in for the COM server, a function for `CreateObject`, and the seconds
are cut to what a test can wait for. What Excel and COM themselves do is not seen here.
"""

from __future__ import annotations

import re

import pytest

from addin.calc_host import Calc, own_folder
from addin.test_vba import in_basic
from cyps_addin.generators.vba import vba_modules
from cyps_addin.windows.patience import CALL, READY
from workbooks.engines import libreoffice_missing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(libreoffice_missing()), reason=libreoffice_missing() or "-"),
]

# What the one made fails at is told by `StandIn`; what was done is told back by it.
SERVER = """Option Compatible
Option ClassModule
Public Function CallFunction(ByVal name As String, ByVal arguments As Variant) As Variant
    CallFunction = StandInAnswer(name)
End Function
Public Function RunAction(ByVal name As String, ByVal text As String, _
        ByVal book As String) As Variant
    RunAction = StandInAnswer(Trim(name & " " & text))
End Function
Public Function Version() As String
    Dim told As Variant
    told = StandInAnswer("version")
    Version = "0"
End Function
Public Sub Attach(ByVal window As Long)
End Sub
"""

STAND_IN = """Option VBASupport 1
Public did As String
Public fails As String
Public dead As Boolean

Public Function StandInMade() As Object
    did = did & "made|"
    dead = False
    If InStr(fails, "slow start") > 0 Then Wait 3500
    If InStr(fails, "start") > 0 Then Err.Raise 429
    Set StandInMade = New StandInServer
End Function

Public Function StandInAnswer(ByVal name As String) As Variant
    did = did & name & "|"
    If InStr(fails, "slow " & name) > 0 Then Wait 3500
    If dead Or InStr(fails, name) > 0 Then Err.Raise 462
    StandInAnswer = Array("OK", name)
End Function

Public Function StandInDid() As String
    StandInDid = did
    did = ""
End Function

Public Sub StandInPause()
    Wait 5000
End Sub

' The next call, of whatever, finds no server.
Public Sub StandInDies()
    dead = True
End Sub

Public Sub StandInFails(ByVal what As String)
    fails = what
End Sub
"""


def served_by_a_stand_in() -> str:
    """The module with times of 2 seconds and a pause of 4."""
    text = in_basic(vba_modules()["CypsServer"])
    for name, seconds in (("PAUSE", 4), ("SLOW_START", 2), ("SLOW_CALL", 2)):
        text, found = re.subn(rf"(Const {name} As Long =) \d+", rf"\1 {seconds}", text)
        assert found == 1
    for real, stand_in in (
        ('CreateObject("Cyps.Server")', "StandInMade()"), ("CLng(Application.Hwnd)", "1"),
    ):  # fmt: skip
        assert text.count(real) == 1
        text = text.replace(real, stand_in)
    return text


@pytest.fixture(scope="module")
def host():
    with own_folder() as base:
        made = Calc(base / "profile", base / "data")
        try:
            yield made
        finally:
            made.close()


@pytest.fixture
def basic(host):
    """An Excel that has not asked for the server yet."""
    host("new")
    host("basic", modules={
        "StandInServer": SERVER, "StandIn": STAND_IN, "CypsServer": served_by_a_stand_in(),
    })  # fmt: skip
    return host


def ask(basic, name="CYPS_RANK"):
    return basic("run", macro="CypsServer.CypsAsk", arguments=[name, "x"])


def act(basic, name):
    return basic("run", macro="CypsServer.CypsAct", arguments=[name, "", ""])


def fails(basic, what):
    basic("run", macro="StandIn.StandInFails", arguments=[what])


def did(basic):
    return basic("run", macro="StandIn.StandInDid", arguments=[]).split("|")[:-1]


def test_the_times_are_those_of_the_server():
    """VBA takes for hung what the server itself ends; it must not be later than that."""
    text = vba_modules()["CypsServer"]
    told = {name: int(n) for name, n in re.findall(r"Const (\w+) As Long = (\d+)", text)}
    assert told == {"PAUSE": 15, "SLOW_START": READY / 2, "SLOW_CALL": CALL - 10}
    assert f"after {CALL / 60:.0f} minutes" in text


def test_a_server_that_answers_is_made_once(basic):
    assert [ask(basic), ask(basic), act(basic, "about")] == [
        ["OK", "CYPS_RANK"], ["OK", "CYPS_RANK"], ["OK", "about"],
    ]  # fmt: skip
    assert did(basic) == ["made", "CYPS_RANK", "CYPS_RANK", "version", "about"]


def test_one_that_cannot_be_had_is_not_asked_for_again_for_a_while(basic):
    fails(basic, "start")
    for _ in range(3):
        state, why = ask(basic)
        assert state == "#VALUE!"
        assert why.startswith("The CYPS server cannot be reached")
    assert act(basic, "about")[1] == why
    assert did(basic) == ["made"]


def test_one_that_hangs_while_starting_costs_its_time_once(basic):
    """Its pause begins when it has failed, not when it was asked for."""
    fails(basic, "slow start")
    whys = {ask(basic)[1] for _ in range(3)}
    assert did(basic) == ["made"]
    (why,) = whys
    assert why.startswith("The CYPS server was started but did not get ready in time")


def test_what_could_not_be_had_is_tried_again_after_a_while_and_told_to_the_log(basic):
    fails(basic, "start")
    why = ask(basic)[1]
    fails(basic, "nothing")
    basic("run", macro="StandIn.StandInPause", arguments=[])
    assert ask(basic) == ["OK", "CYPS_RANK"]
    assert did(basic) == ["made", "made", f"note {why}", "CYPS_RANK"]


def test_one_that_ended_since_the_last_call_is_made_anew(basic):
    ask(basic)
    basic("run", macro="StandIn.StandInDies", arguments=[])
    assert ask(basic) == ["OK", "CYPS_RANK"]
    assert did(basic) == ["made", "CYPS_RANK", "CYPS_RANK", "made", "CYPS_RANK"]
    basic("run", macro="StandIn.StandInDies", arguments=[])
    assert act(basic, "publish") == ["OK", "publish"]
    assert did(basic) == ["version", "made", "publish"], "noticed before the action, not in it"


def test_one_that_crashes_in_a_call_is_asked_twice_and_then_only_for_others(basic):
    fails(basic, "CYPS_RANK")
    for _ in range(3):
        state, why = ask(basic)
        assert state == "#VALUE!"
        assert why.startswith("The CYPS server ended twice while it was computing CYPS_RANK. Try")
        assert "file" not in why
    assert did(basic) == ["made", "CYPS_RANK", "made", "CYPS_RANK"]
    assert ask(basic, "CYPS_SHARE") == ["OK", "CYPS_SHARE"]
    assert did(basic) == ["made", f"note {why}", "CYPS_SHARE"]


def test_a_call_that_never_comes_back_is_not_made_again(basic):
    """The server ends itself after its time; here the stand-in does so after its own."""
    fails(basic, "slow CYPS_RANK")
    for _ in range(3):
        why = ask(basic)[1]
    assert did(basic) == ["made", "CYPS_RANK"]
    assert why.startswith(
        "The CYPS server was stopped, for after 2 minutes it was still computing CYPS_RANK."
    )
    assert ask(basic, "CYPS_SHARE") == ["OK", "CYPS_SHARE"]


def test_an_action_in_which_it_crashes_is_not_done_twice(basic):
    fails(basic, "my_authority")
    why = act(basic, "my_authority")[1]
    assert why.startswith(
        "The CYPS server ended while it was computing the action 'my authority'. Try"
    )
    assert why.endswith("see whether it is there.")
    assert did(basic) == ["made", "my_authority"]
    assert act(basic, "about") == ["OK", "about"]
