"""A headless LibreOffice with the extension in a private profile, installed by `cyps addin`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

SYSTEM_PYTHON = "/usr/bin/python3"
DRIVER = Path(__file__).resolve().parents[2] / "build" / "calc_addin_driver.py"
ANSWER_SECONDS = 120


AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
"""LibreOffice lets no root install for a user: where tests run as root, it runs as nobody."""


@contextmanager
def own_folder():
    """A folder for LibreOffice's profile, its data and, for root, a stand-in for `unopkg`."""
    base = Path(tempfile.mkdtemp(prefix="cyps_calc_"))
    if os.geteuid() == 0:
        base.chmod(0o755)
        shutil.chown(base, "nobody", "nogroup")
        shim = base / "unopkg"
        ask = " ".join([*AS_NOBODY, "env", f'HOME="{base}"', shutil.which("unopkg"), '"$@"'])
        shim.write_text(f"#!/bin/sh\nexec {ask}\n")
        shim.chmod(0o755)
    try:
        yield base
    finally:
        shutil.rmtree(base, ignore_errors=True)


def reachable_python(base):
    """A Python with this environment's packages that LibreOffice's user can start.

    Root's own Python may lie in a folder that nobody can enter; the system's, of the same
    version, then stands in for it.
    """
    if os.geteuid() != 0:
        return sys.executable
    made = base / "python" / "bin" / "python"
    if made.exists():
        return str(made)
    subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", base / "python"], check=True)
    [packages] = (base / "python" / "lib").glob("python*/site-packages")
    ours = sysconfig.get_paths()["purelib"]
    (packages / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    return str(made)


def cyps(*arguments, base):
    """Run `cyps` as a person would; gives exit code and all that it said."""
    outside = dict(os.environ, COLUMNS="200", PATH=f"{base}{os.pathsep}{os.environ['PATH']}")
    ran = subprocess.run(
        [reachable_python(base), "-c", "from cyps.cli import main; main()", *map(str, arguments)],
        capture_output=True, text=True, env=outside,
    )  # fmt: skip
    return ran.returncode, ran.stdout + ran.stderr


class Calc:
    """LibreOffice Calc with the extension."""

    def __init__(self, profile, data, *more):
        as_user = AS_NOBODY if os.geteuid() == 0 else []
        self.driver = subprocess.Popen(
            [*as_user, SYSTEM_PYTHON, str(DRIVER), str(profile), *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, CYPS_DATA=str(data), HOME=str(data.parent)),
        )  # fmt: skip
        assert self._answer() == {"ready": True}

    def _answer(self):
        timer = threading.Timer(ANSWER_SECONDS, self.driver.kill)
        timer.start()
        try:
            line = self.driver.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            raise TimeoutError("LibreOffice did not answer in time or ended")
        return json.loads(line)

    def __call__(self, do, **more):
        self.driver.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self.driver.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["answer"]

    def formula(self, text, rows=1, columns=1):
        """What a formula gives over so many cells from H1: numbers, texts, or error numbers."""
        area = f"H1:{chr(ord('H') + columns - 1)}{rows}"
        self("array", range=area, formula=text)
        shown = self("cells", range=area)
        self("array", range=area, formula="")
        return [[_value(*cell) for cell in row] for row in shown]

    def close(self):
        self.driver.stdin.write('{"do": "quit"}\n')
        self.driver.stdin.close()
        try:
            self.driver.wait(60)
        except subprocess.TimeoutExpired:
            self.driver.kill()
        self.driver.stdout.close()


def _value(number, text, error):
    if error:
        return f"error {error}"
    try:
        float(text)
    except ValueError:
        return number if number else text
    return number
