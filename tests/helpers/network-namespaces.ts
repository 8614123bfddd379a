import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installDebianPackage } from '#build/debian-package.mjs'

const run = promisify(execFile)
const ip = async (...args: string[]) => await run('ip', args)
const SHAPER = join(import.meta.dirname, '../lan/shaper.pl')

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

const isThere = async (program: string): Promise<boolean> =>
  await run(program, ['--version']).then(
    () => true,
    () => false,
  )

/** As `whyNoNamespaces`, for networks with faults; gets what makes these onto this machine where that may be done. */
export const whyNoFaults = async (): Promise<string | null> => {
  const reason = await whyNoNamespaces()
  if (reason !== null) return reason
  const root = join(import.meta.dirname, '../..')
  for (const [program, name] of [
    ['nft', 'nftables'],
    ['perl', 'perl'],
  ] as const) {
    if (await isThere(program)) continue
    await installDebianPackage({ root, name, title: name }).catch(() => false)
    if (!(await isThere(program))) return `needs ${program} (Debian's package ${name})`
  }
  return null
}

/** Which IP versions a network speaks. */
export type IpVersions = 'IPv4' | 'IPv6' | 'both'

/**
 * A local network of its own: one namespace per computer, joined by a bridge, no route to anywhere else. Computers get
 * 10.79.0.1, .2, .3 … and fd79::1, ::2, ::3 … in the order named. Names are made unique per process because namespaces are
 * global.
 */
export class Lan {
  readonly #suffix = String(process.pid)
  readonly #names: readonly string[]
  readonly #versions: IpVersions
  readonly #shapers = new Map<string, ChildProcess>()
  #folder: string | undefined
  #splitOff: readonly string[] = []

  private constructor(names: readonly string[], versions: IpVersions) {
    this.#names = names
    this.#versions = versions
  }

