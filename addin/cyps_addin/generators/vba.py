"""VBA: a wrapper for each cell function, what the function wizard shows, buttons' callbacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cyps_addin.declare import Action, CellFunction
from cyps_addin.error_values import ErrorValue
from cyps_addin.generators.ribbon import callback
from cyps_addin.generators.vba_server import SERVER
from cyps_addin.registry import ACTIONS, CELL_FUNCTIONS

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
    lines.append("End Sub")
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
    lines = []
    for action in ACTIONS:
        lines += ["", *_callback(action)]
    return "\n".join([*lines, _SHOW])


def _callback(action: Action) -> Iterator[str]:
    yield f"Public Sub {callback(action)}(control As IRibbonControl)"
    if action.asks_for_file:
        yield "    Dim chosen As Variant"
        yield f'    chosen = Application.GetOpenFilename(Title:="{action.label}")'
        yield "    If VarType(chosen) = vbBoolean Then Exit Sub"
        yield f'    CypsShow "{action.label}", CypsAct("{action.name}", CStr(chosen))'
    else:
        yield f'    CypsShow "{action.label}", CypsAct("{action.name}", "")'
    yield "End Sub"


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
Private Function CypsWithErrors(ByVal value As Variant) As Variant
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

_SHOW = """
' A table on a new sheet, or the sentence why there is none. Nothing is overwritten.
Private Sub CypsShow(ByVal title As String, ByVal answer As Variant)
    Dim sheet As Object, value As Variant
    If answer(0) <> "OK" Then
        MsgBox answer(1), vbExclamation, "CYPS: " & title
        Exit Sub
    End If
    value = answer(1)
    If ActiveWorkbook Is Nothing Then Workbooks.Add
    Set sheet = ActiveWorkbook.Worksheets.Add
    sheet.Range("A1").Resize(UBound(value, 1) - LBound(value, 1) + 1, _
        UBound(value, 2) - LBound(value, 2) + 1).Value2 = value
    sheet.Columns("A:Z").AutoFit
End Sub
"""
