import * as v from 'valibot'
import {
  AdoptRoom,
  limits,
  LookAtRoom,
  MergeChat,
  readWill,
  ResumePeer,
  SendChat,
  StandAsHeir,
  type ChatMessage,
  type LeaveReason,
  type PeerId,
  type RequestName,
  type Result,
  type RoomView,
  type Succession as Told,
  type Will,
} from '#signalling/protocol.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { refuse, type Payload } from '#renderer/call/server-words.ts'
import type { SignallingEvents } from '#renderer/call/signalling.ts'
import type { LanKey } from './lan-keys.ts'

export const CODE = 'k7mq2xvd9thr'
/** As signalling/server-limits.ts has it. */
const AWAY_MS = 30_000

/** One connection, as the server sees it. */
export interface ServerLine {
  /** Who this is, or will be when they come in. */
  readonly peerId: PeerId
  /** From the server's own computer. */
  readonly isLocal: boolean
  readonly tell: <Name extends keyof SignallingEvents>(name: Name, ...args: SignallingEvents[Name]) => void
}

interface Place {
  readonly id: PeerId
  readonly name: string
  token: string
  line: ServerLine | null
  awaySince: number
}

const done: Result<unknown> = { ok: true, value: {} }

/** The server of one computer with at most one room, as far as a succession concerns it; follows protocol.ts. */
export class LanServer {
  readonly #key: LanKey
  readonly ownerKey: string
  readonly requests: { readonly name: string; readonly from: PeerId }[] = []
  #places: Place[] | null = null
  #chat: ChatMessage[] = []
  #standing = new Map<PeerId, string>()
  #will: Will | null = null
  #told = ''
  #estate = JSON.stringify({ title: 'Tea' })
  #adopter: ServerLine | null = null
  /** Pins of those who hosted the room before. */
  former: readonly string[] = []

  constructor(key: LanKey, ownerKey: string) {
    this.#key = key
    this.ownerKey = ownerKey
  }

  get hasRoom(): boolean {
    return this.#places !== null
  }
  get chat(): readonly string[] {
    return this.#chat.map(({ text }) => text)
  }
  get estate(): string {
    return this.#estate
  }
  /** Names of those who are connected. */
  get present(): readonly string[] {
    return this.#seated.filter(({ line }) => line !== null).map(({ name }) => name)
  }

  openRoom(): void {
    this.#places = []
  }

