import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import type { IceServer } from '#signalling/protocol.ts'
import { connect, fillRoom, request, startTestServer, valueOf } from '../helpers/signalling-client.ts'
import { createSelfSigned } from '../helpers/self-signed.ts'
import { ask } from '../helpers/signalling-raw.ts'
import { openTurn } from '../helpers/turn-server.ts'

const turn = {
  urls: ['turn:127.0.0.1:3478?transport=udp'],
  secret: 'a-secret-of-the-turn-server',
  lifetimeMs: 3_600_000,
}
const stun = { urls: ['stun:127.0.0.1:3478'] }

/** Held against the draft, with the secret that only the TURN server and this one know. */
const expectCredential = ({ username = '', credential }: Partial<IceServer>, id: string | RegExp): void => {
  const [end = '', ...rest] = username.split(':')
  expect(rest.join(':')).toMatch(id)
  const secondsLeft = Number(end) - Date.now() / 1000
  expect(secondsLeft).toBeGreaterThan(3500)
  expect(secondsLeft).toBeLessThanOrEqual(3600)
  expect(credential).toBe(createHmac('sha1', turn.secret).update(username).digest('base64'))
}

test('[I1] each connection is told STUN for all and TURN for itself, and nobody the secret', async () => {
  const { url } = await startTestServer({ iceServers: [stun], turn })
  const clients = [await connect(url), await connect(url)]
  for (const { session, facts } of clients) {
    expect(session.iceLifetimeMs).toBe(3_600_000)
    expect(session.iceServers).toHaveLength(2)
    expect(session.iceServers[0]).toEqual(stun)
    expectCredential(session.iceServers[1]!, session.peerId)
    expect(JSON.stringify(facts)).not.toContain(turn.secret)
  }
  expect(clients[0]!.session.iceServers[1]!.credential).not.toBe(clients[1]!.session.iceServers[1]!.credential)
})

test('[I1] without a TURN server nothing runs out', async () => {
  const { url } = await startTestServer({ iceServers: [stun] })
  const { session, socket } = await connect(url)
  expect(session).toEqual({ peerId: session.peerId, iceServers: [stun] })
  expect(valueOf(await request(socket, 'ice:refresh', {}))).toEqual({ iceServers: [stun] })
})

test('[I2] new credentials are to be had before and in a call', async () => {
  const { url } = await startTestServer({ turn })
  const outside = await connect(url)
  const refreshed = valueOf(await request(outside.socket, 'ice:refresh', {}))
  expectCredential(refreshed.iceServers[0]!, outside.session.peerId)
  expect(refreshed.iceLifetimeMs).toBe(3_600_000)
  const [ann] = await fillRoom(url, 'Ann')
  const inside = valueOf(await request(ann.socket, 'ice:refresh', {}))
  expectCredential(inside.iceServers[0]!, ann.joined.peerId)
})

test('[I3] over HTTP all URLs are in one object, with another credential each time', async () => {
  const { port } = await startTestServer({ iceServers: [stun], turn })
  const answers = [await ask(port, '/iceServers'), await ask(port, '/iceServers')]
  const bodies = answers.map(({ body }) => JSON.parse(body) as Partial<IceServer>)
  for (const { status, headers, body } of answers) {
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(body).not.toContain(turn.secret)
  }
  for (const body of bodies) {
    expect(body.urls).toEqual([...stun.urls, ...turn.urls])
    expectCredential(body, /^[\w-]{22}$/)
  }
  expect(bodies[0]!.credential).not.toBe(bodies[1]!.credential)
})

test('[I3] without a TURN server there is STUN, or nothing', async () => {
  const withStun = await startTestServer({ iceServers: [stun] })
  expect(JSON.parse((await ask(withStun.port, '/iceServers')).body)).toEqual(stun)
  const bare = await startTestServer()
  expect(JSON.parse((await ask(bare.port, '/iceServers')).body)).toEqual({ urls: [] })
})

test('[I4] a server that relays itself tells everybody so, each with a pass of their own, at the address they came by', async () => {
  const { url, port } = await startTestServer({ iceServers: [stun], relay: true })
  const clients = [await connect(url), await connect(url)]
  for (const { session } of clients) {
    const [first, own] = session.iceServers
    expect([first, session.iceServers.length, session.iceLifetimeMs]).toEqual([stun, 2, 12 * 3_600_000])
    const at = `turn:127.0.0.1:${String(port)}?transport=`
    expect(own).toMatchObject({ urls: [`${at}udp`, `${at}tcp`] })
    expect(own?.username?.split(':')[1]).toBe(session.peerId)
    const refreshed = valueOf(await request(clients[0]!.socket, 'ice:refresh', {}))
    expect(refreshed.iceServers[1]?.urls).toEqual(own?.urls)
  }
  const answer = JSON.parse((await ask(port, '/iceServers')).body) as Partial<IceServer>
  expect(answer.urls).toEqual([stun.urls, clients[0]!.session.iceServers[1]!.urls].flat())
})

for (const [transport, tls] of [
  ['udp', false],
  ['tcp', false],
  ['udp', true],
  ['tcp', true],
] as const)
  test(`[I4] what it tells is good: by ${transport}, ${tls ? 'beside TLS' : 'without TLS'}`, async () => {
    const server = await startTestServer({ relay: true, ...(tls ? { tls: await createSelfSigned() } : {}) })
    const { session } = await connect(server.url)
    const client = await openTurn[transport](server.port)
    const [ip] = await client.allocate(session.iceServers[0]!)
    expect(ip).toMatch(/^198\.51\.100\./)
  })
