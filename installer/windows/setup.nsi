; setup.exe: installs for everybody or for one user, over an older version as well, with or without questions.
;
;   /S                       asks nothing, shows nothing
;   /ALLUSERS /CURRENTUSER   for whom; without either, for everybody where the right is there
;   /D=FOLDER                where to, as the last of the line and without quotes
;   /NAME=VALUE              a managed setting, such as /SERVER=gateway.acme.example:7400; an empty VALUE drops it
;
; It ends with 0, or with one of the numbers below. The program's own words are given by setup.py, as defines.

Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
SetCompressorDictSize 64
ManifestDPIAware true
ManifestSupportedOS Win10

!define NOT_EMPTY 3          ; the folder belongs to something else
!define RUNNING 4            ; close the program first
!define BAD_SETTING 5        ; installed, but a setting was not understood
!define NOT_ALLOWED 6        ; for everybody only administrators install
!define BY_THE_MSI 7         ; the .msi has installed it, and only that knows how to remove it
!define NEWER_IS_THERE 1638  ; a newer version is installed: Windows Installer's number for the same

!define MULTIUSER_EXECUTIONLEVEL Highest
!define MULTIUSER_MUI
!define MULTIUSER_USE_PROGRAMFILES64
!define MULTIUSER_INSTALLMODE_COMMANDLINE
!define MULTIUSER_INSTALLMODE_INSTDIR "${TITLE}"
!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${TITLE}"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_KEY "${KEY}"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_VALUENAME "InstallLocation"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_KEY "${KEY}"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_VALUENAME "InstallLocation"
!define MULTIUSER_INIT_FUNCTIONQUIT NotAllowed
!define MULTIUSER_INIT_UN.FUNCTIONQUIT un.NotAllowed
!define MULTIUSER_INIT_TEXT_ALLUSERSNOTPOSSIBLE "Only an administrator can install ${TITLE} for everybody."

!include MultiUser.nsh
!include MUI2.nsh
!include FileFunc.nsh
!include WordFunc.nsh
!include x64.nsh

Name "${TITLE}"
BrandingText "${TITLE} ${VERSION}"
OutFile "${OUTPUT}"
ShowInstDetails nevershow
ShowUninstDetails nevershow
VIProductVersion "${NUMBERS}"
VIAddVersionKey CompanyName "${PUBLISHER}"
VIAddVersionKey FileDescription "${TITLE} setup"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey LegalCopyright "${PUBLISHER}. Licence: ${LICENCE}"
VIAddVersionKey ProductName "${TITLE}"
VIAddVersionKey ProductVersion "${VERSION}"

; Windows asks for an administrator's consent by the name in the signature, also when it is uninstalled.
!ifdef SIGN
  !uninstfinalize '${SIGN} "%1"' = 0
!endif

!define MUI_ICON "${FOLDER}/${NAME}.ico"
!define MUI_UNICON "${FOLDER}/${NAME}.ico"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "Open ${TITLE}"
!define MUI_FINISHPAGE_RUN_FUNCTION Open
!insertmacro MULTIUSER_PAGE_INSTALLMODE
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE CheckFolder
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

Var Told     ; the settings of the command line, as options of our program
Var ForUser  ; its option for one user alone

!macro FUNCTIONS UN
; Says a sentence in a window, or where nothing may be shown to whoever started us, and ends with a number.
Function ${UN}Refuse
  Pop $1 ; the number
  Pop $0 ; the sentence
  ${If} ${Silent}
    System::Call 'kernel32::AttachConsole(i -1)'
    System::Call 'kernel32::GetStdHandle(i -12) p .r2' ; STD_ERROR_HANDLE
    FileWrite $2 "$0$\r$\n"
  ${Else}
    MessageBox MB_OK|MB_ICONSTOP "$0"
  ${EndIf}
  SetErrorLevel $1
  Quit
FunctionEnd

Function ${UN}NotAllowed
  SetErrorLevel ${NOT_ALLOWED}
  Quit
FunctionEnd

; A library that a program has loaded cannot be written.
Function ${UN}RefuseWhileRunning
  ${IfNot} ${FileExists} "$INSTDIR\python\${LIBRARY}"
    Return
  ${EndIf}
  Again:
  ClearErrors
  FileOpen $0 "$INSTDIR\python\${LIBRARY}" a
  ${IfNot} ${Errors}
    FileClose $0
    Return
  ${EndIf}
  MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "${TITLE} is running. Close it, then try again." /SD IDCANCEL IDRETRY Again
  Push "${TITLE} is running. Close it, then try again."
  Push ${RUNNING}
  Call ${UN}Refuse
FunctionEnd

Function ${UN}ForWhom
  SetRegView 64
  StrCpy $ForUser ""
  ${If} $MultiUser.InstallMode == CurrentUser
    StrCpy $ForUser "--user"
  ${EndIf}
