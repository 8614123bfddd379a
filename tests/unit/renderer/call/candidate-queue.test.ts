import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Candidate } from '#signalling/protocol.ts'
import { CandidateQueue, ufragsOf } from '#renderer/call/candidate-queue.ts'

const candidate = (text: string, usernameFragment: string | null): Candidate => ({
  candidate: text,
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment,
})
const sdp = (...ufrags: string[]): string => ufrags.map((ufrag) => `m=audio\r\na=ice-ufrag:${ufrag}\r\n`).join('')

it('reads every generation that a description is about', () => {
  expect(ufragsOf(sdp('abcd', 'efgh'))).toEqual(new Set(['abcd', 'efgh']))
  expect(ufragsOf('v=0')).toEqual(new Set())
})

it('keeps candidates until the description that they belong to is set', () => {
  const queue = new CandidateQueue()
  const early = candidate('1', 'next')
  expect(queue.take([early])).toEqual([])
  expect(queue.release(sdp('next'))).toEqual([early])
  expect(queue.take([candidate('2', 'next')])).toHaveLength(1)
})

it('drops candidates of a generation before a restart', () => {
  const queue = new CandidateQueue()
  queue.release(sdp('new'))
  expect(queue.take([candidate('late', 'old')])).toEqual([])
  expect(queue.release(sdp('newer'))).toEqual([])
  expect(queue.size).toBe(0)
})

it('uses candidates that do not say what they belong to', () => {
  const queue = new CandidateQueue()
  expect(queue.take([candidate('1', null)])).toEqual([])
  expect(queue.release(sdp('abcd'))).toHaveLength(1)
  expect(queue.take([candidate('2', null)])).toHaveLength(1)
})

it('hands out each candidate at most once, only for its generation, and never keeps more than its limit', () => {
  const ufrag = fc.constantFrom('aaaa', 'bbbb', 'cccc', null)
  const step = fc.oneof(
    fc.record({ take: fc.array(ufrag, { maxLength: 8 }) }),
    fc.record({ release: fc.constantFrom('aaaa', 'bbbb', 'cccc') }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (steps, limit) => {
      const queue = new CandidateQueue(limit)
      const handedOut = new Set<Candidate>()
      let present: string | null = null
      let count = 0
      for (const each of steps) {
        const candidates = 'take' in each ? each.take.map((tag) => candidate(String(count++), tag)) : []
        if ('release' in each) present = each.release
        const out = 'release' in each ? queue.release(sdp(each.release)) : queue.take(candidates)
        for (const one of out) {
          expect(handedOut.has(one)).toBe(false)
          handedOut.add(one)
          expect(present).not.toBeNull()
          expect([present, null]).toContain(one.usernameFragment)
        }
        expect(queue.size).toBeLessThanOrEqual(limit)
      }
    }),
  )
})
