import fc from 'fast-check'
import { classes, methods, parseMessage } from 'werift'
import { expect, test } from 'vitest'
import { codeOf, compose, createCore, createPair, MINUTE_MS, UDP, type Attributes } from './turn-caller.ts'

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
