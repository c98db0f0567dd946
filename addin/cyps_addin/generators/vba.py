"""VBA: a wrapper for each cell function, what the function wizard shows, buttons' callbacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cyps_addin.declare import Action, CellFunction
from cyps_addin.error_values import ErrorValue
from cyps_addin.generators.ribbon import callback
from cyps_addin.generators.vba_server import SERVER
from cyps_addin.guide import INSTALLED
from cyps_addin.registry import ACTIONS, ASSUMPTIONS, CELL_FUNCTIONS

CATEGORY: Final = "CYPS needs shares"
ERROR_MARK: Final = "cyps-error:"
"""Begins a text that stands for an error value inside a table: COM cannot carry errors back."""

_ERROR_NUMBER: Final = {
    ErrorValue.NULL: 2000,
    ErrorValue.DIVISION: 2007,
    ErrorValue.VALUE: 2015,
    ErrorValue.REFERENCE: 2023,
    ErrorValue.NAME: 2029,
    ErrorValue.NUMBER: 2036,
    ErrorValue.NOT_AVAILABLE: 2042,
}
_WIDTH = 200
_SETTLES, _VERDICT = "can_settle", "A5"
"""The name of the cell that says whether the pot can be settled; on its sheet, the verdict."""
_LEVER, _SOUND = "in_lever_metric", "levers_sound"
"""Of a what-if: a name that no other workbook has, and that of whether its levers can be used."""


def vba_modules() -> dict[str, str]:
    """Text of every module by name, with the line ends that the VBA editor writes.

    `CypsFunctions` calls `CypsCall`, which calls `CypsAsk`: only the module `CypsServer`
    knows where the answer comes from.
    """
    modules = {
        "CypsFunctions": _functions(),
        "CypsCalls": _calls(),
        "CypsServer": SERVER,
        "CypsWizard": _wizard(),
        "CypsRibbon": _ribbon(),
    }
    return {
        name: f'Attribute VB_Name = "{name}"\nOption Explicit\n{text}'.replace("\n", "\r\n")
        for name, text in modules.items()
    }


def _functions() -> str:
    lines = ["' Written from the registry by: python -m cyps_addin.generators"]
    for function in CELL_FUNCTIONS:
        lines += ["", *_wrapper(function)]
    return "\n".join([*lines, ""])


def _wrapper(function: CellFunction) -> Iterator[str]:
    names = [argument.name for argument in function.arguments]
    told = ", ".join(
        f"{'Optional ' if argument.optional else ''}ByVal {name} As Variant"
        for argument, name in zip(function.arguments, names, strict=True)
    )
    taken = ", ".join(f"CypsCells({name})" for name in names)
    yield f"Public Function {function.name}({told}) As Variant"
    for name in names[function.required :]:
        yield f"    If IsMissing({name}) Then {name} = Empty"
    yield f'    {function.name} = CypsCall("{function.name}", Array({taken}))'
    yield "End Function"


def _calls() -> str:
    cases = "\n".join(
        f'        Case "{error}": CypsError = CVErr({number})'
        for error, number in _ERROR_NUMBER.items()
    )
    return _CALLS.replace("{cases}", cases).replace("{mark}", ERROR_MARK)


def _wizard() -> str:
    lines = ["", "' Called when the add-in opens: what Insert Function shows.",
             "Public Sub CypsDescribeFunctions()"]  # fmt: skip
    lines += [f"    CypsDescribe{i}" for i in range(1, len(CELL_FUNCTIONS) + 1)]
    lines += ["End Sub", "", _HELP]
    for i, function in enumerate(CELL_FUNCTIONS, 1):
        lines += ["", f"Private Sub CypsDescribe{i}()", *_description(function), "End Sub"]
    return "\n".join([*lines, ""])


def _description(function: CellFunction) -> Iterator[str]:
    yield "    Dim about As String"
    yield from _text("about", described(function))
    if function.arguments:
        yield f"    Dim told(1 To {len(function.arguments)}) As Variant"
        for i, argument in enumerate(function.arguments, 1):
            yield from _text(f"told({i})", cut(argument.description))
    given = ", ArgumentDescriptions:=told" if function.arguments else ""
    yield "    On Error Resume Next ' a description that Excel refuses must not stop the add-in"
    yield f'    Application.MacroOptions Macro:="{function.name}", Description:=about, _'
    yield f'        Category:="{CATEGORY}"{given}'
    # By itself: an Excel that wants no such file for help must still take the description.
    yield f'    Application.MacroOptions Macro:="{function.name}", HelpContextID:=0, _'
    yield f'        HelpFile:=CypsHelp("{function.anchor}")'


def _text(where: str, words: str) -> Iterator[str]:
    """An assignment in lines that are short enough for VBA."""
    parts = [words[i : i + _WIDTH] for i in range(0, len(words), _WIDTH)]
    yield f"    {where} = {quoted(parts[0])}"
    for part in parts[1:]:
        yield f"    {where} = {where} & {quoted(part)}"


def described(function: CellFunction) -> str:
    """Summary and result within the 255 characters that Insert Function shows."""
    return cut(f"{function.summary}. Gives {function.result}.")


def cut(words: str) -> str:
    """At most 255 characters.

    Examples
    --------
    >>> cut("short"), len(cut("long " * 100))
    ('short', 255)
    """
    return words if len(words) <= 255 else f"{words[:252]}..."


def quoted(words: str) -> str:
    """A VBA string literal.

    Examples
    --------
    >>> print(quoted('a "b" c'))
    "a ""b"" c"
    """
    return '"' + words.replace('"', '""') + '"'


def _ribbon() -> str:
    told = {"choices": _choices(), "cells": _cells(), "settles": _SETTLES, "verdict": _VERDICT,
            "lever": _LEVER, "sound": _SOUND}  # fmt: skip
    ribbon = _RIBBON
    for name, words in told.items():
        ribbon = ribbon.replace(f"{{{name}}}", words)
    lines = [ribbon]
    for action in ACTIONS:
        if action.shown:
            lines += ["", *_callback(action)]
    return "\n".join([*lines, _SHOW])


def _choices() -> str:
    """The lists of drop-downs that no workbook tells."""
    return "\n".join(
        f'        Case "{one.name}": CypsList = Array({", ".join(map(quoted, one.choices))})'
        for one in ASSUMPTIONS
        if one.is_list and one.choices[0] not in {"years", "metrics"}
    )


def _cells() -> str:
    """The defined name of each input that has a column for each year."""
    special = {"year", "authority", "metric", "weight", "area_cost"}
    return "\n".join(
        f'        Case "{one.name}": Set CypsCell = CypsOfYear("{one.cells}")'
        for one in ASSUMPTIONS
        if one.name not in special
    )


def _callback(action: Action) -> Iterator[str]:
    yield f"Public Sub {callback(action)}(control As IRibbonControl)"
    given = '""'
    if action.asks:
        given = "CStr(chosen)"
        asks = "GetOpenFilename(" if action.asks == "file" else (
            'GetSaveAsFilename(FileFilter:="Excel Workbook (*.xlsx), *.xlsx", '
        )  # fmt: skip
        yield "    Dim chosen As Variant"
        yield f'    chosen = Application.{asks}Title:="{action.label}")'
        yield "    If VarType(chosen) = vbBoolean Then Exit Sub"
    on_book = "True" if action.on_book else "False"
    does = "CypsWrite" if action.writes else "CypsShow"
    yield f'    {does} "{action.label}", CypsRun("{action.label}", "{action.name}", _'
    yield f"        {given}, {on_book})"
    yield "End Sub"


_HELP = f"""\
' Where a function stands in the page that was installed with the add-in.
Public Function CypsHelp(ByVal anchor As String) As String
    CypsHelp = Replace(Replace(ThisWorkbook.Path, "\\", "/"), " ", "%20")
    CypsHelp = "file:///" & CypsHelp & "/{INSTALLED}#" & anchor
