/** Two people meet under an appointment's id: Socket.IO events `join_room`, `send_offer` and so on, and HTTP beside them. */
import * as v from 'valibot'
import { roomKey, type PlaceKey, type Wish } from '../cluster/cluster.ts'
import { PeerId, PersonName, RoomAddress, type PeerInfo, type Refusal } from '#signalling/protocol.ts'
import type { Fact } from '../domain/facts.ts'
import { originOf } from '../domain/origins.ts'
import { ok, refuse } from '../domain/results.ts'
import { isSentOut } from '../domain/room-session.ts'
import type { Room } from '../domain/room.ts'
import { Session } from '../domain/session.ts'
import { appointmentRoutes } from './appointments-http.ts'
import { BareSignals, toBare, type Form } from './bare-signals.ts'
import type { Acknowledge, Dialect, DialectConnection, DialectContext, DialectSocket } from './dialect.ts'

const events = new Map([
  ['join_room', 'room'],
  ['send_offer', 'signal'],
  ['send_answer', 'signal'],
  ['ice_candidate', 'signal'],
] as const)

const JoinRoom = v.object({ appointment_id: v.nullish(RoomAddress), name: PersonName })
const remoteSocketId = v.nullable(v.pipe(v.string(), v.maxLength(64)))
const Offer = v.object({ appointment_id: RoomAddress, remoteSocketId, offer: v.unknown() })
const Answer = v.object({ appointment_id: RoomAddress, remoteSocketId, answer: v.unknown() })
const IceCandidate = v.object({ remoteSocketId, candidate: v.unknown() })

const says = {
  badShape: 'The message is not well formed.',
  noMeeting: 'Join a meeting first.',
  otherMeeting: 'That is not the meeting that you have joined.',
  noRemote: 'There is nobody to send that to yet.',
  notTogether: 'You are not in the same meeting.',
  joined: 'Joined Successfully',
  removed: 'The host has sent you out of the meeting.',
  ended: 'The host has ended the meeting.',
} as const

interface Visit {
  /** As the client names it; made up here when it named none. */
  readonly appointment: string
  /** What its chat is kept under. */
  readonly keptAs: string
}

/** One client of the appointment system. */
class AppointmentClient implements DialectConnection {
  readonly #context: DialectContext
  readonly #socket: DialectSocket
  readonly #session: Session
  readonly #signals = new BareSignals()
  readonly #names = new Map<PeerId, string>()
  /** Whose offer was answered from here, and when: one line in the call log each. */
  readonly #calls = new Map<PeerId, number>()
  #form: Form = 'object'
  #visit: Visit | null = null

  constructor(socket: DialectSocket, context: DialectContext) {
    this.#socket = socket
    this.#context = context
    const speaker = { origin: originOf(socket.address), manner: 'one-opponent' } as const
    this.#session = new Session(context.rooms, (fact) => this.#tell(fact), speaker)
  }

  handle(event: string, payload: unknown, acknowledge: Acknowledge): void {
    const refused = this.#act(event, payload, acknowledge)
    if (refused === null) return
    this.#socket.send('error', { message: refused })
    acknowledge?.({ error: refused })
  }

  place(): PlaceKey | null {
    return this.#session.room && roomKey(this.#session.room)
  }

