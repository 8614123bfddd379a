import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LinkReport, Signal } from '#signalling/protocol.ts'
import { parseFact } from '#renderer/call/server-words.ts'
import type { LinkView } from '#renderer/call/peer-link.ts'
import { eventually } from './await-media.ts'
import { expectConnected, makePair, type LinkEnd, type Path } from './link-pair.ts'

/** Every candidate says another address, where nobody answers (TEST-NET-1, RFC 5737). */
const misled = (signal: Signal): void => {
  const mislead = (text: string) => text.replace(/(candidate:\S+ \d+ \S+ \d+ )\S+( \d+ typ host)/g, '$1192.0.2.1$2')
  if (signal.kind === 'description') signal.sdp = mislead(signal.sdp)
  if (signal.kind === 'candidates')
    signal.candidates = signal.candidates.map((each) => ({ ...each, candidate: mislead(each.candidate) }))
}
const nowhere: Path = {
  delayMs: (signal) => {
    misled(signal)
    return 0
  },
}
const followCauses = ({ link }: LinkEnd): string[] => {
  const causes: string[] = []
  link.on('changed', ({ trouble, detour }: LinkView) => {
    for (const cause of [trouble, detour]) if (cause) causes.push(cause.kind)
  })
  return causes
}
const reportsOf = ({ sent }: LinkEnd): LinkReport[] =>
  sent.flatMap((signal) => (signal.kind === 'report' ? [signal.report] : []))

describe('two real links that are kept apart', () => {
  it(
    'say the same on both sides before 8 s are over, and let go of it when they connect',
    { timeout: 40_000 },
    async () => {
      const paths: [Path, Path] = [{ ...nowhere }, { ...nowhere }]
      const { polite, impolite } = await makePair({ paths })
      const beganAt = performance.now()
      impolite.link.awaitOffer()
      polite.link.offer()
      await expect
        .poll(() => [polite, impolite].every(({ link }) => link.view.trouble !== null), { timeout: 20_000 })
        .toBe(true)
      const took = performance.now() - beganAt
      const kinds = [polite, impolite].map(({ link }) => link.view.trouble?.kind)
      expect(kinds).toEqual(['isolated', 'isolated'])
      console.log(`named after ${Math.round(took)} ms`)
      for (const path of paths) Object.assign(path, { delayMs: undefined })
      await eventually(() => {
        for (const { link } of [polite, impolite]) {
          expect(link.view.phase).toBe('connected')
          expect(link.view.trouble).toBeNull()
        }
      })
    },
  )

  it('name the side into which nothing comes', { timeout: 30_000 }, async () => {
    const { polite, impolite } = await makePair()
    const asks: LinkReport = { networks: ['10.1.2'], isHidden: false, hasVpn: false, sent: 20, heard: 0, answered: 0 }
    for (const { path } of [polite, impolite])
      Object.assign(path, {
        delayMs: (signal: Signal) => {
          misled(signal)
          return signal.kind === 'report' ? null : 0
        },
      })
    impolite.link.awaitOffer()
    polite.link.offer()
    await expect.poll(() => reportsOf(polite).length, { timeout: 15_000 }).toBeGreaterThan(0)
    // What it would see if a firewall let nothing in here.
    polite.link.handleSignal({ kind: 'report', epoch: 'x', toEpoch: null, report: { ...asks, heard: 20 } })
    await expect.poll(() => polite.link.view.trouble, { timeout: 10_000 }).toEqual({ kind: 'firewall', side: 'you' })
  })
})

describe('healthy pairs', () => {
  it(
    'never have a cause, and tell the server nothing: 50 of them, with glare and links that begin anew',
    { timeout: 120_000 },
    async () => {
      let pairs = 0
      let alarms = 0
      for (let round = 0; round < 10; round++) {
        const ends = await Promise.all(Array.from({ length: 5 }, async () => await makePair()))
        const causes = ends.flatMap(({ polite, impolite }) => [followCauses(polite), followCauses(impolite)])
        for (const [index, { polite, impolite }] of ends.entries()) {
          polite.link.offer()
          // Both at once, or one after the other.
          if (index % 2 === 0) impolite.link.offer()
          else impolite.link.awaitOffer()
        }
        await expectConnected(...ends.flatMap(({ polite, impolite }) => [polite, impolite]))
        for (const { polite } of ends) polite.link.restartIce()
        for (const { impolite } of ends) impolite.link.check()
        await expectConnected(...ends.flatMap(({ polite, impolite }) => [polite, impolite]))
        alarms += causes.flat().length
        pairs += ends.length
        for (const { polite, impolite } of ends) {
          expect([...reportsOf(polite), ...reportsOf(impolite)]).toEqual([])
          polite.link.close()
          impolite.link.close()
        }
      }
      console.log(`${alarms} false alarms in ${pairs} healthy pairs`)
      expect([alarms, pairs]).toEqual([0, 50])
    },
  )

  it('have none when anybody tells them what is not so', async () => {
    const { polite, impolite } = await makePair()
    polite.link.offer()
    await expectConnected(polite, impolite)
    const causes = followCauses(polite)
    for (let count = 0; count < 500; count++)
      polite.link.handleSignal({
        kind: 'report',
        epoch: 'x',
        toEpoch: null,
        report: { networks: [], isHidden: false, hasVpn: true, sent: count, heard: 0, answered: 0 },
      })
    expect(causes).toEqual([])
    expect(polite.link.view).toMatchObject({ phase: 'connected', trouble: null, detour: null })
  })
})

describe('a report that is none', () => {
  const from = 'abcdefghijklmnopqrstuv'
  const right = { networks: ['10.0.0'], isHidden: false, hasVpn: false, sent: 1, heard: 1, answered: 1 }
  const told = (report: unknown) =>
    parseFact('signal:received', { from, signal: { kind: 'report', epoch: 'a', toEpoch: null, report } })

  it.each([
    ['too many networks', { ...right, networks: Array.from({ length: 17 }, () => '10.0.0') }],
    ['an address in place of a network', { ...right, networks: ['10.0.0.1'] }],
    ['words in place of a network', { ...right, networks: ['call 555 now'] }],
    ['a network that is too long', { ...right, networks: ['a'.repeat(41)] }],
    ['a count below zero', { ...right, sent: -1 }],
    ['a count above the limit', { ...right, sent: 1_000_001 }],
    ['half a check', { ...right, heard: 0.5 }],
    ['no number', { ...right, answered: '1' }],
    ['a field too many', { ...right, name: 'Ann' }],
    ['a field too few', { ...right, hasVpn: undefined }],
    ['nothing', null],
  ])('is dropped: %s', (_what, report) => {
    expect(told(right)).not.toBeNull()
    expect(told(report)).toBeNull()
  })

  it('is dropped whatever else it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (report) => {
        expect(told(report)).toBeNull()
      }),
    )
  })
})
