/** Schemas of what a server says: a page may be pointed at any server, so its words are parsed like anybody's. */
import * as v from 'valibot'
import {
  cleanDocument,
  cleanLine,
  cleanText,
  DocumentFormat,
  DocumentKind,
  errorCodes,
  HostKey,
  HostPin,
  limits,
  PeerId,
  PersonName,
  RoomCode,
  ResumeToken,
  Signal,
  Will,
  type Acknowledge,
  type ClientToServer,
  type ErrorCode,
  type FactName,
  type Refusal,
  type RequestName,
  type Result,
  type ServerToClient,
} from '#signalling/protocol.ts'

const count = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max))
const text = (max: number, clean: (text: string) => string) =>
  v.pipe(v.string(), v.maxLength(max * 2), v.transform(clean), v.maxLength(max))

const PeerInfo = v.object({
  id: PeerId,
  name: PersonName,
  presence: v.picklist(['present', 'away']),
  offer: v.exactOptional(v.picklist(['you', 'they'])),
})

const roomDetails = {
  title: text(limits.title, cleanLine),
  capacity: count(1, limits.roomCapacity),
  door: v.object({ hasPassword: v.boolean(), knock: v.boolean(), locked: v.boolean() }),
  hosts: v.pipe(v.array(PeerId), v.maxLength(limits.roomCapacity), v.readonly()),
}
const RoomDetails = v.object(roomDetails)
const RoomView = v.object({
  code: RoomCode,
  ...roomDetails,
  peers: v.pipe(v.array(PeerInfo), v.maxLength(limits.roomCapacity)),
})
const Knocks = v.pipe(
  v.array(v.object({ id: PeerId, name: PersonName, wasRemoved: v.boolean() })),
  v.maxLength(limits.knocks),
)

const ChatMessage = v.object({
  id: count(0, Number.MAX_SAFE_INTEGER),
  from: PeerId,
  name: PersonName,
  text: v.pipe(text(limits.chatText, cleanText), v.minLength(1)),
  at: v.pipe(v.number(), v.finite()),
  nonce: v.pipe(v.string(), v.regex(/^[\w-]{8,36}$/)),
})

const documentInfo = {
  kind: DocumentKind,
  format: DocumentFormat,
  at: v.pipe(v.number(), v.finite()),
  size: count(0, limits.documentText),
}
const DocumentList = v.pipe(v.array(v.object(documentInfo)), v.maxLength(DocumentKind.options.length))
const RoomDocument = v.object({ ...documentInfo, text: text(limits.documentText, cleanDocument) })

const Succession = v.object({
  host: v.nullable(PeerId),
  heirs: v.pipe(v.array(v.object({ id: PeerId, pin: HostPin })), v.maxLength(limits.roomCapacity)),
})
const Estate = v.pipe(v.string(), v.maxLength(limits.estate))

const Joined = v.object({
  peerId: PeerId,
  token: ResumeToken,
  room: RoomView,
  chat: v.pipe(v.array(ChatMessage), v.maxLength(limits.chatHistory)),
  documents: DocumentList,
  knocks: Knocks,
  succession: v.exactOptional(Succession),
})

const IceUrl = v.pipe(v.string(), v.maxLength(512), v.regex(/^(?:stun|turn)s?:/))
const IceServer = v.object({
  urls: v.union([IceUrl, v.pipe(v.array(IceUrl), v.minLength(1), v.maxLength(8))]),
  username: v.exactOptional(v.pipe(v.string(), v.maxLength(512))),
  credential: v.exactOptional(v.pipe(v.string(), v.maxLength(512))),
})
/** Of a week at most: a lifetime that could not be waited for by a timer (2^31 ms) is none. */
const iceConfiguration = {
  iceServers: v.pipe(v.array(IceServer), v.maxLength(8)),
  iceLifetimeMs: v.exactOptional(count(1000, 7 * 24 * 60 * 60_000)),
}

const Nothing = v.strictObject({})
const Code = v.fallback(v.picklist(errorCodes), 'internal')

type Granted<Name extends RequestName> =
  NonNullable<Parameters<ClientToServer[Name]>[1]> extends Acknowledge<infer Value> ? Value : never

