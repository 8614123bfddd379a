; Taken into the uninstaller by electron-builder (electron-builder.config.ts).

; The app registers the scheme of its invitations at each start (electron/deep-links.ts), electron-builder does not: what
; goes with the app goes here. Another copy of the app that has the scheme by now keeps it.
!macro customUnInstall
  ${ifNot} ${isUpdated}
    ReadRegStr $0 HKCU "Software\Classes\earshot\shell\open\command" ""
    ${if} $0 == '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "%1"'
      DeleteRegKey HKCU "Software\Classes\earshot"
    ${endIf}
  ${endIf}
!macroend
