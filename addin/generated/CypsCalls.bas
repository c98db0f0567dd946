Attribute VB_Name = "CypsCalls"
Option Explicit

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
                    If Left(value(r, c), Len("cyps-error:")) = "cyps-error:" Then
                        value(r, c) = CypsError(Mid(value(r, c), Len("cyps-error:") + 1))
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
        Case "#NULL!": CypsError = CVErr(2000)
        Case "#DIV/0!": CypsError = CVErr(2007)
        Case "#VALUE!": CypsError = CVErr(2015)
        Case "#REF!": CypsError = CVErr(2023)
        Case "#NAME?": CypsError = CVErr(2029)
        Case "#NUM!": CypsError = CVErr(2036)
        Case "#N/A": CypsError = CVErr(2042)
        Case Else: CypsError = CVErr(2015)
    End Select
End Function
