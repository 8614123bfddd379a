import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { promisify } from 'node:util'
import { whyNoNamespaces } from '../helpers/network-namespaces.ts'

const run = promisify(execFile)
const LIMIT_MS = 15_000

/** Why a network with delays cannot be had here; null when it can. */
export const whyNoDelayedLan = async (): Promise<string | null> => {
  const reason = await whyNoNamespaces()
  if (reason !== null) return reason
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return 'there is no /dev/net/tun'
  }
  return await run('python3', ['--version']).then(
    () => null,
    () => 'there is no python3',
  )
}

/** Computers in network namespaces of their own, joined by a switch that delays every packet (netem-tap.py). */
export class DelayedLan {
  readonly #names: readonly string[]
  readonly #folder: string
  readonly #switch: ChildProcess
  readonly #lines: Interface

  private constructor(names: readonly string[], folder: string, child: ChildProcess, lines: Interface) {
    this.#names = names
    this.#folder = folder
    this.#switch = child
    this.#lines = lines
  }

  static async start(names: readonly string[]): Promise<DelayedLan> {
    const folder = await mkdtemp(join(tmpdir(), 'earshot-load-'))
    const script = join(import.meta.dirname, 'netem-tap.py')
    const child = spawn('python3', [script, names.map(namespaceOf).join(',')], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lan = new DelayedLan(names, folder, child, createInterface({ input: child.stdout }))
    await lan.#answer()
    return lan
  }

  address(name: string): string {
    return `10.78.0.${String(this.#names.indexOf(name) + 1)}`
  }

  /** The words that run a command on that computer. */
  prefix(name: string): [string, ...string[]] {
    return ['ip', 'netns', 'exec', namespaceOf(name)]
  }

  /** An executable that runs `program` on that computer, for launchers that take a path only. */
  async wrapper(name: string, program: string): Promise<string> {
    const path = join(this.#folder, `${name}.sh`)
    await writeFile(path, `#!/bin/sh\nexec ${this.prefix(name).join(' ')} ${program} "$@"\n`)
    await chmod(path, 0o755)
    return path
  }

  /** Round-trip time between any two computers. */
  async setRoundTrip(roundTripMs: number): Promise<void> {
    const answered = this.#answer()
    this.#switch.stdin?.write(`delay ${String(roundTripMs / 2)}\n`)
    await answered
  }

  async close(): Promise<void> {
    const ended = once(this.#switch, 'exit', { signal: AbortSignal.timeout(LIMIT_MS) })
    this.#switch.stdin?.end('quit\n')
    await ended
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #answer(): Promise<void> {
    await once(this.#lines, 'line', { signal: AbortSignal.timeout(LIMIT_MS) })
  }
}

/** Namespaces are global; the number of this process keeps two runs apart. */
const namespaceOf = (name: string): string => `el${String(process.pid)}${name}`
