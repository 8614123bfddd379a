import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { classes, Message, methods, parseMessage } from 'werift'
import { expect, test } from 'vitest'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import type { RelayClient } from '#signalling/turn/relay-client.ts'
import { TurnCore } from '#signalling/turn/turn-core.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

type Attributes = readonly [string, unknown][]
type Address = readonly [string, number]

const UDP = 17 << 24
const MINUTE_MS = 60_000

const compose = (method: methods, attributes: Attributes, messageClass = classes.REQUEST): Message => {
  const message = new Message(method, messageClass)
  for (const [name, value] of attributes) message.setAttribute(name as 'DATA', value)
  return message
}

/** One client of a core, without any network: what it sends is answered before `send` is over. */
class Caller {
  readonly sent: Buffer[] = []
  readonly #core: TurnCore
  readonly #client: RelayClient
  #pass = { username: '', credential: '' }
  #nonce: Buffer = Buffer.alloc(0)

  constructor(core: TurnCore, id: string, isStream = false) {
    this.#core = core
    const send = (bytes: Buffer) => void this.sent.push(Buffer.from(bytes))
    this.#client = { id, address: '10.0.0.1', port: 4000, isStream, send }
  }

  get key(): Buffer {
    return createHash('md5').update(`${this.#pass.username}:earshot:${this.#pass.credential}`).digest()
  }

  say(bytes: Buffer): void {
    this.#core.take(this.#client.id, Buffer.from(bytes), () => this.#client)
  }

  /** The answer; undefined when there is none. */
  ask(message: Message): Message | undefined {
    const before = this.sent.length
    this.say(message.bytes)
    const answer = this.sent.length > before ? this.sent.at(-1) : undefined
    return answer && parseMessage(answer)
  }

