import { expect, it } from 'vitest'
import { EpochGuard, type NegotiationSignal } from '#renderer/call/epoch-guard.ts'

const offer = (epoch: string, toEpoch: string | null = null): NegotiationSignal => ({
  kind: 'description',
  type: 'offer',
  sdp: '',
  epoch,
  toEpoch,
})
const answer = (epoch: string, toEpoch: string): NegotiationSignal => ({
  kind: 'description',
  type: 'answer',
  sdp: '',
  epoch,
  toEpoch,
})
const candidates = (epoch: string, toEpoch: string | null = null): NegotiationSignal => ({
  kind: 'candidates',
  candidates: [],
  epoch,
  toEpoch,
})

it('takes the first description as theirs, and candidates only after it', () => {
  const guard = new EpochGuard()
  expect(guard.judge(candidates('b1'), 'a1', false)).toBe('early')
  expect(guard.judge(offer('b1'), 'a1', false)).toBe('current')
  expect(guard.theirs).toBe('b1')
  expect(guard.judge(candidates('b1', 'a1'), 'a1', false)).toBe('current')
})

it('lets an offer of another connection replace the former, whose late signals are stale', () => {
  const guard = new EpochGuard()
  guard.judge(offer('b1'), 'a1', false)
  expect(guard.judge(offer('b2'), 'a1', false)).toBe('replaced')
  expect(guard.judge(offer('b1'), 'a2', false)).toBe('stale')
  expect(guard.judge(candidates('b1', 'a1'), 'a2', false)).toBe('stale')
})

it('tells what is meant for a former connection of ours', () => {
  const guard = new EpochGuard()
  expect(guard.judge(offer('b1', 'a0'), 'a1', false)).toBe('misaddressed')
  expect(guard.theirs).toBeNull()
})

it('takes the first answer to our offer from whichever connection it is, and no other unknown one', () => {
  const guard = new EpochGuard()
  guard.judge(offer('b1'), 'a1', true)
  expect(guard.judge(answer('b2', 'a1'), 'a1', false)).toBe('stale')
  expect(guard.judge(answer('b2', 'a1'), 'a1', true)).toBe('current')
  expect(guard.theirs).toBe('b2')
})
