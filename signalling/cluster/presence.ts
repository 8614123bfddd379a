import * as v from 'valibot'
import type { Cancel, Clock } from '../domain/clock.ts'
import { contain, type Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { ProcessId } from './cluster.ts'
import { PREFIX, type RedisLink } from './redis.ts'
import { Surety } from './surety.ts'

/** While this key exists, the process lives. */
export const processKey = (id: ProcessId): string => `${PREFIX}process:${id}`

const INDEX = `${PREFIX}processes`

/** Answers whether the own key was still there, then who lives. */
const BEAT = `
local was = redis.call('EXISTS', KEYS[1])
redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
local answer = { was }
for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if redis.call('EXISTS', ARGV[3] .. id) == 1 then
    answer[#answer + 1] = id
  else
    redis.call('SREM', KEYS[2], id)
  end
end
return answer`

const Answer = v.pipe(
  v.looseTuple([v.number()]),
  v.transform(([was, ...rest]) => ({ was: was === 1, living: rest })),
  v.object({ was: v.boolean(), living: v.array(v.pipe(v.string(), v.maxLength(100))) }),
)

export interface PresenceBase {
  readonly link: RedisLink
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Log
}

/** Says that this process lives, and knows which others do. */
export class Presence {
  readonly id: ProcessId
  readonly #base: PresenceBase
  /** Others, and the number of the beat before which each was seen for the first time. */
  readonly #known = new Map<ProcessId, number>()
  readonly #tellGone = new Set<(id: ProcessId) => void>()
  readonly #tellLapsed = new Set<() => void>()
  readonly #tellSure = new Set<() => void>()
  readonly #surety: Surety
  #beats = 0
  #isBeating = false
  #hasStarted = false
  #isStopped = false
  #isSettled = true
  #settling = Promise.withResolvers<undefined>()
  #cancelBeat: Cancel = () => undefined
  #cancelSettle: Cancel = () => undefined

  constructor(id: ProcessId, base: PresenceBase) {
    this.id = id
    this.#base = base
    this.#surety = new Surety(base.limits.clusterExpiryMs, base.clock.now())
    base.link.onReady(() => this.#reconnected())
  }

  /** Resolves when the others can see this process. Rejects when Redis does not take it. */
  async start(): Promise<void> {
    await this.#beat()
    this.#hasStarted = true
    this.#schedule()
  }

  /** Processes that live, without this one. While Redis is away, those that lived before. */
  others(): readonly ProcessId[] {
    return [...this.#known.keys()]
  }

  isAlive(id: ProcessId): boolean {
    return id === this.id || this.#known.has(id)
  }

  /** It was heard of in another way. When it does not live after all, `onGone` says so soon. */
  expect(id: ProcessId): void {
    if (id !== this.id && !this.#known.has(id)) this.#known.set(id, this.#beats)
  }

  /** Calls `tell` once for each process that lives no more. */
  onGone(tell: (id: ProcessId) => void): void {
    this.#tellGone.add(tell)
  }

  /** Calls `tell` when others may have taken this process for dead: it stalled, was cut off, or Redis came back empty. */
  onLapsed(tell: () => void): void {
    this.#tellLapsed.add(tell)
  }

  /** Whether nobody can have taken this process for dead without its knowing. */
  isSure(): boolean {
    return this.#surety.isSure(this.#base.clock.now())
  }

  /** Lapses until now; `looked` is told it when the places have been looked at since. */
  get lapses(): number {
    return this.#surety.lapses
  }

  looked(lapse: number): void {
    if (!this.#surety.looked(lapse)) return
    for (const tell of this.#tellSure) contain(this.#base.log, 'presence-fault', tell)
  }

  /** Calls `tell` when `isSure` may hold again. */
  onSure(tell: () => void): void {
    this.#tellSure.add(tell)
  }

  /**
   * Resolves when Redis is there, and was long enough for all that live to have said so. Until then nobody may be taken for
   * dead. Resolves as well when this process stops.
   */
  async settled(): Promise<void> {
    while (!this.#isStopped && !(this.#isSettled && this.#base.link.isReady)) {
      this.#unsettle()
      await this.#settling.promise
    }
  }

  /** The others see at once that it is gone. Twice is no error. */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#cancelBeat()
    this.#cancelSettle()
    this.#settling.resolve(undefined)
    const { link } = this.#base
    if (!link.isReady) return
    await link.commands
      .multi()
      .del(processKey(this.id))
      .sRem(INDEX, this.id)
      .exec()
      .catch(() => undefined)
  }

  #unsettle(): void {
    if (!this.#isSettled) return
    const former = this.#settling
    this.#isSettled = false
    this.#settling = Promise.withResolvers()
    // Whoever still waits for that one looks again, and waits for this one.
    former.resolve(undefined)
  }

  #reconnected(): void {
    if (!this.#hasStarted || this.#isStopped) return
    this.#settleLater()
    this.#beatNow()
  }

  #settleLater(): void {
    this.#unsettle()
    this.#cancelSettle()
    this.#cancelSettle = this.#base.clock.schedule(this.#base.limits.clusterSettleMs, () => {
      this.#isSettled = true
      this.#beatNow()
    })
  }

  #schedule(): void {
    this.#cancelBeat()
    if (this.#isStopped) return
    this.#cancelBeat = this.#base.clock.schedule(this.#base.limits.clusterHeartbeatMs, () => this.#beatNow())
  }

  /** A failure needs no answer: the next connection beats at once. */
  #beatNow(): void {
    this.#schedule()
    this.#surety.tick(this.#base.clock.now(), this.#beats)
    if (!this.#isBeating && this.#base.link.isReady) this.#beat().catch((fault: unknown) => this.#failed(fault))
  }

  #failed(fault: unknown): void {
    if (this.#base.link.isReady && !this.#isStopped)
      this.#base.log('error', 'heartbeat-failed', { fault: fault instanceof Error ? fault.name : 'unknown' })
  }

  async #beat(): Promise<void> {
    const { link, limits } = this.#base
    this.#beats += 1
    const beat = this.#beats
    this.#isBeating = true
    try {
      const answer = await link.commands.eval(BEAT, {
        keys: [processKey(this.id), INDEX],
        arguments: [this.id, String(limits.clusterExpiryMs), processKey('')],
      })
      this.#isBeating = false
      if (!this.#isStopped) this.#learn(beat, v.parse(Answer, answer))
    } finally {
      this.#isBeating = false
    }
  }

  #learn(beat: number, { was, living }: v.InferOutput<typeof Answer>): void {
    for (const id of living) if (id !== this.id && !this.#known.has(id)) this.#known.set(id, beat)
    if (this.#hasStarted && this.#surety.heard(beat, was)) this.#lapse()
    if (!this.#isSettled) return
    const alive = new Set(living)
    // Who was heard of after this beat was sent may not have been there yet.
    const gone = [...this.#known].filter(([id, since]) => !alive.has(id) && since < beat)
    for (const [id] of gone) this.#known.delete(id)
    for (const [id] of gone)
      for (const tell of this.#tellGone) contain(this.#base.log, 'presence-fault', () => tell(id))
    this.#settling.resolve(undefined)
  }

  // Whatever made this key expire may have done it to those of the others: Redis may have stood still.
  #lapse(): void {
    this.#settleLater()
    this.#base.log('warn', 'heartbeat-late', {})
    for (const tell of this.#tellLapsed) contain(this.#base.log, 'presence-fault', tell)
  }
}
