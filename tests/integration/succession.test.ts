import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request as askSecurely } from 'node:https'
import { expect, test } from 'vitest'
import { limits as wire, readWill, type ChatMessage, type ClientToServer, type Will } from '#signalling/protocol.ts'
import type { SignallingServer, SignallingServerOptions } from '#signalling/server.ts'
import { HostSigner } from '#signalling/domain/wills.ts'
import { createHostSigner } from '../helpers/host-keys.ts'
import { createSelfSigned, type SelfSigned } from '../helpers/self-signed.ts'
import {
  closed,
  codeOf,
  connect,
  createRoom,
  hostMeeting,
  joinRoom,
  next,
  request,
  startTestServer,
  valueOf,
  type Client,
  type Member,
} from '../helpers/signalling-client.ts'
import { ask, type HttpAnswer } from '../helpers/signalling-raw.ts'

/** A computer that hosts, or could. Its own page comes by http, everybody else by https. */
interface Computer extends SignallingServer {
  readonly tls: SelfSigned
  readonly secureUrl: string
  readonly ownerKey: string
}
const startComputer = async (options: SignallingServerOptions = {}): Promise<Computer> => {
  const [tls, ownerKey] = [await createSelfSigned(), randomBytes(16).toString('base64url')]
  const server = await startTestServer({ tls, succession: { ownerKey }, ...options })
  return { ...server, tls, ownerKey, secureUrl: `https://127.0.0.1:${server.port}` }
}

const overTls = { rejectUnauthorized: false }
type Adoption = Parameters<ClientToServer['room:adopt']>[0]

const come = async ({ secureUrl }: Computer, code: string, name: string, password?: string): Promise<Member> => {
  const client = await connect(secureUrl, overTls)
  const pass = password === undefined ? {} : { password }
  return { ...client, joined: valueOf(await request(client.socket, 'room:join', { code, name, ...pass })) }
}
const comeBack = async ({ secureUrl }: Computer, token: string): Promise<Member> => {
  const client = await connect(secureUrl, overTls)
  return { ...client, joined: valueOf(await request(client.socket, 'peer:resume', { token })) }
}
const stand = async ({ socket }: Client, pin: string) => valueOf(await request(socket, 'heir:stand', { pin }))
const say = async ({ socket }: Client, nonce: string, text: string) =>
  valueOf(await request(socket, 'chat:send', { nonce, text }))

const merge = async ({ socket }: Client, messages: readonly ChatMessage[]): Promise<void> => {
  for (let at = 0; at < messages.length; at += wire.mergedMessages)
    valueOf(await request(socket, 'chat:merge', { messages: messages.slice(at, at + wire.mergedMessages) }))
}

/** One request over TLS. */
const askFor = async (
  { port, tls }: Computer,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<HttpAnswer> => {
  const asked = askSecurely({
    host: '127.0.0.1',
    port,
    path,
    method,
    headers,
    ca: tls.certificate,
    checkServerIdentity: () => undefined,
    agent: false,
  })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }
}

/** What an heir's page asks of its own server. */
const adoptionOf = (
  heir: Computer,
  code: string,
  people: Adoption['people'],
  will: Will,
  estate: string,
): Adoption => ({
  ...{ ownerKey: heir.ownerKey, code, estate, will, people, you: people[0]!.id },
})
/** A room that the computer adopted from one that never was; Ann is its host. */
const adoptSome = async (computer: Computer) => {
  const [code, former] = ['k7mq2xvd9thr', createHostSigner()]
  const door = { keyHash: '', password: null, knock: false, locked: false, hosts: [], hadHost: true, removed: [] }
  const people = [{ id: 'a'.repeat(22), name: 'Ann' }]
  const will = [former.sign(code, computer.tls.pin)]
  const client = await connect(computer.url)
  const adoption = adoptionOf(computer, code, people, will, JSON.stringify({ title: '', capacity: 16, door }))
  const { seats } = valueOf(await request(client.socket, 'room:adopt', adoption))
  return { code, will, client, adoption, seats }
}

