import { createClient } from '@redis/client'
import { PREFIX } from '#signalling/cluster/redis.ts'
import type { ChatMessage } from '#signalling/protocol.ts'
import type { TestCluster } from '../../../helpers/cluster.ts'
import type { SoakGuest, SoakWatcher } from './soak-others.ts'
import { SoakPerson } from './soak-person.ts'
import { pause, SoakRandom } from './soak-random.ts'
import type { SoakRoom, SoakWorld } from './soak-world.ts'

/** A dead process is noticed after 7 s, whoever was away in it is given up after 30 s. */
const AGREED_MS = 60_000
const ARRIVED_MS = 15_000
const SIGNALS = 5
const CHAT_HISTORY = 200
const PERMANENT = new Set(['key', 'processes'].map((name) => PREFIX + name))

interface Crowd {
  readonly people: readonly SoakPerson[]
  readonly guests: readonly SoakGuest[]
  readonly watchers: readonly SoakWatcher[]
}

const until = async (limitMs: number, isSo: () => boolean | Promise<boolean>): Promise<boolean> => {
  const givesUpAt = performance.now() + limitMs
  while (performance.now() < givesUpAt) {
    if (await isSo()) return true
    await pause(100)
  }
  return false
}

const insiders = ({ people }: Crowd, room: SoakRoom) => people.filter((person) => person.room === room)

const namesOf = (names: ReadonlyMap<string, string>): string => [...names.values()].sort().join()

const expectedIn = (crowd: Crowd, room: SoakRoom): string => {
  const guests = room.code === 'visit' ? crowd.guests : []
  return [...insiders(crowd, room), ...guests]
    .map(({ name }) => name)
    .sort()
    .join()
}

/** Everybody, also who looks, knows who is inside. */
const checkAgreement = async (world: SoakWorld, crowd: Crowd): Promise<void> => {
  const differing = (): string[] =>
    world.rooms.flatMap((room) => {
      const expected = expectedIn(crowd, room)
      const looking = crowd.watchers.filter((watcher) => watcher.room === room)
      const seen = [...insiders(crowd, room), ...looking].map(({ names }) => namesOf(names))
      return seen.filter((names) => names !== expected).map((names) => `${room.code}: ${names} instead of ${expected}`)
    })
  const agreed = await until(AGREED_MS, async () => {
    await Promise.all([
      ...crowd.people.map((person) => person.goBack()),
      ...crowd.guests.map((guest) => guest.stay()),
      ...crowd.watchers.map((watcher) => watcher.stay()),
    ])
    return differing().length === 0
  })
  if (!agreed) for (const each of differing()) world.violate(`who is inside: ${each}`)
}

const checkSignals = async (world: SoakWorld, crowd: Crowd): Promise<void> => {
  for (const room of world.rooms) {
    const inside = insiders(crowd, room)
    for (const person of inside) person.memory.heardLast = []
    for (let at = 0; at < SIGNALS; at += 1)
      for (const from of inside)
        for (const to of inside) if (to !== from) from.signalLast(to.id!, `${from.name}_${String(at)}`)
    const count = (inside.length - 1) * SIGNALS
    await until(ARRIVED_MS, () => inside.every(({ memory }) => memory.heardLast.length >= count))
    await pause(300)
    for (const to of inside)
      for (const from of inside) {
        if (to === from) continue
        const heard = to.memory.heardLast.filter((text) => text.startsWith(`${from.name}_`))
        const expected = Array.from({ length: SIGNALS }, (_, at) => `${from.name}_${String(at)}`)
        if (heard.join() !== expected.join())
          world.violate(`signals from ${from.name} to ${to.name}: ${heard.join() || 'none'}`)
      }
  }
}

const linesOf = (messages: readonly ChatMessage[]): string =>
  messages.map((message) => JSON.stringify(message)).join('\n')

