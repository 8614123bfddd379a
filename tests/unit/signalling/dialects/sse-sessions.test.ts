import fc from 'fast-check'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { openSseSessions } from '#signalling/dialects/sse-sessions.ts'
import { Exchange, HttpRefusal } from '#signalling/http/router.ts'
import type { ServerLimits } from '#signalling/server-limits.ts'
import { createWorld } from '../../../helpers/signalling-domain.ts'
import { ResponseDouble } from '../transports/response-double.ts'

interface Asked {
  readonly token?: string
  readonly lastEventId?: string
  readonly address?: string
  readonly mayCreate?: boolean
  readonly body?: unknown
}

const start = (changes: Partial<ServerLimits> = {}) => {
  const world = createWorld(changes)
  let places = 0
  const takePlace = () => {
    places += 1
    return () => void (places -= 1)
  }
  const { routes, close } = openSseSessions({ ...world, log: () => undefined, takePlace })
  /** Answers the status, and the response. */
  const ask = async (word: 'register' | 'events' | 'message', peerId: string, asked: Asked = {}) => {
    const route = routes!.find(({ path }) => path.startsWith(`/${word}/`))
    const response = new ResponseDouble()
    const { token, lastEventId, address = '192.0.2.1', mayCreate = true, body } = asked
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    }
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? null)
    const request = Object.assign(Readable.from([Buffer.from(text)]), { method: route!.method, headers, url: '/' })
    const params = { sessionId: 's', peerId }
    const exchange = new Exchange(request as never, response, params, { address, mayCreate })
    try {
      await route!.handle(exchange)
      return { status: response.status, response }
    } catch (fault) {
      response.emit('close')
      if (fault instanceof HttpRefusal) return { status: fault.status, response }
      throw fault
    }
  }
  return { ...world, ask, close, places: () => places }
}

