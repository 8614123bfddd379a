/**
 * Sessions over server-sent events, for devices and networks where no WebSocket gets through. A peer registers, reads a
 * stream, and posts messages. Those inside offer to whoever arrives. Peers have ids of their own choice; peers of other
 * systems are known by the domain's.
 */
import * as v from 'valibot'
import { limits as wire, PersonName, RoomAddress, type PeerId, type Signal } from '#signalling/protocol.ts'
import type { Wish } from '../cluster/cluster.ts'
import type { Fact } from '../domain/facts.ts'
import { originOf } from '../domain/origins.ts'
import { refuse } from '../domain/results.ts'
import { isSentOut } from '../domain/room-session.ts'
import type { Room } from '../domain/room.ts'
import { HttpRefusal, type Asked, type Exchange } from '../http/router.ts'
import { Forms, toBare } from './bare-signals.ts'
import type { Dialect } from './dialect.ts'
import { SsePeer, type Claim, type SseContext } from './sse-sessions-peer.ts'
import { Message, mustOwn, refusalOf } from './sse-sessions-wire.ts'

class SseSessions {
  readonly #context: SseContext
  readonly #forms = new Forms()
  /** By the code of the room and their own id. */
  readonly #peers = new Map<string, SsePeer>()
  /** Own ids by those of the domain. */
  readonly #ownIds = new Map<PeerId, string>()
  #isClosed = false

  constructor(context: SseContext) {
    this.#context = context
  }

