import type {
  ChatMessage,
  DocumentInfo,
  ErrorCode,
  LeaveReason,
  PeerId,
  PeerInfo,
  RequestName,
  Result,
  RoomDocument,
  RoomView,
  Signal,
} from '#signalling/protocol.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { refuse, type Payload } from '#renderer/call/server-words.ts'
import type { SignallingEvents } from '#renderer/call/signalling.ts'
import { ClientDouble } from './client-double.ts'

const CODE = 'k7mq2xvd9thr'

interface Peer {
  readonly id: PeerId
  readonly name: string
  token: string
  client: ClientDouble | null
  readonly foreign?: Foreigner
}

/** A client of another system, as the server knows it to clients of ours. */
export interface Foreigner {
  /** Who makes the offer, as our clients are told. */
  readonly offer: 'you' | 'they'
  /** A signal for it, and who sends it. */
  readonly take: (from: PeerId, signal: Signal) => void
  /** One of ours came in after it. */
  readonly onArrival?: (id: PeerId) => void
}

/** One room of a server that follows protocol.ts, in memory: there is no Node in the page that the tests run in. */
export class ServerDouble {
  readonly clients: ClientDouble[] = []
  readonly requests: string[] = []
  #peers: Peer[] = []
  #chat: ChatMessage[] = []
  /** What the room carries; change it with `setDocument`. */
  documents: RoomDocument[] = []
  isUp = true
  hasRoom = true
  capacity = 16
  /** The next requests of this name are refused so. */
  readonly refusals = new Map<RequestName, ErrorCode | 'timeout'>()

  get room(): RoomView {
    const peers = this.#peers.map(infoOf)
    return { code: CODE, title: 'Tea', capacity: this.capacity, peers }
  }
  get code(): string {
    return CODE
  }

  get documentInfos(): DocumentInfo[] {
    return this.documents.map(({ kind, format, at, size }) => ({ kind, format, at, size }))
  }

  readonly open = (): ClientDouble => {
    const client = new ClientDouble(this)
    this.clients.push(client)
    return client
  }

