"""The log that support reads: of what ended wrongly its place, never what it worked on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cyps_addin import doctor, log
from cyps_addin.actions import run_action
from cyps_addin.calls import answer
from cyps_addin.windows.__main__ import main as program


def logged(own_data):
    return (own_data / log.LOG).read_text("utf-8").splitlines()


def test_a_line_has_its_time_and_one_line(own_data):
    log.write("Two\nlines \t here.")
    [line] = logged(own_data)
    assert line[20:] == "Two lines here."
    assert line[:4].isdigit()


def test_a_long_log_becomes_the_older_one_and_there_is_one_older(own_data):
    for letter in "abc":
        log.write(letter * 300_000)
    log.write("last")
    assert [line[20:] for line in logged(own_data)] == ["last"]
    assert (own_data / f"{log.LOG}.1").read_text("utf-8")[20:21] == "c"
    assert len(list(own_data.iterdir())) == 2


def test_a_log_that_another_program_holds_open_goes_on(own_data, monkeypatch):
    """Windows renames no file that is open elsewhere."""
    log.write("a" * 300_000)
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13)))
    log.write("still told")
    assert logged(own_data)[-1][20:] == "still told"


def test_a_log_that_cannot_be_written_costs_nobody_the_answer(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CYPS_DATA", str(tmp_path / "file" / "folder"))
    assert answer("CYPS_RANK", "x").why.startswith("Amounts holds 'x'")


def test_the_doctor_and_the_menu_point_to_the_log(own_data):
    def told():
        return next(r.found for r in doctor.examine(doctor.this_machine()) if r.about == "log")

    assert told() == f"There is no {own_data / log.LOG} yet: no error was logged."
    log.write("something")
    assert told() == f"Errors are told in {own_data / log.LOG}."
    assert run_action("log")[0] == [f"last 200 lines of {own_data / log.LOG}"]


def test_a_fault_in_a_library_is_told_with_the_place_of_ours_and_its_own(own_data, monkeypatch):
    monkeypatch.setattr("cyps_addin.calls._fitting", lambda *_: json.loads("{'child 4711'"))
    answer("CYPS_RANK", 1)
    kind, ours, its = logged(own_data)[0].rpartition("[")[2].split(", ")
    assert kind == "JSONDecodeError"
    assert ours.startswith("calls.py line ")
    assert its.startswith("decoder.py line ")
    assert "4711" not in "".join(logged(own_data))


def test_a_fault_of_com_is_told_with_its_number():
    class com_error(Exception):  # noqa: N801, N818 - pywin32's
        hresult = -2147221008

    assert log.fault(com_error("in a file of Ann's")) == "com_error 0x800401f0"


def test_a_fault_of_ours_has_its_place_in_the_log_and_not_in_the_cell(own_data, monkeypatch):
    def broken(*_):
        raise RuntimeError("secret place")

    monkeypatch.setattr("cyps_addin.calls.call", broken)
    assert (
        answer("CYPS_RANK", 1).why == "This is a fault in cyps, not in your cells (RuntimeError)."
    )
    assert answer("CYPS_CHILD", 1).error
    rank, child = logged(own_data)
    assert "(RuntimeError). [RuntimeError, calls.py line " in rank
    assert child[20:].startswith("CYPS_CHILD: #VALUE! [RuntimeError, calls.py line ")
    assert "secret" not in rank + child


# --- the server's program, which has no window to say anything in


LACKING = """
import sys
sys.modules[sys.argv[1]] = None  # as where a virus scanner took it away
from cyps_addin.windows.__main__ import main
sys.exit(main(sys.argv[2:]))
"""


def lacking(module, *arguments):
    ran = subprocess.run(
        [sys.executable, "-c", LACKING, module, *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return ran.returncode, ran.stdout + ran.stderr


def test_a_server_that_cannot_start_says_in_the_log_why(own_data):
    assert lacking("pythoncom", "--com", "-Embedding") == (1, "")
    [line] = logged(own_data)
    begins = "cyps-server --com ended by a fault of its own: ModuleNotFoundError of pythoncom, "
    assert line[20:].startswith(begins)
    assert not Path("-Embedding").exists()


def test_one_that_cannot_test_itself_says_so_to_who_asked_and_in_the_log(own_data, tmp_path):
    said = tmp_path / "said.txt"
    assert lacking("numpy", "--selftest", said) == (1, "")
    told = said.read_text("utf-8").rstrip()
    assert told.startswith(
        "cyps-server --selftest ended by a fault of its own: ModuleNotFoundError"
    )
    assert logged(own_data)[-1][20:] == told


def test_its_version_can_be_asked_for_when_it_cannot_compute(tmp_path):
    said = tmp_path / "said.txt"
    assert lacking("numpy", "--version", said) == (0, "")
    assert said.read_text("utf-8")[0].isdigit()


@pytest.mark.parametrize("arguments", [[], ["--nonsense"], ["--selftest"], ["--stop", "now"]])
def test_what_it_is_not_asked_it_does_not_do(arguments, own_data):
    assert program(arguments) == 2
    assert not own_data.exists()


def test_a_file_that_cannot_be_written_is_a_fault_in_the_log(own_data, tmp_path):
    assert program(["--version", str(tmp_path)]) == 1
    assert "cyps-server --version ended by a fault of its own: " in logged(own_data)[-1]


STUCK = """
import re, sys
from pathlib import Path
from cyps_addin.windows.patience import at_most, tell_in
tell_in(Path(sys.argv[1]))
def computing(postcode):
    with at_most(0.2):
        re.match('(a+)+$', 'a' * 64 + 'b')
computing("LS1 1AA")
"""


def test_a_server_that_ends_itself_says_where_it_stood(tmp_path):
    path = tmp_path / "told.log"
    path.write_text("before\n")
    ran = subprocess.run(
        [sys.executable, "-c", STUCK, path], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "")
    told = path.read_text()
    assert told.startswith("before\nTimeout (0:00:00.200000)!")
    assert "in computing" in told
    assert "LS1" not in told


def test_a_worker_that_ends_by_a_fault_says_so(own_data):
    code = """
import json, runpy
def broken(*_):
    raise RuntimeError('secret')
json.loads = broken
runpy.run_module('cyps_addin.worker', run_name='__main__')
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], input="{}\n", capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, "")
    [line] = logged(own_data)
    assert line[20:].startswith("The worker ended by a fault of its own: RuntimeError, ")
    assert "secret" not in line
