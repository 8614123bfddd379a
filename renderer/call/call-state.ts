/**
 * What the page can be in, as one union by `phase`. `Call` replaces it whole in one place; everything that the
 * screens show is derived from it (renderer/state/call.svelte.ts holds no copy).
 */
import type { ChatMessage, DocumentInfo, ErrorCode, PeerId, RoomView } from '#signalling/protocol.ts'

/** The way to the server. Losing it never touches the media. */
export type ServerLink = 'online' | 'reconnecting'
/** In a meeting. `access-denied`: the server is back, and takes the access token no more. */
export type MeetingServerLink = ServerLink | 'access-denied'

/**
 * The way to one person.
 * `connecting`: never had a path yet. `connected`: packets arrive. `reconnecting`: had a path, is getting it back.
 * `unreachable`: tried for 30 s without a path; still trying, and the person should be told why.
 */
export type LinkPhase = 'connecting' | 'connected' | 'reconnecting' | 'unreachable'

/** One to three bars; `unknown` until measured. */
export type Quality = 'good' | 'fair' | 'poor' | 'unknown'

export interface Person {
  readonly id: PeerId
  readonly name: string
  readonly link: LinkPhase
  /** Their own word on what they send, over the data channel. */
  readonly microphoneOn: boolean
  readonly cameraOn: boolean
  /** Holds their live tracks; null before the first one. The same object for the whole life of a connection. */
  readonly stream: MediaStream | null
  readonly quality: Quality
}

export type ChatEntry = ChatMessage & {
  /** `sending`: kept and sent again when the server is back; `failed`: refused, with the reason's code. */
  readonly delivery: 'sent' | 'sending' | 'failed'
}

/** Why something did not work, for renderer/ui/problem-text.ts to say in a sentence. */
export type CallProblem = ErrorCode | 'timeout' | 'server-unreachable' | 'not-a-server'

/** Why the call is over. */
export type EndReason = 'left' | 'room-ended' | 'room-expired' | 'opened-elsewhere' | 'room-lost'

export type CallState =
  | { readonly phase: 'idle' }
  /** Reaching the server and the room. `goal` says what for. */
  | { readonly phase: 'opening'; readonly serverUrl: string; readonly goal: 'host' | 'join' | 'resume' }
  /** In front of the room: who is inside is live. `problem` tells why the last try to join was refused. */
  | {
      readonly phase: 'green-room'
      readonly serverUrl: string
      readonly room: RoomView
      readonly server: ServerLink
      readonly isJoining: boolean
      readonly problem: CallProblem | null
    }
  | {
      readonly phase: 'joined'
      readonly serverUrl: string
      readonly room: Pick<RoomView, 'code' | 'title' | 'capacity'>
      readonly you: PeerId
      readonly name: string
      /** Everyone else, in the order they came. */
      readonly people: readonly Person[]
      readonly chat: readonly ChatEntry[]
      /** What the room carries beside the call; `Call.readDocument` answers their texts. */
      readonly documents: readonly DocumentInfo[]
      readonly server: MeetingServerLink
      /** Milliseconds since 1970. */
      readonly since: number
    }
  | {
      readonly phase: 'ended'
      readonly reason: EndReason
      readonly room: Pick<RoomView, 'code' | 'title'>
      readonly serverUrl: string
      readonly durationMs: number
      /** Names of everyone who was in at some time, without you. */
      readonly metNames: readonly string[]
    }
  | {
      readonly phase: 'failed'
      readonly problem: CallProblem
      readonly serverUrl: string
      /** The code or name that was asked for; null when no room was. */
      readonly asked: string | null
    }

/** State of one own device, the camera or the microphone. */
export type DeviceState =
  /** Off by the person's wish; the device is closed. */
  | { readonly phase: 'off' }
  | { readonly phase: 'opening' }
  | { readonly phase: 'on'; readonly track: MediaStreamTrack; readonly deviceId: string; readonly label: string }
  /** Microphone only: open but silent, so that unmuting is instant. */
  | { readonly phase: 'muted'; readonly track: MediaStreamTrack; readonly deviceId: string; readonly label: string }
  | { readonly phase: 'failed'; readonly problem: DeviceProblem }

/**
 * `refused-by-person`: the page or the browser said no. `refused-by-system`: the operating system's privacy settings.
 * `insecure-page`: served over plain http from another machine, where browsers give no devices at all.
 */
export type DeviceProblem =
  'refused-by-person' | 'refused-by-system' | 'none-found' | 'in-use' | 'unplugged' | 'insecure-page' | 'unknown'

export interface MediaState {
  readonly camera: DeviceState
  readonly microphone: DeviceState
  /** Known devices; labels are empty before the first permission. */
  readonly cameras: readonly DeviceChoice[]
  readonly microphones: readonly DeviceChoice[]
  readonly speakers: readonly DeviceChoice[]
  /** Chosen output; empty is the system's default. */
  readonly speakerId: string
}
export interface DeviceChoice {
  readonly id: string
  readonly label: string
}
