import { describe, expect, test } from 'vitest'
import { errorCodes } from '#signalling/protocol.ts'
import type { Cause } from '#renderer/call/diagnosis.ts'
import { en } from '#renderer/texts/en.ts'
import { count, duration, list } from '#renderer/texts/en-words.ts'
import { chooseTexts, type Advice } from '#renderer/texts/texts.ts'

const expectSentences = ({ what, next }: Advice) => {
  for (const sentence of [what, next]) {
    expect(sentence).toMatch(/^[A-Z].+\.$/s)
    expect(sentence).not.toMatch(/undefined|null|NaN|\[object|Error\b/)
  }
}
const titles = <T extends object>(record: T) => Object.entries(record) as [keyof T & string, T[keyof T]][]

describe('problems', () => {
  test.each(titles(en.callProblems))('%s is said in sentences, without its code', (code, advice) => {
    expectSentences(advice)
    if (code.includes('-')) expect(`${advice.what} ${advice.next}`).not.toContain(code)
  })

  test('every code of the protocol has its sentences', () => {
    for (const code of errorCodes) expect(en.callProblems).toHaveProperty(code)
  })

  test.each(titles(en.deviceProblems))('%s is said in sentences for each device and place', (_, say) => {
    for (const devices of [['camera'], ['microphone'], ['camera', 'microphone']] as const) {
      for (const place of ['browser', 'darwin', 'win32', 'linux'] as const) {
        const advice = say(devices, place)
        expectSentences(advice)
        for (const device of devices) expect(advice.what).toContain(device)
      }
    }
  })

  test.each(titles(en.hostFailures))('hosting that failed with %s is said in sentences', (_, advice) => {
    expectSentences(advice)
  })
})

describe('what is in the way', () => {
  const causes: readonly Cause[] = [
    ...(['you', 'they'] as const).flatMap((side) => [
      { kind: 'no-network' as const, side },
      { kind: 'firewall' as const, side },
      { kind: 'vpn' as const, side },
    ]),
    { kind: 'vpn', side: 'both' },
    ...(['ip-versions', 'other-network', 'isolated', 'names-blocked'] as const).map((kind) => ({ kind })),
  ]
  test.each(causes.map((cause) => [JSON.stringify(cause), cause] as const))('%s is said in sentences', (_, cause) => {
    const advice = en.trouble.advice(cause, 'Ben')
    expectSentences(advice)
    expect(`${advice.what} ${advice.next}`).not.toContain(cause.kind === 'vpn' ? 'vpn' : `${cause.kind}:`)
    expect(en.trouble.short(cause, 'Ben')).toMatch(/^[A-Z][^.]{8,44}$/)
    // Whoever is to act is named, or addressed.
    if ('side' in cause && cause.side !== 'both') expect(/^Ben: /.test(advice.next)).toBe(cause.side === 'they')
  })

  test.each(titles(en.trouble.server))('a server that is out of reach (%s) is said in sentences', (_, advice) => {
    if (advice !== null) expectSentences(advice)
  })
})

test('whoever goes on with a meeting is named where there is a name', () => {
  expect(en.succession.heir('Ben')).toContain('Ben’s computer is taking over')
  expect(en.succession.heir('')).toContain('. Another computer is taking over')
  expect(en.succession.other('')).toBe('The meeting now runs on another computer.')
})

describe('words that depend on numbers', () => {
  test.each([
    [0, 'less than a minute'],
    [29_000, 'less than a minute'],
    [60_000, '1 minute'],
    [12 * 60_000, '12 minutes'],
    [60 * 60_000, '1 hour'],
    [125 * 60_000, '2 hours and 5 minutes'],
  ])('%i ms are %s', (durationMs, words) => {
    expect(duration(durationMs)).toBe(words)
  })

  test('one is singular, the rest plural', () => {
    expect([0, 1, 2].map((number) => count(number, 'person', 'people'))).toEqual(['0 people', '1 person', '2 people'])
  })

  test('names are listed as people say them', () => {
    expect(list(['Ann', 'Ben', 'Cleo'])).toBe('Ann, Ben, and Cleo')
    expect(en.greenRoom.inside([])).toBe('Nobody is here yet.')
    expect(en.greenRoom.inside(['Ann'])).toBe('Ann is here.')
    expect(en.greenRoom.inside(['A', 'B', 'C', 'D', 'E'])).toBe('A, B, C, and 2 others are here.')
  })

  test('recent meetings say how long ago they were', () => {
    const now = Date.UTC(2026, 0, 10)
    expect(en.home.ago(now - 5000, now)).toBe('just now')
    expect(en.home.ago(now - 26 * 3_600_000, now)).toBe('yesterday')
    expect(en.home.ago(now + 60_000, now)).toBe('just now')
  })
})

test('a language without a catalogue is answered in English', () => {
  expect(chooseTexts('en-GB')).toBe(en)
  expect(chooseTexts('tlh')).toBe(en)
  expect(chooseTexts('')).toBe(en)
})
