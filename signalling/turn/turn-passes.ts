import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../domain/clock.ts'
import { credentialFor } from '../domain/turn-credentials.ts'
import type { ServerLimits } from '../server-limits.ts'

/** Sent with every challenge; short, because an answer should not be longer than the question. */
export const REALM = 'earshot'
/** Eight bytes, in characters that may stand in a quoted string. */
const NONCE_SEAL_LENGTH = 11
const NONCE = /^([\da-z]{1,9})\.([\w-]{11})$/
const USERNAME = /^(\d{1,12}):([\w.-]{1,128})$/

export interface Pass {
  readonly username: string
  /** Who was given it: all passes of one client have the same. */
  readonly user: string
  /** Of MESSAGE-INTEGRITY. */
  readonly key: Buffer
}

/**
 * Who may use the relay: passes that run out (draft-uberti-behave-turn-rest-00), sealed with a secret that lives and dies with
 * the server, and nonces that are good for one client and for a while. Nothing is remembered of either.
 */
export class TurnPasses {
  readonly #secret = randomBytes(32).toString('base64url')
  readonly #nonceSecret = randomBytes(32)
  readonly #limits: ServerLimits
  readonly #clock: Clock

  constructor(limits: ServerLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  get lifetimeMs(): number {
    return this.#limits.turnPassMs
  }

  issue(id: string): { readonly username: string; readonly credential: string } {
    return credentialFor(id, { secret: this.#secret, lifetimeMs: this.lifetimeMs }, this.#clock.now())
  }

  /** Null for a name that was never issued in this form, or has run out. Whether it was issued at all, the key tells. */
  read(name: Buffer): Pass | null {
    const username = name.toString('latin1')
    const [, end = '', user = ''] = USERNAME.exec(username) ?? []
    if (user === '' || Number(end) * 1000 <= this.#clock.now()) return null
    const password = createHmac('sha1', this.#secret).update(username).digest('base64')
    const key = createHash('md5').update(`${username}:${REALM}:${password}`).digest()
    return { username, user, key }
  }

  /** `client`: address, port and transport of whoever it is for. */
  nonceFor(client: string): Buffer {
    const at = Math.floor(this.#clock.now() / 1000).toString(36)
    return Buffer.from(`${at}.${this.#nonceSeal(at, client)}`, 'latin1')
  }

  isFresh(nonce: Buffer, client: string): boolean {
    const [, at = '', seal = ''] = NONCE.exec(nonce.toString('latin1')) ?? []
    if (at === '') return false
    const ageMs = this.#clock.now() - Number.parseInt(at, 36) * 1000
    const isOurs = timingSafeEqual(Buffer.from(seal), Buffer.from(this.#nonceSeal(at, client)))
    return isOurs && ageMs < this.#limits.turnNonceMs
  }

  #nonceSeal(at: string, client: string): string {
    const seal = createHmac('sha256', this.#nonceSecret).update(`${at} ${client}`).digest('base64url')
    return seal.slice(0, NONCE_SEAL_LENGTH)
  }
}
