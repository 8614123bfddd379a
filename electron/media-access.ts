import { app, session, type Session } from 'electron'
import { originOf, isPageFrame, isPageAddress, type PageOrigin } from './page-origin.ts'

/**
 * What our page may do in our window. `media` is camera and microphone; the check for it also decides whether the
 * page may use every network card for a direct connection, so it is answered yes without a question.
 */
const allowedPermissions: ReadonlySet<string> = new Set([
  'media',
  'speaker-selection',
  'clipboard-sanitized-write',
  'fullscreen',
])

const hardenSession = (target: Session, page: PageOrigin): void => {
  target.setPermissionRequestHandler((contents, permission, callback, details) => {
    const isOurs =
      details.isMainFrame &&
      isPageAddress(page, details.requestingUrl) &&
      isPageFrame(page, contents, contents.mainFrame)
    callback(isOurs && allowedPermissions.has(permission))
  })
  target.setPermissionCheckHandler((contents, permission, requestingOrigin, details) => {
    // No contents: a worker asks, and ours ask for nothing.
    const isOurs = contents !== null && details.isMainFrame && originOf(requestingOrigin) === page.origin
    return isOurs && allowedPermissions.has(permission)
  })
  target.setDevicePermissionHandler(() => false)
  target.setDisplayMediaRequestHandler((_request, callback) => callback(null))
}

/**
 * Answers permission questions for our own page and refuses everyone else, in every session. Electron grants what
 * nobody answers (shell/browser/electron_permission_manager.cc), so call before the first window.
 */
export const answerPermissions = (page: PageOrigin): void => {
  hardenSession(session.defaultSession, page)
  app.on('session-created', (created) => hardenSession(created, page))
}
