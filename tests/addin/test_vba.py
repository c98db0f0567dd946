"""Generated VBA run by LibreOffice's Basic, with a stand-in for the one module that knows COM."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from python_calamine import load_workbook

from addin.calc_host import Calc, own_folder
from cyps_addin import ACTIONS, CELL_FUNCTIONS
from cyps_addin.actions.assumptions import ASSUMPTION
from cyps_addin.generators.vba import ERROR_MARK, vba_modules
from cyps_addin.guide import INSTALLED
from cyps_workbooks import write_settlement, write_what_if
from cyps_workbooks.kept.frozen import freeze
from cyps_workbooks.kept.opened import open_workbook
from made_settlements import made
from workbooks.engines import libreoffice_missing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(libreoffice_missing()), reason=libreoffice_missing() or "-"),
]

STAND_IN = f"""
' Tells what it was asked, adds up a column, and for CYPS_CHECKS answers as it is told to.
Public Function CypsAsk(ByVal functionName As String, ByVal arguments As Variant) As Variant
    Dim told As String, i As Long, total As Double
    Dim block(0 To 1, 0 To 1) As Variant
    told = functionName
    If functionName = "CYPS_CHECKS" Then told = arguments(0)
    If UBound(arguments) >= 0 Then
        If IsArray(arguments(0)) Then told = "array"
    End If
    Select Case told
        Case "refuse"
            CypsAsk = Array("#N/A", "There is no such scenario.")
        Case "table"
            block(0, 0) = "step": block(0, 1) = 2.5
            block(1, 0) = "{ERROR_MARK}#DIV/0!": block(1, 1) = "cyps"
            CypsAsk = Array("OK", block)
        Case "array"
            told = "(" & LBound(arguments(0), 1) & " To " & UBound(arguments(0), 1) & ")"
            For i = LBound(arguments(0), 1) To UBound(arguments(0), 1)
                total = total + arguments(0)(i, LBound(arguments(0), 2))
            Next i
            CypsAsk = Array("OK", told & " sum " & total)
        Case Else
            told = functionName
            For i = LBound(arguments) To UBound(arguments)
                told = told & "|" & arguments(i)
            Next i
            CypsAsk = Array("OK", told)
    End Select
End Function

Public Function CypsAct(ByVal actionName As String, ByVal text As String, _
        ByVal book As String) As Variant
    CypsAct = Array("OK", actionName & "|" & text & "|" & book)
End Function

Public Sub StandInTypes()
    Dim block(0 To 4, 0 To 2) As Variant
    block(0, 0) = "cell": block(0, 1) = "was": block(0, 2) = "becomes"
    block(1, 0) = "Sheet1!F2": block(1, 1) = 1: block(1, 2) = 2.5
    block(2, 0) = "'Sheet1'!F3": block(2, 1) = "": block(2, 2) = "=F2*2"
    block(3, 0) = "Sheet1!F4": block(3, 1) = "": block(3, 2) = "Floor"
    block(4, 0) = "Sheet1!F5": block(4, 1) = "gone": block(4, 2) = ""
    CypsType block
End Sub

Public Sub StandInFormats()
    Dim blocks(0 To 1, 0 To 3) As Variant
    blocks(0, 0) = 2: blocks(0, 1) = 3: blocks(0, 2) = 10: blocks(0, 3) = "0.0000%"
    blocks(1, 0) = 2: blocks(1, 1) = 2: blocks(1, 2) = 11: blocks(1, 3) = "+#,##0;-#,##0;0"
    CypsFormat ActiveWorkbook.Worksheets("Sheet1"), Array("OK", "", blocks)
    CypsFormat ActiveWorkbook.Worksheets("Sheet1"), Array("OK", "", "")
    CypsFormat ActiveWorkbook.Worksheets("Sheet1"), Array("OK", "")
