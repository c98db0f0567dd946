; The installer of the Excel add-in, for one user and without administrator's rights.
; Made by build/windows/package.py, which gives every name that is in capitals:
;   VERSION, FOLDER (the frozen server), XLAM, INTELLISENSE, LICENCE, OUT, PROGID, CLSID, NAME, SIGN (may be "")
; Silent: cyps-setup.exe /S    Elsewhere: cyps-setup.exe /S /D=C:\folder (last, without quotes)
; Ends with 0; 2 when Excel holds the old add-in open; 3 when the server does not compute here.

Unicode true
Target amd64-unicode
!include LogicLib.nsh
!include FileFunc.nsh

Name "${NAME}"
OutFile "${OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\CYPS"
SetCompressor /SOLID lzma
ShowInstDetails nevershow
ShowUninstDetails nevershow
!if "${SIGN}" != ""
  !uninstfinalize '${SIGN} "%1"' = 0
!endif

!define EXCEL "Software\Microsoft\Office\16.0\Excel\Options"
!define REMOVE "Software\Microsoft\Windows\CurrentVersion\Uninstall\CYPS"
!define CLASSES "Software\Classes"

Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Function .onInit
  ; an earlier installation is upgraded where it is
  ${If} $INSTDIR == "$LOCALAPPDATA\Programs\CYPS"
    ReadRegStr $0 HKCU "${REMOVE}" "InstallLocation"
    ${If} $0 != ""
      StrCpy $INSTDIR $0
    ${EndIf}
  ${EndIf}
FunctionEnd

!macro StopServer
  ${If} ${FileExists} "$INSTDIR\cyps-server.exe"
    ExecWait '"$INSTDIR\cyps-server.exe" --stop' $0
    ${If} $0 != 0 ; it hangs: no work of the user's is in it
      nsExec::Exec 'taskkill /f /im cyps-server.exe'
      Sleep 500
    ${EndIf}
  ${EndIf}
!macroend

Section
  SetShellVarContext current
  ; Excel keeps its add-ins open, and half an upgrade is worse than none: look before anything
  ${If} ${FileExists} "$INSTDIR\cyps.xlam"
    ClearErrors
    FileOpen $0 "$INSTDIR\cyps.xlam" a
    ${If} ${Errors}
      MessageBox MB_OK|MB_ICONSTOP "Excel has the CYPS add-in open. Close Excel and start this again. Nothing was changed." /SD IDOK
      SetErrorLevel 2
      Abort
    ${EndIf}
    FileClose $0
  ${EndIf}
  !insertmacro StopServer
  RMDir /r "$INSTDIR\_internal"
  SetOutPath "$INSTDIR"
  File /r "${FOLDER}/*.*"
  File "${XLAM}"
  File "${INTELLISENSE}"
  File "/oname=LICENCE.txt" "${LICENCE}"

  ; known answers, before Excel is told of anything
  GetTempFileName $1
  ExecWait '"$INSTDIR\cyps-server.exe" --selftest "$1"' $0
  Delete "$1"
  ${If} $0 != 0
    MessageBox MB_OK|MB_ICONSTOP "The CYPS server does not compute on this machine ($0), so it was not registered. Ask your IT whether programs may run from $INSTDIR." /SD IDOK
    SetErrorLevel 3
    Abort
  ${EndIf}

  WriteRegStr HKCU "${CLASSES}\${PROGID}" "" "${NAME}"
  WriteRegStr HKCU "${CLASSES}\${PROGID}\CLSID" "" "${CLSID}"
  WriteRegStr HKCU "${CLASSES}\CLSID\${CLSID}" "" "${NAME}"
  WriteRegStr HKCU "${CLASSES}\CLSID\${CLSID}\ProgID" "" "${PROGID}"
  WriteRegStr HKCU "${CLASSES}\CLSID\${CLSID}\LocalServer32" "" '"$INSTDIR\cyps-server.exe" --com'

  ; Excel opens OPEN, OPEN1, OPEN2, ... up to the first gap: ours goes where it is, or last
  StrCpy $1 0
  ${Do}
    Call OpenName
    ReadRegStr $3 HKCU "${EXCEL}" "$2"
    ${If} $3 == ""
    ${OrIf} $3 == '"$INSTDIR\cyps.xlam"'
      ${Break}
    ${EndIf}
    IntOp $1 $1 + 1
  ${Loop}
  WriteRegStr HKCU "${EXCEL}" "$2" '"$INSTDIR\cyps.xlam"'

  WriteUninstaller "$INSTDIR\uninstall.exe"
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegStr HKCU "${REMOVE}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${REMOVE}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${REMOVE}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${REMOVE}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${REMOVE}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${REMOVE}" "EstimatedSize" $0
  WriteRegDWORD HKCU "${REMOVE}" "NoModify" 1
  WriteRegDWORD HKCU "${REMOVE}" "NoRepair" 1
SectionEnd

!macro OpenName un
Function ${un}OpenName ; $1 = 0, 1, 2 -> $2 = OPEN, OPEN1, OPEN2
  StrCpy $2 "OPEN"
  ${If} $1 > 0
    StrCpy $2 "OPEN$1"
  ${EndIf}
FunctionEnd
!macroend
!insertmacro OpenName ""
!insertmacro OpenName "un."

Section Uninstall
  SetShellVarContext current
  ${IfNot} ${FileExists} "$INSTDIR\cyps-server.exe" ; never empty a folder that is not ours
    SetErrorLevel 2
    Abort
  ${EndIf}
  !insertmacro StopServer

  ; take our value out and move later ones down, for Excel stops at a gap
  StrCpy $1 0
  StrCpy $4 "" ; the name that is free
  ${Do}
    Call un.OpenName
    ReadRegStr $3 HKCU "${EXCEL}" "$2"
    ${If} $3 == ""
      ${Break}
    ${EndIf}
    ${If} $3 == '"$INSTDIR\cyps.xlam"'
      StrCpy $4 $2
    ${ElseIf} $4 != ""
      WriteRegStr HKCU "${EXCEL}" "$4" "$3"
      StrCpy $4 $2
    ${EndIf}
    IntOp $1 $1 + 1
  ${Loop}
  ${If} $4 != ""
    DeleteRegValue HKCU "${EXCEL}" "$4"
  ${EndIf}
  DeleteRegKey /ifempty HKCU "${EXCEL}"

  DeleteRegKey HKCU "${CLASSES}\${PROGID}"
  DeleteRegKey HKCU "${CLASSES}\CLSID\${CLSID}"
  DeleteRegKey HKCU "${REMOVE}"

  ; what the person loaded is the person's: only /ALL takes it away too
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/ALL" $1
  ${IfNot} ${Errors}
    RMDir /r "$LOCALAPPDATA\cyps"
  ${EndIf}
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\cyps-server.exe"
  Delete "$INSTDIR\cyps.xlam"
  Delete "$INSTDIR\cyps.intellisense.xml"
  Delete "$INSTDIR\LICENCE.txt"
  Delete "$INSTDIR\uninstall.exe"
  SetOutPath "$TEMP"
  RMDir "$INSTDIR"
SectionEnd
