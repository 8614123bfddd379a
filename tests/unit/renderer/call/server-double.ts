import type {
  ChatMessage,
  ErrorCode,
  Knock,
  LeaveReason,
  PeerId,
  PeerInfo,
  RequestName,
  Result,
  RoomView,
  Signal,
} from '#signalling/protocol.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { refuse, type Payload } from '#renderer/call/server-words.ts'
import type { SignallingEvents } from '#renderer/call/signalling.ts'
import { ClientDouble } from './client-double.ts'
import { DoorDouble } from './door-double.ts'

const CODE = 'k7mq2xvd9thr'
const HOST_KEY = 'hosthosthosthosthosthA'

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
  #hosts: PeerId[] = []
  readonly #door = new DoorDouble()
  isUp = true
  hasRoom = true
  capacity = 16
  /** The next requests of this name are refused so. */
  readonly refusals = new Map<RequestName, ErrorCode | 'timeout'>()

  get room(): RoomView {
    const peers = this.#peers.map(infoOf)
    return { code: CODE, title: 'Tea', capacity: this.capacity, peers, door: this.#door.view, hosts: [...this.#hosts] }
  }
  /** As it is seen by whoever is not inside. */
  get #front(): RoomView {
    return this.#door.isOpen ? this.room : { ...this.room, peers: [], hosts: [] }
  }
  /** Who waits to be let in. */
  get knocks(): Knock[] {
    return this.#door.knocks
  }
  get code(): string {
    return CODE
  }

  readonly open = (): ClientDouble => {
    const client = new ClientDouble(this)
    this.clients.push(client)
    return client
  }

  /** All connections are lost; with `forget`, everything that was not written down, too. */
  crash({ forget = false } = {}): void {
    this.isUp = false
    this.#door.clear()
    for (const peer of this.#peers) peer.client = null
    if (forget) {
      this.#peers = []
      this.#chat = []
      this.#hosts = []
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

  guard(...[change]: Parameters<DoorDouble['guard']>): void {
    this.#door.guard(change)
    this.#tellRoom()
  }

  /** Loses one client's connection, as the server sees it. */
  cut(client: ClientDouble): void {
    const peer = this.#peerOf(client)
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
      'room:create': () => ({ ok: true, value: { code: CODE, hostKey: HOST_KEY } }),
      'room:look': () => this.#look(client),
      'room:join': () => this.#join(client, payload as Payload<'room:join'>),
      'room:leave': () => this.#leave(client),
      'peer:resume': () => this.#resume(client, payload as Payload<'peer:resume'>),
      'signal:send': () => refuse('internal'),
      'chat:send': () => this.#say(client, payload as Payload<'chat:send'>),
      'ice:refresh': () => ({ ok: true, value: { iceServers: [] } }),
      'document:read': () => refuse('document-not-found'),
      'room:knock': () => this.#knock(client, payload as Payload<'room:knock'>),
      'room:change': () => this.#asHost(client, () => this.#change(payload as Payload<'room:change'>)),
      'room:end': () => this.#asHost(client, () => this.tellAll('room:closed', { code: CODE, reason: 'ended' })),
      'knock:answer': () => this.#asHost(client, () => this.#answerKnock(payload as Payload<'knock:answer'>)),
      'peer:mute': () =>
        this.#asHost(client, (by) => this.tellAll('peer:muted', { ...(payload as Payload<'peer:mute'>), by })),
      'peer:remove': () => this.#asHost(client, () => this.#sendOut((payload as Payload<'peer:remove'>).id)),
      'peer:promote': () => this.#asHost(client, () => this.#promote((payload as Payload<'peer:promote'>).id)),
      'heir:stand': () => refuse('bad-request'),
      'room:adopt': () => refuse('bad-request'),
      'chat:merge': () => refuse('bad-request'),
    }
    return act[name]()
  }

  relay(client: ClientDouble, to: PeerId, signal: Signal): void {
    const from = this.#peerOf(client)
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

  #peerOf(client: ClientDouble): Peer | undefined {
    return this.#peers.find((each) => each.client === client)
  }

  #look(client: ClientDouble): Result<unknown> {
    if (!this.hasRoom) return refuse('room-not-found')
    this.#door.goAway(client)
    this.#tellKnocks()
    return { ok: true, value: this.#peerOf(client) ? this.room : this.#front }
  }

  #join(client: ClientDouble, { name, password, hostKey }: Payload<'room:join'>): Result<unknown> {
    if (!this.hasRoom) return refuse('room-not-found')
    if (this.#peers.length >= this.capacity) return refuse('room-full')
    const isHost = hostKey === HOST_KEY
    const refusal = isHost ? null : this.#door.refusal(client, password)
    if (refusal !== null) return refuse(refusal)
    const peer: Peer = { id: client.peerId, name, token: '', client }
    this.#door.goAway(client)
    if (isHost) this.#hosts.push(peer.id)
    this.#peers.push(peer)
    if (isHost) this.#tellRoom()
    this.#tell('peer:joined', infoOf(peer), peer)
    for (const { foreign } of this.#peers) foreign?.onArrival?.(peer.id)
    return this.#seat(peer)
  }

  #knock(client: ClientDouble, payload: Payload<'room:knock'>): Result<unknown> {
    const result = this.#door.knock(client, payload)
    if (result.ok) this.#tellKnocks()
    return result
  }

  #asHost(client: ClientDouble, act: (host: PeerId) => unknown): Result<unknown> {
    const peer = this.#peerOf(client)
    if (!peer) return refuse('not-in-room')
    if (!this.#hosts.includes(peer.id)) return refuse('not-host')
    return (act(peer.id) as Result<unknown> | undefined) ?? { ok: true, value: {} }
  }

  #change({ password, knock, locked }: Payload<'room:change'>): Result<unknown> {
    this.guard({
      ...(password !== undefined && { password }),
      ...(knock !== undefined && { knock }),
      ...(locked !== undefined && { locked }),
    })
    return { ok: true, value: this.room }
  }

  #answerKnock(payload: Payload<'knock:answer'>): Result<unknown> {
    const result = this.#door.answer(payload)
    if (result.ok) this.#tellKnocks()
    return result
  }

  #sendOut(id: PeerId): void {
    const peer = this.#peers.find((each) => each.id === id)
    if (!peer) return
    peer.client?.tell('session:removed', undefined)
    this.#remove(peer, 'removed')
  }

  #promote(id: PeerId): void {
    this.#hosts.push(id)
    this.#tellRoom()
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
    const knocks = this.#hosts.includes(peerId) ? this.knocks : []
    return { ok: true, value: { peerId, token, room: this.room, chat: this.#chat, documents: [], knocks } }
  }

  #leave(client: ClientDouble): Result<unknown> {
    const peer = this.#peerOf(client)
    if (peer) this.#remove(peer, 'left')
    return { ok: true, value: {} }
  }

  #remove(peer: Peer, reason: LeaveReason): void {
    this.#peers = this.#peers.filter((each) => each !== peer)
    this.#hosts = this.#hosts.filter((id) => id !== peer.id)
    this.#tell('peer:left', { id: peer.id, reason }, peer)
    this.#tellOnlookers()
  }

  #say(client: ClientDouble, { nonce, text }: Payload<'chat:send'>): Result<unknown> {
    const peer = this.#peerOf(client)
    if (!peer) return refuse('not-in-room')
    const known = this.#chat.find((each) => each.nonce === nonce)
    if (known) return { ok: true, value: known }
    const message = { id: this.#chat.length + 1, from: peer.id, name: peer.name, text, nonce, at: Date.now() }
    this.#chat.push(message)
    for (const { client: each } of this.#peers) each?.tell('chat:posted', message)
    return { ok: true, value: message }
  }

  #tell<Name extends keyof SignallingEvents>(name: Name, fact: SignallingEvents[Name][0], but: Peer): void {
    for (const peer of this.#peers)
      if (peer !== but) peer.client?.tell(name, ...([fact] as unknown as SignallingEvents[Name]))
  }

  #tellOnlookers(): void {
    for (const client of this.clients)
      if (!this.#peerOf(client)) client.tell('room:changed', { ...this.#front, peers: [...this.#front.peers] })
  }

  #tellRoom(): void {
    const { title, capacity, door, hosts } = this.room
    for (const { client } of this.#peers) client?.tell('room:updated', { title, capacity, door, hosts })
    this.#tellOnlookers()
  }

  #tellKnocks(): void {
    for (const { id, client } of this.#peers)
      if (this.#hosts.includes(id)) client?.tell('knocks:changed', { knocks: this.knocks })
  }
}

const infoOf = ({ id, name, client, foreign }: Peer): PeerInfo => ({
  id,
  name,
  presence: client || foreign ? 'present' : 'away',
  ...(foreign && { offer: foreign.offer }),
})
