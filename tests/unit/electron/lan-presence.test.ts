import { expect, test } from 'vitest'
import type { Announced } from '#electron/discovery.ts'
import type { Announcing, HostState, NearbyMeeting } from '#electron/ipc.ts'
import { LanPresence } from '#electron/lan-presence.ts'
import { createSelfSigned } from '#tests/helpers/self-signed.ts'
import { startTlsHost } from '#tests/helpers/tls-host.ts'

const meeting = { code: 'k7mq2xvd9thr', title: 'Stand-up', name: 'Ada', isGuarded: true, former: ['f'.repeat(43)] }
const wifi = { card: 'wlan0', family: 'IPv4', address: '192.168.1.20', isVirtual: false } as const
const running: HostState = {
  phase: 'running',
  url: 'http://127.0.0.1:8001',
  port: 8001,
  takenPort: null,
  addresses: [wifi],
  identity: { pin: 'p'.repeat(43), fingerprint: 'AA' },
}
const told = { ...meeting, pin: 'p'.repeat(43), port: 8001, addresses: [wifi] }

/** Plays discovery, and writes down what it is told. */
const setUp = (nearby: () => readonly NearbyMeeting[] = () => []) => {
  const announced: (Announced | null)[] = []
  const watched: boolean[] = []
  let setting: Announcing = 'named'
  const presence = new LanPresence({
    announcing: () => setting,
    discovery: {
      announce: (each) => void announced.push(each),
      watch: (isWatching) => {
        watched.push(isWatching)
        return nearby()
      },
      nearby,
      refresh: () => undefined,
      checkMulticast: () => Promise.resolve(true),
      close: () => Promise.resolve(),
    },
  })
  const set = (to: Announcing) => {
    setting = to
    presence.update()
  }
  return { presence, announced, watched, set }
}

test('a meeting is told once the server runs, whichever comes first', () => {
  const first = setUp()
  first.presence.announce(meeting)
  expect(first.announced).toEqual([])
  first.presence.setHost(running)
  expect(first.announced).toEqual([told])

  const second = setUp()
  second.presence.setHost(running)
  second.presence.announce(meeting)
  expect(second.announced).toEqual([told])
})

test('how much is told is the setting’s, also while hosting', () => {
  const { presence, announced, set } = setUp()
  set('unnamed')
  presence.setHost(running)
  presence.announce(meeting)
  expect(announced).toEqual([{ ...told, title: '', name: '' }])
  set('named')
  set('nothing')
  set('unnamed')
  expect(announced.slice(1)).toEqual([told, null, { ...told, title: '', name: '' }])
})

test('with the setting at nothing, nothing is ever told', () => {
  const { presence, announced, set } = setUp()
  set('nothing')
  presence.setHost(running)
  presence.announce(meeting)
  presence.announce(null)
  expect(announced).toEqual([])
})

test('new addresses are told, and the same thing twice is not', () => {
  const { presence, announced } = setUp()
  presence.announce(meeting)
  presence.setHost(running)
  presence.setHost({ ...running })
  presence.update()
  expect(announced).toHaveLength(1)
  const moved = { ...wifi, address: '192.168.1.21' }
  presence.setHost({ ...running, addresses: [moved] })
  expect(announced.at(-1)).toEqual({ ...told, addresses: [moved] })
})

test('a meeting ends with its server, and comes back with one that was only restarted', () => {
  const { presence, announced } = setUp()
  presence.announce(meeting)
  presence.setHost(running)
  presence.setHost({ phase: 'restarting', attempt: 1 })
  presence.setHost(running)
  expect(announced).toEqual([told, null, told])
  presence.setHost({ phase: 'off' })
  presence.setHost(running)
  expect(announced.slice(3)).toEqual([null])
})

test('who hosted the meeting before is told whatever the setting, as invitations of then lead here by it', () => {
  const { presence, announced, set } = setUp()
  set('unnamed')
  presence.setHost(running)
  presence.announce({ ...meeting, former: [] })
  presence.announce(meeting)
  expect(announced.map((each) => each?.former)).toEqual([[], meeting.former])
})

test('discovery listens while the page or a search does', async () => {
  const identity = await createSelfSigned()
  const host = await startTlsHost(identity)
  const nearby = [{ ...meeting, id: 'one', pin: identity.pin, addresses: [host.address] }]
  const { presence, watched } = setUp(() => nearby)
  expect(presence.watch(true)).toEqual(nearby)
  expect(presence.isPageWatching).toBe(true)
  expect(await presence.find({ pin: identity.pin, addresses: [], code: meeting.code })).toMatchObject({ ok: true })
  expect(watched).toEqual([true, true, true])

  expect(presence.watch(false)).toEqual([])
  const finding = presence.find({ pin: identity.pin, addresses: [] })
  expect(presence.isPageWatching).toBe(false)
  expect(watched.at(-1)).toBe(true)
  await finding
  expect(watched.at(-1)).toBe(false)
})