  static async create(names: readonly string[], versions: IpVersions = 'IPv4'): Promise<Lan> {
    const lan = new Lan(names, versions)
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
    const { hub } = this
    await ip('netns', 'add', hub)
    await ip('-n', hub, 'link', 'add', 'br0', 'type', 'bridge')
    await ip('-n', hub, 'link', 'set', 'br0', 'up')
    for (const name of this.#names) await this.#plugIn(name, hub)
  }

  async #plugIn(name: string, hub: string): Promise<void> {
    const own = this.namespace(name)
    await ip('netns', 'add', own)
    await ip('-n', own, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', name, 'netns', hub)
    await ip('-n', hub, 'link', 'set', 'dev', name, 'master', 'br0', 'up')
    if (this.#versions === 'IPv4') await this.in(name, 'sysctl', '-qw', 'net.ipv6.conf.eth0.disable_ipv6=1')
    await ip('-n', own, 'link', 'set', 'lo', 'up')
    await ip('-n', own, 'link', 'set', 'eth0', 'up')
    // Without a default route Chromium gathers no candidates for the card it would choose.
    if (this.#versions !== 'IPv6') await this.#giveAddress(name, this.address(name), '10.79.0.254', '24')
    if (this.#versions !== 'IPv4') await this.#giveAddress(name, this.address6(name), 'fd79::fe', '64')
  }

  async #giveAddress(name: string, address: string, router: string, prefixLength: string): Promise<void> {
    const own = this.namespace(name)
    const unchecked = router.includes(':') ? ['nodad'] : []
    await ip('-n', own, 'address', 'add', `${address}/${prefixLength}`, 'dev', 'eth0', ...unchecked)
    await ip('-n', own, 'route', 'replace', 'default', 'via', router, 'dev', 'eth0')
  }

  /** The namespace that holds the bridge; in it each computer's end of the cable has the computer's name. */
  get hub(): string {
    return this.namespace('hub')
  }

  namespace(name: string): string {
    return `es${this.#suffix}${name}`
  }

  address(name: string): string {
    return `10.79.0.${this.#names.indexOf(name) + 1}`
  }

  address6(name: string): string {
    return `fd79::${this.#names.indexOf(name) + 1}`
  }

  /** Runs a command on that computer; rejects when it fails. */
  async in(name: string, command: string, ...args: string[]): Promise<void> {
    const [first, ...rest] = this.prefix(name)
    await run(first, [...rest, command, ...args])
  }

  /** The words that run a command on that computer. */
  prefix(name: string): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.namespace(name)]
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
    await ip('-n', this.hub, 'link', 'set', 'dev', name, isOpen ? 'up' : 'down')
  }

  /** As when its power fails: it is off the network at once, so that it says no goodbye, and nothing runs on it any more. */
  async switchOff(name: string): Promise<void> {
    await this.setPath(name, false)
    const { stdout } = await ip('netns', 'pids', this.namespace(name))
    for (const pid of stdout.split('\n').filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {
        // Gone with one that came before it.
      }
    }
  }

  /** As when the cable between two switches is pulled: these computers reach each other and nobody else. */
  async split(...names: string[]): Promise<void> {
    await ip('-n', this.hub, 'link', 'add', 'br1', 'type', 'bridge')
    await ip('-n', this.hub, 'link', 'set', 'br1', 'up')
    for (const name of names) await ip('-n', this.hub, 'link', 'set', 'dev', name, 'master', 'br1')
    this.#splitOff = names
  }

  /** Ends the split. */
  async heal(): Promise<void> {
    for (const name of this.#splitOff) await ip('-n', this.hub, 'link', 'set', 'dev', name, 'master', 'br0')
    this.#splitOff = []
    await ip('-n', this.hub, 'link', 'del', 'br1')
  }

  /** As DHCP does to a computer that moves: another IPv4 address takes the place of the one it had. */
  async moveAddress(name: string, address: string): Promise<void> {
    await ip('-n', this.namespace(name), '-4', 'address', 'flush', 'dev', 'eth0')
    await this.#giveAddress(name, address, '10.79.0.254', '24')
  }

  /** A card that leads nowhere and has the default route, as a VPN whose far end is gone. */
  async addDeadCard(name: string, card: string, address: string): Promise<void> {
    const own = this.namespace(name)
    const farEnd = `${name}-${card}`
    await ip('-n', own, 'link', 'add', card, 'type', 'veth', 'peer', 'name', farEnd, 'netns', this.hub)
    await ip('-n', this.hub, 'link', 'set', 'dev', farEnd, 'up')
    await ip('-n', own, 'address', 'add', `${address}/24`, 'dev', card)
    await ip('-n', own, 'link', 'set', card, 'up')
    await ip('-n', own, 'route', 'replace', 'default', 'dev', card)
  }

  /** As guest Wi-Fis do: computers that are isolated reach those that are not, and not each other. */
  async isolate(...names: string[]): Promise<void> {
    await this.#setIsolated(names, 'on')
  }

  /** Ends their isolation. */
  async join(...names: string[]): Promise<void> {
    await this.#setIsolated(names, 'off')
  }

  async #setIsolated(names: readonly string[], isolated: 'on' | 'off'): Promise<void> {
    for (const name of names) await run('bridge', ['-n', this.hub, 'link', 'set', 'dev', name, 'isolated', isolated])
  }

  /**
   * Makes the cable of a computer a bad one, in both directions. Not by netem: many kernels lack it. Answers when packets go
   * that way; may be called again with other numbers.
   */
  async shape(name: string, { delayMs, lossPercent }: { delayMs: number; lossPercent: number }): Promise<void> {
    const { hub } = this
    const devices = [`${name}-in`, `${name}-out`] as const
    if (!this.#shapers.has(name)) {
      const box = `${name}-box`
      await ip('-n', hub, 'link', 'add', box, 'type', 'bridge')
      await ip('-n', hub, 'link', 'set', 'dev', box, 'up')
      for (const device of devices) await ip('-n', hub, 'tuntap', 'add', 'dev', device, 'mode', 'tap')
      await ip('-n', hub, 'link', 'set', 'dev', devices[0], 'master', box, 'up')
      await ip('-n', hub, 'link', 'set', 'dev', devices[1], 'master', 'br0', 'up')
      await ip('-n', hub, 'link', 'set', 'dev', name, 'master', box)
    }
    await this.#stopShaper(name)
    const [command, ...args] = this.prefix('hub')
    const settings = [...devices, String(delayMs), String(lossPercent)]
    const shaper = spawn(command, [...args, 'perl', SHAPER, ...settings], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#shapers.set(name, shaper)
    await Promise.race([
      once(shaper.stdout, 'data'),
      once(shaper, 'exit').then(() => Promise.reject(new Error('The shaper ended'))),
    ])
  }

  async #stopShaper(name: string): Promise<void> {
    const shaper = this.#shapers.get(name)
    if (shaper === undefined || shaper.exitCode !== null) return
    const ended = once(shaper, 'exit')
    shaper.kill()
    await ended
  }

  /** What the firewall of a computer does not let in: rules of nftables, for example `udp dport 5353`. Replaces those before. */
  async block(name: string, ...rules: string[]): Promise<void> {
    await this.in(name, 'nft', 'flush', 'ruleset')
    const chain = `type filter hook input priority 0; ${rules.map((rule) => `${rule} drop;`).join(' ')}`
    if (rules.length > 0) await this.in(name, 'nft', `table inet firewall { chain incoming { ${chain} }; }`)
  }

  async close(): Promise<void> {
    for (const name of this.#shapers.keys()) await this.#stopShaper(name)
    for (const name of [...this.#names, 'hub']) await ip('netns', 'del', this.namespace(name)).catch(() => undefined)
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true })
  }
}
