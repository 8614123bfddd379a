import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { CallView } from '#renderer/state/call.svelte.ts'
import { formatInvitation } from '#renderer/call/invitation.ts'
import { followRoute, nameInAddress, startAt } from '#renderer/state/route.ts'
import { CallDouble, code, greenRoomState, joinedState, you } from '../ui/doubles.ts'

const home = location.href
const secret = 'secretsecretsecretsecA'
const nothing = { secret: null, host: null }
const fragmentOf = (held: string) =>
  new URL(formatInvitation({ serverUrl: 'https://a', code, secret: held, host: null })).hash
beforeEach(() => {
  history.replaceState(null, '', '/')
})
afterEach(() => {
  history.replaceState(null, '', home)
})

const follow = () => {
  const call = new CallDouble()
  const opened: unknown[] = []
  onTestFinished(followRoute(new CallView(call), (...found) => opened.push(found)))
  return { call, opened }
}
const goBack = async () => {
  const popped = new Promise((resolve) => {
    window.addEventListener('popstate', resolve, { once: true })
  })
  history.back()
  await popped
}

describe('followRoute', () => {
  test('a meeting has an address, and Home has another', () => {
    const { call } = follow()
    call.set(greenRoomState())
    expect(location.pathname).toBe('/r/k7mq-2xvd-9thr')
    call.set(joinedState())
    expect(location.pathname).toBe('/r/k7mq-2xvd-9thr')
    call.set({ phase: 'idle' })
    expect(location.pathname).toBe('/')
  })

  test('Back from a meeting leaves it', async () => {
    const { call } = follow()
    call.set(greenRoomState())
    call.set(joinedState())
    await goBack()
    expect(call.asked).toEqual([['leave']])
    expect(location.pathname).toBe('/')
  })

  test('Back into a meeting opens it again', async () => {
    const { call, opened } = follow()
    call.set(greenRoomState())
    call.set({ phase: 'idle' })
    await goBack()
    expect(opened).toEqual([['k7mq-2xvd-9thr', nothing]])
  })
})

describe('an address with a secret', () => {
  test('is that of a meeting with an invitation, until it is over', () => {
    const { call } = follow()
    call.set(greenRoomState({ secret }))
    expect(location.pathname + location.hash).toBe(`/r/k7mq-2xvd-9thr${fragmentOf(secret)}`)
    call.set(joinedState({ secret }))
    expect(location.hash).toBe(fragmentOf(secret))
    const { room, serverUrl } = joinedState()
    call.set({ phase: 'ended', reason: 'left', room, serverUrl, durationMs: 1, metNames: [] })
    expect(location.pathname + location.hash).toBe('/r/k7mq-2xvd-9thr')
    call.set({ phase: 'idle' })
    expect(location.pathname + location.hash).toBe('/')
  })

  test('stays as it came', () => {
    const { call } = follow()
    history.replaceState(null, '', `/r/k7mq2xvd9thr${fragmentOf(secret)}`)
    const steps = history.length
    call.set(greenRoomState({ secret }))
    expect(location.pathname + location.hash).toBe(`/r/k7mq2xvd9thr${fragmentOf(secret)}`)
    expect(history.length).toBe(steps)
  })

  test('becomes that of the name that led there', () => {
    const { call } = follow()
    history.replaceState(null, '', `/r/42?name=Ada${fragmentOf(secret)}`)
    call.set(greenRoomState({ secret }))
    expect(location.pathname + location.search + location.hash).toBe(`/r/k7mq-2xvd-9thr?name=Ada${fragmentOf(secret)}`)
  })

  test('that is another one is another invitation', async () => {
    const { call, opened } = follow()
    call.set(greenRoomState({ secret }))
    const other = 'otherotherotherotherog'
    const popped = new Promise((resolve) => {
      window.addEventListener('popstate', resolve, { once: true })
    })
    location.hash = fragmentOf(other)
    await popped
    expect(opened).toEqual([['k7mq-2xvd-9thr', { secret: other, host: null }]])
  })
})

