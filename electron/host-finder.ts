import type { FoundHost, NearbyMeeting, WantedHost } from './ipc.ts'
import { formatLanEndpoint, parseLanEndpoint, type LanEndpoint } from './lan-address.ts'
import { isSuccessor, successorsAmong, type Predecessor, type Successor } from './successor.ts'
import { askForCertificate, pinOf } from './tls-key.ts'

export interface FinderTiming {
  /** The next address is tried after this time, or as soon as one has failed (RFC 8305, section 5). */
  readonly staggerMs: number
  /** Announced addresses join in then, or as soon as those of the invitation have failed. */
  readonly nearbyAfterMs: number
  /**
   * Until then an announcement may still come in. Answers take up to 120 ms, and whoever listens asks again after one and
   * after three seconds (RFC 6762, sections 6 and 5.2).
   */
  readonly nearbyWithinMs: number
  /**
   * Those who go on with the room in place of the wanted computer are asked then, while that may still answer; when all of its
   * own addresses have failed, after `nearbyAfterMs`: until then it has announced itself if its address is another one.
   */
  readonly successorsAfterMs: number
  readonly limitMs: number
}

const usualTiming: FinderTiming = {
  staggerMs: 250,
  nearbyAfterMs: 500,
  nearbyWithinMs: 3500,
  successorsAfterMs: 1500,
  limitMs: 6000,
}

/** As many as an invitation holds (ipc.ts). */
const MAX_INVITED = 8
/** Anybody can announce anything: however much it is, no more is tried in one search. */
const MAX_ANNOUNCED = 16
const MAX_SUCCESSORS = 16

const endpointsOf = (addresses: readonly string[]): LanEndpoint[] =>
  addresses.map(parseLanEndpoint).filter((endpoint) => endpoint !== null)

const predecessorOf = ({ pin, code }: WantedHost): Predecessor | null =>
  pin === null || code === undefined ? null : { pin, code }

/** One search, from its first try to its answer. */
class Search {
  readonly #wanted: WantedHost
  readonly #nearby: () => readonly NearbyMeeting[]
  readonly #timing: FinderTiming
  readonly #queue: LanEndpoint[]
  readonly #known = new Set<string>()
  readonly #found = Promise.withResolvers<FoundHost>()
  readonly #tries = new AbortController()
  readonly #startedAt = performance.now()
  #underWay = 0
  #announced = 0
  readonly #predecessor: Predecessor | null
  readonly #successors: Successor[] = []
  /** By address and key: nobody keeps a successor from being asked by announcing its address under another key. */
  readonly #knownSuccessors = new Set<string>()
  #successorsUnderWay = 0
  #isOtherThere = false

  constructor(wanted: WantedHost, nearby: () => readonly NearbyMeeting[], timing: FinderTiming) {
    this.#wanted = wanted
    this.#nearby = nearby
    this.#timing = timing
    this.#predecessor = predecessorOf(wanted)
    this.#queue = endpointsOf(wanted.addresses.slice(0, MAX_INVITED)).filter((endpoint) => this.#isNew(endpoint))
  }

