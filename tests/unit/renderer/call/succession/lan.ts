import type { FoundHost, WantedHost } from '#electron/ipc.ts'
import type { PeerId } from '#signalling/protocol.ts'
import { parseControlMessage, type HostWord } from '#renderer/call/control-message.ts'
import type { Attendee } from './lan-attendee.ts'
import { LanSignalling } from './lan-signalling.ts'
import { pass, settle } from './lan-time.ts'

const TRAVEL_MS = 10
const HEARTBEAT_MS = 1000
/** A link that is silent for longer is made anew: what was to be said over the former one is gone (link-recovery.ts). */
const LINK_LIFE_MS = 15_000
/** As electron/host-finder.ts takes to ask around. */
const FOUND_MS = 200
const NOT_FOUND_MS = 1500

interface Letter {
  readonly from: Attendee
  readonly to: Attendee
  readonly word: HostWord
}

/**
 * A network with the computers of some people who are in one room, in memory: links, servers and connections are there as far as one
 * computer reaches the other. Moves with the fake clock, by `pass` alone.
 */
export class Lan {
  readonly attendees: Attendee[] = []
  readonly #islands = new Map<Attendee, number>()
  readonly #dead = new Set<Attendee>()
  readonly #blocked = new Set<string>()
  readonly #withoutLink = new Set<string>()
  readonly #due: { readonly at: number; readonly act: () => void }[] = []
  readonly #heardAt = new Map<string, number>()
  readonly #signallings = new Set<LanSignalling>()
  #letters: Letter[] = []

  /** In the same part of the network as `near`. */
  add(attendee: Attendee, near: Attendee = attendee): void {
    this.attendees.push(attendee)
    this.#islands.set(attendee, this.#islands.get(near) ?? 0)
  }

  /** Lets time go by. */
  async pass(ms: number): Promise<void> {
    await pass(ms, () => {
      this.#step()
    })
  }

  /** Passes time until that is so; fails when it is not after `ms`. Answers how long it took. */
  async until(isSo: () => boolean, ms: number): Promise<number> {
    const begun = performance.now()
    while (!isSo()) {
      if (performance.now() - begun > ms) throw new Error(`Not so after ${String(ms)} ms`)
      await this.pass(50)
    }
    return performance.now() - begun
  }

