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

/**
 * The ICE servers that one client is told. Those for STUN are the same for everyone; for TURN each gets a credential of its
 * own that runs out (draft-uberti-behave-turn-rest-00): the name is `<end in Unix seconds>:<id>`, the password
 * base64(HMAC-SHA1(secret, name)). The secret itself is told to nobody.
 */
export class IceServers {
  readonly #fixed: readonly IceServer[]
  readonly #turn: TurnOptions | null
  readonly #clock: Clock

  constructor(fixed: readonly IceServer[], turn: TurnOptions | null, clock: Clock) {
    this.#fixed = fixed
    this.#turn = turn
    this.#clock = clock
  }

  /** `id` is written to the TURN server's log, so it must say nothing about a person. */
  for(id: string): IceConfiguration {
    if (this.#turn === null) return { iceServers: this.#fixed }
    const { lifetimeMs } = this.#turn
    return { iceServers: [...this.#fixed, credentialFor(id, this.#turn, this.#clock.now())], iceLifetimeMs: lifetimeMs }
  }
}

const credentialFor = (id: string, { urls, secret, lifetimeMs }: TurnOptions, now: number): IceServer => {
  const username = `${String(Math.floor((now + lifetimeMs) / 1000))}:${id}`
  return { urls, username, credential: createHmac('sha1', secret).update(username).digest('base64') }
}
