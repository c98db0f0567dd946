Attribute VB_Name = "CypsRibbon"
Option Explicit

Public Sub CypsOnLoadAction(control As IRibbonControl)
    Dim chosen As Variant
    chosen = Application.GetOpenFilename(Title:="Load file")
    If VarType(chosen) = vbBoolean Then Exit Sub
    CypsShow "Load file", CypsAct("load", CStr(chosen))
End Sub

Public Sub CypsOnLibraryAction(control As IRibbonControl)
    CypsShow "Library", CypsAct("library", "")
End Sub

Public Sub CypsOnAboutAction(control As IRibbonControl)
    CypsShow "About", CypsAct("about", "")
End Sub

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