  readonly after = (ms: number, act: () => void): void => {
    this.#due.push({ at: performance.now() + ms, act })
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve)
    })
  }

  /** Only those of the same group reach each other from now on. */
  split(...groups: readonly (readonly Attendee[])[]): void {
    this.#islands.clear()
    for (const [index, group] of groups.entries()) for (const each of group) this.#islands.set(each, index)
  }

  heal(): void {
    this.#islands.clear()
    this.#blocked.clear()
    this.#withoutLink.clear()
  }

  /** Neither of the two reaches the other; everybody else does. */
  block(one: Attendee, other: Attendee): void {
    this.#blocked.add(pairOf(one, other))
  }

  /** There is no link between the two, but their computers reach each other. */
  cutLink(one: Attendee, other: Attendee): void {
    this.#withoutLink.add(pairOf(one, other))
  }

  /** The computer is gone from one moment to the next: nobody is told. */
  kill(attendee: Attendee): void {
    this.#dead.add(attendee)
    attendee.vanish()
  }

  reaches(one: Attendee, other: Attendee): boolean {
    if (this.#dead.has(one) || this.#dead.has(other) || this.#blocked.has(pairOf(one, other))) return false
    return one === other || (this.#islands.get(one) ?? 0) === (this.#islands.get(other) ?? 0)
  }

  #isLinked(one: Attendee, other: Attendee): boolean {
    return this.reaches(one, other) && !this.#withoutLink.has(pairOf(one, other))
  }

  silentMs(you: Attendee, id: PeerId): number {
    const other = this.find(id)
    const at = other && this.#heardAt.get(`${you.name} ${other.name}`)
    return at === undefined ? Infinity : performance.now() - at
  }

  /** Over the link between the two. */
  tell(from: Attendee, id: PeerId, word: HostWord): boolean {
    const to = this.find(id)
    if (!to || this.silentMs(from, id) > LINK_LIFE_MS) return false
    const parsed = parseControlMessage(JSON.stringify(word))
    if (!parsed) throw new Error(`The link takes no ${word.kind}`)
    this.#letters.push({ from, to, word: parsed as HostWord })
    return true
  }

  find(id: PeerId): Attendee | undefined {
    return this.attendees.find(({ ids }) => ids.has(id))
  }

  /** `url`: as `OwnServer.url` for the own computer, or as `FoundHost.serverUrl`. */
  open(by: Attendee, url: string): LanSignalling {
    const { host, hostname } = new URL(url)
    const isLocal = hostname === '127.0.0.1'
    const signalling: LanSignalling = new LanSignalling({
      isLocal,
      look: () => this.#look(by, isLocal ? null : host),
      after: this.after,
      travelMs: TRAVEL_MS,
      forget: () => this.#signallings.delete(signalling),
    })
    this.#signallings.add(signalling)
    return signalling
  }

  /** As `DesktopApi.findHost`. */
  async findHost(by: Attendee, { pin, code }: WantedHost): Promise<FoundHost> {
    const reached = this.attendees.filter(({ computer }) => computer && this.#look(by, computer.address))
    const isHeir = ({ isAnnouncing, computer }: Attendee) =>
      code !== undefined && pin !== null && isAnnouncing && computer?.server.former.includes(pin) === true
    const at = reached.find(({ computer }) => computer?.key.pin === pin) ?? reached.find(isHeir)
    const found = at?.computer ?? null
    await this.wait(found ? FOUND_MS : NOT_FOUND_MS)
    if (!found) return { ok: false, problem: 'unreachable' }
    return { ok: true, serverUrl: `https://${found.address}`, pin: found.key.pin }
  }

  /** `address`: null for the own computer. */
  #look(by: Attendee, address: string | null) {
    const at = address === null ? by : this.attendees.find(({ computer }) => computer?.address === address)
    if (!at?.computer || !this.reaches(by, at) || (at !== by && at.computer.isFirewalled)) return undefined
    return at.computer.isRunning ? at.computer.server : null
  }

  #step(): void {
    const now = performance.now()
    const due = this.#due.filter(({ at }) => at <= now)
    for (const each of due) this.#due.splice(this.#due.indexOf(each), 1)
    for (const { act } of due) act()
    this.#beat(now)
    for (const signalling of [...this.#signallings]) signalling.step()
    for (const { computer } of this.attendees) if (computer?.isRunning === true) computer.server.step()
    this.#deliver()
  }

  #beat(now: number): void {
    for (const [index, from] of this.attendees.entries()) {
      // Not all at the same time.
      const isToBeat =
        Math.floor((now + index * 137) / HEARTBEAT_MS) > Math.floor((now - 50 + index * 137) / HEARTBEAT_MS)
      for (const to of this.attendees)
        if (isToBeat && from !== to && from.isInside && this.#isLinked(from, to)) this.#hear(to, from)
    }
  }

  #hear(you: Attendee, other: Attendee): void {
    this.#heardAt.set(`${you.name} ${other.name}`, performance.now())
  }

  #deliver(): void {
    const kept: Letter[] = []
    for (const letter of this.#letters.splice(0)) {
      const { from, to, word } = letter
      if (this.#isLinked(from, to)) {
        this.#hear(to, from)
        to.roster.hear(from.id, word)
      } else if (!this.#dead.has(to) && this.silentMs(from, to.id) < LINK_LIFE_MS) kept.push(letter)
    }
    this.#letters = [...kept, ...this.#letters]
  }

  /** After all that is under way at this moment. */
  readonly settle = settle
}

const pairOf = (one: Attendee, other: Attendee): string => [one.name, other.name].toSorted().join(' ')
