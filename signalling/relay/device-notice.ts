import type { Clock } from '../domain/clock.ts'
import { Refused } from './refused.ts'
import type { RelayLimits } from './relay-limits.ts'

/** What a device is told when somebody wants to see it. */
export interface StreamRequest {
  readonly sessionId: string
  readonly deviceId: string
}

/** The other processes of a server of several. */
export interface Elsewhere {
  /** Tells the device's connections there; answers how many there were. Never rejects. */
  readonly tell: (request: StreamRequest) => Promise<number>
  /** Set once: tells those here when another process asks for it. */
  tellHere: (request: StreamRequest) => number
}

interface DeviceNoticeOptions {
  /** Where a request is posted to; null when devices are told by their own open connections alone. */
  readonly url: string | null
  readonly clock: Clock
  readonly limits: RelayLimits
  /** Null or absent in a server of one process. */
  readonly elsewhere?: Elsewhere | null | undefined
}

/** Why a request to the notification address was ended. */
const LATE = 'late'

const NOT_CONNECTED = 'The device is not connected to this server.'

/** Asks devices to come: by their open event stream or socket, and by the notification address. */
export class DeviceNotice {
  readonly #options: DeviceNoticeOptions
  readonly #listeners = new Map<string, Set<(request: StreamRequest) => void>>()
  readonly #posting = new Set<AbortController>()
  #count = 0

  constructor(options: DeviceNoticeOptions) {
    this.#options = options
    if (options.elsewhere) options.elsewhere.tellHere = (request) => this.tell(request)
  }

  /** Answers its own removal; throws `Refused`. Whoever knows a device's id is taken for it, so it should be hard to guess. */
  listen(deviceId: string, tell: (request: StreamRequest) => void): () => void {
    const { liveListeners, liveListenersPerDevice } = this.#options.limits
    const listeners = this.#listeners.get(deviceId) ?? new Set()
    if (this.#count >= liveListeners) throw new Refused(503, 'The server has no room for more devices.')
    if (listeners.size >= liveListenersPerDevice) throw new Refused(409, 'This device is connected too many times.')
    // A function of its own, so that the same one given twice is removed one at a time.
    const entry = (request: StreamRequest) => tell(request)
    this.#listeners.set(deviceId, listeners.add(entry))
    this.#count += 1
    return () => {
      if (!listeners.delete(entry)) return
      this.#count -= 1
      if (listeners.size === 0 && this.#listeners.get(deviceId) === listeners) this.#listeners.delete(deviceId)
    }
  }

  /** Tells the device's open connections to this process; answers how many there were. */
  tell(request: StreamRequest): number {
    const listeners = [...(this.#listeners.get(request.deviceId) ?? [])]
    for (const listener of listeners) listener(request)
    return listeners.length
  }

  /** Tells the device's open connections to any process; answers how many there were. Never rejects. */
  async tellAll(request: StreamRequest): Promise<number> {
    const { elsewhere } = this.#options
    const here = this.tell(request)
    return elsewhere ? here + (await elsewhere.tell(request)) : here
  }

  /** Asks by every way there is; rejects with `Refused` (502) when none worked. */
  async ask(request: StreamRequest): Promise<void> {
    const { url } = this.#options
    const told = this.tellAll(request)
    const problem = url === null ? NOT_CONNECTED : this.#post(url, request)
    // When the device knows already, it makes no difference what the notification address says.
    if ((await told) > 0) return
    const reason = await problem
    if (reason !== null) throw new Refused(502, reason)
  }

  close(): void {
    for (const posting of this.#posting) posting.abort()
    this.#listeners.clear()
  }

  /** Never rejects: answers what went wrong, in a sentence. */
  async #post(url: string, request: StreamRequest): Promise<string | null> {
    const posting = new AbortController()
    this.#posting.add(posting)
    const cancel = this.#options.clock.schedule(this.#options.limits.liveNoticeMs, () => posting.abort(LATE))
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(request),
        redirect: 'manual',
        signal: posting.signal,
      })
      await response.body?.cancel()
      return response.ok ? null : `The notification address answered with ${response.status}.`
    } catch {
      return posting.signal.reason === LATE
        ? 'The notification address did not answer in time.'
        : 'The notification address cannot be reached.'
    } finally {
      cancel()
      this.#posting.delete(posting)
    }
  }
}