End Sub
"""


@pytest.fixture(scope="module")
def basic():
    modules = vba_modules() | {"CypsServer": STAND_IN}
    with own_folder() as base:
        host = Calc(base / "profile", base / "data")
        try:
            host("new")
            host("basic", modules={name: in_basic(text) for name, text in modules.items()})
            yield host
        finally:
            host.close()


def in_basic(text):
    """A VBA module as LibreOffice's Basic takes it.

    No attribute line, VBA switched on, and Value in place of Value2, which it does not have.
    """
    lines = [line for line in text.splitlines() if not line.startswith("Attribute ")]
    return "\n".join(["Option VBASupport 1", *lines, ""]).replace(".Value2", ".Value")


@pytest.mark.parametrize("function", CELL_FUNCTIONS, ids=lambda f: f.name)
def test_every_wrapper_hands_its_arguments_over_in_order(basic, function):
    every = [f"a{i}" for i, _ in enumerate(function.arguments)]
    needed = every[: function.required]
    for given in (every, needed):
        told = basic("run", macro=f"CypsFunctions.{function.name}", arguments=given)
        blanks = [""] * (len(every) - len(given))
        assert told == "|".join([function.name, *given, *blanks])


def test_ranges_are_read_from_cells_and_a_whole_column_as_far_as_it_is_used(basic):
    basic("set", sheet="Sheet1", range="A1:A3", values=[[1.0], [2.0], [3.0]])
    assert basic.formula("=CYPS_RATE(A1:A3;1)") == [["(1 To 3) sum 6"]]
    assert basic.formula("=CYPS_RATE(A:A;1)") == [["(1 To 3) sum 6"]]
    assert basic.formula("=CYPS_DAMP(A1;A2;A3)") == [["CYPS_DAMP|1|2|3|||"]]


def test_a_table_comes_back_with_its_errors(basic):
    # LibreOffice's Basic shows an error value as text; Excel would show #DIV/0! itself.
    assert basic.formula('=CYPS_CHECKS("table")', 2, 2) == [["step", 2.5], ["Error 2007", "cyps"]]


@pytest.mark.parametrize(
    ("shown", "number"),
    [("#NULL!", 2000), ("#DIV/0!", 2007), ("#VALUE!", 2015), ("#REF!", 2023), ("#NAME?", 2029),
     ("#NUM!", 2036), ("#N/A", 2042), ("gibberish", 2015)],
)  # fmt: skip
def test_each_error_has_excel_s_number(basic, shown, number):
    assert basic.formula(f'=CYPSERROR("{shown}")') == [[f"Error {number}"]]


def test_an_error_keeps_its_sentence(basic):
    basic("run", macro="CypsFunctions.CYPS_CHECKS", arguments=["refuse"])
    told = basic("run", macro="CypsCalls.CypsLastSentence", arguments=[])
    assert told == "There is no such scenario."


def test_a_help_link_leads_to_the_function_s_place_in_the_installed_page(basic):
    told = basic("run", macro="CypsWizard.CypsHelp", arguments=["cyps_damp"])
    assert told.startswith("file:///")
    assert told.endswith(f"/{INSTALLED}#cyps_damp")


def ribbon(basic, macro, *arguments):
    return basic("run", macro=f"CypsRibbon.{macro}", arguments=list(arguments))


def test_a_workbook_that_is_none_of_ours_is_not_one(basic):
    assert ribbon(basic, "CypsIsSettlement") is False


def test_cells_are_typed_into_as_the_server_says(basic):
    """Numbers as numbers, formulas as formulas, blanks cleared."""
    basic("set", sheet="Sheet1", range="F5", values=[["gone"]])
    basic("run", macro="CypsServer.StandInTypes", arguments=[])
    shown = [row[0] for row in basic("cells", range="F2:F5")]
    assert [shown[0][0], shown[1][0], shown[2][1], shown[3][1]] == [2.5, 5, "Floor", ""]


def test_numbers_are_shown_in_the_formats_that_the_server_names(basic):
    basic("set", sheet="Sheet1", range="J1:K3", values=[["share", "change"], [0.25, 1234.5],
                                                        [0.5, -1]])  # fmt: skip
    basic("run", macro="CypsServer.StandInFormats", arguments=[])
    shown = [[cell[1] for cell in row] for row in basic("cells", range="J1:K3")]
    assert shown == [["share", "change"], ["25.0000%", "+1,235"], ["50.0000%", "-1"]]


ON_A_SETTLEMENT = """
Public Function StandInCell(ByVal assumption As String) As Variant
    StandInCell = CypsCell(assumption).Value
