import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What an access token is asked for: making rooms, or everything but the page itself and `/health`. */
export type AccessScope = 'create' | 'all'

export interface AccessOptions {
  readonly token: string
  readonly scope: AccessScope
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The token of `Authorization: Bearer …` (RFC 6750, section 2.1); null when there is none. */
export const bearerOf = (request: Pick<IncomingMessage, 'headers'>): string | null =>
  /^Bearer ([\w.~+/-]{1,2048}=*)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null

/** Every token that an HTTP request brings along: of its header, and each `token` of its query. */
export const tokensOf = (request: Pick<IncomingMessage, 'headers' | 'url'>): readonly string[] => {
  const bearer = bearerOf(request)
  const inQuery = new URLSearchParams((request.url ?? '').split('?')[1] ?? '').getAll('token')
  return bearer === null ? inQuery : [bearer, ...inQuery]
}

/** Says what somebody may do who brings these tokens. Without a token of its own the server is open to everybody. */
export class Access {
  readonly #wanted: Buffer | null
  readonly #scope: AccessScope

  constructor(options: AccessOptions | null) {
    this.#wanted = options === null ? null : digest(options.token)
    this.#scope = options?.scope ?? 'create'
  }

  mayEnter(tokens: readonly string[]): boolean {
    return this.#scope === 'create' || this.mayCreate(tokens)
  }

  mayCreate(tokens: readonly string[]): boolean {
    const wanted = this.#wanted
    // Digests are of one length and say nothing about the token, however long comparing takes.
    return wanted === null || tokens.some((token) => timingSafeEqual(digest(token), wanted))
  }
}
