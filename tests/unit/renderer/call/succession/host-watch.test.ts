import { expect, it, onTestFinished } from 'vitest'
import { Emitter } from '#renderer/call/emitter.ts'
import { refuse } from '#renderer/call/server-words.ts'
import type { Signalling, SignallingEvents } from '#renderer/call/signalling.ts'
import { HostWatch } from '#renderer/call/succession/host-watch.ts'
import { fakeTime, pass } from './lan-time.ts'

type Life = 'answers' | 'refuses' | 'stops' | 'silent'

/** The way to one server, which may say nothing any more. */
class WatchedSignalling implements Pick<Signalling, 'isOnline' | 'request' | 'renew' | 'on'> {
  readonly #events = new Emitter<SignallingEvents>()
  readonly session = { peerId: 'me', iceServers: [] }
  life: Life = 'answers'
  isOnline = true
  asked = 0
  renewed = 0
  /** How long an answer takes. */
  answerMs = 20

  readonly on: Signalling['on'] = (name, listener) => this.#events.on(name, listener)

  readonly request = (async (_name: string, _payload: unknown, timeoutMs: number) => {
    this.asked++
    const { life, answerMs } = this
    const takenMs = life === 'silent' ? Infinity : answerMs
    await new Promise((resolve) => setTimeout(resolve, Math.min(takenMs, timeoutMs)))
    if (takenMs > timeoutMs) return refuse('timeout')
    if (life === 'stops') return refuse('server-stopping')
    return life === 'refuses' ? refuse('already-in-room') : { ok: true, value: {} }
  }) as Signalling['request']

  renew(): void {
    this.renewed++
    this.lose()
  }

  lose(): void {
    this.isOnline = false
    this.#events.emit('lost')
  }

  reopen(): void {
    this.isOnline = true
    this.#events.emit('opened', this.session)
  }

  stop(): void {
    this.#events.emit('server:stopping', undefined)
  }
}

const watch = () => {
  fakeTime()
  const signalling = new WatchedSignalling()
  /** The person at the host's computer: since when they are silent; null when nobody is there. */
  let silentSince: number | null = null
  let isHeard = true
  const hostSilentMs = () => (silentSince === null ? (isHeard ? 100 : null) : performance.now() - silentSince)
  const changes: boolean[] = []
  const watched = new HostWatch({ signalling, code: 'k7mq2xvd9thr', hostSilentMs, log: () => undefined })
  watched.on('changed', (isReached) => changes.push(isReached))
  onTestFinished(() => {
    watched.close()
  })
  const host = {
    fallSilent: () => {
      silentSince = performance.now()
    },
    speak: () => {
      silentSince = null
    },
    goAway: () => {
      isHeard = false
    },
    neverSpeak: () => {
      silentSince = -Infinity
    },
  }
  return { signalling, watched, changes, host }
}

it('notices a dead computer within some two seconds of silence', async () => {
  const { signalling, watched, changes, host } = watch()
  await pass(5000)
  expect(signalling.asked).toBe(0)
  signalling.life = 'silent'
  host.fallSilent()
  await pass(1300)
  expect(changes).toEqual([])
  await pass(950)
  expect(changes).toEqual([false])
  expect(watched.isReached).toBe(false)
  expect(signalling.renewed).toBe(0)
  // A connection over which nothing comes is given up.
  await pass(1800)
  expect(signalling.renewed).toBe(1)
})

it('takes a busy server back as soon as it answers, over the same connection', async () => {
  const { signalling, changes, host } = watch()
  signalling.answerMs = 1500
  host.fallSilent()
  await pass(2250)
  expect(changes).toEqual([false])
  await pass(1000)
  expect(changes).toEqual([false, true])
  expect(signalling.renewed).toBe(0)
})

it('says once for each silence that the server may be gone', async () => {
  const { watched, host } = watch()
  let times = 0
  watched.on('suspected', () => times++)
  for (const count of [1, 2]) {
    host.fallSilent()
    await pass(10_000)
    expect(times).toBe(count)
    host.speak()
    await pass(1000)
  }
})

it('does not lose a server that answers, however long the person there is silent', async () => {
  const { signalling, changes, host } = watch()
  host.fallSilent()
  await pass(60_000)
  expect(changes).toEqual([])
  expect(signalling.renewed).toBe(0)
  // Once in a while only.
  expect(signalling.asked).toBeGreaterThan(20)
  expect(signalling.asked).toBeLessThan(35)
})