End Function"""

_CALLS = """\

Private lastSentence As String

' What a cell function shows: the value, or the error value that the server names.
Public Function CypsCall(ByVal functionName As String, ByVal arguments As Variant) As Variant
    Dim answer As Variant
    answer = CypsAsk(functionName, arguments)
    If answer(0) = "OK" Then
        CypsCall = CypsWithErrors(answer(1))
    ElseIf functionName = "CYPS_LAST_ERROR" Then
        CypsCall = answer(1)
    Else
        lastSentence = answer(1)
        CypsCall = CypsError(CStr(answer(0)))
    End If
End Function

' The sentence of the last error in this session, also when the server cannot be reached.
Public Function CypsLastSentence() As String
    CypsLastSentence = lastSentence
End Function

' Cells as values: dates and currencies as numbers, a whole column only as far as it is used.
Public Function CypsCells(ByVal given As Variant) As Variant
    Dim block As Object
    If Not IsObject(given) Then
        CypsCells = given
        Exit Function
    End If
    Set block = given
    If block.Rows.Count >= 65536 Then
        Set block = Application.Intersect(block, block.Worksheet.UsedRange)
        If block Is Nothing Then
            CypsCells = Empty
            Exit Function
        End If
    End If
    CypsCells = block.Value2
End Function

