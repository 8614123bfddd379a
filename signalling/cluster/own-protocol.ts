import * as v from 'valibot'
import { JoinRoom, KnockAtRoom, LookAtRoom, ResumePeer, type RequestName, type Result } from '#signalling/protocol.ts'
import type { Acknowledge } from '../dialects/dialect.ts'
import type { Fact } from '../domain/facts.ts'
import { originOf } from '../domain/origins.ts'
import { refuse } from '../domain/results.ts'
import type { Rooms } from '../domain/rooms.ts'
import { Session } from '../domain/session.ts'
import type { Log } from '../log.ts'
import type { Tally } from '../metrics.ts'
import { noteActivity } from '../transports/request-gate.ts'
import { requests, type RequestKind, type RequestServices } from '../transports/requests.ts'
import { roomKey, type PlaceKey, type Wish } from './cluster.ts'
import type { HostedConnection, HostedDialect, HostedSocket } from './hosted.ts'

interface OwnProtocolOptions {
  readonly rooms: Rooms
  readonly services: RequestServices
  readonly log: Log
  /** Null when nobody counts. */
  readonly tally: Tally | null
}

const parse = <Schema extends v.GenericSchema>(schema: Schema, payload: unknown): v.InferOutput<Schema> | null => {
  // To the schemas a list is an object as well.
  const parsed = Array.isArray(payload) ? null : v.safeParse(schema, payload)
  return parsed?.success === true ? parsed.output : null
}

const asksForRoom = new Map<string, typeof LookAtRoom | typeof JoinRoom | typeof KnockAtRoom>([
  ['room:look', LookAtRoom],
  ['room:join', JoinRoom],
  ['room:knock', KnockAtRoom],
])

/** Null also for what is not well formed: it is refused wherever it comes to. */
const wishOf = (event: string, payload: unknown): Wish | null => {
  if (event === 'peer:resume') {
    const resume = parse(ResumePeer, payload)
    return resume && { kind: 'token', token: resume.token }
  }
  const schema = asksForRoom.get(event)
  const room = schema === undefined ? null : parse(schema, payload)
  return room && { kind: 'room', address: room.code, mode: 'find' }
}

const answerTo = (
  { send }: HostedSocket,
  request: RequestName,
  result: Result<unknown>,
  acknowledge: Acknowledge,
): void => {
  if (acknowledge !== null) acknowledge(result)
  else if (!result.ok) send('request:refused', { request, code: result.code, message: result.message })
}

/** One of our own clients, whichever process has its socket. */
class OwnConnection implements HostedConnection {
  readonly #socket: HostedSocket
  readonly #options: OwnProtocolOptions
  readonly #session: Session
  /** Facts that a request caused for its sender, until it has its answer. */
  #held: Fact[] | null = null

  constructor(socket: HostedSocket, options: OwnProtocolOptions) {
    this.#socket = socket
    this.#options = options
    const deliver = (fact: Fact) => {
      if (this.#held === null) this.#send(fact)
      else this.#held.push(fact)
    }
    const origin = originOf(socket.address)
    this.#session = new Session(options.rooms, deliver, { origin, peerId: socket.peerId ?? undefined })
  }

  handle(event: string, payload: unknown, acknowledge: Acknowledge): void {
    const kind = requests.get(event)
    if (kind === undefined) return
    this.#held = []
    try {
      const result = this.#act(kind, payload)
      noteActivity(kind.name, result, this.#options.log)
      answerTo(this.#socket, kind.name, result, acknowledge)
    } finally {
      const held = this.#held
      this.#held = null
      for (const fact of held) this.#send(fact)
    }
  }

  peerId(): string {
    return this.#session.peerId
  }

  place(): PlaceKey | null {
    return this.#session.around && roomKey(this.#session.around)
  }

  /** Whoever only looks may still go elsewhere. */
  isSettled(): boolean {
    return this.#session.room !== null
  }

  lost(): void {
    this.#session.lost()
  }

  #act(kind: RequestKind, payload: unknown): Result<unknown> {
    const { services, tally, log } = this.#options
    const startedAt = tally === null ? 0 : performance.now()
    try {
      const result = kind.handle(this.#session, payload, services)
      if (!result.ok) tally?.refuse(result.code)
      return result
    } catch (fault) {
      log('error', 'request-fault', { request: kind.name, fault: String(fault) })
      return refuse('internal')
    } finally {
      tally?.took(kind.name, startedAt)
    }
  }

  #send([name, payload]: Fact): void {
    this.#socket.send(name, payload)
  }
}

/** Our own protocol as one more dialect, so that its connections can be answered by another process than has the socket. */
export const ownProtocol = (options: OwnProtocolOptions): HostedDialect => ({
  system: 'earshot',
  events: new Map(Array.from(requests, ([name, { rate }]) => [name, rate])),
  wishOf,
  open: (socket) => new OwnConnection(socket, options),
  refuseGone: (event, acknowledge, socket) => {
    const kind = requests.get(event)
    if (kind === undefined) return
    const refusal = refuse(event === 'peer:resume' ? 'resume-refused' : 'room-not-found')
    options.tally?.refuse(refusal.code)
    noteActivity(kind.name, refusal, options.log)
    answerTo(socket, kind.name, refusal, acknowledge)
  },
})
