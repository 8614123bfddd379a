import { expect, test } from 'vitest'
import type { Log } from '#signalling/log.ts'
import type { ServerLimits } from '#signalling/server-limits.ts'
import { startTestServer } from '../../helpers/signalling-client.ts'
import { openTcp } from '../../helpers/signalling-raw.ts'
import { joinSseSession, post, RawStream, SseClient } from './sse-sessions-client.ts'

const sdpOf = (id: number) => `v=0\r\no=- ${String(id)} 2 IN IP4 127.0.0.1\r\ns=-\r\n`
const offer = { type: 'offer', sdp: sdpOf(11) }
const answer = { type: 'answer', sdp: sdpOf(22) }
const candidate = {
  candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'u1',
}
const SENT = { status: 200, body: { message: 'Message sent' } }

/** With a short wait at the end: fetch keeps a connection in reserve that it never says anything on. */
const start = (limits: Partial<ServerLimits> = {}, log?: Log) =>
  startTestServer({ limits: { closingMs: 50, ...limits }, log })

test('two meet: those inside are told who arrives, and offer; messages go both ways', async () => {
  const { url } = await start()
  const door = await joinSseSession(url, 'house 1', 'door')
  const desk = await joinSseSession(url, 'house 1', 'desk')
  expect(await door.next('new-peer')).toEqual({ type: 'new-peer', senderId: 'desk' })
  expect(await door.send('offer', offer, 'desk')).toEqual(SENT)
  expect(await desk.next('offer')).toEqual({ type: 'offer', payload: offer, senderId: 'door' })
  expect(await desk.send('answer', answer, 'door')).toEqual(SENT)
  expect(await door.next('answer')).toEqual({ type: 'answer', payload: answer, senderId: 'desk' })
  expect(await desk.send('ice-candidate', candidate, 'door')).toEqual(SENT)
  expect(await door.next('ice-candidate')).toEqual({ type: 'ice-candidate', payload: candidate, senderId: 'desk' })
  expect(desk.inbox.names).not.toContain('new-peer')
})

test('descriptions as text stay text', async () => {
  const { url } = await start()
  const [door, desk] = [await joinSseSession(url, 's', 'door'), await joinSseSession(url, 's', 'desk')]
  await door.send('offer', offer.sdp, 'desk')
  expect(await desk.next('offer')).toMatchObject({ payload: offer.sdp })
  await desk.send('answer', answer.sdp, 'door')
  expect(await door.next('answer')).toMatchObject({ payload: answer.sdp })
})

test('a stream says what proxies must not do with it, and begins with a ping', async () => {
  const { url } = await start({ streamBeatMs: 50 })
  await new SseClient(url, 's', 'door').register()
  const stream = await RawStream.open(`${url}/events/s/door`)
  expect(stream.status).toBe(200)
  expect(stream.headers.get('content-type')).toBe('text/event-stream')
  expect(stream.headers.get('cache-control')).toBe('no-store, no-transform')
  expect(stream.headers.get('x-accel-buffering')).toBe('no')
  expect(stream.headers.get('content-encoding')).toBeNull()
  expect(await stream.block()).toBe('retry: 1000')
  const ping = /^id: [\w-]{22}\.0\ndata: (.*)$/
  const first = ping.exec((await stream.block()) ?? '')?.[1] ?? ''
  const { time } = JSON.parse(first) as { time: string }
  expect(JSON.parse(first)).toEqual({ type: 'ping', time: new Date(time).toISOString() })
  expect(await stream.block()).toBe(': keep-alive')
  expect(await stream.block()).toMatch(ping)
  expect(await stream.block()).toBe(': keep-alive')
})

test('what is said before the first stream is told when it opens', async () => {
  const { url } = await start()
  const door = new SseClient(url, 's', 'door')
  await door.register()
  const desk = await joinSseSession(url, 's', 'desk')
  await desk.send('offer', offer, 'door')
  await door.listen()
  expect(await door.next('new-peer')).toMatchObject({ senderId: 'desk' })
  expect(await door.next('offer')).toMatchObject({ senderId: 'desk' })
})

test('an EventSource whose connection breaks comes back and has missed nothing', async () => {
  const { url } = await start()
  const [door, desk] = [await joinSseSession(url, 's', 'door'), await joinSseSession(url, 's', 'desk')]
  const got: string[] = []
  for (let round = 0; round < 3; round++) {
    for (let at = 0; at < 5; at++) await desk.send('ice-candidate', `c ${round}.${at}`, 'door')
    if (round < 2) door.unplug()
    for (let at = 5; at < 10; at++) await desk.send('ice-candidate', `c ${round}.${at}`, 'door')
    door.plug()
    for (let at = 0; at < 10; at++) got.push(String((await door.next('ice-candidate')).payload))
  }
  expect(got).toEqual([0, 1, 2].flatMap((round) => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => `c ${round}.${at}`)))
})

