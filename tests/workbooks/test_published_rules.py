"""Every rule: the fault planted in a good workbook fires that rule, there, and no other."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table

from cyps_workbooks.published import RULES, Publication, check_published, write_published
from cyps_workbooks.published.checking import CHECKS
from made_settlements import made

T1 = "Table_1_Allocations"
"""In this workbook its header is row 6, England's row 7, the first authority's row 8."""


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A published workbook as openpyxl saves it: good before anything is planted."""
    path = tmp_path_factory.mktemp("good") / "good.xlsx"
    write_published(Publication((("", made(1)),)), path)
    book = openpyxl.load_workbook(path)
    saved = path.with_name("saved.xlsx")
    book.save(saved)
    assert check_published(path) == []
    assert check_published(saved) == []
    header = [cell.value for cell in book[T1][6]]
    assert header[:3] == ["Authority", "Authority code", "Region"]
    assert header[7] == "Allocation\n(pounds)\n[note 5]"
    return saved


def restyle(cell, **changes):
    """The same cell with a part of its font changed."""
    kept = {name: getattr(cell.font, name) for name in ("name", "sz", "b", "i", "u", "color")}
    cell.font = Font(**(kept | changes))


def align(cell, **changes):
    kept = {n: getattr(cell.alignment, n) for n in ("horizontal", "vertical", "wrap_text")}
    cell.alignment = Alignment(**(kept | changes))


PLANTS = {}


def plants(rule, place, words=""):
    """Register a planted fault: which rule it breaks, where, and a word of what is said."""

    def register(function):
        PLANTS[function.__name__] = (rule, place, words, function)
        return function

    return register


@plants("marked-up-tables", f"{T1}!A6")
def a_table_without_markup(book):
    del book[T1].tables["Allocations"]


@plants("table-names", f"{T1}!A6")
def a_table_called_table1(book):
    table = book[T1].tables["Allocations"]
    table.name = table.displayName = "Table1"


@plants("merged-cells", f"{T1}!A2:C2")
def cells_merged(book):
    book[T1].merge_cells("A2:C2")


@plants("blank-rows-columns", f"{T1}!A10", "blank row")
def a_blank_row(book):
    for cell in book[T1][10]:
        cell.value = None


@plants("blank-rows-columns", f"{T1}!C7", "blank column")
def a_blank_column(book):
    for row in range(7, 20):
        book[T1].cell(row, 3).value = None


@plants("header-row", f"{T1}!B6", "no heading")
def a_heading_missing(book):
    book[T1]["B6"] = None


@plants("header-row", f"{T1}!C6", "two columns")
def a_heading_twice(book):
    book[T1]["C6"] = "Authority"
    book[T1].tables["Allocations"].tableColumns[2].name = "Authority"


@plants("header-row", f"{T1}!C6", "made up")
def a_heading_of_excels(book):
    book[T1]["C6"] = "Column3"
    book[T1].tables["Allocations"].tableColumns[2].name = "Column3"


@plants("header-row", f"{T1}!C6", "table's own header")
def a_heading_that_the_table_does_not_know(book):
    book[T1]["C6"] = "Area"


@plants("wrapped-text", f"{T1}!C9")
def a_text_cut_off(book):
    book[T1]["C9"] = "a region whose name is much too long for the width of its column"
    align(book[T1]["C9"], wrap_text=False)


@plants("filters", f"{T1}!A6")
def filter_buttons(book):
    table = book[T1].tables["Allocations"]
    table.autoFilter = AutoFilter(ref=table.ref)


@plants("filters", "Notes!A3")
def a_filter_of_the_sheet(book):
    book["Notes"].auto_filter.ref = "A3:B5"


@plants("freeze-panes", f"{T1}!B7")
def frozen_panes(book):
    book[T1].freeze_panes = "B7"


@plants("empty-cells", f"{T1}!D11")
def an_empty_cell(book):
    book[T1]["D11"] = None