End Function

Public Function StandInList(ByVal assumption As String) As String
    Dim i As Long, listed As Variant
    listed = CypsList(assumption)
    For i = LBound(listed) To UBound(listed)
        StandInList = StandInList & listed(i) & "|"
    Next i
End Function
"""


def stand_in_modules(copy):
    """All modules, with a server that has copies of workbooks saved at one place."""
    acting = f"""
    If actionName = "copy_place" Then
        CypsAct = Array("OK", "{copy}")
        Exit Function
    End If
    CypsAct = Array("OK", actionName"""
    stand_in = STAND_IN.replace('\n    CypsAct = Array("OK", actionName', acting)
    assert stand_in != STAND_IN
    return vba_modules() | {"CypsServer": stand_in + ON_A_SETTLEMENT}


@pytest.fixture(scope="module")
def on_settlement():
    """The ribbon's code in a LibreOffice with a settlement workbook in front; its copy's place."""
    with own_folder() as base:
        (base / "data").mkdir(exist_ok=True)
        (base / "data").chmod(0o777)
        path, copy = base / "open.xlsx", base / "data" / "copy.xlsx"
        write_settlement([("2025-26", made(seed=8, n=8))], path)
        path.chmod(0o666)
        host = Calc(base / "profile", base / "data")
        try:
            host("shown", path=str(path))
            host("basic", modules={n: in_basic(t) for n, t in stand_in_modules(copy).items()})
            yield host, copy
        finally:
            host.close()


def test_boxes_and_lists_find_their_cells_in_a_settlement_workbook(on_settlement):
    host, _ = on_settlement
    one = made(seed=8, n=8)
    assert ribbon(host, "CypsIsSettlement") is True
    assert ribbon(host, "CypsYear") == 1
    for assumption, value in (
        ("floor", -0.05), ("pot", one.scenario.pot), ("year", "2025-26"), ("method", "Floor"),
        ("area_cost", pytest.approx(one.scenario.area_cost[0], rel=1e-14)),
        ("authority", one.scenario.authorities[0].name),
    ):  # fmt: skip
        assert host("run", macro="CypsServer.StandInCell", arguments=[assumption]) == value
    listed = {
        name: host("run", macro="CypsServer.StandInList", arguments=[name]).split("|")[:-1]
        for name in ("year", "metric", "method")
    }
    assert listed["year"] == ["2025-26"]
    assert set(listed["metric"]) == set(one.use.metrics)
    assert tuple(listed["method"]) == ASSUMPTION["method"].choices


def can(host):
    """Which needs the ribbon takes for met; every button has some of these."""
    needs = sorted({" ".join((*a.needs, *["what_if"][: a.what_if])) for a in ACTIONS})
    return {need for need in needs if ribbon(host, "CypsCan", need)}


def test_buttons_are_grey_while_the_workbook_says_that_they_cannot_work(on_settlement):
    """A floor that cannot be paid for: nothing to show or to publish, but checks and reset."""
    host, _ = on_settlement
    every = {"", "settles", "no_stop", "no_stop living what_if", "living", "what_if"}
    assert can(host) == every
    ribbon(host, "CypsGreyed")
    assert ribbon(host, "CypsGreyed") is False
    host("set", sheet="Damping", range="B10", values=[[0.9]])
    try:
        assert can(host) == {"", "living", "what_if"}
        assert ribbon(host, "CypsGreyed") is True
    finally:
        host("set", sheet="Damping", range="B10", values=[[-0.05]])
    assert can(host) == every
    assert ribbon(host, "CypsGreyed") is True


def test_what_changes_inputs_or_freezes_is_grey_in_a_frozen_copy(tmp_path):
    write_settlement([("2025-26", made(seed=8, n=8))], tmp_path / "book.xlsx")
    with own_folder() as base:
        path = base / "frozen.xlsx"
        path.write_bytes(freeze(tmp_path / "book.xlsx", dt.date(2026, 4, 1)))
        path.chmod(0o666)
        host = Calc(base / "profile", base / "data")
        try:
            host("shown", path=str(path))
            modules = vba_modules() | {"CypsServer": STAND_IN}
            host("basic", modules={name: in_basic(text) for name, text in modules.items()})
            assert can(host) == {"", "settles", "no_stop", "what_if"}
        finally:
            host.close()


def test_what_takes_a_what_if_is_not_grey_on_one_unless_its_levers_cannot_be_used(tmp_path):
    write_what_if("2025-26", made(seed=8, n=8), tmp_path / "book.xlsx")
    with own_folder() as base:
        living, frozen = base / "living.xlsx", base / "frozen.xlsx"
        living.write_bytes((tmp_path / "book.xlsx").read_bytes())
        frozen.write_bytes(freeze(tmp_path / "book.xlsx", dt.date(2026, 4, 1)))
        host = Calc(base / "profile", base / "data")
        copy = base / "data" / "copy.xlsx"
        copy.parent.mkdir(mode=0o777)
        copy.parent.chmod(0o777)
        modules = {n: in_basic(t) for n, t in stand_in_modules(copy).items()}
        try:
            for path in (frozen, living):
                path.chmod(0o666)
                host("shown", path=str(path))
                host("basic", modules=modules)
                every = {"what_if", "no_stop living what_if"}
                assert can(host) == (every if path == living else {"what_if"})
            assert ribbon(host, "CypsRun", "Freeze", "freeze", "x", True)[0] == "OK"
            ribbon(host, "CypsGreyed")
            for lever, value in (("in_lever_floor", 0.9), ("in_lever_pot", "a lot")):
                sheet, cell = address_of(living, lever)
                host("set", sheet=sheet, range=cell, values=[[value]])
                assert can(host) == {"what_if"}
                assert ribbon(host, "CypsGreyed") is True
                host("set", sheet=sheet, range=cell, values=[[""]])
                assert can(host) == every
                assert ribbon(host, "CypsGreyed") is True
        finally:
            host.close()


def address_of(path, name):
    sheet, _, cell = open_workbook(path).block(name)[0][0].place.rpartition("!")
    return sheet.strip("'"), cell


def test_nothing_on_the_workbook_can_work_without_one(basic):
    assert can(basic) == set()


def test_an_action_reads_a_copy_that_is_the_workbook_in_front(on_settlement):
    """What `CypsRun` does in Excel: ask for a place, save a copy there, have the action read it."""
    host, copy = on_settlement
    copy.unlink(missing_ok=True)
    host("set", sheet="Weights", range="E15:E17", values=[[1], [0], [0]])
    told = ribbon(host, "CypsRun", "Shares", "shares", "", True)
    assert told == ["OK", f"shares||{copy}"]
    # LibreOffice's SaveCopyAs writes the old format of Excel, whatever the name.
    sheet = load_workbook(io.BytesIO(copy.read_bytes())).get_sheet_by_name("Weights")
    assert [row[4] for row in sheet.to_python()[14:17]] == [1, 0, 0]


def test_a_copy_that_cannot_be_saved_is_told_and_nothing_is_asked(on_settlement):
    host, copy = on_settlement
    copy.unlink(missing_ok=True)
    copy.mkdir()
    try:
        told = ribbon(host, "CypsRun", "Shares", "shares", "", True)
    finally:
        copy.rmdir()
    assert told[0] == "#VALUE!"
    assert told[1].startswith("Excel could not do this: ")
    assert told[1].endswith(" Nothing was changed.")


def test_an_action_on_no_settlement_is_refused_before_the_server_is_asked(basic):
    told = ribbon(basic, "CypsRun", "Shares", "shares", "", True)
    assert told == ["#VALUE!", "This works on a settlement workbook. Open one first."]
    assert ribbon(basic, "CypsRun", "About", "about", "x", False) == ["OK", "about|x|"]
