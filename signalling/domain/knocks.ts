import { limits as wire, type Knock, type PeerId, type Refusal } from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Clock } from './clock.ts'
import type { Line } from './facts.ts'
import { LOOPBACK } from './origins.ts'
import { refuse } from './results.ts'

interface KnocksContext {
  readonly limits: Pick<
    ServerLimits,
    'knocksPerAddress' | 'admittedMs' | 'declinedMs' | 'declinedAgainMs' | 'turnedAway' | 'isLoopbackExempt'
  >
  readonly clock: Clock
}

interface Visitor {
  readonly line: Line
  readonly knock: Knock
  /** Until when it may come in, in milliseconds since 1970; null while it waits. */
  readonly admittedUntil: number | null
}

interface Declined {
  readonly until: number
  readonly times: number
}

/** Who knocked at one room: those who wait, those who were let in and are not inside yet, and who was sent away. Tells nobody. */
export class Knocks {
  readonly #context: KnocksContext
  /** In the order they came. */
  readonly #visitors = new Map<PeerId, Visitor>()
  readonly #declined = new Map<string, Declined>()

  constructor(context: KnocksContext) {
    this.#context = context
  }

  /** Oldest first. */
  get waiting(): readonly Knock[] {
    return this.#waiting.map(({ knock }) => knock)
  }

  /** Why nobody may knock on this line now, or null. */
  refusal(line: Line): Refusal | null {
    const { limits, clock } = this.#context
    if ((this.#declined.get(line.origin)?.until ?? 0) > clock.now()) return refuse('knock-declined')
    const others = this.#waiting.filter(({ knock }) => knock.id !== line.peerId)
    const neighbours = others.filter(({ line: { origin } }) => origin === line.origin)
    const isCounted = line.origin !== LOOPBACK || !limits.isLoopbackExempt
    const isTooMany = others.length >= wire.knocks || (isCounted && neighbours.length >= limits.knocksPerAddress)
    return isTooMany ? refuse('too-many-requests') : null
  }

  /** Waits from now on; under the name that was said last. */
  add(line: Line, name: string, wasRemoved: boolean): void {
    this.#visitors.set(line.peerId, { line, knock: { id: line.peerId, name, wasRemoved }, admittedUntil: null })
  }

  /** Does not want to come in any more, or is inside. Answers whether it waited. */
  remove({ peerId }: Line): boolean {
    const isWaiting = this.#visitors.get(peerId)?.admittedUntil === null
    this.#visitors.delete(peerId)
    return isWaiting
  }

  /** Lets somebody in who waits, for a while, and answers who it is; null when nobody waits under that id. */
  admit(id: PeerId): Line | null {
    const visitor = this.#visitors.get(id)
    if (visitor?.admittedUntil !== null) return null
    const { clock, limits } = this.#context
    this.#visitors.set(id, { ...visitor, admittedUntil: clock.now() + limits.admittedMs })
    return visitor.line
  }

  /** Sends somebody away who waits, and answers who it is. Nobody from there may knock for a while. */
  decline(id: PeerId): Line | null {
    const visitor = this.#visitors.get(id)
    if (visitor?.admittedUntil !== null) return null
    this.#visitors.delete(id)
    this.#noteDeclined(visitor.line.origin)
    return visitor.line
  }

  /** Nobody has to wait any longer who `isMeant`; answers their lines, oldest first. They are no visitors any more. */
  dismiss(isMeant: (line: Line) => boolean): readonly Line[] {
    const lines = this.#waiting.map(({ line }) => line).filter(isMeant)
    for (const { peerId } of lines) this.#visitors.delete(peerId)
    return lines
  }

  /** Whether somebody was let in under this name, and may still come. */
  isAdmitted({ peerId }: Line, name: string): boolean {
    const visitor = this.#visitors.get(peerId)
    const until = visitor?.admittedUntil ?? 0
    return visitor?.knock.name === name && until > this.#context.clock.now()
  }

  get #waiting(): readonly Visitor[] {
    return [...this.#visitors.values()].filter(({ admittedUntil }) => admittedUntil === null)
  }

  #noteDeclined(origin: string): void {
    const { clock, limits } = this.#context
    const times = (this.#declined.get(origin)?.times ?? 0) + 1
    const pause = times > 1 ? limits.declinedAgainMs : limits.declinedMs
    this.#declined.delete(origin)
    this.#declined.set(origin, { until: clock.now() + pause, times })
    const [oldest] = this.#declined.keys()
    if (oldest !== undefined && this.#declined.size > limits.turnedAway) this.#declined.delete(oldest)
  }
}