' COM cannot carry error values inside a table: marked texts stand for them.
Public Function CypsWithErrors(ByVal value As Variant) As Variant
    Dim r As Long, c As Long
    If IsArray(value) Then
        For r = LBound(value, 1) To UBound(value, 1)
            For c = LBound(value, 2) To UBound(value, 2)
                If VarType(value(r, c)) = vbString Then
                    If Left(value(r, c), Len("{mark}")) = "{mark}" Then
                        value(r, c) = CypsError(Mid(value(r, c), Len("{mark}") + 1))
                    End If
                End If
            Next c
        Next r
    End If
    CypsWithErrors = value
End Function

' The error value of its text.
Public Function CypsError(ByVal shown As String) As Variant
    Select Case shown
{cases}
        Case Else: CypsError = CVErr(2015)
    End Select
End Function
"""

_RIBBON = """
' The ribbon, the metric that its box Weight is of, and what its buttons could do when last looked
' at: all that is kept here. Everything else stands in the workbook's named cells.
Private ribbon As IRibbonUI
Private metric As String
Private could As String

Public Sub CypsOnRibbon(loaded As IRibbonUI)
    Set ribbon = loaded
End Sub

' Lets the boxes read their cells again.
Public Sub CypsRefreshRibbon()
    On Error Resume Next
    If Not ribbon Is Nothing Then ribbon.Invalidate
End Sub

' The cells of a name of the workbook in front, or Nothing.
Public Function CypsNamed(ByVal cellName As String) As Object
    Set CypsNamed = Nothing
    On Error Resume Next
    Set CypsNamed = ActiveWorkbook.Names(cellName).RefersToRange
End Function

' Whether the workbook in front is a settlement workbook of cyps.
Public Function CypsIsSettlement() As Boolean
    CypsIsSettlement = False
    If CypsNamed("in_pot") Is Nothing Then Exit Function
    If CypsNamed("years") Is Nothing Then Exit Function
    CypsIsSettlement = Not CypsNamed("in_year") Is Nothing
End Function

' Whether it is a what-if of cyps, on which a few buttons work, too.
Public Function CypsIsWhatIf() As Boolean
    CypsIsWhatIf = Not CypsNamed("{lever}") Is Nothing
End Function

' Position of the year that the sheet Results shows.
Public Function CypsYear() As Long
    Dim i As Long, years As Object
    CypsYear = 1
    Set years = CypsNamed("years")
    For i = 1 To years.Columns.Count
        If CStr(years.Cells(1, i).Value2) = CStr(CypsNamed("in_year").Cells(1, 1).Value2) Then
            CypsYear = i
        End If
    Next i
End Function

Private Function CypsOfYear(ByVal cellName As String) As Object
    Set CypsOfYear = CypsNamed(cellName).Cells(1, CypsYear())
End Function

