/**
 * CONTRACT between the signalling server and everyone who connects to it: event maps, schemas, limits, error codes.
 * docs/PROTOCOL.md explains each message and its rules; this file is what the compiler and the server hold people to.
 *
 * Requests (`ClientToServer`) are answered through their acknowledgement with a `Result`.
 * Facts (`ServerToClient`) are past tense and never answered.
 */
import * as v from 'valibot'

/** Raised when a client of the former number could no longer talk to a server of the new one. */
export const PROTOCOL_VERSION = 1

/** Every bound of the wire, in one place. Sizes are in UTF-16 units unless the name says otherwise. */
export const limits = {
  /** A frame above this closes the connection (Socket.IO `maxHttpBufferSize`). */
  frameBytes: 64 * 1024,
  /** A Chromium offer with sound, picture and data is 5.5 kB; 500 m-lines do not fit in here. */
  sdp: 32 * 1024,
  candidate: 1024,
  candidatesPerSignal: 32,
  name: 64,
  title: 80,
  /** Names that other systems give to rooms: appointments, numbered rooms, sessions. */
  roomName: 64,
  chatText: 2000,
  chatHistory: 200,
  /** The text of one document. Set over HTTP, so that `frameBytes` does not bound it. */
  documentText: 100_000,
  /** Mesh: every person sends to every other, so a room of 16 is 15 uploads each (design.md, section 1). */
  roomCapacity: 16,
  /** Holds the longest title, name and room name in three-byte letters: 1,100 characters. */
  resumeToken: 1280,
  accessToken: 512,
} as const

// --- Words that people type ---------------------------------------------------------------------------------------

/** Crockford's base 32: no i, l, o, u, so that a code survives being read out loud. */
export const CODE_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
export const CODE_LENGTH = 12

/**
 * Brings a typed or pasted room code to its one form: lower case, no spaces or dashes, o read as 0, i and l as 1
 * (Crockford). Does not say whether the result is a code: `RoomCode` does.
 */
export const normaliseRoomCode = (typed: string): string =>
  typed.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1')

/** `k7mq2xvd9thr` becomes `k7mq-2xvd-9thr`, as people see and say it. */
export const formatRoomCode = (code: string): string => code.match(/.{1,4}/g)?.join('-') ?? code

