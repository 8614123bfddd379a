/**
 * Who goes on with a room when the computer that hosts it is gone; part of the contract, protocol.ts hands it on.
 *
 * Participants whose app could host stand as heirs while the host lives, and it signs the key of each. The first of them who
 * lives takes over; the signatures (a will) lead from the key that an old invitation pins to the heir's.
 */
import * as v from 'valibot'
import { limits } from './limits.ts'
import { PeerId, PersonName, RoomCode } from './names.ts'
import { cleanText } from './words.ts'

/** SHA-256 of a computer's public key (SPKI, DER), base64url: `HostIdentity.pin` of electron/ipc.ts. */
export const HostPin = v.pipe(v.string(), v.regex(/^[\w-]{43}$/))

/** What one computer that hosts signs of the next. */
const WillStep = v.strictObject({
  /** Its public key on the curve P-256 (SPKI, DER: 91 bytes), base64url. */
  key: v.pipe(v.string(), v.regex(/^[\w-]{122}$/)),
  /** ECDSA with SHA-256 over `willText`, r and s (IEEE P1363: 64 bytes), base64url. */
  signature: v.pipe(v.string(), v.regex(/^[\w-]{86}$/)),
})
export type WillStep = v.InferOutput<typeof WillStep>

/** From the first computer that hosted the room to the one that names the heir. */
export const Will = v.pipe(v.array(WillStep), v.minLength(1), v.maxLength(limits.willSteps))
export type Will = v.InferOutput<typeof Will>

/** What a computer signs: that in this room, whoever holds the key with this pin may go on in its place. */
export const willText = (code: string, pin: string): string => `earshot will 1\n${code}\n${pin}`

/** Somebody's own computer could go on with the room. With the server's own pin: this one is at the computer that hosts. */
export const StandAsHeir = v.strictObject({ pin: HostPin })

/**
 * For the server inside an own app alone: goes on with a room whose host is gone. `people` have their places kept, in this
 * order, as if they had just lost the server; `you` becomes a host.
 */
export const AdoptRoom = v.strictObject({
  /** As `HostKeys` of electron/ipc.ts: nobody else may have a server adopt anything. */
  ownerKey: v.pipe(v.string(), v.regex(/^[\w-]{22}$/)),
  code: RoomCode,
  /** As the former host's server told it. */
  estate: v.pipe(v.string(), v.maxLength(limits.estate)),
  will: Will,
  people: v.pipe(
    v.array(v.strictObject({ id: PeerId, name: PersonName })),
    v.minLength(1),
    v.maxLength(limits.roomCapacity),
  ),
  you: PeerId,
})

/** A message as another server of this room had it. */
const KeptMessage = v.strictObject({
  id: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(limits.messageTime)),
  from: PeerId,
  name: PersonName,
  text: v.pipe(
    v.string(),
    v.maxLength(limits.chatText * 2),
    v.transform(cleanText),
    v.minLength(1),
    v.maxLength(limits.chatText),
  ),
  at: v.pipe(v.number(), v.minValue(0), v.maxValue(limits.messageTime)),
  nonce: v.pipe(v.string(), v.regex(/^[\w-]{8,36}$/)),
})
/** For heirs and for whoever adopted the room: what was said where this server was not, oldest first. */
export const MergeChat = v.strictObject({
  messages: v.pipe(v.array(KeptMessage), v.minLength(1), v.maxLength(limits.mergedMessages)),
})

/** Who goes on when the computer that hosts is gone. */
export interface Succession {
  /** Who is at the computer that hosts; null when nobody inside is. */
  readonly host: PeerId | null
  /** Those inside whose computer can go on, in the order in which they are to. */
  readonly heirs: readonly Heir[]
}
export interface Heir {
  readonly id: PeerId
  readonly pin: string
}

/** What an heir holds while the host lives. */
export interface Inheritance {
  /** Names the pin of this heir; null for whoever is at the computer that hosts. */
  readonly will: Will | null
  /** For `room:adopt`. Not to be read by anybody but a server. Empty for whoever is at the computer that hosts. */
  readonly estate: string
}

const bytesOf = (base64url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64url.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0))
const base64UrlOf = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')

const pinOfKey = async (key: string): Promise<string> =>
  base64UrlOf(new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(key))))

const isSigned = async ({ key, signature }: WillStep, text: string): Promise<boolean> => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const imported = await crypto.subtle.importKey('spki', bytesOf(key), algorithm, false, ['verify'])
  const told = new TextEncoder().encode(text)
  return await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, imported, bytesOf(signature), told)
}

/**
 * The pins of those computers that hosted this room one after the other, and whose signatures lead to the computer with the
 * pin `to`; null when one of them does not. Whoever trusts one of these pins may trust `to` in this room. Never rejects.
 */
export const readWill = async (will: Will, { code, to }: { code: string; to: string }): Promise<string[] | null> => {
  try {
    const pins = await Promise.all(will.map(({ key }) => pinOfKey(key)))
    const areSigned = await Promise.all(
      will.map((step, index) => isSigned(step, willText(code, pins[index + 1] ?? to))),
    )
    return areSigned.every(Boolean) ? pins : null
  } catch {
    // No key on that curve.
    return null
  }
}
