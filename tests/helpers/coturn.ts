import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installDebianPackage } from '#build/debian-package.mjs'
import { freePort } from './free-port.ts'

const PROGRAM = 'turnserver'
const START_MS = 10_000
const RELAY_PORTS = 100

const isInstalled = (): boolean => spawnSync(PROGRAM, ['--help'], { stdio: 'ignore' }).error === undefined

/**
 * Why the TURN server coturn cannot be had here; null when it can. Installs Debian's package where that may be done and has no
 * side effect: with systemd it would start as a service for everybody.
 */
export const whyNoCoturn = async (): Promise<string | null> => {
  if (isInstalled()) return null
  const hasServices = existsSync('/run/systemd/system')
  const install = { root: process.cwd(), name: 'coturn', title: 'coturn' }
  const wasInstalled = !hasServices && (await installDebianPackage(install).catch(() => false))
  return wasInstalled && isInstalled() ? null : 'the TURN server coturn is not installed'
}

const configuration = (port: number, secret: string, folder: string): string =>
  [
    `listening-port=${String(port)}`,
    'listening-ip=127.0.0.1',
    'relay-ip=127.0.0.1',
    `min-port=${String(port < 40_000 ? 50_000 : 30_000)}`,
    `max-port=${String((port < 40_000 ? 50_000 : 30_000) + RELAY_PORTS)}`,
    'fingerprint',
    'use-auth-secret',
    `static-auth-secret=${secret}`,
    'realm=earshot.test',
    'no-cli',
    'no-tls',
    'no-dtls',
    // The pages of the test are on this machine; a server for others refuses that.
    'allow-loopback-peers',
    'log-file=stdout',
    'simple-log',
    `pidfile=${join(folder, 'turnserver.pid')}`,
    `userdb=${join(folder, 'turndb')}`,
  ].join('\n')

/** A real TURN server on loopback. */
export class Coturn {
  readonly port: number
  readonly #child: ChildProcess
  readonly #folder: string

  private constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port
    this.#child = child
    this.#folder = folder
  }

  /** `more`: further lines of its configuration. */
  static async start(secret: string, more: readonly string[] = []): Promise<Coturn> {
    const folder = await mkdtemp(join(tmpdir(), 'earshot-turn-'))
    const port = await freePort()
    const file = join(folder, 'turnserver.conf')
    await writeFile(file, [configuration(port, secret, folder), ...more].join('\n'), { mode: 0o600 })
    const child = spawn(PROGRAM, ['-c', file], { stdio: 'ignore', cwd: folder })
    const coturn = new Coturn(port, child, folder)
    try {
      await answers(port)
      return coturn
    } catch (error) {
      await coturn.close()
      throw new Error('the TURN server did not start', { cause: error })
    }
  }

  get udpUrl(): string {
    return `turn:127.0.0.1:${String(this.port)}?transport=udp`
  }

  get tcpUrl(): string {
    return `turn:127.0.0.1:${String(this.port)}?transport=tcp`
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL')
      await once(this.#child, 'exit')
    }
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Asks it for nothing but an answer (RFC 8489, "Binding") until one comes. */
const answers = async (port: number): Promise<void> => {
  const socket = createSocket('udp4')
  const request = Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(12)])
  const asking = setInterval(() => socket.send(request, port, '127.0.0.1'), 50)
  try {
    await once(socket, 'message', { signal: AbortSignal.timeout(START_MS) })
  } finally {
    clearInterval(asking)
    socket.close()
  }
}
