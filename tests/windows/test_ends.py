"""How the server ends: by itself with 0, asked to, and by a fault with a word in the log."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from windows.clients import ATTACHES, HELD, PARALLEL
from windows.test_com_server import HERE, SERVER

pytestmark = [pytest.mark.wine, pytest.mark.slow]

# A server that a test starts itself, so that it learns how it ended; what is changed in it comes
# in place of the mark.
SERVED = r"""
import os, sys
os.environ["CYPS_DATA"] = sys.argv[1]
import win32event
from cyps_addin.windows import __main__ as program, com_server, lifetime, processes
CHANGED
sys.exit(program.main(["--com"]))
"""

NOBODY_COMES = "lifetime.FIRST = 1"

# As it is about to end, another server that somebody started knocks; and that somebody comes.
SOMEBODY_COMES = """
lifetime.FIRST = 0
real, seen = com_server._nobody_comes, []
def somebody(server):
    if seen:
        return real(server)
    lifetime.FIRST = 600
    win32event.SetEvent(server.knock)
    seen.append(real(server))
    assert seen == [False] and processes.is_set(server.ready)
    open(os.path.join(sys.argv[1], "ready"), "w").close()
    return False
com_server._nobody_comes = somebody
"""

FALLS_ILL = """
def pump():
    raise RuntimeError("in the file of Ann Other")
com_server._pump = pump
"""

STAYS = """
lifetime.FIRST = 600
real = com_server.unwatch
def ready():
    real()
    open(os.path.join(sys.argv[1], "ready"), "w").close()
    com_server.unwatch = real
com_server.unwatch = ready
"""

HANGS = r"""
import os, sys, time
from cyps_addin.windows import processes
server = processes.OneServer()
assert server.mine()
open(os.path.join(sys.argv[1], "ready"), "w").close()
end = time.monotonic() + 120
while not os.path.exists(os.path.join(sys.argv[1], "go")):
    assert time.monotonic() < end
    time.sleep(0.1)
"""

ASKS_IT_TO_END = """
import sys
from cyps_addin.windows import __main__ as program
program.STOP_SECONDS = 1
sys.exit(program.main(["--stop"]))
"""


@pytest.fixture
def alone(registered):
    """No server runs, before and after."""
    assert registered.until_gone(*SERVER) == []
    yield registered
    assert registered.until_gone(*SERVER) == []


def program(windows, name, text):
    path = windows.folder / name
    path.write_text(text, "utf-8")
    return (windows.python, windows.windows(path))


def served(windows, folder, changed):
    """A command for a server whose data folder is this."""
    text = SERVED.replace("CHANGED", changed)
    return (*program(windows, "served.py", text), windows.windows(folder))


def until(there, running):
    """Wait for a file that a program writes."""
    end = time.monotonic() + 120
    while not there.exists():
        assert not running.done(), running.result()
        assert time.monotonic() < end
        time.sleep(0.1)


def stop(windows):
    return windows.run(windows.python, "-m", "cyps_addin.windows", "--stop")


def test_a_server_that_nobody_takes_hold_of_ends_by_itself(alone, tmp_path):
    assert alone.run(*served(alone, tmp_path, NOBODY_COMES)) == (0, "")
    assert not list(tmp_path.glob("*.log*")) or not (tmp_path / "cyps_addin.log").read_text()


def test_one_that_is_about_to_end_stays_for_who_comes_at_that_moment(alone, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        server = pool.submit(alone.run, *served(alone, tmp_path, SOMEBODY_COMES))
        until(tmp_path / "ready", server)
        assert alone.script(PARALLEL, "1") == []
        assert server.result() == (0, "")


def test_one_that_falls_ill_says_so_in_the_log_and_nothing_else(alone, tmp_path):
    code, said = alone.run(*served(alone, tmp_path, FALLS_ILL))
    assert (code, said) == (1, "")
    told = (tmp_path / "cyps_addin.log").read_text("utf-8").strip()
    begins = "cyps-server --com ended by a fault of its own: RuntimeError, com_server.py line "
    assert told[20:].startswith(begins)
    assert "Ann" not in told


def test_one_that_is_asked_to_ends_although_it_is_held(alone, tmp_path):
    """As the installer asks while a script holds it; the script then finds the next one."""
    ready, go = tmp_path / "ready", tmp_path / "go"
    with ThreadPoolExecutor(1) as pool:
        held = program(alone, "held.py", HELD)
        holder = pool.submit(alone.run, *held, alone.windows(ready), alone.windows(go))
        until(ready, holder)
        assert stop(alone) == (0, "")
        go.write_text("")
        assert holder.result() == (0, "0\nlost\nOK\ndone\n")


def test_one_that_is_asked_to_before_anybody_came_ends(alone, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        server = pool.submit(alone.run, *served(alone, tmp_path, STAYS))
        until(tmp_path / "ready", server)
        assert stop(alone) == (0, "")
        assert server.result() == (0, "")


def test_where_none_runs_none_need_be_stopped(alone):
    assert stop(alone) == (0, "")


def test_who_asks_one_that_hangs_is_told_that_it_goes_on(alone, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        hangs = program(alone, "hangs.py", HANGS)
        server = pool.submit(alone.run, *hangs, alone.windows(tmp_path))
        until(tmp_path / "ready", server)
        told = alone.run(*program(alone, "asks.py", ASKS_IT_TO_END))
        (tmp_path / "go").write_text("")
        assert told == (1, "")
        assert server.result() == (0, "")


def test_only_a_window_that_is_there_is_held_on_to(alone):
    assert alone.script(ATTACHES) == [str([False] * 6), str([True] * 3), HERE]


def test_registration_is_taken_away_twice_without_a_word(alone):
    for _ in range(2):
        what = (alone.python, "-m", "cyps_addin.windows")
        assert alone.run(*what, "--unregister") == (0, "")
    assert alone.run(*what, "--register") == (0, "")
