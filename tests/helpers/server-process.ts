import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * The standalone signalling server as people run it, in a process of its own: started, killed, and started again on
 * the same port with the same data folder.
 */
export class ServerProcess {
  #child: ChildProcess | undefined
  #port = 0
  #dataDir: string | undefined
  readonly #command: readonly [string, ...string[]]
  readonly #script: string

  /**
   * `command` runs the server; a test in a network namespace puts `ip netns exec NAME` before it. `script`: gets its data folder
   * as the first argument, too.
   */
  constructor(command: readonly [string, ...string[]] = [process.execPath], script = 'signalling/main.ts') {
    this.#command = command
    this.#script = script
  }

  get url(): string {
    return `http://localhost:${this.#port}`
  }

  get port(): number {
    return this.#port
  }

  /** Resolves once the server has said that it listens; rejects when it ends before that. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#dataDir ??= await mkdtemp(join(tmpdir(), 'earshot-e2e-'))
    const [program, ...args] = this.#command
    const child = spawn(program, [...args, this.#script, this.#dataDir], {
      env: { ...process.env, PORT: String(this.#port), DATA_DIR: this.#dataDir, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    const [line] = (await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the server ended with code ${String(code)}`))),
    ])) as [string]
    this.#port = Number(new URL(line.replace('listening on ', '')).port)
  }

  /** As a crash would: no goodbye to anybody. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** As an administrator does: it says goodbye. */
  async stop(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }

  /** As a machine that is suspended: it stands still, and its connections stay open. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  /** It goes on where it stood still. */
  continue(): void {
    this.#child?.kill('SIGCONT')
  }

  async close(): Promise<void> {
    await this.kill()
    if (this.#dataDir) await rm(this.#dataDir, { recursive: true, force: true })
  }
}