/** Control, bidirectional-override and zero-width characters that make a name lie about itself (joiners of emoji stay). */
const UNPRINTABLE = /[\p{Cc}\p{Co}\p{Cs}\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu
/** More than four combining marks on one letter is decoration that covers the neighbours ("zalgo"). */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu

/** One printable line: NFC, no control or direction characters, single spaces, trimmed. */
export const cleanLine = (text: string): string =>
  text
    .replace(/\s+/gu, ' ')
    .replace(UNPRINTABLE, '')
    .normalize('NFC')
    .replace(/ {2,}/g, ' ')
    .replace(STACKED_MARKS, '$1')
    .trim()

/** Like `cleanLine`, but keeps line breaks (at most two in a row) and indentation. */
export const cleanText = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.replace(/\t/g, '  ').replace(UNPRINTABLE, '').replace(STACKED_MARKS, '$1').trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()

/** Text of a document: without what can not be seen, else as it was written (blank lines and indentation matter to Markdown). */
export const cleanDocument = (text: string): string =>
  text
    .normalize('NFC')
    .split(/\r\n?|\n/)
    .map((line) =>
      line
        .split('\t')
        .map((part) => part.replace(UNPRINTABLE, '').replace(STACKED_MARKS, '$1'))
        .join('\t'),
    )
    .join('\n')

// --- Schemas: each payload that comes from outside -----------------------------------------------------------------

const line = (max: number) =>
  v.pipe(v.string(), v.maxLength(max * 4), v.transform(cleanLine), v.minLength(1), v.maxLength(max))

/** 128 random bits in base64url, given by the server. */
export const PeerId = v.pipe(v.string(), v.regex(/^[\w-]{22}$/))
export type PeerId = v.InferOutput<typeof PeerId>

/** 12 characters, 60 random bits. Accepts what people type and answers the one form. */
export const RoomCode = v.pipe(
  v.string(),
  v.maxLength(40),
  v.transform(normaliseRoomCode),
  v.regex(new RegExp(`^[${CODE_ALPHABET}]{${String(CODE_LENGTH)}}$`)),
)
export type RoomCode = v.InferOutput<typeof RoomCode>

/** What a room is asked for by: its code as people type it, or the name another system gave it. */
export const RoomAddress = line(limits.roomName)

export const PersonName = line(limits.name)

/** Names one RTCPeerConnection of one side; made anew for each, so that late signals of a former one are dropped. */
const Epoch = v.pipe(v.string(), v.regex(/^[\w-]{1,22}$/))

/** Fields of RTCIceCandidateInit. An empty `candidate` ends the candidates of this generation. */
const Candidate = v.strictObject({
  candidate: v.pipe(v.string(), v.maxLength(limits.candidate)),
  sdpMid: v.nullable(v.pipe(v.string(), v.maxLength(16))),
  sdpMLineIndex: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
  /** ICE ufrag this candidate belongs to (RFC 8839, section 5.4: 4 to 256 characters). */
  usernameFragment: v.nullable(v.pipe(v.string(), v.maxLength(256))),
})
export type Candidate = v.InferOutput<typeof Candidate>

/**
 * What two links say to each other, through the server or, once it is open, through their own data channel.
 * `epoch` is the sender's, `toEpoch` the receiver's as far as the sender knows it (null: not heard of one yet).
 */
export const Signal = v.variant('kind', [
  v.strictObject({
    kind: v.literal('description'),
    epoch: Epoch,
    toEpoch: v.nullable(Epoch),
    type: v.picklist(['offer', 'answer']),
    sdp: v.pipe(v.string(), v.maxLength(limits.sdp)),
  }),
  v.strictObject({
    kind: v.literal('candidates'),
    epoch: Epoch,
    toEpoch: v.nullable(Epoch),
    candidates: v.pipe(v.array(Candidate), v.minLength(1), v.maxLength(limits.candidatesPerSignal)),
  }),
])
export type Signal = v.InferOutput<typeof Signal>

export const CreateRoom = v.strictObject({
  title: v.optional(line(limits.title)),
  capacity: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(limits.roomCapacity))),
})
export const LookAtRoom = v.strictObject({ code: RoomAddress })
export const JoinRoom = v.strictObject({ code: RoomAddress, name: PersonName })
export const ResumePeer = v.strictObject({ token: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.resumeToken)) })
export const LeaveRoom = v.strictObject({})
export const RefreshIce = v.strictObject({})
export const SendSignal = v.strictObject({ to: PeerId, signal: Signal })
export const SendChat = v.strictObject({
  /** Made by the sender; a message sent again after a lost answer is stored once. */
  nonce: v.pipe(v.string(), v.regex(/^[\w-]{8,36}$/)),
  text: v.pipe(
    v.string(),
    v.maxLength(limits.chatText * 2),
    v.transform(cleanText),
    v.minLength(1),
    v.maxLength(limits.chatText),
  ),
})
/** What an appointment can carry beside the call. Set over HTTP alone (docs/PROTOCOL.md, "Documents"). */
export const DocumentKind = v.picklist(['report', 'transcript'])
export type DocumentKind = v.InferOutput<typeof DocumentKind>
/** `markdown` is for whoever shows it to render, without trusting it. */
export const DocumentFormat = v.picklist(['text', 'markdown'])
export type DocumentFormat = v.InferOutput<typeof DocumentFormat>
export const ReadDocument = v.strictObject({ kind: DocumentKind })
/** Socket.IO `auth` of the handshake. Clients of other systems send none; they may not use the requests below. */
export const Handshake = v.object({
  version: v.optional(v.number()),
  /** The access token of servers that ask for one. Anything that can be none counts as not given: other systems use the name, too. */
  token: v.fallback(v.optional(v.pipe(v.string(), v.maxLength(limits.accessToken))), undefined),
})

// --- What the server tells ----------------------------------------------------------------------------------------

/** `away`: the server lost this peer's connection and waits for it; its media may well be flowing. */
export type Presence = 'present' | 'away'
export interface PeerInfo {
  readonly id: PeerId
  readonly name: string
  readonly presence: Presence
  /**
   * Who makes the offer, when this peer speaks another system's wire and cannot negotiate perfectly: only that side ever
   * does. Absent among clients of this protocol.
   */
  readonly offer?: 'you' | 'they'
}
export interface RoomView {
  readonly code: RoomCode
  /** Empty when the meeting was given none; the name of a room that another system made. */
  readonly title: string
  readonly capacity: number
  /** Everyone inside, in the order they came; never the one who only looks. */
  readonly peers: readonly PeerInfo[]
}
export interface ChatMessage {
  /** Given by the server; orders messages within a room. */
  readonly id: number
  readonly from: PeerId
  readonly name: string
  readonly text: string
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number
  readonly nonce: string
}
export interface DocumentInfo {
  readonly kind: DocumentKind
  readonly format: DocumentFormat
  /** When it was set, in milliseconds since 1970, by the server's clock. */
  readonly at: number
  /** Of its text, in UTF-16 units. */
  readonly size: number
}
export interface RoomDocument extends DocumentInfo {
  readonly text: string
}
export interface Joined {
  readonly peerId: PeerId
  /** Secret; good for one `peer:resume`, which answers the next one. Survives a restart of the server that keeps its key. */
  readonly token: string
  /** Includes the one who joined. */
  readonly room: RoomView
  /** The latest messages, oldest first, at most `limits.chatHistory`. */
  readonly chat: readonly ChatMessage[]
  /** What `document:read` can answer in this room, one of each kind at most; empty when there is none. */
  readonly documents: readonly DocumentInfo[]
}

