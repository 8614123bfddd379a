import { createHmac } from 'node:crypto'
import type { IceConfiguration, IceServer } from '#signalling/protocol.ts'
import type { Clock } from './clock.ts'

export interface TurnOptions {
  /** `turn:` and `turns:` URLs of one server, or of several that share the secret. */
  readonly urls: readonly string[]
  /** Shared with the TURN server alone (coturn: `static-auth-secret`). */
  readonly secret: string
  /** How long a credential is good. */
  readonly lifetimeMs: number
}

/** A relay of this server itself. */
export interface OwnRelay {
  /** How long what it issues is good. */
  readonly lifetimeMs: number
  /** For a client that reached this server by this Host header; null when there is no relay for it. */
  iceServerFor(id: string, host: string): IceServer | null
}

/**
 * The ICE servers that one client is told. Those for STUN are the same for everyone; for TURN each gets a credential of its
 * own that runs out (draft-uberti-behave-turn-rest-00): the name is `<end in Unix seconds>:<id>`, the password
 * base64(HMAC-SHA1(secret, name)). The secret itself is told to nobody.
 */
export class IceServers {
  readonly #fixed: readonly IceServer[]
  readonly #turn: TurnOptions | null
  readonly #clock: Clock
  readonly #relay: OwnRelay | null

  constructor(fixed: readonly IceServer[], turn: TurnOptions | null, clock: Clock, relay: OwnRelay | null = null) {
    this.#fixed = fixed
    this.#turn = turn
    this.#clock = clock
    this.#relay = relay
  }

  /**
   * Those that were configured first, then the relay of this server. `id` is written to the TURN server's log, so it must say
   * nothing about a person. `host`: the Host header by which the client reached this server; without it there is no own relay.
   */
  for(id: string, host?: string): IceConfiguration {
    const iceServers = [...this.#fixed]
    const lifetimes: number[] = []
    if (this.#turn !== null) {
      iceServers.push({ urls: this.#turn.urls, ...credentialFor(id, this.#turn, this.#clock.now()) })
      lifetimes.push(this.#turn.lifetimeMs)
    }
    const own = host === undefined ? null : this.#relay?.iceServerFor(id, host)
    if (this.#relay && own) {
      iceServers.push(own)
      lifetimes.push(this.#relay.lifetimeMs)
    }
    return lifetimes.length === 0 ? { iceServers } : { iceServers, iceLifetimeMs: Math.min(...lifetimes) }
  }
}

/** `now`: milliseconds since 1970. */
export const credentialFor = (
  id: string,
  { secret, lifetimeMs }: Pick<TurnOptions, 'secret' | 'lifetimeMs'>,
  now: number,
): { readonly username: string; readonly credential: string } => {
  const username = `${String(Math.floor((now + lifetimeMs) / 1000))}:${id}`
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') }
}