test('the room outlives the computer that hosts it: places, door, and what was said are as before', async () => {
  const [first, second] = [await startComputer(), await startComputer()]
  const host = await hostMeeting(first.url, { title: 'Plans', password: 'sesame' })
  const { code } = host
  const [ann, ben] = [await come(first, code, 'Ann', 'sesame'), await come(first, code, 'Ben', 'sesame')]
  const told = next(ben.socket, 'succession:changed')
  expect(await stand(host, first.tls.pin)).toEqual({ will: null, estate: '' })
  expect(await told).toEqual({ host: host.joined.peerId, heirs: [] })
  const { will } = await stand(ann, second.tls.pin)
  const changed = next(ann.socket, 'estate:changed')
  valueOf(await request(host.socket, 'room:change', { knock: true }))
  const { estate } = await changed
  const said = [await say(host, 'nonce-01', 'hello'), await say(ben, 'nonce-02', 'hi')]
  await first.close()
  await Promise.all([host, ann, ben].map(({ socket }) => closed(socket)))

  const own = await connect(second.url)
  const people = [ann, ben].map(({ joined: { peerId: id } }, index) => ({ id, name: ['Ann', 'Ben'][index]! }))
  const adoption = adoptionOf(second, code, people, will!, estate)
  const { seats } = valueOf(await request(own.socket, 'room:adopt', adoption))
  await merge(own, said)
  const mine = valueOf(await request(own.socket, 'peer:resume', { token: seats[0]!.token }))
  expect(mine).toMatchObject({ peerId: ann.joined.peerId, chat: said, succession: { host: null, heirs: [] } })
  const back = next(own.socket, 'peer:back')
  const theirs = await comeBack(second, seats[1]!.token)
  expect(await back).toEqual({ id: ben.joined.peerId })
  expect(theirs.joined).toMatchObject({ peerId: ben.joined.peerId, chat: said })
  const { room } = theirs.joined
  expect(room).toMatchObject({ code, title: 'Plans', door: { hasPassword: true, knock: true, locked: false } })
  expect(room.hosts).toEqual([ann.joined.peerId])

  const late = await connect(second.secureUrl, overTls)
  const knocked = { code, name: 'Cy', password: 'sesame' }
  expect(codeOf(await request(late.socket, 'room:join', { ...knocked, password: 'wrong' }))).toBe('wrong-password')
  expect(codeOf(await request(late.socket, 'room:join', knocked))).toBe('knock-needed')
  const knock = next(own.socket, 'knocks:changed')
  valueOf(await request(late.socket, 'room:knock', knocked))
  const admitted = next(late.socket, 'knock:answered')
  const { knocks } = await knock
  valueOf(await request(own.socket, 'knock:answer', { id: knocks[0]!.id, admit: true }))
  expect(await admitted).toEqual({ admitted: true })
  expect(valueOf(await request(late.socket, 'room:join', knocked)).chat).toEqual(said)

  const asked = await askFor(second, `/succession/${code}`)
  const answer = JSON.parse(asked.body) as { pin: string; will: Will }
  expect(answer.pin).toBe(second.tls.pin)
  expect(await readWill(answer.will, { code, to: answer.pin })).toEqual([first.tls.pin])
})

test('the next one goes on as well, by a will that leads from the first computer to it', async () => {
  const [second, third] = [await startComputer(), await startComputer()]
  const { code, seats, will } = await adoptSome(second)
  const ann = await comeBack(second, seats[0]!.token)
  const ben = await come(second, code, 'Ben')
  const inherited = await stand(ben, third.tls.pin)
  expect(inherited.will!.slice(0, 1)).toEqual(will)
  await second.close()
  await closed(ann.socket)
  const own = await connect(third.url)
  const people = [{ id: ben.joined.peerId, name: 'Ben' }]
  const adoption = adoptionOf(third, code, people, inherited.will!, inherited.estate)
  valueOf(await request(own.socket, 'room:adopt', adoption))
  const { body } = await askFor(third, `/succession/${code}`)
  const pins = await readWill((JSON.parse(body) as { will: Will }).will, { code, to: third.tls.pin })
  expect(pins).toEqual([expect.any(String), second.tls.pin])
})

