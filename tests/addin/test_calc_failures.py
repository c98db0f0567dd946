"""What a cell of LibreOffice says when the worker that computes is gone, hangs or ends.

The extension's own code, with stand-ins for LibreOffice's modules and for the Python that the
user's profile names.
"""

from __future__ import annotations

import json
import sys
import time
from types import ModuleType

import pytest

from cyps_addin.generators.oxt import members

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the stand-ins for a Python are shell scripts"
)

MODULES = {
    "uno": (), "unohelper": ("Base", "ImplementationHelper"),
    "com.sun.star.beans": ("PropertyValue",),
    "com.sun.star.lang": ("Locale", "XServiceInfo", "XServiceName"),
    "com.sun.star.sheet": ("XAddIn",), "com.sun.star.task": ("XJobExecutor",),
    "org.cyps.calc": ("XCyps",),
}  # fmt: skip

# Answers until it is asked for what its name says to fail at; `{did}` counts its starts.
PYTHON = """#!{python}
import json, sys, time
with open({did!r}, "a") as did:
    did.write("started\\n")
for line in sys.stdin:
    asked = json.loads(line)
    with open({did!r}, "a") as did:
        did.write(line)
    name = asked.get("call") or asked["act"]
    if name in {ends!r}:
        sys.exit(3)
    if name in {hangs!r}:
        time.sleep(600)
    if name in {babbles!r}:
        print("Traceback, or whatever")
    print(json.dumps({{"value": name}}), flush=True)
"""


@pytest.fixture
def component(monkeypatch):
    """The extension's code as LibreOffice loads it, with times that a test can wait for."""
    for name, classes in MODULES.items():
        stand_in = ModuleType(name)
        for one in classes:
            setattr(stand_in, one, type(one, (), {"addImplementation": lambda *_: None}))
        monkeypatch.setitem(sys.modules, name, stand_in)
    made = ModuleType("cyps_calc")
    exec(members()["cyps_calc.py"], made.__dict__)  # noqa: S102 - our own text
    made.START_SECONDS, made.CALL_SECONDS, made.PAUSE_SECONDS = 5, 1, 60
    return made


@pytest.fixture
def worker(component, tmp_path):
    """A worker by a Python that does what it is told to; and what that did."""

    def made(ends=(), hangs=(), babbles=()):
        python, did = tmp_path / "python", tmp_path / "did"
        python.write_text(PYTHON.format(
            python=sys.executable, did=str(did), ends=ends, hangs=hangs, babbles=babbles
        ))  # fmt: skip
        python.chmod(0o755)
        settings = tmp_path / "cyps_addin.json"
        settings.write_text(json.dumps({"python": str(python)}))
        workers.append(component.Worker(str(settings)))
        return workers[-1], lambda: did.read_text().splitlines()

    workers = []
    yield made
    for one in workers:
        one._end()


def call(name):
    return {"call": name, "arguments": []}


def test_without_settings_it_says_what_to_run(component, tmp_path):
    asked = component.Worker(str(tmp_path / "cyps_addin.json")).ask(call("CYPS_RANK"))
    assert asked["error"] == "#VALUE!"
    assert asked["why"].startswith(f"{tmp_path}/cyps_addin.json does not say which Python")
    assert asked["why"].endswith("run: cyps addin install --libreoffice")


def test_a_python_that_was_removed_is_told_by_its_place(component, tmp_path):
    settings = tmp_path / "cyps_addin.json"
    settings.write_text(json.dumps({"python": "/gone/python"}))
    why = component.Worker(str(settings)).ask(call("CYPS_RANK"))["why"]
    assert why.startswith("/gone/python, which is to compute, is not there")


def test_a_python_without_cyps_is_told(worker):
    one, did = worker(ends=("CYPS_VERSION",))
    assert "ended without an answer: cyps was removed" in one.ask(call("CYPS_RANK"))["why"]
    assert did().count("started") == 1


def test_one_that_hangs_while_starting_is_waited_for_once_and_then_not_for_a_while(
    worker, component
):
    component.START_SECONDS = 0.5
    one, did = worker(hangs=("CYPS_VERSION",))
    for name in ("CYPS_RANK", "CYPS_SHARE", "CYPS_RANK"):
        why = one.ask(call(name))["why"]
        assert "did not get ready within 0.5 seconds" in why
    assert did().count("started") == 1


def test_one_that_ends_in_a_call_is_asked_once_more_and_then_only_for_other_functions(worker):
    one, did = worker(ends=("CYPS_RANK",))
    assert one.ask(call("CYPS_SHARE")) == {"value": "CYPS_SHARE"}
    for _ in range(3):
        why = one.ask(call("CYPS_RANK"))["why"]
        assert why.startswith("cyps ended while it was computing CYPS_RANK. Try")
    assert [json.loads(x)["call"] for x in did() if "RANK" in x] == ["CYPS_RANK"] * 2
    assert one.ask(call("CYPS_SHARE")) == {"value": "CYPS_SHARE"}
    assert did().count("started") == 3


def test_what_was_wrong_is_told_to_the_next_worker_for_the_log(worker):
    one, did = worker(ends=("CYPS_RANK",))
    why = one.ask(call("CYPS_RANK"))["why"]
    one.ask(call("CYPS_SHARE"))
    one.ask(call("CYPS_SHARE"))
    assert [json.loads(x) for x in did() if "note" in x] == [{"act": "note", "text": why}]


def test_a_call_that_never_comes_back_is_stopped_and_not_tried_again(worker):
    one, did = worker(hangs=("CYPS_RANK",))
    for _ in range(3):
        why = one.ask(call("CYPS_RANK"))["why"]
        assert why.startswith("cyps was stopped, for after 1 seconds it was still computing")
    assert len([x for x in did() if "RANK" in x]) == 1
    assert one.ask(call("CYPS_SHARE")) == {"value": "CYPS_SHARE"}


def test_what_failed_is_tried_again_after_a_while(worker, component):
    component.PAUSE_SECONDS = 0.2
    one, did = worker(ends=("CYPS_RANK",))
    one.ask(call("CYPS_RANK"))
    time.sleep(0.3)
    one.ask(call("CYPS_RANK"))
    assert len([x for x in did() if x.startswith('{"call": "CYPS_RANK"')]) == 4


def test_an_action_that_ended_is_not_done_twice(worker):
    one, did = worker(ends=("my_authority",))
    why = one.ask({"act": "my_authority"})["why"]
    assert "while it was computing the action 'my authority'" in why
    assert len([x for x in did() if "my_authority" in x]) == 1


def test_what_is_no_answer_is_none(worker):
    one, _ = worker(babbles=("CYPS_RANK",))
    assert "cyps ended while" in one.ask(call("CYPS_RANK"))["why"]


def test_a_worker_that_ended_between_two_calls_is_not_missed(worker):
    one, did = worker()
    one.ask(call("CYPS_RANK"))
    one.process.kill()
    one.process.wait()
    assert one.ask({"act": "about"}) == {"value": "about"}
    assert did().count("started") == 2


def test_what_no_cell_holds_is_refused(worker):
    one, _ = worker()
    why = one.ask({"call": "CYPS_RANK", "arguments": [object()]})["why"]
    assert why == "CYPS_RANK was given what is no number, text or block of cells."
