import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { TlsIdentity } from '#electron/certificates.ts'
import type { HostAddress, HostState } from '#electron/ipc.ts'
import type { HostChildEvents, StartHostChild } from '#electron/host-child.ts'
import type { HostOrder } from '#electron/host-messages.ts'
import type { Log } from '#electron/log.ts'
import { SignallingHost } from '#electron/signalling-host.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const silent: Log = { error: () => undefined, warn: () => undefined, info: () => undefined, scoped: () => silent }
const wifi: HostAddress = { card: 'wlan0', family: 'IPv4', address: '192.168.1.20', isVirtual: false }

/** What is shown under these addresses; the key is the same for all. */
const identityAt = (addresses: readonly HostAddress[]): TlsIdentity => {
  const names = addresses.map(({ address }) => address).join(' ')
  return { key: 'key', certificate: `certificate ${names}`, identity: { pin: 'pin', fingerprint: names } }
}

/** Plays the child processes: only Electron can start real ones. */
class Children {
  /** They then do nothing when they are told to stop. */
  areStuck = false
  readonly started: (HostChildEvents & { orders: HostOrder[]; wasKilled: boolean })[] = []
  readonly start: StartHostChild = (events) => {
    const child = { ...events, orders: [] as HostOrder[], wasKilled: false }
    this.started.push(child)
    return {
      order: (order) => {
        child.orders.push(order)
        if (order.kind === 'stop' && !this.areStuck) queueMicrotask(() => child.onExit(0))
      },
      kill: () => {
        child.wasKilled = true
      },
    }
  }
  get last() {
    return this.started.at(-1)!
  }
  get ports(): number[] {
    const [order] = this.last.orders
    return order?.kind === 'start' ? order.ports : []
  }
  async listen(port: number): Promise<void> {
    this.last.onReport({ kind: 'ready' })
    this.last.onReport({ kind: 'listening', port })
    await vi.advanceTimersByTimeAsync(0)
  }
}

interface Changes {
  readonly checkServer?: () => Promise<boolean>
  readonly addresses?: () => readonly HostAddress[]
  readonly identityFor?: (addresses: readonly HostAddress[]) => Promise<TlsIdentity>
}

const setUp = (changes: Changes = {}) => {
  const children = new Children()
  const states: HostState[] = []
  const host = new SignallingHost({
    startChild: children.start,
    wantedPort: () => 8001,
    order: { pageDir: '/page', dataDir: '/data', allowedOrigins: [], ownerKey: 'o'.repeat(22) },
    readAddresses: () => Promise.resolve(changes.addresses?.() ?? [wifi]),
    identityFor: changes.identityFor ?? ((addresses) => Promise.resolve(identityAt(addresses))),
    checkServer: changes.checkServer ?? (() => Promise.resolve(true)),
    onChange: (state) => void states.push(state),
    log: silent,
  })
  /** Starts it and lets the child come up. */
  const start = async () => {
    const answer = host.start()
    await vi.advanceTimersByTimeAsync(0)
    return answer
  }
  const phases = () =>
    states.map((state) => (state.phase === 'restarting' ? `${state.phase} ${state.attempt}` : state.phase))
  return { children, host, states, start, phases }
}

test('twenty ports are tried, the wanted one first', async () => {
  const { children, start } = setUp()
  void start()
  await vi.advanceTimersByTimeAsync(0)
  children.last.onReport({ kind: 'ready' })
  expect(children.ports).toEqual(Array.from({ length: 20 }, (_, index) => 8001 + index))
})

test('no free port is a failure that is said, and can be tried again', async () => {
  const { children, host, start } = setUp()
  const answer = start()
  await vi.advanceTimersByTimeAsync(0)
  children.last.onReport({ kind: 'ready' })
  children.last.onReport({ kind: 'no-free-port' })
  expect(await answer).toEqual({ phase: 'failed', reason: 'no-free-port' })
  expect(children.last.wasKilled).toBe(true)
  const again = start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  expect(await again).toMatchObject({ phase: 'running', port: 8001 })
  expect(host.state.phase).toBe('running')
})