  sealed(method: methods, attributes: Attributes, raw: readonly (readonly [number, Buffer])[] = []): Message {
    const message = compose(method, [
      ...attributes,
      ['USERNAME', this.#pass.username],
      ['REALM', 'earshot'],
      ['NONCE', this.#nonce],
    ])
    if (raw.length === 0) return message.addMessageIntegrity(this.key)
    for (const [type, value] of raw) message.appendRawAttribute(type, value)
    // werift writes what it does not know last: the seal has to stand behind it.
    const seal = message.messageIntegrity(this.key)
    return message.appendRawAttribute(0x0008, seal)
  }

  /** Uses this nonce from now on. */
  take(nonce: Buffer): void {
    this.#nonce = nonce
  }

  challenge(): void {
    const answer = this.ask(compose(methods.ALLOCATE, [['REQUESTED-TRANSPORT', UDP]]))
    this.#nonce = answer?.getAttributeValue('NONCE') as Buffer
  }

  /** The code of the refusal, or null. */
  try(method: methods, attributes: Attributes): number | null | undefined {
    return codeOf(this.ask(this.sealed(method, attributes)))
  }

  show(user: string): void {
    this.#pass = this.#core.passes.issue(user)
  }

  allocate(user: string): Address {
    this.show(user)
    this.challenge()
    const answer = this.ask(this.sealed(methods.ALLOCATE, [['REQUESTED-TRANSPORT', UDP]]))
    expect(codeOf(answer)).toBeNull()
    return answer?.getAttributeValue('XOR-RELAYED-ADDRESS') as Address
  }

  permit(peer: Address): number | null | undefined {
    return this.try(methods.CREATE_PERMISSION, [['XOR-PEER-ADDRESS', peer]])
  }

  bind(channel: number, peer: Address): number | null | undefined {
    return this.try(methods.CHANNEL_BIND, [
      ['CHANNEL-NUMBER', channel],
      ['XOR-PEER-ADDRESS', peer],
    ])
  }

  indicate(peer: Address, data: string): void {
    const attributes: Attributes = [
      ['XOR-PEER-ADDRESS', peer],
      ['DATA', Buffer.from(data)],
    ]
    this.say(compose(methods.SEND, attributes, classes.INDICATION).bytes)
  }

  sendBy(channel: number, data: string): void {
    this.say(Buffer.concat([Buffer.from([channel >> 8, channel & 0xff, 0, data.length]), Buffer.from(data)]))
  }
}

const codeOf = (answer: Message | undefined): number | null | undefined =>
  answer && ((answer.getAttributeValue('ERROR-CODE') as [number] | undefined)?.[0] ?? null)

const createCore = (limits: Partial<ServerLimits> = {}) => {
  const clock = new ManualClock()
  const core = new TurnCore({ ...defaultServerLimits, ...limits }, clock)
  return { clock, core, caller: (id: string) => new Caller(core, id) }
}

const createPair = (limits: Partial<ServerLimits> = {}) => {
  const world = createCore(limits)
  const [ann, ben] = [world.caller('ann'), world.caller('ben')]
  return { ...world, ann, ben, annAt: ann.allocate('ann'), benAt: ben.allocate('ben') }
}

test('an allocation is made for who shows a pass, and its address is of a network that nobody has', () => {
  const { core, annAt, benAt } = createPair()
  for (const [ip, port] of [annAt, benAt]) {
    expect(ip).toMatch(/^198\.51\.100\.(?!0$|255$)\d+$/)
    expect(port).toBeGreaterThanOrEqual(1024)
  }
  expect(annAt).not.toEqual(benAt)
  expect(core.figures).toEqual({ allocations: 2, packets: 0, bytes: 0 })
})

test('a repeated request for the same allocation is answered the same', () => {
  const { core, caller } = createCore()
  const ann = caller('ann')
  ann.show('ann')
  ann.challenge()
  const message = ann.sealed(methods.ALLOCATE, [['REQUESTED-TRANSPORT', UDP]])
  const addresses = [ann.ask(message), ann.ask(message)].map(
    (answer) => answer?.getAttributeValue('XOR-RELAYED-ADDRESS') as Address,
  )
  expect(addresses[0]).toEqual(addresses[1])
  expect(core.figures.allocations).toBe(1)
})

test('requests that ask for what there is not are refused as the RFC says', () => {
  const { caller, core } = createCore()
  const ann = caller('ann')
  ann.show('ann')
  ann.challenge()
  const udp: [string, unknown] = ['REQUESTED-TRANSPORT', UDP]
  for (const [attributes, code] of [
    [[], 400],
    [[['REQUESTED-TRANSPORT', 6 << 24]], 442],
    [[udp, ['REQUESTED-ADDRESS-FAMILY', 2 << 24]], 440],
    [[udp, ['EVEN-PORT', Buffer.from([0x80])]], 508],
    [[udp, ['RESERVATION-TOKEN', Buffer.alloc(8)]], 508],
    [[udp, ['EVEN-PORT', Buffer.from([0])], ['RESERVATION-TOKEN', Buffer.alloc(8)]], 400],
    [[udp, ['USE-CANDIDATE', null]], 420],
  ] as const)
    expect([attributes, ann.try(methods.ALLOCATE, attributes as Attributes)]).toEqual([attributes, code])
  // DONT-FRAGMENT, which werift does not know.
  expect(codeOf(ann.ask(ann.sealed(methods.ALLOCATE, [udp], [[0x001a, Buffer.alloc(0)]])))).toBe(420)
  expect(ann.try(methods.CREATE_PERMISSION, [['XOR-PEER-ADDRESS', ['198.51.100.1', 1]]])).toBe(437)
  expect(core.figures.allocations).toBe(0)
  expect(ann.try(methods.ALLOCATE, [udp])).toBeNull()
  expect(ann.try(methods.REFRESH, [['REQUESTED-ADDRESS-FAMILY', 2 << 24]])).toBe(443)
  expect(ann.try(methods.CREATE_PERMISSION, [])).toBe(400)
  expect(ann.try(methods.CHANNEL_BIND, [['CHANNEL-NUMBER', 0x4000]])).toBe(400)
})

test('a channel number leads to one peer, a peer has one number, and both stay in their range', () => {
  const { ann, benAt, annAt } = createPair()
  expect(ann.bind(0x3fff, benAt)).toBe(400)
  expect(ann.bind(0x5000, benAt)).toBe(400)
  expect(ann.bind(0x4000, benAt)).toBeNull()
  expect(ann.bind(0x4000, benAt)).toBeNull()
  expect(ann.bind(0x4001, benAt)).toBe(400)
  expect(ann.bind(0x4000, annAt)).toBe(400)
  expect(ann.bind(0x4fff, annAt)).toBeNull()
})

test('permissions end after five minutes, channels after ten, an allocation after its lifetime', () => {
  const { clock, core, ann, ben, annAt, benAt } = createPair()
  ben.permit(annAt)
  ann.bind(0x4000, benAt)
  const heard = (send: () => void) => {
    const before = ben.sent.length
    send()
    return ben.sent.length - before
  }
  clock.advance(5 * MINUTE_MS - 1)
  expect(heard(() => ann.indicate(benAt, 'a'))).toBe(1)
  clock.advance(1)
  expect(heard(() => ann.sendBy(0x4000, 'b'))).toBe(0)
  ben.permit(annAt)
  expect(heard(() => ann.indicate(benAt, 'c'))).toBe(0)
  expect(heard(() => ann.sendBy(0x4000, 'd'))).toBe(1)
  ann.try(methods.REFRESH, [['LIFETIME', 3600]])
  ben.try(methods.REFRESH, [['LIFETIME', 660]])
  clock.advance(5 * MINUTE_MS)
  ben.permit(annAt)
  expect(heard(() => ann.sendBy(0x4000, 'e'))).toBe(0)
  ann.permit(benAt)
  expect(heard(() => ann.indicate(benAt, 'f'))).toBe(1)
  clock.advance(6 * MINUTE_MS)
  expect(heard(() => ann.indicate(benAt, 'g'))).toBe(0)
  expect(core.figures.allocations).toBe(1)
  clock.advance(60 * MINUTE_MS)
  expect(core.figures.allocations).toBe(0)
  expect(clock.pending).toBe(0)
})

test('a channel that has run out makes its number free', () => {
  const { clock, ann, annAt, benAt } = createPair()
  ann.try(methods.REFRESH, [['LIFETIME', 3600]])
  ann.bind(0x4000, benAt)
  clock.advance(10 * MINUTE_MS)
  expect(ann.bind(0x4000, annAt)).toBeNull()
  expect(ann.bind(0x4001, benAt)).toBeNull()
})

test('there are only so many permissions and channels in one allocation', () => {
  const { clock, ann } = createPair({ turnPermissions: 3, turnChannels: 2 })
  const peer = (host: number): Address => [`198.51.100.${String(host)}`, 5000]
  expect([ann.bind(0x4000, peer(1)), ann.bind(0x4001, peer(2)), ann.bind(0x4002, peer(3))]).toEqual([null, null, 508])
  expect([ann.permit(peer(3)), ann.permit(peer(4)), ann.permit(peer(1))]).toEqual([null, 508, null])
  clock.advance(5 * MINUTE_MS)
  expect(ann.permit(peer(4))).toBeNull()
})

test('all peers of one request are permitted, or none', () => {
  const { ann, ben, annAt, benAt } = createPair()
  ben.permit(annAt)
  const cookie = [0x21, 0x12, 0xa4, 0x42]
  const xor = (address: readonly number[]) =>
    Buffer.from([0, 1, 0, 0, ...address.map((byte, at) => byte ^ (cookie[at] ?? 0))])
  const permitBoth = (second: readonly number[]) => {
    const named = [benAt[0].split('.').map(Number), second].map((address) => [0x0012, xor(address)] as const)
    return codeOf(ann.ask(ann.sealed(methods.CREATE_PERMISSION, [], named)))
  }
  expect(permitBoth([192, 168, 1, 1])).toBe(403)
  ann.indicate(benAt, 'no')
  expect(permitBoth([198, 51, 100, 9])).toBeNull()
  ann.indicate(benAt, 'yes')
  expect(ben.sent.filter((bytes) => bytes.includes('no'))).toEqual([])
  expect(ben.sent.filter((bytes) => bytes.includes('yes'))).toHaveLength(1)
})

test('a nonce is good for its own client and for an hour; then the client is told another one', () => {
  const { clock, caller } = createCore()
  const ann = caller('ann')
  ann.allocate('ann')
  clock.advance(5 * MINUTE_MS)
  const refresh = () => ann.try(methods.REFRESH, [['LIFETIME', 3600]])
  expect(refresh()).toBeNull()
  clock.advance(55 * MINUTE_MS)
  expect(refresh()).toBe(438)
  const said = ann.sent.at(-1)!
  ann.take(parseMessage(said)?.getAttributeValue('NONCE') as Buffer)
  expect(refresh()).toBeNull()
  ann.take(Buffer.from('0.AAAAAAAAAAA'))
  expect(refresh()).toBe(438)
})

test('those without a pass are answered so often and no more; whoever has one is not held up by them', () => {
  const { clock, caller } = createCore({ turnStrangerRate: { burst: 3, perSecond: 1 } })
  const ann = caller('ann')
  ann.allocate('ann')
  const stranger = caller('stranger')
  const bind = () => stranger.ask(compose(methods.BINDING, []))
  expect([bind(), bind(), bind(), bind()].map((answer) => answer !== undefined)).toEqual([true, true, false, false])
  expect(ann.try(methods.REFRESH, [])).toBeNull()
  clock.advance(60_000)
  expect(bind()).toBeDefined()
})

test('the answer to somebody without a pass is at most two and a half times as long as the question', () => {
  const { caller } = createCore()
  const ann = caller('ann')
  const question = compose(methods.ALLOCATE, [['REQUESTED-TRANSPORT', UDP]])
  expect(codeOf(ann.ask(question))).toBe(401)
  expect(ann.sent[0]!.length / question.bytes.length).toBeLessThanOrEqual(2.5)
})

test('without a pass, nothing but a request for an allocation is answered', () => {
  const { caller } = createCore()
  const ann = caller('ann')
  ann.show('ann')
  for (const method of [methods.REFRESH, methods.CREATE_PERMISSION, methods.CHANNEL_BIND])
    expect(ann.ask(compose(method, []))).toBeUndefined()
  expect(ann.ask(compose(methods.ALLOCATE, []))).toBeUndefined()
  for (const messageClass of [classes.INDICATION, classes.RESPONSE, classes.ERROR])
    expect(ann.ask(compose(methods.ALLOCATE, [['REQUESTED-TRANSPORT', UDP]], messageClass))).toBeUndefined()
  ann.sendBy(0x4000, 'x')
  ann.indicate(['198.51.100.1', 5000], 'x')
  expect(ann.sent).toEqual([])
})

test('a request that is sealed and lacks what belongs to it is refused', () => {
  const { caller } = createCore()
  const ann = caller('ann')
  for (const missing of ['USERNAME', 'REALM', 'NONCE']) {
    const all: Attributes = [
      ['USERNAME', 'x'],
      ['REALM', 'earshot'],
      ['NONCE', Buffer.from('x')],
    ]
    const attributes = all.filter(([name]) => name !== missing)
    expect(codeOf(ann.ask(compose(methods.ALLOCATE, attributes).addMessageIntegrity(ann.key)))).toBe(400)
  }
})

test('to a stream everything is padded, to packets nothing is', () => {
  const { core, caller } = createCore()
  const [ann, ben] = [caller('ann'), new Caller(core, 'ben', true)]
  const [annAt, benAt] = [ann.allocate('ann'), ben.allocate('ben')]
  ann.bind(0x4000, benAt)
  ben.bind(0x4001, annAt)
  ann.sendBy(0x4000, 'abcde')
  expect(ben.sent.at(-1)).toEqual(Buffer.from('400100056162636465000000', 'hex'))
  ben.sendBy(0x4001, 'abcde')
  expect(ann.sent.at(-1)).toEqual(Buffer.from('400000056162636465', 'hex'))
  expect(core.figures).toMatchObject({ packets: 2, bytes: 10 })
})

/** Bytes that nearly are something: good messages with some of them changed, cut or added. */
const mutated = (good: readonly Buffer[]) =>
  fc
    .record({
      from: fc.constantFrom(...good),
      changes: fc.array(fc.record({ at: fc.nat(400), to: fc.nat(255) }), { maxLength: 8 }),
      cut: fc.nat(40),
      tail: fc.uint8Array({ maxLength: 12 }),
      fixLength: fc.boolean(),
    })
    .map(({ from, changes, cut, tail, fixLength }) => {
      const bytes = Buffer.concat([from.subarray(0, Math.max(0, from.length - (fixLength ? cut & ~3 : cut))), tail])
      for (const { at, to } of changes) if (at < bytes.length) bytes[at] = to
      if (fixLength && bytes.length >= 20) bytes.writeUInt16BE((bytes.length - 20) & ~3, 2)
      return bytes
    })

test('whatever comes: nothing throws, nothing grows, and the others go on undisturbed', () => {
  const { core, caller, clock, ann, ben, annAt, benAt } = createPair()
  ben.permit(annAt)
  ann.permit(benAt)
  const eve = caller('eve')
  eve.allocate('eve')
  const good = [
    eve.sealed(methods.ALLOCATE, [['REQUESTED-TRANSPORT', UDP]]),
    eve.sealed(methods.REFRESH, [['LIFETIME', 600]]),
    eve.sealed(methods.CREATE_PERMISSION, [['XOR-PEER-ADDRESS', benAt]]),
    eve
      .sealed(methods.CHANNEL_BIND, [
        ['CHANNEL-NUMBER', 0x4000],
        ['XOR-PEER-ADDRESS', benAt],
      ])
      .addFingerprint(),
    compose(
      methods.SEND,
      [
        ['XOR-PEER-ADDRESS', benAt],
        ['DATA', Buffer.from('from eve')],
      ],
      classes.INDICATION,
    ),
    compose(methods.BINDING, []),
  ].map(({ bytes }) => bytes)
  const channel = Buffer.from('4000000465766521', 'hex')
  const bytes = fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((raw) => Buffer.from(raw)) },
    { weight: 4, arbitrary: mutated([...good, channel]) },
  )
  fc.assert(
    fc.property(bytes, fc.constantFrom('eve', 'stranger'), (said, who) => {
      const speaker = who === 'eve' ? eve : caller('stranger')
      speaker.say(said)
      clock.advance(1)
      eve.sent.length = 0
    }),
    { numRuns: 10_000 },
  )
  expect(core.figures.allocations).toBeLessThanOrEqual(4)
  expect(ben.sent.some((heard) => heard.includes('from eve'))).toBe(false)
  ann.indicate(benAt, 'still here')
  expect(ben.sent.at(-1)?.includes('still here')).toBe(true)
})
