"""Files that cannot be read, each with its own sentence; and those that can."""

import gzip
import re
import zipfile

import pytest

from cyps.errors import CypsError
from cyps.returns import read_table
from cyps.returns.excel_files import excel_sheets
from plain_files import baseline_rows, write_csv, write_xlsx

KEYS = ("code", "new_la_code")


def read(path):
    return read_table(path, key_columns=KEYS)


def rows_of(path):
    return [row.cells for row in read(path).rows]


def test_csv_excel_and_gz_read_alike(tmp_path):
    rows = baseline_rows()
    csv_file = write_csv(tmp_path / "a.csv", rows)
    same = [
        write_csv(tmp_path / "bom.csv", rows, encoding="utf-8-sig"),
        write_csv(tmp_path / "packed.csv.gz", rows),
        write_xlsx(tmp_path / "a.xlsx", rows),
        write_xlsx(tmp_path / "b.xlsx", rows, first_sheet=["About this file"]),
    ]
    for path in same:
        assert rows_of(path) == rows_of(csv_file), path


def test_row_numbers_are_the_spreadsheets(tmp_path):
    rows = [["Baselines"], [], ["code", "baseline"], ["E06000001", 1], [], ["E06000002", 2]]
    for path in (write_csv(tmp_path / "a.csv", rows), write_xlsx(tmp_path / "a.xlsx", rows)):
        table = read(path)
        assert [row.number for row in table.rows] == [4, 6]


def test_a_line_break_in_a_cell_does_not_shift_row_numbers(tmp_path):
    path = write_csv(
        tmp_path / "a.csv", [["code", "b"], ["E06000001", "two\nlines"], ["E06000002", 2]]
    )
    assert read(path).rows[1].number == 3


def test_excel_numbers_come_back_exactly(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", [["code", "b"], ["E06000001", 1 / 3], [201, 1e15]])
    assert rows_of(path) == [("E06000001", "0.3333333333333333"), ("201", "1000000000000000.0")]


def test_windows_1252_is_read(tmp_path):
    path = tmp_path / "old.csv"
    path.write_bytes("code,pounds £\nE06000001,5\n".encode("cp1252"))
    assert read(path).header == ("code", "pounds £")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"name,baseline\nX,1\n", "no header row.*'code'"),
        ("a.csv", b"code;baseline\nE06000001;1\n", "separated by semicolons"),
        ("a.csv", b"code\tbaseline\nE06000001\t1\n", "separated by tabs"),
        ("a.csv", b'code,b\n"E06,1\n', "well-formed CSV"),
        ("a.csv", "code,b\n".encode("utf-16"), "not text in UTF-8"),
        ("a.csv", b"code,b\n\x81\x8d,1\n", "neither UTF-8 nor Windows-1252"),
        ("a.csv", b"code,baseline\nE06000001,1,200\n", "row 2: the row has more cells"),
        ("a.csv", b"PK\x03\x04rest", "Excel workbook or a zip file"),
        ("a.csv.gz", gzip.compress(b"code,b\n" * 50)[:-12], "damaged"),
        ("a.pdf", b"%PDF", "kind of file cannot be read"),
        ("a.ods", b"PK", "kind of file cannot be read"),
        ("a.xlsx", b"not a zip", "workbook cannot be read"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0old", "password or is in the format before Excel 2007"),
    ],
)
def test_unreadable_files_say_why(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CypsError, match=told) as error:
        read(path)
    assert name in str(error.value)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(CypsError, match=r"There is no file"):
        read(tmp_path / "none.csv")
    with pytest.raises(CypsError, match=r"is a folder"):
        read(tmp_path)


