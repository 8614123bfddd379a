import { app, shell, type WebContents } from 'electron'
import { parseExternalLink } from './external-links.ts'
import type { Log } from './log.ts'
import { isPageAddress, type PageOrigin } from './page-origin.ts'

const guardContents = (contents: WebContents, page: PageOrigin, log: Log): void => {
  const stay = (details: { url: string; preventDefault: () => void }): void => {
    if (isPageAddress(page, details.url)) return
    details.preventDefault()
    log.warn('A navigation away from the page was refused')
  }
  contents.on('will-navigate', stay)
  contents.on('will-redirect', stay)
  contents.on('will-frame-navigate', (details) => {
    // The page has no frames; one that appears was not put there by us.
    if (details.isMainFrame) stay(details)
    else details.preventDefault()
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    const link = parseExternalLink(url)
    if (link === null) log.warn('A window was refused')
    else shell.openExternal(link).catch((error: unknown) => log.warn(`A link could not be opened: ${String(error)}`))
    return { action: 'deny' }
  })
}

/**
 * Keeps every window on our page: no navigation, redirect, frame, webview or second window. Web links go to the
 * system's browser. Call before the first window; covers every WebContents that is ever made.
 */
export const guardNavigation = (page: PageOrigin, log: Log): void => {
  app.on('web-contents-created', (_event, contents) => guardContents(contents, page, log))
}
