import type { App, Session } from 'electron'
import { lanEndpointOf, type LanEndpoint } from './lan-address.ts'
import type { Log } from './log.ts'
import { askForCertificate, pinOf } from './tls-key.ts'

/** The newest are kept; more computers than these nobody visits between two starts of the app. */
const MAX_PINS = 64
/** How long a computer may take to show its key before the page connects to it. */
const ASK_TIMEOUT_MS = 5000

/** What `setCertificateVerifyProc` answers (electron/electron, docs/api/session.md). */
const verdicts = { accept: 0, refuse: -2, asChromium: -3 } as const

export interface PinsOptions {
  readonly app: Pick<App, 'on'>
  /** Of the page. */
  readonly session: Pick<Session, 'setCertificateVerifyProc' | 'webRequest'>
  readonly log: Log
}

interface Pinned {
  readonly pin: string
  readonly port: number
}

/**
 * Holds the page to the keys that were found: at an address where a computer is known by its key, no other key is taken,
 * whoever vouches for it, and the right one is, whatever its certificate says. Everywhere else Chromium decides.
 *
 * Two guards, because Chromium's network service keeps each verdict about a certificate at a host for half an hour and
 * has no way to forget it (electron/electron#41448; setting the verify proc anew does not, since #26517): before a
 * connection the gate looks at the key itself and stops what would be refused, so that Chromium sees no certificate whose
 * "no" would later stand in the way of an invitation; the verify proc then decides about the very connection.
 */
export class Pins {
  /** By IP address, without brackets: the verify proc is told no port. Oldest first. */
  readonly #byHost = new Map<string, Pinned>()
  readonly #log: Log

  /** Call when ready, before the page is loaded. */
  constructor({ app, session, log }: PinsOptions) {
    this.#log = log
    session.setCertificateVerifyProc(({ hostname, certificate }, callback) =>
      callback(this.#judge(hostname, certificate.data)),
    )
    session.webRequest.onBeforeRequest({ urls: ['https://*/*', 'wss://*/*'] }, ({ url }, callback) => {
      void this.#mayConnect(url).then((isAllowed) => callback({ cancel: !isAllowed }))
    })
    app.on('certificate-error', (event, _contents, _url, _error, _certificate, callback) => {
      event.preventDefault()
      callback(false)
    })
  }

  /** From now on only this key is taken at the address of `serverUrl`, in place of a former one. */
  set(serverUrl: string, pin: string): void {
    const endpoint = lanEndpointOf(serverUrl)
    if (endpoint === null) throw new Error('No address of a local network')
    this.#byHost.delete(endpoint.host)
    this.#byHost.set(endpoint.host, { pin, port: endpoint.port })
    const [oldest] = this.#byHost.keys()
    if (this.#byHost.size > MAX_PINS && oldest !== undefined) this.#byHost.delete(oldest)
  }

  /** Whether only one key is taken there. */
  has(serverUrl: string): boolean {
    const endpoint = lanEndpointOf(serverUrl)
    return endpoint !== null && this.#pinOf(endpoint) !== null
  }

  /** `hostname` has brackets around an IPv6 address, or not: Chromium tells it in both ways. */
  #judge(hostname: string, certificate: string): number {
    const pinned = this.#byHost.get(hostname.replace(/^\[|\]$/g, ''))
    if (pinned === undefined) return verdicts.asChromium
    if (pinOf(certificate) === pinned.pin) return verdicts.accept
    this.#log.warn('A certificate was refused: another key than the one of the invitation')
    return verdicts.refuse
  }

  async #mayConnect(url: string): Promise<boolean> {
    const endpoint = lanEndpointOf(url)
    if (endpoint === null) return true
    const certificate = await askForCertificate(endpoint, AbortSignal.timeout(ASK_TIMEOUT_MS))
    // Asked before, it could have changed meanwhile.
    const pin = this.#pinOf(endpoint)
    if (pin !== null) return certificate !== null && pinOf(certificate) === pin
    // A certificate that only vouches for itself and is no authority: what a computer that hosts shows. Nobody but an
    // invitation can say that it is the right one.
    return certificate === null || certificate.ca || !certificate.checkIssued(certificate)
  }

  #pinOf({ host, port }: LanEndpoint): string | null {
    const pinned = this.#byHost.get(host)
    return pinned?.port === port ? pinned.pin : null
  }
}
