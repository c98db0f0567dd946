"""Progress of a long command: seen at a terminal, and by nobody and nothing else."""

from __future__ import annotations

import os
import re
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from cyps.cli import main
from cyps.cli.command_line import Mistake

NESTED = Path(__file__).parents[1] / "reference" / "synthetic_nested.csv"
pty = pytest.importorskip("pty", reason="a pseudo-terminal needs Linux or a Mac")


@contextmanager
def terminal(monkeypatch):
    """Standard error at a pseudo-terminal; what it was shown, as it comes."""
    ours, theirs = pty.openpty()
    shown = []

    def read():
        while True:
            try:
                some = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed, a Mac gives nothing
                return
            if not some:
                return
            shown.append(some.decode())

    reader = threading.Thread(target=read)
    reader.start()
    with monkeypatch.context() as patch, os.fdopen(theirs, "w") as stderr:
        patch.setattr(sys, "stderr", stderr)
        yield shown
    reader.join(10)
    os.close(ours)


@pytest.fixture
def model(tmp_path):
    (tmp_path / "model.toml").write_text(
        f'rows = "{NESTED.as_posix()}"\nmetrics = ["common", "rare"]\ntrials = "trials"\n'
        'group = "la"\narea_key = "lsoa"\nchild = ["sex", "fsm"]\narea = ["idaci"]\n'
    )
    return tmp_path / "model.toml"


def run(model):
    out = model.parent / "out"
    main.main(["validate", str(model), "--out", str(out), "--folds", "4"], standalone_mode=False)
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_steps_are_seen_at_a_terminal_and_nowhere_else(model, monkeypatch, capfd):
    monkeypatch.setenv("COLUMNS", "60")
    piped = run(model)
    told, noted = capfd.readouterr()
    assert "Leaving authorities" not in noted + told
    assert "\x1b" not in noted + told
    # A build server often says so, to have its log in colour: its log is no terminal all the same.
    monkeypatch.setenv("FORCE_COLOR", "1")
    run(model)
    assert "Leaving authorities" not in "".join(capfd.readouterr())
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    with terminal(monkeypatch) as shown:
        at_terminal = run(model)
    assert capfd.readouterr().out == told
    assert at_terminal == piped
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", "".join(shown)))
    assert max(map(len, lines)) <= 60
    for step in ("Counting rows", "Fitting", "Leaving authorities out .* 3/4", "Fitting two halves",
                 "Judging metrics .* 1/2", "Writing the report"):  # fmt: skip
        assert any(re.match(step, line) for line in lines), step
    # The line is wiped away at the end; the note is one of few authorities.
    left = "".join(shown).split("\x1b[2K")[-1]
    assert left.startswith("Note: Only 24 authorities")
    assert left.split() == noted.split()


def test_a_terminal_that_cannot_move_its_cursor_is_left_alone(model, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    with terminal(monkeypatch) as shown:
        run(model)
    assert "".join(shown).startswith("Note: Only 24 authorities")
    assert "\x1b" not in "".join(shown)


def test_a_mistake_is_told_on_a_line_of_its_own(model, monkeypatch):
    model.write_text(model.read_text().replace('"idaci"', '"idac"'))
    monkeypatch.setenv("TERM", "xterm")
    with terminal(monkeypatch) as shown, pytest.raises(Mistake, match="idac"):
        run(model)
    assert "".join(shown).rstrip().endswith("\x1b[2K")
