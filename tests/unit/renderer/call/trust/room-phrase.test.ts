import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { randomId } from '#renderer/call/random-id.ts'
import type { PhraseWord } from '#renderer/call/trust/link-trust.ts'
import { commitmentTo, makeNonce } from '#renderer/call/trust/phrase-words.ts'
import { RoomPhrase, type PhrasePeer } from '#renderer/call/trust/room-phrase.ts'
import { eventually } from '../await-media.ts'
import { silentLog } from '#renderer/call/log.ts'

const times = { settleMs: 0, agreeMs: 3_600_000, repeatMs: 3_600_000 }
const here = (fingerprint: string): PhrasePeer => ({ fingerprint, isConnected: true, isIntercepted: false })
const aTask = () => new Promise((resolve) => setTimeout(resolve))

interface Letter {
  readonly from: string
  readonly to: string
  readonly word: PhraseWord
}

/** People with nothing but a bag of letters between them. */
class Bag {
  readonly letters: Letter[] = []
  readonly people = new Map<string, RoomPhrase>()
  readonly cheats: string[] = []

  add(fingerprint: string): RoomPhrase {
    const phrase = new RoomPhrase({
      code: 'k7mq2xvd9thr',
      say: (to, word) => this.letters.push({ from: fingerprint, to, word }),
      onCheat: (cheat) => this.cheats.push(cheat),
      log: silentLog,
      times,
    })
    onTestFinished(() => {
      phrase.close()
    })
    this.people.set(fingerprint, phrase)
    return phrase
  }

  gather(...fingerprints: readonly string[]): void {
    for (const [own, phrase] of this.people) phrase.update(own, fingerprints.filter((each) => each !== own).map(here))
  }

  deliver({ from, to, word }: Letter): void {
    this.people.get(to)?.take(from, word)
  }

  get views() {
    return [...this.people.values()].map(({ view }) => view)
  }
}

/** Letters out of order, some twice and some never; what is left is said again, until everybody is ready. */
const shuffle = async (bag: Bag, dice: readonly number[]): Promise<void> => {
  for (let turn = 0; turn < 400 && bag.views.some(({ phase }) => phase !== 'ready'); turn++) {
    await aTask()
    // With the turn: dice that always lose what they throw would lose everything for ever.
    const die = (dice[turn % dice.length] ?? 0) + turn
    const letter = bag.letters[die % Math.max(1, bag.letters.length)]
    if (!letter) {
      for (const phrase of bag.people.values()) phrase.repeat()
      continue
    }
    // Half of them stay in the bag, and so may come again.
    if (die % 7 !== 0) bag.deliver(letter)
    if (die % 2 === 0) bag.letters.splice(bag.letters.indexOf(letter), 1)
    if (bag.letters.length > 200) bag.letters.length = 0
  }
}

