import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { installDebianPackage } from '#build/debian-package.mjs'
import { freePort } from './free-port.ts'

const PROGRAM = 'redis-server'
const START_MS = 10_000

const isInstalled = (): boolean => spawnSync(PROGRAM, ['--version'], { stdio: 'ignore' }).error === undefined

/**
 * Why Redis cannot be had here; null when it can. Installs Debian's package where that may be done and has no side effect:
 * with systemd it would start as a service for everybody.
 */
export const whyNoRedis = async (): Promise<string | null> => {
  if (isInstalled()) return null
  const hasServices = existsSync('/run/systemd/system')
  const install = { root: process.cwd(), name: PROGRAM, title: 'Redis' }
  const wasInstalled = !hasServices && (await installDebianPackage(install).catch(() => false))
  return wasInstalled && isInstalled() ? null : 'Redis (redis-server) is not installed'
}

interface RedisOptions {
  /** It keeps its data over a restart; otherwise it comes back empty. */
  readonly appendOnly?: boolean
  readonly password?: string
}

/** Resolves at the line that says so; rejects when it ends before or is too slow. */
const isReady = async (child: ChildProcess): Promise<void> => {
  const said: string[] = []
  const ready = Promise.withResolvers<undefined>()
  const fail = () => ready.reject(new Error(`Redis did not start: ${said.slice(-5).join('\n')}`))
  child.once('error', fail)
  child.once('exit', fail)
  const timer = setTimeout(fail, START_MS)
  createInterface(child.stdout!).on('line', (line) => {
    said.push(line)
    if (line.includes('Ready to accept connections')) ready.resolve(undefined)
  })
  try {
    await ready.promise
  } finally {
    clearTimeout(timer)
    child.off('error', fail)
    child.off('exit', fail)
  }
}

/** A real Redis on loopback, with a folder of its own. */
export class RedisServer {
  readonly port: number
  readonly #folder: string
  readonly #options: RedisOptions
  #child: ChildProcess | null = null

  private constructor(port: number, folder: string, options: RedisOptions) {
    this.port = port
    this.#folder = folder
    this.#options = options
  }

  static async start(options: RedisOptions = {}): Promise<RedisServer> {
    const why = await whyNoRedis()
    if (why !== null) throw new Error(why)
    const folder = await mkdtemp(join(tmpdir(), 'earshot-redis-'))
    const redis = new RedisServer(await freePort(), folder, options)
    try {
      await redis.restart()
      return redis
    } catch (error) {
      await redis.close()
      throw error
    }
  }

  get url(): string {
    const { password } = this.#options
    return `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${this.port}`
  }

  /** As when the machine loses its power. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** It takes its time to write what it has to; then it is gone. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** At the same address, with what it wrote. Kills it first when it still runs. */
  async restart(): Promise<void> {
    await this.kill()
    const { appendOnly = false, password } = this.#options
    const settings = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.#folder,
      save: '',
      appendonly: appendOnly ? 'yes' : 'no',
      appendfsync: 'always',
      ...(password === undefined ? {} : { requirepass: password }),
    }
    const child = spawn(
      PROGRAM,
      Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      { stdio: ['ignore', 'pipe', 'inherit'], cwd: this.#folder },
    )
    this.#child = child
    await isReady(child)
  }

  /** Removes what it wrote; only while it does not run. */
  async forget(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
    await mkdir(this.#folder)
  }

  /** Kills it and removes what it wrote. Twice is no error. */
  async close(): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}
