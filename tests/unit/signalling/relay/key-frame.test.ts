import { expect, test } from 'vitest'
import { startsKeyFrame } from '#signalling/relay/key-frame.ts'

test.each([
  ['the start of a VP8 key frame', [0x10, 0x00], true],
  ['the start of another VP8 frame', [0x10, 0x01], false],
  ['a later piece of a VP8 key frame', [0x00, 0x00], false],
  ['a start behind a long picture id and further fields', [0x90, 0xe0, 0x80, 0x01, 0x02, 0x03, 0x00], true],
  ['a VP8 descriptor without a frame', [0x90, 0xe0, 0x80], false],
  ['an empty packet', [], false],
])('VP8: %s', (_, bytes, expected) => {
  expect(startsKeyFrame('VP8', Buffer.from(bytes))).toBe(expected)
})

test.each([
  ['a whole picture that needs no other', [0x65], true],
  ['parameters', [0x67], true],
  ['the first piece of such a picture', [0x7c, 0x85], true],
  ['a later piece of it', [0x7c, 0x05], false],
  ['another picture', [0x41], false],
  ['parameters and picture in one packet', [0x78, 0x00, 0x01, 0x06, 0x00, 0x01, 0x67], true],
  ['a packet that says more than it holds', [0x78, 0xff, 0xff, 0x01], false],
  ['an empty packet', [], false],
])('H264: %s', (_, bytes, expected) => {
  expect(startsKeyFrame('H264', Buffer.from(bytes))).toBe(expected)
})
