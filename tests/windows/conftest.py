"""One Windows for all tests here, made once a session (about a minute)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from windows.host import ON_WINDOWS, REPOSITORY, Native, Wine, build_wheel, windows_missing


@pytest.fixture(scope="session")
def windows(tmp_path_factory):
    """A Windows with our package in its Python.

    CYPS_WINE names a folder to keep between sessions, to save the minute while developing.
    """
    if why := windows_missing():
        pytest.skip(why)
    if ON_WINDOWS:
        yield Native(tmp_path_factory.mktemp("windows"))
        return
    kept = os.environ.get("CYPS_WINE")
    host = Wine(Path(kept) if kept else tmp_path_factory.mktemp("wine"))
    host.install(build_wheel(tmp_path_factory.mktemp("wheel")))
    try:
        yield host
    finally:
        host.close()


@pytest.fixture(scope="module")
def registered(windows):
    """The server registered from source for this user; the installer's tests begin without."""
    code, said = windows.run(windows.python, "-m", "cyps_addin.windows", "--register")
    assert code == 0, said
    windows.see_this_user_s_classes(True)
    yield windows
    windows.see_this_user_s_classes(False)
    windows.run(windows.python, "-m", "cyps_addin.windows", "--unregister")


@pytest.fixture(scope="session")
def frozen(windows, tmp_path_factory):
    """The frozen server of this checkout, made by PyInstaller on that Windows."""
    folder = tmp_path_factory.mktemp("frozen")
    spec = REPOSITORY / "build/windows/cyps_server.spec"
    code, said = windows.run(
        windows.python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN",
        "--distpath", windows.windows(folder), "--workpath", windows.windows(folder / "work"),
        windows.windows(spec), seconds=580,
    )  # fmt: skip
    assert code == 0, said
    return folder / "cyps-server"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A signing certificate made on the fly, its key, and the authority that nobody trusts."""
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "extensions").write_text(
        "extendedKeyUsage=codeSigning\nkeyUsage=digitalSignature\nbasicConstraints=CA:FALSE\n"
    )
    for command in (
        "req -x509 -newkey rsa:3072 -sha256 -days 2 -nodes -keyout ca.key -out ca.pem "
        "-subj /CN=TEST-AUTHORITY -addext keyUsage=keyCertSign",
        "req -newkey rsa:3072 -sha256 -nodes -keyout own.key -out own.csr -subj /CN=TEST-SIGNER",
        "x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -sha256 "
        "-extfile extensions -out own.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def installer(frozen, certificate, tmp_path_factory):
    """The signed installer made of the frozen server."""
    if missing := [name for name in ("makensis", "osslsigncode") if not shutil.which(name)]:
        pytest.skip(f"{' and '.join(missing)} missing: apt-get install nsis osslsigncode")
    out = tmp_path_factory.mktemp("installer")
    subprocess.run(
        [sys.executable, REPOSITORY / "build/windows/package.py", frozen, "--out", out,
         "--certificate", certificate / "own.pem", "--key", certificate / "own.key"],
        check=True,
    )  # fmt: skip
    (made,) = out.glob("cyps-setup-*.exe")
    return made
