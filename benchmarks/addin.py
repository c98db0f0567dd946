"""What a call of the add-in costs: in this process, and through the worker that LibreOffice asks.

    uv run python -m benchmarks.addin

One call of a scalar, one table of 153 authorities and 10 columns, and a thousand scalar calls.
Excel's way, over COM, is not measured here: it needs Windows or Wine.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
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


def measured(ask: Callable[[str, list[Any]], object]) -> dict[str, float]:
    """One way of asking, by what is asked."""
    name, arguments = _SCALAR
    wide, cells = tables()
    thousand = [(name, [[[float(i + 1)]], [[4.0]], 1.0]) for i in range(1000)]
    return {
        "one number": milliseconds(lambda: ask(name, arguments)),
        f"table of {AUTHORITIES} x {COLUMNS}": milliseconds(lambda: ask(wide, cells)),
        "1,000 calls": milliseconds(lambda: [ask(*one) for one in thousand], 5),
    }


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


def main() -> None:
    """Measure both ways and print them."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CYPS_DATA"] = folder
        load = os.getloadavg()[0]
        told = {"in process": in_process(), "through the worker": through_the_worker()}
    print(json.dumps({"load": load, "milliseconds": told}, indent=2))


if __name__ == "__main__":
    main()
