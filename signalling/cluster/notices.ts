import * as v from 'valibot'
import { NotifyDevice } from '../dialects/live-streams-schemas.ts'
import type { Cancel, Clock } from '../domain/clock.ts'
import type { Log } from '../log.ts'
import type { Elsewhere, StreamRequest } from '../relay/device-notice.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { ProcessId } from './cluster.ts'
import type { Desk } from './desk.ts'

interface NoticesOptions {
  readonly desk: Desk
  readonly clock: Clock
  readonly limits: Pick<ServerLimits, 'clusterNoticeMs' | 'clusterNotices' | 'liveListenersPerDevice'>
  readonly log: Log
}

interface Question {
  readonly waitsFor: Set<ProcessId>
  told: number
  readonly done: () => void
}

const Count = v.pipe(v.number(), v.integer(), v.minValue(0))
/** A device is to be told; so many of its connections were. */
const NoticeMessage = v.union([
  v.tuple([v.literal('tell'), Count, NotifyDevice]),
  v.tuple([v.literal('told'), Count, Count]),
])

/** Asks all other processes to tell a device something. Nobody knows where a device is connected. */
export class Notices implements Elsewhere {
  tellHere: (request: StreamRequest) => number = () => 0
  readonly #options: NoticesOptions
  readonly #questions = new Map<number, Question>()
  #last = 0

  constructor(options: NoticesOptions) {
    this.#options = options
    options.desk.handle('notices', (from, body) => this.#take(from, body))
    options.desk.onGone((process) => this.#gone(process))
  }

  /** Waits `clusterNoticeMs` at most; whoever has not answered by then counts as nobody told. */
  readonly tell = (request: StreamRequest): Promise<number> => {
    const { desk, clock, limits } = this.#options
    const others = desk.others()
    if (others.length === 0 || this.#questions.size >= limits.clusterNotices) return Promise.resolve(0)
    const number = (this.#last += 1)
    const { promise, resolve } = Promise.withResolvers<number>()
    const question: Question = {
      waitsFor: new Set(others),
      told: 0,
      done: () => {
        cancel()
        this.#questions.delete(number)
        resolve(question.told)
      },
    }
    const cancel: Cancel = clock.schedule(limits.clusterNoticeMs, question.done)
    this.#questions.set(number, question)
    for (const process of others) desk.post(process, 'notices', ['tell', number, request])
    return promise
  }

  #take(from: ProcessId, body: unknown): void {
    const parsed = v.safeParse(NoticeMessage, body)
    if (!parsed.success) {
      this.#options.log('error', 'mail-fault', { fault: 'a notice that is none' })
      return
    }
    const [kind, number, said] = parsed.output
    if (kind === 'tell') this.#options.desk.post(from, 'notices', ['told', number, this.tellHere(said)])
    else this.#answered(from, number, said)
  }

  #answered(from: ProcessId, number: number, told: number): void {
    const question = this.#questions.get(number)
    if (question?.waitsFor.delete(from) !== true) return
    question.told += Math.min(told, this.#options.limits.liveListenersPerDevice)
    if (question.waitsFor.size === 0) question.done()
  }

  #gone(process: ProcessId): void {
    for (const number of this.#questions.keys()) this.#answered(process, number, 0)
  }
}