@plants("empty-cells", f"{T1}!C11")
def a_cell_of_spaces(book):
    book[T1]["C11"] = "  "


@plants("hidden", f"{T1}!A9", "row 9")
def a_hidden_row(book):
    book[T1].row_dimensions[9].hidden = True


@plants("hidden", f"{T1}!C1", "column C")
def a_hidden_column(book):
    book[T1].column_dimensions["C"].hidden = True


@plants("hidden", "Notes", "worksheet is hidden")
def a_hidden_sheet(book):
    book["Notes"].sheet_state = "veryHidden"


@plants("column-width", f"{T1}!H7", "too narrow")
def a_column_of_hashes(book):
    book[T1].column_dimensions["H"].width = 9


@plants("column-width", "Notes!B3", "wider")
def a_column_wider_than_the_screen(book):
    book["Notes"].column_dimensions["B"].width = 200


@plants("note-symbols", f"{T1}!A8", "symbol")
def a_star_for_a_note(book):
    book[T1]["A8"] = "Hartlepool*"


@plants("note-symbols", f"{T1}!A8", "superscript")
def a_note_in_superscript(book):
    restyle(book[T1]["A8"], vertAlign="superscript")


@plants("note-words", f"{T1}!A8")
def a_note_by_its_number_alone(book):
    book[T1]["A8"] = "Hartlepool [2]"


@plants("notes-in-cells", f"{T1}!H8")
def a_note_on_a_single_number(book):
    book[T1]["H8"] = "[z] [note 1]"


@plants("notes-sheet", f"{T1}!A8", "not on the worksheet")
def a_note_that_is_not_there(book):
    book[T1]["A8"] = "Hartlepool [note 99]"


@plants("notes-sheet", "Notes!A12", "nothing refers")
def a_note_that_nobody_refers_to(book):
    words = "Value (unit in the column before)"
    book["Table_7_Damping"]["E5"] = words
    book["Table_7_Damping"].tables["Damping"].tableColumns[4].name = words


@plants("shorthand", f"{T1}!D8")
def dots_for_a_number(book):
    book[T1]["D8"] = ".."


@plants("shorthand", f"{T1}!D8")
def a_letter_without_brackets(book):
    book[T1]["D8"] = "c"


@plants("shorthand-explained", f"{T1}!D8", "[c]")
def shorthand_that_nobody_explains(book):
    book[T1]["D8"] = "[c]"


@plants("links", "Table_of_contents!A4", "not there")
def a_link_to_nowhere(book):
    book["Table_of_contents"]["A4"].hyperlink.location = "'Gone'!A1"


@plants("links", "Cover_sheet!A3", "web address")
def a_link_that_is_an_address(book):
    cell = book["Cover_sheet"]["A3"]
    cell.value = "https://www.example.gov.uk/a/long/way/to/it"
    cell.hyperlink = "https://www.example.gov.uk/a/long/way/to/it"


@plants("links", "Cover_sheet!A3", "does not say")
def a_link_that_says_click_here(book):
    cell = book["Cover_sheet"]["A3"]
    cell.value = "Click here"
    cell.hyperlink = "https://www.example.gov.uk"


@plants("font", f"{T1}!A9")
def a_font_with_serifs(book):
    restyle(book[T1]["A9"], name="Times New Roman")


@plants("text-size", f"{T1}!A9")
def small_text(book):
    restyle(book[T1]["A9"], sz=11)


@plants("text-effects", f"{T1}!A9", "italic")
def italics(book):
    restyle(book[T1]["A9"], i=True)


@plants("text-effects", f"{T1}!A9", "underlined")
def underlined(book):
    restyle(book[T1]["A9"], u="single")


@plants("horizontal-text", f"{T1}!A6")
def text_on_its_side(book):
    align(book[T1]["A6"], text_rotation=90)


@plants("titles", f"{T1}!A1", "no title")
def no_title(book):
    book[T1]["A1"] = None