const tokenOf = ({ response }: { response: ResponseDouble }) => (JSON.parse(response.text) as { token: string }).token
const lastIdOf = ({ text }: ResponseDouble) => [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? ''
const message = { type: 'ice-candidate', payload: 'candidate:1', target: 'b' }

test('when everybody has gone nothing is left but the empty room, and in the end not even that', async () => {
  const { ask, rooms, clock, limits, places } = start()
  const open: ResponseDouble[] = []
  for (let at = 0; at < 16; at++) {
    await ask('register', `p${at}`)
    if (at > 0) open.push((await ask('events', `p${at}`)).response)
  }
  expect([rooms.find('s')?.size, places()]).toEqual([16, 15])
  for (const response of open) response.destroy()
  expect(places()).toBe(0)
  clock.advance(limits.streamResumeMs)
  expect([rooms.find('s')?.size, clock.pending]).toEqual([0, 1])
  clock.advance(limits.emptyRoomMs)
  expect([rooms.size, clock.pending]).toEqual([0, 0])
})

test('a window is counted anew from each time the stream is lost', async () => {
  const { ask, rooms, clock, limits } = start()
  const token = tokenOf(await ask('register', 'a'))
  for (let round = 0; round < 3; round++) {
    clock.advance(limits.streamResumeMs - 1)
    const { response } = await ask('events', 'a', { token })
    clock.advance(limits.streamResumeMs * 2)
    response.emit('close')
  }
  expect(rooms.find('s')?.size).toBe(1)
  clock.advance(limits.streamResumeMs)
  expect(rooms.find('s')?.size).toBe(0)
})

test('a stream that its owner has replaced takes nothing with it when it closes', async () => {
  const { ask, rooms, clock, limits, places } = start()
  const token = tokenOf(await ask('register', 'a'))
  const first = await ask('events', 'a', { token })
  const second = await ask('events', 'a', { token })
  expect([first.response.ended, second.response.ended, places()]).toEqual(['destroy', 'no', 1])
  clock.advance(limits.streamResumeMs * 2)
  expect(rooms.find('s')?.size).toBe(1)
})

test('without a token a message has to come from where the stream comes from', async () => {
  const { ask } = start()
  await ask('register', 'b')
  await ask('register', 'a')
  expect((await ask('message', 'a', { body: message })).status).toBe(200)
  expect((await ask('message', 'a', { body: message, address: '192.0.2.2' })).status).toBe(401)
  const { response } = await ask('events', 'a', { address: '192.0.2.2' })
  expect((await ask('message', 'a', { body: message, address: '192.0.2.2' })).status).toBe(200)
  expect((await ask('message', 'a', { body: message })).status).toBe(401)
  const back = { lastEventId: lastIdOf(response) }
  expect((await ask('events', 'a', back)).status).toBe(200)
  expect((await ask('message', 'a', { body: message })).status).toBe(200)
})

test('where an access token is asked for, the session’s token stands for it, and nothing goes without', async () => {
  const { ask } = start()
  const outside = { mayCreate: false }
  expect((await ask('register', 'a', outside)).status).toBe(403)
  await ask('register', 'b')
  const token = tokenOf(await ask('register', 'a', outside))
  expect((await ask('events', 'a', outside)).status).toBe(401)
  expect((await ask('message', 'a', { ...outside, body: message })).status).toBe(401)
  expect((await ask('events', 'a', { ...outside, token })).status).toBe(200)
  expect((await ask('message', 'a', { ...outside, token, body: message })).status).toBe(200)
})

test('with the token alone, a stream tells what no stream has told', async () => {
  const { ask } = start()
  await ask('register', 'a')
  const token = tokenOf(await ask('register', 'b'))
  const say = (payload: string) => ask('message', 'a', { body: { ...message, payload } })
  await say('one')
  const first = await ask('events', 'b', { token })
  await say('two')
  first.response.destroy()
  await say('three')
  const second = await ask('events', 'b', { token })
  expect(first.response.text).toMatch(/one[\s\S]*two/)
  expect(second.response.text).toContain('three')
  expect(second.response.text).not.toMatch(/one|two/)
})

test('what has been read for longer than the window is forgotten, what has not is kept', async () => {
  const { ask, clock, limits } = start()
  await ask('register', 'a')
  const token = tokenOf(await ask('register', 'b'))
  const { response } = await ask('events', 'b', { token })
  const before = lastIdOf(response)
  await ask('message', 'a', { body: message })
  clock.advance(limits.streamResumeMs * 2)
  const beforeReading = await ask('events', 'b', { token, lastEventId: before })
  expect(beforeReading.response.text).toContain('candidate:1')
  beforeReading.response.read()
  clock.advance(limits.streamResumeMs * 2)
  expect((await ask('events', 'b', { token, lastEventId: before })).status).toBe(410)
})

test('a server that stops ends streams and timers, and registers nobody', async () => {
  const { ask, close, clock, rooms, places } = start()
  for (const peer of ['a', 'b']) await ask('register', peer)
  const { response } = await ask('events', 'a')
  await close!()
  rooms.close()
  expect([response.ended, clock.pending, places()]).toEqual(['destroy', 0, 0])
  for (const word of ['register', 'events', 'message'] as const) expect((await ask(word, 'c')).status).toBe(503)
})

test('no body, whatever it holds, does more than be refused', async () => {
  const { ask } = start()
  await ask('register', 'a')
  await ask('register', 'b')
  const { response } = await ask('events', 'b')
  const before = response.text
  const field = (name: string, good: fc.Arbitrary<unknown>) =>
    fc.option(fc.oneof(good, fc.jsonValue()), { nil: undefined }).map((value) => [name, value] as const)
  const nearly = fc
    .tuple(
      field('type', fc.constantFrom('offer', 'answer', 'ice-candidate')),
      field('payload', fc.jsonValue()),
      field('target', fc.constantFrom('b', 'a', 'c')),
    )
    .filter(([, [, payload]]) => payload === undefined || (typeof payload !== 'string' && payload !== null))
    .map((fields) => Object.fromEntries(fields))
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string(), nearly), async (body) => {
      expect([400, 404]).toContain((await ask('message', 'a', { body })).status)
    }),
    { numRuns: 2000 },
  )
  expect(response.text).toBe(before)
})
