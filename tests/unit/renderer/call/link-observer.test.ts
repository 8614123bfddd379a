import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { LinkReport } from '#signalling/protocol.ts'
import type { LinkPhase, Path } from '#renderer/call/call-state.ts'
import { LinkObserver } from '#renderer/call/link-observer.ts'

const observed: LinkReport = { networks: ['192.168.1'], isHidden: false, hasVpn: false, sent: 9, heard: 0, answered: 0 }

/** One side, and what it tells the other. */
class Side {
  observation: LinkReport | null = observed
  hasVpn = false
  canSend = true
  readonly sent: LinkReport[] = []
  readonly kinds: (string | null)[] = []
  readonly observer: LinkObserver
  other: Side | null = null
  phase: LinkPhase = 'connecting'
  path: Path = 'unknown'

  constructor(observation: Partial<LinkReport> = {}) {
    this.observation = { ...observed, ...observation }
    this.observer = new LinkObserver({
      observe: () => Promise.resolve(this.observation),
      hasVpn: () => Promise.resolve(this.hasVpn),
      send: (report) => {
        if (!this.canSend) return false
        this.sent.push(report)
        this.other?.observer.take(report)
        return true
      },
      log: () => undefined,
    })
    this.observer.on('changed', ({ trouble, detour }) => {
      this.kinds.push(trouble?.kind ?? detour?.kind ?? null)
    })
    onTestFinished(() => {
      this.observer.close()
    })
  }

  be(phase: LinkPhase, path: Path = 'unknown'): void {
    this.observer.follow(phase, path)
  }
}

const pairOf = (one: Partial<LinkReport> = {}, other: Partial<LinkReport> = {}): [Side, Side] => {
  const [here, there] = [new Side(one), new Side(other)]
  here.other = there
  there.other = here
  return [here, there]
}
const pass = async (ms: number) => await vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a link that does not come about', () => {
  it('has the same cause on both sides within 8 s, each from its own', async () => {
    const [here, there] = pairOf({ heard: 20 }, {})
    here.be('connecting')
    await pass(1500)
    there.be('connecting')
    await pass(6500)
    const found: unknown[] = []
    for (const side of [here, there]) found.push(side.kinds)
    expect(found).toEqual([['firewall'], ['firewall']])
  })

  it('tells what this side sees after 3 s and every 3 s, and more seldom after a minute', async () => {
    const [here] = pairOf()
    here.be('connecting')
    await pass(2999)
    expect(here.sent).toHaveLength(0)
    await pass(57_001)
    expect(here.sent).toHaveLength(20)
    await pass(60_000)
    expect(here.sent).toHaveLength(24)
  })

  it('has no cause while the other side tells nothing, or nothing can be told to it', async () => {
    const [here, there] = pairOf()
    here.be('connecting')
    await pass(30_000)
    expect(here.kinds).toEqual([])
    there.canSend = false
    there.be('connecting')
    await pass(30_000)
    expect(here.kinds).toEqual([])
    expect(there.kinds).toEqual([])
  })

  it('has none any more once it is connected', async () => {
    const [here, there] = pairOf()
    for (const side of [here, there]) side.be('connecting')
    await pass(6000)
    expect(here.kinds).toEqual(['isolated'])
    for (const side of [here, there]) side.be('connected', 'direct')
    expect(here.kinds).toEqual(['isolated', null])
    const told = here.sent.length
    await pass(60_000)
    expect(here.sent).toHaveLength(told)
  })

  it('keeps its cause while a new connection has not seen enough, and takes a better one', async () => {
    const [here, there] = pairOf()
    for (const side of [here, there]) side.be('connecting')
    await pass(6000)
    here.observation = { ...observed, sent: 1 }
    await pass(3000)
    expect(here.kinds).toEqual(['isolated'])
    here.observation = { ...observed, heard: 9 }
    await pass(3000)
    expect([here.kinds, there.kinds]).toEqual([
      ['isolated', 'firewall'],
      ['isolated', 'firewall'],
    ])
  })

  it('is laid to a VPN that the desktop knows of', async () => {
    const [here, there] = pairOf()
    there.hasVpn = true
    for (const side of [here, there]) side.be('connecting')
    await pass(6000)
    expect([here.kinds, there.kinds]).toEqual([['vpn'], ['vpn']])
  })
})

describe('a link that is lost', () => {
  it('is judged by what arrives from then on', async () => {
    const [here, there] = pairOf({ sent: 500, heard: 500, answered: 500 }, { sent: 500, heard: 500, answered: 500 })
    for (const side of [here, there]) side.be('connected', 'direct')
    await pass(60_000)
    for (const side of [here, there]) {
      side.be('reconnecting')
      await pass(0)
      side.observation = { ...observed, sent: 520, heard: 500, answered: 500 }
    }
    await pass(8000)
    expect([here.kinds, there.kinds]).toEqual([['isolated'], ['isolated']])
  })
})

describe('a link that is well', () => {
  it.each([0, 500, 1500, 2999, 4000, 4900])('never has a cause when it is connected after %i ms', async (afterMs) => {
    const [here, there] = pairOf()
    for (const side of [here, there]) side.be('connecting')
    await pass(afterMs)
    for (const side of [here, there]) side.be('connected', 'direct')
    await pass(20_000)
    expect([here.kinds, there.kinds]).toEqual([[], []])
  })

  it('never has one when it is lost for a moment again and again', async () => {
    const [here, there] = pairOf()
    for (let round = 0; round < 20; round++) {
      for (const side of [here, there]) side.be('reconnecting')
      await pass(2900)
      for (const side of [here, there]) side.be('connected', 'direct')
      await pass(100)
    }
    expect([here.kinds, there.kinds]).toEqual([[], []])
    expect([...here.sent, ...there.sent]).toEqual([])
  })
})

describe('a link through a relay', () => {
  it('tells what keeps the two from the direct path, after two reports', async () => {
    const [here, there] = pairOf()
    for (const side of [here, there]) side.be('connected', 'host')
    await pass(60_000)
    expect([here.kinds, there.kinds]).toEqual([['isolated'], ['isolated']])
    expect(here.sent).toHaveLength(2)
    for (const side of [here, there]) side.be('connected', 'direct')
    expect(here.kinds).toEqual(['isolated', null])
  })

  it('keeps the cause that was known before the relay was found', async () => {
    const [here, there] = pairOf()
    for (const side of [here, there]) side.be('connecting')
    await pass(6000)
    const found: unknown[] = []
    here.observer.on('changed', ({ trouble, detour }) => {
      found.push([trouble, detour?.kind])
    })
    here.be('connected', 'relay')
    expect(found).toEqual([[null, 'isolated']])
  })
})

describe('reports of a side that means no good', () => {
  it('change nothing on a link that is well, and count no oftener than once a second on another', async () => {
    const [here] = pairOf()
    here.be('connected', 'direct')
    for (let count = 0; count < 1000; count++) here.observer.take(observed)
    await pass(10_000)
    expect(here.kinds).toEqual([])
    here.be('reconnecting')
    await pass(6000)
    const judged: unknown[] = []
    here.observer.on('changed', (finding) => judged.push(finding))
    for (let count = 0; count < 1000; count++) here.observer.take({ ...observed, heard: count % 2 })
    expect(judged.length).toBeLessThanOrEqual(1)
  })

  it('are not looked at after the end', async () => {
    const [here] = pairOf()
    here.be('connecting')
    await pass(6000)
    here.observer.close()
    here.observer.take(observed)
    await pass(60_000)
    expect(here.kinds).toEqual([])
    expect(here.sent).toHaveLength(2)
  })
})