  /** All connections are lost; with `forget`, everything that was not written down, too. */
  crash({ forget = false } = {}): void {
    this.isUp = false
    for (const peer of this.#peers) peer.client = null
    if (forget) {
      this.#peers = []
      this.#chat = []
    }
    for (const client of this.clients) client.lose()
  }

  /** It is back after a crash, and lets nobody in. */
  refuseAll(code: ErrorCode): void {
    for (const client of this.clients) client.refuse(code)
  }

  restart(): void {
    this.isUp = true
    for (const client of this.clients) client.reopen()
  }

  /** Lets a client of another system in; answers its id and how it says something. */
  admit(name: string, foreign: Foreigner): { id: PeerId; say: (signal: Signal) => void } {
    const peer: Peer = { id: randomId(), name, token: '', client: null, foreign }
    this.#peers.push(peer)
    this.#tell('peer:joined', infoOf(peer), peer)
    this.#tellOnlookers()
    const say = (signal: Signal) => {
      for (const { client } of this.#peers) client?.tell('signal:received', { from: peer.id, signal })
    }
    return { id: peer.id, say }
  }

  setDocument(document: RoomDocument): void {
    this.documents = [...this.documents.filter(({ kind }) => kind !== document.kind), document]
    for (const { client } of this.#peers) client?.tell('documents:changed', { documents: this.documentInfos })
  }

  /** Loses one client's connection, as the server sees it. */
  cut(client: ClientDouble): void {
    const peer = this.#peers.find((each) => each.client === client)
    if (peer) {
      peer.client = null
      this.#tell('peer:away', { id: peer.id }, peer)
    }
    client.lose()
  }

  giveUp(name: string, reason: LeaveReason = 'timed-out'): void {
    const peer = this.#peers.find((each) => each.name === name)
    if (peer) this.#remove(peer, reason)
  }

  tellAll<Name extends keyof SignallingEvents>(name: Name, ...args: SignallingEvents[Name]): void {
    for (const client of this.clients) client.tell(name, ...args)
  }

  answer(client: ClientDouble, name: RequestName, payload: unknown): Result<unknown> | 'timeout' {
    this.requests.push(name)
    const refusal = this.refusals.get(name)
    if (refusal) return refusal === 'timeout' ? refusal : refuse(refusal)
    const act: Record<RequestName, () => Result<unknown>> = {
      'room:create': () => ({ ok: true, value: { code: CODE } }),
      'room:look': () => (this.hasRoom ? { ok: true, value: this.room } : refuse('room-not-found')),
      'room:join': () => this.#join(client, payload as Payload<'room:join'>),
      'room:leave': () => this.#leave(client),
      'peer:resume': () => this.#resume(client, payload as Payload<'peer:resume'>),
      'signal:send': () => refuse('internal'),
      'chat:send': () => this.#say(client, payload as Payload<'chat:send'>),
      'ice:refresh': () => ({ ok: true, value: { iceServers: [] } }),
      'document:read': () => this.#readDocument(client, payload as Payload<'document:read'>),
    }
    return act[name]()
  }

  relay(client: ClientDouble, to: PeerId, signal: Signal): void {
    const from = this.#peers.find((peer) => peer.client === client)
    const target = this.#peers.find(({ id }) => id === to)
    const onlooker = from ? this.clients.find((each) => each.peerId === to) : undefined
    const receiver = target?.client ?? onlooker
    if (from && target?.foreign) target.foreign.take(from.id, signal)
    else if (receiver) receiver.tell('signal:received', { from: from?.id ?? client.peerId, signal })
    else
      client.tell('request:refused', {
        request: 'signal:send',
        code: from ? 'peer-not-found' : 'not-in-room',
        message: '',
      })
  }

  #join(client: ClientDouble, { name }: Payload<'room:join'>): Result<unknown> {
    if (!this.hasRoom) return refuse('room-not-found')
    if (this.#peers.length >= this.capacity) return refuse('room-full')
    const peer: Peer = { id: client.peerId, name, token: '', client }
    this.#peers.push(peer)
    this.#tell('peer:joined', infoOf(peer), peer)
    for (const { foreign } of this.#peers) foreign?.onArrival?.(peer.id)
    return this.#seat(peer)
  }

  #resume(client: ClientDouble, { token }: Payload<'peer:resume'>): Result<unknown> {
    const peer = this.#peers.find((each) => each.token === token)
    if (!peer) return refuse(this.hasRoom ? 'resume-refused' : 'room-not-found')
    // The double of a connection is the same one after it was renewed.
    if (peer.client !== client) peer.client?.tell('session:replaced', undefined)
    peer.client = client
    this.#tell('peer:back', { id: peer.id }, peer)
    return this.#seat(peer)
  }

  #seat(peer: Peer): Result<unknown> {
    peer.token = randomId()
    this.#tellOnlookers()
    const { id: peerId, token } = peer
    return { ok: true, value: { peerId, token, room: this.room, chat: this.#chat, documents: this.documentInfos } }
  }

  #leave(client: ClientDouble): Result<unknown> {
    const peer = this.#peers.find((each) => each.client === client)
    if (peer) this.#remove(peer, 'left')
    return { ok: true, value: {} }
  }

  #remove(peer: Peer, reason: LeaveReason): void {
    this.#peers = this.#peers.filter((each) => each !== peer)
    this.#tell('peer:left', { id: peer.id, reason }, peer)
    this.#tellOnlookers()
  }

  #say(client: ClientDouble, { nonce, text }: Payload<'chat:send'>): Result<unknown> {
    const peer = this.#peers.find((each) => each.client === client)
    if (!peer) return refuse('not-in-room')
    const known = this.#chat.find((each) => each.nonce === nonce)
    if (known) return { ok: true, value: known }
    const message = { id: this.#chat.length + 1, from: peer.id, name: peer.name, text, nonce, at: Date.now() }
    this.#chat.push(message)
    for (const { client: each } of this.#peers) each?.tell('chat:posted', message)
    return { ok: true, value: message }
  }

  #readDocument(client: ClientDouble, wanted: Payload<'document:read'>): Result<unknown> {
    if (!this.#peers.some((each) => each.client === client)) return refuse('not-in-room')
    const document = this.documents.find(({ kind }) => kind === wanted.kind)
    return document ? { ok: true, value: document } : refuse('document-not-found')
  }

  #tell<Name extends keyof SignallingEvents>(name: Name, fact: SignallingEvents[Name][0], but: Peer): void {
    for (const peer of this.#peers)
      if (peer !== but) peer.client?.tell(name, ...([fact] as unknown as SignallingEvents[Name]))
  }

  #tellOnlookers(): void {
    for (const client of this.clients)
      if (!this.#peers.some((peer) => peer.client === client))
        client.tell('room:changed', { ...this.room, peers: [...this.room.peers] })
  }
}

const infoOf = ({ id, name, client, foreign }: Peer): PeerInfo => ({
  id,
  name,
  presence: client || foreign ? 'present' : 'away',
  ...(foreign && { offer: foreign.offer }),
})
