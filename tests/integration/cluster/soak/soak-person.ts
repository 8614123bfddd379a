import { randomUUID } from 'node:crypto'
import type { ChatMessage, Joined, PeerId } from '#signalling/protocol.ts'
import { SoakLink } from './soak-link.ts'
import { lastSignal, SoakMemory } from './soak-memory.ts'
import { pause, type SoakRandom } from './soak-random.ts'
import type { SoakRoom, SoakWorld } from './soak-world.ts'

/** Whoever keeps trying is inside by then. */
const RETURN_MS = 60_000
/** Somebody away is waited for for 30 s. */
const GIVEN_UP_MS = 25_000

interface Seat {
  readonly room: SoakRoom
  readonly id: PeerId
  token: string
  /** The token was shown, and what came of it is not known. */
  wasShown: boolean
  awaySince: number
}

/** One of our own clients: comes, goes, talks, loses its connection and comes back, wherever there is a server. */
export class SoakPerson {
  readonly name: string
  readonly #world: SoakWorld
  readonly #random: SoakRandom
  #link: SoakLink | null = null
  #seat: Seat | null = null
  readonly memory: SoakMemory

  constructor(world: SoakWorld, name: string, random: SoakRandom) {
    this.#world = world
    this.name = name
    this.#random = random
    this.memory = new SoakMemory((problem) => {
      world.violate(`${name} ${problem}`)
    })
  }

  get room(): SoakRoom | null {
    return this.#seat?.room ?? null
  }

  get id(): PeerId | null {
    return this.#seat?.id ?? null
  }

  get isInside(): boolean {
    return this.#seat !== null && this.#link?.isAlive === true
  }

  get others(): readonly PeerId[] {
    return this.#link === null ? [] : [...this.#link.names.keys()].filter((id) => id !== this.id)
  }

  get names(): ReadonlyMap<PeerId, string> {
    return this.#link?.names ?? new Map<PeerId, string>()
  }