export type LeaveReason = 'left' | 'timed-out'
export type RoomCloseReason = 'expired' | 'ended'

// --- Answers ------------------------------------------------------------------------------------------------------

export const errorCodes = [
  'bad-request',
  'unsupported-version',
  'access-denied',
  'room-not-found',
  'room-full',
  'already-in-room',
  'not-in-room',
  'peer-not-found',
  'document-not-found',
  'resume-refused',
  'too-many-requests',
  'server-full',
  'server-stopping',
  'internal',
] as const
/** Closed and stable: programs match on it. The message beside it is for people and may change. */
export type ErrorCode = (typeof errorCodes)[number]

export interface Refusal<Code extends string = ErrorCode> {
  readonly ok: false
  readonly code: Code
  readonly message: string
}
export type Result<T, Code extends string = ErrorCode> = { readonly ok: true; readonly value: T } | Refusal<Code>

export type Acknowledge<T> = (result: Result<T>) => void
type Nothing = Record<string, never>

// --- The event maps -----------------------------------------------------------------------------------------------

/** Requests. What a payload may be is said by the schema of the same name; types are no guard. */
export interface ClientToServer {
  'room:create': (room: v.InferInput<typeof CreateRoom>, answer: Acknowledge<{ code: RoomCode }>) => void
  /** Answers who is inside, and from then on `room:changed` tells each change until the socket joins, leaves or looks elsewhere. */
  'room:look': (room: v.InferInput<typeof LookAtRoom>, answer: Acknowledge<RoomView>) => void
  'room:join': (room: v.InferInput<typeof JoinRoom>, answer: Acknowledge<Joined>) => void
  /** Leaves the room, or stops looking at one. Leaving twice is no error. */
  'room:leave': (nothing: Nothing, answer: Acknowledge<Nothing>) => void
  'peer:resume': (resume: v.InferInput<typeof ResumePeer>, answer: Acknowledge<Joined>) => void
  /** The answer may be left out (half the packets); a refusal then comes as the fact `request:refused`. */
  'signal:send': (signal: v.InferInput<typeof SendSignal>, answer?: Acknowledge<Nothing>) => void
  'chat:send': (chat: v.InferInput<typeof SendChat>, answer: Acknowledge<ChatMessage>) => void
  /** Answers ICE servers with new credentials, for calls that outlast `iceLifetimeMs`. */
  'ice:refresh': (nothing: Nothing, answer: Acknowledge<IceConfiguration>) => void
  'document:read': (document: v.InferInput<typeof ReadDocument>, answer: Acknowledge<RoomDocument>) => void
}
export type RequestName = keyof ClientToServer

/** Facts. */
export interface ServerToClient {
  /** First on every connection. `peerId` is who this socket will be in a room it joins (a resume answers the former one). */
  'session:opened': (session: IceConfiguration & { readonly peerId: PeerId }) => void
  /** Somebody proved to be this peer on another connection; this one is no longer in the room. */
  'session:replaced': () => void
  'server:stopping': () => void
  'room:changed': (room: RoomView) => void
  'room:closed': (room: { code: RoomCode; reason: RoomCloseReason }) => void
  'peer:joined': (peer: PeerInfo) => void
  'peer:left': (peer: { id: PeerId; reason: LeaveReason }) => void
  'peer:away': (peer: { id: PeerId }) => void
  'peer:back': (peer: { id: PeerId }) => void
  'signal:received': (signal: { from: PeerId; signal: Signal }) => void
  'chat:posted': (message: ChatMessage) => void
  /** All that there are now, as in `Joined`. */
  'documents:changed': (room: { documents: readonly DocumentInfo[] }) => void
  'request:refused': (refusal: { request: RequestName; code: ErrorCode; message: string }) => void
}
export type FactName = keyof ServerToClient

/** RTCIceServer, as configured by whoever runs the server; empty by default (no third party is contacted). */
export interface IceServer {
  readonly urls: string | readonly string[]
  readonly username?: string
  readonly credential?: string
}

export interface IceConfiguration {
  readonly iceServers: readonly IceServer[]
  /** The credentials in there are good for this long from when they were told; absent when none run out. */
  readonly iceLifetimeMs?: number
}
