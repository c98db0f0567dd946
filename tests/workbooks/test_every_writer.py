"""Every command that writes a workbook: killed, no room, open elsewhere, no leave to write."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cyps.cli import main
from plain_files import SPEND, baseline_rows, use_rows, write_csv

SETTLE = "--use use.csv --spend spend.csv --baseline baseline.csv --floor -5%"
WRITERS = {
    "settle": (f"settle {SETTLE} --pot 230000000 --out done", "done/settlement.xlsx"),
    "new": (f"workbook new {SETTLE} --pot 230000000 --out new.xlsx", "new.xlsx"),
    "freeze": ("workbook freeze done/settlement.xlsx --out new.xlsx", "new.xlsx"),
    "refresh": ("workbook refresh done/settlement.xlsx --use other.csv --out new.xlsx",
                "new.xlsx"),
    "published from a workbook": ("workbook publish done/settlement.xlsx --out new.xlsx",
                                  "new.xlsx"),
    "published": ("publish done --out new.xlsx", "new.xlsx"),
    "action": ("action shares done/settlement.xlsx --out new.xlsx", "new.xlsx"),
    "action that types": (
        "action assume done/settlement.xlsx --with floor=-7% --out done/settlement.xlsx",
        "done/settlement.xlsx",
    ),
}  # fmt: skip

KILL = """
import os, pathlib, signal, sys
from cyps.cli import main
import cyps.cli.settle, cyps_addin.headless.host, cyps_workbooks.placing  # before the patch
was, left = pathlib.Path.replace, [int(sys.argv[1])]
def replace(self, target):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return was(self, target)
pathlib.Path.replace = replace
main(sys.argv[2:])
"""


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("settled")
    other = [
        row if i == 0 else [*row[:2], row[2] + i, *row[3:]] for i, row in enumerate(use_rows())
    ]
    for name, rows in {"use": use_rows(), "other": other, "spend": SPEND,
                       "baseline": baseline_rows()}.items():  # fmt: skip
        write_csv(folder / f"{name}.csv", rows)
    _run(folder, f"settle {SETTLE} --pot 220000000 --out done", code=0)
    return folder


@pytest.fixture
def folder(settled, tmp_path):
    return Path(shutil.copytree(settled, tmp_path / "here"))


def _run(folder, line, *, code):
    here = Path.cwd()
    os.chdir(folder)
    try:
        done = CliRunner().invoke(main, line.split(), env={"COLUMNS": "400"})
    finally:
        os.chdir(here)
    assert done.exit_code == code, done.output
    assert "fault in cyps" not in " ".join(done.output.split()), done.output
    return done.output


def _killed(folder, line, at):
    done = subprocess.run([sys.executable, "-c", KILL, str(at), *line.split()], cwd=folder,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr


def _contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes()
            for p in sorted(folder.rglob("*")) if p.is_file()}  # fmt: skip


def _seen(folder):
    """What a person sees: names that begin with a point are hidden."""
    return {name: content for name, content in _contents(folder).items() if "/." not in f"/{name}"}


@pytest.mark.parametrize("writer", WRITERS)
def test_killed_before_it_takes_its_place(folder, writer):
    line, _ = WRITERS[writer]
    before = _contents(folder)
    _killed(folder, line, 1)
    assert _seen(folder) == before
    assert _run(folder, line, code=0)  # what was left is in nobody's way


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk(folder, writer, monkeypatch):
    line, _ = WRITERS[writer]
    before = _contents(folder)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    said = _run(folder, line, code=2)
    assert "No space left on device" in said
    assert _contents(folder) == before


@pytest.mark.parametrize("lock", ["~${}", ".~lock.{}#"])
@pytest.mark.parametrize("writer", WRITERS)
def test_open_elsewhere(folder, writer, lock):
    line, written = WRITERS[writer]
    place = folder / written
    beside = place.with_name(lock.format(place.name))
    beside.touch()
    before = _contents(folder)
    said = _run(folder, line, code=2)
    assert "open" in said
    assert place.name in said
    assert _contents(folder) == before


@pytest.mark.parametrize("writer", WRITERS)
def test_a_folder_that_may_only_be_read(folder, writer, monkeypatch):
    """As Windows and a network drive refuse: every new file and every move."""
    line, _ = WRITERS[writer]
    before = _contents(folder)
    real = os.open, Path.open, Path.mkdir

    def inside(path):
        return Path(path).absolute().is_relative_to(folder)

    def denied(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    def opened(self, mode="r", *args, **more):
        return (
            denied(self) if "r" not in mode and inside(self) else real[1](self, mode, *args, **more)
        )

    def os_mkdir(path, *args, was=os.mkdir, **more):
        return denied(path) if inside(path) else was(path, *args, **more)

    monkeypatch.setattr(Path, "open", opened)
    monkeypatch.setattr(os, "mkdir", os_mkdir)
    said = _run(folder, line, code=2)
    assert "Permission denied" in said
    assert _contents(folder) == before


@pytest.mark.parametrize("at", [2, 3, 6, 7, 12])
@pytest.mark.parametrize("first", [True, False])
def test_killed_while_the_files_of_a_run_take_their_places(folder, at, first):
    """Each file is the old one or the new; the next run finishes the move and goes on."""
    line = WRITERS["settle"][0]
    if first:
        shutil.rmtree(folder / "done")
        at = 1 + (at + 1) // 2  # the first is the workbook's own; no old file moves away
    before = _seen(folder)
    _killed(folder, line, at)
    half = _seen(folder)
    missing = [name for name in before if name not in half]
    assert len(missing) <= 1
    whole = _contents(folder)
    assert all(any(content == before[name] for content in whole.values()) for name in missing)
    _run(folder, line, code=0)
    now = json.loads((folder / "done" / "run.json").read_text())["outputs"]
    assert {p.name for p in (folder / "done").iterdir()} == {*now, "run.json"}


def test_what_a_person_changed_after_a_kill_is_not_lost(folder):
    line = WRITERS["settle"][0]
    _killed(folder, line, 3)
    mine = folder / "done" / "results.csv"
    mine.write_text("my own words\n")
    assert "results.csv" in _run(folder, line, code=2)
    assert mine.read_text() == "my own words\n"
