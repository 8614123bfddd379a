import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CallsModel, LIMITS, type Client } from './calls-model.ts'

/** Two of them with two devices. */
const PEOPLE = ['ann', 'ann', 'bob', 'bob', 'cy']

type Step = (model: CallsModel) => void
const at = fc.nat(50)
const withClient = (step: (model: CallsModel, client: Client, other: number) => void) =>
  fc.tuple(at, at).map(([index, other]): Step => (model) => {
    step(model, model.clients[index % model.clients.length]!, other)
  })
const callOf = ({ view }: Client): string => (view.phase === 'idle' ? 'none' : view.callId)

const dial = withClient((model, client, other) => {
  const to = model.clients[other % model.clients.length]!.user
  model.send(client, (asking) => model.calls.initiate(asking, to, 'video'))
})
const accept = withClient((model, client) => {
  const callId = callOf(client)
  if (client.view.phase === 'ringing') model.send(client, (asking) => model.calls.accept(asking, callId))
})
const reject = withClient((model, client) => {
  const callId = callOf(client)
  if (client.view.phase === 'ringing') model.send(client, (asking) => model.calls.reject(asking, callId))
})
const hangUp = withClient((model, client) => {
  const callId = callOf(client)
  if (client.view.phase !== 'idle') model.send(client, (asking) => model.calls.end(asking, callId))
})
/** Somebody tries what is not theirs to do. */
const intrude = withClient((model, client, other) => {
  const callId = model.live[0] ?? [...model.pairs.keys()].at(-1) ?? 'none'
  const act = (['accept', 'reject', 'end'] as const)[other % 3]!
  const participants: readonly string[] = model.pairs.get(callId) ?? []
  if (!participants.includes(client.user))
    model.send(client, (asking) => expect(model.calls[act](asking, callId)).not.toBeNull())
})
const lose = withClient((model, client) => model.disconnect(client, 'lost'))
const quit = withClient((model, client) => model.disconnect(client, 'leave'))
const connect = withClient((model, client) => model.connect(client))
const wait = fc.constantFrom(1, LIMITS.awayMs / 2, LIMITS.awayMs, LIMITS.ringMs).map((ms): Step => (model) => {
  model.world.clock.advance(ms)
})

const onNetwork = (step: (model: CallsModel, message: CallsModel['network'][number]) => void) =>
  at.map((index): Step => (model) => {
    const message = model.network[index % Math.max(1, model.network.length)]
    if (message !== undefined) step(model, message)
  })
const arriveAny = onNetwork((model, message) => model.deliver(message))
const arriveTwice = onNetwork((_, message) => message.arrive())
const drop = onNetwork((model, message) => model.take(message))
const arriveFirst = fc.constant<Step>((model) => {
  if (model.network[0] !== undefined) model.deliver(model.network[0])
})

const weighted = (...choices: readonly (readonly [weight: number, step: fc.Arbitrary<Step>])[]) =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))
const people = [
  [5, dial],
  [6, accept],
  [1, reject],
  [2, hangUp],
  [3, intrude],
  [2, lose],
  [1, quit],
  [5, connect],
  [1, wait],
] as const
const history = (steps: fc.Arbitrary<Step>) => fc.array(steps, { minLength: 30, maxLength: 150, size: 'max' })

/** How often things happened that the test is about: a history in which nothing does proves nothing. */
class Tally {
  readonly counts = new Map<string, number>()

  add({ told, pairs }: CallsModel): void {
    this.#count('calls', pairs.size)
    for (const { user, fact } of told) {
      this.#count(fact[0] === 'call:ended' ? fact[1].reason : fact[0])
      const isGlare = fact[0] === 'call:initiated' && pairs.get(fact[1].callId)?.[0] !== user
      if (isGlare) this.#count('glare')
    }
  }

  #count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times)
  }
}

const everything = [
  ...['call:accepted', 'call:rejected', 'glare'],
  ...['ended', 'timed-out', 'lost', 'answered-elsewhere'],
]

/** Everybody goes: nothing may be left. */
const clear = (model: CallsModel): void => {
  for (const client of model.clients) model.disconnect(client, 'lost')
  model.world.clock.advance(LIMITS.awayMs)
  model.check()
  expect([model.calls.size, model.users.size]).toEqual([0, 0])
  model.world.clock.advance(LIMITS.awayMs + LIMITS.emptyRoomMs)
  expect(model.world.clock.pending).toBe(0)
}

const runAll = (steps: readonly Step[]): CallsModel => {
  const model = new CallsModel(PEOPLE)
  for (const take of steps) {
    take(model)
    model.check()
  }
  return model
}

test('each user has one call at most and all agree in the end, whatever is delayed, lost, doubled and reordered', () => {
  const tally = new Tally()
  const step = weighted(...people, [12, arriveAny], [2, arriveTwice], [2, drop])
  fc.assert(
    fc.property(history(step), (steps) => {
      const model = runAll(steps)
      model.checkTold()
      // What was lost is learnt by connecting again.
      for (const client of model.clients) model.disconnect(client, 'lost')
      for (const client of model.clients) model.connect(client)
      model.settle()
      model.check()
      model.checkAgreement()
      tally.add(model)
      clear(model)
    }),
    { numRuns: 300 },
  )
  for (const what of everything) expect(tally.counts.get(what) ?? 0, what).toBeGreaterThan(5)
})

test('while messages are only late, all agree as soon as these have arrived', () => {
  const tally = new Tally()
  fc.assert(
    fc.property(history(weighted(...people, [14, arriveFirst])), (steps) => {
      const model = runAll(steps)
      for (const client of model.clients) model.connect(client)
      model.settle()
      model.check()
      model.checkTold()
      model.checkAgreement()
      tally.add(model)
      clear(model)
    }),
    { numRuns: 300 },
  )
  for (const what of everything) expect(tally.counts.get(what) ?? 0, what).toBeGreaterThan(5)
})

test('a call that nobody answers ends by itself', () => {
  const model = new CallsModel(['ann', 'bob'])
  const [ann] = model.clients
  model.send(ann!, (asking) => model.calls.initiate(asking, 'bob', 'audio'))
  model.settle()
  model.checkAgreement()
  model.world.clock.advance(LIMITS.ringMs - 1)
  expect(model.calls.size).toBe(1)
  model.world.clock.advance(1)
  expect(model.calls.size).toBe(0)
  model.settle()
  model.checkAgreement()
})

test('a call that is over is told to whoever was away, and to no device that comes later', () => {
  const model = new CallsModel(['ann', 'bob', 'bob'])
  const [ann, phone, desk] = model.clients
  model.disconnect(desk!, 'lost')
  model.send(ann!, (asking) => model.calls.initiate(asking, 'bob', 'audio'))
  model.settle()
  model.disconnect(phone!, 'lost')
  model.world.clock.advance(1)
  model.send(ann!, (asking) => model.calls.end(asking, callOf(ann!)))
  model.settle()
  const before = model.told.length
  model.connect(phone!)
  model.connect(desk!)
  expect(model.told.slice(before).map(({ device, fact }) => [device, fact[0]])).toEqual([[phone!.device, 'call:ended']])
})
