/**
 * What the page can be in, as one union by `phase`. `Call` replaces it whole in one place; everything that the
 * screens show is derived from it (renderer/state/call.svelte.ts holds no copy).
 */
import type { PinnedHost } from '#electron/ipc.ts'
import type { ChatMessage, DocumentInfo, Door, ErrorCode, Knock, PeerId, RoomView } from '#signalling/protocol.ts'
import type { Cause } from './diagnosis.ts'

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

/**
 * Whether it is them, and nobody in between. `checking`: not known yet. `unverified`: nothing says so. `invited`: both hold the
 * secret of the same invitation, which the server never saw. `verified`: compared in person, once. `intercepted`: somebody
 * is in between, or they hold another secret.
 */
export type Trust = 'checking' | 'unverified' | 'invited' | 'verified' | 'intercepted'

/** Which way sound and picture take. `host`: through the computer that hosts; `relay`: through another TURN server. */
export type Path = 'unknown' | 'direct' | 'host' | 'relay'

/** Why devices are not there that somebody wanted to be seen or heard by. */
export interface DeviceProblems {
  readonly camera: DeviceProblem | null
  readonly microphone: DeviceProblem | null
}

/**
 * Four words, the same on every screen when nobody is in the middle of any link. `different`: the others do not come to the
 * same within 10 s.
 */
export type RoomPhrase =
  | { readonly phase: 'none' }
  | { readonly phase: 'waiting' }
  | { readonly phase: 'ready'; readonly words: readonly [string, string, string, string] }
  | { readonly phase: 'different' }

/**
 * Which computer hosts. `invited`: the one that it was when we came. `lost`: it is gone; `heir` is who is to go on with the room,
 * by name, null when nobody can. `taking-over`: this computer is about to. `own`: this one does, `former` are the pins of
 * those before it. `other`: that of somebody inside, by name.
 */
export type Hosting =
  | { readonly phase: 'invited' }
  | { readonly phase: 'lost'; readonly heir: string | null }
  | { readonly phase: 'taking-over' }
  | { readonly phase: 'own'; readonly former: readonly string[] }
  | { readonly phase: 'other'; readonly host: PinnedHost; readonly name: string }

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
  readonly trust: Trust
  /** They were verified in person under this name, with another key than they have now. */
  readonly hasNewKey: boolean
  readonly path: Path
  /** Of the path in use, rounded to one, two or five of a power of ten; null before it was measured. */
  readonly roundTripMs: number | null
  /** Why there is no path, the same on both screens; null while there is one, and as long as it is not known. */
  readonly trouble: Cause | null
  /** What keeps the two from the direct path; null while they have it, and as long as it is not known. */
  readonly detour: Cause | null
  /** Their own word. */
  readonly deviceProblems: DeviceProblems
}

export type ChatEntry = ChatMessage & {
  /** `sending`: kept and sent again when the server is back; `failed`: refused, with the reason's code. */
  readonly delivery: 'sent' | 'sending' | 'failed'
}

/** What somebody in front of the room waits for. */
export type Waiting = 'nothing' | 'answer' | 'admission'

/** Why something did not work, for renderer/ui/problem-text.ts to say in a sentence. */
export type CallProblem =
  | ErrorCode
  | 'timeout'
  | 'server-unreachable'
  | 'not-a-server'
  /** A computer answers where the invitation leads to, and it is another one. */
  | 'wrong-key'
  /** No computer answers where the invitation leads to. */
  | 'host-not-found'

/** Why the call is over. `shut-out`: after an absence the door stayed shut. */
export type EndReason =
  'left' | 'removed' | 'shut-out' | 'room-ended' | 'room-expired' | 'opened-elsewhere' | 'room-lost'

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
      /** `admission`: knocked, and nobody has opened yet. */
      readonly waiting: Waiting
      readonly problem: CallProblem | null
      /** Of the invitation, base64url, 22 characters; null when there was none (a code that was typed). */
      readonly secret: string | null
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
      readonly door: Door
      /** You may be one of them. */
      readonly hosts: readonly PeerId[]
      /** Who waits to be admitted; empty for whoever is no host. */
      readonly knocks: readonly Knock[]
      /** As in the green room. */
      readonly secret: string | null
      readonly phrase: RoomPhrase
      readonly server: MeetingServerLink
      /** Another computer than the one of the invitation hosts now, or is about to. */
      readonly hosting: Hosting
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
export type DeviceProblem = (typeof deviceProblems)[number]
export const deviceProblems = [
  'refused-by-person',
  'refused-by-system',
  'none-found',
  'in-use',
  'unplugged',
  'insecure-page',
  'unknown',
] as const

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
