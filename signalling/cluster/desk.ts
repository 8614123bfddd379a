import * as v from 'valibot'
import { contain, type Log } from '../log.ts'
import type { Mail, ProcessId } from './cluster.ts'

/** What a message is about: sockets, HTTP exchanges, or notices that every process is told. */
export type Subject = 'sockets' | 'exchanges' | 'notices'

/** Parses what it is given: another process may be of another version. */
export type TakeMessage = (from: ProcessId, body: unknown) => void

const Envelope = v.tuple([v.picklist(['sockets', 'exchanges', 'notices']), v.unknown()])

/** Hands what comes by mail to whoever deals with its subject. */
export class Desk {
  readonly #mail: Mail
  readonly #log: Log
  readonly #takers = new Map<Subject, TakeMessage>()
  readonly #gone = new Set<(process: ProcessId) => void>()

  constructor(mail: Mail, log: Log) {
    this.#mail = mail
    this.#log = log
    mail.onMessage = (from, message) => this.#take(from, message)
    mail.onGone = (process) => {
      for (const tell of this.#gone) contain(log, 'mail-fault', () => tell(process))
    }
  }

  post(to: ProcessId, subject: Subject, body: unknown): void {
    this.#mail.post(to, [subject, body])
  }

  others(): readonly ProcessId[] {
    return this.#mail.others()
  }

  /** One taker for each subject. */
  handle(subject: Subject, take: TakeMessage): void {
    this.#takers.set(subject, take)
  }

  /** Calls `tell` when a process has died, or its messages are lost. */
  onGone(tell: (process: ProcessId) => void): void {
    this.#gone.add(tell)
  }

  #take(from: ProcessId, message: unknown): void {
    const envelope = v.safeParse(Envelope, message)
    if (!envelope.success) {
      this.#log('error', 'mail-fault', { fault: 'a message of no subject' })
      return
    }
    const [subject, body] = envelope.output
    contain(this.#log, 'mail-fault', () => this.#takers.get(subject)?.(from, body))
  }
}