it('takes any refusal for a sign of life', async () => {
  const { signalling, changes, host } = watch()
  signalling.life = 'refuses'
  host.fallSilent()
  await pass(20_000)
  expect(changes).toEqual([])
})

it('takes a server that says it stops for a lost one', async () => {
  const { signalling, changes, host } = watch()
  signalling.life = 'stops'
  host.fallSilent()
  await pass(3000)
  expect(changes).toEqual([false])
})

it('asks nothing of its own accord where nobody is at the computer that hosts, or they were never heard', async () => {
  const { signalling, changes, host } = watch()
  host.goAway()
  await pass(10_000)
  host.neverSpeak()
  await pass(10_000)
  expect(signalling.asked).toBe(0)
  expect(changes).toEqual([])
})

it('gives a server eight seconds to start again while the person there is heard', async () => {
  const { signalling, changes } = watch()
  signalling.lose()
  await pass(7900)
  signalling.reopen()
  expect(changes).toEqual([])
  await pass(10_000)
  signalling.lose()
  await pass(8500)
  expect(changes).toEqual([false])
  signalling.reopen()
  expect(changes).toEqual([false, true])
})

it('waits a short time for a connection that is gone while the person there is silent', async () => {
  const { signalling, changes, host } = watch()
  host.fallSilent()
  await pass(2000)
  signalling.lose()
  await pass(900)
  expect(changes).toEqual([false])
})

it('waits three seconds for a connection that is gone where nobody is at the computer', async () => {
  const { signalling, changes, host } = watch()
  host.goAway()
  signalling.lose()
  await pass(3000)
  expect(changes).toEqual([])
  await pass(500)
  expect(changes).toEqual([false])
})

it('does not wait for a server that says that it stops', async () => {
  const { signalling, watched, changes } = watch()
  signalling.stop()
  expect(changes).toEqual([false])
  expect(await watched.doubt()).toBe(false)
  signalling.lose()
  signalling.reopen()
  expect(changes).toEqual([false, true])
})

it('does not take a server for a living one that answers after it said that it stops', async () => {
  const { signalling, watched, changes, host } = watch()
  signalling.answerMs = 300
  const doubting = watched.doubt()
  signalling.stop()
  await pass(400)
  expect(await doubting).toBe(false)
  host.fallSilent()
  await pass(4000)
  expect(changes).toEqual([false])
})

it('asks at once when somebody doubts', async () => {
  const { signalling, watched, changes } = watch()
  signalling.life = 'silent'
  const doubting = watched.doubt()
  expect(signalling.asked).toBe(1)
  await pass(750)
  expect(await doubting).toBe(false)
  expect(changes).toEqual([false])
})

it('asks once, however many doubt, and however often', async () => {
  const { signalling, watched, changes } = watch()
  await pass(1000)
  const doubts = await Promise.all([...Array.from({ length: 50 }, () => watched.doubt()), pass(100)])
  expect(doubts.slice(0, 50)).not.toContain(false)
  expect(signalling.asked).toBe(1)
  for (let count = 0; count < 200; count++) await Promise.all([watched.doubt(), pass(50)])
  // In ten seconds.
  expect(signalling.asked).toBeLessThanOrEqual(22)
  expect(changes).toEqual([])
})

it('does not use the late answer of a former server', async () => {
  const { signalling, watched, changes } = watch()
  signalling.life = 'silent'
  const doubting = watched.doubt()
  await pass(300)
  // The room goes on elsewhere.
  signalling.lose()
  signalling.reopen()
  signalling.life = 'answers'
  await pass(600)
  expect(await doubting).toBe(true)
  expect(changes).toEqual([])
  expect(signalling.renewed).toBe(0)
  const again = watched.doubt()
  await pass(100)
  expect(await again).toBe(true)
  expect(signalling.asked).toBe(2)
})

it('closed, asks and says nothing', async () => {
  const { signalling, watched, changes, host } = watch()
  signalling.life = 'silent'
  const doubting = watched.doubt()
  watched.close()
  host.fallSilent()
  await pass(20_000)
  await doubting
  expect(signalling.asked).toBe(1)
  expect(signalling.renewed).toBe(0)
  signalling.stop()
  signalling.lose()
  expect(changes).toEqual([])
})
