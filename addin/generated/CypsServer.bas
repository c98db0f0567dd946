Attribute VB_Name = "CypsServer"
Option Explicit

' The only module that knows where answers come from. A host without COM has another one.
Private server As Object
' Why the server could not be had, and when; and the same of the last call that it ended in.
Private failedWhy As String
Private failedAt As Date
Private endedWhy As String
Private endedAt As Date
Private endedIn As String
' What the next server is to put into the log, for the one before could not.
Private untold As String

' Seconds in which what failed is not tried again, so that a thousand cells do not wait a
' thousand times; seconds from which on a start or a call was not quick to fail but hung.
Private Const PAUSE As Long = 15
Private Const SLOW_START As Long = 10
Private Const SLOW_CALL As Long = 110

' Array("OK", value), or Array(error value as text, sentence).
Public Function CypsAsk(ByVal functionName As String, ByVal arguments As Variant) As Variant
    Dim answer As Variant, began As Date
    If Not CypsPaused(functionName) Then
        began = Now
        answer = CypsTryToAsk(functionName, arguments)
        If Not IsArray(answer) And failedWhy = "" And CypsSince(began) < SLOW_CALL Then
            answer = CypsTryToAsk(functionName, arguments) ' it may have ended since the last call
        End If
        If Not IsArray(answer) And failedWhy = "" Then CypsEnded functionName, began, " twice"
    End If
    If Not IsArray(answer) Then answer = CypsRefused()
    CypsAsk = answer
End Function

' The same for what a button does. It is not tried twice, for it may have written a file; so a
' server that ended since the last call has to be noticed before.
Public Function CypsAct(ByVal actionName As String, ByVal text As String, _
        ByVal book As String) As Variant
    Dim answer As Variant, began As Date, asked As String
    asked = "the action '" & Replace(actionName, "_", " ") & "'"
    If Not CypsPaused(asked) Then
        CypsForgetTheDead
        began = Now
        answer = CypsTryToAct(actionName, text, book)
        If Not IsArray(answer) And failedWhy = "" Then CypsEnded asked, began, ""
    End If
    If Not IsArray(answer) Then answer = CypsRefused()
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
Private Function CypsConnected() As Boolean
    Dim began As Date
    began = Now
    failedWhy = ""
    On Error GoTo Failed
    If server Is Nothing Then
        Set server = CreateObject("Cyps.Server")
        server.Attach CLng(Application.Hwnd)
        If untold <> "" Then server.RunAction "note", untold, ""
        untold = ""
    End If
    CypsConnected = True
    Exit Function
Failed:
    Set server = Nothing
    failedAt = Now
    If CypsSince(began) < SLOW_START Then
        failedWhy = "The CYPS server cannot be reached, so nothing can be computed: it is not " & _
            "installed for you, its program is gone, or something blocks it. Close Excel, " & _
            "install CYPS again, and open Excel; if that does not help, send your IT the page " & _
            "Deployment of the CYPS guide."
    Else
        failedWhy = "The CYPS server was started but did not get ready in time, so nothing can " & _
            "be computed. A virus scanner may be looking at it for the first time: wait a " & _
            "minute, then press Ctrl+Alt+F9. If it happens again, send your IT the page " & _
            "Deployment of the CYPS guide."
    End If
    untold = failedWhy
End Function

' Whether what is asked for failed a moment ago.
Private Function CypsPaused(ByVal asked As String) As Boolean
    If failedWhy <> "" Then
        CypsPaused = CypsSince(failedAt) < PAUSE
        If Not CypsPaused Then failedWhy = ""
    ElseIf asked = endedIn Then
        CypsPaused = CypsSince(endedAt) < PAUSE
    End If
End Function

' The server ended in a call: by itself when it took too long, else it crashed.
Private Sub CypsEnded(ByVal asked As String, ByVal began As Date, ByVal twice As String)
    endedIn = asked
    endedAt = Now
    If CypsSince(began) < SLOW_CALL Then
        endedWhy = "The CYPS server ended" & twice & " while it was computing " & asked & _
            ". Try it with fewer cells, or again in a minute; if it ends again, tell whoever " & _
            "gave you CYPS what you asked for."
    Else
        endedWhy = "The CYPS server was stopped, for after 2 minutes it was " & _
            "still computing " & asked & ". Try it with fewer cells, or again when this PC has " & _
            "less to do."
    End If
    If twice = "" Then
        endedWhy = endedWhy & " If a file was to be written, see whether it is there."
    End If
    untold = endedWhy
End Sub

Private Function CypsRefused() As Variant
    If failedWhy <> "" Then
        CypsRefused = Array("#VALUE!", failedWhy)
    Else
        CypsRefused = Array("#VALUE!", endedWhy)
    End If
End Function

Private Sub CypsForgetTheDead()
    Dim told As String
    On Error GoTo Dead
    If Not server Is Nothing Then told = server.Version()
    Exit Sub
Dead:
    Set server = Nothing
End Sub

Private Function CypsSince(ByVal moment As Date) As Double
    CypsSince = (Now - moment) * 86400
End Function