test('a stream can be taken up at any event, and tells each later one exactly once', async () => {
  const { url } = await start()
  await new SseClient(url, 's', 'door').register()
  const desk = await joinSseSession(url, 's', 'desk')
  const ids: string[] = []
  const first = await RawStream.open(`${url}/events/s/door`)
  await first.message()
  for (let at = 0; at < 20; at++) {
    await desk.send('ice-candidate', `c${at}`, 'door')
    await first.message()
    ids.push(first.lastEventId)
  }
  for (const from of [19, 0, 7, 18]) {
    const stream = await RawStream.open(`${url}/events/s/door`, { lastEventId: ids[from]! })
    for (let at = from + 1; at < 20; at++)
      expect(await stream.message()).toMatchObject({ payload: `c${at}`, senderId: 'desk' })
    stream.drop()
  }
  expect(new Set(ids).size).toBe(20)
})

test('a second stream of the same peer ends the first one', async () => {
  const { url } = await start()
  const { body } = await new SseClient(url, 's', 'door').register()
  const token = body.token!
  const first = await RawStream.open(`${url}/events/s/door`, { token })
  const second = await RawStream.open(`${url}/events/s/door`, { token })
  expect(second.status).toBe(200)
  expect(await first.message()).toBeNull()
  await joinSseSession(url, 's', 'desk')
  expect(await second.message()).toEqual({ type: 'new-peer', senderId: 'desk' })
})

test('without a token the first stream owns the peer: only who has read it gets another', async () => {
  const { url } = await start({ streamResumeMs: 3000 })
  await new SseClient(url, 's', 'door').register()
  const address = `${url}/events/s/door`
  const first = await RawStream.open(address)
  await first.block()
  await first.block()
  expect((await RawStream.open(address)).status).toBe(409)
  const [prefix = ''] = first.lastEventId.split('.')
  for (const lastEventId of ['1', `${prefix}x.0`, `${prefix}.1`, `${prefix}.00`, `${prefix}.-1`, '.'])
    expect((await RawStream.open(address, { lastEventId })).status, lastEventId).toBe(409)
  first.drop()
  expect((await RawStream.open(address)).status).toBe(409)
  expect((await RawStream.open(address, { lastEventId: first.lastEventId })).status).toBe(200)
})

test('whoever has shown the token has to show it from then on', async () => {
  const { url } = await start()
  const door = new SseClient(url, 's', 'door')
  const { token } = (await door.register()).body
  await joinSseSession(url, 's', 'desk')
  const stream = await RawStream.open(`${url}/events/s/door`, { token: token! })
  await stream.message()
  expect((await RawStream.open(`${url}/events/s/door`, { lastEventId: stream.lastEventId })).status).toBe(401)
  expect((await door.send('offer', offer, 'desk')).status).toBe(401)
  expect((await door.send('offer', offer, 'desk', `${token!}x`)).status).toBe(401)
  expect(await door.send('offer', offer, 'desk', token)).toEqual(SENT)
})

test('a server that asks for tokens lets nobody in without', async () => {
  const { url } = await start({ requireSessionTokens: true })
  const door = new SseClient(url, 's', 'door')
  const { token } = (await door.register()).body
  const other = (await new SseClient(url, 's', 'desk').register()).body.token
  expect((await RawStream.open(`${url}/events/s/door`)).status).toBe(401)
  expect((await RawStream.open(`${url}/events/s/door`, { token: other! })).status).toBe(401)
  expect((await door.send('offer', offer, 'desk')).status).toBe(401)
  expect((await door.send('offer', offer, 'desk', other)).status).toBe(401)
  await door.listen(token)
  expect(await door.send('offer', offer, 'desk', token)).toEqual(SENT)
})

test('a peer id that is taken is refused, unless the token shows that it is the same peer', async () => {
  const { url } = await start()
  const door = await joinSseSession(url, 's', 'door')
  const desk = new SseClient(url, 's', 'desk')
  const { token } = (await desk.register()).body
  expect((await desk.register()).status).toBe(409)
  expect((await desk.register('wrong')).status).toBe(409)
  expect((await new SseClient(url, 'other', 'desk').register()).status).toBe(200)
  const again = await desk.register(token)
  expect([again.status, again.body.token === token]).toEqual([200, false])
  await door.next('new-peer')
  expect(await door.next('peer-left')).toEqual({ type: 'peer-left', senderId: 'desk' })
  expect(await door.next('new-peer')).toEqual({ type: 'new-peer', senderId: 'desk' })
})

