import { askForMeetings, readAdvertisements } from './discovery-records.ts'
import { NearbyMeetings } from './nearby-meetings.ts'
import { Schedule } from './discovery-schedule.ts'
import type { MdnsPacket, MdnsQuestions } from './discovery-link.ts'
import type { NearbyMeeting } from './ipc.ts'

/** RFC 6762, section 5.2, doubles the time between questions; those who host announce themselves meanwhile. */
const FIRST_MS = [0, 1000, 3000]
const EVERY_MS = 20_000
const SWEEP_MS = 500
/** With `SWEEP_MS` and `TELL_EVERY_MS` in all below 10 s. */
const SILENT_MS = 8500
/** Whoever was silent for so long is asked before it is given up (RFC 6762, section 5.2, does so at 80 % of the time). */
const ASK_AFTER_MS = 5000
const ASK_EVERY_MS = 1500
/** Whoever is said to be gone by another is asked, and has two questions' time to answer. */
const DOUBTED_MS = 6000
const TELL_EVERY_MS = 250

export interface BrowserOptions {
  readonly ask: (questions: MdnsQuestions) => void
  readonly isOwn: (instance: string) => boolean
  /** At most 4 times a second, and only when something differs. */
  readonly onNearby: (meetings: readonly NearbyMeeting[]) => void
}

/** Looks for the meetings of others, for as long as somebody watches. */
export class DiscoveryBrowser {
  readonly #options: BrowserOptions
  readonly #meetings = new NearbyMeetings()
  readonly #schedule = new Schedule(FIRST_MS, EVERY_MS, () => this.#ask())
  #sweepTimer: NodeJS.Timeout | undefined
  #tellTimer: NodeJS.Timeout | undefined
  #askedAt = -Infinity
  #toldAt = -Infinity
  #told = '[]'

  constructor(options: BrowserOptions) {
    this.#options = options
  }

  get isWatching(): boolean {
    return this.#sweepTimer !== undefined
  }

  list(): readonly NearbyMeeting[] {
    return this.#meetings.list()
  }

  start(): void {
    if (this.isWatching) return
    this.#sweepTimer = setInterval(() => this.#sweep(), SWEEP_MS)
    this.#schedule.start()
  }

  /** Asks anew at once, for instance on a network that was just joined. */
  restart(): void {
    if (this.isWatching) this.#schedule.start()
  }

  stop(): void {
    clearInterval(this.#sweepTimer)
    clearTimeout(this.#tellTimer)
    this.#sweepTimer = undefined
    this.#tellTimer = undefined
    this.#schedule.stop()
    this.#meetings.clear()
    this.#told = '[]'
  }

  handleResponse(packet: MdnsPacket, sender: string): void {
    if (!this.isWatching) return
    const { meetings, goodbyes } = readAdvertisements(packet)
    let isChanged = false
    for (const meeting of meetings) {
      if (this.#options.isOwn(meeting.instance)) continue
      if (this.#meetings.hear(meeting, sender, performance.now())) isChanged = true
    }
    for (const instance of goodbyes)
      if (this.#meetings.forget(instance, sender, performance.now() - DOUBTED_MS)) isChanged = true
    if (isChanged) this.#tellSoon()
  }

  #ask(): void {
    this.#askedAt = performance.now()
    this.#options.ask(askForMeetings())
  }

  #sweep(): void {
    const now = performance.now()
    if (this.#meetings.forgetBefore(now - SILENT_MS)) this.#tellSoon()
    if (now - this.#askedAt >= ASK_EVERY_MS && this.#meetings.hasSilent(now - ASK_AFTER_MS)) this.#ask()
  }

  #tellSoon(): void {
    if (this.#tellTimer !== undefined) return
    const waitMs = Math.max(0, this.#toldAt + TELL_EVERY_MS - performance.now())
    this.#tellTimer = setTimeout(() => this.#tell(), waitMs)
  }

  #tell(): void {
    this.#tellTimer = undefined
    const meetings = this.list()
    const told = JSON.stringify(meetings)
    if (told === this.#told) return
    this.#told = told
    this.#toldAt = performance.now()
    this.#options.onNearby(meetings)
  }
}
