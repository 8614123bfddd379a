import { expect, test } from 'vitest'
import { limits, type Signal } from '#signalling/protocol.ts'
import { BareSignals, Forms, toBare } from '#signalling/dialects/bare-signals.ts'

const sdpOf = (session: number, version = 1) => `v=0\r\no=- ${session} ${version} IN IP4 127.0.0.1\r\ns=-\r\n`
const candidate = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'u1' }

const describe = (bare: BareSignals, sdp: string, type: 'offer' | 'answer' = 'offer') => {
  const described = bare.description('p', type, { type, sdp })
  if (described === null) throw new Error('no description')
  return described.signal
}

test('a description is taken as an object or as its text, and answers which', () => {
  const bare = new BareSignals()
  const sdp = sdpOf(1)
  const signal: Signal = { kind: 'description', epoch: expect.any(String) as string, toEpoch: null, type: 'offer', sdp }
  expect(bare.description('p', 'offer', { type: 'offer', sdp, extra: 1 })).toEqual({ signal, form: 'object' })
  expect(bare.description('p', 'offer', sdp)).toEqual({ signal, form: 'text' })
  expect(describe(bare, sdp).epoch).toMatch(/^[\w-]{22}$/)
})

test.each([
  undefined,
  null,
  5,
  [],
  {},
  { type: 'answer', sdp: 'v=0' },
  { type: 'offer' },
  { sdp: 'v=0' },
  { type: 'offer', sdp: 5 },
  'x'.repeat(limits.sdp + 1),
])('%j is no offer', (said) => {
  expect(new BareSignals().description('p', 'offer', said)).toBeNull()
})

test('descriptions of one connection are of one epoch, those of another of another', () => {
  const bare = new BareSignals()
  const [first, renegotiated, other] = [sdpOf(1), sdpOf(1, 2), sdpOf(2)].map((sdp) => describe(bare, sdp).epoch)
  expect(renegotiated).toBe(first)
  expect(other).not.toBe(first)
  expect(describe(bare, 'no origin').epoch).not.toBe(describe(bare, 'none either').epoch)
})

test('a report on a link is for nobody who speaks another wire', () => {
  const report = { networks: ['10.0.0'], isHidden: false, hasVpn: false, sent: 4, heard: 0, answered: 0 }
  for (const form of ['object', 'text'] as const)
    expect(toBare({ kind: 'report', epoch: 'a', toEpoch: null, report }, form)).toEqual([])
})

test('a candidate is of the last description that went to the same peer', () => {
  const bare = new BareSignals()
  expect(bare.candidate('p', candidate)).toEqual({
    ...{ kind: 'candidates', epoch: 'none', toEpoch: null },
    candidates: [candidate],
  })
  const { epoch } = describe(bare, sdpOf(1))
  expect(bare.candidate('p', candidate)).toMatchObject({ epoch })
  expect(bare.candidate('q', candidate)).toMatchObject({ epoch: 'none' })
  const later = describe(bare, sdpOf(2))
  expect(bare.candidate('p', candidate)).toMatchObject({ epoch: later.epoch })
  bare.forget('p')
  expect(bare.candidate('p', candidate)).toMatchObject({ epoch: 'none' })
})

test('what a candidate does not say is filled in, so that a browser takes it', () => {
  const bare = new BareSignals()
  const only = (said: unknown) => {
    const signal = bare.candidate('p', said)
    return signal?.kind === 'candidates' ? signal.candidates[0] : undefined
  }
  const filled = { sdpMid: null, sdpMLineIndex: 0, usernameFragment: null }
  expect(only('candidate:1')).toEqual({ candidate: 'candidate:1', ...filled })
  expect(only(null)).toEqual({ candidate: '', ...filled })
  expect(only({ candidate: 'candidate:1' })).toEqual({ candidate: 'candidate:1', ...filled })
  expect(only({ candidate: 'candidate:1', sdpMid: 'a' })).toEqual({
    candidate: 'candidate:1',
    ...{ sdpMid: 'a', sdpMLineIndex: null, usernameFragment: null },
  })
})

test.each([undefined, 5, {}, { candidate: 5 }, { ...candidate, sdpMLineIndex: 256 }, 'x'.repeat(1025)])(
  '%j is no candidate',
  (said) => {
    expect(new BareSignals().candidate('p', said)).toBeNull()
  },
)

test('a signal goes out as a description, or as each candidate by itself, in the form that is wanted', () => {
  const offer: Signal = { kind: 'description', epoch: 'e', toEpoch: null, type: 'offer', sdp: 'v=0' }
  expect(toBare(offer)).toEqual([{ kind: 'offer', value: { type: 'offer', sdp: 'v=0' } }])
  expect(toBare({ ...offer, type: 'answer' }, 'text')).toEqual([{ kind: 'answer', value: 'v=0' }])
  const two: Signal = { kind: 'candidates', epoch: 'e', toEpoch: 'f', candidates: [candidate, candidate] }
  expect(toBare(two)).toEqual([candidate, candidate].map((value) => ({ kind: 'candidate', value })))
  expect(toBare(two, 'text')[1]).toEqual({ kind: 'candidate', value: 'candidate:1' })
})

test('everybody is written to as they write or, until they have, as the last one in their room did', () => {
  const forms = new Forms()
  const [room, otherRoom, ann, bob] = [{}, {}, {}, {}]
  expect(forms.of(ann, room, 'description')).toBe('object')
  forms.note(ann, room, 'description', 'v=0')
  expect(forms.of(bob, room, 'description')).toBe('text')
  expect(forms.of(bob, room, 'candidates')).toBe('object')
  expect(forms.of(bob, otherRoom, 'description')).toBe('object')
  forms.note(bob, room, 'description', {})
  expect([forms.of(ann, room, 'description'), forms.of(bob, room, 'description')]).toEqual(['text', 'object'])
  forms.note(ann, room, 'candidates', 'candidate:1')
  forms.note(ann, room, 'candidates', null)
  expect(forms.of(ann, room, 'candidates')).toBe('text')
})
