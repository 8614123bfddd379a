import { isIP } from 'node:net'
import { hostname } from 'node:os'

/** Origin of the desktop app's own page (electron/ serves it under this scheme and host). */
const DESKTOP_ORIGIN = 'app://bundle'

const hostNameOf = (host: string): string | null => {
  if (!/^[\w.:[\]-]+$/.test(host)) return null
  const url = URL.parse(`http://${host}`)
  return url === null ? null : url.hostname.replace(/^\[|\]$/g, '')
}

/**
 * Says which names this server answers to and which pages may connect to it.
 *
 * Host: an address, `localhost`, this machine's own name (also under `.local`), or the host of an allowed origin. A
 * foreign name that resolves to this machine is how DNS rebinding makes a web page "same origin" with a LAN server.
 *
 * Origin: CORS does not hold back WebSockets, so the server has to. Absent is fine: only browsers are made to connect
 * against their user's will, and they always send one.
 */
export class Hosts {
  readonly #names: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>

  /** `allowedOrigins`: as browsers write them, for example `https://meet.example.org`. */
  constructor(allowedOrigins: readonly string[], machineName = hostname()) {
    const machine = machineName.toLowerCase()
    const allowed = allowedOrigins.flatMap((origin) => URL.parse(origin)?.hostname ?? [])
    this.#names = new Set(['localhost', machine, `${machine.replace(/\.local$/, '')}.local`, ...allowed])
    this.#origins = new Set([DESKTOP_ORIGIN, ...allowedOrigins])
  }

  /** `host`: the Host header, with or without a port. */
  isOwnHost(host: string | undefined): host is string {
    const name = host === undefined ? null : hostNameOf(host)
    return name !== null && (isIP(name) !== 0 || this.#names.has(name))
  }

  isAllowedOrigin(origin: string | undefined, host: string): boolean {
    if (origin === undefined || this.#origins.has(origin)) return true
    return origin === `http://${host.toLowerCase()}` || origin === `https://${host.toLowerCase()}`
  }
}
