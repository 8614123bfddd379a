/**
 * CONTRACT between the signalling server and everyone who connects to it: event maps, schemas, limits, error codes.
 * docs/PROTOCOL.md explains each message and its rules; this file is what the compiler and the server hold people to.
 *
 * Requests (`ClientToServer`) are answered through their acknowledgement with a `Result`.
 * Facts (`ServerToClient`) are past tense and never answered.
 */
import * as v from 'valibot'
import type { AnswerKnock, ChangeRoom, CreateRoom, Door, JoinRoom, Knock, KnockAtRoom, OfPeer } from './door-words.ts'
import { limits } from './limits.ts'
import { LinkReport } from './link-report.ts'
import { PeerId, RoomAddress, type RoomCode } from './names.ts'
import type { AdoptRoom, Inheritance, MergeChat, StandAsHeir, Succession } from './succession.ts'
import { cleanText } from './words.ts'

/** Raised when a client of the former number could no longer talk to a server of the new one. */
export const PROTOCOL_VERSION = 1

// --- Words that people type ---------------------------------------------------------------------------------------

export {
  CODE_ALPHABET,
  CODE_LENGTH,
  cleanDocument,
  cleanLine,
  cleanText,
  formatRoomCode,
  normaliseRoomCode,
} from './words.ts'

export { limits } from './limits.ts'
export { LinkReport } from './link-report.ts'
export { PeerId, PersonName, RoomAddress, RoomCode } from './names.ts'
export {
  AnswerKnock,
  ChangeRoom,
  CreateRoom,
  EndRoom,
  HostKey,
  JoinRoom,
  KnockAtRoom,
  OfPeer,
  Password,
  type Door,
  type Knock,
} from './door-words.ts'
export {
  AdoptRoom,
  HostPin,
  MergeChat,
  readWill,
  StandAsHeir,
  Will,
  willText,
  type Heir,
  type Inheritance,
  type Succession,
  type WillStep,
} from './succession.ts'

// --- Schemas: each payload that comes from outside -----------------------------------------------------------------

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
  /** Only through the server, and only between clients of this protocol; nobody keeps it for a peer that is away. */
  v.strictObject({ kind: v.literal('report'), epoch: Epoch, toEpoch: v.nullable(Epoch), report: LinkReport }),
])
export type Signal = v.InferOutput<typeof Signal>

export const LookAtRoom = v.strictObject({ code: RoomAddress })
export const ResumeToken = v.pipe(v.string(), v.minLength(1), v.maxLength(limits.resumeToken))
export const ResumePeer = v.strictObject({ token: ResumeToken })
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
  /**
   * Everyone inside, in the order they came; never the one who only looks. Empty for whoever looks at a room that has a
   * password, is locked, or where one has to knock: who is inside is for those to know who were let in.
   */
  readonly peers: readonly PeerInfo[]
  readonly door: Door
  /** Those inside who may decide about the room. Empty in rooms that other systems made. For whoever looks at a guarded room: empty. */
  readonly hosts: readonly PeerId[]
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
  /** Who waits to be admitted, oldest first; empty for whoever is no host. */
  readonly knocks: readonly Knock[]
  /** Absent where nobody could go on with the room: it is not hosted by somebody's own computer, or another system made it. */
  readonly succession?: Succession
}

export interface Adopted {
  readonly seats: readonly { readonly id: PeerId; readonly token: string }[]
}

/** What the rest of a `RoomView` tells beside who is inside. */
export type RoomDetails = Pick<RoomView, 'title' | 'capacity' | 'door' | 'hosts'>

/** `removed`: by a host. */
export type LeaveReason = 'left' | 'timed-out' | 'removed'
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
  'password-needed',
  'wrong-password',
  'room-locked',
  /** One has to knock, and was not admitted yet. */
  'knock-needed',
  'knock-declined',
  /** Only a host may do that. */
  'not-host',
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
  'room:create': (
    room: v.InferInput<typeof CreateRoom>,
    answer: Acknowledge<{ readonly code: RoomCode; readonly hostKey: string }>,
  ) => void
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
  'room:knock': (knock: v.InferInput<typeof KnockAtRoom>, answer: Acknowledge<Nothing>) => void
  // --- For hosts alone; from anybody else `not-host` ---
  'room:change': (change: v.InferInput<typeof ChangeRoom>, answer: Acknowledge<RoomDetails>) => void
  /** Everyone is sent out, and no token or link leads back in. */
  'room:end': (nothing: Nothing, answer: Acknowledge<Nothing>) => void
  'knock:answer': (knock: v.InferInput<typeof AnswerKnock>, answer: Acknowledge<Nothing>) => void
  /** Asks the app of that person to turn the microphone off; everybody is told. */
  'peer:mute': (peer: v.InferInput<typeof OfPeer>, answer: Acknowledge<Nothing>) => void
  /** Sends that person out. Whoever comes from that address again has to knock, whatever name they give. */
  'peer:remove': (peer: v.InferInput<typeof OfPeer>, answer: Acknowledge<Nothing>) => void
  /** Makes another one a host, too. */
  'peer:promote': (peer: v.InferInput<typeof OfPeer>, answer: Acknowledge<Nothing>) => void
  'document:read': (document: v.InferInput<typeof ReadDocument>, answer: Acknowledge<RoomDocument>) => void
  // --- The room outlives the computer that hosts it ---
  /** Again changes the pin. Ends with the seat. */
  'heir:stand': (heir: v.InferInput<typeof StandAsHeir>, answer: Acknowledge<Inheritance>) => void
  /** Answers a token for each of `people`, to take their place here with. */
  'room:adopt': (room: v.InferInput<typeof AdoptRoom>, answer: Acknowledge<Adopted>) => void
  /** For heirs, and for whoever adopted the room. Those who are inside are told what is new. */
  'chat:merge': (chat: v.InferInput<typeof MergeChat>, answer: Acknowledge<Nothing>) => void
}
export type RequestName = keyof ClientToServer

/** Facts. */
export interface ServerToClient {
  /** First on every connection. `peerId` is who this socket will be in a room it joins (a resume answers the former one). */
  'session:opened': (session: IceConfiguration & { readonly peerId: PeerId }) => void
  /** Somebody proved to be this peer on another connection; this one is no longer in the room. */
  'session:replaced': () => void
  /** A host sent this person out. */
  'session:removed': () => void
  'server:stopping': () => void
  'room:changed': (room: RoomView) => void
  'room:closed': (room: { code: RoomCode; reason: RoomCloseReason }) => void
  /** Told to those inside. Those who look get `room:changed`. */
  'room:updated': (room: RoomDetails) => void
  /** All who wait to be admitted now. Told to hosts. */
  'knocks:changed': (room: { readonly knocks: readonly Knock[] }) => void
  /** Told to the one who knocked: may join now, or was sent away. */
  'knock:answered': (answer: { readonly admitted: boolean }) => void
  /** A host asked this person to be silent; told to everyone, that person included. */
  'peer:muted': (peer: { readonly id: PeerId; readonly by: PeerId }) => void
  'peer:joined': (peer: PeerInfo) => void
  'peer:left': (peer: { id: PeerId; reason: LeaveReason }) => void
  'peer:away': (peer: { id: PeerId }) => void
  'peer:back': (peer: { id: PeerId }) => void
  'signal:received': (signal: { from: PeerId; signal: Signal }) => void
  'chat:posted': (message: ChatMessage) => void
  /** Told to those inside, where there is one. */
  'succession:changed': (succession: Succession) => void
  /** What it says is others' now. Told to heirs. */
  'estate:changed': (inheritance: Pick<Inheritance, 'estate'>) => void
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
