"""Make the installer from the frozen server: signed where a certificate is given, with hashes.

    uv run python build/windows/package.py dist/cyps-server --out dist
    uv run python build/windows/package.py dist/cyps-server --out dist \
        --certificate signing.pem --key signing.key [--timestamp URL]

Needs makensis, and osslsigncode to sign; both are in Debian. Without a certificate nothing is
signed, and it says so.
"""

from __future__ import annotations

import argparse
import hashlib
import shlex
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from cyps_addin.windows.registration import CLSID, NAME, PROGID
from cyps_addin.windows.selftest import FORBIDDEN

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]


def main() -> None:
    """Check the folder, sign, make the installer, write the hashes."""
    asked = _asked()
    if forbidden := held(asked.folder):
        sys.exit(f"{asked.folder} holds what must not be in it: {', '.join(forbidden)}.")
    signing = _signing(asked)
    for program in sorted(asked.folder.glob("*.exe")) if signing else ():
        sign(program, signing)
    asked.out.mkdir(parents=True, exist_ok=True)
    installer = asked.out / f"cyps-setup-{version('cyps')}.exe"
    make_installer(asked.folder, installer, signing)
    if signing:
        sign(installer, signing)
    handed_out = (installer, REPOSITORY / "addin/cyps.xlam", asked.folder / "cyps-server.exe")
    sums = [f"{_sha256(path)}  {path.name}" for path in handed_out]
    (asked.out / "SHA256SUMS").write_text("\n".join(sums) + "\n", "utf-8")
    print("\n".join([*sums, "signed" if signing else "NOT SIGNED: no certificate was given"]))


def held(folder: Path) -> list[str]:
    """Forbidden packages in a frozen folder: as files, and in the archive inside the program.

    PyInstaller keeps modules in the program as a list of names that is not compressed.
    """
    (program,) = [p for p in folder.glob("cyps-server*") if p.suffix in {"", ".exe"}]
    names = set(archived(program))
    for path in (folder / "_internal").rglob("*"):
        names.add(".".join(path.relative_to(folder / "_internal").parts))
    return [name for name in FORBIDDEN
            if any(n == name or n.startswith(f"{name}.") for n in names)]  # fmt: skip


def archived(program: Path) -> list[str]:
    """Names of the modules inside the program."""
    from PyInstaller.archive.readers import CArchiveReader

    archive = CArchiveReader(str(program))
    return list(archive.open_embedded_archive("PYZ.pyz").toc)


def make_installer(folder: Path, installer: Path, signing: list[str]) -> None:
    """Run makensis; the uninstaller that it makes inside is signed too."""
    given = {
        "VERSION": version("cyps"), "FOLDER": folder.resolve(), "OUT": installer.resolve(),
        "XLAM": REPOSITORY / "addin/cyps.xlam", "LICENCE": REPOSITORY / "LICENSE",
        "INTELLISENSE": REPOSITORY / "addin/generated/cyps.intellisense.xml",
        "PROGID": PROGID, "CLSID": CLSID, "NAME": NAME,
        "SIGN": shlex.join([sys.executable, str(Path(__file__)), "--sign", *signing, "--"])
        if signing else "",
    }  # fmt: skip
    command = ["makensis", "-V2", *(f"-D{name}={value}" for name, value in given.items())]
    subprocess.run([*command, str(HERE / "installer.nsi")], check=True)


def sign(program: Path, signing: list[str]) -> None:
    """Sign a program in place: beside it, then moved there."""
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        signed = Path(folder) / program.name
        subprocess.run(
            ["osslsigncode", "sign", "-h", "sha256", "-n", NAME, *signing,
             "-in", str(program), "-out", str(signed)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        signed.replace(program)


def _signing(asked: argparse.Namespace) -> list[str]:
    """What osslsigncode is told of the certificate; nothing where there is none."""
    if not asked.certificate:
        return []
    stamp = ["-ts", asked.timestamp] if asked.timestamp else []
    certificate, key = asked.certificate.resolve(), asked.key.resolve()
    return ["-certs", str(certificate), "-key", str(key), *stamp]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="the frozen server")
    parser.add_argument("--out", type=Path, required=True, help="where the installer goes")
    parser.add_argument("--certificate", type=Path, help="PEM with the signing certificate's chain")
    parser.add_argument("--key", type=Path, help="PEM with its key")
    parser.add_argument("--timestamp", help="address of a time-stamping service")
    asked = parser.parse_args()
    if bool(asked.certificate) != bool(asked.key):
        parser.error("--certificate and --key go together")
    return asked


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sign"]:  # makensis asks for its uninstaller
        sign(Path(sys.argv[-1]), sys.argv[2 : sys.argv.index("--")])
    else:
        main()
