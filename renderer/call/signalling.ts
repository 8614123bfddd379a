import type { ErrorCode, FactName, PeerId, Refusal, RequestName, Result, Signal } from '#signalling/protocol.ts'
import type { CallProblem } from './call-state.ts'
import type { Answer, Fact, Payload, Session } from './server-words.ts'

type FactEvents = { readonly [Name in Exclude<FactName, 'session:opened'>]: [Fact<Name>] }

export interface SignallingEvents extends FactEvents {
  /** The server is back after `lost`, and knows us under a new session. */
  readonly opened: [Session]
  readonly lost: []
  /** The server is back after `lost`, but lets us in no more; it is asked again until `close`. */
  readonly refused: [CallProblem]
}

/** `timeout`: no answer in time, so it may or may not have been done. `disconnected`: no way to the server now. */
export type RequestProblem = ErrorCode | 'timeout' | 'disconnected'

export type Answered<Name extends RequestName> =
  { readonly ok: true; readonly value: Answer<Name> } | Refusal<RequestProblem>

/** When to give up: after so long, or after so many failures, whichever comes first. */
export interface Patience {
  readonly deadlineMs: number
  readonly failures: number
}

/** The way to one server: what `Call` needs of it. */
export interface Signalling {
  readonly isOnline: boolean
  /** Opens the first session, or gives up, and is closed then. Called once. */
  connect: (patience: Patience) => Promise<Result<Session, CallProblem>>
  request: <Name extends RequestName>(name: Name, payload: Payload<Name>, timeoutMs?: number) => Promise<Answered<Name>>
  /** Not answered; a refusal comes as the fact `request:refused`. Nothing happens when there is no way to the server now. */
  sendSignal: (to: PeerId, signal: Signal) => void
  /** Does not wait for the next try, and gives up a connection that may be dead. */
  renew: () => void
  on: <Name extends keyof SignallingEvents>(
    name: Name,
    listener: (...args: SignallingEvents[Name]) => void,
  ) => () => void
  close: () => void
}