def zipped(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts:
            package.writestr(name, content)
    return path


def test_a_bomb_is_not_unpacked(tmp_path):
    bomb = zipped(tmp_path / "bomb.xlsx", [("xl/worksheets/sheet1.xml", b"0" * 30_000_000)])
    with pytest.raises(CypsError, match=r"not opened.*times its packed size"):
        read(bomb)
    many = zipped(tmp_path / "many.xlsx", [(f"p{i}", b"") for i in range(2001)])
    with pytest.raises(CypsError, match=r"2,001 parts"):
        read(many)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_part_that_lies_about_its_size_is_refused(tmp_path, part):
    path = write_xlsx(tmp_path / "a.xlsx", baseline_rows())
    with zipfile.ZipFile(path) as package:
        size = package.getinfo(part).file_size
    lie = path.read_bytes().replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lie != path.read_bytes()
    path.write_bytes(lie)
    with pytest.raises(CypsError, match=rf"its part {part} fails its checksum"):
        read(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_with_one_name_are_refused(tmp_path):
    twice = zipped(tmp_path / "twice.xlsx", [("a", b"1"), ("a", b"2")])
    with pytest.raises(CypsError, match=r"two of its parts have one name"):
        read(twice)


FAR = {
    "as Excel writes it": b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "small letters": b'<row r="1048576"><c r="xfd1048576"><v>1</v></c></row>',
    "single quotes": b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
    "spaces": b'<row r = "1048576"><c\nr = "XFD1048576"><v>1</v></c></row>',
    "after a bracket": b'<row r="1048576"><c x="a>b" r="XFD1048576"><v>1</v></c></row>',
    "no places": b'<row r="9">' + b"<c><v>1</v></c>" * 16384 + b'</row><row r="1048576"/>',
    "a high rectangle": b'<row r="1000000"><c r="T1000000"><v>1</v></c></row>',
}


@pytest.mark.parametrize("sheet", ["xl/worksheets/sheet1.xml", "xl/elsewhere/page.bin"])
@pytest.mark.parametrize("spelt", FAR)
def test_a_stray_cell_far_away_does_not_fill_the_memory(tmp_path, spelt, sheet):
    """The reader would ask for the whole rectangle at once, and the process would be gone."""
    path = write_xlsx(tmp_path / "a.xlsx", [["code", "b"], ["E06000001", 1]])
    usual = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    content = parts.pop(usual).replace(b"</sheetData>", FAR[spelt] + b"</sheetData>")
    parts = {n: c.replace(usual[3:].encode(), sheet[3:].encode()) for n, c in parts.items()}
    with pytest.raises(CypsError, match=r"its sheets reach over [0-9,]+ cells, so it would not"):
        read(zipped(path, [*parts.items(), (sheet, content)]))


def test_cells_without_places_are_read(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", [["code", "b"], ["E06000001", 1], ["E06000002", 2]])
    with zipfile.ZipFile(path) as package:
        parts = [(name, package.read(name)) for name in package.namelist()]
    bare = [
        (name, re.sub(rb' r="[A-Z]*[0-9]+"', b"", content) if "worksheets" in name else content)
        for name, content in parts
    ]
    assert bare != parts
    assert read(zipped(tmp_path / "bare.xlsx", bare)).rows == read(zipped(path, parts)).rows


def test_damaged_sheet_is_a_sentence(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", baseline_rows())
    with zipfile.ZipFile(path) as package:
        parts = [(n, package.read(n)) for n in package.namelist() if n != "xl/workbook.xml"]
    with pytest.raises(CypsError, match=r"cannot be read"):
        read(zipped(path, parts))


def test_hidden_sheets_are_not_read(tmp_path):
    import xlsxwriter

    path = tmp_path / "hidden.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Shown").write_row(0, 0, ["code", "shown"])
        hidden = book.add_worksheet("Old")
        hidden.write_row(0, 0, ["code", "old"])
        hidden.hide()
    assert [name for name, _ in excel_sheets("hidden.xlsx", path.read_bytes())] == ["Shown"]


def test_a_formula_error_in_excel_is_an_empty_cell(tmp_path):
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["code", "baseline"])
        page.write(1, 0, "E06000001")
        page.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    assert rows_of(path) == [("E06000001", "")]


def test_columns_go_by_name_whatever_case_or_spacing(tmp_path):
    table = read(write_csv(tmp_path / "a.csv", [["New LA Code", "Base Line"], ["E06000001", 1]]))
    assert table.column("new_la_code") == 0
    assert table.column("baseline") == 1


def test_a_column_that_is_there_twice_is_not_chosen_for_you(tmp_path):
    table = read(write_csv(tmp_path / "a.csv", [["code", "CIN", "cin"], ["E06000001", 1, 2]]))
    with pytest.raises(CypsError, match=r"'CIN', 'cin' could all be 'CIN'"):
        table.column("CIN")
    with pytest.raises(CypsError, match=r"no column 'CARE'. The columns are 'code', 'CIN', 'cin'"):
        table.column("CARE")


@pytest.mark.parametrize(
    ("name", "write", "told"),
    [
        ("a.csv", write_csv, "A number with a comma in it needs quotes"),
        ("a.xlsx", write_xlsx, "Give the column that they stand in a name, or empty them"),
    ],
)
def test_cells_beyond_the_columns_are_told_as_the_file_has_them(tmp_path, name, write, told):
    path = write(tmp_path / name, [["code", "b"], ["E06000001", 1, 200]])
    with pytest.raises(CypsError, match=rf"row 2: the row has more cells .*\. {told}"):
        read(path)
