import type { FoundHost, WantedHost } from '#electron/ipc.ts'
import type { Result } from '#signalling/protocol.ts'
import { reasonOf, type Log } from './log.ts'
import { refuse } from './server-words.ts'
import type { Signalling } from './signalling.ts'
import { SignallingClient } from './signalling-client.ts'

export interface WayOptions {
  /** The access token for the server of this origin; null when it never asked for one. */
  readonly accessTokenFor?: (origin: string) => string | null
  /** Another way to a server than Socket.IO. */
  readonly openSignalling?: (serverUrl: string) => Signalling
  /** Looks for the computer that an invitation pins, or that is at an address; without it the address is opened as it is. */
  readonly findHost?: (wanted: WantedHost) => Promise<FoundHost>
}

/** The computer may just have died: somebody else's goes on with its room within this time. */
const TAKEOVER_MS = 5000

/** `pin`: the key that it showed; null when nobody looked. */
export interface FoundServer {
  readonly serverUrl: string
  readonly pin: string | null
}

/** Null for what is no address. */
export const openSignalling = (serverUrl: string, options: WayOptions, log: Log): Signalling | null => {
  if (options.openSignalling) return options.openSignalling(serverUrl)
  if (!URL.canParse(serverUrl)) return null
  const { origin } = new URL(serverUrl)
  const accessToken = () => options.accessTokenFor?.(origin) ?? null
  return new SignallingClient({ serverUrl: origin, log, accessToken })
}

/** Answers where the computer has its server that an invitation pins. */
export const findServer = async (
  wanted: WantedHost,
  invitedTo: string,
  { findHost }: WayOptions,
  log: Log,
): Promise<Result<FoundServer, 'wrong-key' | 'host-not-found'>> => {
  if (!findHost) return { ok: true, value: { serverUrl: invitedTo, pin: null } }
  try {
    const startedAt = performance.now()
    let found = await findHost(wanted)
    const isEarly = performance.now() - startedAt < TAKEOVER_MS
    if (!found.ok && found.problem === 'unreachable' && wanted.code !== undefined && isEarly)
      found = await findHost(wanted)
    if (found.ok) return { ok: true, value: found }
    // Somebody typed the address of a server that does not speak TLS.
    if (wanted.pin === null) return { ok: true, value: { serverUrl: invitedTo, pin: null } }
    return refuse(found.problem === 'wrong-key' ? 'wrong-key' : 'host-not-found')
  } catch (error) {
    log('error', `The host was not looked for: ${reasonOf(error)}`)
    return refuse('host-not-found')
  }
}
