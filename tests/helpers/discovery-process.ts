import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { NearbyMeeting } from '#electron/ipc.ts'
import type { Order } from '../lan/discovery-computer.ts'

/** What `tests/lan/discovery-computer.ts` tells; `at` in milliseconds since 1970. */
interface Told {
  readonly at: number
  readonly meetings?: readonly NearbyMeeting[]
  readonly isMulticast?: boolean
}

/** The discovery of one computer, in a process of its own, wherever `prefix` puts it. */
export class DiscoveryProcess {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #told: Told[] = []
  /** Those who wait for something to be told. */
  readonly #waiting = new Set<() => void>()

  constructor(prefix: readonly [string, ...string[]]) {
    const [command, ...args] = prefix
    const program = new URL('../lan/discovery-computer.ts', import.meta.url).pathname
    this.#process = spawn(command, [...args, process.execPath, program], { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.#told.push(JSON.parse(line) as Told)
      for (const look of this.#waiting) look()
    })
  }

  /** Answers when it was said, for `titlesWithin`. */
  order(order: Order): number {
    this.#process.stdin.write(`${JSON.stringify(order)}\n`)
    return Date.now()
  }

  /** The meetings that are known now. */
  get meetings(): readonly NearbyMeeting[] {
    return this.#told.findLast(({ meetings }) => meetings !== undefined)?.meetings ?? []
  }

  /** Resolves with the milliseconds from `since` to when exactly these titles are known; rejects after `limitMs`. */
  async titlesWithin(titles: readonly string[], since: number, limitMs: number): Promise<number> {
    const wanted = JSON.stringify(titles)
    const isThere = ({ meetings }: Told): boolean => JSON.stringify(meetings?.map(({ title }) => title)) === wanted
    const told = await this.#waitFor(
      (all) => (all.at(-1) && isThere(all.at(-1)!) ? all.at(-1) : undefined),
      since + limitMs,
    )
    if (told === undefined) throw new Error(`Not ${wanted} within ${limitMs} ms: ${JSON.stringify(this.#told.at(-1))}`)
    return Math.max(0, told.at - since)
  }

  async checkMulticast(): Promise<boolean> {
    const from = this.#told.length
    this.order({ kind: 'check' })
    const told = await this.#waitFor(
      (all) => all.slice(from).find(({ isMulticast }) => isMulticast !== undefined),
      Date.now() + 10_000,
    )
    return told?.isMulticast ?? false
  }

  /** Ends it as a crash or a pulled plug does: without a word. */
  kill(): number {
    this.#process.kill('SIGKILL')
    return Date.now()
  }

  /** Quits the app. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.stdin.end()
    await ended
  }

  async #waitFor(find: (told: readonly Told[]) => Told | undefined, until: number): Promise<Told | undefined> {
    const found = Promise.withResolvers<Told | undefined>()
    const look = (): void => {
      const told = find(this.#told)
      if (told !== undefined) found.resolve(told)
    }
    this.#waiting.add(look)
    const timer = setTimeout(() => found.resolve(undefined), until - Date.now())
    look()
    const told = await found.promise
    clearTimeout(timer)
    this.#waiting.delete(look)
    return told
  }
}
