import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Announcer } from '#electron/discovery-announcer.ts'
import type { DiscoveryLink, MdnsAnswers } from '#electron/discovery-link.ts'
import { standup as meeting } from '../../helpers/announced-meeting.ts'

const service = '_earshot._tcp.local'

/** Where one link would send: when, which instance, and whether it was a goodbye. */
class Sent {
  readonly all: { readonly at: number; readonly instance: string; readonly isGoodbye: boolean }[] = []
  readonly link = {
    place: { key: 'eth0', card: 'eth0', family: 'IPv4', interface: '', addresses: ['10.0.0.5'], isOnLink: () => true },
    answer: (answers: MdnsAnswers) => {
      const [pointer] = answers
      if (pointer?.type === 'PTR')
        this.all.push({ at: performance.now(), instance: pointer.data, isGoodbye: pointer.ttl === 0 })
    },
  } as unknown as DiscoveryLink

  take(): { at: number; instance: string; isGoodbye: boolean }[] {
    return this.all.splice(0)
  }
}

let sent: Sent
let announcer: Announcer
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  sent = new Sent()
  announcer = new Announcer(() => [sent.link])
})
afterEach(() => vi.useRealTimers())

test('a meeting is announced at once, twice more in the first second, then every 3 s', async () => {
  const start = performance.now()
  void announcer.announce(meeting)
  await vi.advanceTimersByTimeAsync(10_500)
  expect(sent.take().map(({ at }) => at - start)).toEqual([0, 250, 1000, 4000, 7000, 10_000])
})

test('a thousand questions a second make one answer a second', async () => {
  void announcer.announce(meeting)
  await vi.advanceTimersByTimeAsync(3500)
  sent.take()
  for (let question = 0; question < 10_000; question += 1) {
    announcer.handleQuestion(sent.link, [service])
    await vi.advanceTimersByTimeAsync(1)
  }
  const times = sent.take().map(({ at }) => at)
  // Beside the 3 that come by themselves.
  expect(times.length).toBeGreaterThanOrEqual(8)
  expect(times.length).toBeLessThanOrEqual(14)
})

test('a question is answered within 120 ms, and not at the very same moment by all', async () => {
  void announcer.announce(meeting)
  await vi.advanceTimersByTimeAsync(3000)
  sent.take()
  const askedAt = performance.now()
  announcer.handleQuestion(sent.link, [service])
  await vi.advanceTimersByTimeAsync(120)
  const [answer] = sent.take()
  expect(answer!.at - askedAt).toBeGreaterThanOrEqual(20)
})

test('questions for other names are not answered, nor any when there is no meeting', async () => {
  announcer.handleQuestion(sent.link, [service])
  void announcer.announce(meeting)
  await vi.advanceTimersByTimeAsync(2000)
  sent.take()
  announcer.handleQuestion(sent.link, ['_http._tcp.local', 'earshot-ffffffff._earshot._tcp.local'])
  await vi.advanceTimersByTimeAsync(500)
  expect(sent.take()).toEqual([])
})

test('the end of a meeting is said twice, and then nothing more', async () => {
  void announcer.announce(meeting)
  await vi.advanceTimersByTimeAsync(2000)
  announcer.handleQuestion(sent.link, [service])
  sent.take()
  void announcer.announce(null)
  expect(announcer.isBusy).toBe(true)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent.take().map(({ isGoodbye }) => isGoodbye)).toEqual([true, true])
  expect(announcer.isBusy).toBe(false)
})

test('another title, or another computer before, is an update of the same instance, another meeting is another instance after a goodbye', async () => {
  void announcer.announce(meeting)
  await vi.advanceTimersByTimeAsync(2000)
  const { instance } = sent.take()[0]!
  void announcer.announce({ ...meeting, title: 'Retro' })
  await vi.advanceTimersByTimeAsync(100)
  expect(sent.take()).toMatchObject([{ instance, isGoodbye: false }])
  void announcer.announce({ ...meeting, former: ['f'.repeat(43)] })
  await vi.advanceTimersByTimeAsync(100)
  expect(sent.take()).toMatchObject([{ instance, isGoodbye: false }])
  void announcer.announce({ ...meeting, code: 'k7mq2xvd9999' })
  await vi.advanceTimersByTimeAsync(200)
  const after = sent.take()
  expect(after.filter(({ isGoodbye }) => isGoodbye).map((each) => each.instance)).toEqual([instance, instance])
  const [next] = after.filter(({ isGoodbye }) => !isGoodbye)
  expect(next!.instance).not.toBe(instance)
  expect(announcer.isOwn(instance)).toBe(true)
  expect(announcer.isOwn(next!.instance.toLowerCase())).toBe(true)
  expect(announcer.isOwn('earshot-00000000._earshot._tcp.local')).toBe(false)
})

test('the same meeting again is nothing new', async () => {
  void announcer.announce(meeting)
  await vi.advanceTimersByTimeAsync(2000)
  sent.take()
  void announcer.announce({ ...meeting })
  await vi.advanceTimersByTimeAsync(1000)
  expect(sent.take()).toEqual([])
})
