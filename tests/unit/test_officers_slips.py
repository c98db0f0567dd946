"""Slips in the files of `cyps settle` under time pressure: a sentence each, or the right result."""

from __future__ import annotations

import datetime

import pytest
import xlsxwriter
from click.testing import CliRunner

from cyps.cli import main
from plain_files import AUTHORITIES, SPEND, baseline_rows, use_rows, write_csv

BASELINE = baseline_rows()
CODES = [row[0] for row in BASELINE[1:]]


@pytest.fixture
def told(tmp_path):
    """What is said when a file stands in for the baseline; all else is good."""
    write_csv(tmp_path / "use.csv", use_rows())
    write_csv(tmp_path / "spend.csv", SPEND)

    def _told(path, *more):
        args = ["settle", "--use", tmp_path / "use.csv", "--spend", tmp_path / "spend.csv"]
        args += ["--baseline", path, "--pot", "220,000,000", "--floor", "-5%"]
        args += ["--out", tmp_path / "out", "--no-workbook", *more]
        done = CliRunner().invoke(main, [str(arg) for arg in args], env={"COLUMNS": "100"})
        return done.exit_code, " ".join((done.stderr or done.stdout).split())

    return _told


def with_first(value):
    return [BASELINE[0], [CODES[0], value], *BASELINE[2:]]


def with_first_code(code):
    return [BASELINE[0], [code, 5], *BASELINE[2:]]


def text_of(rows, separator=","):
    return "".join(separator.join(map(str, row)) + "\r\n" for row in rows)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        # the whole column is another
        (
            [["name", "code", "baseline"], *([c, "x", 5] for c in CODES)],
            "b.csv, column 'code': 153 of 153 rows have no code of an authority in 2025, the first "
            "of them row 2 ('x'). Codes stand under 'name': mend the headings.",
        ),
        (
            [["code", "baseline"], *([a.dfe_code, 5] for a in AUTHORITIES)],
            "the first of them row 2 ('805'). It is a DfE code; use the GSS code, E06000001 for",
        ),
        (
            [["code", "baseline"], *([f"{a.code} - {a.name}", 5] for a in AUTHORITIES)],
            "row 2 ('E06000001 - Hartlepool'). Only the code may stand there: E06000001.",
        ),
        (
            [["code", "baseline"], *([f"'{c}", 5] for c in CODES)],
            "row 2 (''E06000001'). Only the code may stand there: E06000001.",
        ),
        # rows that are no authority's
        ([*BASELINE, ["England", 5]], "row 155, column 'code': 'England' is not the code of an "
         "authority in 2025. A GSS code is E and eight digits, such as E06000001. If the row is a "
         "total, a note or a second heading, take it out."),
        ([*BASELINE, [], ["Source: our ledger"]], "row 156, column 'code': 'Source: our"),
        ([BASELINE[0], ["GSS", "pounds"], *BASELINE[1:]], "row 2, column 'code': 'GSS' is not the"),
        ([*BASELINE, ["W06000001", 5]], "It is a code of Wales, Scotland or Northern"),
        (with_first_code("EO6000001"), "With digits in place of letters it is Hartlepool "
         "(E06000001): mend it."),
        (with_first_code("E06OOOOOl"), "it is Hartlepool (E06000001): mend it."),
        # two years of rows
        (
            [["year", "code", "baseline"], *([y, c, 5] for y in (2024, 2025) for c in CODES)],
            "b.csv: 153 rows are of authorities that have a row before, the first of them row 155 "
            "(Hartlepool (E06000001), after row 2). Each authority needs one row. Column 'year' "
            "has 2024, 2025: keep the rows of one year.",
        ),
        ([*BASELINE, *BASELINE[1:]], "153 rows are of authorities that have a row before, the "
         "first of them row 155 (Hartlepool (E06000001), after row 2). Each authority needs one "
         "row. Remove the others."),
        # numbers
        (with_first("1.2m"), "'1.2m' is cut short. Write it in full: 1,200,000."),
        (with_first("£1,234k"), "'£1,234k' is cut short. Write it in full: 1,234,000."),
        (with_first("-1.2m"), "'-1.2m' is cut short. Write it in full: -1,200,000."),
        (with_first("-"), "'-' may be 0 or not known. Type 0 if you mean it."),
        (with_first("\u2013"), "'\u2013' may be 0 or not known."),
        (with_first("#REF!"), "'#REF!' is the error of a formula. Mend the formula"),
        (with_first("5%"), "percentage where an amount is needed; as a number it is 0.05."),
        (with_first("x%"), "'x%' is a percentage where an amount is needed."),
        # another table
        (
            [["authority", "baseline"], *([a.name, 5] for a in AUTHORITIES)],
            "or 'ons_code'. The first row of a table has 'authority', 'baseline'.",
        ),
        ([*BASELINE[:2], [*BASELINE[2], "note"]], "row 3: the row has more cells than there are "
         "columns. A number with a comma in it needs quotes around it, or no comma; a column with "
         "a note needs a name."),
    ],
)  # fmt: skip
def test_a_slip_in_a_table_is_one_sentence(tmp_path, told, rows, says):
    code, words = told(write_csv(tmp_path / "b.csv", rows))
    assert code == 2
    assert says in words
    assert "problems in the files" not in words or len(rows) >= len(BASELINE)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("b.xlsx", text_of(BASELINE).encode(), "b.xlsx: this is text under the name of a workbook. "
         "If it is a CSV file, give it its right ending, .csv."),
        ("b.xlsx", b"\xef\xbb\xbf\r\n<HTML><table>", "b.xlsx: this is a web page under the name"),
        ("b.csv", b"<!DOCTYPE html><html>Sign in", "b.csv: this is a web page under the name of a "
         "CSV file: perhaps a page that asks to sign in was saved."),
        ("~$b.xlsx", b"\x05Jane" + b" " * 40, "Excel leaves beside a workbook that is open, and no "
         "workbook. Give b.xlsx."),
        ("b.csv", text_of(BASELINE, "|").encode(), "columns are separated by bars, not commas."),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_told(tmp_path, told, name, content, says):
    (tmp_path / name).write_bytes(content)
    code, words = told(tmp_path / name)
    assert code == 2
    assert says in words


