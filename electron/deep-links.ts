import { resolve } from 'node:path'
import type { App } from 'electron'
import type { Log } from './log.ts'

/** Never change it: the builder's config, the uninstaller (build/installer.nsh) and links that people keep say it too. */
const SCHEME = 'earshot'
/** As `Notices.invitationOpened`. */
const MAX_LENGTH = 2048
/** What can stand in a link as it is: no spaces, quotation marks or control characters, which some shells and systems split at. */
const LINK = /^earshot:\/\/[!#-~]+$/i

/**
 * Brings a link that the system hands over to the form that the page may have: our scheme, a host, no credentials.
 * Null for everything else. What it leads to is for the page to find out, and to ask the person.
 */
export const parseLink = (text: string): string | null => {
  if (text.length > MAX_LENGTH || !LINK.test(text)) return null
  const url = URL.parse(text)
  if (url?.protocol !== `${SCHEME}:` || url.hostname === '' || url.username !== '' || url.password !== '') return null
  return url.href.length <= MAX_LENGTH ? url.href : null
}

/**
 * Finds the one link of ours on a command line; null when there is none, or more than one: the system hands over one.
 * Nothing else of the command line is looked at (Chromium adds arguments, and their order is not kept).
 */
export const findLink = (argv: readonly string[]): string | null => {
  const [link, ...more] = argv.filter((argument) => /^earshot:\/\//i.test(argument))
  return link === undefined || more.length > 0 ? null : parseLink(link)
}

/** Takes what macOS opens; the system may do so before the app is ready, so call it first of all. */
export const takeOpenedLinks = (app: Pick<App, 'on'>, onLink: (link: string) => void): void => {
  app.on('open-url', (event, url) => {
    event.preventDefault()
    const link = parseLink(url)
    if (link !== null) onLink(link)
  })
}

/**
 * Has the system open links of ours with this app. In a run from the sources only Windows can do so: there the command is
 * Electron with the main script; elsewhere it takes a package with a name.
 */
export const registerLinks = (app: Pick<App, 'isPackaged' | 'setAsDefaultProtocolClient'>, log: Log): void => {
  const script = process.argv[1]
  const isDone = app.isPackaged
    ? app.setAsDefaultProtocolClient(SCHEME)
    : process.platform !== 'win32' ||
      script === undefined ||
      app.setAsDefaultProtocolClient(SCHEME, process.execPath, [resolve(script)])
  if (!isDone) log.warn('The system does not open invitations with this app')
}

/** Keeps the newest link until the page is there to take it, and hands each out once. */
export class LinkInbox {
  #newest: string | null = null
  #deliver: ((link: string) => void) | null = null

  put(link: string): void {
    this.#newest = link
    this.#handOut()
  }

  /** The page listens from now on. */
  open(deliver: (link: string) => void): void {
    this.#deliver = deliver
    this.#handOut()
  }

  /** The page is gone or starts over: it takes nothing until it listens again. */
  close(): void {
    this.#deliver = null
  }

  #handOut(): void {
    if (this.#deliver === null || this.#newest === null) return
    const link = this.#newest
    this.#newest = null
    this.#deliver(link)
  }
}
