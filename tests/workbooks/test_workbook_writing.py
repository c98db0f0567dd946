"""Killed, no room, no leave to write, open elsewhere: old whole, new whole or absent."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.errors import CypsError
from cyps.geography import authorities
from cyps_workbooks import write_settlement
from cyps_workbooks.kept.verdict import check_workbook
from cyps_workbooks.placing import put_in_place
from workbooks.made_up import made_up

SETTLEMENT = [("2025-26", made_up(seed=3, places=authorities(2025)[:14]))]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "settlement.xlsx"
    write_settlement(SETTLEMENT, path)
    return path


@pytest.fixture
def path(sound, tmp_path):
    return Path(shutil.copy(sound, tmp_path / "settlement.xlsx"))


FREEZE = (
    "import sys; from cyps.cli import main;"
    "main(['workbook', 'freeze', sys.argv[1]], standalone_mode=True)"
)

KILLED_AT = {
    "before a byte is written": "import pathlib; was = pathlib.Path.open\n"
    "def die(self, mode='r', *a, **k):\n"
    "    if 'w' in mode: kill()\n"
    "    return was(self, mode, *a, **k)\n"
    "pathlib.Path.open = die\n",
    "half written": "import pathlib; was = pathlib.Path.open\n"
    "class Half:\n"
    "    def __init__(self, file): self.file = file\n"
    "    def __enter__(self): return self\n"
    "    def __exit__(self, *a): pass\n"
    "    def write(self, content):\n"
    "        self.file.write(content[: len(content) // 2]); self.file.flush(); kill()\n"
    "def half(self, mode='r', *a, **k):\n"
    "    file = was(self, mode, *a, **k)\n"
    "    return Half(file) if 'w' in mode else file\n"
    "pathlib.Path.open = half\n",
    "before it is on the disk": "os.fsync = lambda file: kill()\n",
    "before it takes its place": "os.replace = lambda *a: kill()\n"
    "import pathlib; pathlib.Path.replace = lambda *a: kill()\n",
    "after it took its place": "import pathlib; was = pathlib.Path.replace\n"
    "def die(*a): was(*a); kill()\n"
    "pathlib.Path.replace = die\n",
}


def killed(code, when, *words):
    """Run a program that kills itself there, as a power cut or a task manager would."""
    kill = "import os, signal\ndef kill(*a): os.kill(os.getpid(), signal.SIGKILL)\n"
    # What is imported later must not see the patched functions while it is loaded.
    load = "import cyps.cli, cyps_workbooks.kept.frozen, cyps_workbooks.placing\n"
    done = subprocess.run(
        [sys.executable, "-c", load + kill + KILLED_AT[when] + code, *map(str, words)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("when", list(KILLED_AT))
def test_killed_while_a_new_one_is_made(path, when):
    before = path.read_bytes()
    killed(FREEZE, when, path)
    new = path.with_name("settlement-frozen.xlsx")
    assert path.read_bytes() == before
    assert new.exists() == (when == "after it took its place")
    if new.exists():
        assert check_workbook(new).sound
        return
    # What the killed run left behind is in nobody's way, and gone after the next.
    done = CliRunner().invoke(main, ["workbook", "freeze", str(path)])
    assert done.exit_code == 0, done.stderr
    assert check_workbook(new).sound
    assert sorted(p.name for p in path.parent.iterdir()) == [new.name, path.name]


PUT = (
    "import sys; from pathlib import Path; from cyps_workbooks.placing import put_in_place;"
    "put_in_place(b'new' * 100_000, Path(sys.argv[1]))"
)


@pytest.mark.parametrize("when", list(KILLED_AT))
def test_killed_while_an_old_one_is_replaced(path, when):
    before = path.read_bytes()
    killed(PUT, when, path)
    now = path.read_bytes()
    assert now == (b"new" * 100_000 if when == "after it took its place" else before)


# --- no room


def run_in(code, *words, before=""):
    return subprocess.run(
        [sys.executable, "-c", before + code, *map(str, words)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_a_limit_on_the_size_of_files(path):
    """A quota: the system refuses to write more than so many bytes."""
    before = path.read_bytes()
    limit = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
    )
    done = run_in(FREEZE, path, before=limit)
    assert done.returncode == 2
    assert "could not be written (File too large)" in " ".join(done.stderr.split())
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_a_full_disk(path, tmp_path):
    """A real one with 8 KB to spare, for this test alone; where nobody may mount, a made-up one."""
    folder = tmp_path / "small"
    folder.mkdir()
    size = path.stat().st_size // 1024 + 8
    done = mounted(
        f"mount -t tmpfs -o size={size}k none '{folder}' && cp '{path}' '{folder}/s.xlsx' && "
        f"'{sys.executable}' -c \"{FREEZE}\" '{folder}/s.xlsx'; echo code $?; "
        f"ls -A '{folder}'; cmp '{path}' '{folder}/s.xlsx' && echo same"
    )
    if done is None:
        made_up_full_disk(path)
        return
    assert "code 2" in done.stdout, done
    assert "No space left on device" in done.stderr
    assert done.stdout.split()[-2:] == ["s.xlsx", "same"]


def made_up_full_disk(path):
    no_room = (
        "import errno, os\n"
        "def full(file): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "os.fsync = full\n"
    )
    done = run_in(FREEZE, path, before=no_room)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert [p.name for p in path.parent.iterdir() if p.is_file()] == [path.name]


def test_a_disk_that_is_full_when_all_is_written(path, monkeypatch):
    """Network drives say so only when the file is to be on the disk."""
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for target in (path, path.with_name("new.xlsx")):
        with pytest.raises(CypsError, match="No space left on device"):
            put_in_place(b"new", target)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def mounted(script):
    """Run a script where it may mount what only it sees; None where nobody may."""
    if not shutil.which("unshare"):
        return None
    how = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    if subprocess.run([*how, "true"], capture_output=True).returncode:
        return None
    return subprocess.run([*how, "sh", "-c", script], capture_output=True, text=True, timeout=120)


# --- no leave to write, open elsewhere


def test_a_folder_that_may_not_be_written_to(path, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    shutil.copy(path, folder / "s.xlsx")
    done = mounted(
        f"mount --bind '{folder}' '{folder}' && mount -o remount,bind,ro '{folder}' && "
        f"'{sys.executable}' -c \"{FREEZE}\" '{folder}/s.xlsx'; echo code $?"
    )
    if done is None:  # then nobody here is root, and a folder can be locked in the usual way
        folder.chmod(0o555)
        done = run_in(FREEZE + ";", folder / "s.xlsx")
        folder.chmod(0o755)
        assert done.returncode == 2
    else:
        assert "code 2" in done.stdout, done
    assert "could not be written" in " ".join(done.stderr.split())
    assert [p.name for p in folder.iterdir()] == ["s.xlsx"]
    assert (folder / "s.xlsx").read_bytes() == path.read_bytes()


def test_a_file_that_may_only_be_read_is_checked_and_frozen(path):
    path.chmod(0o444)
    before = path.read_bytes()
    for words in (["check", str(path)], ["freeze", str(path)]):
        assert CliRunner().invoke(main, ["workbook", *words]).exit_code == 0
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("lock", ["~${}", ".~lock.{}#"])
def test_a_target_that_is_open_elsewhere(path, lock):
    new = path.with_name("new.xlsx")
    new.with_name(lock.format(new.name)).touch()
    done = CliRunner().invoke(main, ["workbook", "freeze", str(path), "--out", str(new)])
    assert done.exit_code == 2
    assert "seems to be open" in " ".join(done.stderr.split())
    assert not new.exists()


def test_a_folder_that_is_not_there(path):
    out = path.parent / "gone" / "new.xlsx"
    done = CliRunner().invoke(main, ["workbook", "freeze", str(path), "--out", str(out)])
    assert done.exit_code == 2
    assert "choose a folder that exists" in " ".join(done.stderr.split())
