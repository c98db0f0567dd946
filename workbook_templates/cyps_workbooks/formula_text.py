"""A formula as text: whole, pointing inside the book, and of functions that Excel knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONGEST_FORMULA = 8192
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384

CLASSIC = frozenset(
    re.findall(
        r"\w+",
        "ABS AND AVERAGE CEILING CHAR CHOOSE COLUMN COLUMNS CONCATENATE COUNT COUNTA COUNTBLANK "
        "COUNTIF COUNTIFS DATE EXACT EXP FALSE FIND FIXED FLOOR HLOOKUP IF IFERROR INDEX INT "
        "ISBLANK ISERROR ISNA ISNUMBER ISTEXT LARGE LEFT LEN LN LOG LOOKUP LOWER MATCH MAX MEDIAN "
        "MID MIN MOD N NA NOT OR POWER PRODUCT RANK RIGHT ROUND ROUNDDOWN ROUNDUP ROW ROWS SEARCH "
        "SIGN SMALL SQRT SUBSTITUTE SUBTOTAL SUM SUMIF SUMIFS SUMPRODUCT T TEXT TRANSPOSE TRIM "
        "TRUE TRUNC UPPER VALUE VLOOKUP",
    )
)
"""Functions of Excel 2007 that every engine knows; a later one is not for the numbers' path."""

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")"""
    r"""|(?P<sheet>(?:'(?:[^']|'')+'|[A-Za-z_][\w.]*)!)"""
    r"""|(?P<function>[A-Za-z_][\w.]*)(?=\()"""
    r"""|(?P<reference>\$?[A-Za-z]{1,3}\$?\d+(?![\w.(]))"""
    r"""|(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)"""
    r"""|(?P<error>\#[A-Z0-9/]+[!?]?)"""
    r"""|(?P<name>[A-Za-z_\\][\w.\\]*)"""
    r"""|(?P<mark>[()+\-*/^&=<>,:%;{}\[\]@])"""
    r"""|(?P<space>\s+)"""
)


@dataclass(frozen=True, slots=True)
class Book:
    """What a formula may speak of: sheets by lower-case name with their size, names, tables."""

    sheets: Mapping[str, str]
    names: frozenset[str]


def faults(formula: str, book: Book) -> Iterator[str]:
    """What is wrong with a formula (without its leading =), in words.

    Examples
    --------
    >>> book = Book({"inputs": "Inputs"}, frozenset({"in_pot"}))
    >>> list(faults("SUM(Inputs!$A$1:A5)*in_pot", book))
    []
    >>> list(faults("SUM(A1:A5))", book))
    ['a bracket closes that was never opened']
    >>> list(faults("XLOOKUP(1,A1:A2,B1:B2)", book))
    ['XLOOKUP is a later function: it needs the prefix _xlfn. and has no place here']
    """
    if len(formula) > LONGEST_FORMULA:
        yield f"it is {len(formula):,} characters long, more than {LONGEST_FORMULA:,}"
    depth = position = 0
    while position < len(formula):
        token = _TOKEN.match(formula, position)
        if token is None:
            yield f"it cannot be read from '{formula[position : position + 20]}' on"
            return
        position = token.end()
        words = token.group()
        depth += {"(": 1, ")": -1}.get(words, 0)
        if depth < 0:
            yield "a bracket closes that was never opened"
            return
        yield from _about(token.lastgroup or "", words, book)
    if depth:
        yield "a bracket is never closed"


def _about(kind: str, words: str, book: Book) -> Iterator[str]:
    if kind == "function" and words.upper() not in CLASSIC:
        if words.lower().startswith(("_xlfn.", "_xlws.", "_xlpm.")):
            yield f"{words} is a later function: it has no place in the numbers' path"
        else:
            yield (f"{words} is a later function: it needs the prefix _xlfn. and has no place here")
    elif kind == "sheet":
        name = words[:-1].strip("'").replace("''", "'")
        if name.lower() not in book.sheets:
            yield f"it speaks of the sheet '{name}', which is not there"
    elif kind == "reference" and not inside(words):
        yield f"it points to {words}, which is outside a sheet"
    elif kind == "error":
        yield f"it holds the error {words}"
    elif kind == "name" and words.lower() not in book.names | {"true", "false"}:
        yield f"it speaks of the name {words}, which is not defined"


def inside(reference: str) -> bool:
    """Whether a cell's address exists on a sheet.

    Examples
    --------
    >>> inside("$XFD$1048576"), inside("XFE1"), inside("A0")
    (True, False, False)
    """
    found = re.fullmatch(r"\$?([A-Za-z]{1,3})\$?(\d+)", reference)
    if found is None:
        return False
    return column_number(found[1]) <= LAST_COLUMN and 1 <= int(found[2]) <= LAST_ROW


def column_number(letters: str) -> int:
    """A column's number, 1 for A."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
