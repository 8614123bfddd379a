import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nameKey } from '#signalling/cluster/cluster.ts'
import type { Room } from '#signalling/domain/room.ts'
import { settle, startServers, type Client, type Server } from './forwarding-servers.ts'

const USERS = ['ann', 'ben', 'cy']
const ROOM = 'visit'
const offer = { type: 'offer', sdp: 'v=0\r\n' }

/** Users at home at the first of three processes, who call one room that moves between the others. */
class Model {
  readonly world = startServers()
  readonly servers: readonly Server[] = [this.world.a, this.world.b, this.world.c]
  readonly clients = new Map<string, Client>()
  home = this.world.b
  room: Room = this.#open()
  /** How often each fact was told. */
  readonly counts = new Map<string, number>()

  async begin(): Promise<void> {
    await this.world.a.connectTo('calls').ask('user:join', { userId: 'first' })
    for (const [at, user] of USERS.entries()) this.connect(user, at)
    await settle()
  }

  connect(user: string, at: number): void {
    if (this.clients.get(user)?.isClosed === false) return
    this.#count(user)
    const client = this.servers[at % this.servers.length]!.connectTo('calls')
    client.say('user:join', { userId: user })
    this.clients.set(user, client)
  }

  say(user: string, event: string, payload: unknown): void {
    const client = this.clients.get(user)
    if (client?.isClosed === false) client.say(event, payload)
  }

  hangUp(user: string): void {
    const call = this.clients.get(user)?.of('call:initiated').at(-1) as { callId: string } | undefined
    if (call !== undefined) this.say(user, 'call:end', { callId: call.callId })
  }

  /** Nobody comes back into the former one. */
  move(to: number): void {
    const { code } = this.room
    this.world.registry.expired.add(code)
    this.home.hosting.evict(nameKey(ROOM), () => this.home.rooms.evict(code))
    this.home = to === 0 ? this.world.b : this.world.c
    this.room = this.#open()
  }

  /** Everything has arrived, and everybody is connected: whoever is in a call is inside, and nobody else. */
  async checkAgreement(): Promise<void> {
    await settle()
    // Who came again before the former connection was known to be lost was refused.
    for (const user of USERS) if (this.clients.get(user)!.of('user:joined').length === 0) this.clients.get(user)!.drop()
    await settle()
    for (const user of USERS) this.connect(user, 0)
    await settle()
    for (const user of USERS) this.say(user, 'user:status', { userId: user })
    await settle()
    const inCall = USERS.filter(
      (user) => (this.clients.get(user)!.of('user:status').at(-1) as { isInCall: boolean }).isInCall,
    )
    expect(this.room.view.peers.map(({ name }) => name).sort()).toEqual(inCall)
    for (const user of inCall) {
      const names = this.clients.get(user)!.names.filter((name) => name === 'call:accepted' || name === 'call:ended')
      // Whoever had begun to signal before the connection was lost knows it already.
      expect(['call:accepted', undefined]).toContain(names.at(-1))
    }
  }

  async checkClear(): Promise<void> {
    for (const user of USERS) {
      this.clients.get(user)!.drop()
      this.#count(user)
    }
    await settle()
    for (const { clock } of this.servers) clock.advance(this.world.limits.awayMs)
    await settle()
    expect(this.room.size).toBe(0)
    for (const server of this.servers) expect(server.hosting.hosts(nameKey(ROOM))).toBe(false)
    expect(this.servers.flatMap(({ logged }) => logged).filter((event) => event.endsWith('fault'))).toEqual([])
  }

  #open(): Room {
    const made = this.home.rooms.create({ name: ROOM })
    if (!made.ok) throw new Error(made.code)
    return made.value
  }

  #count(user: string): void {
    for (const name of this.clients.get(user)?.names ?? []) this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }
}

type Step = (model: Model) => void | Promise<void>
const user = fc.constantFrom(...USERS)
const at = fc.nat(2)
const dial = user.map(
  (who): Step =>
    (model) =>
      model.say(who, 'call:initiate', { to: ROOM, callType: 'audio' }),
)
const signal = user.map(
  (who): Step =>
    (model) =>
      model.say(who, 'call:offer', { to: ROOM, offer }),
)
const hangUp = user.map(
  (who): Step =>
    (model) =>
      model.hangUp(who),
)
const drop = user.map(
  (who): Step =>
    (model) =>
      model.clients.get(who)?.drop(),
)
const connect = fc.tuple(user, at).map(
  ([who, where]): Step =>
    (model) =>
      model.connect(who, where),
)
const move = fc.nat(1).map(
  (to): Step =>
    (model) =>
      model.move(to),
)
const wait = fc.nat(4).map((turns): Step => async () => {
  for (let turned = 0; turned < turns; turned += 1) await turn()
})
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: dial },
    { weight: 3, arbitrary: signal },
    { weight: 3, arbitrary: hangUp },
    { weight: 3, arbitrary: drop },
    { weight: 6, arbitrary: connect },
    { weight: 1, arbitrary: move },
    { weight: 12, arbitrary: wait },
  ),
  { minLength: 20, maxLength: 80, size: 'max' },
)

test('whoever is in a call to a room is inside it, whichever process it is at and whatever is lost on the way', async () => {
  const counts = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const model = new Model()
      await model.begin()
      for (const take of history) await take(model)
      await model.checkAgreement()
      await model.checkClear()
      for (const [name, times] of model.counts) counts.set(name, (counts.get(name) ?? 0) + times)
    }),
    { numRuns: 150 },
  )
  for (const name of ['call:initiated', 'call:accepted', 'call:ended', 'call:offer', 'error'])
    expect(counts.get(name) ?? 0, name).toBeGreaterThan(20)
})
