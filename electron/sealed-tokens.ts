import * as v from 'valibot'
import type { AccessToken } from './ipc.ts'
import type { Keychain } from './keychain.ts'
import { MAX_ACCESS_TOKENS, StoredToken, type SealedToken } from './settings-schema.ts'

/** The access tokens as the settings file has them. */
export interface StoredTokens {
  /** In plain text, for want of a keychain. */
  readonly accessTokens: AccessToken[]
  readonly sealedTokens: SealedToken[]
}

export interface OpenedTokens {
  readonly tokens: AccessToken[]
  /** Not to be read now; kept as they are until the keychain is back or another token takes their place. */
  readonly locked: SealedToken[]
  /** How many can never be read again. */
  readonly lost: number
  /** Whether the file already holds them as `sealTokens` would write them. */
  readonly isCurrent: boolean
}

const isOneOf = (tokens: readonly { readonly origin: string }[], origin: string): boolean =>
  tokens.some((token) => token.origin === origin)

/** Null unless it is a token for this very origin: whoever can write the file must not have it shown to another server. */
const readToken = (text: string, origin: string): AccessToken | null => {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), StoredToken), text)
  return parsed.success && parsed.output.origin === origin ? parsed.output : null
}

/** Reads what the file holds, newest first, at most 12 tokens. */
export const openTokens = async (stored: StoredTokens, keychain: Keychain): Promise<OpenedTokens> => {
  const tokens = [...stored.accessTokens]
  const locked: SealedToken[] = []
  let lost = 0
  let isCurrent = tokens.length === 0
  for (const sealedToken of stored.sealedTokens) {
    // A plain one is newer: it was written when the sealed one could not be.
    if (isOneOf(stored.accessTokens, sealedToken.origin)) continue
    const opened = await keychain.open(sealedToken.sealed)
    const token = opened.state === 'open' ? readToken(opened.text, sealedToken.origin) : null
    if (opened.state === 'open' && opened.isStale) isCurrent = false
    if (token !== null) tokens.push(token)
    else if (opened.state === 'locked') locked.push(sealedToken)
    else lost += 1
  }
  return { tokens: tokens.slice(0, MAX_ACCESS_TOKENS), locked, lost, isCurrent: isCurrent && lost === 0 }
}

/** What to write for these tokens: sealed where the keychain can, and `locked` behind them as far as there is room. */
export const sealTokens = async (
  tokens: readonly AccessToken[],
  locked: readonly SealedToken[],
  keychain: Keychain,
): Promise<StoredTokens> => {
  const accessTokens: AccessToken[] = []
  const sealedTokens: SealedToken[] = []
  for (const { origin, token } of tokens) {
    const sealed = await keychain.seal(JSON.stringify({ origin, token }))
    if (sealed === null) accessTokens.push({ origin, token })
    else sealedTokens.push({ origin, sealed })
  }
  const waiting = locked.filter(({ origin }) => !isOneOf(tokens, origin)).slice(0, MAX_ACCESS_TOKENS - tokens.length)
  return { accessTokens, sealedTokens: [...sealedTokens, ...waiting] }
}
