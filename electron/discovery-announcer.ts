import { Schedule } from './discovery-schedule.ts'
import { announcementOf, goodbyeOf, isAskedFor, makeInstance } from './discovery-records.ts'
import type { Announced } from './discovery-records.ts'
import type { DiscoveryLink } from './discovery-link.ts'

/** The first ones make up for loss; then so often that of three in a row two may be lost before `SILENT_MS` is over. */
const FIRST_MS = [0, 250, 1000]
const EVERY_MS = 3000
/** RFC 6762, section 6: answers wait a random time so that computers do not talk at once, and come once a second at most. */
const ANSWER_WAIT_MS = { min: 20, max: 120 }
const ANSWER_EVERY_MS = 1000
/** A goodbye is said twice, so far apart that one loss does not take both. */
const GOODBYE_AGAIN_MS = 100

/** Says on every link that there is a meeting here, answers who asks for it, and says goodbye. */
export class Announcer {
  readonly #links: () => readonly DiscoveryLink[]
  readonly #schedule = new Schedule(FIRST_MS, EVERY_MS, () => this.#announceAll())
  #current: { readonly meeting: Announced; readonly instance: string } | null = null
  /** Every instance this computer ever was, to know itself by. */
  readonly #own = new Set<string>()
  readonly #goodbyes = new Set<Promise<void>>()
  readonly #sentAt = new WeakMap<DiscoveryLink, number>()
  readonly #answers = new Map<DiscoveryLink, NodeJS.Timeout>()

  constructor(links: () => readonly DiscoveryLink[]) {
    this.#links = links
  }

  /** Whether links are needed. */
  get isBusy(): boolean {
    return this.#current !== null || this.#goodbyes.size > 0
  }

  isOwn(instance: string): boolean {
    return this.#own.has(instance.toLowerCase())
  }

  /** Announces this meeting in place of the former one. Resolves when a goodbye to that has been said. */
  async announce(meeting: Announced | null): Promise<void> {
    const former = this.#current
    if (JSON.stringify(meeting) === JSON.stringify(former?.meeting ?? null)) return
    const isSame = former !== null && meeting?.code === former.meeting.code
    if (meeting !== null) this.#start(meeting, isSame ? former.instance : makeInstance())
    else this.#stop()
    if (former !== null && !isSame) await this.#sayGoodbye(former.instance, former.meeting)
  }

  /** Says it anew at once, for instance on a network that was just joined. */
  restart(): void {
    if (this.#current !== null) this.#schedule.start()
  }

  /** Somebody on this link asked. */
  handleQuestion(link: DiscoveryLink, names: readonly string[]): void {
    if (this.#current === null || this.#answers.has(link) || !isAskedFor(this.#current.instance, names)) return
    const { min, max } = ANSWER_WAIT_MS
    const nextAt = (this.#sentAt.get(link) ?? -Infinity) + ANSWER_EVERY_MS
    const waitMs = Math.max(min + Math.random() * (max - min), nextAt - performance.now())
    const timer = setTimeout(() => {
      this.#answers.delete(link)
      this.#announceOn(link)
    }, waitMs)
    this.#answers.set(link, timer)
  }

  /** Says goodbye and is silent from then on. */
  async close(): Promise<void> {
    await this.announce(null)
    await Promise.all(this.#goodbyes)
  }

  #start(meeting: Announced, instance: string): void {
    this.#current = { meeting, instance }
    this.#own.add(instance.toLowerCase())
    this.#schedule.start()
  }

  #stop(): void {
    this.#current = null
    this.#schedule.stop()
    for (const timer of this.#answers.values()) clearTimeout(timer)
    this.#answers.clear()
  }

  #announceAll(): void {
    for (const link of this.#links()) this.#announceOn(link)
  }

  #announceOn(link: DiscoveryLink): void {
    if (this.#current === null) return
    this.#sentAt.set(link, performance.now())
    link.answer(announcementOf(this.#current.instance, this.#current.meeting, link.place))
  }

  async #sayGoodbye(instance: string, meeting: Announced): Promise<void> {
    const say = (): void => {
      for (const link of this.#links()) link.answer(goodbyeOf(instance, meeting, link.place))
    }
    const said = (async () => {
      say()
      await pause(GOODBYE_AGAIN_MS)
      say()
      // A packet has left the process some turns after it was sent.
      await pause(GOODBYE_AGAIN_MS)
    })()
    this.#goodbyes.add(said)
    await said
    this.#goodbyes.delete(said)
  }
}

const pause = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms))
