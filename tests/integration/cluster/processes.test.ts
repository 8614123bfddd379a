import { describe, expect, test } from 'vitest'
import type { Signal } from '#signalling/protocol.ts'
import { anOffer, connect, fillRoom, joinRoom, next, request, valueOf } from '../../helpers/signalling-client.ts'
import { startCluster } from '../../helpers/cluster.ts'
import { whyNoRedis } from '../../helpers/redis.ts'
import { ResumingClient } from './resuming-client.ts'

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

const urlsOf = ({ servers }: Awaited<ReturnType<typeof startCluster>>) => servers.map(({ url }) => url)

/** One person at each process, all in one room whose home is the first. */
const meet = async (urls: readonly string[], ...names: string[]) => {
  const people = names.map((name, at) => new ResumingClient(name, urls, at % urls.length))
  const [host] = people
  const code = await host!.host()
  for (const person of people) valueOf(await person.join(code))
  return { people, code }
}

const textsOf = ({ chat }: ResumingClient) => [...chat.entries()].sort(([a], [b]) => a - b).map(([, { text }]) => text)

describe.skipIf(reason !== null)('three processes and Redis', { timeout: 60_000 }, () => {
  test('[P1] people at different processes are in one room: presence, signals, chat, leaving', async () => {
    const urls = urlsOf(await startCluster(3))
    const [ada] = await fillRoom(urls[0]!, 'Ada')
    const { code } = ada.joined.room
    const bobCame = next(ada.socket, 'peer:joined')
    const bob = await joinRoom(urls[1]!, code, 'Bob')
    expect(await bobCame).toMatchObject({ id: bob.joined.peerId, name: 'Bob' })
    const cyd = await joinRoom(urls[2]!, code, 'Cyd')
    expect(cyd.joined.room.peers.map(({ name }) => name)).toEqual(['Ada', 'Bob', 'Cyd'])
    for (const [from, to] of [
      [ada, bob],
      [bob, cyd],
      [cyd, ada],
    ] as const) {
      const arrived = next(to.socket, 'signal:received')
      const signal = anOffer()
      valueOf(await request(from.socket, 'signal:send', { to: to.joined.peerId, signal }))
      expect(await arrived).toEqual({ from: from.joined.peerId, signal })
    }
    const heard = [next(ada.socket, 'chat:posted'), next(bob.socket, 'chat:posted')]
    const said = valueOf(await request(cyd.socket, 'chat:send', { nonce: 'nonce-01', text: 'hello' }))
    expect(await Promise.all(heard)).toEqual([said, said])
    const left = [next(ada.socket, 'peer:left'), next(cyd.socket, 'peer:left')]
    valueOf(await request(bob.socket, 'room:leave', {}))
    expect(await Promise.all(left)).toEqual([1, 2].map(() => ({ id: bob.joined.peerId, reason: 'left' })))
  })

  test('[P2] a room never takes more than its capacity, however many come at once from all sides', async () => {
    const urls = urlsOf(await startCluster(3))
    for (const capacity of [2, 3, 4, 5]) {
      const host = new ResumingClient('Host', urls, capacity % 3)
      const code = await host.host(capacity)
      const people = Array.from({ length: 12 }, (_, at) => new ResumingClient(`P${at}`, urls, at % 3))
      const answers = await Promise.all(people.map((person) => person.join(code)))
      expect(answers.filter(({ ok }) => ok)).toHaveLength(capacity)
      const codes = answers.flatMap((answer) => (answer.ok ? [] : [answer.code]))
      expect(new Set(codes)).toEqual(new Set(['room-full']))
      expect(valueOf(await request(host.socket, 'room:look', { code })).peers).toHaveLength(capacity)
      for (const person of people) person.close()
    }
  })

  test('[P3] the home of a room is killed: everybody resumes elsewhere, and nothing is lost', async () => {
    const cluster = await startCluster(3)
    const { people, code } = await meet(urlsOf(cluster), 'Ada', 'Bob', 'Cyd')
    const [ada, bob, cyd] = people as [ResumingClient, ResumingClient, ResumingClient]
    const ids = people.map(({ id }) => id)
    for (const person of people) await person.say(`${person.name} before`)
    await cluster.servers[0]!.kill()
    await Promise.all(people.map((person) => person.say(`${person.name} after`)))
    await expect.poll(() => people.map(({ returns }) => returns > 0), { timeout: 20_000 }).toEqual([true, true, true])
    expect(people.map(({ id }) => id)).toEqual(ids)
    const said = ['Ada before', 'Bob before', 'Cyd before', 'Ada after', 'Bob after', 'Cyd after']
    for (const person of people)
      await expect.poll(() => textsOf(person).sort(), { timeout: 10_000 }).toEqual([...said].sort())
    ada.send(cyd, 'again')
    bob.send(ada, 'again')
    await expect.poll(() => [cyd.signals.at(-1), ada.signals.at(-1)]).toEqual([`${ada.id} again`, `${bob.id} again`])
    const dan = await joinRoom(cluster.servers[2]!.url, code, 'Dan')
    expect(dan.joined.room.peers.map(({ name }) => name).sort()).toEqual(['Ada', 'Bob', 'Cyd', 'Dan'])
    expect(dan.joined.chat).toHaveLength(6)
  })

  test('[P3] another process is killed: its people resume elsewhere, and the others stay connected', async () => {
    const cluster = await startCluster(3)
    const { people } = await meet(urlsOf(cluster), 'Ada', 'Bob', 'Cyd')
    const [ada, bob, cyd] = people as [ResumingClient, ResumingClient, ResumingClient]
    await cluster.servers[1]!.kill()
    await bob.say('I am back')
    ada.send(bob, 'one')
    bob.send(cyd, 'two')
    await expect.poll(() => bob.signals).toEqual([`${ada.id} one`])
    await expect.poll(() => cyd.signals).toEqual([`${bob.id} two`])
    expect(people.map(({ returns }) => returns)).toEqual([0, 1, 0])
  })

  test('[P3] people of a killed process are away, and what is sent to them waits until they are back', async () => {
    const { servers } = await startCluster(3)
    const [ada] = await fillRoom(servers[0]!.url, 'Ada')
    const bob = await joinRoom(servers[1]!.url, ada.joined.room.code, 'Bob')
    await servers[1]!.kill()
    await expect.poll(() => ada.facts.at(-1), { timeout: 15_000 }).toEqual(['peer:away', { id: bob.joined.peerId }])
    for (const epoch of ['one', 'two'])
      valueOf(await request(ada.socket, 'signal:send', { to: bob.joined.peerId, signal: anOffer(epoch) }))
    const again = await connect(servers[2]!.url)
    valueOf(await request(again.socket, 'peer:resume', { token: bob.joined.token }))
    const epochs = () => again.facts.flatMap(([, payload]) => (payload as { signal?: Signal }).signal?.epoch ?? [])
    await expect.poll(epochs).toEqual(['one', 'two'])
    expect(ada.facts.at(-1)).toEqual(['peer:back', { id: bob.joined.peerId }])
  })

  test('[P2] a token is good once in all processes together', async () => {
    const urls = urlsOf(await startCluster(3))
    const [ada] = await fillRoom(urls[0]!, 'Ada')
    const racers = [1, 2, 0, 1, 2].map((at) => new ResumingClient('Thief', urls, at))
    const { token } = ada.joined
    const answers = await Promise.all(racers.map(({ socket }) => request(socket, 'peer:resume', { token })))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
  })

  test.each([
    ['with what it held', true],
    ['empty', false],
  ])('[P4] Redis is killed and comes back %s: nobody is disconnected, and all goes on', async (_how, appendOnly) => {
    const cluster = await startCluster(3, {}, { appendOnly })
    const { people, code } = await meet(urlsOf(cluster), 'Ada', 'Bob', 'Cyd')
    const [ada, bob, cyd] = people as [ResumingClient, ResumingClient, ResumingClient]
    await ada.say('before')
    await cluster.redis.kill()
    for (let at = 0; at < 20; at += 1) bob.send(cyd, `e${at}`)
    const ready = async (): Promise<unknown> => (await fetch(`${cluster.servers[0]!.url}/health/ready`)).json()
    await expect.poll(ready).toEqual({ status: 'redis-unreachable' })
    await cluster.redis.restart()
    await expect.poll(ready, { timeout: 5000 }).toEqual({ status: 'ok' })
    await cyd.say('after')
    const epochs = Array.from({ length: 20 }, (_, at) => `${bob.id} e${at}`)
    await expect.poll(() => cyd.signals, { timeout: 15_000 }).toEqual(epochs)
    for (const person of people)
      await expect.poll(() => textsOf(person), { timeout: 10_000 }).toEqual(['before', 'after'])
    expect(people.map(({ returns }) => returns)).toEqual([0, 0, 0])
    const dan = await joinRoom(cluster.servers[1]!.url, code, 'Dan')
    expect(dan.joined.room.peers.map(({ name }) => name)).toEqual(['Ada', 'Bob', 'Cyd', 'Dan'])
    expect(dan.joined.chat.map(({ text }) => text)).toEqual(['before', 'after'])
  })

  test('[P5] after Redis and the home of a room were lost together, tokens alone bring the room back', async () => {
    const cluster = await startCluster(2, {}, { appendOnly: false })
    const { people } = await meet(urlsOf(cluster), 'Ada', 'Bob')
    const ids = people.map(({ id }) => id)
    await cluster.redis.kill()
    await cluster.servers[0]!.kill()
    await cluster.redis.restart()
    await Promise.all(people.map((person) => person.say(`${person.name} is back`)))
    expect(people.map(({ id }) => id)).toEqual(ids)
    for (const person of people) await expect.poll(() => textsOf(person).length, { timeout: 10_000 }).toBe(2)
  })

  test('[P6] a server that stops on purpose gives its rooms to the others', async () => {
    const cluster = await startCluster(2)
    const { people } = await meet(urlsOf(cluster), 'Ada', 'Bob')
    await people[1]!.say('before')
    await cluster.servers[0]!.stop()
    await Promise.all(people.map((person) => person.say(`${person.name} after`)))
    await expect
      .poll(() => people.map((person) => textsOf(person).sort()), { timeout: 10_000 })
      .toEqual([1, 2].map(() => ['Ada after', 'Bob after', 'before']))
  })
})
