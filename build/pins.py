"""Keep the pins in pyproject.toml: every package, transitive ones too, at one version.

    uv run python build/pins.py renew   resolve anew and write the pins
    uv run python build/pins.py check   fail unless the pins are complete and used

Pins are names and versions without download addresses; uv.lock, which holds
addresses, is made on each machine from these pins and is ignored by git.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
EXPORT = (
    "uv export --quiet --format requirements.txt --no-hashes --no-header --no-annotate "
    "--no-emit-project --all-extras --all-groups"
)
COMPILE = "uv pip compile --quiet --no-header --no-annotate --universal --python-version 3.11 -"


def resolved(pyproject: str) -> list[str]:
    """`name==version` of everything that this pyproject installs, on any platform."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_text(pyproject, encoding="utf-8")
        (Path(folder) / "README.md").touch()
        (Path(folder) / "LICENSE").touch()
        return _names_and_versions(_run(EXPORT.split(), cwd=folder))


def resolved_build(pyproject: str, pins: list[str]) -> list[str]:
    """The same for what builds the package, and those that come as source alone."""
    wanted = [*tomllib.loads(pyproject)["build-system"]["requires"], *_BUILDS_SOURCE, *pins]
    return _names_and_versions(_run(COMPILE.split(), text="\n".join(wanted)))


def _run(command: list[str], cwd: str | None = None, text: str | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def _names_and_versions(exported: str) -> list[str]:
    """One pin a package; where versions differ by Python or platform, each with its marker."""
    lines = [line.strip() for line in exported.splitlines() if "==" in line.split(";")[0]]
    versions: dict[str, set[str]] = {}
    for line in lines:
        pin = line.split(";")[0].strip()
        versions.setdefault(pin.split("==")[0], set()).add(pin)
    pins = set()
    for line in lines:
        pin, _, marker = (part.strip() for part in line.partition(";"))
        alone = len(versions[pin.split("==")[0]]) == 1
        pins.add(pin if alone else f"{pin} ; {marker}")
    return sorted(pins)


def with_pins(pyproject: str, key: str, pins: list[str]) -> str:
    """The text of pyproject.toml with the list under `key` replaced."""
    lines = "".join(f'    "{pin}",\n' for pin in pins)
    text, found = re.subn(
        rf"^{key} = \[\n.*?^\]\n", f"{key} = [\n{lines}]\n", pyproject, count=1, flags=re.M | re.S
    )
    if not found:
        sys.exit(f"pyproject.toml has no list '{key}' to write to.")
    return text


def renew() -> None:
    """Resolve without pins and write what was found."""
    text = PYPROJECT.read_text(encoding="utf-8")
    free = with_pins(with_pins(text, "constraint-dependencies", []), _BUILD, [])
    text = with_pins(text, "constraint-dependencies", resolved(free))
    text = with_pins(text, _BUILD, resolved_build(free, []))
    PYPROJECT.write_text(text, encoding="utf-8")


def check() -> None:
    """Resolve with the pins: the result must be exactly the pins."""
    text = PYPROJECT.read_text(encoding="utf-8")
    uv = tomllib.loads(text)["tool"]["uv"]
    pairs = (
        (uv["constraint-dependencies"], resolved(text)),
        (uv[_BUILD], resolved_build(text, uv[_BUILD])),
    )
    for pinned, needed in pairs:
        if wrong := sorted(set(pinned) ^ set(needed)):
            sys.exit(
                f"The pins are not what is installed; they differ in: {', '.join(wrong)}. "
                "Renew them: uv run python build/pins.py renew"
            )
    print(f"{sum(len(pinned) for pinned, _ in pairs)} pins, complete and current")


_BUILDS_SOURCE = ("setuptools",)  # pyspark
_BUILD = "build-constraint-dependencies"

if __name__ == "__main__":
    {"renew": renew, "check": check}[sys.argv[1]]()