FunctionEnd
!macroend
!insertmacro FUNCTIONS ""
!insertmacro FUNCTIONS "un."

!macro REFUSE_IF_NEWER
  ReadRegStr $0 SHCTX "${KEY}" "Numbers"
  ${VersionCompare} "$0" "${NUMBERS}" $1
  ${If} $0 != ""
  ${AndIf} $1 = 1
    ReadRegStr $0 SHCTX "${KEY}" "DisplayVersion"
    Push "${TITLE} $0 is installed, which is newer than ${VERSION}. Uninstall it first if you want the older one."
    Push ${NEWER_IS_THERE}
    Call Refuse
  ${EndIf}
!macroend

; Once for each setting, by the macro SETTINGS that setup.py writes: is the argument $R4 that setting?
!macro SETTING PARAMETER SETTING_NAME
  StrLen $R5 "/${PARAMETER}="
  StrCpy $R6 $R4 $R5
  ${If} $R6 == "/${PARAMETER}="
    StrCpy $R6 $R4 "" $R5
    StrCpy $R5 $R6 1 -1
    ${If} $R5 == "\" ; before a quotation mark it would be taken for one that belongs to the value
      StrCpy $R6 "$R6\"
    ${EndIf}
    StrCpy $Told '$Told --set "${SETTING_NAME}=$R6"'
  ${EndIf}
!macroend

; Reads the command line as every program does, whatever shell has quoted it.
Function ReadSettings
  StrCpy $Told ""
  System::Call 'kernel32::GetCommandLineW() p .R0'
  System::Call 'shell32::CommandLineToArgvW(p R0, *i .R1) p .R2'
  StrCpy $R3 0
  ${While} $R3 < $R1
    IntOp $R8 $R3 * ${NSIS_PTR_SIZE}
    IntPtrOp $R8 $R2 + $R8
    System::Call '*$R8(p .R9)'
    System::Call 'kernel32::lstrcpynW(w .R4, p R9, i ${NSIS_MAX_STRLEN})'
    !insertmacro SETTINGS
    IntOp $R3 $R3 + 1
  ${EndWhile}
  System::Call 'kernel32::LocalFree(p R2)'
  StrLen $0 "$INSTDIR$Told"
  ${If} $0 > 900 ; a text of NSIS ends at 1024 characters, and one that is cut off must not be taken for what was said
    Push "The settings on this command line are too long. Give them by a settings file or by policy."
    Push ${BAD_SETTING}
    Call Refuse
  ${EndIf}
FunctionEnd

Function .onInit
  StrCpy $8 $INSTDIR ; from /D=
  SetRegView 64
  !insertmacro MULTIUSER_INIT
  ${If} $8 != ""
    StrCpy $INSTDIR $8
  ${EndIf}
  Call ReadSettings
  ${If} ${Silent}
    Call CheckFolder
  ${EndIf}
FunctionEnd

; The folder is new, empty or ours: what is ours in it is deleted by an upgrade.
Function CheckFolder
  !insertmacro REFUSE_IF_NEWER
  ${If} $MultiUser.InstallMode == AllUsers
    System::Call 'msi::MsiEnumRelatedProductsW(w "${UPGRADE_CODE}", i 0, i 0, w .r1) i .r0'
    ${If} $0 = 0 ; ERROR_SUCCESS: there is one
      Push "${TITLE} was installed by its .msi. Uninstall that first, in Windows' list of programs."
      Push ${BY_THE_MSI}
      Call Refuse
    ${EndIf}
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\*.*"
  ${AndIfNot} ${FileExists} "$INSTDIR\${NAME}-wizard.exe"
    ${DirState} "$INSTDIR" $0
    ${If} $0 = 1
      Push "The folder $INSTDIR holds something else. Choose an empty one."
      Push ${NOT_EMPTY}
      Call Refuse
    ${EndIf}
  ${EndIf}
  Call RefuseWhileRunning
FunctionEnd

!macro REMOVE_FILES
  RMDir /r "$INSTDIR\python"
  RMDir /r "$INSTDIR\packages"
  RMDir /r "$INSTDIR\licences"
  Delete "$INSTDIR\${NAME}.exe"
  Delete "$INSTDIR\${NAME}-wizard.exe"
  Delete "$INSTDIR\${NAME}.ico"
  Delete "$INSTDIR\LICENSE.txt"
!macroend

