"""Where a number came from: the file, and what it held to the last byte."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cyps.errors import CypsError

_LARGEST = 200_000_000
"""Bytes. The largest official file that these readers are for has some 5 million."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: its name, size and SHA-256.

    Of the folder it lay in nothing is told but what tells it from another file of its name.
    """

    file: str
    bytes: int
    sha256: str


_NAMES: ContextVar[Mapping[Path, str]] = ContextVar("names", default=MappingProxyType({}))


@contextmanager
def told_apart(paths: Iterable[Path]) -> Iterator[None]:
    """While files are read: those of one name from several folders go by as much of their path.

    The rest of a path is never told: it is another on every machine.

    Parameters
    ----------
    paths : every file that is going to be read

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as here:
    ...     files = [Path(here) / year / "baseline.csv" for year in ("2025", "2026")]
    ...     for file in files:
    ...         file.parent.mkdir()
    ...         _ = file.write_text("")
    ...     with told_apart(files):
    ...         [source_of(file)[0].file for file in files]
    ['2025/baseline.csv', '2026/baseline.csv']
    """
    token = _NAMES.set(_names({path.resolve() for path in paths}))
    try:
        yield
    finally:
        _NAMES.reset(token)


def _names(paths: Collection[Path]) -> dict[Path, str]:
    by_name: dict[str, list[Path]] = {}
    for path in paths:
        by_name.setdefault(path.name, []).append(path)
    names: dict[Path, str] = {}
    for several in by_name.values():
        if len(several) > 1:
            above = _shared_folder(several)
            names |= {p: (p if above is None else p.relative_to(above)).as_posix() for p in several}
    return names


def _shared_folder(paths: Collection[Path]) -> Path | None:
    try:
        return Path(os.path.commonpath([path.parent for path in paths]))
    except ValueError:  # on several drives of Windows
        return None


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
    name = _NAMES.get().get(path.resolve(), path.name)
    return Source(name, len(content), hashlib.sha256(content).hexdigest()), content
