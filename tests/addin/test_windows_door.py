"""What the COM server does with what it is given, without COM."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyps_addin import CELL_FUNCTIONS, actions, library
from cyps_addin.error_values import ErrorValue
from cyps_addin.windows import door, values
from cyps_addin.windows.lifetime import FIRST, IDLE, LINGER, Lifetime
from cyps_addin.windows.registration import CLSID, PROGID, keys
from cyps_addin.windows.selftest import selftest


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("CYPS_DATA", str(tmp_path))
    library.forget()


TEN = ((10.0,), (20.0,))


@pytest.mark.parametrize(
    ("given", "cells"),
    [
        (1.5, 1.5), (True, True), ("Leeds", "Leeds"), (None, None), (7, 7.0),
        (values.MISSING, None), (Decimal("1.25"), 1.25), ((), []),
        (((1.0, None), ("a", True)), [[1.0, None], ["a", True]]),
        (dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC), 46346.5),
        (-2146826288, ErrorValue.NULL), (-2146826281, ErrorValue.DIVISION),
        (-2146826273, ErrorValue.VALUE), (-2146826265, ErrorValue.REFERENCE),
        (-2146826259, ErrorValue.NAME), (-2146826252, ErrorValue.NUMBER),
        (-2146826246, ErrorValue.NOT_AVAILABLE),
    ],
)  # fmt: skip
def test_each_kind_of_variant_is_a_cell(given, cells):
    found = values.cells_of(given, "use")
    assert found == cells
    assert type(found) is type(cells)


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        (object(), "neither number nor text"),
        (b"bytes", "neither number nor text"),
        (((1.0, ((2.0,),)),), "more than two dimensions"),
        ("x" * 32_768, "too long for a cell"),
        (((1.0,) * 1001,) * 1000, "more than 1,000,000 cells"),
    ],
)
def test_what_is_no_cell_is_refused_before_it_is_computed_with(argument, says):
    state, why = door.call_function("CYPS_RANK", (argument,))
    assert state == "#VALUE!"
    assert says in why


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Exec", ("print(1)",)), ("eval", ()), ("__import__", ("os",)), (None, ()),
        (("CYPS_RANK",), ()), ("CYPS_RANK; x", ()), ("cyps_rank", (TEN,)), (b"CYPS_RANK", (TEN,)),
        ("os.system", ("x",)), ("cyps_addin.actions.run_action", ("about",)),
    ],
)  # fmt: skip
def test_only_registered_names_are_called(name, arguments):
    state, why = door.call_function(name, arguments)
    assert state == "#VALUE!"
    assert why.startswith("There is no function ")


@pytest.mark.parametrize("name", ["os", "", "load; about", "_load", None, 3])
def test_only_registered_actions_are_run(name):
    assert door.run_action(name, "")[0] == "#VALUE!"


@pytest.mark.parametrize("function", CELL_FUNCTIONS, ids=lambda f: f.name)
def test_too_many_arguments_are_refused(function):
    state, why = door.call_function(function.name, (1.0,) * (len(function.arguments) + 1))
    assert state == "#VALUE!"
    assert why == function.takes


def test_one_argument_need_not_be_in_a_list():
    assert door.call_function("CYPS_RANK", 5.0)[0] == "OK"
    assert door.call_function("CYPS_VERSION", None) == ["OK", version("cyps")]


def test_errors_in_a_table_are_marked_and_nothing_is_left_that_com_cannot_carry():
    assert values.told([[1, None, True], [ErrorValue.NUMBER, float("nan"), "a"]]) == [
        [1.0, "", True], ["cyps-error:#NUM!", "cyps-error:#N/A", "a"],
    ]  # fmt: skip


def test_a_fault_of_ours_shows_no_path_and_no_code(monkeypatch):
    def broken(_):
        raise RuntimeError("secret place")

    monkeypatch.setattr(actions, "run_action", lambda *_: broken(1))
    state, why = door.run_action("about", "")
    assert state == "#VALUE!"
    assert why == "This is a fault in cyps, not in your cells (RuntimeError)."


def test_a_missing_file_is_not_available():
    state, why = door.run_action("load", "nowhere.json")
    assert state == "#N/A"
    assert "nowhere.json" in why


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=40) | st.binary(),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
    max_leaves=12,
)


@given(st.sampled_from([f.name for f in CELL_FUNCTIONS if f.name != "CYPS_PACK"]),
       st.lists(anything, max_size=4).map(tuple))  # fmt: skip
def test_whatever_comes_an_answer_goes_back(name, arguments):
    state, value = door.call_function(name, arguments)
    assert state == "OK" or state.startswith("#")
    assert state == "OK" or isinstance(value, str)


def test_the_server_waits_for_its_first_holder_and_then_only_a_moment():
    life = Lifetime(started=0.0)
    assert not life.over(FIRST - 1)
    assert life.over(FIRST)
    holder = life.held(5.0)
    assert not life.over(FIRST + 100)
    life.let_go(holder)
    assert not life.over(200.0)
    life.knocked()
    assert not life.over(200.0 + LINGER)
    assert life.over(200.0 + 2 * LINGER)


def test_an_excel_counts_while_it_runs_and_a_script_while_it_calls():
    life = Lifetime(started=0.0)
    excel, script = life.held(0.0), life.held(0.0)
    runs = [True]
    excel.lives = lambda: runs[0]
    assert not life.over(IDLE + 1)
    assert life.holders == {excel}
    life.let_go(script)  # late, and no harm
    runs[0] = False
    life.over(IDLE + 2)
    assert life.over(IDLE + 2 + LINGER)


def test_the_server_can_answer_windows_before_numpy_is_loaded():
    """Its modules for COM import nothing heavy; functions are loaded by the first call."""
    light = "cyps_addin.windows.lifetime, cyps_addin.windows.registration, sys"
    told = subprocess.run(
        [sys.executable, "-c", f"import {light}; print('numpy' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.strip() == "False"


def test_the_keys_are_the_user_s_and_the_command_is_quoted():
    command = '"C:\\a b\\cyps-server.exe" --com'
    found = dict(keys(command))
    assert found[rf"Software\Classes\{PROGID}\CLSID"] == CLSID
    assert found[rf"Software\Classes\CLSID\{CLSID}\LocalServer32"] == command
    assert all(key.startswith("Software\\Classes\\") for key in found)


@pytest.mark.parametrize(
    "stuck",
    ["time.sleep(60)", "re.match('(a+)+$', 'a' * 64 + 'b')"],  # the second gives no thread a turn
)
def test_the_server_ends_itself_rather_than_keep_excel_waiting(stuck):
    code = f"""