  register(exchange: Exchange): void {
    const { session, ownId } = this.#idsOf(exchange)
    const origin = originOf(exchange.address)
    // Before anything that a refused request must not change.
    this.#checkDoor(session, origin, exchange.mayCreate)
    const former = this.#find(exchange)
    if (former !== undefined) {
      if (exchange.bearer === null || former.checkReader(this.#claimOf(exchange), '') !== 'owner')
        throw new HttpRefusal(409, 'That peer is in the session already.')
      this.#remove(former)
    }
    const room = this.#roomFor(session, exchange)
    // A peer of another system is known here by an id that nobody else may take.
    if (room.has(ownId)) throw new HttpRefusal(409, 'That peer id is taken.')
    const peer = this.#admit(ownId, room, exchange.address)
    exchange.json(200, { message: 'session registered successfully', token: peer.token })
  }

  events(exchange: Exchange): void {
    if (exchange.request.method === 'HEAD') {
      exchange.response.setHeader('Allow', 'GET')
      throw new HttpRefusal(405, 'Only GET answers events.')
    }
    const peer = this.#find(exchange)
    if (peer === undefined) throw new HttpRefusal(404, 'There is no such peer: register first.')
    const lastEventId = String(exchange.request.headers['last-event-id'] ?? '')
    mustOwn(peer.checkReader(this.#claimOf(exchange), lastEventId))
    const leavePlace = this.#context.takePlace(exchange.address)
    if (leavePlace === null) throw new HttpRefusal(503, 'The server has no room for more.')
    exchange.response.once('close', leavePlace)
    if (peer.openStream(exchange.response, exchange.address, lastEventId)) return
    this.#remove(peer)
    throw new HttpRefusal(410, 'Some events are lost: register again.')
  }

  async message(exchange: Exchange): Promise<void> {
    this.#senderOf(exchange)
    const body = v.safeParse(Message, await exchange.readJson(wire.frameBytes), { abortEarly: true })
    // The peer may have left while the body came.
    const peer = this.#senderOf(exchange)
    if (!body.success) throw new HttpRefusal(400, 'The message is not well formed.')
    const { type, payload, target } = body.output
    const to = this.#peerIn(peer.room, target)?.id ?? target
    const signal =
      type === 'ice-candidate' ? peer.bare.candidate(to, payload) : peer.bare.description(to, type, payload)?.signal
    if (!signal) throw new HttpRefusal(400, `The payload is no ${type}.`)
    this.#forms.note(peer, peer.room, signal.kind, payload)
    const sent = peer.session.sendSignal(to, signal)
    if (!sent.ok) {
      peer.bare.forget(to)
      throw refusalOf(sent)
    }
    exchange.json(200, { message: 'Message sent' })
  }

  close(): void {
    this.#isClosed = true
    for (const peer of this.#peers.values()) peer.close()
    this.#peers.clear()
    this.#ownIds.clear()
  }

  #idsOf(exchange: Exchange): { session: string; ownId: string } {
    if (this.#isClosed) throw new HttpRefusal(503, 'The server is stopping.')
    const session = v.safeParse(RoomAddress, exchange.param('sessionId'))
    const ownId = v.safeParse(PersonName, exchange.param('peerId'))
    if (session.success && ownId.success) return { session: session.output, ownId: ownId.output }
    throw new HttpRefusal(400, `Ids are one line of at most ${wire.roomName} characters.`)
  }

  #find(exchange: Exchange): SsePeer | undefined {
    const { session, ownId } = this.#idsOf(exchange)
    const room = this.#context.rooms.find(session)
    return room === undefined ? undefined : this.#peerIn(room, ownId)
  }

  #peerIn(room: Room, ownId: string): SsePeer | undefined {
    const peer = this.#peers.get(keyOf(room, ownId))
    if (peer === undefined || peer.room === room) return peer
    // The room was at home in another process meanwhile, where nobody knows this peer.
    this.#remove(peer)
    return undefined
  }

  #claimOf({ bearer, address, mayCreate }: Exchange): Claim {
    return { bearer, address, isTokenOptional: !this.#context.limits.requireSessionTokens && mayCreate }
  }

  #senderOf(exchange: Exchange): SsePeer {
    const peer = this.#find(exchange)
    if (peer === undefined) throw new HttpRefusal(403, 'There is no such peer: register first.')
    mustOwn(peer.checkSender(this.#claimOf(exchange)))
    return peer
  }

  #checkDoor(session: string, origin: string, mayCreate: boolean): void {
    const { rooms } = this.#context
    if (!mayCreate && !rooms.mayAsk(origin)) throw refusalOf(refuse('too-many-requests'))
    if (rooms.find(session)?.isGuardedFor(origin) === true) throw refusalOf(refuse('room-full'))
  }

  #roomFor(session: string, { mayCreate, address }: Exchange): Room {
    const { rooms } = this.#context
    const known = rooms.find(session)
    if (known !== undefined) return known
    if (!mayCreate) {
      rooms.seek(session, originOf(address), 'find')
      throw new HttpRefusal(403, 'This server asks for an access token for that.')
    }
    const created = this.#context.rooms.create({ name: session })
    if (!created.ok) throw refusalOf(created)
    return created.value
  }

  #admit(ownId: string, room: Room, address: string): SsePeer {
    const peer = new SsePeer({ ownId, room, address }, this.#context, {
      onFact: (to, fact) => this.#tell(to, fact),
      onLost: (lost) => this.#remove(lost),
    })
    // Before it enters: those inside are told at once, by this name.
    this.#ownIds.set(peer.id, ownId)
    const joined = peer.session.enter(room, ownId)
    if (!joined.ok) {
      peer.close()
      this.#ownIds.delete(peer.id)
      throw refusalOf(joined)
    }
    this.#peers.set(keyOf(room, ownId), peer)
    for (const { id, offer } of joined.value.room.peers)
      if (offer === 'you') peer.tell({ type: 'new-peer', senderId: this.#nameOf(id) })
    return peer
  }

  /** It leaves for good; the others are told, by its own id. */
  #remove(peer: SsePeer): void {
    const { id, room } = peer
    peer.close()
    if (this.#context.rooms.find(room.name ?? room.code) === room) peer.session.leave()
    this.#peers.delete(keyOf(room, peer.ownId))
    this.#ownIds.delete(id)
  }

  #tell(to: SsePeer, fact: Fact): void {
    if (fact[0] === 'peer:joined') {
      if (fact[1].offer === 'you') to.tell({ type: 'new-peer', senderId: this.#nameOf(fact[1].id) })
    } else if (fact[0] === 'peer:left') {
      to.bare.forget(fact[1].id)
      to.tell({ type: 'peer-left', senderId: this.#nameOf(fact[1].id) })
    } else if (fact[0] === 'signal:received') {
      this.#tellSignal(to, fact[1].from, fact[1].signal)
    } else if (isSentOut(fact[0])) {
      to.tell({ type: 'peer-left', senderId: to.ownId })
      // Later, when the room has let go of it.
      queueMicrotask(() => this.#remove(to))
    }
  }

  #tellSignal(to: SsePeer, from: PeerId, signal: Signal): void {
    const senderId = this.#nameOf(from)
    for (const { kind, value } of toBare(signal, this.#forms.of(to, to.room, signal.kind)))
      to.tell({ type: kind === 'candidate' ? 'ice-candidate' : kind, payload: value, senderId })
  }

  #nameOf(id: PeerId): string {
    return this.#ownIds.get(id) ?? id
  }
}

/** A session is a room by its name. */
const wishOf =
  (mode: 'find' | 'open') =>
  ({ param, mayCreate }: Asked): Wish | null => {
    const address = v.safeParse(RoomAddress, param('sessionId'))
    return address.success ? { kind: 'room', address: address.output, mode: mayCreate ? mode : 'find' } : null
  }

const keyOf = (room: Room, ownId: string): string => `${room.code}/${ownId}`

export const openSseSessions = (context: SseContext): Dialect => {
  const sessions = new SseSessions(context)
  return {
    routes: [
      {
        method: 'POST',
        path: '/register/:sessionId/:peerId',
        wishOf: wishOf('open'),
        handle: (exchange) => sessions.register(exchange),
      },
      {
        method: 'GET',
        path: '/events/:sessionId/:peerId',
        hasOwnProof: true,
        wishOf: wishOf('find'),
        handle: (exchange) => sessions.events(exchange),
      },
      {
        method: 'POST',
        path: '/message/:sessionId/:peerId',
        rate: 'signal',
        hasOwnProof: true,
        wishOf: wishOf('find'),
        readsBody: wire.frameBytes,
        handle: (exchange) => sessions.message(exchange),
      },
    ],
    close: () => sessions.close(),
  }
}
