"""How work is measured: jobs in processes of their own, timed, and said where and when."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ONE_THREAD = dict.fromkeys(
    ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)
Job = dict[str, Any]


def run(
    name: str, folder: Path, *numbers: int, limit: float | None = None, **environment: str
) -> Job | str:
    """One job in a fresh process; its JSON, or how it failed where a limit in seconds is set."""
    print(f"... {name} {' '.join(map(str, numbers))}", file=sys.stderr, flush=True)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.job", name, str(folder), *map(str, numbers)],
            env={**os.environ, **ONE_THREAD, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return f"over {limit:g} s"
    if done.returncode and limit is not None:
        return f"ended: {done.stderr.strip().splitlines()[-1][:60]}"
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def timed(work: Callable[[], Any], runs: int) -> tuple[Any, list[float], list[float]]:
    """Result of the last run; CPU and wall seconds of each."""
    cpu, wall, result = [], [], None
    for _ in range(runs):
        del result  # one result at a time is in memory, as when it is made once
        began, began_wall = time.process_time(), time.perf_counter()
        result = work()
        cpu.append(time.process_time() - began)
        wall.append(time.perf_counter() - began_wall)
    return result, cpu, wall


def heading(*others: str) -> str:
    """Machine, versions (of `others` too) and date."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("cyps", "numba", "numpy", *others))
    return (
        f"{datetime.now(UTC).date()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}, {versions}\n"
    )