Section
  Call ForWhom
  !insertmacro REMOVE_FILES
  SetOutPath "$INSTDIR"
  File /r "${FOLDER}/*"
  ; As Python's own installer does: who starts it later may have no right to write here, and would wait each time.
  nsExec::Exec '"$INSTDIR\python\python.exe" -I -m compileall -q --invalidation-mode unchecked-hash "$INSTDIR\packages"'
  Pop $0
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\${TITLE}.lnk" "$INSTDIR\${NAME}-wizard.exe" "" "$INSTDIR\${NAME}.ico" 0 SW_SHOWNORMAL "" "${SUMMARY}"

  ; Presets and links open the wizard: Microsoft, "File Types" and "Registering an Application to a URI Scheme".
  WriteRegStr SHCTX "Software\Classes\.${EXTENSION}" "" "${TITLE}.Preset"
  WriteRegStr SHCTX "Software\Classes\.${EXTENSION}" "Content Type" "${MEDIA_TYPE}"
  WriteRegStr SHCTX "Software\Classes\${TITLE}.Preset" "" "${TITLE} preset"
  WriteRegStr SHCTX "Software\Classes\${TITLE}.Preset\DefaultIcon" "" "$INSTDIR\${NAME}.ico"
  WriteRegStr SHCTX "Software\Classes\${TITLE}.Preset\shell\open\command" "" '"$INSTDIR\${NAME}-wizard.exe" "%1"'
  WriteRegStr SHCTX "Software\Classes\${SCHEME}" "" "URL:${TITLE}"
  WriteRegStr SHCTX "Software\Classes\${SCHEME}" "URL Protocol" ""
  WriteRegStr SHCTX "Software\Classes\${SCHEME}\DefaultIcon" "" "$INSTDIR\${NAME}.ico"
  WriteRegStr SHCTX "Software\Classes\${SCHEME}\shell\open\command" "" '"$INSTDIR\${NAME}-wizard.exe" "%1"'
  ; So that Win+R and `start` find the programs, whatever the search path is.
  WriteRegStr SHCTX "Software\Microsoft\Windows\CurrentVersion\App Paths\${NAME}.exe" "" "$INSTDIR\${NAME}.exe"
  WriteRegStr SHCTX "Software\Microsoft\Windows\CurrentVersion\App Paths\${NAME}-wizard.exe" "" "$INSTDIR\${NAME}-wizard.exe"

  ; Microsoft, "Uninstall Registry Key".
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegStr SHCTX "${KEY}" "DisplayName" "${TITLE}"
  WriteRegStr SHCTX "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${KEY}" "Numbers" "${NUMBERS}"
  WriteRegStr SHCTX "${KEY}" "DisplayIcon" "$INSTDIR\${NAME}.ico"
  WriteRegStr SHCTX "${KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr SHCTX "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode'
  WriteRegStr SHCTX "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode /S'
  WriteRegDWORD SHCTX "${KEY}" "EstimatedSize" $0
  WriteRegDWORD SHCTX "${KEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${KEY}" "NoRepair" 1
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)' ; SHCNE_ASSOCCHANGED
  Call TellSettings
SectionEnd

; Only what this command line gives: an upgrade or a repair without parameters leaves the settings as they are.
Function TellSettings
  ${If} $Told != ""
    nsExec::ExecToStack '"$INSTDIR\${NAME}.exe" settings$Told $ForUser'
    Pop $0
    Pop $1
    ${If} $0 != 0
      Push "${TITLE} is installed, but without the settings that were given: $1"
      Push ${BAD_SETTING}
      Call Refuse
    ${EndIf}
  ${EndIf}
FunctionEnd

; By the desktop, as the person who sits there: the wizard must not be an administrator's.
Function Open
  Exec '"$WINDIR\explorer.exe" "$INSTDIR\${NAME}-wizard.exe"'
FunctionEnd

Function un.onInit
  SetRegView 64
  !insertmacro MULTIUSER_UNINIT
  Call un.RefuseWhileRunning
FunctionEnd

; What people have enrolled stays with them: `${NAME} remove` forgets it.
Section Uninstall
  Call un.ForWhom
  nsExec::Exec '"$INSTDIR\${NAME}.exe" settings --clear $ForUser'
  Pop $0
  !insertmacro REMOVE_FILES
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${TITLE}.lnk"
  ReadRegStr $0 SHCTX "Software\Classes\.${EXTENSION}" ""
  ${If} $0 == "${TITLE}.Preset" ; it may be another program's by now
    DeleteRegKey SHCTX "Software\Classes\.${EXTENSION}"
  ${EndIf}
  DeleteRegKey SHCTX "Software\Classes\${TITLE}.Preset"
  DeleteRegKey SHCTX "Software\Classes\${SCHEME}"
  DeleteRegKey SHCTX "Software\Microsoft\Windows\CurrentVersion\App Paths\${NAME}.exe"
  DeleteRegKey SHCTX "Software\Microsoft\Windows\CurrentVersion\App Paths\${NAME}-wizard.exe"
  DeleteRegKey SHCTX "${KEY}"
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
SectionEnd
