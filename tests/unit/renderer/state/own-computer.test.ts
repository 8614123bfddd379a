import { describe, expect, it } from 'vitest'
import type { FoundHost, HostAddress, HostState, WantedHost } from '#electron/ipc.ts'
import { openOwnComputer } from '#renderer/state/own-computer.ts'

const identity = { pin: 'p'.repeat(43), fingerprint: 'AA' }
const cardAt = (address: string, more: Partial<HostAddress> = {}): HostAddress => ({
  ...{ card: 'en0', family: 'IPv4', address, isVirtual: false },
  ...more,
})
const runningAt = (...addresses: readonly HostAddress[]): HostState => ({
  ...{ phase: 'running', url: 'http://127.0.0.1:8001', port: 8001, takenPort: null, addresses, identity },
})

/** An app whose server is in this state, and comes to that one when it is started. */
const setUp = (state: HostState = { phase: 'off' }, started: HostState = runningAt(cardAt('192.168.1.20'))) => {
  const asked: string[] = []
  const wanted: WantedHost[] = []
  const found: FoundHost = { ok: false, problem: 'unreachable' }
  const app = { state }
  const desktop = {
    getHost: () => Promise.resolve(app.state),
    getHostKeys: () => Promise.resolve({ pin: identity.pin, ownerKey: 'o'.repeat(22) }),
    startHost: () => {
      asked.push('start')
      if (app.state.phase !== 'running') app.state = started
      return Promise.resolve(app.state)
    },
    stopHost: () => {
      asked.push('stop')
      app.state = { phase: 'off' }
      return Promise.resolve(app.state)
    },
    findHost: (host: WantedHost) => {
      wanted.push(host)
      return Promise.resolve(found)
    },
  }
  const settings = { mayInherit: true }
  const computer = openOwnComputer({ desktop, mayInherit: () => settings.mayInherit })
  return { computer, app, asked, wanted, found, settings }
}

describe('the server of this computer', () => {
  it('is started for a meeting, and ended when it is needed no more, once', async () => {
    const { computer, app, asked } = setUp()
    expect(await computer.startServer()).toEqual({
      url: 'http://127.0.0.1:8001',
      host: { pin: identity.pin, addresses: ['192.168.1.20:8001'] },
    })
    await computer.stopServer()
    await computer.stopServer()
    expect(asked).toEqual(['start', 'stop'])
    expect(app.state).toEqual({ phase: 'off' })
  })

  it('is used when it runs already, and left running', async () => {
    const { computer, app, asked } = setUp(runningAt(cardAt('10.0.0.5')))
    expect(await computer.startServer()).toMatchObject({ host: { addresses: ['10.0.0.5:8001'] } })
    await computer.stopServer()
    expect(asked).not.toContain('stop')
    expect(app.state.phase).toBe('running')
  })

  it.each<HostState>([
    { phase: 'starting', step: 'port' },
    { phase: 'restarting', attempt: 1 },
  ])('is left to whoever has it started when it is just $phase', async (state) => {
    const { computer, asked } = setUp(state)
    await computer.startServer()
    await computer.stopServer()
    expect(asked).toEqual(['start'])
  })

  it('is still ended when it was asked for twice', async () => {
    const { computer, asked } = setUp()
    await computer.startServer()
    await computer.startServer()
    await computer.stopServer()
    expect(asked).toEqual(['start', 'start', 'stop'])
  })

  it('is not ended before it was started', async () => {
    const { computer, asked } = setUp(runningAt())
    await computer.stopServer()
    expect(asked).toEqual([])
  })

  it('started by the person after a meeting had ended it, is left running', async () => {
    const { computer, app, asked } = setUp()
    await computer.startServer()
    await computer.stopServer()
    app.state = runningAt(cardAt('192.168.1.20'))
    await computer.startServer()
    await computer.stopServer()
    expect(asked).toEqual(['start', 'stop', 'start'])
  })

  it('is none when it does not start', async () => {
    const { computer } = setUp({ phase: 'off' }, { phase: 'failed', reason: 'no-free-port' })
    expect(await computer.startServer()).toBeNull()
  })

  it('after it failed, is tried again, and is ours to end', async () => {
    const { computer, asked } = setUp({ phase: 'failed', reason: 'crashed' })
    expect(await computer.startServer()).not.toBeNull()
    await computer.stopServer()
    expect(asked).toEqual(['start', 'stop'])
  })
})

describe('what others are told of it', () => {
  it('are the addresses that they can use, best first', async () => {
    const { computer } = setUp(
      { phase: 'off' },
      runningAt(
        cardAt('172.17.0.1', { isVirtual: true }),
        cardAt('8.8.8.8'),
        cardAt('127.0.0.1'),
        cardAt('192.168.1.20'),
        cardAt('fe80::1', { family: 'IPv6' }),
        cardAt('fd00::7', { family: 'IPv6' }),
      ),
    )
    const server = await computer.startServer()
    expect(server?.host.addresses).toEqual(['192.168.1.20:8001', '[fd00::7]:8001', '172.17.0.1:8001'])
  })

  it('are eight at most', async () => {
    const many = Array.from({ length: 20 }, (_, index) => cardAt(`10.0.0.${String(index + 1)}`))
    const { computer } = setUp({ phase: 'off' }, runningAt(...many))
    const server = await computer.startServer()
    expect(server?.host.addresses).toHaveLength(8)
    expect(server?.host.addresses[0]).toBe('10.0.0.1:8001')
  })

  it('is a server without an address when this computer is on no network', async () => {
    const { computer } = setUp({ phase: 'off' }, runningAt())
    expect(await computer.startServer()).toMatchObject({ host: { addresses: [] } })
  })
})

it('asks the app for its keys and for other computers, and the person at each time', async () => {
  const { computer, wanted, found, settings } = setUp()
  expect(await computer.keys()).toEqual({ pin: identity.pin, ownerKey: 'o'.repeat(22) })
  const host = { pin: identity.pin, addresses: ['10.0.0.9:8001'], code: 'k7mq2xvd9thr' }
  expect(await computer.findHost(host)).toEqual(found)
  expect(wanted).toEqual([host])
  expect(computer.mayInherit()).toBe(true)
  settings.mayInherit = false
  expect(computer.mayInherit()).toBe(false)
})
