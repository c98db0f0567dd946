"""Text that a person wrote in an editor: read, or said why not."""

from __future__ import annotations

import re
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
        raise CypsError(f"{not_toml(path.name, text, error)} {example}".rstrip()) from None
    except RecursionError:
        raise CypsError(f"{path.name} is no {what}: its tables are nested without end.") from None


def not_toml(name: str, text: str, error: tomllib.TOMLDecodeError) -> str:
    """Where a text is no TOML, with what people mostly mean by such a line.

    Examples
    --------
    >>> import tomllib
    >>> try:
    ...     tomllib.loads("pot = 8,000,000,000")
    ... except tomllib.TOMLDecodeError as error:
    ...     not_toml("s.toml", "pot = 8,000,000,000", error)
    's.toml is not written in TOML: line 1. Write a number without commas, such as 8_000_000_000.'
    """
    found = re.search(r"\(at line (\d+), column \d+\)", str(error))
    lines = text.splitlines()
    if found is not None and int(found[1]) <= len(lines):
        line = lines[int(found[1]) - 1]
        for form, advice in _MEANT:
            if re.search(form, line):
                return f"{name} is not written in TOML: line {found[1]}. {advice}"
    return f"{name} is not written in TOML: {error}."


_MEANT = (
    (
        "[=\\[,]\\s*[\u201c\u201d\u2018\u2019]",
        "Quotes have to be straight, \" or '. Spreadsheets and Word make curly ones of them.",
    ),
    (r'"[^"]*\\[^"]*"', "In a path write / in place of \\, or put the path in single quotes."),
    ("=\\s*\u00a3", "Write pounds without the \u00a3 sign, such as 8_000_000_000."),
    (r"=\s*[-+]?[\d.]+\s*%", "Write a percentage as a fraction, such as -0.05 for -5%."),
    (r"=\s*(?!(true|false|inf|nan)\b)[A-Za-z]", 'Text has to stand in quotes, such as "floor".'),
    (r"=\s*[-+]?\d{1,3}(,\d{3})+", "Write a number without commas, such as 8_000_000_000."),
)
"""Slips that the parser's own words do not name: how each looks, and what to write."""
