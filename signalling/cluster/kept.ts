import * as v from 'valibot'
import {
  CODE_ALPHABET,
  CODE_LENGTH,
  DocumentFormat,
  DocumentKind,
  limits as wire,
  PeerId,
  Signal,
  type ChatMessage,
  type RoomDocument,
} from '#signalling/protocol.ts'
import { doorSchema, Origin } from '../domain/door-schema.ts'
import type { RoomRecord } from '../domain/room-record.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Book } from '../store/book.ts'
import type { StoredAppointment, StoredChat, StoredClaim } from '../store/store.ts'
import type { Kept } from './cluster.ts'

/** What Redis answers of a place: texts as they were written, hashes as name, value, name, value. */
export interface KeptTexts {
  /** Empty when there is none. */
  readonly record: string
  readonly chat: readonly string[]
  readonly book: readonly string[]
  readonly claims: readonly string[]
  /** The room that the book speaks of has expired: its code is not to be used again. */
  readonly isCodeGone: boolean
}

type KeptPart = 'record' | 'chat' | 'book' | 'claims'
type Bounds = Pick<
  ServerLimits,
  'formerPeers' | 'outboxSignals' | 'turnedAway' | 'formerHosts' | 'storedChats' | 'storedChatsSize'
>

const Time = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const text = (max: number, min = 0) => v.pipe(v.string(), v.minLength(min), v.maxLength(max))
/** As it is kept; unlike what people type it is in its one form. */
const Code = v.pipe(v.string(), v.regex(new RegExp(`^[${CODE_ALPHABET}]{${String(CODE_LENGTH)}}$`)))
const Generation = v.pipe(v.number(), v.safeInteger(), v.minValue(1))

const recordSchema = (bounds: Bounds): v.GenericSchema<unknown, RoomRecord> =>
  v.object({
    code: Code,
    title: text(wire.title),
    capacity: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(wire.roomCapacity)),
    name: v.nullable(text(wire.roomName, 1)),
    emptyMs: v.nullable(Time),
    door: v.nullable(doorSchema(bounds)),
    peers: v.pipe(
      v.array(
        v.object({
          id: PeerId,
          name: text(wire.name, 1),
          generation: Generation,
          origin: Origin,
          outbox: v.nullable(
            v.pipe(v.array(v.object({ from: PeerId, signal: Signal })), v.maxLength(bounds.outboxSignals)),
          ),
        }),
      ),
      v.maxLength(wire.roomCapacity),
    ),
    former: v.pipe(v.array(v.tuple([PeerId, v.nullable(Generation)])), v.maxLength(bounds.formerPeers)),
    forgottenUntil: v.nullable(Time),
  })

const MessageSchema: v.GenericSchema<unknown, ChatMessage> = v.object({
  id: v.pipe(v.number(), v.safeInteger()),
  from: PeerId,
  name: text(wire.name, 1),
  text: text(wire.chatText, 1),
  at: Time,
  nonce: v.pipe(v.string(), v.regex(/^[\w-]{8,36}$/)),
})

const TOKEN_HASH_BYTES = 32
const AppointmentSchema: v.GenericSchema<unknown, StoredAppointment> = v.object({
  id: text(wire.roomName, 1),
  code: v.union([v.literal(''), Code]),
  title: text(wire.title),
  created: Time,
  used: Time,
  tokenHash: v.nullable(
    v.pipe(
      text(64),
      v.base64(),
      v.transform((base64): Uint8Array => Buffer.from(base64, 'base64')),
      v.check((hash) => hash.length === TOKEN_HASH_BYTES),
    ),
  ),
})

const chatsSchema = (bounds: Bounds): v.GenericSchema<unknown, StoredChat[]> =>
  v.pipe(v.array(v.object({ key: text(64, 1), json: text(bounds.storedChatsSize) })), v.maxLength(bounds.storedChats))

const DocumentSchema: v.GenericSchema<unknown, RoomDocument> = v.pipe(
  v.object({ kind: DocumentKind, format: DocumentFormat, at: Time, size: Time, text: text(wire.documentText) }),
  v.check((document) => document.size === document.text.length),
)

const ClaimSchema: v.GenericSchema<unknown, StoredClaim> = v.object({ fingerprint: text(128, 1), shownAt: Time })

const DOCUMENTS = 'document:'

/** Of a hash that Redis answers as name, value, name, value. */
const pairsOf = (flat: readonly string[]): [string, string][] =>
  Array.from({ length: Math.floor(flat.length / 2) }, (_, at) => [flat[at * 2] ?? '', flat[at * 2 + 1] ?? ''])

