"""Text that a person wrote in an editor: read, or said why not."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from cyps.errors import CypsError
from cyps.returns.sources import source_of


def text_of(path: Path, what: str) -> str:
    r"""Give the text of a file in UTF-8, with or without the mark that Windows writes before it.

    Parameters
    ----------
    path : the file
    what : what it should be, such as "scenario file"

    Raises
    ------
    CypsError
        When it is not there, is a folder, cannot be opened or holds no text in UTF-8.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "s.toml"
    ...     _ = file.write_bytes(b"\xef\xbb\xbfformat = 1\n")
    ...     text_of(file, "scenario file")
    'format = 1\n'
    """
    if not path.exists():
        raise CypsError(f"There is no {what} {path}. Check the name and the folder.")
    _, content = source_of(path)
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise CypsError(
            f"{path.name} is no {what}: it does not hold text in UTF-8. If it is one, save it anew "
            "in an editor with the encoding UTF-8; if not, give the right file."
        ) from None


def read_toml(path: Path, what: str, example: str = "") -> dict[str, Any]:
    """Give what a TOML file says; `example` ends the sentence where it is no TOML.

    Raises
    ------
    CypsError
        When it cannot be read (see `text_of`) or is not written in TOML, with line and column.
    """
    text = text_of(path, what)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CypsError(
            f"{path.name} is not written in TOML: {error}. {example}".rstrip()
        ) from None
    except RecursionError:
        raise CypsError(f"{path.name} is no {what}: its tables are nested without end.") from None