test('a start that hangs fails after 15 s, and its process is ended', async () => {
  const { children, start } = setUp()
  const answer = start()
  await vi.advanceTimersByTimeAsync(15_000)
  expect(await answer).toEqual({ phase: 'failed', reason: 'start-timed-out' })
  expect(children.last.wasKilled).toBe(true)
})

test('two starts at once start one process and get one answer', async () => {
  const { children, host } = setUp()
  const answers = Promise.all([host.start(), host.start()])
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  const [first, second] = await answers
  expect(first).toBe(second)
  expect(children.started).toHaveLength(1)
})

test('a server that crashes is restarted three times with growing waits, then hosting has failed', async () => {
  const { children, start, phases } = setUp()
  const answer = start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8002)
  await answer
  for (const waitMs of [250, 1000, 3000]) {
    const before = children.started.length
    children.last.onExit(1)
    await vi.advanceTimersByTimeAsync(waitMs - 1)
    expect(children.started).toHaveLength(before)
    await vi.advanceTimersByTimeAsync(1)
    await children.listen(8002)
    expect(children.ports.slice(0, 3)).toEqual([8002, 8001, 8003])
  }
  children.last.onExit(1)
  expect(phases().slice(-8)).toEqual([
    'running',
    'restarting 1',
    'running',
    'restarting 2',
    'running',
    'restarting 3',
    'running',
    'failed',
  ])
})

test('a server that ran for a minute gets all its tries again', async () => {
  const { children, start, phases } = setUp()
  void start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  children.last.onExit(1)
  await vi.advanceTimersByTimeAsync(250)
  await children.listen(8001)
  await vi.advanceTimersByTimeAsync(60_000)
  children.last.onExit(1)
  expect(phases().at(-1)).toBe('restarting 1')
})

test('a port that does not answer as an Earshot server counts as a crash', async () => {
  const { children, start, phases } = setUp({ checkServer: () => Promise.resolve(false) })
  void start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  expect(phases().at(-1)).toBe('restarting 1')
  expect(children.last.wasKilled).toBe(true)
})

test('stopping while it restarts leaves it off', async () => {
  const { children, host, start } = setUp()
  void start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  children.last.onExit(1)
  expect(await host.stop()).toEqual({ phase: 'off' })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(children.started).toHaveLength(1)
})

test('stopping while it starts answers whoever waits for the start', async () => {
  const { host, start } = setUp()
  const answer = start()
  await vi.advanceTimersByTimeAsync(0)
  await host.stop()
  expect(await answer).toEqual({ phase: 'off' })
})

test('a server that does not stop is ended after 3 s', async () => {
  const { children, host, start } = setUp()
  void start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  const child = children.last
  children.areStuck = true
  const stopping = host.stop()
  await vi.advanceTimersByTimeAsync(3000)
  expect(child.wasKilled).toBe(true)
  child.onExit(15)
  expect(await stopping).toEqual({ phase: 'off' })
})

test('a word of a former process changes nothing', async () => {
  const { children, host, start } = setUp()
  void start()
  await vi.advanceTimersByTimeAsync(0)
  const [former] = children.started
  await host.stop()
  former!.onReport({ kind: 'listening', port: 8001 })
  await vi.advanceTimersByTimeAsync(0)
  expect(host.state).toEqual({ phase: 'off' })
})

test('changed addresses are told, the same ones are not', async () => {
  let addresses: readonly HostAddress[] = [wifi]
  const { children, host, states, start } = setUp({ addresses: () => addresses })
  void start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  const told = states.length
  await host.refreshAddresses()
  expect(states).toHaveLength(told)
  addresses = [{ ...wifi, address: '192.168.1.21' }]
  await host.refreshAddresses()
  expect(states.at(-1)).toMatchObject({ phase: 'running', addresses: [{ address: '192.168.1.21' }] })
})

test('the server is given the key and the certificate that others know it by', async () => {
  const { children, start } = setUp()
  const answer = start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  expect(children.last.orders).toMatchObject([
    { kind: 'start', tls: { key: 'key', certificate: 'certificate 192.168.1.20' } },
  ])
  expect(await answer).toMatchObject({ phase: 'running', identity: { pin: 'pin', fingerprint: '192.168.1.20' } })
})

