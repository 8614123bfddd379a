import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { CallView } from '#renderer/state/call.svelte.ts'
import { codeInPath, followRoute, startAt } from '#renderer/state/route.ts'
import { CallDouble, code, greenRoomState, joinedState, you } from '../ui/doubles.ts'

describe('codeInPath', () => {
  test.each([
    ['/r/k7mq-2xvd-9thr', code],
    ['/r/K7MQ2XVD9THR/', code],
    ['/', null],
    ['/r/', null],
    ['/r/short', null],
    ['/x/k7mq-2xvd-9thr', null],
    ['/r/k7mq-2xvd-9thr/more', null],
  ])('%s holds %s', (path, expected) => {
    expect(codeInPath(path)).toBe(expected)
  })
})

const home = location.href
beforeEach(() => {
  history.replaceState(null, '', '/')
})
afterEach(() => {
  history.replaceState(null, '', home)
})

const follow = () => {
  const call = new CallDouble()
  const opened: string[] = []
  onTestFinished(followRoute(new CallView(call), (found) => opened.push(found)))
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
    expect(opened).toEqual([code])
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
    await startAt(new CallView(call), { load: () => kept, save: () => undefined }, (found) => opened.push(found))
    return { asked: call.asked, opened }
  }

  test('the address of a meeting leads to its green room', async () => {
    expect(await start('/r/k7mq-2xvd-9thr', null)).toEqual({ asked: [], opened: [code] })
  })

  test('a reload in a meeting leads back inside', async () => {
    expect(await start('/r/k7mq-2xvd-9thr', remembered)).toEqual({ asked: [['resume']], opened: [] })
  })

  test('a place that was given up leads to the green room', async () => {
    expect(await start('/r/k7mq-2xvd-9thr', remembered, false)).toEqual({ asked: [['resume']], opened: [code] })
  })

  test('another meeting than the remembered one, or none, does not lead into the remembered one', async () => {
    expect(await start('/r/3h9x-kd71-qmtv', remembered)).toEqual({ asked: [], opened: ['3h9xkd71qmtv'] })
    expect(await start('/', remembered)).toEqual({ asked: [], opened: [] })
  })
})
