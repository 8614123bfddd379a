import type { Refusal } from '#signalling/protocol.ts'
import type { Approach } from './approach.ts'
import type { CallMemory } from './call-memory.ts'
import type { CallProblem, CallState } from './call-state.ts'
import type { LocalMedia } from './local-media.ts'
import type { Log } from './log.ts'
import type { HostRequest, Notice } from './meeting.ts'
import type { Answer, Session } from './server-words.ts'
import type { Patience } from './signalling.ts'
import type { OwnComputer } from './succession/own-computer.ts'
import type { WayOptions } from './way-to-server.ts'

/** The first failure may be that of a server which is just starting. */
export const approachPatience: Patience = { deadlineMs: 8000, failures: 2 }
/** A server that is just being restarted is worth waiting for when one was in a call. */
export const resumePatience: Patience = { deadlineMs: 15_000, failures: Infinity }

export interface CallEvents {
  readonly changed: [CallState]
  readonly notice: [Notice]
}

export interface CallOptions extends WayOptions {
  readonly media: Pick<LocalMedia, 'state' | 'on'>
  readonly memory: CallMemory
  readonly log?: Log
  /** Whether sound and picture may go through a relay only. */
  readonly relayOnly?: () => boolean
  /** Whether what leaves this computer goes through a VPN. */
  readonly hasVpn?: () => Promise<boolean>
  /** Goes on with a room when the one that hosts it is gone; a browser has none. */
  readonly computer?: OwnComputer
}

/** What came of a request that hosts alone may make. */
export type Decided<Name extends HostRequest> =
  { readonly ok: true; readonly value: Answer<Name> } | Refusal<CallProblem>

/** What is there once a server is reached. */
export interface Reached {
  readonly approach: Approach
  readonly session: Session
}
