import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import * as v from 'valibot'
import { readWill, Will } from '#signalling/protocol.ts'
import type { NearbyMeeting } from './ipc.ts'
import { formatLanEndpoint, parseLanEndpoint, type LanEndpoint } from './lan-address.ts'
import { connectByTls, pinOf } from './tls-key.ts'

/** The longest will has 1.9 kB. */
const MAX_ANSWER_BYTES = 16 * 1024
/** From the first packet to the last byte of the answer; it is a moment's work, on this network. */
const ANSWER_MS = 3000

/** A room, and the computer that an invitation to it pins. */
export interface Predecessor {
  readonly pin: string
  readonly code: string
}

/** A computer that claims to go on with a room. */
export interface Successor {
  /** Of the key that it says it has. */
  readonly pin: string
  readonly endpoint: LanEndpoint
}

/** Those who announce that they go on in the place of `predecessor`: the first address of each, then the second of each. */
export const successorsAmong = (meetings: readonly NearbyMeeting[], predecessor: Predecessor): readonly Successor[] =>
  meetings
    .filter(({ code, pin, former }) => {
      return code === predecessor.code && pin !== predecessor.pin && former.includes(predecessor.pin)
    })
    .flatMap(({ pin, addresses }) => addresses.map((address, place) => ({ pin, place, address })))
    .toSorted((a, b) => a.place - b.place)
    .flatMap(({ pin, address }) => {
      const endpoint = parseLanEndpoint(address)
      return endpoint === null ? [] : [{ pin, endpoint }]
    })

/** Rejects when it is refused, breaks off, or is too long. */
const get = async (socket: TLSSocket, path: string, host: string): Promise<string> => {
  const asked = request({ createConnection: () => socket, path, headers: { host, accept: 'application/json' } })
  // The first problem rejects what waits below; there may be more of them.
  asked.on('error', () => undefined)
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error('refused')
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) throw new Error('too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Asks over the very connection on which the key was shown. Null when another key is, or nothing is answered. */
const askForWill = async ({ endpoint, pin }: Successor, code: string, signal: AbortSignal): Promise<string | null> => {
  const connection = await connectByTls(endpoint, signal)
  if (connection === null) return null
  const { socket, certificate } = connection
  try {
    return pinOf(certificate) === pin ? await get(socket, `/succession/${code}`, formatLanEndpoint(endpoint)) : null
  } catch {
    return null
  } finally {
    socket.destroy()
  }
}

/**
 * Whether a computer holds the key that it says it has, and a will for it that leads from the predecessor to that key. What its
 * answer holds is believed for its signatures alone. Takes 3 s at most; ends before when `signal` says so. Never rejects.
 */
export const isSuccessor = async (
  successor: Successor,
  predecessor: Predecessor,
  signal: AbortSignal,
): Promise<boolean> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
  const answer = await askForWill(successor, predecessor.code, limited)
  const Told = v.pipe(v.string(), v.parseJson(), v.object({ pin: v.literal(successor.pin), will: Will }))
  const told = v.safeParse(Told, answer)
  if (!told.success) return false
  const pins = await readWill(told.output.will, { code: predecessor.code, to: successor.pin })
  return pins?.includes(predecessor.pin) ?? false
}