test('[E9] after a split both halves have what was said in either, once', async () => {
  const computer = await startComputer()
  const host = await hostMeeting(computer.url)
  const ann = await come(computer, host.code, 'Ann')
  await stand(ann, createHostSigner().pin)
  const here = await say(host, 'nonce-01', 'here')
  const there = { ...here, from: ann.joined.peerId, name: 'Ann', text: 'there', nonce: 'nonce-02' }
  const heard = next(host.socket, 'chat:posted')
  await merge(ann, [here, there])
  expect(await heard).toEqual({ ...there, id: here.id + 1 })
  await merge(ann, [there, here])
  const late = await come(computer, host.code, 'Late')
  expect(late.joined.chat).toEqual([here, { ...there, id: here.id + 1 }])
  expect(host.facts.filter(([name]) => name === 'chat:posted')).toHaveLength(1)
})

test('[E5] nobody but the owner has a server adopt a room, and guessing is slowed', async () => {
  const computer = await startComputer({ limits: { isLoopbackExempt: false } })
  const { adoption } = await adoptSome(computer)
  const eve = await connect(computer.secureUrl, overTls)
  const guess = async (ownerKey: string) => codeOf(await request(eve.socket, 'room:adopt', { ...adoption, ownerKey }))
  for (let count = 0; count < 5; count += 1)
    expect(await guess(randomBytes(16).toString('base64url'))).toBe('access-denied')
  expect(await guess(computer.ownerKey)).toBe('too-many-requests')
  expect(await guess('short')).toBe('bad-request')
})

test('[E9] a guest who never stood merges nothing, and neither does who is outside', async () => {
  const computer = await startComputer()
  const { client, seats, code } = await adoptSome(computer)
  const message = { id: 1, from: 'a'.repeat(22), name: 'Ann', text: 'I owe you', at: 1, nonce: 'nonce-01' }
  const guest = await come(computer, code, 'Eve')
  const outside = await connect(computer.secureUrl, overTls)
  expect(codeOf(await request(guest.socket, 'chat:merge', { messages: [message] }))).toBe('bad-request')
  expect(codeOf(await request(outside.socket, 'chat:merge', { messages: [message] }))).toBe('not-in-room')
  expect(valueOf(await request(client.socket, 'peer:resume', { token: seats[0]!.token })).chat).toEqual([])
})

const history = (count: number, text: string): ChatMessage[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ id: 1_700_000_000_000 + index, at: 1_700_000_000_000 + index, from: 'b'.repeat(22), name: 'Ben' },
    ...{ text, nonce: `nonce-${String(index).padStart(3, '0')}` },
  }))

test('[E11] a whole history of the longest messages goes in at once', async () => {
  const computer = await startComputer()
  const { client, seats } = await adoptSome(computer)
  const all = history(wire.chatHistory, '\u4e00'.repeat(wire.chatText))
  const chunks = Array.from({ length: all.length / wire.mergedMessages }, (_, index) =>
    all.slice(index * wire.mergedMessages, (index + 1) * wire.mergedMessages),
  )
  const merged = chunks.map((messages) => request(client.socket, 'chat:merge', { messages }))
  expect((await Promise.all(merged)).every(({ ok }) => ok)).toBe(true)
  const { chat } = valueOf(await request(client.socket, 'peer:resume', { token: seats[0]!.token }))
  expect(chat).toEqual(all)
})

test('[E11] a flood of merged messages is refused, then cut, and disturbs nobody', async () => {
  const computer = await startComputer({ limits: { mergeRate: { burst: 2, perSecond: 0.001 } } })
  const host = await hostMeeting(computer.url)
  const eve = await come(computer, host.code, 'Eve')
  await stand(eve, createHostSigner().pin)
  const messages = history(1, 'flood')
  const send = () => request(eve.socket, 'chat:merge', { messages })
  expect([(await send()).ok, (await send()).ok]).toEqual([true, true])
  expect(codeOf(await send())).toBe('too-many-requests')
  for (let count = 0; count < 9; count += 1) eve.socket.emit('chat:merge', { messages }, () => undefined)
  await closed(eve.socket)
  await say(host, 'nonce-01', 'still here')
  expect(host.facts.filter(([name]) => name === 'chat:posted')).toHaveLength(1)
})

test('[B2] a flood of stands is refused, then cut, and the succession is as it was', async () => {
  const computer = await startComputer({ limits: { roomRate: { burst: 5, perSecond: 0.001 } } })
  const host = await hostMeeting(computer.url)
  const eve = await come(computer, host.code, 'Eve')
  const left = next(host.socket, 'peer:away')
  for (let count = 0; count < 20; count += 1)
    eve.socket.emit('heir:stand', { pin: randomBytes(32).toString('base64url') }, () => undefined)
  await closed(eve.socket)
  await left
  expect(host.facts.filter(([name]) => name === 'succession:changed').length).toBeLessThanOrEqual(4)
})

