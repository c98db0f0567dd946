Attribute VB_Name = "CypsServer"
Option Explicit

' The only module that knows where answers come from. A host without COM has another one.
Private server As Object

' Array("OK", value), or Array(error value as text, sentence).
Public Function CypsAsk(ByVal functionName As String, ByVal arguments As Variant) As Variant
    On Error GoTo Failed
    If server Is Nothing Then Set server = CreateObject("Cyps.Server")
    CypsAsk = server.CallFunction(functionName, arguments)
    Exit Function
Failed:
    Set server = Nothing
    CypsAsk = Array("#VALUE!", "The CYPS server cannot be reached. Run: cyps doctor")
End Function

Public Function CypsAct(ByVal actionName As String, ByVal text As String) As Variant
    On Error GoTo Failed
    If server Is Nothing Then Set server = CreateObject("Cyps.Server")
    CypsAct = server.RunAction(actionName, text)
    Exit Function
Failed:
    Set server = Nothing
    CypsAct = Array("#VALUE!", "The CYPS server cannot be reached. Run: cyps doctor")
End Function
