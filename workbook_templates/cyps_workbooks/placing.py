"""A finished workbook, put in its place whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from cyps.errors import CypsError


def put_beside(content: bytes, path: Path) -> None:
    """Write a workbook where none is: whole, or not at all; never over another.

    Raises
    ------
    CypsError
        When something is there already, or the folder cannot be written to.
    """
    if path.exists():
        raise CypsError(f"{path} is there already, and nothing is written over. Choose another.")
    put_in_place(content, path)


def lock_files(path: Path) -> tuple[Path, Path]:
    """What Excel and LibreOffice leave beside a workbook while they have it open."""
    return path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")


def put_in_place(content: bytes, path: Path) -> None:
    """Write a workbook beside its place, then replace what is there.

    Raises
    ------
    CypsError
        When the file is open elsewhere or cannot be written; the old one stays as it was.
    """
    for lock in lock_files(path):
        if lock.exists():
            raise CypsError(
                f"{path} seems to be open: {lock.name} lies beside it. Close the workbook and run "
                f"again; if it is not open anywhere, delete {lock.name}. Nothing was changed."
            )
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # on the disk before it takes the old one's place
        beside.replace(path)
    except OSError as error:
        raise CypsError(
            f"{path} could not be written ({error.strerror or error}). If it is open in Excel, "
            "close it and run again; otherwise choose a folder that exists and that you may write "
            "to. The old file, if there was one, is as it was."
        ) from error
    finally:
        if beside.exists():
            beside.unlink()
