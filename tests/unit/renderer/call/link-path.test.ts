import { afterEach, describe, expect, it, vi } from 'vitest'
import { configureLinks, makeCertificate } from '#renderer/call/link-configuration.ts'
import { DirectPathSearch, pathOf } from '#renderer/call/link-path.ts'
import type { PathEnd } from '#renderer/call/link-sample.ts'
import { silentLog } from '#renderer/call/log.ts'
import { eventually } from './await-media.ts'
import { expectConnected, makePair } from './link-pair.ts'

const end = (part: Partial<PathEnd> = {}): PathEnd => ({ candidateType: 'host', address: null, url: null, ...part })
const relayed = (url: string | null, address: string | null = null) => end({ candidateType: 'relay', url, address })

describe('the path of a link', () => {
  it.each([
    ['direct', end(), end({ candidateType: 'prflx' }), 'http://192.168.1.20:8001'],
    ['direct', end({ candidateType: 'srflx' }), end(), null],
    ['host', relayed('turn:192.168.1.20:8001?transport=udp'), end(), 'https://192.168.1.20:8001'],
    ['host', relayed('turns:meet.example:443?transport=tcp'), end(), 'https://meet.example'],
    ['host', relayed('turn:[fd00::1]:8001?transport=tcp'), end(), 'https://[fd00::1]:8001/r/x'],
    ['relay', relayed('turn:192.168.1.20:3478?transport=udp'), end(), 'https://192.168.1.20:8001'],
    ['relay', relayed('turn:turn.example?transport=udp'), end(), 'https://meet.example'],
    ['relay', relayed(null), end(), 'https://meet.example'],
    ['host', end(), relayed(null, '192.168.1.20'), 'https://192.168.1.20:8001'],
    ['relay', end(), relayed(null, '203.0.113.5'), 'https://192.168.1.20:8001'],
    ['relay', relayed('nonsense'), end(), 'nonsense'],
    ['relay', relayed('turn:192.168.1.20:8001'), end(), null],
  ] as const)('is %s', (path, local, remote, serverUrl) => {
    expect(pathOf({ local, remote }, serverUrl)).toBe(path)
  })

  it('is known of a link that is connected', async () => {
    const { polite, impolite } = await makePair()
    expect(polite.link.view.path).toBe('unknown')
    polite.link.offer()
    await expectConnected(polite, impolite)
    await eventually(() => {
      expect(polite.link.view.path).toBe('direct')
      expect(impolite.link.view.path).toBe('direct')
    })
  })
})

describe('a relayed path', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  const searching = (maySearch = true) => {
    vi.useFakeTimers()
    const search = vi.fn()
    return { search, follow: new DirectPathSearch({ maySearch: () => maySearch, search }) }
  }

  it('is left for a direct one when there is one after 30 s, 60 s more, or any 120 s after', () => {
    const { search, follow } = searching()
    const times: number[] = []
    search.mockImplementation(() => times.push(Date.now()))
    const begun = Date.now()
    follow.follow('host', true)
    follow.follow('relay', true)
    vi.advanceTimersByTime(450_000)
    expect(times.map((time) => (time - begun) / 1000)).toEqual([30, 90, 210, 330, 450])
    follow.close()
  })

  it('is not searched for when it is direct, unknown or lost, nor where that is for the other side', () => {
    const { search, follow } = searching()
    follow.follow('host', true)
    follow.follow('direct', true)
    vi.advanceTimersByTime(600_000)
    follow.follow('relay', false)
    vi.advanceTimersByTime(600_000)
    follow.follow('unknown', true)
    vi.advanceTimersByTime(600_000)
    expect(search).not.toHaveBeenCalled()
    const other = searching(false)
    other.follow.follow('relay', true)
    vi.advanceTimersByTime(600_000)
    expect(other.search).not.toHaveBeenCalled()
    other.follow.close()
  })
})

describe('whoever wants to be reached through relays alone', () => {
  it('tells the others no other address', async () => {
    const certificate = await makeCertificate()
    const settings = { iceServers: [], certificate, isRelayOnly: true }
    expect(configureLinks(settings, silentLog).iceTransportPolicy).toBe('relay')
    expect(configureLinks({ ...settings, isRelayOnly: false }, silentLog).iceTransportPolicy).toBe('all')
    const connection = new RTCPeerConnection(configureLinks(settings, silentLog))
    connection.createDataChannel('x')
    await connection.setLocalDescription()
    await eventually(() => {
      expect(connection.iceGatheringState).toBe('complete')
    })
    expect(connection.localDescription?.sdp).not.toContain('a=candidate')
    connection.close()
  })
})
