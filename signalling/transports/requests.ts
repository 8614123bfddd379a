import * as v from 'valibot'
import {
  AdoptRoom,
  AnswerKnock,
  ChangeRoom,
  CreateRoom,
  EndRoom,
  JoinRoom,
  KnockAtRoom,
  LeaveRoom,
  LookAtRoom,
  MergeChat,
  OfPeer,
  RefreshIce,
  ReadDocument,
  ResumePeer,
  SendChat,
  SendSignal,
  StandAsHeir,
  type Acknowledge,
  type ClientToServer,
  type IceConfiguration,
  type PeerId,
  type RequestName,
  type Result,
} from '#signalling/protocol.ts'
import { ok, refuse } from '../domain/results.ts'
import type { Session } from '../domain/session.ts'

/** Requests of one kind share one rate limit. */
export type RateKind = 'signal' | 'chat' | 'merge' | 'room'

/** What requests need beside the rooms. */
export interface RequestServices {
  readonly iceFor: (peer: PeerId) => IceConfiguration
}

export interface RequestKind<Answer = unknown> {
  readonly name: RequestName
  readonly rate: RateKind
  /** Parses what came over the wire, and acts only on what the schema let through. */
  readonly handle: (session: Session, payload: unknown, services: RequestServices) => Result<Answer>
}

/** A path may hold keys of the sender's choice. */
const MAX_PATH = 100

const describe = (issue: v.BaseIssue<unknown>): string => {
  const path = v.getDotPath(issue)?.slice(0, MAX_PATH)
  return path === undefined ? 'The payload is not well formed.' : `The payload is not well formed at: ${path}.`
}

type AnswerTo<Name extends RequestName> =
  NonNullable<Parameters<ClientToServer[Name]>[1]> extends Acknowledge<infer Answer> ? Answer : never

const request = <Name extends RequestName, Schema extends v.GenericSchema>(
  name: Name,
  rate: RateKind,
  schema: Schema,
  act: (session: Session, payload: v.InferOutput<Schema>, services: RequestServices) => Result<AnswerTo<Name>>,
): RequestKind<AnswerTo<Name>> => ({
  name,
  rate,
  handle: (session, payload, services) => {
    // To the schemas a list is an object as well.
    if (Array.isArray(payload)) return refuse('bad-request')
    const parsed = v.safeParse(schema, payload, { abortEarly: true, abortPipeEarly: true })
    return parsed.success ? act(session, parsed.output, services) : refuse('bad-request', describe(parsed.issues[0]))
  },
})

const requestKinds: { readonly [Name in RequestName]: RequestKind<AnswerTo<Name>> } = {
  'room:create': request('room:create', 'room', CreateRoom, (session, kind) => session.createRoom(kind)),
  'room:look': request('room:look', 'room', LookAtRoom, (session, { code }) => session.look(code)),
  'room:join': request('room:join', 'room', JoinRoom, (session, { code, name, ...pass }) =>
    session.join(code, name, pass),
  ),
  'room:knock': request('room:knock', 'room', KnockAtRoom, (session, { code, name, password }) =>
    session.knock(code, name, password),
  ),
  'room:change': request('room:change', 'room', ChangeRoom, (session, change) => session.changeRoom(change)),
  'room:end': request('room:end', 'room', EndRoom, (session) => session.endRoom()),
  'knock:answer': request('knock:answer', 'room', AnswerKnock, (session, { id, admit }) =>
    session.answerKnock(id, admit),
  ),
  'peer:mute': request('peer:mute', 'room', OfPeer, (session, { id }) => session.mute(id)),
  'peer:remove': request('peer:remove', 'room', OfPeer, (session, { id }) => session.remove(id)),
  'peer:promote': request('peer:promote', 'room', OfPeer, (session, { id }) => session.promote(id)),
  'room:leave': request('room:leave', 'room', LeaveRoom, (session) => session.leave()),
  'peer:resume': request('peer:resume', 'room', ResumePeer, (session, { token }) => session.resume(token)),
  'signal:send': request('signal:send', 'signal', SendSignal, (session, { to, signal }) =>
    session.sendSignal(to, signal),
  ),
  'chat:send': request('chat:send', 'chat', SendChat, (session, chat) => session.sendChat(chat)),
  'ice:refresh': request('ice:refresh', 'room', RefreshIce, (session, _nothing, { iceFor }) =>
    ok(iceFor(session.peerId)),
  ),
  'document:read': request('document:read', 'room', ReadDocument, (session, { kind }) => session.readDocument(kind)),
  'heir:stand': request('heir:stand', 'room', StandAsHeir, (session, { pin }) => session.standAsHeir(pin)),
  'room:adopt': request('room:adopt', 'room', AdoptRoom, (session, wish) => session.adoptRoom(wish)),
  'chat:merge': request('chat:merge', 'merge', MergeChat, (session, { messages }) => session.mergeChat(messages)),
}

/** Every request by its name on the wire. A map, so that no name of the sender's choice finds anything else. */
export const requests: ReadonlyMap<string, RequestKind> = new Map(Object.entries(requestKinds))