describe('an address with a name', () => {
  test('becomes that of the meeting it leads to, without a step back into it, and keeps who is meant', () => {
    const { call } = follow()
    const steps = history.length
    history.replaceState(null, '', '/r/appointment%2042?name=Ada')
    call.set(greenRoomState())
    expect(location.pathname + location.search).toBe('/r/k7mq-2xvd-9thr?name=Ada')
    expect(history.length).toBe(steps)
    call.set({ phase: 'idle' })
    expect(location.pathname + location.search).toBe('/')
  })

  test('of no meeting becomes that of the one made in its place', () => {
    const { call } = follow()
    history.replaceState(null, '', '/r/42/')
    call.set({ phase: 'failed', problem: 'room-not-found', serverUrl: location.origin, asked: '42' })
    expect(location.pathname).toBe('/r/42/')
    call.set(greenRoomState())
    expect(location.pathname).toBe('/r/k7mq-2xvd-9thr')
  })

  test.each([
    ['/r/42?name=Ada', 'Ada'],
    ['/r/42/?name=Ada%20%20Lovelace%0A%E2%80%AE', 'Ada Lovelace'],
    [`/r/42?name=${'n'.repeat(5000)}`, 'n'.repeat(64)],
    ['/r/42?name=%20%E2%80%8B', ''],
    ['/r/42?name=', ''],
    ['/r/42', ''],
    ['/?name=Ada', ''],
  ])('%s calls the person "%s"', (address, name) => {
    history.replaceState(null, '', address)
    expect(nameInAddress()).toBe(name)
  })
})

describe('startAt', () => {
  const remembered = {
    serverUrl: 'http://localhost:8001',
    code,
    name: 'Ann',
    token: 'token',
    you,
    since: 1,
    metNames: [],
    secret: null,
    hostKey: null,
  }
  const start = async (path: string, kept: object | null, isResumable = true) => {
    history.replaceState(null, '', path)
    const call = new CallDouble()
    call.resume = () => {
      call.asked.push(['resume'])
      if (isResumable) call.set(joinedState())
      return Promise.resolve(isResumable)
    }
    const opened: string[] = []
    const secrets: (string | null)[] = []
    await startAt(new CallView(call), { load: () => kept, save: () => undefined }, (found, keys) => {
      opened.push(found)
      secrets.push(keys.secret)
    })
    return { asked: call.asked, opened, ...(secrets.some((each) => each !== null) && { secrets }) }
  }

  test('the address of a meeting leads to its green room', async () => {
    expect(await start('/r/k7mq-2xvd-9thr', null)).toEqual({ asked: [], opened: ['k7mq-2xvd-9thr'] })
    expect(await start('/r/K7MQ2XVD9THR/', null)).toEqual({ asked: [], opened: ['K7MQ2XVD9THR'] })
  })

  test('the secret of an invitation is handed on; a damaged one is none', async () => {
    const asked: unknown[] = []
    const opened = ['k7mq-2xvd-9thr']
    expect(await start(`/r/k7mq-2xvd-9thr${fragmentOf(secret)}`, null)).toEqual({ asked, opened, secrets: [secret] })
    expect(await start(`/r/k7mq-2xvd-9thr${fragmentOf(secret)}AA`, null)).toEqual({ asked, opened })
  })

  test('so does the name of a meeting, whatever else the address says', async () => {
    expect(await start('/r/Tuesday%20at%20nine/?name=Ada#x', null)).toEqual({ asked: [], opened: ['Tuesday at nine'] })
    for (const path of ['/', '/r/', '/r/%20', '/x/42', '/r/42/more'])
      expect(await start(path, null)).toEqual({ asked: [], opened: [] })
  })

  test('a reload in a meeting leads back inside', async () => {
    expect(await start('/r/k7mq-2xvd-9thr', remembered)).toEqual({ asked: [['resume']], opened: [] })
  })

  test('a place that was given up leads to the green room', async () => {
    expect(await start('/r/k7mq-2xvd-9thr', remembered, false)).toEqual({
      asked: [['resume']],
      opened: ['k7mq-2xvd-9thr'],
    })
  })

  test('another meeting than the remembered one, or none, does not lead into the remembered one', async () => {
    expect(await start('/r/3h9x-kd71-qmtv', remembered)).toEqual({ asked: [], opened: ['3h9x-kd71-qmtv'] })
    expect(await start('/', remembered)).toEqual({ asked: [], opened: [] })
  })
})
