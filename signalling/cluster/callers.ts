import * as v from 'valibot'
import type { Result } from '#signalling/protocol.ts'
import type { Acknowledge } from '../dialects/dialect.ts'
import type { Fact } from '../domain/facts.ts'
import { refuse } from '../domain/results.ts'
import { originOf } from '../domain/origins.ts'
import { enterAs, seatedOf } from '../domain/room-session.ts'
import type { Rooms } from '../domain/rooms.ts'
import { Session } from '../domain/session.ts'
import { Enter, Resume, SignalTo } from './caller-messages.ts'
import { roomKey, type PlaceKey, type Wish } from './cluster.ts'
import type { HostedConnection, HostedDialect, HostedSocket } from './hosted.ts'

/** Of what happens in a room, what a caller is told. */
const told: ReadonlySet<Fact[0]> = new Set<Fact[0]>([
  'peer:joined',
  'peer:left',
  'signal:received',
  'session:removed',
  'room:closed',
])

const wishOf = (event: string, payload: unknown): Wish | null => {
  if (event === 'resume') {
    const resume = v.safeParse(Resume, payload)
    return resume.success ? { kind: 'token', token: resume.output.token } : null
  }
  const enter = event === 'enter' ? v.safeParse(Enter, payload) : null
  return enter?.success === true ? { kind: 'room', address: enter.output.address, mode: 'find' } : null
}

/** One user of another process in a room of this one. */
class Caller implements HostedConnection {
  readonly #rooms: Rooms
  readonly #session: Session

  constructor(rooms: Rooms, { send, peerId, address }: HostedSocket) {
    this.#rooms = rooms
    const deliver = ([name, payload]: Fact) => {
      if (told.has(name)) send(name, payload)
    }
    const speaker = { origin: originOf(address), manner: 'answers', peerId: peerId ?? undefined } as const
    this.#session = new Session(rooms, deliver, speaker)
  }

  handle(event: string, payload: unknown, acknowledge: Acknowledge): void {
    const result = this.#act(event, payload)
    acknowledge?.(result)
  }

  place(): PlaceKey | null {
    return this.#session.around && roomKey(this.#session.around)
  }

  lost(): void {
    this.#session.lost()
  }

  #act(event: string, payload: unknown): Result<unknown> {
    switch (event) {
      case 'enter': {
        const enter = v.safeParse(Enter, payload)
        if (!enter.success) break
        const { address, user } = enter.output
        return enterAs(this.#session, this.#rooms.find(address), user)
      }
      case 'resume': {
        const resume = v.safeParse(Resume, payload)
        if (resume.success) return seatedOf(this.#session.resume(resume.output.token))
        break
      }
      case 'signal': {
        const signal = v.safeParse(SignalTo, payload)
        if (signal.success) return this.#session.sendSignal(signal.output.to, signal.output.signal)
        break
      }
      case 'leave':
        return this.#session.leave()
    }
    return refuse('bad-request')
  }
}

/** Users in calls to a room, whose home is not that of the calls: a system that only processes speak, between themselves. */
export const callers = (rooms: Rooms): HostedDialect => ({
  system: 'callers',
  events: new Map(),
  wishOf,
  open: (socket) => new Caller(rooms, socket),
  refuseGone: (_event, acknowledge) => acknowledge?.(refuse('resume-refused')),
})