  async run(): Promise<FoundHost> {
    const stagger = setInterval(() => this.#advance(), this.#timing.staggerMs)
    const limit = setTimeout(() => this.#giveUp(), this.#timing.limitMs)
    this.#advance()
    const found = await this.#found.promise
    clearInterval(stagger)
    clearTimeout(limit)
    this.#tries.abort()
    return found
  }

  /** Starts the next tries; gives up when there is none, none is under way, and none can be expected any more. */
  #advance(): void {
    const elapsedMs = performance.now() - this.#startedAt
    const { nearbyAfterMs, successorsAfterMs } = this.#timing
    if (this.#isUsedUp || elapsedMs >= nearbyAfterMs) this.#queueAnnounced()
    const next = this.#queue.shift()
    if (next !== undefined) void this.#try(next)
    if (elapsedMs >= (this.#isUsedUp ? nearbyAfterMs : successorsAfterMs)) this.#advanceSuccessors()
    if (this.#isUsedUp && this.#successorsUnderWay === 0 && elapsedMs >= this.#patienceMs) this.#giveUp()
  }

  #advanceSuccessors(): void {
    if (this.#predecessor === null) return
    for (const successor of successorsAmong(this.#nearby(), this.#predecessor)) {
      const name = `${formatLanEndpoint(successor.endpoint)} ${successor.pin}`
      if (this.#knownSuccessors.size === MAX_SUCCESSORS || this.#knownSuccessors.has(name)) continue
      this.#knownSuccessors.add(name)
      this.#successors.push(successor)
    }
    const next = this.#successors.shift()
    if (next !== undefined) void this.#trySuccessor(next, this.#predecessor)
  }

  /** Nothing is known any more of where the wanted computer itself may be. */
  get #isUsedUp(): boolean {
    return this.#queue.length === 0 && this.#underWay === 0
  }

  #queueAnnounced(): void {
    if (this.#wanted.pin === null) return
    const meetings = this.#nearby().filter(({ pin }) => pin === this.#wanted.pin)
    for (const endpoint of endpointsOf(meetings.flatMap(({ addresses }) => addresses))) {
      if (this.#announced === MAX_ANNOUNCED || !this.#isNew(endpoint)) continue
      this.#announced += 1
      this.#queue.push(endpoint)
    }
  }

  /** An announcement cannot help to find whoever is at an address. */
  get #patienceMs(): number {
    return this.#wanted.pin === null ? 0 : this.#timing.nearbyWithinMs
  }

  #isNew(endpoint: LanEndpoint): boolean {
    const name = formatLanEndpoint(endpoint)
    const isNew = !this.#known.has(name)
    this.#known.add(name)
    return isNew
  }

  async #try(endpoint: LanEndpoint): Promise<void> {
    this.#underWay += 1
    const certificate = await askForCertificate(endpoint, this.#tries.signal)
    this.#underWay -= 1
    if (this.#tries.signal.aborted) return
    const pin = certificate && pinOf(certificate)
    if (pin !== null && (this.#wanted.pin === null || pin === this.#wanted.pin)) {
      this.#found.resolve({ ok: true, serverUrl: `https://${formatLanEndpoint(endpoint)}`, pin })
      return
    }
    if (certificate !== null) this.#isOtherThere = true
    this.#advance()
  }

  /** One that cannot prove it is as good as none: it says nothing of the computer that is looked for. */
  async #trySuccessor(successor: Successor, predecessor: Predecessor): Promise<void> {
    const { endpoint, pin } = successor
    this.#successorsUnderWay += 1
    const isGood = await isSuccessor(successor, predecessor, this.#tries.signal)
    this.#successorsUnderWay -= 1
    if (this.#tries.signal.aborted) return
    if (isGood) this.#found.resolve({ ok: true, serverUrl: `https://${formatLanEndpoint(endpoint)}`, pin })
    else this.#advance()
  }

  #giveUp(): void {
    this.#found.resolve({ ok: false, problem: this.#isOtherThere ? 'wrong-key' : 'unreachable' })
  }
}

/**
 * Finds the computer that an invitation leads to: at its addresses, and where a meeting of the same key is announced, so
 * that an invitation outlives a change of addresses. The first that proves to hold the key (any key, without a pin) wins;
 * the other tries are ended. Of a room whose code is given, a computer is found as well that goes on with it by the will of the
 * wanted one, when that itself does not answer; `pin` is then the key of that computer. Addresses that are not on a local
 * network are passed over. Takes 6 s at most.
 */
export const findHost = (
  wanted: WantedHost,
  nearby: () => readonly NearbyMeeting[],
  timing: FinderTiming = usualTiming,
): Promise<FoundHost> => new Search(wanted, nearby, timing).run()
