"""The ribbon's procedures, each run by LibreOffice's Basic as a person's click runs it in Excel.

Classes of Basic stand in for Office's `IRibbonControl` and `IRibbonUI`, a function each for the
dialogs and for messages, and the server answers what a test tells it to.
"""

from __future__ import annotations

import re

import pytest

from addin.calc_host import Calc, own_folder
from addin.test_vba import in_basic
from cyps_addin import ACTIONS, CELL_FUNCTIONS
from cyps_addin.actions.assumptions import ASSUMPTION, ASSUMPTIONS
from cyps_addin.generators.ribbon import callback
from cyps_addin.generators.vba import vba_modules
from cyps_workbooks import write_settlement
from cyps_workbooks.kept.opened import open_workbook
from made_settlements import made
from workbooks.engines import libreoffice_missing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(libreoffice_missing()), reason=libreoffice_missing() or "-"),
]

BUTTONS = tuple(action for action in ACTIONS if action.shown)
CONTROL = "Option Compatible\nOption ClassModule\nPublic Tag As String\n"
RIBBON = """Option Compatible
Option ClassModule
Public Sub Invalidate()
    StandInDraws
End Sub
"""
CALLBACKS = {
    "GetEnabled": "control, told", "GetBoxEnabled": "control, told", "GetText": "control, told",
    "GetItemCount": "control, told", "GetItemLabel": "control, CInt(given), told",
    "GetSelected": "control, told", "OnChoice": 'control, "", CInt(given)',
    "OnChange": "control, CStr(given)",
}  # fmt: skip
PRESSED = "\n".join(f'        Case "{a.name}": {callback(a)} control' for a in BUTTONS)
CALLED = "\n".join(
    f'        Case "{name}": Cyps{name} {given}' for name, given in CALLBACKS.items()
)
STAND_IN = f"""Option VBASupport 1
Public did As String
Public chosen As String
Public agrees As Boolean
Public answers As String

Public Sub StandInDraws()
    did = did & "drawn|"
End Sub

Public Function StandInTold(ByVal words As String, ByVal kind As Long, _
        ByVal title As String) As Long
    did = did & title & ": " & words & "|"
    StandInTold = IIf(agrees, vbOK, vbCancel)
End Function

Public Function StandInChosen(ByVal title As String, Optional ByVal filter As String) As Variant
    did = did & "asked " & title & "|"
    StandInChosen = False
    If chosen <> "" Then StandInChosen = chosen
End Function

Public Function CypsAsk(ByVal functionName As String, ByVal arguments As Variant) As Variant
    CypsAsk = Array("#VALUE!", "The server cannot be reached.")
End Function

Public Function CypsAct(ByVal actionName As String, ByVal text As String, _
        ByVal book As String) As Variant
    Dim table(0 To 2, 0 To 2) As Variant, one(0 To 0, 0 To 2) As Variant
    did = did & actionName & " " & text & "|"
    If answers = "Esc" Then Err.Raise 18 ' what Excel raises when the person presses Esc
    If answers = "refused" Or (answers = "no copy" And actionName = "copy_place") Then
        CypsAct = Array("#VALUE!", "It cannot be done.")
    ElseIf actionName = "copy_place" Then
        CypsAct = Array("OK", "COPY_PLACE")
    ElseIf actionName = "reset" Or actionName = "assume" Then
        one(0, 0) = "cell": one(0, 1) = "was": one(0, 2) = "becomes"
        table(0, 0) = "cell": table(0, 1) = "was": table(0, 2) = "becomes"
        table(1, 0) = "Damping!B10": table(1, 1) = -0.05: table(1, 2) = -0.01
        table(2, 0) = "'Weights'!E15": table(2, 1) = "": table(2, 2) = 1
        CypsAct = Array("OK", table)
        If answers = "nothing" Then CypsAct = Array("OK", one)
    Else
        table(0, 0) = "name": table(0, 1) = "share": table(0, 2) = "note"
        table(1, 0) = "=1+1": table(1, 1) = 0.25: table(1, 2) = "cyps-error:#N/A"
        table(2, 0) = "Leeds": table(2, 1) = 0.75: table(2, 2) = "-"
        CypsAct = Array("OK", table, StandInFormat())
    End If
End Function

Private Function StandInFormat() As Variant
    Dim block(0 To 0, 0 To 3) As Variant
    block(0, 0) = 2: block(0, 1) = 3: block(0, 2) = 2: block(0, 3) = "0.00%"
    StandInFormat = block
End Function

' Excel does it once; here Basic forgets the ribbon when the procedure that was run has ended.
Private Sub StandInOpens()
    Dim ui As IRibbonUI
    Set ui = New IRibbonUI
    CypsOnRibbon ui
End Sub

Public Function StandInPress(ByVal button As String) As String
    Dim control As New IRibbonControl
    StandInOpens
    Select Case button
{PRESSED}
    End Select
    StandInPress = did
    did = ""
End Function

Public Function StandInCalls(ByVal name As String, ByVal tag As String, _
        ByVal given As String) As Variant
    Dim control As New IRibbonControl, told As Variant
    control.Tag = tag
    StandInOpens
    Select Case name
{CALLED}
    End Select
    StandInCalls = told
End Function

Public Function StandInEmptyColumn() As Boolean
    StandInEmptyColumn = IsEmpty(CypsCells(ActiveSheet.Range("Z:Z")))
End Function

' Excel's MacroOptions.
Public Sub StandInOptions(Optional Macro As Variant, Optional Description As Variant, _
        Optional Category As Variant, Optional ArgumentDescriptions As Variant, _
        Optional HelpContextID As Variant, Optional HelpFile As Variant)
    Dim i As Long
    did = did & Macro
    If VarType(Description) = vbString Then
        did = did & "#" & Category & "#" & Description
        If IsArray(ArgumentDescriptions) Then
            For i = LBound(ArgumentDescriptions) To UBound(ArgumentDescriptions)
                did = did & "#" & ArgumentDescriptions(i)
            Next i
        End If
    Else
        did = did & "#" & HelpContextID & "#" & Mid(HelpFile, InStrRev(HelpFile, "/") + 1)
    End If
    did = did & "|"
End Sub

Public Function StandInDid() As String
    StandInDid = did
    did = ""
End Function

Public Sub StandInSet(ByVal file As String, ByVal person As String, ByVal server As String)
    chosen = file
    agrees = (person = "OK")
    answers = server
End Sub
"""
REPLACED = (
    (r"\bMsgBox (?=[^\n])(.*)", r"StandInTold \1"),
    (r"\bMsgBox\(", "StandInTold("),
    (r"Application\.GetOpenFilename\(Title:=", "StandInChosen("),
    (r"Application\.GetSaveAsFilename\(FileFilter:=(\"[^\"]*\"), Title:=(\"[^\"]*\")\)",
     r"StandInChosen(\2, \1)"),
)  # fmt: skip


