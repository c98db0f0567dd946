"""Install, remove and inspect the extension for one user of LibreOffice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cyps.errors import CypsError
from cyps_addin.generators.oxt import IDENTIFIER, oxt_bytes

EXTENSION: Final = "cyps.oxt"
SETTINGS: Final = "cyps_addin.json"
"""In the folder `user` of the profile: which Python computes."""

_SECONDS: Final = 60
_WINDOWS: Final = r"C:\Program Files\LibreOffice\program\unopkg.com"
_MAC: Final = "/Applications/LibreOffice.app/Contents/MacOS/unopkg"


@dataclass(frozen=True, slots=True)
class Status:
    """How the extension stands: `lines` say it in words, `works` in one."""

    works: bool
    lines: tuple[str, ...]


def usual_profile() -> Path:
    """Where LibreOffice keeps this user's settings, if nobody moved it."""
    if sys.platform == "win32":
        return Path(os.environ["APPDATA"]) / "LibreOffice" / "4"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "LibreOffice" / "4"
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(config) / "libreoffice" / "4"


def install(profile: Path | None = None) -> str:
    """Install the extension, and note which Python computes: the one that runs now.

    Parameters
    ----------
    profile : folder of LibreOffice's settings; the user's own when it is None

    Returns
    -------
    What was done, in words.

    Raises
    ------
    CypsError
        When LibreOffice's `unopkg` is not found or refuses.
    """
    settings = _settings(profile)
    with tempfile.TemporaryDirectory(prefix="cyps_oxt_") as folder:
        extension = Path(folder) / EXTENSION
        extension.write_bytes(oxt_bytes())
        Path(folder).chmod(0o755)
        _unopkg(["add", "--force", str(extension)], profile)
    settings.parent.mkdir(parents=True, exist_ok=True)
    beside = settings.with_suffix(".new")
    beside.write_text(json.dumps({"python": sys.executable}) + "\n", encoding="utf-8")
    beside.replace(settings)
    return (
        f"Installed for {settings.parent}. Cells are computed by {sys.executable}. Start "
        "LibreOffice anew, then type =CYPS_VERSION() into a cell."
    )


def uninstall(profile: Path | None = None) -> str:
    """Remove the extension and its settings; the library of packs stays."""
    if not _installed(profile):
        raise CypsError("Not installed for this user, so there is nothing to remove.")
    _unopkg(["remove", IDENTIFIER], profile)
    _settings(profile).unlink(missing_ok=True)
    return "Removed from LibreOffice. Packs and settlements in the library stay where they are."


def status(profile: Path | None = None) -> Status:
    """Whether the extension is there, which Python computes, and whether that answers."""
    settings = _settings(profile)
    if not _installed(profile):
        return Status(False, ("Not installed. Run: cyps addin install --libreoffice",))
    lines = [f"Extension {IDENTIFIER} is installed in {settings.parent}."]
    try:
        python = str(json.loads(settings.read_text(encoding="utf-8"))["python"])
    except (OSError, ValueError, KeyError, TypeError):
        lines.append(f"{settings} does not say which Python computes. Install again.")
        return Status(False, tuple(lines))
    lines.append(f"Cells are computed by {python}.")
    try:
        version = _version_by(python)
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        lines.append("It does not answer: cyps was moved or removed there. Install again.")
        return Status(False, tuple(lines))
    return Status(True, (*lines, f"It answers: cyps {version}."))


def _version_by(python: str) -> str:
    """The version that a worker of that Python tells, asked as the extension asks."""
    asked = subprocess.run(  # noqa: S603 - the interpreter of the user's own settings
        [python, "-E", "-P", "-m", "cyps_addin.worker"],
        input='{"call": "CYPS_VERSION", "arguments": []}\n',
        capture_output=True, text=True, timeout=_SECONDS, check=True,
    )  # fmt: skip
    return str(json.loads(asked.stdout)["value"])


def _installed(profile: Path | None) -> bool:
    """Whether LibreOffice's own list has the extension; `unopkg` would wait for open windows."""
    listed = (profile or usual_profile()) / "user" / "uno_packages" / "cache" / "uno_packages.pmap"
    return listed.is_file() and IDENTIFIER.encode() in listed.read_bytes()


def _settings(profile: Path | None) -> Path:
    return (profile or usual_profile()) / "user" / SETTINGS


def _unopkg(arguments: list[str], profile: Path | None) -> str:
    program = shutil.which("unopkg") or next(
        (path for path in (_WINDOWS, _MAC) if Path(path).is_file()), None
    )
    if program is None:
        raise CypsError(
            "LibreOffice's program 'unopkg' was not found. Install LibreOffice, or put the folder "
            "of its programs on the PATH."
        )
    own = [] if profile is None else [f"-env:UserInstallation={profile.resolve().as_uri()}"]
    try:
        told = subprocess.run(  # noqa: S603 - LibreOffice's own program
            [program, *arguments, *own],
            capture_output=True, text=True, timeout=_SECONDS, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise CypsError(
            "LibreOffice's 'unopkg' did not end. Close every LibreOffice window and try again."
        ) from None
    if told.returncode:
        why = " ".join((told.stderr or told.stdout).split())[:300]
        raise CypsError(
            f"LibreOffice refused ({why or 'it did not say why'}). Close every LibreOffice window "
            "and try again; it does not let the administrator (root) do this."
        )
    return told.stdout
