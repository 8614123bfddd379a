import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ip = async (...args: string[]) => await run('ip', args)

/** Why network namespaces cannot be had here; null when they can. */
export const whyNoNamespaces = async (): Promise<string | null> => {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const name = `probe${process.pid}`
  try {
    await ip('netns', 'add', name)
    await ip('netns', 'del', name)
    return null
  } catch (cause) {
    return `network namespaces are not allowed here (${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : ''})`
  }
}

/**
 * A local network of its own: one namespace per computer, joined by a bridge, no route to anywhere else. Computers get
 * 10.79.0.1, .2, .3 … in the order named. Names are made unique per process because namespaces are global.
 */
export class Lan {
  readonly #suffix = String(process.pid)
  readonly #names: readonly string[]
  #folder: string | undefined

  private constructor(names: readonly string[]) {
    this.#names = names
  }

  static async create(names: readonly string[]): Promise<Lan> {
    const lan = new Lan(names)
    try {
      await lan.#build()
      return lan
    } catch (cause) {
      await lan.close()
      throw cause
    }
  }

  async #build(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'earshot-lan-'))
    const hub = this.#namespace('hub')
    await ip('netns', 'add', hub)
    await ip('-n', hub, 'link', 'add', 'br0', 'type', 'bridge')
    await ip('-n', hub, 'link', 'set', 'br0', 'up')
    for (const name of this.#names) await this.#plugIn(name, hub)
  }

  async #plugIn(name: string, hub: string): Promise<void> {
    const own = this.#namespace(name)
    await ip('netns', 'add', own)
    await ip('-n', own, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', name, 'netns', hub)
    await ip('-n', hub, 'link', 'set', name, 'master', 'br0', 'up')
    await ip('-n', own, 'address', 'add', `${this.address(name)}/24`, 'dev', 'eth0')
    await ip('-n', own, 'link', 'set', 'lo', 'up')
    await ip('-n', own, 'link', 'set', 'eth0', 'up')
    // Without a default route Chromium gathers no candidates for the card it would choose.
    await ip('-n', own, 'route', 'add', 'default', 'via', '10.79.0.254')
  }

  #namespace(name: string): string {
    return `es${this.#suffix}${name}`
  }

  address(name: string): string {
    return `10.79.0.${this.#names.indexOf(name) + 1}`
  }

  /** The words that run a command on that computer. */
  prefix(name: string): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#namespace(name)]
  }

  /** An executable that runs `program` on that computer, for launchers that take a path only. */
  async wrapper(name: string, program: string): Promise<string> {
    const path = join(this.#folder ?? tmpdir(), `${name}.sh`)
    await writeFile(path, `#!/bin/sh\nexec ${this.prefix(name).join(' ')} ${program} "$@"\n`)
    await chmod(path, 0o755)
    return path
  }

  /** Cuts a computer's path in silence (as a pulled cable at the far end does), or restores it. */
  async setPath(name: string, isOpen: boolean): Promise<void> {
    await ip('-n', this.#namespace('hub'), 'link', 'set', name, isOpen ? 'up' : 'down')
  }

  async close(): Promise<void> {
    for (const name of [...this.#names, 'hub']) await ip('netns', 'del', this.#namespace(name)).catch(() => undefined)
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true })
  }
}
