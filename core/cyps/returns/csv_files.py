"""Rows of a CSV file, whatever program saved it."""

from __future__ import annotations

import csv
import gzip
import io
import zlib

from cyps.errors import CypsError

_LARGEST_UNPACKED = 500_000_000
"""Bytes that a .gz may unpack to."""


def csv_rows(file: str, content: bytes) -> list[list[str]]:
    r"""Give every row of a CSV file, blank ones too, so that row numbers stay true.

    Reads UTF-8 (with or without the mark that Excel writes) and, where that
    fails, Windows-1252, which older Excels write.

    Raises
    ------
    CypsError
        For another encoding, another separator, a broken quotation or a bad .gz.

    Examples
    --------
    >>> csv_rows("a.csv", b'code,name\nE06000001,"Hartlepool, Borough"\n')
    [['code', 'name'], ['E06000001', 'Hartlepool, Borough']]
    """
    if content[:2] == b"\x1f\x8b":
        content = _unpacked(file, content)
    text = _decoded(file, content)
    _check_separator(file, text)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise CypsError(
            f"{file}: this is not a well-formed CSV file ({error}). Look for a quotation mark "
            "that is not closed, or save it again as CSV UTF-8."
        ) from None


def _unpacked(file: str, content: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            unpacked = packed.read(_LARGEST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error):
        raise CypsError(f"{file}: the .gz file is damaged. Download it again.") from None
    if len(unpacked) > _LARGEST_UNPACKED:
        raise CypsError(
            f"{file}: unpacks to more than {_LARGEST_UNPACKED / 1e6:,.0f} MB, far more than any "
            "file of this kind. It is not read; check where it came from."
        )
    return unpacked


def _decoded(file: str, content: bytes) -> str:
    if content[:4] == b"PK\x03\x04":
        raise CypsError(
            f"{file}: this is an Excel workbook or a zip file under the name of a CSV file. "
            "Give it its right ending, .xlsx."
        )
    if content[:200].lstrip().lower().startswith((b"<html", b"<!doctype", b"<table")):
        raise CypsError(
            f"{file}: this is a web page under the name of a CSV file: perhaps a page that asks to "
            "sign in was saved. Download the file again, or save the table as CSV UTF-8."
        )
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content:
        raise CypsError(
            f"{file}: this is not text in UTF-8. In Excel choose Save As, CSV UTF-8 (not "
            "'Unicode text')."
        )
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CypsError(
        f"{file}: the characters are neither UTF-8 nor Windows-1252. Save it again as CSV UTF-8."
    )


def _check_separator(file: str, text: str) -> None:
    # A semicolon file usually has decimal commas too: 1,500 would be read as 1500.
    head = "\n".join(text.splitlines()[:20])
    if "," not in head:
        for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in head:
                raise CypsError(
                    f"{file}: the columns are separated by {name}, not commas. "
                    "Save it again as CSV UTF-8 (comma delimited)."
                )