def workbook(path, *sheets):
    """Sheets of name, rows and whether they are hidden."""
    with xlsxwriter.Workbook(path) as book:
        for name, rows, hidden in sheets:
            page = book.add_worksheet(name)
            for r, row in enumerate(rows):
                page.write_row(r, 0, row)
            if hidden:
                page.hide()
            else:
                page.activate()
    return path


def test_of_two_sheets_with_the_same_columns_none_is_chosen(tmp_path, told):
    path = workbook(tmp_path / "b.xlsx", ("2024-25", BASELINE, False), ("2025-26", BASELINE, False))
    code, words = told(path)
    assert code == 2
    assert (
        "b.xlsx: sheets '2024-25' and '2025-26' both hold a table with the columns 'code', "
        "'baseline', and it is not for the tool to choose. Hide or delete the one that is not "
        "meant; hidden sheets are not read."
    ) in words


@pytest.mark.parametrize(
    "other",
    [
        ("2025-26", BASELINE, True),
        ("2025-26", BASELINE[:1], False),
        ("Names", [["code", "name"], *([a.code, a.name] for a in AUTHORITIES)], False),
    ],
)
def test_the_sheet_that_was_read_is_named(tmp_path, told, other):
    path = workbook(tmp_path / "b.xlsx", ("2024-25", BASELINE, False), other)
    code, words = told(path)
    assert code == 0
    assert "Baseline: column 'baseline' of b.xlsx, sheet '2024-25', from 1,000,000" in words


def test_a_table_that_is_only_on_a_hidden_sheet_is_told(tmp_path, told):
    path = workbook(
        tmp_path / "b.xlsx", ("Read me", [["see", "Data"]], False), ("Data", BASELINE, True)
    )
    code, words = told(path)
    assert code == 2
    assert "The first row of a table has 'see', 'Data'. Hidden sheets ('Data') are not" in words


def test_formulas_that_were_never_computed_are_doubted(tmp_path, told):
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as book:  # writes 0 as the value of a formula
        page = book.add_worksheet("Data")
        page.write_row(0, 0, BASELINE[0])
        for r, code in enumerate(CODES, start=1):
            page.write(r, 0, code)
            page.write_formula(r, 1, "=2*500000")
    code, words = told(path)
    assert code == 0
    assert (
        "Look at this first - Every baseline is 0, so that no limit holds and there is no change "
        "to tell. Were the file's formulas computed? Open it in Excel, save it"
    ) in words


def test_a_date_in_place_of_a_number_is_shown_as_one(tmp_path, told):
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Data")
        for r, row in enumerate(BASELINE):
            page.write_row(r, 0, row)
        form = book.add_format({"num_format": "dd/mm/yyyy"})
        page.write_datetime(3, 1, datetime.datetime(2025, 4, 1), form)
    code, words = told(path)
    assert code == 2
    assert "b.xlsx, sheet 'Data', row 4, column 'baseline': Redcar and Cleveland" in words
    assert "'2025-04-01' is not a number" in words


@pytest.mark.parametrize(
    "content",
    [
        "sep=,\r\n" + text_of(BASELINE),
        text_of([[f"\u00a0{c.lower()} " if i else c, v] for i, (c, v) in enumerate(BASELINE)]),
        text_of([[*row, "", ""] for row in BASELINE]),
        text_of([['"GSS\ncode"', "Baseline "], *BASELINE[1:]]),
        text_of([BASELINE[0], *([c, f'"£{v:,}.00"'] for c, v in BASELINE[1:])]),
        text_of([BASELINE[0], *([c, f"{v:.6e}"] for c, v in BASELINE[1:])]),
    ],
)
def test_what_is_only_written_otherwise_gives_the_same_pounds(tmp_path, told, content):
    write_csv(tmp_path / "good.csv", BASELINE)
    assert told(tmp_path / "good.csv")[0] == 0
    wanted = (tmp_path / "out" / "results.csv").read_bytes()
    (tmp_path / "b.csv").write_bytes(content.encode())
    assert told(tmp_path / "b.csv")[0] == 0
    assert (tmp_path / "out" / "results.csv").read_bytes() == wanted