' The metric of the box Weight: the chosen one, if the workbook in front has it.
Private Function CypsMetric() As String
    Dim metrics As Variant, i As Long
    metrics = CypsList("metric")
    CypsMetric = metrics(LBound(metrics))
    For i = LBound(metrics) To UBound(metrics)
        If metrics(i) = metric Then CypsMetric = metric
    Next i
End Function

' The cell that an assumption is kept in.
Public Function CypsCell(ByVal assumption As String) As Object
    Select Case assumption
{cells}
        Case "year": Set CypsCell = CypsNamed("in_year").Cells(1, 1)
        Case "authority": Set CypsCell = CypsNamed("in_authority").Cells(1, 1)
        Case "weight": Set CypsCell = CypsNamed("in_weight_" & CypsMetric()).Cells(1, 1)
        Case "area_cost"
            Set CypsCell = CypsNamed("in_area_cost").Cells( _
                CLng(CypsNamed("my_row").Cells(1, 1).Value2), CypsYear())
    End Select
End Function

' What a drop-down offers.
Public Function CypsList(ByVal assumption As String) As Variant
    Dim found() As String, n As Long, one As Object, years As Object
    CypsList = Array("")
    Select Case assumption
{choices}
        Case "year"
            Set years = CypsNamed("years")
            ReDim found(0 To years.Columns.Count - 1)
            For n = 1 To years.Columns.Count
                found(n - 1) = CStr(years.Cells(1, n).Value2)
            Next n
            CypsList = found
        Case "metric"
            ReDim found(0 To ActiveWorkbook.Names.Count)
            For Each one In ActiveWorkbook.Names
                If Left(one.Name, 10) = "in_weight_" Then
                    found(n) = Mid(one.Name, 11)
                    n = n + 1
                End If
            Next one
            If n > 0 Then
                ReDim Preserve found(0 To n - 1)
                CypsList = found
            End If
    End Select
End Function

' Whether the workbook in front is what a button needs, as far as its cells tell: grey only where
' they say no. Whatever they do not tell, the action says.
Public Function CypsCan(ByVal needs As String) As Boolean
    Dim settles As Object, whatIf As Boolean
    If InStr(needs, "what_if") > 0 Then whatIf = CypsIsWhatIf()
    CypsCan = whatIf Or CypsIsSettlement()
    If Not CypsCan Then Exit Function
    On Error GoTo Untold
    Set settles = CypsNamed("{settles}").Cells(1, 1)
    If InStr(needs, "settles") > 0 And CStr(settles.Value2) = "No" Then CypsCan = False
    If InStr(needs, "living") > 0 And Not settles.HasFormula Then CypsCan = False
    If InStr(needs, "no_stop") > 0 And whatIf Then
        If CStr(settles.Value2) = "No" Then CypsCan = False
        If CStr(CypsNamed("{sound}").Cells(1, 1).Value2) = "No" Then CypsCan = False
    ElseIf InStr(needs, "no_stop") > 0 Then
        If Left(CStr(settles.Worksheet.Range("{verdict}").Value2), 4) = "STOP" Then CypsCan = False
    End If
Untold:
End Function

' Whether other buttons would be grey now than when this was last asked.
Public Function CypsGreyed() As Boolean
    Dim can As String
    can = CypsCan("settles") & CypsCan("no_stop") & CypsCan("living") & _
        CypsCan("no_stop living what_if")
    CypsGreyed = (can <> could)
    could = can
End Function

Public Sub CypsGetEnabled(control As IRibbonControl, ByRef enabled As Variant)
    enabled = CypsCan(control.Tag)
End Sub

' A box's tag is its assumption.
Public Sub CypsGetBoxEnabled(control As IRibbonControl, ByRef enabled As Variant)
    enabled = CypsCan("living")
End Sub

Public Sub CypsGetText(control As IRibbonControl, ByRef text As Variant)
    On Error Resume Next
    text = ""
    If CypsIsSettlement() Then text = CypsCell(control.Tag).Text
End Sub

Public Sub CypsGetItemCount(control As IRibbonControl, ByRef count As Variant)
    Dim listed As Variant
    On Error Resume Next
    count = 0
    If Not CypsIsSettlement() Then Exit Sub
    listed = CypsList(control.Tag)
    count = UBound(listed) - LBound(listed) + 1