  /** Acts until the world ends, then goes back to its place if it has one. */
  async live(): Promise<void> {
    while (!this.#world.isEnding) {
      await this.#act()
      await pause(this.#random.between(20, 500))
    }
    await this.goBack()
  }

  /** To its place, if it has one and lost the connection. */
  async goBack(): Promise<void> {
    const givesUpAt = performance.now() + RETURN_MS
    while (this.#seat !== null && this.#link?.isAlive !== true) {
      if (performance.now() > givesUpAt) {
        this.#world.violate(`${this.name} does not get back in`)
        this.#seat = null
        return
      }
      if (await this.#open(this.#random.below(this.#world.urls.length))) await this.#resume()
      else await pause(200)
    }
  }

  /** Loses the connection and comes back: the history it is told then. */
  async comeAgain(): Promise<readonly ChatMessage[]> {
    this.#link?.drop()
    this.#lost()
    await this.goBack()
    return this.memory.history
  }

  async leave(): Promise<void> {
    const answer = await this.#link?.ask('room:leave', {}, () => this.#stand())
    if (answer?.ok === false) this.#refused('room:leave', answer.code, [])
    // Whether that was heard is not known: there is no way back, and it may be away for a while.
    if (!answer) this.#seat = null
  }

  close(): void {
    this.#link?.close()
  }

  signalLast(to: PeerId, text: string): void {
    this.#link?.signal(to, lastSignal(text))
  }

  /** Whether it got in. */
  async join(room: SoakRoom): Promise<boolean> {
    const link = this.#link
    const wasMissing = room.mayBeMissing
    const answer = await link?.ask('room:join', { code: room.code, name: this.name }, (joined) => {
      if (joined.ok) this.#sit(room, joined.value)
    })
    if (!answer) this.#link = null
    else if (!answer.ok)
      this.#refused('room:join', answer.code, ['room-full', wasMissing || room.mayBeMissing ? 'room-not-found' : ''])
    return answer?.ok === true
  }

  /** At a process that answers. */
  async connect(): Promise<void> {
    while (this.#link?.isAlive !== true)
      if (!(await this.#open(this.#random.below(this.#world.urls.length)))) await pause(100)
  }

  async #act(): Promise<void> {
    if (this.#seat === null) await this.#comeIn()
    else if (this.#link?.isAlive !== true) {
      this.#lost()
      await this.goBack()
    } else
      await this.#random.weighed<() => void | Promise<void>>([
        [8, () => this.#say()],
        [8, () => this.#signal()],
        [1.5, () => this.leave()],
        [2, () => this.#break()],
        [1.5, () => this.#replace()],
        [0.7, () => this.#race()],
      ])()
  }

  async #comeIn(): Promise<void> {
    // Each other time anew, and anywhere.
    if (this.#random.next() < 0.5) this.close()
    await this.connect()
    if (this.#random.next() < 0.4) await this.#look(this.#random.of(this.#world.rooms))
    if (this.#random.next() < 0.9) await this.join(this.#random.of(this.#world.rooms))
  }

  async #look(room: SoakRoom): Promise<void> {
    const wasMissing = room.mayBeMissing
    const answer = await this.#link?.ask('room:look', { code: room.code }, (view) => {
      if (view.ok) this.#link?.look(view.value)
    })
    if (answer?.ok === false)
      this.#refused('room:look', answer.code, wasMissing || room.mayBeMissing ? ['room-not-found'] : [])
    await pause(this.#random.between(0, 400))
  }

  async #say(): Promise<void> {
    const seat = this.#seat
    const [nonce, text] = [randomUUID(), `${this.name} says ${String(this.#random.below(1e9))}`]
    // It keeps trying for as long as it is the same person.
    while (seat !== null && this.#seat === seat) {
      const answer = await this.#link?.ask('chat:send', { nonce, text }, (said) => {
        if (said.ok) this.#said(seat, said.value, nonce, text)
      })
      if (answer?.ok === true) return
      if (answer) this.#refused('chat:send', answer.code, [])
      this.#lost()
      await this.goBack()
    }
  }

  #said(seat: Seat, message: ChatMessage, nonce: string, text: string): void {
    this.#world.note(`${this.name} said ${String(message.id)} in ${seat.room.code}`)
    if (message.from !== seat.id || message.nonce !== nonce || message.text !== text)
      this.#world.violate(`${this.name} was answered another message`)
    seat.room.answered.push(message)
    this.memory.learn(message)
  }

  #signal(): void {
    const { others } = this
    if (others.length === 0) return
    for (let left = this.#random.below(4); left >= 0; left -= 1) {
      const to = this.#random.of(others)
      this.#link?.signal(to, this.memory.nextSignal(to))
    }
  }

  async #break(): Promise<void> {
    this.#world.note(`${this.name} breaks`)
    if (this.#random.next() < 0.5) this.#link?.drop()
    else this.#link?.close()
    this.#lost()
    await pause(this.#random.between(0, 1500))
    await this.goBack()
  }

  /** Comes back on another connection while the former one is alive. */
  async #replace(): Promise<void> {
    const former = this.#link
    const seat = this.#seat
    if (former === null || !(await this.#open(this.#random.below(this.#world.urls.length)))) return
    await this.#resume()
    if (seat !== this.#seat || this.#link?.isAlive !== true) {
      former.close()
      this.#lost()
      return
    }
    const heard = await former.ask('chat:send', { nonce: randomUUID(), text: 'from before' })
    if (heard?.ok === true) this.#world.violate(`${this.name} speaks on a connection that was replaced`)
    else if (heard !== null && heard.code !== 'server-stopping' && !former.isReplaced)
      this.#world.violate(`${this.name} was not told that it was replaced: ${heard.code}`)
    former.close()
  }

  /** Shows the same token at two processes at once. */
  async #race(): Promise<void> {
    this.#link?.drop()
    this.#lost()
    const seat = this.#seat
    if (seat === null) return
    const links = [0, 1].map(() => this.#newLink(this.#random.below(this.#world.urls.length)))
    await Promise.all(links.map((link) => link.connect()))
    const { token, wasShown } = seat
    seat.wasShown = true
    const won: SoakLink[] = []
    const answers = await Promise.all(
      links.map((link) =>
        link.ask('peer:resume', { token }, (answer) => {
          if (!answer.ok) return
          won.push(link)
          this.#link = link
          this.#sit(seat.room, answer.value, seat)
        }),
      ),
    )
    this.#world.note(
      `${this.name} raced: ${answers.map((each) => (each ? (each.ok ? 'ok' : each.code) : 'lost')).join()}`,
    )
    if (won.length > 1) this.#world.violate(`${this.name} used a token twice`)
    for (const link of links) if (link !== won[0]) link.close()
    if (won.length > 0) return
    // Where both were answered nothing came of it.
    if (!answers.includes(null)) seat.wasShown = wasShown
    if (answers.some((answer) => answer?.ok === false && answer.code === 'resume-refused') && !seat.wasShown)
      this.#world.violate(`${this.name} raced and nobody got the place`)
    if (answers.some((answer) => answer?.ok === false && answer.code !== 'server-stopping')) this.#seat = null
    await this.goBack()
  }

  async #resume(): Promise<void> {
    const seat = this.#seat
    const link = this.#link
    if (seat === null || link === null) return
    const { wasShown } = seat
    seat.wasShown = true
    const answer = await link.ask('peer:resume', { token: seat.token }, (resumed) => {
      if (resumed.ok) this.#sit(seat.room, resumed.value, seat)
    })
    this.#world.note(`${this.name}@${String(link.at)} resumes: ${answer ? (answer.ok ? 'ok' : answer.code) : 'lost'}`)
    if (!answer || answer.ok) return
    this.#notResumed(seat, answer.code, wasShown)
  }

  #notResumed(seat: Seat, code: string, wasShown: boolean): void {
    this.#link?.close()
    seat.wasShown = wasShown
    if (code === 'resume-refused') {
      if (!wasShown) this.#world.violate(`${this.name} may not resume`)
      this.#seat = null
    } else if (code === 'room-full') {
      if (performance.now() - seat.awaySince < GIVEN_UP_MS) this.#world.violate(`${this.name} was given up too early`)
      this.#seat = null
    } else this.#refused('peer:resume', code, [])
  }

  #sit(room: SoakRoom, joined: Joined, former?: Seat): void {
    const { peerId: id, token, chat } = joined
    this.#world.note(`${this.name}@${String(this.#link?.at)} sits in ${room.code} as ${id}`)
    if (former === undefined) this.#world.ownNew(id, this.name)
    else if (former.id !== id) this.#world.violate(`${this.name} came back under another id`)
    this.#link?.sit(room, joined)
    if (former === undefined) {
      this.memory.forgetTold()
      this.#seat = { room, id, token, wasShown: false, awaySince: Infinity }
    } else Object.assign(former, { token, wasShown: false, awaySince: Infinity })
    this.memory.begin(chat)
  }

  #stand(): void {
    this.#world.note(`${this.name} leaves`)
    this.#seat = null
    this.#link?.stand()
  }

  async #open(at: number): Promise<boolean> {
    const link = this.#newLink(at)
    const isConnected = await link.connect()
    if (isConnected) this.#link = link
    return isConnected
  }

  #newLink(at: number): SoakLink {
    const link: SoakLink = new SoakLink(this.#world, at, {
      name: this.name,
      onSignal: (from, epoch) => this.memory.hear(from, this.id, epoch),
      onChat: (message) => {
        if (this.#link === link) this.memory.learn(message)
      },
    })
    return link
  }

  #lost(): void {
    this.#link?.close()
    this.#link = null
    if (this.#seat !== null && this.#seat.awaySince === Infinity) this.#seat.awaySince = performance.now()
  }

  #refused(request: string, code: string, allowed: readonly string[]): void {
    this.#world.note(`${this.name}@${String(this.#link?.at)} ${request}: ${code}`)
    if (code === 'server-stopping') this.close()
    else if (code !== 'too-many-requests' && !allowed.includes(code))
      this.#world.violate(`${this.name}@${String(this.#link?.at)} ${request} was refused: ${code}`)
  }
}