test('a peer whose stream is gone past the window has left, and may register again', async () => {
  const { url } = await start({ streamResumeMs: 100 })
  const door = await joinSseSession(url, 's', 'door')
  const desk = await joinSseSession(url, 's', 'desk')
  desk.close()
  expect(await door.next('peer-left')).toEqual({ type: 'peer-left', senderId: 'desk' })
  expect((await RawStream.open(`${url}/events/s/desk`)).status).toBe(404)
  expect((await desk.send('offer', offer, 'door')).status).toBe(403)
  expect((await door.send('offer', offer, 'desk')).status).toBe(404)
  expect((await desk.register()).status).toBe(200)
})

test('a peer that never opens its stream has left after the same time', async () => {
  const { url } = await start({ streamResumeMs: 100 })
  const door = await joinSseSession(url, 's', 'door')
  await new SseClient(url, 's', 'desk').register()
  expect(await door.next('new-peer')).toMatchObject({ senderId: 'desk' })
  expect(await door.next('peer-left')).toMatchObject({ senderId: 'desk' })
})

test('a peer that misses more than is kept has to register again', async () => {
  const { url } = await start({ streamEvents: 3 })
  const desk = await joinSseSession(url, 's', 'desk')
  await new SseClient(url, 's', 'door').register()
  const first = await RawStream.open(`${url}/events/s/door`)
  await first.block()
  await first.block()
  for (let at = 0; at < 5; at++) await desk.send('ice-candidate', `c${at}`, 'door')
  expect((await RawStream.open(`${url}/events/s/door`, { lastEventId: first.lastEventId })).status).toBe(410)
  expect(await desk.next('peer-left')).toMatchObject({ senderId: 'door' })
  expect((await RawStream.open(`${url}/events/s/door`, { lastEventId: first.lastEventId })).status).toBe(404)

  await new SseClient(url, 's', 'gate').register()
  for (let at = 0; at < 4; at++) expect((await desk.send('ice-candidate', `c${at}`, 'gate')).status).toBe(200)
  expect(await desk.next('peer-left')).toMatchObject({ senderId: 'gate' })
})

test('what is not well formed, too large, or for nobody in the session is refused and reaches nobody', async () => {
  const { url } = await start()
  const [door, desk] = [await joinSseSession(url, 's', 'door'), await joinSseSession(url, 's', 'desk')]
  await joinSseSession(url, 'other', 'far')
  const address = `${url}/message/s/door`
  const asked: [unknown, number][] = [
    [{ type: 'offer', payload: offer, target: 'nobody' }, 404],
    [{ type: 'offer', payload: offer, target: 'far' }, 404],
    [{ type: 'offer', payload: offer, target: 'door' }, 404],
    [{ type: 'offer', payload: answer, target: 'desk' }, 400],
    [{ type: 'offer', target: 'desk' }, 400],
    [{ type: 'chat', payload: 'hi', target: 'desk' }, 400],
    [{ type: 'ice-candidate', payload: { candidate: 1 }, target: 'desk' }, 400],
    [{ type: 'offer', payload: offer, target: 7 }, 400],
    [{ type: 'offer', payload: offer }, 400],
    [[], 400],
    ['null', 400],
    ['{', 400],
    [{ type: 'offer', payload: 'x'.repeat(33_000), target: 'desk' }, 400],
    [{ type: 'offer', payload: 'x'.repeat(70_000), target: 'desk' }, 413],
    [{ type: 'offer', payload: 'x'.repeat(5_000_000), target: 'desk' }, 413],
  ]
  for (const [body, status] of asked) {
    const refused = await post(address, body)
    expect([refused.status, typeof refused.body.message], JSON.stringify(body).slice(0, 80)).toEqual([status, 'string'])
  }
  expect((await fetch(address, { method: 'POST', body: '{}' })).status).toBe(415)
  // Of no declared length.
  const body = new Blob(['x'.repeat(200_000)]).stream()
  const chunked = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, duplex: 'half' }
  expect((await fetch(address, chunked as RequestInit)).status).toBe(413)
  expect(await door.send('ice-candidate', candidate, 'desk')).toEqual(SENT)
  await desk.next('ice-candidate')
  expect(desk.inbox.names.filter((name) => name !== 'ping')).toEqual(['ice-candidate'])
})