test('the server has a certificate for new addresses before they are told', async () => {
  let addresses: readonly HostAddress[] = [wifi]
  const { children, host, states, start } = setUp({ addresses: () => addresses })
  void start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  addresses = [{ ...wifi, address: '192.168.1.21' }]
  const ordered: number[] = []
  const { orders } = children.last
  orders.push = (order) => {
    ordered.push(states.length)
    return Array.prototype.push.call(orders, order)
  }
  const told = states.length
  await host.refreshAddresses()
  expect(orders.at(-1)).toEqual({ kind: 'certificate', tls: { key: 'key', certificate: 'certificate 192.168.1.21' } })
  expect(ordered).toEqual([told])
  expect(states.at(-1)).toMatchObject({ identity: { pin: 'pin', fingerprint: '192.168.1.21' } })
})

test('addresses that change while the server starts get their certificate, too', async () => {
  let addresses: readonly HostAddress[] = [wifi]
  const { children, host, start } = setUp({ addresses: () => addresses })
  const answer = start()
  await vi.advanceTimersByTimeAsync(0)
  addresses = [{ ...wifi, address: '192.168.1.21' }]
  await host.refreshAddresses()
  await children.listen(8001)
  expect(children.last.orders.map(({ kind }) => kind)).toEqual(['start', 'certificate'])
  expect(await answer).toMatchObject({
    addresses: [{ address: '192.168.1.21' }],
    identity: { fingerprint: '192.168.1.21' },
  })
})

test('new addresses are told although no certificate could be made for them; the key is the same', async () => {
  let addresses: readonly HostAddress[] = [wifi]
  const { children, host, states, start } = setUp({
    addresses: () => addresses,
    identityFor: (wanted) =>
      wanted[0] === wifi ? Promise.resolve(identityAt(wanted)) : Promise.reject(new Error('No entropy')),
  })
  void start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  addresses = [{ ...wifi, address: '192.168.1.21' }]
  await host.refreshAddresses()
  expect(children.last.orders.map(({ kind }) => kind)).toEqual(['start'])
  expect(states.at(-1)).toMatchObject({
    phase: 'running',
    addresses: [{ address: '192.168.1.21' }],
    identity: { pin: 'pin', fingerprint: '192.168.1.20' },
  })
})

test('without anything to prove itself with no server is started, and hosting has failed', async () => {
  let isBroken = true
  const { children, start } = setUp({
    identityFor: (addresses) =>
      isBroken ? Promise.reject(new Error('No entropy')) : Promise.resolve(identityAt(addresses)),
  })
  expect(await start()).toEqual({ phase: 'failed', reason: 'crashed' })
  expect(children.started).toEqual([])
  isBroken = false
  const again = start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  expect(await again).toMatchObject({ phase: 'running' })
})

test('a keychain that asks the person takes nothing from the time for starting, and stopping meanwhile starts nothing', async () => {
  const asked = Promise.withResolvers<TlsIdentity>()
  const { children, host } = setUp({ identityFor: () => asked.promise })
  const first = host.start()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(host.state).toEqual({ phase: 'starting', step: 'process' })
  await host.stop()
  expect(await first).toEqual({ phase: 'off' })
  const second = host.start()
  asked.resolve(identityAt([wifi]))
  await vi.advanceTimersByTimeAsync(0)
  expect(children.started).toHaveLength(1)
  await children.listen(8001)
  expect(await second).toMatchObject({ phase: 'running' })
})

test('whether others have reached the server is known from its first word of it until the next start', async () => {
  const { children, host, start } = setUp()
  void start()
  await vi.advanceTimersByTimeAsync(0)
  await children.listen(8001)
  expect(host.wasReached).toBe(false)
  children.last.onReport({ kind: 'reached' })
  expect(host.wasReached).toBe(true)
  children.last.onExit(1)
  await vi.advanceTimersByTimeAsync(250)
  await children.listen(8001)
  expect(host.wasReached).toBe(true)
  await host.stop()
  void start()
  await vi.advanceTimersByTimeAsync(0)
  expect(host.wasReached).toBe(false)
})