import re, time
from cyps_addin.windows.patience import at_most
with at_most(30):
    pass
with at_most(0.2):
    {stuck}
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "")


def test_what_was_in_time_does_not_end_it():
    code = "import time\nfrom cyps_addin.windows.patience import at_most, unwatch, watch\n" \
        "watch(0.3)\nunwatch()\nwith at_most(0.3):\n    pass\ntime.sleep(0.6)"  # fmt: skip
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 0


def test_what_a_server_could_not_say_the_next_one_logs(tmp_path):
    state, _, _ = door.run_action("note", "The CYPS server ended twice.", "")
    assert state == "OK"
    told = "CYPS: #VALUE! The CYPS server ended twice."
    assert door.call_function("CYPS_LAST_ERROR", ()) == ["OK", told]
    assert told in (tmp_path / "cyps_addin.log").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "answers", "says"),
    [
        ("CYPS_DAMP", ["#VALUE!", "no"], "CYPS_DAMP refused the known example: no"),
        ("CYPS_DAMP", ["OK", [[1.0]] * 5], "CYPS_DAMP gives "),
        ("CYPS_USE", ["#N/A", "no"], "The sample pack cannot be used: no"),
        ("CYPS_SCENARIO", ["OK", "read"], "A scenario's text is not read: read"),
        ("Exec", ["OK", 1.0], "A name that is no function was run."),
    ],
)
def test_the_self_test_says_what_does_not_compute(monkeypatch, name, answers, says):
    real = door.call_function

    def planted(asked, arguments):
        return answers if asked == name else real(asked, arguments)

    monkeypatch.setattr(door, "call_function", planted)
    [wrong] = [line for line in selftest() if "holds" not in line]
    assert wrong.startswith(says)


def test_the_self_test_says_what_the_copy_should_not_hold(monkeypatch):
    monkeypatch.setitem(sys.modules, "xlwings.pro", None)
    assert "This copy holds xlwings.pro." in selftest()


def test_a_copy_that_nobody_used_for_an_hour_is_taken_away(tmp_path):
    old, new = (Path(door.run_action("copy_place", f"{name}.xlsx")[1]) for name in "ab")
    hours = old.parent.stat().st_mtime - 2 * 3600
    os.utime(old.parent, (hours, hours))
    door.run_action("copy_place", "c.xlsx")
    assert not old.parent.exists()
    assert new.parent.exists()
    assert old.is_relative_to(tmp_path)
