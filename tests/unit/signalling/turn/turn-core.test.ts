import { methods, parseMessage } from 'werift'
import { expect, test } from 'vitest'
import { Caller, codeOf, createCore, createPair, MINUTE_MS, UDP, type Address, type Attributes } from './turn-caller.ts'

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
  const heard = (text: string) => {
    const before = ben.sent.length
    ann.indicate(benAt, text)
    return ben.sent.slice(before).map((bytes) => parseMessage(bytes)?.getAttributeValue('DATA') as Buffer)
  }
  expect(permitBoth([192, 168, 1, 1])).toBe(403)
  expect(heard('no')).toEqual([])
  expect(permitBoth([198, 51, 100, 9])).toBeNull()
  expect(heard('yes')).toEqual([Buffer.from('yes')])
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