describe('the phrase of a room', () => {
  it('is the same for everybody, in whatever order, how often and with whatever losses letters come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 4 }),
        fc.array(fc.nat(), { minLength: 20, maxLength: 60 }),
        async (count, dice) => {
          const bag = new Bag()
          const names = Array.from({ length: count }, (_, index) => `fp-${String(index)}`)
          for (const name of names) bag.add(name)
          bag.gather(...names)
          await shuffle(bag, dice)
          for (const phrase of bag.people.values()) phrase.close()
          expect(bag.cheats).toEqual([])
          expect(bag.views.map(({ phase }) => phase)).toEqual(names.map(() => 'ready'))
          expect(new Set(bag.views.map((view) => JSON.stringify(view))).size).toBe(1)
        },
      ),
      { numRuns: 20 },
    )
  }, 60_000)

  it('survives that everybody sees the others come and go in another order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.subarray(['a', 'b', 'c', 'd']), { maxLength: 6 }),
        fc.array(fc.nat(), { minLength: 20, maxLength: 60 }),
        async (views, dice) => {
          const bag = new Bag()
          for (const name of ['a', 'b', 'c', 'd']) bag.add(name)
          for (const [turn, present] of views.entries()) {
            const whose = [...bag.people.keys()][turn % 4]!
            bag.people.get(whose)?.update(whose, present.filter((each) => each !== whose).map(here))
            await aTask()
            await aTask()
            const letter = bag.letters[(dice[turn] ?? 0) % Math.max(1, bag.letters.length)]
            if (letter) bag.deliver(letter)
          }
          bag.gather('a', 'b', 'c', 'd')
          await shuffle(bag, dice)
          for (const phrase of bag.people.values()) phrase.close()
          expect(bag.cheats).toEqual([])
          expect(new Set(bag.views.map((view) => JSON.stringify(view))).size).toBe(1)
          expect(bag.views[0]?.phase).toBe('ready')
        },
      ),
      { numRuns: 20 },
    )
  }, 60_000)

  it('is not revealed to anybody before everybody is bound', async () => {
    const bag = new Bag()
    bag.add('a')
    bag.gather('a', 'b', 'c')
    await eventually(() => {
      expect(bag.letters.map(({ to, word }) => `${to} ${word.kind}`)).toEqual(['b commit', 'c commit'])
    })
    const { round } = bag.letters[0]!.word
    bag.people.get('a')?.take('b', { kind: 'commit', round, commitment: await commitmentTo(round, 'b', makeNonce()) })
    await eventually(() => {
      expect(bag.letters).toHaveLength(3)
    })
    expect(bag.letters.map(({ word }) => word.kind)).toEqual(['commit', 'commit', 'commit'])
    bag.people.get('a')?.take('c', { kind: 'commit', round, commitment: await commitmentTo(round, 'c', makeNonce()) })
    await eventually(() => {
      expect(bag.letters.filter(({ word }) => word.kind === 'reveal').map(({ to }) => to)).toEqual(['b', 'c'])
    })
  })

  const cheats: Record<string, (say: (word: PhraseWord) => void, round: string) => Promise<void>> = {
    'reveals what they did not commit to': async (say, round) => {
      say({ kind: 'commit', round, commitment: await commitmentTo(round, 'b', makeNonce()) })
      say({ kind: 'reveal', round, nonce: makeNonce() })
    },
    'commits to another nonce afterwards': async (say, round) => {
      say({ kind: 'commit', round, commitment: await commitmentTo(round, 'b', makeNonce()) })
      say({ kind: 'commit', round, commitment: await commitmentTo(round, 'b', makeNonce()) })
    },
    'reveals first, and commits to something else': async (say, round) => {
      say({ kind: 'reveal', round, nonce: makeNonce() })
      say({ kind: 'commit', round, commitment: await commitmentTo(round, 'b', makeNonce()) })
    },
    'reveals twice': async (say, round) => {
      const nonce = makeNonce()
      say({ kind: 'commit', round, commitment: await commitmentTo(round, 'b', nonce) })
      say({ kind: 'reveal', round, nonce })
      say({ kind: 'reveal', round, nonce: makeNonce() })
    },
    'commits with the certificate of somebody else': async (say, round) => {
      const nonce = makeNonce()
      say({ kind: 'commit', round, commitment: await commitmentTo(round, 'c', nonce) })
      say({ kind: 'reveal', round, nonce })
    },
  }
  for (const [what, cheat] of Object.entries(cheats))
    it(`comes to nothing, and says who it was, when somebody ${what}`, async () => {
      const bag = new Bag()
      const phrase = bag.add('a')
      bag.gather('a', 'b')
      await eventually(() => {
        expect(bag.letters).toHaveLength(1)
      })
      await cheat((word) => {
        phrase.take('b', word)
      }, bag.letters[0]!.word.round)
      await eventually(() => {
        expect(bag.cheats).toEqual(['b'])
        expect(phrase.view).toEqual({ phase: 'different' })
      })
    })

  it('differs for those to whom somebody committed differently', async () => {
    const bag = new Bag()
    for (const name of ['a', 'b']) bag.add(name)
    bag.gather('a', 'b', 'c')
    await eventually(() => {
      expect(bag.letters.filter(({ word }) => word.kind === 'commit').length).toBeGreaterThanOrEqual(4)
    })
    const { round } = bag.letters[0]!.word
    for (const [to, phrase] of bag.people) {
      const nonce = makeNonce()
      phrase.take('c', { kind: 'commit', round, commitment: await commitmentTo(round, 'c', nonce) })
      phrase.take('c', { kind: 'reveal', round, nonce })
      expect(to).not.toBe('c')
    }
    await shuffle(
      bag,
      Array.from({ length: 50 }, (_, index) => (index * 7919) % 1009),
    )
    expect(bag.views.map(({ phase }) => phase)).toEqual(['ready', 'ready'])
    expect(bag.views[0]).not.toEqual(bag.views[1])
  })

  it('waits while somebody is not connected, and is different when those who are do not agree', async () => {
    const phrase = new RoomPhrase({
      code: 'k7mq2xvd9thr',
      say: () => undefined,
      onCheat: () => undefined,
      log: silentLog,
      times: { ...times, agreeMs: 0 },
    })
    onTestFinished(() => {
      phrase.close()
    })
    expect(phrase.view).toEqual({ phase: 'none' })
    phrase.update(randomId(), [here('b'), { fingerprint: null, isConnected: false, isIntercepted: false }])
    await aTask()
    expect(phrase.view).toEqual({ phase: 'waiting' })
    phrase.update('a', [here('b')])
    await eventually(() => {
      expect(phrase.view).toEqual({ phase: 'different' })
    })
    phrase.update('a', [{ ...here('b'), isConnected: false }])
    expect(phrase.view).toEqual({ phase: 'waiting' })
    phrase.update('a', [])
    expect(phrase.view).toEqual({ phase: 'none' })
  })

  it('ignores rounds that it is not in, and people who are not in a round', async () => {
    const bag = new Bag()
    const phrase = bag.add('a')
    bag.gather('a', 'b')
    await eventually(() => {
      expect(bag.letters).toHaveLength(1)
    })
    const { round } = bag.letters[0]!.word
    phrase.take('b', { kind: 'reveal', round: makeNonce(), nonce: makeNonce() })
    phrase.take('c', { kind: 'commit', round, commitment: makeNonce() })
    phrase.take('c', { kind: 'commit', round, commitment: makeNonce() })
    const nonce = makeNonce()
    phrase.take('b', { kind: 'commit', round, commitment: await commitmentTo(round, 'b', nonce) })
    phrase.take('b', { kind: 'reveal', round, nonce })
    await eventually(() => {
      expect(phrase.view.phase).toBe('ready')
    })
    expect(bag.cheats).toEqual([])
    // Whoever is being reconnected keeps their part.
    phrase.update('a', [{ ...here('b'), isConnected: false }])
    expect(phrase.view.phase).toBe('ready')
    phrase.update('a', [{ ...here('b'), isIntercepted: true }])
    expect(phrase.view.phase).toBe('different')
  })
})