/**
 * Reads what was kept. Whatever is not as this server would have written it is left out, and `onUnreadable` is told which part
 * it is of, once: anybody with the password can write to Redis.
 */
export class KeptReader {
  readonly #record: v.GenericSchema<unknown, RoomRecord>
  readonly #chats: v.GenericSchema<unknown, StoredChat[]>
  readonly #bounds: Bounds
  readonly #onUnreadable: (part: KeptPart) => void

  constructor(bounds: Bounds, onUnreadable: (part: KeptPart) => void) {
    this.#record = recordSchema(bounds)
    this.#chats = chatsSchema(bounds)
    this.#bounds = bounds
    this.#onUnreadable = onUnreadable
  }

  /** `id`: of the place, without its kind; what is kept of another one is not believed. */
  read(texts: KeptTexts, id: string): Kept {
    const unreadable = new Set<KeptPart>()
    const kept = {
      room: this.#room(texts, id, unreadable),
      book: this.#book(texts, id, unreadable),
      claims: this.#claims(texts.claims, unreadable),
    }
    for (const part of unreadable) this.#onUnreadable(part)
    return kept
  }

  #room(texts: KeptTexts, id: string, unreadable: Set<KeptPart>): Kept['room'] {
    if (texts.record === '') return null
    const record = parse(this.#record, texts.record)
    if (record === null || (record.name ?? record.code) !== id) {
      unreadable.add('record')
      return null
    }
    const chat = texts.chat.map((each) => parse(MessageSchema, each)).filter((message) => message !== null)
    if (chat.length < texts.chat.length) unreadable.add('chat')
    return { record, chat: chat.sort((a, b) => a.id - b.id).slice(-wire.chatHistory) }
  }

  #book(texts: KeptTexts, id: string, unreadable: Set<KeptPart>): Book | null {
    const fields = new Map(pairsOf(texts.book))
    if (fields.size === 0) return null
    const read = <T>(schema: v.GenericSchema<unknown, T>, field: string): T | null => {
      const written = fields.get(field)
      const value = written === undefined ? null : parse(schema, written)
      if (written !== undefined && value === null) unreadable.add('book')
      return value
    }
    const appointment = read(AppointmentSchema, 'appointment')
    if (appointment?.id !== id) {
      unreadable.add('book')
      return null
    }
    const chats = read(this.#chats, 'chats') ?? []
    const size = chats.reduce((sum, { json }) => sum + json.length, 0)
    if (size > this.#bounds.storedChatsSize) unreadable.add('book')
    const documents = DocumentKind.options.map((kind) => read(DocumentSchema, DOCUMENTS + kind))
    return {
      appointment: texts.isCodeGone ? { ...appointment, code: '' } : appointment,
      chats: size > this.#bounds.storedChatsSize ? [] : chats,
      documents: documents.filter((document) => document !== null),
    }
  }

  #claims(flat: readonly string[], unreadable: Set<KeptPart>): ReadonlyMap<string, StoredClaim> {
    const claims = new Map<string, StoredClaim>()
    for (const [userId, written] of pairsOf(flat)) {
      const claim = parse(ClaimSchema, written)
      if (claim === null) unreadable.add('claims')
      else claims.set(userId, claim)
    }
    return claims
  }
}

const parse = <T>(schema: v.GenericSchema<unknown, T>, written: string): T | null => {
  try {
    const parsed = v.safeParse(schema, JSON.parse(written))
    return parsed.success ? parsed.output : null
  } catch {
    return null
  }
}

const appointmentText = (appointment: StoredAppointment): string => {
  const { tokenHash } = appointment
  return JSON.stringify({
    ...appointment,
    tokenHash: tokenHash === null ? null : Buffer.from(tokenHash).toString('base64'),
  })
}

/** The fields of a book's hash that a change concerns; null: it goes. A change of documents names all that there are. */
export const bookFields = (change: Partial<Book>): (readonly [field: string, text: string | null])[] => {
  const { appointment, chats, documents } = change
  const fields: [string, string | null][] = []
  if (appointment !== undefined) fields.push(['appointment', appointmentText(appointment)])
  if (chats !== undefined) fields.push(['chats', JSON.stringify(chats)])
  if (documents === undefined) return fields
  for (const kind of DocumentKind.options) {
    const document = documents.find((each) => each.kind === kind)
    fields.push([DOCUMENTS + kind, document === undefined ? null : JSON.stringify(document)])
  }
  return fields
}
