"""Where a number came from: the file, and what it held to the last byte."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cyps.errors import CypsError

_LARGEST = 200_000_000
"""Bytes. The largest official file that these readers are for has some 5 million."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: its name (never the folder it lay in), size and SHA-256."""

    file: str
    bytes: int
    sha256: str


def source_of(path: Path) -> tuple[Source, bytes]:
    """Give a file's source record and its content.

    Raises
    ------
    CypsError
        When the file is not there, is a folder, is too large or cannot be opened.
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise CypsError(f"{path} is a folder. Give the file inside it.")
        if size > _LARGEST:
            raise CypsError(
                f"{path.name} has {size / 1e6:,.0f} MB; files up to {_LARGEST / 1e6:,.0f} MB can "
                "be read. Is it the right file?"
            )
        content = path.read_bytes()
    except FileNotFoundError:
        raise CypsError(f"There is no file {path}. Check the name and the folder.") from None
    except OSError as error:
        raise CypsError(
            f"{path} cannot be opened: {error.strerror}. Close it in other programs, and check "
            "that you may read it."
        ) from None
    return Source(path.name, len(content), hashlib.sha256(content).hexdigest()), content