/** Requests, and what the value of a granted one is. */
const answerSchemas = {
  'room:create': v.object({ code: RoomCode, hostKey: HostKey }),
  'room:look': RoomView,
  'room:join': Joined,
  'room:leave': Nothing,
  'peer:resume': Joined,
  'signal:send': Nothing,
  'chat:send': ChatMessage,
  'ice:refresh': v.object(iceConfiguration),
  'room:knock': Nothing,
  'room:change': RoomDetails,
  'room:end': Nothing,
  'knock:answer': Nothing,
  'peer:mute': Nothing,
  'peer:remove': Nothing,
  'peer:promote': Nothing,
  'document:read': RoomDocument,
  'heir:stand': v.object({ will: v.nullable(Will), estate: Estate }),
  'room:adopt': v.object({
    seats: v.pipe(v.array(v.object({ id: PeerId, token: ResumeToken })), v.maxLength(limits.roomCapacity)),
  }),
  'chat:merge': Nothing,
} as const satisfies { [Name in RequestName]: v.GenericSchema<unknown, Granted<Name>> }
const requestNames = Object.keys(answerSchemas) as RequestName[]

export type Payload<Name extends RequestName> = Parameters<ClientToServer[Name]>[0]
export type Answer<Name extends RequestName> = v.InferOutput<(typeof answerSchemas)[Name]>

const Granted = v.object({ ok: v.literal(true), value: v.unknown() })
const Refused = v.object({ ok: v.literal(false), code: Code })

/** Reads an acknowledgement. One that is none of ours becomes the refusal `internal`. */
export const parseAnswer = <Name extends RequestName>(name: Name, said: unknown): Result<Answer<Name>> => {
  const answer = v.safeParse(v.variant('ok', [Granted, Refused]), said)
  if (answer.success && !answer.output.ok) return refuse(answer.output.code)
  const value = v.safeParse(answerSchemas[name], answer.success && answer.output.ok ? answer.output.value : undefined)
  return value.success ? { ok: true, value: value.output } : refuse('internal')
}

export const refuse = <Code extends string>(code: Code): Refusal<Code> => ({ ok: false, code, message: code })

type Told<Name extends FactName> = Parameters<ServerToClient[Name]>[0]

/** A fact without a payload is read from `undefined`. */
const factSchemas = {
  'session:opened': v.object({ peerId: PeerId, ...iceConfiguration }),
  'session:replaced': v.undefined(),
  'session:removed': v.undefined(),
  'server:stopping': v.undefined(),
  'room:changed': RoomView,
  'room:closed': v.object({ code: RoomCode, reason: v.picklist(['expired', 'ended']) }),
  'room:updated': RoomDetails,
  'knocks:changed': v.object({ knocks: Knocks }),
  'knock:answered': v.object({ admitted: v.boolean() }),
  'peer:muted': v.object({ id: PeerId, by: PeerId }),
  'peer:joined': PeerInfo,
  'peer:left': v.object({ id: PeerId, reason: v.picklist(['left', 'timed-out', 'removed']) }),
  'peer:away': v.object({ id: PeerId }),
  'peer:back': v.object({ id: PeerId }),
  'signal:received': v.object({ from: PeerId, signal: Signal }),
  'chat:posted': ChatMessage,
  'succession:changed': Succession,
  'estate:changed': v.object({ estate: Estate }),
  'documents:changed': v.object({ documents: DocumentList }),
  'request:refused': v.object({ request: v.picklist(requestNames), code: Code, message: v.string() }),
} as const satisfies { [Name in FactName]: v.GenericSchema<unknown, Told<Name>> }

export const factNames = Object.keys(factSchemas) as readonly FactName[]
export type Fact<Name extends FactName> = v.InferOutput<(typeof factSchemas)[Name]>
export type Session = Fact<'session:opened'>

/** Answers null for what is not this fact. */
export const parseFact = <Name extends FactName>(name: Name, said: unknown): { readonly fact: Fact<Name> } | null => {
  const parsed = v.safeParse(factSchemas[name], said)
  return parsed.success ? { fact: parsed.output } : null
}

const RefusedConnection = v.object({ data: v.object({ code: v.picklist(errorCodes) }) })

/** The code with which a server refused the connection itself; null when there was none (no server, no way to it). */
export const parseConnectionRefusal = (error: unknown): ErrorCode | null => {
  const parsed = v.safeParse(RefusedConnection, error)
  return parsed.success ? parsed.output.data.code : null
}
