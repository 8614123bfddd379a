import { io, type Socket } from 'socket.io-client'
import type { PeerId } from '#signalling/protocol.ts'
import { SoakLink } from './soak-link.ts'
import { pause, type SoakRandom } from './soak-random.ts'
import type { SoakRoom, SoakWorld } from './soak-world.ts'

const HANG_MS = 15_000
const CONNECT_MS = 4000

/** A client of the appointment system: it can not resume, and joins anew under another name whenever it lost its connection. */
export class SoakGuest {
  readonly #world: SoakWorld
  readonly #random: SoakRandom
  readonly #room: SoakRoom
  readonly #base: string
  #socket: Socket | null = null
  #visits = 0
  #isInside = false

  constructor(world: SoakWorld, base: string, room: SoakRoom, random: SoakRandom) {
    this.#world = world
    this.#base = base
    this.#room = room
    this.#random = random
  }

  get name(): string {
    return `${this.#base}-${String(this.#visits)}`
  }

  get isInside(): boolean {
    return this.#isInside && this.#socket?.connected === true
  }

  async live(): Promise<void> {
    while (!this.#world.isEnding) {
      if (!this.isInside) await this.#come()
      else if (this.#random.next() < 0.05) this.close()
      await pause(this.#random.between(50, 600))
    }
    await this.stay()
  }

  /** Until it is inside. */
  async stay(): Promise<void> {
    while (!this.isInside) if (!(await this.#come())) await pause(300)
  }

  close(): void {
    this.#isInside = false
    this.#socket?.close()
  }

  async #come(): Promise<boolean> {
    this.close()
    this.#visits += 1
    const at = this.#random.below(this.#world.urls.length)
    const socket = io(this.#world.urls[at], {
      ...{ transports: ['websocket'], timeout: CONNECT_MS, reconnection: false, forceNew: true },
    })
    this.#socket = socket
    const { promise, resolve } = Promise.withResolvers<boolean>()
    socket.once('connect_error', () => resolve(false))
    socket.once('disconnect', () => resolve(false))
    socket.once('error', ({ message }: { message: string }) => {
      this.#world.note(`${this.name} is refused: ${message}`)
      resolve(false)
    })
    socket.once('joined_successfully', () => resolve(true))
    socket.once('connect', () => socket.emit('join_room', { appointment_id: this.#room.code, name: this.name }))
    const cancel = this.#world.countWell(at, HANG_MS, () => {
      if (socket.connected) this.#world.violate(`${this.name}@${String(at)}: join_room hangs`)
      resolve(false)
    })
    this.#isInside = await promise
    cancel()
    if (this.#isInside) this.#room.mayBeMissing = false
    this.#world.note(`${this.name} @${String(at)} ${this.#isInside ? 'is inside' : 'is not inside'}`)
    return this.#isInside
  }
}

/** Looks at one room after another, and is told of each change. */
export class SoakWatcher {
  readonly #world: SoakWorld
  readonly #name: string
  readonly #random: SoakRandom
  #link: SoakLink | null = null
  #room: SoakRoom | null = null

  constructor(world: SoakWorld, name: string, random: SoakRandom) {
    this.#world = world
    this.#name = name
    this.#random = random
  }

  get room(): SoakRoom | null {
    return this.#link?.isAlive === true ? this.#room : null
  }

  get names(): ReadonlyMap<PeerId, string> {
    return this.#link?.names ?? new Map<PeerId, string>()
  }

  async live(): Promise<void> {
    while (!this.#world.isEnding) {
      if (this.room === null || this.#random.next() < 0.1) await this.#look(this.#random.of(this.#world.rooms))
      await pause(this.#random.between(100, 1000))
    }
    await this.stay()
  }

  /** At the room that it looked at. */
  async stay(): Promise<void> {
    while (this.room === null) {
      await this.#look(this.#room ?? this.#random.of(this.#world.rooms))
      await pause(100)
    }
  }

  close(): void {
    this.#link?.close()
  }

  async #look(room: SoakRoom): Promise<void> {
    if (this.#link?.isAlive !== true) {
      const onSignal = () => this.#world.violate(`${this.#name} was sent a signal`)
      const onChat = () => this.#world.violate(`${this.#name} was told a message`)
      this.#link = new SoakLink(this.#world, this.#random.below(this.#world.urls.length), {
        ...{ name: this.#name, onSignal, onChat },
      })
      if (!(await this.#link.connect())) return
    }
    const link = this.#link
    const wasMissing = room.mayBeMissing
    const answer = await link.ask('room:look', { code: room.code }, (view) => {
      if (!view.ok) return
      link.look(view.value)
      this.#room = room
    })
    if (answer?.ok !== false) return
    this.#world.note(`${this.#name} room:look: ${answer.code}`)
    if (answer.code === 'server-stopping') link.close()
    else if (
      answer.code !== 'too-many-requests' &&
      !(answer.code === 'room-not-found' && (wasMissing || room.mayBeMissing))
    )
      this.#world.violate(`${this.#name} may not look: ${answer.code}`)
    if (answer.code === 'room-not-found') this.#room = null
  }
}