test('[E4] on a server without a key of its own nobody stands, and Joined says nothing of a succession', async () => {
  for (const options of [{}, { succession: { ownerKey: null } }, { tls: await createSelfSigned() }]) {
    const { url } = await startTestServer(options)
    const ann = await joinRoom(url, await createRoom((await connect(url)).socket), 'Ann')
    expect(ann.joined).not.toHaveProperty('succession')
    expect(codeOf(await request(ann.socket, 'heir:stand', { pin: 'p'.repeat(43) }))).toBe('bad-request')
  }
})

test('[E12] of a room that was not taken over the answer is the one for no room', async () => {
  const computer = await startComputer()
  const { code, will } = await adoptSome(computer)
  const { code: ownRoom } = await hostMeeting(computer.url)
  const there = await askFor(computer, `/succession/${code.toUpperCase()}`)
  expect([there.status, JSON.parse(there.body)]).toEqual([200, { pin: computer.tls.pin, will }])
  expect(there.headers['cache-control']).toBe('no-store')
  const none = await askFor(computer, '/succession/k7mq2xvd9thx')
  expect(none.status).toBe(404)
  for (const name of [ownRoom, 'nonsense', '%20'])
    expect(await askFor(computer, `/succession/${name}`)).toMatchObject({ status: 404, body: none.body })
})

test('[E12] who tries codes is slowed on this address as on all others', async () => {
  const limits = { missRate: { burst: 2, perSecond: 0.001 }, isLoopbackExempt: false }
  const computer = await startComputer({ limits })
  const { code } = await adoptSome(computer)
  const statusOf = async (name: string) => (await askFor(computer, `/succession/${name}`)).status
  expect([await statusOf('k7mq2xvd9thx'), await statusOf('k7mq2xvd9thy')]).toEqual([404, 404])
  expect(await statusOf(code)).toBe(429)
  const client = await connect(computer.url)
  expect(codeOf(await request(client.socket, 'room:look', { code }))).toBe('too-many-requests')
})

test('[E12] it needs no access token, and obeys the rules for hosts, origins and methods', async () => {
  const token = 'a-secret-for-everything'
  const computer = await startComputer({
    access: { token, scope: 'all' },
    allowedOrigins: ['https://meet.example.org'],
  })
  const path = '/succession/k7mq2xvd9thr'
  expect((await askFor(computer, path)).status).toBe(404)
  expect((await askFor(computer, path, { headers: { Host: 'evil.example' } })).status).toBe(403)
  expect((await askFor(computer, path, { headers: { Origin: 'https://evil.example' } })).status).toBe(403)
  const allowed = await askFor(computer, path, { headers: { Origin: 'https://meet.example.org' } })
  expect(allowed.headers['access-control-allow-origin']).toBe('https://meet.example.org')
  expect((await askFor(computer, path, { method: 'POST' })).status).toBe(405)
  expect((await ask(computer.port, path)).status).toBe(404)
})

test('[E1] after the key of the server has changed wills are signed with the new one', async () => {
  const computer = await startComputer()
  const host = await hostMeeting(computer.url)
  const next = await createSelfSigned()
  computer.setCertificate(next)
  const { pin } = createHostSigner()
  const { will } = await stand(host, pin)
  expect(await readWill(will!, { code: host.code, to: pin })).toEqual([next.pin])
  expect(await stand(host, next.pin)).toEqual({ will: null, estate: '' })
})

test('a key that wills cannot be signed with starts no server, and takes the place of none', async () => {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign', 'verify'])
  const other = await createSelfSigned({ keys })
  const started = startTestServer({ tls: other, succession: { ownerKey: null } })
  await expect(started).rejects.toThrow('P-256')
  const computer = await startComputer()
  expect(() => computer.setCertificate(other)).toThrow('P-256')
  const host = await hostMeeting(computer.url)
  const { will } = await stand(host, createHostSigner().pin)
  expect(will![0]!.key).toBe(new HostSigner(computer.tls.key).sign('', '').key)
})