def modules(copy):
    """Every module, with the stand-ins; dialogs and messages go to them."""
    text = vba_modules()["CypsRibbon"]
    for pattern, by in REPLACED:
        text, found = re.subn(pattern, by, text)
        assert found
    ours = {name: in_basic(given) for name, given in vba_modules().items()}
    ours["CypsWizard"] = ours["CypsWizard"].replace("Application.MacroOptions ", "StandInOptions ")
    return ours | {
        "CypsRibbon": in_basic(text), "CypsServer": STAND_IN.replace("COPY_PLACE", str(copy)),
        "IRibbonControl": CONTROL, "IRibbonUI": RIBBON,
    }  # fmt: skip


@pytest.fixture(scope="module")
def place():
    with own_folder() as base:
        (base / "data").mkdir()
        (base / "data").chmod(0o777)
        path = base / "open.xlsx"
        write_settlement([("2025-26", made(seed=8, n=8))], path)
        path.chmod(0o666)
        yield base


@pytest.fixture(scope="module")
def calc(place):
    host = Calc(place / "profile", place / "data")
    try:
        yield host
    finally:
        host.close()


def opened(calc, place, path):
    calc("shown", path=str(path)) if path else calc("new")
    calc("basic", modules=modules(place / "data" / "copy.xlsx"))
    told(calc, "", "OK", "")
    return calc


@pytest.fixture
def basic(calc, place):
    """A settlement workbook in front, the ribbon loaded."""
    return opened(calc, place, place / "open.xlsx")


@pytest.fixture
def blank(calc, place):
    """An empty workbook in front."""
    return opened(calc, place, None)


def told(host, chosen, person, server):
    host("run", macro="CypsServer.StandInSet", arguments=[chosen, person, server])