End Sub

Public Sub CypsGetItemLabel(control As IRibbonControl, index As Integer, ByRef label As Variant)
    Dim listed As Variant
    On Error Resume Next
    label = ""
    listed = CypsList(control.Tag)
    label = listed(LBound(listed) + index)
End Sub

Public Sub CypsGetSelected(control As IRibbonControl, ByRef index As Variant)
    Dim listed As Variant, shown As String, i As Long
    On Error Resume Next
    index = 0
    If Not CypsIsSettlement() Then Exit Sub
    shown = metric
    If control.Tag <> "metric" Then shown = CStr(CypsCell(control.Tag).Value2)
    listed = CypsList(control.Tag)
    For i = LBound(listed) To UBound(listed)
        If LCase(listed(i)) = LCase(shown) Then index = i - LBound(listed)
    Next i
End Sub

Public Sub CypsOnChoice(control As IRibbonControl, id As String, index As Integer)
    Dim listed As Variant
    listed = CypsList(control.Tag)
    If control.Tag = "metric" Then
        metric = listed(LBound(listed) + index)
        CypsRefreshRibbon
    Else
        CypsAssume control.Tag, listed(LBound(listed) + index)
    End If
End Sub

Public Sub CypsOnChange(control As IRibbonControl, text As String)
    CypsAssume control.Tag, text
End Sub

' An assumption: the server says which cells to type what into, and it is typed.
Private Sub CypsAssume(ByVal assumption As String, ByVal text As String)
    Dim asked As String, answer As Variant
    asked = assumption & "=" & text
    If assumption = "weight" Then asked = "weight " & CypsMetric() & "=" & text
    answer = CypsRun("Assumption", "assume", asked, True)
    If answer(0) = "OK" Then
        CypsType answer(1)
    Else
        MsgBox answer(1), vbExclamation, "CYPS"
    End If
    CypsRefreshRibbon
End Sub

' Asks the server, step by step; Esc stops between two steps. The server reads a copy of the
' workbook in front, so that nothing of it changes, whatever its state and wherever it lies.
Public Function CypsRun(ByVal title As String, ByVal actionName As String, _
        ByVal text As String, ByVal onBook As Boolean) As Variant
    Dim answer As Variant, copyPlace As String
    On Error GoTo Stopped
    Application.EnableCancelKey = 2
    If onBook Then
        If Not (CypsIsSettlement() Or CypsIsWhatIf()) Then
            CypsRun = Array("#VALUE!", "This works on a settlement workbook. Open one first.")
            Exit Function
        End If
        Application.StatusBar = "CYPS: " & title & ": reading the workbook. Esc stops."
        answer = CypsAct("copy_place", ActiveWorkbook.Name, "")
        If answer(0) <> "OK" Then GoTo Finish
        copyPlace = answer(1)
        ActiveWorkbook.SaveCopyAs copyPlace
    End If
    Application.StatusBar = "CYPS: " & title & ": computing. Esc stops."
    answer = CypsAct(actionName, text, copyPlace)
Finish:
    Application.StatusBar = False
    Application.EnableCancelKey = 1
    CypsRun = answer
    Exit Function
Stopped:
    If Err.Number = 18 Then
        answer = Array("STOPPED", "Stopped by Esc. Nothing was changed.")
    Else
        answer = Array("#VALUE!", "Excel could not do this: " & Err.Description & _
            " Nothing was changed.")
    End If
    Resume Finish
