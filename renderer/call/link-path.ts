import type { Path } from './call-state.ts'
import type { PathEnd, PathEnds } from './link-sample.ts'

/** `turn:` and `turns:` with host and port (RFC 7065, section 3.1). */
const TURN = /^turns?:(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?|$)/i
const TURN_PORT = '3478'

const unbracketed = (host: string): string => host.replace(/^\[|\]$/g, '').toLowerCase()

const isOfHost = ({ url, address }: PathEnd, server: URL): boolean => {
  const [, host, port = TURN_PORT] = (url && TURN.exec(url)) ?? []
  const serverHost = unbracketed(server.hostname)
  // Of a relay that the other side uses, only the address is known.
  if (host === undefined) return address !== null && unbracketed(address) === serverHost
  const serverPort = server.port || (server.protocol === 'https:' ? '443' : '80')
  return unbracketed(host) === serverHost && port === serverPort
}

/** Which way it is, as seen from whoever uses the server at `serverUrl`. */
export const pathOf = ({ local, remote }: PathEnds, serverUrl: string | null): Path => {
  const relayed = [local, remote].find(({ candidateType }) => candidateType === 'relay')
  if (!relayed) return 'direct'
  const server = serverUrl === null ? null : URL.parse(serverUrl)
  return server && isOfHost(relayed, server) ? 'host' : 'relay'
}

/** To one, two or five of a power of ten, so that it changes seldom; at least 1. */
export const roundRoundTrip = (ms: number): number => {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(ms, 1))))
  const [nearest = power] = [1, 2, 5, 10]
    .map((step) => step * power)
    .sort((a, b) => Math.abs(a - ms) - Math.abs(b - ms))
  return nearest
}

/** The first times are for what a network was slow to let through; later ones, for one that has changed. */
const PAUSES_MS = [30_000, 60_000, 120_000] as const
const LAST_PAUSE_MS = PAUSES_MS[2]

interface DirectPathSearchOptions {
  readonly maySearch: () => boolean
  /** Looks for another path while the present one stays in use. */
  readonly search: () => void
}

/** While a connected link is relayed, looks now and then whether there is a direct path by now. */
export class DirectPathSearch {
  readonly #options: DirectPathSearchOptions
  #timer: ReturnType<typeof setTimeout> | undefined
  #searches = 0

  constructor(options: DirectPathSearchOptions) {
    this.#options = options
  }

  /** As often as one likes. A lost path is for others to get back. */
  follow(path: Path, isConnected: boolean): void {
    const isRelayed = path === 'host' || path === 'relay'
    if (path === 'direct') this.#searches = 0
    if (!isRelayed || !isConnected) this.close()
    else
      this.#timer ??= setTimeout(() => {
        this.#search()
      }, PAUSES_MS[this.#searches] ?? LAST_PAUSE_MS)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #search(): void {
    this.#searches++
    if (this.#options.maySearch()) this.#options.search()
    this.close()
    this.follow('relay', true)
  }
}