def pressed(host, name):
    """What a button did: dialogs, what the server was asked, messages, redrawing."""
    return host("run", macro="CypsServer.StandInPress", arguments=[name]).split("|")[:-1]


def calls(host, name, tag, given=""):
    return host("run", macro="CypsServer.StandInCalls", arguments=[name, tag, given])


def did(host):
    return host("run", macro="CypsServer.StandInDid", arguments=[]).split("|")[:-1]


@pytest.mark.parametrize("action", BUTTONS, ids=lambda a: a.name)
def test_each_button_asks_what_it_needs_and_runs_its_action(basic, action):
    told(basic, "C:/a file.xlsx" if action.asks else "", "OK", "")
    before = basic("sheets")
    expected = [f"asked {action.label}"] if action.asks else []
    expected += ["copy_place open.xlsx"] if action.on_book else []
    expected += [f"{action.name} {'C:/a file.xlsx' if action.asks else ''}"]
    if action.writes:
        expected += [f"CYPS: {action.label}: 2 cells will be changed. Go on?", "drawn"]
    assert pressed(basic, action.name) == expected
    if action.writes:
        assert basic("read", sheet="Damping", range="B10") == [[-0.01]]
        assert basic("read", sheet="Weights", range="E15") == [[1.0]]
    else:
        assert basic("sheets") == [*before, f"CYPS {action.label}"]


def test_a_table_is_put_as_it_is_and_shown_as_the_server_says(basic):
    pressed(basic, "shares")
    pressed(basic, "shares")
    assert basic("sheets")[-2:] == ["CYPS Shares", "CYPS Shares 2"]
    for sheet in ("CYPS Shares", "CYPS Shares 2"):
        shown = basic("texts", sheet=sheet)
        assert shown[0] == ["name", "share", "note"]
        assert shown[1][:2] == ["=1+1", "25.00%"]  # text, not 2
        assert shown[2] == ["Leeds", "75.00%", "-"]


@pytest.mark.parametrize("action", [a for a in BUTTONS if a.asks], ids=lambda a: a.name)
def test_who_chooses_no_file_asks_for_nothing(basic, action):
    assert pressed(basic, action.name) == [f"asked {action.label}"]


@pytest.mark.parametrize("action", [a for a in BUTTONS if a.on_book], ids=lambda a: a.name)
def test_without_a_settlement_a_button_on_one_says_so(blank, action):
    told(blank, "C:/a file.xlsx", "OK", "")
    before = blank("sheets")
    says = f"CYPS: {action.label}: This works on a settlement workbook. Open one first."
    assert pressed(blank, action.name)[-1] == says
    assert blank("sheets") == before


@pytest.mark.parametrize("answers", ["refused", "no copy"])
@pytest.mark.parametrize("name", ["shares", "reset"])
def test_what_the_server_refuses_is_said_and_nothing_is_changed(basic, name, answers):
    told(basic, "", "OK", answers)
    before = basic("sheets")
    label = next(a.label for a in BUTTONS if a.name == name)
    assert pressed(basic, name)[-1] == f"CYPS: {label}: It cannot be done."
    assert basic("sheets") == before


def test_a_workbook_whose_structure_is_protected_gets_no_sheet(basic):
    basic("protect")
    before = basic("sheets")
    pressed(basic, "shares")
    assert basic("sheets") == before
    assert "CYPS Shares" in basic("front")


def test_who_presses_esc_is_told_that_nothing_was_changed(basic):
    told(basic, "", "OK", "Esc")
    before = basic("sheets")
    assert pressed(basic, "shares")[-1] == "CYPS: Shares: Stopped by Esc. Nothing was changed."
    assert basic("sheets") == before


def test_a_workbook_with_only_a_name_of_ours_is_not_taken_for_ours(blank):
    blank("name", name="in_pot", range="A1")
    assert calls(blank, "GetEnabled", "") is False


def test_reset_changes_nothing_unless_the_person_agrees(basic):
    told(basic, "", "Cancel", "")
    assert pressed(basic, "reset")[-2:] == [
        "CYPS: Reset to published: 2 cells will be changed. Go on?", "drawn",
    ]  # fmt: skip
    assert basic("read", sheet="Damping", range="B10") == [[-0.05]]
    told(basic, "", "OK", "nothing")
    says = "CYPS: Reset to published: Nothing to change: every input is as published."
    assert pressed(basic, "reset")[-1] == says