@plants("titles", f"{T1}!A1", "Heading 1")
def a_title_that_is_not_tagged(book):
    book[T1]["A1"].style = "Normal"
    restyle(book[T1]["A1"], name="Arial", sz=16)


@plants("headers-boxes", T1, "footer")
def a_footer(book):
    book[T1].oddFooter.center.text = "Page &P"


@plants("fill", f"{T1}!A9")
def a_white_fill(book):
    book[T1]["A9"].fill = PatternFill("solid", fgColor="FFFFFFFF")


@plants("contrast", f"{T1}!A9")
def pale_grey_text(book):
    restyle(book[T1]["A9"], color="FFAAAAAA")


@plants("images", f"{T1}!L3", "without")
def a_chart(book):
    chart = BarChart()
    chart.add_data(Reference(book[T1], min_col=8, min_row=7, max_row=9))
    book[T1].add_chart(chart, "L3")


@plants("numbers-as-text", f"{T1}!H8")
def a_number_as_text(book):
    book[T1]["H8"] = "1,234,567"


@plants("thousands", f"{T1}!H8")
def no_commas(book):
    book[T1]["H8"].number_format = "0"


@plants("alignment", f"{T1}!H8", "number")
def a_number_in_the_middle(book):
    align(book[T1]["H8"], horizontal="center")


@plants("alignment", f"{T1}!A8", "label")
def a_label_on_the_right(book):
    align(book[T1]["A8"], horizontal="right")


@plants("sheet-names", "Sheet1")
def a_sheet_called_sheet1(book):
    book["Notes"].title = "Sheet1"
    for sheet in ("Table_of_contents", "Cover_sheet"):
        for row in book[sheet]:
            for cell in row:
                if cell.value == "Notes":
                    cell.value = "Sheet1"
                    cell.hyperlink.location = "'Sheet1'!A1"
    # A sheet of notes is known by its name: keep the rule on notes out of this.
    for sheet in book:
        for table in sheet.tables.values():
            for row in sheet[table.ref]:
                for cell in row:
                    if isinstance(cell.value, str):
                        cell.value = cell.value.split("\n[note")[0].replace("[note ", "n")
            for column in table.tableColumns:
                column.name = column.name.split("\n[note")[0]


@plants("blank-sheets", "Blank")
def a_blank_sheet(book):
    book.create_sheet("Blank")
    book["Table_of_contents"]["B4"] = "Blank"


@plants("column-a", f"{T1}!F3")
def a_text_far_to_the_right(book):
    book[T1]["F3"] = "Provisional"
    restyle(book[T1]["F3"], name="Arial", sz=12)


@plants("sheet-description", "Notes!A2")
def no_word_of_the_table(book):
    book["Notes"]["A2"] = "All there is to know."


@plants("table-position", f"{T1}!B6")
def a_table_from_column_b(book):
    sheet = book[T1]
    last = sheet.tables["Allocations"].ref.split(":")[1]
    del sheet.tables["Allocations"]
    sheet.add_table(Table(name="Allocations", displayName="Allocations", ref=f"B6:{last}"))
    sheet.tables["Allocations"]._initialise_columns()
    for column, cell in zip(sheet.tables["Allocations"].tableColumns, sheet[6][1:], strict=True):
        column.name = cell.value
    sheet.tables["Allocations"].autoFilter = None
    for row in range(6, sheet.max_row + 1):
        sheet.cell(row, 2).alignment = Alignment(horizontal="left", wrap_text=True)


@plants("below-table", "Notes!A20")
def a_source_below_the_table(book):
    book["Notes"]["A20"] = "Source: us"
    restyle(book["Notes"]["A20"], name="Arial", sz=12)


