import type { FoundHost, NearbyMeeting, WantedHost } from './ipc.ts'
import { formatLanEndpoint, parseLanEndpoint, type LanEndpoint } from './lan-address.ts'
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
  readonly limitMs: number
}

const usualTiming: FinderTiming = { staggerMs: 250, nearbyAfterMs: 500, nearbyWithinMs: 3500, limitMs: 8000 }

/** As many as an invitation holds (ipc.ts). */
const MAX_INVITED = 8
/** Anybody can announce anything: however much it is, no more is tried in one search. */
const MAX_ANNOUNCED = 16

const endpointsOf = (addresses: readonly string[]): LanEndpoint[] =>
  addresses.map(parseLanEndpoint).filter((endpoint) => endpoint !== null)

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
  #isOtherThere = false

  constructor(wanted: WantedHost, nearby: () => readonly NearbyMeeting[], timing: FinderTiming) {
    this.#wanted = wanted
    this.#nearby = nearby
    this.#timing = timing
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

  /** Starts the next try; gives up when there is none, none is under way, and none can be expected any more. */
  #advance(): void {
    const elapsedMs = performance.now() - this.#startedAt
    const isInvitationUsedUp = this.#queue.length === 0 && this.#underWay === 0
    if (isInvitationUsedUp || elapsedMs >= this.#timing.nearbyAfterMs) this.#queueAnnounced()
    const next = this.#queue.shift()
    if (next !== undefined) void this.#try(next)
    else if (this.#underWay === 0 && elapsedMs >= this.#patienceMs) this.#giveUp()
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

  #giveUp(): void {
    this.#found.resolve({ ok: false, problem: this.#isOtherThere ? 'wrong-key' : 'unreachable' })
  }
}

/**
 * Finds the computer that an invitation leads to: at its addresses, and where a meeting of the same key is announced, so
 * that an invitation outlives a change of addresses. The first that proves to hold the key (any key, without a pin) wins;
 * the other tries are ended. Addresses that are not on a local network are passed over. Takes 8 s at most.
 */
export const findHost = (
  wanted: WantedHost,
  nearby: () => readonly NearbyMeeting[],
  timing: FinderTiming = usualTiming,
): Promise<FoundHost> => new Search(wanted, nearby, timing).run()