  /** Somebody changed the room. */
  retitle(title: string): void {
    this.#estate = JSON.stringify({ title })
    for (const { id } of this.#view.heirs) this.#placeOf(id)?.line?.tell('estate:changed', { estate: this.#estate })
  }

  /** A connection is gone. */
  drop(line: ServerLine): void {
    const place = this.#at(line)
    if (!place) return
    place.line = null
    place.awaySince = performance.now()
    this.#tell('peer:away', { id: place.id })
  }

  /** The server ended: nobody is connected. */
  dropAll(): void {
    for (const { line } of this.#seated) if (line) this.drop(line)
  }

  step(): void {
    for (const place of this.#seated)
      if (!place.line && performance.now() - place.awaySince > AWAY_MS) this.#remove(place, 'timed-out')
  }

  /** Says something to all who are inside. */
  say<Name extends keyof SignallingEvents>(name: Name, ...args: SignallingEvents[Name]): void {
    for (const { line } of this.#seated) line?.tell(name, ...args)
  }

  async answer(line: ServerLine, name: RequestName, said: unknown): Promise<Result<unknown>> {
    this.requests.push({ name, from: line.peerId })
    const act: Partial<Record<RequestName, () => Result<unknown> | Promise<Result<unknown>>>> = {
      'room:look': () => this.#look(line, said),
      'room:join': () => this.#join(line, said as Payload<'room:join'>),
      'room:leave': () => this.#leave(line),
      'peer:resume': () => this.#resume(line, said),
      'chat:send': () => this.#post(line, said),
      'chat:merge': () => this.#merge(line, said),
      'heir:stand': () => this.#stand(line, said),
      'room:adopt': () => this.#adopt(line, said),
    }
    return (await act[name]?.()) ?? refuse('bad-request')
  }

  get #seated(): readonly Place[] {
    return this.#places ?? []
  }
  #at(line: ServerLine): Place | undefined {
    return this.#seated.find((place) => place.line === line)
  }
  #placeOf(id: PeerId): Place | undefined {
    return this.#seated.find((place) => place.id === id)
  }

  get #room(): RoomView {
    const peers = this.#seated.map(({ id, name, line }) => ({
      ...{ id, name, presence: line ? ('present' as const) : ('away' as const) },
    }))
    const door = { hasPassword: false, knock: false, locked: false }
    return { code: CODE, title: 'Tea', capacity: 16, peers, door, hosts: [] }
  }

  get #view(): Told {
    const standing = this.#seated.flatMap(({ id, line }) => {
      const pin = this.#standing.get(id)
      return pin === undefined ? [] : [{ id, pin, line }]
    })
    const host = standing.find(({ pin, line }) => pin === this.#key.pin && line?.isLocal === true)
    const heirs = standing.filter(({ pin }) => pin !== this.#key.pin).map(({ id, pin }) => ({ id, pin }))
    return { host: host?.id ?? null, heirs }
  }

  #look(line: ServerLine, said: unknown): Result<unknown> {
    if (this.#at(line)) return refuse('already-in-room')
    if (!v.is(LookAtRoom, said) || !this.#places) return refuse('room-not-found')
    return { ok: true, value: this.#room }
  }

  #join(line: ServerLine, { name, code }: Payload<'room:join'>): Result<unknown> {
    if (this.#at(line)) return refuse('already-in-room')
    if (!this.#places || code !== CODE) return refuse('room-not-found')
    const place: Place = { id: line.peerId, name, token: randomId(), line, awaySince: 0 }
    this.#places.push(place)
    this.#tell('peer:joined', { id: place.id, name, presence: 'present' }, place)
    return this.#seat(place)
  }

  #leave(line: ServerLine): Result<unknown> {
    const place = this.#at(line)
    if (place) this.#remove(place, 'left')
    return done
  }

  #remove(place: Place, reason: LeaveReason): void {
    this.#places = this.#seated.filter((each) => each !== place)
    this.#tell('peer:left', { id: place.id, reason })
    this.#standing.delete(place.id)
    this.#tellSuccession()
  }

  #resume(line: ServerLine, said: unknown): Result<unknown> {
    const wish = v.safeParse(ResumePeer, said)
    if (!wish.success) return refuse('bad-request')
    if (this.#at(line)) return refuse('already-in-room')
    if (!this.#places) return refuse('room-not-found')
    const place = this.#seated.find(({ token }) => token === wish.output.token)
    if (!place) return refuse('resume-refused')
    place.line?.tell('session:replaced', undefined)
    place.line = line
    this.#tell('peer:back', { id: place.id }, place)
    this.#tellSuccession()
    return this.#seat(place)
  }

  #seat(place: Place): Result<unknown> {
    place.token = randomId()
    const { id: peerId, token } = place
    const rest = { room: this.#room, chat: this.#chat, documents: [], knocks: [], succession: this.#view }
    return { ok: true, value: { peerId, token, ...rest } }
  }

  #post(line: ServerLine, said: unknown): Result<unknown> {
    const wish = v.safeParse(SendChat, said)
    if (!wish.success) return refuse('bad-request')
    const place = this.#at(line)
    if (!place) return refuse('not-in-room')
    const { nonce, text } = wish.output
    const known = this.#chat.find((each) => each.nonce === nonce && each.from === place.id)
    if (known) return { ok: true, value: known }
    const id = Math.max(0, ...this.#chat.map((each) => each.id)) + 1
    const message = { id, from: place.id, name: place.name, text, nonce, at: performance.now() }
    this.#chat.push(message)
    this.say('chat:posted', message)
    return { ok: true, value: message }
  }

  #merge(line: ServerLine, said: unknown): Result<unknown> {
    const wish = v.safeParse(MergeChat, said)
    const place = this.#at(line)
    const isHeir = place !== undefined && this.#standing.has(place.id)
    if (!wish.success || (!isHeir && line !== this.#adopter)) return refuse('bad-request')
    for (const message of wish.output.messages) {
      if (this.#chat.some(({ from, nonce }) => from === message.from && nonce === message.nonce)) continue
      const taken = new Set(this.#chat.map(({ id }) => id))
      let { id } = message
      while (taken.has(id)) id++
      const placed = { ...message, id }
      this.#chat = [...this.#chat, placed].toSorted((one, other) => one.id - other.id)
      this.say('chat:posted', placed)
    }
    return done
  }

  async #stand(line: ServerLine, said: unknown): Promise<Result<unknown>> {
    const wish = v.safeParse(StandAsHeir, said)
    if (!wish.success) return refuse('bad-request')
    const place = this.#at(line)
    if (!place) return refuse('not-in-room')
    const { pin } = wish.output
    this.#standing.set(place.id, pin)
    this.#tellSuccession()
    if (pin === this.#key.pin) return { ok: true, value: { will: null, estate: '' } }
    const will = [...(this.#will ?? []), await this.#key.sign(CODE, pin)].slice(-limits.willSteps)
    return { ok: true, value: { will, estate: this.#estate } }
  }

  async #adopt(line: ServerLine, said: unknown): Promise<Result<unknown>> {
    const wish = v.safeParse(AdoptRoom, said)
    if (!wish.success) return refuse('bad-request')
    const { ownerKey, code, will, people, you, estate } = wish.output
    if (ownerKey !== this.ownerKey) return refuse('access-denied')
    const former = await readWill(will, { code, to: this.#key.pin })
    const isKnown = people.some(({ id }) => id === you)
    if (former === null || !isKnown || this.present.length > 0) return refuse('bad-request')
    const now = performance.now()
    this.#places = people.map(({ id, name }) => ({ id, name, token: randomId(), line: null, awaySince: now }))
    this.#standing = new Map()
    this.#estate = estate
    this.#will = will
    this.former = former
    this.#adopter = line
    return { ok: true, value: { seats: this.#seated.map(({ id, token }) => ({ id, token })) } }
  }

  #tellSuccession(): void {
    const { host, heirs } = this.#view
    const view = { host, heirs: [...heirs] }
    const text = JSON.stringify(view)
    if (text === this.#told) return
    this.#told = text
    this.say('succession:changed', view)
  }

  #tell<Name extends keyof SignallingEvents>(name: Name, fact: SignallingEvents[Name][0], but?: Place): void {
    for (const place of this.#seated)
      if (place !== but) place.line?.tell(name, ...([fact] as unknown as SignallingEvents[Name]))
  }
}
