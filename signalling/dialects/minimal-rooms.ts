/**
 * Minimal rooms: a numbered room with a capacity, over Socket.IO. Those inside offer to whoever arrives. Every event is
 * answered through its acknowledgement, when it has one; what is refused is also said as an event.
 */
import { randomInt } from 'node:crypto'
import * as v from 'valibot'
import { nameKey, roomKey, type PlaceKey, type Wish } from '../cluster/cluster.ts'
import {
  limits as wire,
  PersonName,
  RoomAddress,
  type Joined,
  type PeerInfo,
  type Signal,
} from '#signalling/protocol.ts'
import type { Fact } from '../domain/facts.ts'
import { originOf } from '../domain/origins.ts'
import { isSentOut } from '../domain/room-session.ts'
import type { Rooms } from '../domain/rooms.ts'
import { Session } from '../domain/session.ts'
import type { RateKind } from '../transports/requests.ts'
import { BareSignals, Forms, toBare } from './bare-signals.ts'
import type { Acknowledge, Dialect, DialectConnection, DialectContext, DialectSocket } from './dialect.ts'

/** As it is typed, or as a number; it has to be one segment of the path `/r/<id>/`. */
const RoomId = v.pipe(
  v.union([v.string(), v.pipe(v.number(), v.safeInteger(), v.minValue(0))]),
  v.transform(String),
  RoomAddress,
  v.regex(/^(?!\.{1,2}$)[^/\\]+$/),
)
/** Also as the text of an input. A call needs two. */
const MaxUsers = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,2}$/), v.transform(Number))]),
  v.integer(),
  v.minValue(2),
  v.maxValue(wire.roomCapacity),
)
const CreateRoom = v.object({ room_id: v.nullish(RoomId), max_users: v.nullish(MaxUsers) })
const Join = v.object({ room_id: RoomId, peer_name: PersonName })
const To = v.object({ peer_id: v.pipe(v.string(), v.minLength(1), v.maxLength(64)) })
const Description = v.object({ ...To.entries, sdp: v.unknown() })
const Ice = v.object({ ...To.entries, candidate: v.unknown() })

const parse = <Schema extends v.GenericSchema>(schema: Schema, payload: unknown): v.InferOutput<Schema> | null => {
  // To the schemas a list is an object as well.
  const parsed = Array.isArray(payload) ? null : v.safeParse(schema, payload, { abortEarly: true })
  return parsed?.success ? parsed.output : null
}

const NOT_WELL_FORMED = 'The message is not well formed.'
const CREATE_AGAIN = 'Create another room.'
const OCCUPIED = `That room is occupied. ${CREATE_AGAIN}`
type Created = { readonly room_id: string; readonly url: string } | { readonly error: string }

/** Takes the place of a code: 48 random bits, so that it can be guessed as little as it can be met twice. */
const newRoomNumber = (): string => String(randomInt(2 ** 48 - 1))

const urlOf = (roomId: string): string => `/r/${encodeURIComponent(roomId)}/`

const events = new Map<string, RateKind>([
  ['create-room', 'room'],
  ['join', 'room'],
  ['offer', 'signal'],
  ['answer', 'signal'],
  ['ice', 'signal'],
  ['cut-the-call', 'room'],
])

const toPeer = ({ id, name }: PeerInfo) => ({ peer_id: id, peer_name: name })

type Context = Pick<DialectContext, 'rooms' | 'claim'>

/** One socket: a peer of one room, or of none. */
class MinimalRoomsConnection implements DialectConnection {
  readonly #rooms: Rooms
  readonly #claim: DialectContext['claim']
  readonly #socket: DialectSocket
  readonly #forms: Forms
  readonly #session: Session
  #bare = new BareSignals()

  constructor({ rooms, claim }: Context, socket: DialectSocket, forms: Forms) {
    this.#rooms = rooms
    this.#claim = claim
    this.#socket = socket
    this.#forms = forms
    const speaker = { origin: originOf(socket.address), manner: 'insider-offers' } as const
    this.#session = new Session(rooms, (fact) => this.#tell(fact), speaker)
  }

  readonly handle = (event: string, payload: unknown, acknowledge: Acknowledge): void | Promise<void> => {
    if (event === 'create-room') return this.#create(payload ?? {}, acknowledge)
    if (event === 'join') this.#join(payload, acknowledge)
    else if (event === 'offer' || event === 'answer') this.#describe(event, payload, acknowledge)
    else if (event === 'ice') this.#ice(payload, acknowledge)
    else {
      this.#leave()
      acknowledge?.({})
    }
  }

  readonly lost = (): void => this.#leave()

  readonly place = (): PlaceKey | null => this.#session.room && roomKey(this.#session.room)

