import { describe, expect, it } from 'vitest'
import { readSample, type LinkSample } from '#renderer/call/link-sample.ts'
import { judgeQuality } from '#renderer/call/quality.ts'
import { videoLimitsFor } from '#renderer/call/sending-limits.ts'

const before: LinkSample = {
  atMs: 0,
  arrivals: 0,
  packetsReceived: 0,
  packetsLost: 0,
  freezesMs: 0,
  roundTripMs: 20,
  path: null,
}
const after = (change: Partial<LinkSample>): LinkSample => ({ ...before, atMs: 2000, packetsReceived: 1000, ...change })

describe('quality', () => {
  it.each([
    [{}, 'good'],
    [{ packetsLost: 20 }, 'fair'],
    [{ packetsLost: 60 }, 'poor'],
    [{ roundTripMs: 200 }, 'fair'],
    [{ roundTripMs: 400 }, 'poor'],
    [{ freezesMs: 200 }, 'fair'],
    [{ freezesMs: 1000 }, 'poor'],
    [{ packetsReceived: 0 }, 'good'],
    [{ roundTripMs: null }, 'unknown'],
  ] as const)('of %o is %s', (change, quality) => {
    expect(judgeQuality(before, after(change))).toBe(quality)
  })

  it('is unknown before there is something to compare with', () => {
    expect(judgeQuality(null, after({}))).toBe('unknown')
  })

  it('does not suffer from counters that go back', () => {
    expect(judgeQuality(after({ packetsLost: 500 }), { ...after({}), atMs: 4000 })).toBe('good')
  })
})

it('a report is read by the selected pair and the sum of what shows a way there and back', () => {
  const report = new Map<string, { readonly type: string } & Record<string, unknown>>([
    ['T', { type: 'transport', selectedCandidatePairId: 'P2', bytesReceived: 500 }],
    ['P1', { type: 'candidate-pair', id: 'P1', currentRoundTripTime: 9, responsesReceived: 1 }],
    [
      'P2',
      {
        type: 'candidate-pair',
        id: 'P2',
        currentRoundTripTime: 0.05,
        requestsReceived: 2,
        localCandidateId: 'L',
        remoteCandidateId: 'R',
      },
    ],
    ['L', { type: 'local-candidate', id: 'L', candidateType: 'relay', url: 'turn:192.168.1.20:8001', address: '' }],
    ['R', { type: 'remote-candidate', id: 'R', candidateType: 'host', address: '192.168.1.30' }],
    ['A', { type: 'inbound-rtp', packetsReceived: 10, packetsLost: -1 }],
    ['V', { type: 'inbound-rtp', packetsReceived: 20, packetsLost: 3, totalFreezesDuration: 1.5 }],
  ])
  expect(readSample(report, 7)).toEqual({
    atMs: 7,
    arrivals: 501,
    packetsReceived: 30,
    packetsLost: 2,
    freezesMs: 1500,
    roundTripMs: 50,
    path: {
      local: { candidateType: 'relay', address: null, url: 'turn:192.168.1.20:8001' },
      remote: { candidateType: 'host', address: '192.168.1.30', url: null },
    },
  })
  expect(readSample(new Map(), 0)).toEqual({ ...before, roundTripMs: null })
})

it('pictures get smaller as the people get more', () => {
  const heights = [0, 1, 2, 3, 4, 5, 6, 15].map((others) => videoLimitsFor(others).maxHeight)
  expect(heights).toEqual([720, 720, 540, 540, 360, 360, 180, 180])
})
