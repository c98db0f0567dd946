"""What a call of the add-in costs: in this process, through LibreOffice's worker, and over COM.

    uv run python -m benchmarks.addin
    uv run python -m benchmarks.addin --com FOLDER

One call of a scalar, one table of 153 authorities and 10 columns, and a thousand scalar calls.
With --com also as Excel asks, over COM: on Windows, or under Wine, which is made in the folder
(about a minute; it may stay there for the next time). The server runs from source and the
client is Python's, not VBA.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

AUTHORITIES, COLUMNS, REPEATS = 153, 10, 30
_SCALAR: tuple[str, list[Any]] = ("CYPS_RATE", [[[3.0]], [[4.0]], 1.0])


def block() -> list[list[float]]:
    """153 authorities and 10 columns of numbers."""
    return [[float(r * COLUMNS + c + 1) for c in range(COLUMNS)] for r in range(AUTHORITIES)]


def tables() -> tuple[str, list[Any]]:
    """A call that takes and gives a table of 153 x 10: rates of each number by one of its own."""
    return "CYPS_RATE", [block(), block(), 1.0]


def milliseconds(call: Callable[[], object], repeats: int = REPEATS) -> float:
    """The median of several calls; the first one, which loads and caches, is left out."""
    call()
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def asked() -> dict[str, list[tuple[str, list[Any]]]]:
    """The calls of each job."""
    name = _SCALAR[0]
    return {
        "one number": [_SCALAR],
        f"table of {AUTHORITIES} x {COLUMNS}": [tables()],
        "1,000 calls": [(name, [[[float(i + 1)]], [[4.0]], 1.0]) for i in range(1000)],
    }


def measured(ask: Callable[[str, list[Any]], object]) -> dict[str, float]:
    """One way of asking, by what is asked."""
    return {about: _taken(ask, calls) for about, calls in asked().items()}


def _taken(ask: Callable[[str, list[Any]], object], calls: list[tuple[str, list[Any]]]) -> float:
    return milliseconds(lambda: [ask(*one) for one in calls], 5 if len(calls) > 1 else REPEATS)


def in_process() -> dict[str, float]:
    """As the server computes, without the way to it."""
    from cyps_addin import answer

    def ask(name: str, arguments: list[Any]) -> object:
        found = answer(name, *arguments)
        if found.error is not None:
            raise AssertionError(found.why)
        return found.value

    return measured(ask)


def through_the_worker() -> dict[str, float]:
    """As LibreOffice's cells ask: lines of JSON to another process and back."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "cyps_addin.worker"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    if worker.stdin is None or worker.stdout is None:
        raise AssertionError("the worker has no pipes")
    to, back = worker.stdin, worker.stdout

    def ask(name: str, arguments: list[Any]) -> object:
        to.write(json.dumps({"call": name, "arguments": arguments}) + "\n")
        to.flush()
        told = json.loads(back.readline())
        return told["value"]

    try:
        return measured(ask)
    finally:
        to.close()
        worker.wait(10)
        back.close()


_CLIENT = r"""
import json, statistics, sys, time
import win32com.client
with open(sys.argv[1], encoding="utf-8") as told:
    jobs = json.load(told)
def rows(value):
    return tuple(map(tuple, value)) if isinstance(value, list) else value
def ask(name, arguments):
    state, value = server.CallFunction(name, tuple(rows(one) for one in arguments))
    assert state == "OK", value
began = time.perf_counter()
server = win32com.client.Dispatch("Cyps.Server")
server.Version()
activation = time.perf_counter() - began
began = time.perf_counter()
ask(*jobs["one number"][0])
first = time.perf_counter() - began
took = {"activation": activation, "first call": first}
for about, calls in jobs.items():
    repeats = 5 if len(calls) > 1 else 30
    each = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        for one in calls:
            ask(*one)
        each.append(time.perf_counter() - began)
    took[about] = statistics.median(each[1:])
with open(sys.argv[2], "w") as out:
    json.dump({about: 1000 * seconds for about, seconds in took.items()}, out)
print("done")
"""


def over_com(folder: Path) -> dict[str, float]:
    """As Excel asks, but from Python: a COM client in another process, the server from source."""
    repository = Path(__file__).resolve().parents[1]
    sys.path.insert(0, str(repository / "tests"))
    from windows.host import ON_WINDOWS, Native, Wine, build_wheel, windows_missing

    if why := windows_missing():
        sys.exit(why)
    host = Native(folder) if ON_WINDOWS else Wine(folder)
    if not ON_WINDOWS:
        host.install(build_wheel(folder))
    jobs, told = folder / "jobs.json", folder / "told.json"
    jobs.write_text(json.dumps(asked()), "utf-8")
    told.unlink(missing_ok=True)
    try:
        code, said = host.run(host.python, "-m", "cyps_addin.windows", "--register")
        if code:
            sys.exit(said)
        host.see_this_user_s_classes(True)
        host.script(_CLIENT, host.windows(jobs), host.windows(told), name="measure.py")
    finally:
        host.see_this_user_s_classes(False)
        host.run(host.python, "-m", "cyps_addin.windows", "--unregister")
        host.close()
    found: dict[str, float] = json.loads(told.read_text("utf-8"))
    return found


def main() -> None:
    """Measure every way and print them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--com", type=Path, metavar="FOLDER", help="measure over COM, too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CYPS_DATA"] = folder
        load = os.getloadavg()[0]
        told = {"in process": in_process(), "through the worker": through_the_worker()}
        if given.com is not None:
            where = "over COM" if sys.platform == "win32" else "over COM, under Wine"
            told[where] = over_com(given.com.resolve())
    print(json.dumps({"load": load, "milliseconds": told}, indent=2))


if __name__ == "__main__":
    main()
