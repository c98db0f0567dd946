"""Reading a workbook's own parts: cached cells, named cells, columns by header."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import python_calamine
from defusedxml import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def grids(path: Path) -> dict[str, list[list[object]]]:
    """Cached values of every sheet from A1 on."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    return {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in book.sheet_names
    }


def named_places(path: Path) -> dict[str, tuple[str, str]]:
    """(sheet, range without dollars) of every defined name that a person may use."""
    with zipfile.ZipFile(path) as parts:
        book = ElementTree.fromstring(parts.read("xl/workbook.xml"))
    found = {}
    for node in book.iter(f"{MAIN}definedName"):
        if not node.get("name").startswith("_xlnm"):
            sheet, area = node.text.replace("$", "").rsplit("!", 1)
            found[node.get("name")] = (sheet.strip("'"), area)
    return found


@dataclass(frozen=True)
class Corner:
    """A range's first cell and its size, zero-based."""

    row: int
    col: int
    rows: int
    cols: int


def corner(area: str) -> Corner:
    """`D13:D165` as numbers."""
    ends = [re.fullmatch(r"([A-Z]+)(\d+)", end).groups() for end in area.split(":")]
    numbers = [(int(row) - 1, _column(letters)) for letters, row in ends]
    (top, left), (bottom, right) = numbers[0], numbers[-1]
    return Corner(top, left, bottom - top + 1, right - left + 1)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column(grid: list[list[object]], header: str, authorities: int) -> list[object]:
    """The authorities' cells under a header of row 12."""
    col = list(grid[11]).index(header)
    return [grid[12 + i][col] for i in range(authorities)]


def difference(one, other) -> float:
    """Largest difference of two columns, relative to the column's largest value.

    Blanks must stand in the same places, and text must be the same.
    """
    assert len(one) == len(other)
    numbers = []
    for a, b in zip(one, other, strict=True):
        if isinstance(a, int | float | np.number) and isinstance(b, int | float | np.number):
            numbers.append((float(a), float(b)))
        else:
            assert (a or "") == (b or ""), f"{a!r} is not {b!r}"
    if not numbers:
        return 0.0
    pairs = np.array(numbers)
    largest = np.abs(pairs).max()
    return float(np.abs(pairs[:, 0] - pairs[:, 1]).max() / largest) if largest else 0.0