  #create(payload: unknown, acknowledge: Acknowledge): void | Promise<void> {
    const elsewhere = this.#session.room === null ? null : (parse(CreateRoom, payload)?.room_id ?? null)
    // From inside a room it is asked of the process that is home of that one.
    if (elsewhere !== null && this.#claim !== undefined)
      return this.#claim(nameKey(elsewhere)).then((isHere) =>
        this.#answerCreated(isHere ? this.#roomFor(payload) : { error: OCCUPIED }, acknowledge),
      )
    this.#answerCreated(this.#roomFor(payload), acknowledge)
  }

  #answerCreated(answer: Created, acknowledge: Acknowledge): void {
    acknowledge?.(answer)
    this.#socket.send('room-created', answer)
  }

  /** An empty room of that id is as good as a new one. */
  #roomFor(payload: unknown): Created {
    const wish = parse(CreateRoom, payload)
    if (wish === null)
      return { error: `max_users is a number from 2 to ${wire.roomCapacity}, room_id one line. ${CREATE_AGAIN}` }
    const roomId = wish.room_id ?? newRoomNumber()
    const known = this.#rooms.find(roomId)
    if (known !== undefined && known.size > 0) return { error: OCCUPIED }
    if (known === undefined) {
      if (!this.#socket.mayCreate) return { error: 'This server asks for an access token for that.' }
      const created = this.#rooms.create({ name: roomId, capacity: wish.max_users ?? undefined })
      if (!created.ok) return { error: `${created.message} ${CREATE_AGAIN}` }
    }
    return { room_id: roomId, url: urlOf(roomId) }
  }

  #join(payload: unknown, acknowledge: Acknowledge): void {
    const wish = parse(Join, payload)
    if (wish === null) {
      this.#refuse(NOT_WELL_FORMED, acknowledge)
      return
    }
    const { room_id, peer_name } = wish
    const joined = this.#session.join(room_id, peer_name)
    if (joined.ok) this.#welcome(room_id, joined.value, acknowledge)
    else if (joined.code === 'room-full') {
      const max_users = this.#rooms.find(room_id)?.capacity
      acknowledge?.({ error: joined.message, room_id, max_users })
      this.#socket.send('full-room', { room_id, max_users })
    } else this.#refuse(joined.message, acknowledge)
  }

  #welcome(room_id: string, { peerId, room }: Joined, acknowledge: Acknowledge): void {
    const others = room.peers.filter(({ id }) => id !== peerId)
    // Whoever waits for this client's offer is told as an arrival, and the others will offer to it.
    const peers = others.filter(({ offer }) => offer !== 'you').map(toPeer)
    const answer = { room_id, peer_id: peerId, peers }
    acknowledge?.(answer)
    this.#socket.send('joined', answer)
    for (const peer of others) if (peer.offer === 'you') this.#socket.send('user-arrived', toPeer(peer))
  }

  #describe(type: 'offer' | 'answer', payload: unknown, acknowledge: Acknowledge): void {
    const message = parse(Description, payload)
    const described = message === null ? null : this.#bare.description(message.peer_id, type, message.sdp)
    this.#send(message?.peer_id, described?.signal ?? null, message?.sdp, acknowledge)
  }

  #ice(payload: unknown, acknowledge: Acknowledge): void {
    const message = parse(Ice, payload)
    const signal = message === null ? null : this.#bare.candidate(message.peer_id, message.candidate)
    this.#send(message?.peer_id, signal, message?.candidate, acknowledge)
  }

  #send(to: string | undefined, signal: Signal | null, said: unknown, acknowledge: Acknowledge): void {
    if (to === undefined || signal === null) {
      this.#refuse(NOT_WELL_FORMED, acknowledge)
      return
    }
    const { room } = this.#session
    if (room !== null) this.#forms.note(this, room, signal.kind, said)
    const sent = this.#session.sendSignal(to, signal)
    if (sent.ok) acknowledge?.({})
    else {
      this.#bare.forget(to)
      this.#refuse(sent.message, acknowledge)
    }
  }

  #leave(): void {
    this.#session.leave()
    this.#bare = new BareSignals()
  }

  #tell(fact: Fact): void {
    if (fact[0] === 'peer:joined') {
      if (fact[1].offer === 'you') this.#socket.send('user-arrived', toPeer(fact[1]))
    } else if (fact[0] === 'peer:left') {
      this.#bare.forget(fact[1].id)
      this.#socket.send('cut-the-call', { peer_id: fact[1].id })
    } else if (fact[0] === 'signal:received') {
      this.#tellSignal(fact[1].from, fact[1].signal)
    } else if (isSentOut(fact[0])) {
      this.#bare = new BareSignals()
      this.#socket.send('cut-the-call', { peer_id: this.#session.peerId })
    }
  }

  #tellSignal(from: string, signal: Signal): void {
    const { room } = this.#session
    if (room === null) return
    for (const { kind, value } of toBare(signal, this.#forms.of(this, room, signal.kind))) {
      if (kind === 'candidate') this.#socket.send('ice', { peer_id: from, candidate: value })
      else this.#socket.send(kind, { peer_id: from, sdp: value })
    }
  }

  #refuse(message: string, acknowledge: Acknowledge): void {
    acknowledge?.({ error: message })
    this.#socket.send('error', { message })
  }
}

const wishOf = (event: string, payload: unknown): Wish | null => {
  if (event === 'join') {
    const wish = parse(Join, payload)
    return wish && { kind: 'room', address: wish.room_id, mode: 'find' }
  }
  const address = event === 'create-room' ? parse(CreateRoom, payload ?? {})?.room_id : null
  return typeof address === 'string' ? { kind: 'room', address, mode: 'open' } : null
}

export const openMinimalRooms = (context: Context): Dialect => {
  const forms = new Forms()
  const open = (socket: DialectSocket) => new MinimalRoomsConnection(context, socket, forms)
  return { sockets: { system: 'minimal-rooms', events, wishOf, open } }
}