  /** It can not resume, so its place is given up at once. */
  lost(): void {
    for (const peer of [...this.#calls.keys()]) this.#endCall(peer)
    this.#session.leave()
  }

  /** Answers why not, or null. */
  #act(event: string, payload: unknown, acknowledge: Acknowledge): string | null {
    switch (event) {
      case 'join_room':
        return this.#join(payload, acknowledge)
      case 'send_offer':
        return this.#describe('offer', v.safeParse(Offer, payload), acknowledge)
      case 'send_answer':
        return this.#describe('answer', v.safeParse(Answer, payload), acknowledge)
      default:
        return this.#sendCandidate(payload, acknowledge)
    }
  }

  #join(payload: unknown, acknowledge: Acknowledge): string | null {
    const parsed = v.safeParse(JoinRoom, payload)
    if (!parsed.success) return says.badShape
    if (this.#visit !== null) return refuse('already-in-room').message
    const { appointments } = this.#context
    const { appointment_id: asked, name } = parsed.output
    const appointment = asked ?? appointments.newId()
    const opened = this.#open(appointment)
    if (!opened.ok) return opened.message
    const room = opened.value
    if (room.isFull || room.isGuardedFor(this.#session.origin)) return refuse('room-full').message
    const keptAs = room.name ?? room.code
    const arrived = appointments.arrive(keptAs, room.code)
    if (!arrived.ok) return arrived.message
    const joined = this.#session.enter(room, name)
    if (!joined.ok) return joined.message
    this.#visit = { appointment, keptAs }
    const { peers } = joined.value.room
    for (const peer of peers) if (peer.id !== joined.value.peerId) this.#names.set(peer.id, peer.name)
    const [opponent = null, ...others] = peers.filter(({ offer }) => offer === 'you')
    const answer = { ...this.#welcome(opponent), ...(asked === appointment ? {} : { appointment_id: appointment }) }
    this.#socket.send('joined_successfully', answer)
    acknowledge?.(answer)
    for (const other of others) this.#socket.send('joined_successfully', this.#welcome(other))
    return null
  }

  #open(appointment: string): { readonly ok: true; readonly value: Room } | Refusal {
    const { rooms } = this.#context
    const { mayCreate } = this.#socket
    // Whoever may make one is never told that there is none.
    const opened = mayCreate ? rooms.open(appointment) : rooms.seek(appointment, this.#session.origin)
    if (opened.ok || opened.code !== 'room-not-found') return opened
    if (!mayCreate) return refuse('access-denied')
    const created = rooms.create({ name: appointment })
    return created.ok ? ok(created.value) : created
  }

  #welcome(opponent: PeerInfo | null) {
    return {
      message: says.joined,
      remoteSocket: opponent?.id ?? null,
      opponent_name: opponent?.name ?? null,
      chats: this.#visit === null ? [] : this.#context.appointments.chats(this.#visit.keptAs),
    }
  }

  #describe(
    type: 'offer' | 'answer',
    parsed: v.SafeParseResult<typeof Offer> | v.SafeParseResult<typeof Answer>,
    acknowledge: Acknowledge,
  ): string | null {
    if (!parsed.success) return says.badShape
    const { appointment_id: appointment } = parsed.output
    if (this.#visit === null) return says.noMeeting
    if (appointment !== this.#visit.appointment) return says.otherMeeting
    const to = this.#remote(parsed.output.remoteSocketId)
    if (!to.ok) return to.message
    const said = 'offer' in parsed.output ? parsed.output.offer : parsed.output.answer
    const described = this.#signals.description(to.value, type, said)
    if (described === null) return says.badShape
    this.#form = described.form
    const sent = this.#session.sendSignal(to.value, described.signal)
    if (!sent.ok) return says.notTogether
    if (type === 'answer' && !this.#calls.has(to.value)) this.#calls.set(to.value, this.#context.clock.now())
    acknowledge?.({})
    return null
  }

  #sendCandidate(payload: unknown, acknowledge: Acknowledge): string | null {
    const parsed = v.safeParse(IceCandidate, payload)
    if (!parsed.success) return says.badShape
    if (this.#visit === null) return says.noMeeting
    const to = this.#remote(parsed.output.remoteSocketId)
    if (!to.ok) return to.message
    const signal = this.#signals.candidate(to.value, parsed.output.candidate)
    if (signal === null) return says.badShape
    if (!this.#session.sendSignal(to.value, signal).ok) return says.notTogether
    acknowledge?.({})
    return null
  }

  #remote(id: string | null): { readonly ok: true; readonly value: PeerId } | { readonly ok: false; message: string } {
    if (id === null) return { ok: false, message: says.noRemote }
    const isInside = v.is(PeerId, id) && this.#names.has(id)
    return isInside ? { ok: true, value: id } : { ok: false, message: says.notTogether }
  }

  #tell(fact: Fact): void {
    const [name, payload] = fact
    if (name === 'peer:joined') {
      this.#names.set(payload.id, payload.name)
      if (payload.offer === 'you') this.#socket.send('joined_successfully', this.#welcome(payload))
    } else if (name === 'peer:left') {
      const who = this.#names.get(payload.id)
      this.#names.delete(payload.id)
      this.#signals.forget(payload.id)
      this.#endCall(payload.id)
      this.#socket.send('user_left', { message: `${who ?? 'The other person'} has left the meeting.` })
    } else if (name === 'signal:received') {
      for (const { kind, value } of toBare(payload.signal, this.#form)) this.#pass(payload.from, kind, value)
    } else if (isSentOut(name)) this.#sentOut(name === 'session:removed' ? says.removed : says.ended)
  }

  /** To this client it is as if the other one had left. */
  #sentOut(message: string): void {
    for (const peer of [...this.#calls.keys()]) this.#endCall(peer)
    for (const peer of this.#names.keys()) this.#signals.forget(peer)
    this.#names.clear()
    this.#visit = null
    this.#socket.send('user_left', { message })
  }

  #pass(from: PeerId, kind: 'offer' | 'answer' | 'candidate', value: unknown): void {
    if (kind === 'candidate') this.#socket.send('ice_candidate', { candidate: value })
    else if (kind === 'answer') this.#socket.send('receive_answer', { from, answer: value })
    else this.#socket.send('receive_offer', { from, offer: value, name: this.#names.get(from) ?? '' })
  }

  #endCall(peer: PeerId): void {
    const started = this.#calls.get(peer)
    if (started === undefined || !this.#calls.delete(peer)) return
    const { appointments, clock } = this.#context
    appointments.logCall({ started, ended: clock.now(), kind: 'appointment', outcome: 'ended' })
  }
}

/** Also of a client that may make none: what it is refused is not made anywhere. */
const wishOf = (event: string, payload: unknown): Wish | null => {
  const joining = event === 'join_room' ? v.safeParse(JoinRoom, payload) : null
  const address = joining?.success === true ? joining.output.appointment_id : null
  return typeof address === 'string' ? { kind: 'room', address, mode: 'open' } : null
}

export const openAppointments = (context: DialectContext): Dialect => ({
  sockets: { system: 'appointments', events, wishOf, open: (socket) => new AppointmentClient(socket, context) },
  routes: appointmentRoutes(context),
})