@plants("one-table", f"{T1}!A14")
def two_tables_on_a_sheet(book):
    sheet = book[T1]
    last = sheet.tables["Allocations"].ref.split(":")[1]
    column = last.rstrip("0123456789")
    head = [cell.value for cell in sheet[6]]
    sheet.tables["Allocations"].ref = f"A6:{column}13"
    for cell, words in zip(sheet[14], head, strict=True):
        cell.value = words
        align(cell, horizontal="right" if cell.column > 3 else "left", wrap_text=True)
    second = Table(name="Others", displayName="Others", ref=f"A14:{last}")
    sheet.add_table(second)
    second._initialise_columns()
    for named, words in zip(second.tableColumns, head, strict=True):
        named.name = words
    second.autoFilter = None


@plants("cover", "Table_of_contents")
def no_cover(book):
    del book["Cover_sheet"]


@plants("contents", "The workbook", "no table of contents")
def no_contents(book):
    del book["Table_of_contents"]
    for row in book["Cover_sheet"]:
        if row[0].value == "Table_of_contents":
            row[0].hyperlink.location = "'Notes'!A1"


@plants("contents", "Table_of_contents!A3", "Table_2_Regions")
def a_sheet_that_contents_do_not_name(book):
    cell = book["Table_of_contents"]["A6"]
    assert cell.value == "Table_2_Regions"
    cell.value = "Regions"
    cell.hyperlink.location = "'Notes'!A1"


@plants("document-information", "The workbook", "no title")
def no_document_title(book):
    book.properties.title = None


@plants("document-information", "The workbook", "no language")
def no_document_language(book):
    book.properties.language = None


@plants("cursor", "Notes")
def opens_on_another_sheet(book):
    book.active = book.sheetnames.index("Notes")


@plants("cursor", "Cover_sheet!A5")
def the_cursor_elsewhere(book):
    book["Cover_sheet"].sheet_view.selection[0].activeCell = "A5"


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_fires_its_rule_and_no_other(good, tmp_path, name):
    rule, place, words, plant = PLANTS[name]
    book = openpyxl.load_workbook(good)
    plant(book)
    path = tmp_path / "planted.xlsx"
    book.save(path)
    found = check_published(path)
    assert {breach.rule for breach in found} == {rule}, found
    where = f"{found[0].sheet}!{found[0].cell}".strip("!") or "The workbook"
    assert where == place, found
    assert words in found[0].fault


MACROS = "macros"
"""The one rule whose fault openpyxl cannot plant: a part of macros."""


def test_macros_are_seen_and_not_looked_into(good, tmp_path):
    path = tmp_path / "macros.xlsx"
    path.write_bytes(good.read_bytes())
    with zipfile.ZipFile(path, "a") as parts:
        parts.writestr("xl/vbaProject.bin", b"not even a project")
    assert [(breach.rule, breach.place) for breach in check_published(path)] == [
        (MACROS, "The workbook")
    ]


def test_every_rule_for_a_machine_has_a_check_and_a_planted_fault():
    by_machine = {rule.key for rule in RULES if rule.checked != "person"}
    assert by_machine == set(CHECKS)
    assert by_machine == {rule for rule, *_ in PLANTS.values()} | {MACROS}


def test_what_column_a_explains_is_allowed(good, tmp_path):
    book = openpyxl.load_workbook(good)
    sheet = book[T1]
    sheet["A3"] = (
        "Blank cells mean not available. Filters: turn them off with Ctrl, Shift, L. Panes are "
        "frozen: unfreeze them with Alt, W, F. Row 9 is hidden: select rows 8 to 10, Unhide."
    )
    sheet["D11"] = None
    sheet.freeze_panes = "B7"
    sheet.row_dimensions[9].hidden = True
    table = sheet.tables["Allocations"]
    table.autoFilter = AutoFilter(ref=table.ref)
    path = tmp_path / "explained.xlsx"
    book.save(path)
    assert check_published(path) == []


def test_many_cells_with_one_fault_are_one_breach(good, tmp_path):
    book = openpyxl.load_workbook(good)
    for row in range(7, 12):
        book[T1].cell(row, 8).number_format = "0"
    path = tmp_path / "many.xlsx"
    book.save(path)
    (found,) = check_published(path)
    assert (found.cell, found.more) == ("H7", 4)
