"""The VBA module that finds the server: the only one that knows COM."""

from typing import Final

SERVER: Final = """\

' The only module that knows where answers come from. A host without COM has another one.
Private server As Object
Private failedAt As Date

' Array("OK", value), or Array(error value as text, sentence).
Public Function CypsAsk(ByVal functionName As String, ByVal arguments As Variant) As Variant
    Dim answer As Variant
    answer = CypsTryToAsk(functionName, arguments)
    If Not IsArray(answer) Then answer = CypsTryToAsk(functionName, arguments) ' it may have ended
    If Not IsArray(answer) Then answer = CypsMissing()
    CypsAsk = answer
End Function

Public Function CypsAct(ByVal actionName As String, ByVal text As String, _
        ByVal book As String) As Variant
    Dim answer As Variant
    answer = CypsTryToAct(actionName, text, book)
    If Not IsArray(answer) Then answer = CypsMissing()
    CypsAct = answer
End Function

Private Function CypsTryToAsk(ByVal functionName As String, ByVal arguments As Variant) As Variant
    On Error GoTo Failed
    If CypsConnected() Then CypsTryToAsk = server.CallFunction(functionName, arguments)
    Exit Function
Failed:
    Set server = Nothing
End Function

Private Function CypsTryToAct(ByVal actionName As String, ByVal text As String, _
        ByVal book As String) As Variant
    On Error GoTo Failed
    If CypsConnected() Then CypsTryToAct = server.RunAction(actionName, text, book)
    Exit Function
Failed:
    Set server = Nothing
End Function

' Whether there is a server, started if need be. It ends with this Excel, also when Excel crashes.
' Where it could not be had it is not asked for again in the next 15 seconds, so that a thousand
' cells do not wait a thousand times.
Private Function CypsConnected() As Boolean
    If server Is Nothing Then
        If failedAt > 0 And Now - failedAt < 15 / 86400 Then Exit Function
        failedAt = Now
        Set server = CreateObject("Cyps.Server")
        server.Attach CLng(Application.Hwnd)
        failedAt = 0
    End If
    CypsConnected = True
End Function

Private Function CypsMissing() As Variant
    CypsMissing = Array("#VALUE!", "The CYPS server cannot be reached, so nothing can be " & _
        "computed. Close Excel, install CYPS again, and open Excel; if that does not help, " & _
        "send your IT the page Deployment of the CYPS guide.")
End Function
"""
