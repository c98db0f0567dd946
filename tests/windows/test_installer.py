"""The frozen server and its installer: signed, installed, called, upgraded and removed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cyps_addin.windows.registration import CLSID, PROGID, keys
from cyps_addin.windows.selftest import FORBIDDEN
from windows.clients import HELD, LIFE, RAW
from windows.host import REPOSITORY
from windows.test_com_server import assert_actions_are_served, assert_vbscript_is_served

pytestmark = [pytest.mark.wine, pytest.mark.slow]

EXCEL = r"HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Excel\Options"
SERVER = ("cyps-server",)


def test_the_frozen_server_computes_and_holds_nothing_heavy(windows, frozen, tmp_path):
    said = tmp_path / "selftest.txt"
    code, _ = windows.run(frozen / "cyps-server.exe", "--selftest", windows.windows(said))
    assert (code, said.read_text()) == (0, "All is well.\n")
    sys.path.insert(0, str(REPOSITORY / "build/windows"))
    try:
        import package
    finally:
        sys.path.pop(0)
    assert package.held(frozen) == []
    names = package.archived(frozen / "cyps-server.exe")
    assert {"cyps_addin.windows.com_server", "numpy"} <= set(names)
    assert not [n for n in names if n.startswith(tuple(f"{f}." for f in FORBIDDEN))]
    size = sum(path.stat().st_size for path in frozen.rglob("*") if path.is_file())
    assert size < 110e6


def test_what_is_signed_is_known_to_be_whole(installer, certificate, frozen, tmp_path):
    broken = tmp_path / "broken.exe"
    content = bytearray(installer.read_bytes())
    content[len(content) // 2] ^= 1
    broken.write_bytes(content)
    assert verified(installer, certificate)
    assert verified(frozen / "cyps-server.exe", certificate)
    assert not verified(broken, certificate)


def verified(program, certificate):
    ran = subprocess.run(
        ["osslsigncode", "verify", "-CAfile", certificate / "ca.pem", "-in", program],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ran.returncode == 0


@pytest.fixture
def others(windows):
    """An Excel that has two add-ins of other people, and the list of programs that Windows has."""
    # A new Wine lacks the list and the classes; a user of Windows has both, and they stay.
    for kept in (r"Microsoft\Windows\CurrentVersion\Uninstall", r"Classes\CLSID"):
        windows.run("reg", "add", rf"HKCU\Software\{kept}", "/f")
    key = EXCEL.replace("HKEY_CURRENT_USER", "HKCU")
    for name, value in (("OPEN", "first.xlam"), ("OPEN1", "second.xlam")):
        windows.run("reg", "add", key, "/v", name, "/d", value, "/f")
    yield
    windows.run("reg", "delete", key, "/f")


def added(before, after):
    return {name: value for name, value in after.items() if before.get(name) != value}


@pytest.mark.usefixtures("others")
def test_installs_calls_upgrades_and_leaves_nothing(windows, installer, tmp_path):
    before = windows.hkcu()
    code, said = windows.run(installer, "/S")
    assert code == 0, said
    installed = windows.hkcu()
    folder = windows.local(windows.value(installed, "CYPS", "InstallLocation"))
    assert {p.name for p in folder.iterdir()} == {
        "_internal", "cyps-server.exe", "cyps.xlam", "cyps.intellisense.xml", "LICENCE.txt",
        "uninstall.exe",
    }  # fmt: skip
    assert (folder / "cyps.xlam").read_bytes() == (REPOSITORY / "addin/cyps.xlam").read_bytes()
    told = windows.value(installed, "CYPS", "InstallLocation")
    for key, value in keys(f'"{told}\\cyps-server.exe" --com'):
        assert windows.value(installed, key, "@") == value
    assert windows.value(installed, EXCEL, "OPEN2") == f'"{told}\\cyps.xlam"'
    ours = ("CYPS", PROGID, CLSID, EXCEL)
    assert [n for n in added(before, installed) if not any(part in n for part in ours)] == []

    windows.see_this_user_s_classes(True)
    assert_vbscript_is_served(windows)
    assert_actions_are_served(windows)
    assert json.loads(windows.script(RAW)[0])[0] == ["OK", [[2.0], [1.0], [3.0]]]
    windows.script(LIFE, "20")
    assert windows.until_gone(*SERVER) == []

    stale = folder / "_internal" / "of_the_old_version.txt"
    stale.write_text("old")
    upgraded_while_held(windows, installer, tmp_path)
    assert not stale.exists()
    assert added(installed, windows.hkcu()) == {}
    assert_vbscript_is_served(windows)
    windows.see_this_user_s_classes(False)

    windows.run("reg", "add", EXCEL.replace("HKEY_CURRENT_USER", "HKCU"), "/v", "OPEN3", "/d",
                "third.xlam", "/f")  # fmt: skip
    code, said = windows.run(folder / "uninstall.exe", "/S", "/ALL")
    end = time.monotonic() + 60  # it goes on in a copy of itself, which no longer holds the folder
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.2)
    assert not folder.exists()
    assert windows.until_gone(*SERVER) == []
    left = windows.hkcu()
    assert windows.value(left, EXCEL, "OPEN2") == "third.xlam"
    expected = before | {f'{EXCEL} "OPEN2"': '"third.xlam"'}
    assert added(expected, left) == {}
    assert added(left, expected) == {}


def upgraded_while_held(windows, installer, folder):
    """A script holds the old server: it ends by itself, and the script finds the new one."""
    path, ready, go = windows.folder / "held.py", folder / "ready", folder / "go"
    path.write_text(HELD)
    told = [windows.windows(each) for each in (path, ready, go)]
    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(windows.run, windows.python, *told)
        end = time.monotonic() + 120
        while not ready.exists():
            assert not holder.done(), holder.result()
            assert time.monotonic() < end
            time.sleep(0.1)
        code, said = windows.run(installer, "/S")
        go.write_text("")
        assert code == 0, said
        assert holder.result() == (0, "0\nlost\nOK\ndone\n")


def test_an_open_add_in_is_not_half_replaced(windows, installer, tmp_path):
    """A folder in the add-in's place cannot be opened for writing, as while Excel has it open."""
    (tmp_path / "CYPS" / "cyps.xlam").mkdir(parents=True)
    code, _ = windows.run(installer, "/S", f"/D={windows.windows(tmp_path / 'CYPS')}")
    assert code == 2
    assert [path.name for path in (tmp_path / "CYPS").iterdir()] == ["cyps.xlam"]
