import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { classes as weriftClasses, Message, methods as weriftMethods, parseMessage } from 'werift'
import { expect, test } from 'vitest'
import { readXorPeer, xorMapped, xorPeer } from '#signalling/turn/stun-address.ts'
import {
  attributeOf,
  attributeTypes,
  classes,
  encodeStun,
  isSealedWith,
  methods,
  parseStun,
  unknownTypesOf,
} from '#signalling/turn/stun-message.ts'

const transactionId = Buffer.from('0123456789ab')
const key = Buffer.from('a key of sixteen')

/** RFC 5769, 2.4: a request with long-term credentials. */
const vector = Buffer.from(
  [
    '000100602112a44278ad3433c6ad72c029da412e',
    '00060012e3839ee38388e383aae38383e382afe382b90000',
    '0015001c662f2f3439396b39353464364f4c33346f4c394653547679363473410014000b6578616d706c652e6f726700',
    '00080014f67024656dd64a3e02b8e0712e85c9a28ca89666',
  ].join(''),
  'hex',
)

test('the sample request of RFC 5769 is read, and its seal is the one of its password', () => {
  const message = parseStun(vector)!
  expect([message.method, message.class, message.attributes.length]).toEqual([methods.binding, classes.request, 3])
  const username = attributeOf(message, attributeTypes.username)!.toString()
  const realm = attributeOf(message, attributeTypes.realm)!.toString()
  expect([username, realm]).toEqual(['\u30de\u30c8\u30ea\u30c3\u30af\u30b9', 'example.org'])
  const keyOf = (password: string) => createHash('md5').update(`${username}:${realm}:${password}`).digest()
  expect(isSealedWith(message, keyOf('TheMatrIX'))).toBe(true)
  expect(isSealedWith(message, keyOf('TheMatrix'))).toBe(false)
})

test('what is written is read by another codec, and the other way round', () => {
  const bytes = encodeStun({
    ...{ method: methods.allocate, class: classes.success, transactionId, key, hasFingerprint: true },
    attributes: [
      { type: attributeTypes.xorRelayedAddress, value: xorPeer({ ip: 0xc6336407, port: 4321 }) },
      { type: attributeTypes.xorMappedAddress, value: xorMapped('fd79::2:1', 9, transactionId) },
      { type: attributeTypes.realm, value: Buffer.from('earshot') },
    ],
  })
  const theirs = parseMessage(bytes, key)!
  expect(theirs.getAttributeValue('XOR-RELAYED-ADDRESS')).toEqual(['198.51.100.7', 4321])
  expect(theirs.getAttributeValue('XOR-MAPPED-ADDRESS')).toEqual(['fd79::2:1', 9])
  const message = new Message(weriftMethods.CHANNEL_BIND, weriftClasses.REQUEST)
  message.setAttribute('CHANNEL-NUMBER', 0x4123)
  message.setAttribute('XOR-PEER-ADDRESS', ['198.51.100.9', 65535])
  const ours = parseStun(message.addMessageIntegrity(key).addFingerprint().bytes)!
  expect(isSealedWith(ours, key)).toBe(true)
  expect(ours.hasFingerprint).toBe(true)
  expect(attributeOf(ours, attributeTypes.channelNumber)).toEqual(Buffer.from([0x41, 0x23, 0, 0]))
  expect(readXorPeer(attributeOf(ours, attributeTypes.xorPeerAddress)!)).toEqual({ ip: 0xc6336409, port: 65535 })
})

test('addresses of sockets are written in their family, those of dual-stack sockets as what they are', () => {
  for (const [address, expected] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::', '::'],
    ['fe80::1%eth0', 'fe80::1'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ] as const) {
    const attribute = { type: attributeTypes.xorMappedAddress, value: xorMapped(address, 40_000, transactionId) }
    const bytes = encodeStun({ method: 1, class: classes.success, transactionId, attributes: [attribute] })
    expect(parseMessage(bytes)?.getAttributeValue('XOR-MAPPED-ADDRESS')).toEqual([expected, 40_000])
  }
  expect(() => xorMapped('somewhere', 1, transactionId)).toThrow('not an address')
})

test('an attribute behind the seal, which nobody sealed, is as if it were not there; of two the first counts', () => {
  const draft = { method: methods.refresh, class: classes.request, transactionId }
  const lifetime = (seconds: number) => ({ type: attributeTypes.lifetime, value: Buffer.from([0, 0, 0, seconds]) })
  const sealed = encodeStun({ ...draft, key, attributes: [lifetime(1), lifetime(2)] })
  const forged = Buffer.concat([sealed, Buffer.from([0x00, 0x0d, 0, 4, 0, 0, 0, 9])])
  forged.writeUInt16BE(forged.length - 20, 2)
  for (const bytes of [sealed, forged]) {
    const message = parseStun(bytes)!
    expect(isSealedWith(message, key)).toBe(true)
    expect(message.attributes).toHaveLength(2)
    expect(attributeOf(message, attributeTypes.lifetime)?.readUInt32BE(0)).toBe(1)
  }
})

test('what has to be understood and is not, is told apart from what may be passed over', () => {
  const attributes = [0x001a, 0x7fff, 0x8000, 0xc057].map((type) => ({ type, value: Buffer.alloc(1) }))
  const bytes = encodeStun({ method: methods.allocate, class: classes.request, transactionId, attributes })
  expect(unknownTypesOf(parseStun(bytes)!)).toEqual([0x001a, 0x7fff])
})

test('messages that are not well formed are none', () => {
  const type = attributeTypes.username
  const good = encodeStun({
    ...{ method: 1, class: 0, transactionId, hasFingerprint: true },
    attributes: [{ type, value: Buffer.from('abc') }],
  })
  expect(parseStun(good)).not.toBeNull()
  const changed = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(good)
    change(bytes)
    return bytes
  }
  const broken = [
    ...[Buffer.alloc(0), good.subarray(0, 19), good.subarray(0, -4), Buffer.concat([good, Buffer.alloc(4)])],
    changed((bytes) => (bytes[0] = 0x40)),
    changed((bytes) => (bytes[4] = 0)),
    changed((bytes) => (bytes[20 + 3] = 200)),
    changed((bytes) => (bytes[25] = 0)),
    changed((bytes) => (bytes[bytes.length - 1] = 0)),
  ]
  for (const bytes of broken) expect(parseStun(bytes)).toBeNull()
  const attributes = Array.from({ length: 33 }, () => ({ type, value: Buffer.alloc(0) }))
  expect(parseStun(encodeStun({ method: 1, class: 0, transactionId, attributes }))).toBeNull()
})

test('nothing that comes is more than a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseStun(Buffer.from(bytes))
      readXorPeer(Buffer.from(bytes))
    }),
    { numRuns: 5000 },
  )
})
