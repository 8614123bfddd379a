import { expect } from 'vitest'
import { Calls } from '#signalling/domain/calls.ts'
import type { CallFact } from '#signalling/domain/calls-facts.ts'
import { StoredClaims } from '#signalling/domain/identity-claims.ts'
import { MemoryStore } from '#signalling/store/memory-store.ts'
import { Users, type Device, type UserId } from '#signalling/domain/users.ts'
import { createWorld } from '../../../helpers/signalling-domain.ts'

export const LIMITS = { awayMs: 1000, ringMs: 2500, emptyRoomMs: 5000, rooms: 100 }

/** What a client of the original shows: the last it heard. */
type View = { readonly phase: 'idle' } | { readonly phase: 'calling' | 'ringing' | 'in'; readonly callId: string }

const IDLE: View = { phase: 'idle' }

/** Something on its way, which a broken connection loses. */
interface Message {
  readonly connection: Device
  readonly arrive: () => void
}

interface Told {
  readonly user: UserId
  readonly device: Device
  readonly fact: Exclude<CallFact, ['call:signal', unknown]>
}

/** One device of a user; null while it has no connection. */
export interface Client {
  readonly user: UserId
  device: Device | null
  view: View
}

/** The server's calls, clients that know only what reaches them, and a network between them. */
export class CallsModel {
  readonly world = createWorld(LIMITS)
  readonly users = new Users({
    limits: this.world.limits,
    clock: this.world.clock,
    claims: new StoredClaims(new MemoryStore(), { claims: 10, claimLifetimeMs: 1e9 }),
  })
  readonly calls = new Calls({ ...this.world, users: this.users })
  readonly clients: readonly Client[]
  readonly network: Message[] = []
  readonly told: Told[] = []
  /** Who called whom, by the call's id. */
  readonly pairs = new Map<string, readonly [caller: UserId, callee: UserId]>()

  constructor(users: readonly UserId[]) {
    this.clients = users.map((user) => ({ user, device: null, view: IDLE }))
    for (const client of this.clients) this.connect(client)
  }

  connect(client: Client): void {
    if (client.device !== null) return
    const device: Device = { address: 'anywhere', tell: (fact) => this.#tell(client, device, fact) }
    client.device = device
    client.view = IDLE
    const since = this.users.awaySince(client.user)
    expect(this.users.join(client.user, device, `key of ${client.user}`)).toBeNull()
    this.calls.arrived({ user: client.user, device }, since)
  }

  disconnect(client: Client, how: 'lost' | 'leave'): void {
    const { user, device } = client
    if (device === null) return
    // Whoever goes on purpose is still there to be told.
    if (how === 'lost') client.device = null
    this.calls[how === 'lost' ? 'lost' : 'left']({ user, device })
    client.device = null
    this.users[how](user, device)
    for (const message of this.network.filter(({ connection }) => connection === device)) this.take(message)
  }

  /** A request goes off; the server sees it when it arrives. */
  send(client: Client, act: (asking: { readonly user: UserId; readonly device: Device }) => unknown): void {
    const { user, device } = client
    if (device !== null) this.network.push({ connection: device, arrive: () => void act({ user, device }) })
  }

  take(message: Message): void {
    this.network.splice(this.network.indexOf(message), 1)
  }

  deliver(message: Message): void {
    this.take(message)
    message.arrive()
  }

  /** Everything arrives that is on its way, and what it causes. */
  settle(): void {
    for (let first = this.network[0]; first !== undefined; [first] = this.network) this.deliver(first)
  }

  /** The ids of the calls that the server has: a stranger is refused differently there, which changes nothing. */
  get live(): string[] {
    const stranger = { user: 'stranger', device: { address: '', tell: () => expect.unreachable() } }
    return [...this.pairs.keys()].filter((id) => this.calls.reject(stranger, id) === 'unauthorized')
  }

  /** What has to hold after every step. */
  check(): void {
    const { live } = this
    const busy = live.flatMap((id) => this.pairs.get(id)!)
    expect(new Set(busy).size, 'a user is in one call at most').toBe(busy.length)
    expect(this.calls.size).toBe(live.length)
    for (const { user } of this.clients) expect(this.calls.isInCall(user)).toBe(busy.includes(user))
    for (const id of this.pairs.keys()) {
      const isAccepted = this.told.some(({ fact }) => fact[0] === 'call:accepted' && fact[1].callId === id)
      const inside = this.world.rooms.find(id)?.size ?? 0
      if (!live.includes(id)) expect(inside, 'nobody stays in the room of a call that is over').toBe(0)
      else if (isAccepted) expect(inside).toBe(2)
    }
  }

  /** What has to hold of everything that was ever told. */
  checkTold(): void {
    const [over, accepted] = [new Set<string>(), new Set<string>()]
    const numbers = new Map<Device, number>()
    for (const { user, device, fact } of this.told) {
      const { callId } = fact[1]
      expect(this.pairs.get(callId), 'only who takes part learns of a call').toContain(user)
      const number = numbers.get(device) ?? numbers.size
      numbers.set(device, number)
      const once = `${number} ${callId}`
      if (fact[0] === 'call:ended' || fact[0] === 'call:rejected') over.add(once)
      else expect(over, 'a call that is over does not begin again').not.toContain(once)
      if (fact[0] !== 'call:accepted') continue
      expect(accepted, 'a call is accepted once').not.toContain(once)
      accepted.add(once)
    }
  }

  /** Whether the clients show what the server has: one device of each side, or all that ring. */
  checkAgreement(): void {
    const { live } = this
    for (const { view } of this.clients) if (view.phase !== 'idle') expect(live).toContain(view.callId)
    for (const id of live) {
      const showing = this.clients.filter(({ view }) => view.phase !== 'idle' && view.callId === id)
      const [caller, callee] = this.pairs.get(id)!
      const phasesOf = (who: UserId) => showing.filter(({ user }) => user === who).map(({ view }) => view.phase)
      if (this.world.rooms.find(id) === undefined) {
        expect(phasesOf(caller)).toEqual(['calling'])
        expect(new Set(phasesOf(callee))).toEqual(new Set(['ringing']))
      } else expect([phasesOf(caller), phasesOf(callee)]).toEqual([['in'], ['in']])
    }
  }

  #tell(client: Client, device: Device, fact: CallFact): void {
    expect(client.device, 'nothing is told to a connection that is gone').toBe(device)
    if (fact[0] === 'call:signal') return
    this.told.push({ user: client.user, device, fact })
    if (fact[0] === 'call:initiated' && !this.pairs.has(fact[1].callId))
      this.pairs.set(fact[1].callId, [client.user, fact[1].to])
    this.network.push({ connection: device, arrive: () => this.#hear(client, fact) })
  }

  #hear(client: Client, [name, { callId }]: Told['fact']): void {
    if (name === 'call:initiated') client.view = { phase: 'calling', callId }
    else if (name === 'call:incoming') client.view = { phase: 'ringing', callId }
    else if (name === 'call:accepted') client.view = { phase: 'in', callId }
    else if (client.view.phase !== 'idle' && client.view.callId === callId) client.view = IDLE
  }
}
