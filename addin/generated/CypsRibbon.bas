Attribute VB_Name = "CypsRibbon"
Option Explicit

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
    CypsIsWhatIf = Not CypsNamed("in_lever_metric") Is Nothing
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
        Case "pot": Set CypsCell = CypsOfYear("in_pot")
        Case "method": Set CypsCell = CypsOfYear("in_method")
        Case "floor": Set CypsCell = CypsOfYear("in_floor")
        Case "ceiling": Set CypsCell = CypsOfYear("in_ceiling")
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
        Case "method": CypsList = Array("No damping", "Floor", "Floor and ceiling", "Proportional", "Bands", "Protection", "Pace of change")
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
    Set settles = CypsNamed("can_settle").Cells(1, 1)
    If InStr(needs, "settles") > 0 And CStr(settles.Value2) = "No" Then CypsCan = False
    If InStr(needs, "living") > 0 And Not settles.HasFormula Then CypsCan = False
    If InStr(needs, "no_stop") > 0 And whatIf Then
        If CStr(settles.Value2) = "No" Then CypsCan = False
        If CStr(CypsNamed("levers_sound").Cells(1, 1).Value2) = "No" Then CypsCan = False
    ElseIf InStr(needs, "no_stop") > 0 Then
        If Left(CStr(settles.Worksheet.Range("A5").Value2), 4) = "STOP" Then CypsCan = False
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


Public Sub CypsOnLoadAction(control As IRibbonControl)
    Dim chosen As Variant
    chosen = Application.GetOpenFilename(Title:="Load file")
    If VarType(chosen) = vbBoolean Then Exit Sub
    CypsShow "Load file", CypsRun("Load file", "load", _
        CStr(chosen), False)
End Sub

Public Sub CypsOnLibraryAction(control As IRibbonControl)
    CypsShow "Library", CypsRun("Library", "library", _
        "", False)
End Sub

Public Sub CypsOnVerifyAction(control As IRibbonControl)
    Dim chosen As Variant
    chosen = Application.GetOpenFilename(Title:="Verify pack")
    If VarType(chosen) = vbBoolean Then Exit Sub
    CypsShow "Verify pack", CypsRun("Verify pack", "verify", _
        CStr(chosen), False)
End Sub

Public Sub CypsOnInfoAction(control As IRibbonControl)
    CypsShow "What it rests on", CypsRun("What it rests on", "info", _
        "", True)
End Sub

Public Sub CypsOnResetAction(control As IRibbonControl)
    CypsWrite "Reset to published", CypsRun("Reset to published", "reset", _
        "", True)
End Sub

Public Sub CypsOnSharesAction(control As IRibbonControl)
    CypsShow "Shares", CypsRun("Shares", "shares", _
        "", True)
End Sub

Public Sub CypsOnAllocationsAction(control As IRibbonControl)
    CypsShow "Allocations", CypsRun("Allocations", "allocations", _
        "", True)
End Sub

Public Sub CypsOnMyAuthorityAction(control As IRibbonControl)
    CypsShow "My authority", CypsRun("My authority", "my_authority", _
        "", True)
End Sub

Public Sub CypsOnCompareAction(control As IRibbonControl)
    CypsShow "Compare", CypsRun("Compare", "compare", _
        "", True)
End Sub

Public Sub CypsOnBridgeAction(control As IRibbonControl)
    CypsShow "Bridge", CypsRun("Bridge", "bridge", _
        "", True)
End Sub

Public Sub CypsOnUncertaintyAction(control As IRibbonControl)
    Dim chosen As Variant
    chosen = Application.GetOpenFilename(Title:="Uncertainty")
    If VarType(chosen) = vbBoolean Then Exit Sub
    CypsShow "Uncertainty", CypsRun("Uncertainty", "uncertainty", _
        CStr(chosen), True)
End Sub

Public Sub CypsOnNewAction(control As IRibbonControl)
    Dim chosen As Variant
    chosen = Application.GetOpenFilename(Title:="New workbook")
    If VarType(chosen) = vbBoolean Then Exit Sub
    CypsShow "New workbook", CypsRun("New workbook", "new", _
        CStr(chosen), False)
End Sub

Public Sub CypsOnPublishAction(control As IRibbonControl)
    Dim chosen As Variant
    chosen = Application.GetSaveAsFilename(FileFilter:="Excel Workbook (*.xlsx), *.xlsx", Title:="Publish")
    If VarType(chosen) = vbBoolean Then Exit Sub
    CypsShow "Publish", CypsRun("Publish", "publish", _
        CStr(chosen), True)
End Sub

Public Sub CypsOnFreezeAction(control As IRibbonControl)
    Dim chosen As Variant
    chosen = Application.GetSaveAsFilename(FileFilter:="Excel Workbook (*.xlsx), *.xlsx", Title:="Freeze")
    If VarType(chosen) = vbBoolean Then Exit Sub
    CypsShow "Freeze", CypsRun("Freeze", "freeze", _
        CStr(chosen), True)
End Sub

Public Sub CypsOnQaLogAction(control As IRibbonControl)
    CypsShow "QA log", CypsRun("QA log", "qa_log", _
        "", True)
End Sub

Public Sub CypsOnChecksAction(control As IRibbonControl)
    CypsShow "Checks", CypsRun("Checks", "checks", _
        "", True)
End Sub

Public Sub CypsOnDiagnosticsAction(control As IRibbonControl)
    CypsShow "Diagnostics", CypsRun("Diagnostics", "diagnostics", _
        "", False)
End Sub

Public Sub CypsOnLogAction(control As IRibbonControl)
    CypsShow "Log", CypsRun("Log", "log", _
        "", False)
End Sub

Public Sub CypsOnGuideAction(control As IRibbonControl)
    CypsShow "Guide", CypsRun("Guide", "guide", _
        "", False)
End Sub

Public Sub CypsOnAboutAction(control As IRibbonControl)
    CypsShow "About", CypsRun("About", "about", _
        "", False)
End Sub

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
