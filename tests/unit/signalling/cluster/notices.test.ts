import { expect, test } from 'vitest'
import { Desk } from '#signalling/cluster/desk.ts'
import { Notices } from '#signalling/cluster/notices.ts'
import { DeviceNotice, type StreamRequest } from '#signalling/relay/device-notice.ts'
import { defaultServerLimits } from '#signalling/server-limits.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'
import { MemoryNetwork } from './memory-mail.ts'

const request: StreamRequest = { sessionId: 'cam', deviceId: 'camera-1' }
const silent = () => undefined

const start = (changes: Partial<typeof defaultServerLimits> = {}) => {
  const network = new MemoryNetwork()
  const clock = new ManualClock()
  const limits = { ...defaultServerLimits, ...changes }
  const join = (id: string) => {
    const elsewhere = new Notices({ desk: new Desk(network.join(id), silent), clock, limits, log: silent })
    const notice = new DeviceNotice({ url: null, clock, limits, elsewhere })
    const told: StreamRequest[] = []
    const listen = () => notice.listen(request.deviceId, (asked) => told.push(asked))
    return { notice, told, listen }
  }
  return { network, clock, limits, join }
}

test('a device is told wherever it is connected, and everybody who was is counted', async () => {
  const { join, clock } = start()
  const [a, b, c] = [join('a'), join('b'), join('c')]
  a.listen()
  c.listen()
  c.listen()
  expect(await a.notice.tellAll(request)).toBe(3)
  expect([a.told.length, b.told.length, c.told]).toEqual([1, 0, [request, request]])
  expect(await b.notice.tellAll({ ...request, deviceId: 'camera-2' })).toBe(0)
  await b.notice.ask(request)
  expect(c.told.length).toBe(4)
  await expect(b.notice.ask({ ...request, deviceId: 'camera-2' })).rejects.toMatchObject({ status: 502 })
  expect(clock.pending).toBe(0)
})

test('who does not answer in time has told nobody, and what it says later is not heard', async () => {
  const { join, network, clock, limits } = start()
  const [a, b] = [join('a'), join('b')]
  b.listen()
  network.join('mute')
  const told = a.notice.tellAll(request)
  await expect.poll(() => b.told.length).toBe(1)
  await new Promise(setImmediate)
  clock.advance(limits.clusterNoticeMs)
  expect(await told).toBe(1)
  network.send('mute', 'a', ['notices', ['told', 1, 5]])
  await new Promise(setImmediate)
  expect(clock.pending).toBe(0)
})

test('a process that goes meanwhile has told nobody', async () => {
  const { join, network, clock } = start()
  const a = join('a')
  network.join('mute')
  const told = a.notice.tellAll(request)
  network.kill('mute')
  expect([await told, clock.pending]).toEqual([0, 0])
})

test('an answer counts once, for no more than a device may have, and only from who was asked', async () => {
  const { join, network, limits } = start()
  const a = join('a')
  network.join('b')
  network.join('mute')
  const told = a.notice.tellAll(request)
  network.join('late')
  for (const [from, count] of [
    ['late', 3],
    ['b', 1_000_000],
    ['b', 2],
    ['mute', -1],
    ['mute', 0],
  ] as const)
    network.send(from, 'a', ['notices', ['told', 1, count]])
  expect(await told).toBe(limits.liveListenersPerDevice)
})

test('more questions than may be open at a time are answered with nobody', async () => {
  const { join, network, clock, limits } = start({ clusterNotices: 1 })
  const a = join('a')
  network.join('mute')
  const first = a.notice.tellAll(request)
  expect(await a.notice.tellAll(request)).toBe(0)
  clock.advance(limits.clusterNoticeMs)
  expect(await first).toBe(0)
})

test('a server of one process asks nobody', async () => {
  const { clock, limits } = start()
  const notice = new DeviceNotice({ url: null, clock, limits })
  expect(await notice.tellAll(request)).toBe(0)
  notice.listen(request.deviceId, silent)
  expect([await notice.tellAll(request), clock.pending]).toEqual([1, 0])
})