End Function
"""

_SHOW = """
' A table on a new sheet, or the sentence why there is none. Nothing is overwritten: where the
' workbook takes no new sheet, the table goes into a new workbook.
Private Sub CypsShow(ByVal title As String, ByVal answer As Variant)
    Dim sheet As Object, value As Variant
    If answer(0) <> "OK" Then
        MsgBox answer(1), vbExclamation, "CYPS: " & title
        Exit Sub
    End If
    value = CypsPlain(CypsWithErrors(answer(1)))
    If ActiveWorkbook Is Nothing Then Workbooks.Add
    If ActiveWorkbook.ProtectStructure Then Workbooks.Add
    Set sheet = ActiveWorkbook.Worksheets.Add( _
        After:=ActiveWorkbook.Worksheets(ActiveWorkbook.Worksheets.Count))
    CypsNameSheet sheet, "CYPS " & title
    sheet.Range("A1").Resize(UBound(value, 1) - LBound(value, 1) + 1, _
        UBound(value, 2) - LBound(value, 2) + 1).Value2 = value
    CypsFormat sheet, answer
    sheet.Columns("A:Z").AutoFit
End Sub

' Number formats that the server names: first row, last row and column, and the format.
Public Sub CypsFormat(ByVal sheet As Object, ByVal answer As Variant)
    Dim blocks As Variant, i As Long, c As Long
    On Error Resume Next ' a table without formats is still the table
    If UBound(answer) < 2 Then Exit Sub
    blocks = answer(2)
    If Not IsArray(blocks) Then Exit Sub
    c = LBound(blocks, 2)
    For i = LBound(blocks, 1) To UBound(blocks, 1)
        sheet.Range(sheet.Cells(blocks(i, c), blocks(i, c + 2)), _
            sheet.Cells(blocks(i, c + 1), blocks(i, c + 2))).NumberFormat = blocks(i, c + 3)
    Next i
End Sub

' Text that begins like a formula stays text.
Private Function CypsPlain(ByVal value As Variant) As Variant
    Dim r As Long, c As Long
    For r = LBound(value, 1) To UBound(value, 1)
        For c = LBound(value, 2) To UBound(value, 2)
            If VarType(value(r, c)) = vbString Then
                If InStr("=+-@", Left(value(r, c) & " ", 1)) > 0 Then
                    value(r, c) = "'" & value(r, c)
                End If
            End If
        Next c
    Next r
    CypsPlain = value
End Function

' The first name that no sheet has yet.
Private Sub CypsNameSheet(ByVal sheet As Object, ByVal wanted As String)
    Dim i As Long, free As String
    On Error Resume Next ' a name that is taken
    free = wanted
    For i = 2 To 99
        sheet.Name = free
        If sheet.Name = free Then Exit Sub
        free = wanted & " " & i
    Next i
End Sub

' Cells to type into, after asking.
Private Sub CypsWrite(ByVal title As String, ByVal answer As Variant)
    Dim n As Long
    If answer(0) <> "OK" Then
        MsgBox answer(1), vbExclamation, "CYPS: " & title
        Exit Sub
    End If
    n = UBound(answer(1), 1) - LBound(answer(1), 1)
    If n = 0 Then
        MsgBox "Nothing to change: every input is as published.", vbInformation, "CYPS: " & title
        Exit Sub
    End If
    If MsgBox(n & " cells will be changed. Go on?", vbOKCancel + vbQuestion, _
        "CYPS: " & title) = vbOK Then CypsType answer(1)
    CypsRefreshRibbon
End Sub

' Types what each row says into its cell: sheet and address, what it was, what it becomes.
Public Sub CypsType(ByVal rows As Variant)
    Dim r As Long, first As Long, at As Long, place As String, sheetName As String, cell As Object
    first = LBound(rows, 2)
    For r = LBound(rows, 1) + 1 To UBound(rows, 1)
        place = rows(r, first)
        at = InStrRev(place, "!")
        sheetName = Left(place, at - 1)
        If Left(sheetName, 1) = "'" Then
            sheetName = Replace(Mid(sheetName, 2, Len(sheetName) - 2), "''", "'")
        End If
        Set cell = ActiveWorkbook.Worksheets(sheetName).Range(Mid(place, at + 1))
        If VarType(rows(r, first + 2)) = vbString And Left(rows(r, first + 2), 1) = "=" Then
            cell.Formula = rows(r, first + 2)
        ElseIf rows(r, first + 2) = "" Then
            cell.ClearContents
        Else
            cell.Value2 = rows(r, first + 2)
        End If
    Next r
End Sub
"""
