import { describe, expect, it } from 'vitest'
import type { PeerId } from '#signalling/protocol.ts'
import { firstHeir, isToTakeOver } from '#renderer/call/succession/heir-rule.ts'

const TURN_MS = 4000

const heirsOf = (...ids: readonly PeerId[]) => ids.map((id) => ({ id, pin: `pin of ${id}` }))
const heirs = heirsOf('ann', 'ben', 'cem')
const saying = (isReached: boolean, ...ids: readonly PeerId[]) => new Map(ids.map((id) => [id, isReached]))
/** Ann stands first, hears the two others, and both lost the server as well. */
const usual = {
  ...{ you: 'ann', heirs, lostMs: 0 },
  heard: ['ben', 'cem'],
  reach: saying(false, 'ben', 'cem'),
}

describe('the first heir', () => {
  it('is the first in the order who is heard, or oneself', () => {
    expect(firstHeir({ you: 'dan', heirs, heard: ['cem', 'ben'] })).toBe('ben')
    expect(firstHeir({ you: 'ben', heirs, heard: ['cem'] })).toBe('ben')
    expect(firstHeir({ you: 'cem', heirs, heard: ['ann', 'ben'] })).toBe('ann')
  })

  it('is nobody when none of them is heard', () => {
    expect(firstHeir({ you: 'dan', heirs, heard: ['eve'] })).toBeNull()
    expect(firstHeir({ you: 'dan', heirs: [], heard: ['ann'] })).toBeNull()
  })
})

describe('to take over', () => {
  it('is at once for the first heir when all who are heard lost the server', () => {
    expect(isToTakeOver(usual)).toBe(true)
  })

  it('is not as long as somebody who is heard reaches the server, however long that is', () => {
    const reach = new Map([...saying(false, 'ben'), ...saying(true, 'cem')])
    for (const lostMs of [0, TURN_MS, 60_000]) expect(isToTakeOver({ ...usual, reach, lostMs })).toBe(false)
  })

  it('does not count what somebody said who is heard no more', () => {
    const reach = new Map([...saying(false, 'ben'), ...saying(true, 'cem')])
    expect(isToTakeOver({ ...usual, heard: ['ben'], reach })).toBe(true)
  })

  it('waits for the answers of those who are heard, but not for long', () => {
    const reach = saying(false, 'ben')
    expect(isToTakeOver({ ...usual, reach, lostMs: 1400 })).toBe(false)
    expect(isToTakeOver({ ...usual, reach, lostMs: 1500 })).toBe(true)
  })

  it('is for the next one when those before had their turn, one after the other', () => {
    const ben = { ...usual, you: 'ben', heard: ['ann', 'cem'], reach: saying(false, 'ann', 'cem') }
    expect(isToTakeOver({ ...ben, lostMs: TURN_MS - 1 })).toBe(false)
    expect(isToTakeOver({ ...ben, lostMs: TURN_MS })).toBe(true)
    const cem = { ...usual, you: 'cem', heard: ['ann', 'ben'], reach: saying(false, 'ann', 'ben') }
    expect(isToTakeOver({ ...cem, lostMs: 2 * TURN_MS - 1 })).toBe(false)
    expect(isToTakeOver({ ...cem, lostMs: 2 * TURN_MS })).toBe(true)
  })

  it('does not wait for those before who are not heard', () => {
    expect(isToTakeOver({ ...usual, you: 'cem', heard: ['dan'], reach: saying(false, 'dan') })).toBe(true)
  })

  it('takes somebody who hears nobody a while: it may be the own cable', () => {
    const alone = { ...usual, heard: [], reach: new Map<PeerId, boolean>() }
    expect(isToTakeOver({ ...alone, lostMs: 12_000 })).toBe(false)
    expect(isToTakeOver({ ...alone, lostMs: 12_001 })).toBe(true)
  })

  it('is never for somebody who is no heir', () => {
    for (const lostMs of [0, 60_000]) expect(isToTakeOver({ ...usual, you: 'dan', lostMs })).toBe(false)
  })
})

/** Numbers from 0 to 1, the same in each run: Numerical Recipes' linear congruential generator. */
const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const LATE_MS = 500
const STEP_MS = 50

/** Some people of whom some stand, in any order, some hear each other, and each loses the server and says so at some time. */
const anyMeeting = (random: () => number) => {
  const people = Array.from({ length: 2 + Math.floor(random() * 6) }, (_, index) => `p${String(index)}`)
  const anyOrder = people
    .map((id) => ({ id, key: random() }))
    .toSorted((one, other) => one.key - other.key)
    .map(({ id }) => id)
  const standing = heirsOf(...anyOrder.slice(0, Math.ceil(random() * people.length)))
  const islands = new Map(people.map((id) => [id, random() < 0.7 ? 0 : 1]))
  const lostAt = new Map(people.map((id) => [id, random() * LATE_MS]))
  /** Whoever does not say it at all is waited for. */
  const saidAt = new Map(people.map((id) => [id, random() < 0.8 ? lostAt.get(id)! + random() * 100 : Infinity]))
  const heardBy = (you: PeerId) => people.filter((id) => id !== you && islands.get(id) === islands.get(you))
  return { people, heirs: standing, islands, lostAt, saidAt, heardBy }
}

describe('whatever the order, the links and the timing', () => {
  it('those who hear each other take over one after the other, with time for each to get it done', () => {
    const random = randomFrom(1)
    const gaps: number[] = []
    for (let round = 0; round < 500; round++) {
      const meeting = anyMeeting(random)
      const takenAt: { island: number; at: number }[] = []
      const begun = new Set<PeerId>()
      for (let now = 0; now < 10 * TURN_MS; now += STEP_MS)
        for (const you of meeting.people) {
          const heard = meeting.heardBy(you)
          const lostMs = now - meeting.lostAt.get(you)!
          const said = heard.filter((id) => meeting.saidAt.get(id)! <= now)
          if (heard.length === 0 || lostMs < 0 || begun.has(you)) continue
          if (!isToTakeOver({ you, heirs: meeting.heirs, heard, reach: saying(false, ...said), lostMs })) continue
          begun.add(you)
          takenAt.push({ island: meeting.islands.get(you)!, at: now })
        }
      for (const island of [0, 1]) {
        const times = takenAt.filter((each) => each.island === island).map(({ at }) => at)
        gaps.push(...times.slice(1).map((at, index) => at - times[index]!))
        const isAnyToTakeOver = meeting.heirs.some(
          ({ id }) => meeting.islands.get(id) === island && meeting.heardBy(id).length > 0,
        )
        expect(times.length > 0, JSON.stringify(meeting.heirs)).toBe(isAnyToTakeOver)
      }
    }
    expect(gaps.length).toBeGreaterThan(100)
    // A turn, but for the time in which the first waits for answers, and what one knows of the loss before the other.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(TURN_MS - 1500 - LATE_MS - STEP_MS)
  })

  it('nobody takes over while somebody whom they hear reaches the server', () => {
    const random = randomFrom(2)
    let asked = 0
    for (let round = 0; round < 5000; round++) {
      const { people, heirs: standing, heardBy } = anyMeeting(random)
      const you = people[Math.floor(random() * people.length)]!
      const heard = heardBy(you)
      const reach = new Map(heard.filter(() => random() < 0.7).map((id) => [id, random() < 0.3]))
      if (![...reach.values()].includes(true)) continue
      asked++
      expect(isToTakeOver({ you, heirs: standing, heard, reach, lostMs: random() * 60_000 })).toBe(false)
    }
    expect(asked).toBeGreaterThan(500)
  })
})
