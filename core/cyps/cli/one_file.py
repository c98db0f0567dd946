"""One file that a command writes with --out: whole or not at all, and over nothing that counts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cyps.cli.folder import written_by_a_run
from cyps.errors import CypsError


def put_table(path: Path, content: bytes) -> None:
    """Write a CSV table beside its place, then into it.

    An earlier table of that name is replaced where it has the same columns, as it has when the
    command is run again. Any other file stays: nobody means to lose their baselines.

    Parameters
    ----------
    path : where to, a name that ends in .csv
    content : the table, its first line the names of the columns

    Raises
    ------
    CypsError
        When it would take the place of another file, or cannot be written; what is there stays
        as it was.
    """
    check_table_out(path)
    if path.exists() and _first_line(path) != content.partition(b"\n")[0].strip():
        raise CypsError(
            f"{path} is there already with other columns than this command writes, and would be "
            "lost. Nothing was written. Choose another name, or move it away."
        )
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).replace(path)
    except OSError as error:
        raise CypsError(
            f"{path} cannot be written ({error.strerror}). Close it in Excel, or choose another "
            "file with --out."
        ) from None
    finally:
        Path(beside).unlink(missing_ok=True)


def _first_line(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.readline().strip()
    except OSError:
        return b""


def check_table_out(path: Path | None, read: Iterable[Path | None] = ()) -> None:
    """Say why a CSV table may not be written there, before anything is worked out.

    Raises
    ------
    CypsError
        As `check_out`; and when the name does not end in .csv, for what it says it would not be.
    """
    check_out(path, read)
    if path is not None and path.suffix.lower() != ".csv":
        raise CypsError(f"{path.name} would be a table in CSV: give it a name that ends in .csv.")


def check_out(path: Path | None, read: Iterable[Path | None] = ()) -> None:
    """Say why a file may not be written there, before anything is worked out.

    Raises
    ------
    CypsError
        When it is a folder or in none, or one of the files `read`, or recorded by a run.
    """
    if path is None:
        return
    if path.is_dir():
        raise CypsError(f"{path} is a folder. Give the name of a file.")
    if not path.parent.is_dir():
        raise CypsError(f"There is no folder {path.parent} to write {path.name} into. Make it.")
    if not os.access(path.parent, os.W_OK):
        raise CypsError(f"Nothing can be written into {path.parent}. Choose another with --out.")
    if path.exists() and any(p is not None and p.exists() and p.samefile(path) for p in read):
        raise CypsError(
            f"{path} is a file that this command reads, and would be lost. Nothing was written. "
            "Choose another name."
        )
    if path.exists() and written_by_a_run(path):
        raise CypsError(
            f"{path} is one of the results of a run, which its record answers for. Nothing was "
            "written. Choose another name."
        )
