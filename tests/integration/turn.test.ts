import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { methods, parseMessage } from 'werift'
import { expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../helpers/signalling-domain.ts'
import { errorOf, type Address, type TurnClient } from '../helpers/turn-client.ts'
import { openTurn, startTestRelay } from '../helpers/turn-server.ts'

/** Two clients with an allocation each. */
const twoClients = async (
  { port, pass }: Awaited<ReturnType<typeof startTestRelay>>,
  [first, second]: readonly ['udp' | 'tcp', 'udp' | 'tcp'] = ['udp', 'udp'],
) => {
  const [ann, ben] = [await openTurn[first](port), await openTurn[second](port)]
  return { ann, ben, annAt: await ann.allocate(pass('ann')), benAt: await ben.allocate(pass('ben')) }
}

const arrived = async (client: TurnClient, from: number | string, data: string): Promise<void> =>
  await expect.poll(() => client.received).toContainEqual({ from, data })

for (const transports of [
  ['udp', 'udp'],
  ['tcp', 'tcp'],
  ['udp', 'tcp'],
  ['tcp', 'udp'],
] as const)
  test(`two clients exchange packets by indications and by channels, over ${transports.join(' and ')}`, async () => {
    const { ann, ben, annAt, benAt } = await twoClients(await startTestRelay(), transports)
    expect([await ann.permit(benAt), await ben.permit(annAt)]).toEqual([null, null])
    ann.indicate(benAt, 'hello')
    await arrived(ben, annAt.join(':'), 'hello')
    expect(await ann.bind(0x4001, benAt)).toBeNull()
    ann.sendBy(0x4001, 'by my channel')
    await arrived(ben, annAt.join(':'), 'by my channel')
    expect(await ben.bind(0x4abc, annAt)).toBeNull()
    for (const length of [1, 2, 3, 4, 1200]) {
      ann.sendBy(0x4001, 'x'.repeat(length))
      await arrived(ben, 0x4abc, 'x'.repeat(length))
      ben.sendBy(0x4abc, 'y'.repeat(length))
      await arrived(ann, 0x4001, 'y'.repeat(length))
    }
    ann.indicate(benAt, 'z')
    await arrived(ben, 0x4abc, 'z')
  })

test('many packets in one piece of the stream, and one in many pieces, are the same packets', async () => {
  const { port, pass } = await startTestRelay()
  const [ann, ben] = [await openTurn.tcp(port), await openTurn.udp(port)]
  const [annAt, benAt] = [await ann.allocate(pass('ann')), await ben.allocate(pass('ben'))]
  await ann.bind(0x4000, benAt)
  await ben.permit(annAt)
  const packet = (text: string) => {
    const data = Buffer.from(text)
    return Buffer.concat([Buffer.from([0x40, 0x00, 0, data.length]), data, Buffer.alloc(-data.length & 3)])
  }
  ann.send(Buffer.concat(['1', '22', '333', '4444'].map(packet)))
  for (const byte of packet('in pieces'))
    await new Promise<void>((done) => ann.socket.write(Buffer.from([byte]), () => done()))
  await arrived(ben, annAt.join(':'), 'in pieces')
  expect(ben.received.map(({ data }) => data)).toEqual(['1', '22', '333', '4444', 'in pieces'])
})

test('a packet arrives only where its sender is wanted', async () => {
  const { ann, ben, annAt, benAt } = await twoClients(await startTestRelay())
  await ann.permit(benAt)
  ann.indicate(benAt, 'not asked for')
  ben.indicate(annAt, 'not permitted to send')
  await ben.permit(annAt)
  ann.indicate(benAt, 'wanted')
  await arrived(ben, annAt.join(':'), 'wanted')
  expect(ben.received).toHaveLength(1)
  expect(ann.received).toEqual([])
})

/** Addresses of this machine and of others, under all the names that a client could think of. */
const foreign: readonly Address[] = [
  ['127.0.0.1', 0],
  ['0.0.0.0', 0],
  ['169.254.169.254', 80],
  ['192.168.1.1', 53],
  ['255.255.255.255', 0],
  ['224.0.0.251', 5353],
]

test('nobody but clients of the relay is ever sent a packet', async () => {
  const { relay, port, pass } = await startTestRelay()
  const listener = createSocket('udp4')
  const heard: string[] = []
  listener.on('message', (bytes) => heard.push(bytes.toString()))
  listener.bind(0, '127.0.0.1')
  await once(listener, 'listening')
  onTestFinished(() => void listener.close())
  const { ann, ben, annAt, benAt } = await twoClients({ relay, port, pass, log: [] })
  for (const [ip, peerPort] of foreign) {
    const peer: Address = [ip, peerPort || listener.address().port]
    expect(await ann.permit(peer)).toBe(403)
    expect(await ann.bind(0x4000, peer)).toBe(403)
    ann.indicate(peer, 'out')
    ann.sendBy(0x4000, 'out')
  }
  expect(await ann.permit(['::ffff:127.0.0.1', listener.address().port])).toBe(443)
  expect(await ann.permit(['::1', listener.address().port])).toBe(443)
  // An address of the relay's own network that nobody has.
  const nobody: Address = [benAt[0], benAt[1] === 5000 ? 5001 : 5000]
  expect(await ann.permit(nobody)).toBeNull()
  ann.indicate(nobody, 'out')
  await ben.permit(annAt)
  ann.indicate(benAt, 'in')
  await arrived(ben, annAt.join(':'), 'in')
  expect(heard).toEqual([])
  expect(relay.figures).toEqual({ allocations: 2, packets: 1, bytes: 2 })
})

test('without a pass, with a made-up one, and with one for somebody else, there is no allocation', async () => {
  const { port, pass } = await startTestRelay()
  const good = pass('ann')
  const client = await openTurn.udp(port)
  const [end = ''] = (good.username ?? '').split(':')
  const refused = 'refused: 401'
  await expect(client.allocate({ username: 'ann', credential: 'x' })).rejects.toThrow(refused)
  await expect(client.allocate({ ...good, credential: 'x' })).rejects.toThrow(refused)
  await expect(client.allocate({ ...good, username: `${end}:ben` })).rejects.toThrow(refused)
  await expect(client.allocate({ ...good, username: `${String(Number(end) + 1)}:ann` })).rejects.toThrow(refused)
  await client.allocate(good)
})

test('a pass that has run out gets nothing, and does not keep what it got', async () => {
  const clock = new ManualClock()
  const { port, pass } = await startTestRelay({ turnPassMs: 60_000 }, clock)
  const former = pass('ann')
  const client = await openTurn.udp(port)
  await client.allocate(former)
  clock.advance(60_000)
  expect(await client.refresh(600)).toBe(401)
  await expect((await openTurn.udp(port)).allocate(former)).rejects.toThrow('refused: 401')
  await (await openTurn.udp(port)).allocate(pass('ann'))
})

test('a stolen pass does not reach the allocation of its owner', async () => {
  const { port, pass } = await startTestRelay()
  const [owner, thief] = [await openTurn.udp(port), await openTurn.udp(port)]
  await owner.allocate(pass('ann'))
  thief.becomeLike(owner)
  const answer = await thief.exchange(thief.compose(methods.REFRESH, [['LIFETIME', 0]]))
  expect(errorOf(parseMessage(answer!)!)).toBe(438)
  expect(await thief.refresh(0)).toBe(437)
  expect(await owner.refresh(600)).toBeNull()
})

test('with another pass than the one it was made with, an allocation is not to be had', async () => {
  const { port, pass } = await startTestRelay()
  const client = await openTurn.udp(port)
  await client.allocate(pass('ann'))
  client.show(pass('ben'))
  expect(await client.refresh(0)).toBe(441)
})

test('one client has one allocation, and its lifetime is within the bounds of the RFC', async () => {
  const { port, pass, relay } = await startTestRelay()
  const client = await openTurn.udp(port)
  const ann = pass('ann')
  await client.allocate(ann, [['LIFETIME', 1]])
  await expect(client.allocate(ann)).rejects.toThrow('refused: 437')
  for (const [wanted, given] of [
    [1, 600],
    [1200, 1200],
    [99_999, 3600],
  ]) {
    const answer = await client.ask(methods.REFRESH, [['LIFETIME', wanted]])
    expect(answer.getAttributeValue('LIFETIME')).toBe(given)
  }
  expect(await client.refresh(0)).toBeNull()
  expect(await client.refresh(600)).toBe(437)
  expect(relay.figures.allocations).toBe(0)
})

test('one user, one address and all together have no more allocations than they may', async () => {
  const perUser = await startTestRelay({ turnAllocationsPerUser: 2 })
  const pass = perUser.pass('ann')
  for (const expected of [null, null, 'refused: 486']) {
    const made = (await openTurn.udp(perUser.port)).allocate(pass)
    if (expected === null) await made
    else await expect(made).rejects.toThrow(expected)
  }
  // A later pass of the same user is no new user.
  await expect((await openTurn.udp(perUser.port)).allocate(perUser.pass('ann'))).rejects.toThrow('refused: 486')
  await (await openTurn.udp(perUser.port)).allocate(perUser.pass('ben'))
  for (const [limits, code] of [
    [{ turnAllocationsPerAddress: 1 }, 486],
    [{ turnAllocations: 1 }, 508],
  ] as const) {
    const relay = await startTestRelay(limits)
    const first = await openTurn.tcp(relay.port)
    await first.allocate(relay.pass('ann'))
    const second = await openTurn.tcp(relay.port)
    await expect(second.allocate(relay.pass('ben'))).rejects.toThrow(`refused: ${String(code)}`)
    first.close()
    await expect.poll(() => relay.relay.figures.allocations).toBe(0)
    await second.allocate(relay.pass('ben'))
  }
})

test('what a client sends beyond its rate is lost, and the rest arrives', async () => {
  const clock = new ManualClock()
  const server = await startTestRelay({ turnBytesRate: { burst: 3000, perSecond: 1000 } }, clock)
  const { ann, ben, annAt, benAt } = await twoClients(server, ['tcp', 'tcp'])
  await ann.bind(0x4000, benAt)
  await ben.bind(0x4000, annAt)
  for (let count = 0; count < 5; count += 1) ann.sendBy(0x4000, `${String(count)}${'x'.repeat(999)}`)
  await ann.binding()
  clock.advance(1000)
  ann.sendBy(0x4000, `5${'x'.repeat(999)}`)
  await expect.poll(() => ben.received.map(({ data }) => data[0])).toEqual(['0', '1', '2', '5'])
})

test('packets for somebody who does not read are dropped, and the relay keeps no more than it may', async () => {
  const unbound = { burst: 1e9, perSecond: 1e9 }
  const server = await startTestRelay({ turnBytesRate: unbound, turnQueuedBytes: 20_000 })
  const [ann, ben] = [await openTurn.udp(server.port), await openTurn.tcp(server.port)]
  const [annAt, benAt] = [await ann.allocate(server.pass('ann')), await ben.allocate(server.pass('ben'))]
  await ann.bind(0x4000, benAt)
  await ben.bind(0x4000, annAt)
  ben.socket.pause()
  const sent = 20_000
  for (let count = 0; count < sent; count += 1) {
    ann.sendBy(0x4000, 'x'.repeat(1200))
    if (count % 100 === 0) await ann.binding()
  }
  ben.socket.resume()
  await expect
    .poll(() => {
      ann.sendBy(0x4000, 'end')
      return ben.received.some(({ data }) => data === 'end')
    })
    .toBe(true)
  expect(ben.received.length).toBeLessThan(sent)
})

test('a connection that asks for nothing, or says what is no TURN, is ended', async () => {
  const clock = new ManualClock()
  const { port, pass, relay } = await startTestRelay({}, clock)
  const [idle, busy] = [await openTurn.tcp(port), await openTurn.tcp(port)]
  await busy.allocate(pass())
  const ended = once(idle.socket, 'close')
  await idle.binding()
  clock.advance(10_000)
  await ended
  expect(errorOf(await busy.binding())).toBeNull()
  for (const said of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0, 1, 0, 3]),
    Buffer.from([0x40, 0, 255, 255]),
  ]) {
    const socket = connectTcp(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(said)
    socket.resume()
    await once(socket, 'close')
  }
  busy.close()
  await expect.poll(() => relay.figures.allocations).toBe(0)
})

test('where the port is taken for UDP there is TCP alone, and the log says so', async () => {
  const taken = await startTestRelay()
  const second = await startTestRelay()
  await second.relay.listenUdp(taken.port, '127.0.0.1')
  expect(second.log).toContain('relay-without-udp')
  expect(second.relay.iceServerFor('ann', 'localhost')?.urls).toEqual([
    `turn:127.0.0.1:${String(taken.port)}?transport=tcp`,
  ])
})

test('a closed relay answers nobody and hands out nothing', async () => {
  const { relay, port, pass } = await startTestRelay()
  const client = await openTurn.tcp(port)
  await client.allocate(pass())
  const closed = once(client.socket, 'close')
  await relay.close()
  await closed
  expect(relay.figures.allocations).toBe(0)
  expect(relay.iceServerFor('ann', 'localhost')).toBeNull()
})