test('a message that never ends is refused once it is too large, and then cut off', async () => {
  const { url, port } = await start({ headersTimeoutMs: 300, requestTimeoutMs: 300, checkConnectionsMs: 50 })
  await new SseClient(url, 's', 'door').register()
  const { socket, ended } = openTcp(port)
  const head = 'Host: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
  socket.write(`POST /message/s/door HTTP/1.1\r\n${head}11170\r\n${'x'.repeat(70_000)}\r\n`)
  expect(await ended).toMatch(/^HTTP\/1.1 413 /)
})

test('who is not registered neither sends nor listens; ids that are no line are refused', async () => {
  const { url } = await start()
  await joinSseSession(url, 's', 'door')
  for (const [session, peer] of [
    ['s', 'desk'],
    ['none', 'door'],
  ] as const) {
    expect((await new SseClient(url, session, peer).send('offer', offer, 'door')).status).toBe(403)
    expect((await RawStream.open(`${url}/events/${session}/${peer}`)).status).toBe(404)
  }
  for (const id of ['x'.repeat(65), '\u202e', ' ']) {
    expect((await new SseClient(url, id, 'desk').register()).status).toBe(400)
    expect((await new SseClient(url, 's', id).register()).status).toBe(400)
  }
  expect((await RawStream.open(`${url}/events/s/door`, { method: 'HEAD' })).status).toBe(405)
  expect((await fetch(`${url}/register/s/x`)).status).toBe(405)
})

test('a full session and a server without a place refuse', async () => {
  const { url } = await start({ rooms: 1, connections: 1 })
  for (let at = 0; at < 16; at++) expect((await new SseClient(url, 's', `p${at}`).register()).status).toBe(200)
  expect((await new SseClient(url, 's', 'p16').register()).status).toBe(403)
  expect((await new SseClient(url, 'other', 'p0').register()).status).toBe(503)
  const open = await RawStream.open(`${url}/events/s/p0`)
  expect((await RawStream.open(`${url}/events/s/p1`)).status).toBe(503)
  open.drop()
  await expect.poll(async () => (await RawStream.open(`${url}/events/s/p1`)).status).toBe(200)
})

test('a server that stops ends every stream', async () => {
  const { url, close } = await start()
  await new SseClient(url, 's', 'door').register()
  const stream = await RawStream.open(`${url}/events/s/door`)
  const over = stream.message()
  await close()
  expect(await over).toBeNull()
})

/** A stream over a TCP connection of its own, so that it can really not be read. `text`: what has come so far. */
const openTcpStream = async (port: number, path: string) => {
  const { socket, ended } = openTcp(port)
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString()))
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await expect.poll(() => text).toContain('"ping"')
  return { socket, ended }
}

const numbersIn = (text: string) => [...text.matchAll(/s=(\d+)-/g)].map(([, number]) => Number(number))

test('a reader that does not read is cut, and told the rest when it comes back', async () => {
  const events: string[] = []
  const log: Log = (_level, event) => void events.push(event)
  const { url, port } = await start({}, log)
  await new SseClient(url, 's', 'door').register()
  const desk = await joinSseSession(url, 's', 'desk')
  const { socket, ended } = await openTcpStream(port, '/events/s/door')
  socket.pause()
  let sent = 0
  // A system takes some megabytes for a reader before its writer notices anything.
  while (!events.includes('slow-reader-cut') && sent < 2000) {
    const sdp = `v=0\r\ns=${sent}-\r\n${'x'.repeat(30_000)}`
    expect(await desk.send('offer', { type: 'offer', sdp }, 'door')).toEqual(SENT)
    sent += 1
  }
  expect(events).toContain('slow-reader-cut')
  await desk.send('ice-candidate', 'last', 'door')
  socket.resume()
  const text = await ended
  // What was cut off in the middle counts as not read.
  const whole = text.slice(0, text.lastIndexOf('\n\n'))
  const lastEventId = /^[\s\S]*^id: (.*)$/m.exec(whole)?.[1] ?? ''
  const back = await RawStream.open(`${url}/events/s/door`, { lastEventId })
  expect(back.status).toBe(200)
  let rest = ''
  for (let told = await back.message(); told?.type === 'offer'; told = await back.message())
    rest += (told.payload as { sdp: string }).sdp
  const numbers = [...numbersIn(whole), ...numbersIn(rest)]
  expect(numbers).toEqual(Array.from({ length: sent }, (_, number) => number))
})
