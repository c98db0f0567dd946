"""Every number that an action shows has a format, and the formats reach the sheet."""

from __future__ import annotations

import shutil

import numpy as np
import openpyxl
import pytest

from addin.shown_tables import body
from cyps_addin import ACTIONS
from cyps_addin.actions.formats import FACTOR, PENCE_CHANGE, POUNDS, SHARE, USE, formats
from cyps_addin.headless import act
from cyps_addin.headless.styles import styles_of
from cyps_addin.samples import sample_pack, sample_settlement
from cyps_workbooks import write_settlement

WITH_TABLES = [a for a in ACTIONS if a.on_book and a.group and a.asks != "place" and not a.writes]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    sample = sample_settlement()
    write_settlement([("2025-26", sample)], folder / "plain.xlsx")
    write_settlement(
        [("2025-26", sample)], folder / "book.xlsx", population=np.array([20e3, 60e3, 170e3])
    )
    (folder / "sample.cyps.zip").write_bytes(sample_pack()[2])
    return folder


@pytest.fixture
def book(drawn, tmp_path):
    return shutil.copy(drawn / "book.xlsx", tmp_path / "book.xlsx")


def asked(action, drawn):
    return str(drawn / "sample.cyps.zip") if action.asks == "file" else ""


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.parametrize("action", WITH_TABLES, ids=lambda a: a.name)
def test_each_number_of_a_table_has_one_format(action, drawn):
    table = act(action.name, drawn / "book.xlsx", text=asked(action, drawn)).table
    shown = {}
    for first, last, column, code in formats(table):
        for row in range(first, last + 1):
            assert shown.setdefault((row, column), code) is code
    numbers = {
        (r, c)
        for r, row in enumerate(table, 1)
        for c, value in enumerate(row, 1)
        if is_number(value)
    }
    if action.name != "info":  # there numbers stand among texts, and are counts
        assert numbers <= set(shown)


def test_pounds_per_child_are_shown_where_children_are_given(drawn):
    table = act("allocations", drawn / "book.xlsx").table
    assert table[0][-1] == "pounds per child"
    pounds = table[0].index("pounds 2025-26")
    for row, children in zip(body(table), (20e3, 60e3, 170e3), strict=True):
        assert row[-1] == pytest.approx(row[pounds] / children, rel=1e-15)
    assert "pounds per child" not in act("allocations", drawn / "plain.xlsx").table[0]


def test_steps_of_a_bridge_show_pence_so_that_they_add_up_to_the_eye():
    told = formats([["code", "name", "as issued", "floor", "rounding", "now"], ["E", "x", 1, 2.4,
                                                                             0.6, 4]])  # fmt: skip
    assert [(column, code) for _, _, column, code in told] == [
        (3, POUNDS), (4, PENCE_CHANGE), (5, PENCE_CHANGE), (6, POUNDS),
    ]  # fmt: skip


def test_a_trace_goes_by_each_line_s_unit():
    rows = [["line", "value", "unit"], ["a", 300.0, "use"], ["b", 0.5, "use"],
            ["c", 0.25, "factor"], ["d", "", ""], ["e", 7.0, "else"]]  # fmt: skip
    assert [(first, code) for first, _, _, code in formats(rows)] == [
        (2, USE), (3, "0.00000000"), (4, FACTOR),
    ]  # fmt: skip
    assert formats(rows[:1]) == []
    assert formats([*rows[:2], ["", "", ""], ["said below", 7.0, "use"]]) == formats(rows[:2])


def test_formats_are_in_the_file_and_its_own_styles_stay(book, drawn, tmp_path):
    out = tmp_path / "out.xlsx"
    act("allocations", book, out=out)
    act("uncertainty", out, text=str(drawn / "sample.cyps.zip"), out=out)
    sheets = openpyxl.load_workbook(out)
    assert sheets["CYPS Allocations"]["C2"].number_format == POUNDS
    assert sheets["CYPS Uncertainty"]["C2"].number_format == SHARE
    assert sheets["CYPS Uncertainty"]["A2"].number_format == "General"
    before = openpyxl.load_workbook(book)
    for sheet in before:
        for row in sheet.iter_rows():
            for cell in row:
                after = sheets[sheet.title][cell.coordinate]
                assert (after.number_format, after.font.b) == (cell.number_format, cell.font.b)


def test_formats_are_counted_on_behind_those_there_are():
    bare = b'<styleSheet><fonts/><cellXfs count="1"><xf/></cellXfs></styleSheet>'
    assert styles_of(own := {"xl/styles.xml": bare}, ["0.0%", "0", "0.0%"]) == {"0.0%": 1, "0": 2}
    assert own["xl/styles.xml"].startswith(
        b'<styleSheet><numFmts count="2"><numFmt numFmtId="164" formatCode="0.0%"/>'
    )
    assert b'<cellXfs count="3"><xf/>' in own["xl/styles.xml"]
    assert styles_of(own, ['"a"0']) == {'"a"0': 3}
    assert b'numFmtId="166" formatCode=\'"a"0\'/></numFmts>' in own["xl/styles.xml"]
    assert styles_of({}, ["0"]) == {}, "a table goes without formats where there are no styles"


def test_hosts_are_told_the_formats(book):
    from cyps_addin.windows.door import run_action
    from cyps_addin.worker import _answered

    copy = shutil.copy(book, f"{book}.copy.xlsx")
    state, table, shown = run_action("shares", "", str(copy))
    assert state == "OK"
    assert shown == [[2.0, 4.0, float(c), SHARE] for c in range(3, len(table[0]) + 1)]
    assert run_action("about", "")[2] == ""
    told = _answered(f'{{"act": "shares", "text": "", "book": {str(copy)!r}}}'.replace("'", '"'))
    assert told["formats"] == [[2, 4, c, SHARE] for c in range(3, len(table[0]) + 1)]
