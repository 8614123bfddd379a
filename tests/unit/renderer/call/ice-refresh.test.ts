import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Emitter } from '#renderer/call/emitter.ts'
import { IceRefresh } from '#renderer/call/ice-refresh.ts'
import { refuse, type Session } from '#renderer/call/server-words.ts'
import type { Signalling, SignallingEvents } from '#renderer/call/signalling.ts'
import { eventually } from './await-media.ts'
import { collectConnections } from './link-pair.ts'
import { ServerDouble } from './server-double.ts'
import { enter } from './somebody.ts'

const turn = (username: string): Session['iceServers'][number] => ({
  urls: 'turn:192.0.2.1',
  username,
  credential: 'secret',
})

const open = (iceLifetimeMs?: number) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const events = new Emitter<SignallingEvents>()
  const taken: string[] = []
  const server = { asked: 0, isDown: false }
  const request = () => {
    server.asked++
    if (server.isDown) return Promise.resolve(refuse('disconnected'))
    return Promise.resolve({ ok: true, value: { iceServers: [turn(String(server.asked))], iceLifetimeMs: 60_000 } })
  }
  const refresh = new IceRefresh({
    signalling: { on: events.on.bind(events), request: request as Signalling['request'] },
    session: { iceServers: [turn('0')], ...(iceLifetimeMs !== undefined && { iceLifetimeMs }) },
    onRefreshed: (iceServers) => taken.push(...iceServers.map(({ username = '' }) => username)),
  })
  onTestFinished(() => refresh.close())
  return { events, taken, server, refresh }
}

describe('credentials that run out', () => {
  it('are renewed in time, again and again', async () => {
    const { taken } = open(100_000)
    await vi.advanceTimersByTimeAsync(74_999)
    expect(taken).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(taken).toEqual(['1'])
    await vi.advanceTimersByTimeAsync(90_000)
    expect(taken).toEqual(['1', '2', '3'])
  })

  it('are asked for again when the server is not there, and taken from a new session', async () => {
    const { taken, server, events } = open(100_000)
    server.isDown = true
    await vi.advanceTimersByTimeAsync(110_000)
    expect([server.asked, taken]).toEqual([2, []])
    server.isDown = false
    events.emit('opened', { peerId: 'x', iceServers: [turn('new')], iceLifetimeMs: 1_000_000 })
    expect(taken).toEqual(['new'])
    await vi.advanceTimersByTimeAsync(749_000)
    expect(server.asked).toBe(2)
  })

  it('are not asked for when nothing runs out, nor after the end', async () => {
    const never = open()
    await vi.advanceTimersByTimeAsync(10 ** 9)
    expect(never.server.asked).toBe(0)
    const { server, refresh } = open(100_000)
    refresh.close()
    await vi.advanceTimersByTimeAsync(10 ** 6)
    expect(server.asked).toBe(0)
  })

  it('reach the connections there are, which go on', async () => {
    const connections = collectConnections()
    const server = new ServerDouble()
    const [ann] = await enter(server, 'Ann', 'Ben')
    ann!.client!.renew(turn('new'))
    const isNew = (rtc: RTCPeerConnection) => rtc.getConfiguration().iceServers?.[0]?.username === 'new'
    await eventually(() => {
      const [renewed] = connections.filter((rtc) => isNew(rtc) && rtc.connectionState === 'connected')
      expect(renewed).toBeDefined()
    })
    expect(connections.filter(({ connectionState }) => connectionState === 'connected')).toHaveLength(2)
    await ann!.sees('Ben')
  })
})
