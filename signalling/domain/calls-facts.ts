import type { Signal } from '#signalling/protocol.ts'

export type CallType = 'audio' | 'video'

/** Why a call is over, beside being rejected. */
export type CallEndReason = 'ended' | 'timed-out' | 'lost' | 'answered-elsewhere'

/** What users are told of calls. `from`, `to` and `by` are user ids, or what stands for one who is no user. */
export type CallFact =
  | ['call:initiated', { callId: string; to: string }]
  | ['call:incoming', { from: string; callType: CallType; callId: string }]
  | ['call:accepted', { callId: string; by: string }]
  | ['call:rejected', { callId: string; by: string }]
  | ['call:ended', { callId: string; by: string; reason: CallEndReason }]
  | ['call:signal', { from: string; signal: Signal; callType: CallType }]

/** Closed: the edge has a sentence for each. */
export type CallRefusal =
  | 'already-in-call'
  | 'user-not-found'
  | 'user-unavailable'
  | 'call-expired'
  | 'call-not-found'
  | 'unauthorized'
  | 'receiver-not-found'
  | 'server-full'