def test_boxes_show_their_cells_and_lists_what_is_chosen(basic):
    one = made(seed=8, n=8)
    assert calls(basic, "GetText", "floor") == "-5.00%"
    assert calls(basic, "GetText", "ceiling") == ""
    assert calls(basic, "GetText", "authority") == one.scenario.authorities[0].name
    for tag, listed, chosen in (
        ("method", ASSUMPTION["method"].choices, "Floor"), ("year", ("2025-26",), "2025-26"),
        ("metric", one.use.metrics, None),
    ):  # fmt: skip
        count = calls(basic, "GetItemCount", tag)
        shown = [calls(basic, "GetItemLabel", tag, str(i)) for i in range(int(count))]
        assert set(shown) == set(listed)
        if chosen:
            assert shown[int(calls(basic, "GetSelected", tag))] == chosen
    for box in ASSUMPTIONS:
        assert calls(basic, "GetBoxEnabled", box.name) is True
    assert calls(basic, "GetEnabled", "settles") is True


def test_boxes_and_lists_are_empty_and_grey_without_a_settlement(blank):
    assert calls(blank, "GetText", "floor") == ""
    assert calls(blank, "GetItemCount", "method") == 0
    assert calls(blank, "GetSelected", "method") == 0
    assert calls(blank, "GetBoxEnabled", "floor") is False
    assert calls(blank, "GetEnabled", "") is False


def test_the_metric_that_is_chosen_is_the_one_whose_weight_is_shown_and_typed(basic, place):
    count = int(calls(basic, "GetItemCount", "metric"))
    metrics = [calls(basic, "GetItemLabel", "metric", str(i)) for i in range(count)]
    for i, metric in enumerate(metrics):
        did(basic)
        calls(basic, "OnChoice", "metric", str(i))
        assert did(basic) == ["drawn"]
        assert calls(basic, "GetSelected", "metric") == i
        calls(basic, "OnChange", "weight", "0.5")
        asked = did(basic)
        assert asked == ["copy_place open.xlsx", f"assume weight {metric}=0.5", "drawn"]
        shown = calls(basic, "GetText", "weight")
        cell = open_workbook(place / "open.xlsx").block(f"in_weight_{metric}")[0][0]
        assert shown == basic("texts", sheet=cell.sheet)[cell.row - 1][cell.column - 1]


def test_what_is_typed_into_a_box_or_chosen_is_asked_of_the_server_and_typed(basic):
    calls(basic, "OnChange", "floor", "-1%")
    assert did(basic) == ["copy_place open.xlsx", "assume floor=-1%", "drawn"]
    assert basic("read", sheet="Damping", range="B10") == [[-0.01]]
    assert calls(basic, "GetText", "floor") == "-1.00%"
    calls(basic, "OnChoice", "method", "0")
    chosen = ASSUMPTION["method"].choices[0]
    assert did(basic) == ["copy_place open.xlsx", f"assume method={chosen}", "drawn"]
    told(basic, "", "OK", "refused")
    calls(basic, "OnChange", "floor", "abc")
    assert did(basic) == ["copy_place open.xlsx", "CYPS: It cannot be done.", "drawn"]


def test_a_cell_whose_server_is_gone_tells_why_when_it_is_asked(blank):
    """CYPS_LAST_ERROR is the one function that shows the sentence itself."""
    said = blank("run", macro="CypsFunctions.CYPS_LAST_ERROR", arguments=[])
    assert said == "The server cannot be reached."


def test_a_column_without_a_value_is_a_missing_argument(blank):
    said = blank("run", macro="CypsServer.StandInEmptyColumn", arguments=[])
    assert said is True


def test_every_function_is_described_to_excel(blank):
    """`MacroOptions` is Excel's: a stand-in collects what it is given, for each function."""
    blank("run", macro="CypsWizard.CypsDescribeFunctions", arguments=[])
    expected = []
    for one in CELL_FUNCTIONS:
        about = f"{one.summary}. Gives {one.result}."
        arguments = [argument.description for argument in one.arguments]
        expected.append("#".join([one.name, "CYPS needs shares", about, *arguments]))
        expected.append(f"{one.name}#0#functions.html#{one.anchor}")
    assert did(blank) == expected
