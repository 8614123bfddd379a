import type { PinnedHost, WantedHost } from '#electron/ipc.ts'
import type { ChatMessage } from '#signalling/protocol.ts'
import type { RememberedReign } from '../call-memory.ts'
import type { Hosting } from '../call-state.ts'
import type { Log } from '../log.ts'
import type { MovableSignalling } from '../movable-signalling.ts'
import type { Roster } from '../roster.ts'
import type { Signalling } from '../signalling.ts'
import type { OwnComputer } from './own-computer.ts'

export interface SuccessionOptions {
  readonly code: string
  /** Own name. */
  readonly name: string
  readonly serverUrl: string
  /** The computer at which the room was found; its pin is null when it is not known. */
  readonly first: WantedHost
  readonly signalling: MovableSignalling
  readonly roster: Pick<Roster, 'people' | 'tell' | 'silentMs' | 'on'>
  /** What the servers have had of the chat. */
  readonly sentChat: () => readonly ChatMessage[]
  /** Who hosts as we come: another one than the invitation says when that one was gone already. */
  readonly home: Settled
  /** Of this page before it was loaded anew; null when this computer did not go on with the room. */
  readonly reign: RememberedReign | null
  /** The seat is taken with this token as soon as there is a server. */
  readonly useToken: (token: string) => void
  /** Null in a browser, which hosts nothing. */
  readonly computer: OwnComputer | null
  readonly openServer: (serverUrl: string) => Signalling
  readonly log: Log
}

/** Somebody hosts. */
export type Settled = Extract<Hosting, { phase: 'invited' | 'own' | 'other' }>

/**
 * `since`: when the server was lost, or reached by anybody who is heard the last time; after a takeover that came to nothing, the
 * time from which this side may try again. In milliseconds of the page's clock.
 */
export type State =
  | { readonly phase: 'settled'; readonly hosting: Settled }
  | { readonly phase: 'lost' | 'taking-over' | 'following'; readonly since: number; readonly before: Settled }

/** Of somebody who went on with the room: where, and with which token. */
export interface Offer {
  readonly host: PinnedHost
  readonly token: string
}
