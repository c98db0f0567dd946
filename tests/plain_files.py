"""Plain input files of a small made-up country: all 153 authorities, round numbers."""

import csv
import gzip
from pathlib import Path

import xlsxwriter

from cyps.geography import authorities

AUTHORITIES = authorities(2025)
SPEND = [["service_area", "spend"], *([n, 100 * n] for n in range(1, 8))]


def use_rows():
    rows = [["code", "name", "CIN", "CARE", "CEASED"]]
    for i, a in enumerate(AUTHORITIES):
        rows.append([a.code, a.name, 1000 + 7 * i, 200 + (3 * i) % 50, 100 + i % 9])
    return rows


def amount_rows(column, number):
    return [["code", column], *([a.code, number(i)] for i, a in enumerate(AUTHORITIES))]


def baseline_rows():
    return amount_rows("baseline", lambda i: 1_000_000 + 5000 * i)


def area_cost_rows():
    return amount_rows("area_cost", lambda i: 1 + (i % 20) / 100)


def population_rows():
    return amount_rows("population", lambda i: 10_000 + 100 * i)


def write_csv(path: Path, rows, *, encoding="utf-8") -> Path:
    opened = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "wt", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def write_xlsx(path: Path, rows, *, above=(), sheet="Data", first_sheet=None) -> Path:
    with xlsxwriter.Workbook(path) as book:
        if first_sheet is not None:
            book.add_worksheet("About").write_column(0, 0, first_sheet)
        page = book.add_worksheet(sheet)
        for r, row in enumerate([*above, *rows]):
            page.write_row(r, 0, row)
    return path


def changed(rows, code, column, value):
    """The same rows with one cell changed."""
    at = rows[0].index(column)
    return [
        [value if i == at and row[0] == code else cell for i, cell in enumerate(row)]
        for row in rows
    ]


def without(rows, *codes):
    return [row for row in rows if row[0] not in codes]