const checkRoomChat = async (world: SoakWorld, crowd: Crowd, room: SoakRoom): Promise<void> => {
  const inside = insiders(crowd, room)
  const before = inside.map(({ memory }) => memory.history.slice(-CHAT_HISTORY))
  const told = inside.flatMap((person) => person.memory.told)
  const after: (readonly ChatMessage[])[] = []
  for (const person of inside) after.push(await person.comeAgain())
  const [history] = after
  if (history === undefined) return
  if (new Set([...before, ...after].map(linesOf)).size > 1) world.violate(`histories of ${room.code} differ`)
  const nonces = history.map(({ from, nonce }) => `${from} ${nonce}`)
  if (new Set(nonces).size < nonces.length) world.violate(`a message is twice in ${room.code}`)
  const ids = new Set(history.map(({ id }) => id))
  const oldest = history.length < CHAT_HISTORY ? 0 : (history[0]?.id ?? 0)
  for (const { id, text } of room.answered)
    if (id >= oldest && !ids.has(id)) world.violate(`answered and lost in ${room.code}: ${String(id)} ${text}`)
  for (const { id, text } of told)
    if (id >= oldest && !ids.has(id)) world.violate(`told and lost in ${room.code}: ${String(id)} ${text}`)
}

/** Whoever comes is let in until the room is full, and then nobody. */
const checkCapacity = async (world: SoakWorld, crowd: Crowd, room: SoakRoom): Promise<void> => {
  if (room.code === 'visit' || room.mayBeMissing) return
  const newcomers = Array.from(
    { length: room.capacity + 1 },
    (_, at) => new SoakPerson(world, `N${String(at)}`, new SoakRandom(at)),
  )
  await Promise.all(newcomers.map((each) => each.connect()))
  const answers = await Promise.all(newcomers.map((each) => each.join(room)))
  const size = insiders(crowd, room).length + answers.filter(Boolean).length
  if (size !== room.capacity) world.violate(`${String(size)} found place in a room of ${String(room.capacity)}`)
  await Promise.all(newcomers.filter((each) => each.isInside).map((each) => each.leave()))
  for (const each of newcomers) each.close()
}

const figure = (text: string, name: string): number =>
  [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, 'gm'))].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  )

/** When everybody has gone, no process still thinks that somebody is there. */
const checkEmpty = async (world: SoakWorld, { servers }: TestCluster): Promise<void> => {
  let last = ''
  const isEmpty = await until(ARRIVED_MS, async () => {
    const texts = await Promise.all(servers.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()))
    last = texts.map((text) => `${figure(text, 'earshot_peers')}/${figure(text, 'earshot_connections')}`).join(' ')
    return last === servers.map(() => '0/0').join(' ')
  })
  if (!isEmpty) world.violate(`peers and connections that are left at each process: ${last}`)
}

/** Of what processes tell each other nothing is left in Redis, and nothing stays there for ever. */
const checkRedis = async (world: SoakWorld, { redis }: TestCluster): Promise<void> => {
  const client = createClient({ url: redis.url })
  client.on('error', () => undefined)
  await client.connect()
  let lengths: number[] = []
  const isRead = await until(ARRIVED_MS, async () => {
    const living = await client.keys(`${PREFIX}process:*`)
    lengths = await Promise.all(living.map((key) => client.xLen(key.replace('process:', 'mail:'))))
    return lengths.length === world.urls.length && lengths.every((length) => length === 0)
  })
  if (!isRead) world.violate(`unread mail: ${lengths.join()}`)
  for (const key of await client.keys(`${PREFIX}*`))
    if (!PERMANENT.has(key) && (await client.pTTL(key)) === -1) world.violate(`for ever in Redis: ${key}`)
  client.destroy()
}

/** Holds what has to be so when everything is well again. */
export const checkEnd = async (world: SoakWorld, crowd: Crowd, cluster: TestCluster): Promise<void> => {
  await checkAgreement(world, crowd)
  world.note('agreed')
  await checkSignals(world, crowd)
  for (const room of world.rooms) await checkRoomChat(world, crowd, room)
  for (const room of world.rooms) await checkCapacity(world, crowd, room)
  for (const person of crowd.people) if (person.isInside) await person.leave()
  for (const each of [...crowd.people, ...crowd.guests, ...crowd.watchers]) each.close()
  await checkEmpty(world, cluster)
  await checkRedis(world, cluster)
}
