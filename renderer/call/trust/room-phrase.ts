import type { RoomPhrase as RoomPhraseView } from '../call-state.ts'
import { Emitter } from '../emitter.ts'
import { reasonOf, type Log } from '../log.ts'
import type { Fingerprint } from './fingerprints.ts'
import type { PhraseWord } from './link-trust.ts'
import { PhraseRound } from './phrase-round.ts'
import { commitmentTo, makeNonce, roundName, wordsOf, type Words } from './phrase-words.ts'

const phraseTimes = {
  /** People who come together, come within this: they make one round, not one each. */
  settleMs: 300,
  agreeMs: 10_000,
  /** What was lost with a connection is said again until the words are there. */
  repeatMs: 3000,
}
/** A set of people that comes back takes its round up again. Beyond this many the oldest is forgotten. */
const MAX_ROUNDS = 64

/** Somebody in the room with whom we have a control channel. */
export interface PhrasePeer {
  /** Null until a connection was there. */
  readonly fingerprint: Fingerprint | null
  readonly isConnected: boolean
  readonly isIntercepted: boolean
}

export interface RoomPhraseOptions {
  readonly code: string
  /** To whoever shows this certificate. */
  readonly say: (to: Fingerprint, word: PhraseWord) => void
  readonly onCheat: (fingerprint: Fingerprint) => void
  readonly log: Log
  readonly times?: typeof phraseTimes
}

const none: RoomPhraseView = { phase: 'none' }
const waiting: RoomPhraseView = { phase: 'waiting' }
const different: RoomPhraseView = { phase: 'different' }

/**
 * Comes to four words that are the same on every screen of a room exactly when everybody sees the same certificates. Those
 * who are in the room make a round, named by their certificates: each commits to a nonce, and reveals it when all have.
 *
 * Every round that is known is answered, also one that others are still, or already, in. What comes for an unknown one is
 * dropped: whoever said it says it again to a commitment that is new to them.
 */
export class RoomPhrase {
  readonly #options: RoomPhraseOptions
  readonly #times: typeof phraseTimes
  readonly #events = new Emitter<{ readonly changed: [] }>()
  readonly #rounds = new Map<string, PhraseRound>()
  readonly #words = new WeakMap<PhraseRound, Words>()
  readonly #repeat: ReturnType<typeof setInterval>
  #view = none
  #own: Fingerprint | null = null
  #peers: readonly PhrasePeer[] = []
  /** The certificates of all who are here now, sorted and joined; null while one of them is not known. */
  #wanted: string | null = null
  #current: { readonly set: string; readonly round: PhraseRound } | null = null
  #isLate = false
  #settling: ReturnType<typeof setTimeout> | undefined
  #agreeing: ReturnType<typeof setTimeout> | undefined
  #work: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: RoomPhraseOptions) {
    this.#options = options
    this.#times = options.times ?? phraseTimes
    this.#repeat = setInterval(() => {
      this.repeat()
    }, this.#times.repeatMs)
  }

  on(name: 'changed', listener: () => void): () => void {
    return this.#events.on(name, listener)
  }

  /** The same object until it changes. */
  get view(): RoomPhraseView {
    return this.#view
  }

  /** Who is here now, and the own certificate as far as it is known. */
  update(own: Fingerprint | null, peers: readonly PhrasePeer[]): void {
    this.#own = own
    this.#peers = peers
    const wanted = this.#setOf(own, peers)
    if (wanted !== this.#wanted) {
      this.#wanted = wanted
      clearTimeout(this.#settling)
      if (wanted !== null && wanted !== this.#current?.set)
        this.#settling = setTimeout(() => {
          this.#do(() => this.#enter(wanted))
        }, this.#times.settleMs)
    }
    this.#watchTime()
    this.#show()
  }

  /** Takes what whoever shows this certificate says. */
  take(from: Fingerprint, word: PhraseWord): void {
    this.#do(() => this.#take(from, word))
  }

  /** A new connection to them: what was on its way over the former one may be lost. */
  repeatTo(fingerprint: Fingerprint): void {
    this.#do(() => {
      if (this.#current) this.#sayTo(fingerprint, this.#current.round)
    })
  }

  /** Says again what belongs to a round that has no words yet. */
  repeat(): void {
    this.#do(async () => {
      const round = this.#current?.round
      if (!round || round.isBroken || this.#words.has(round)) return
      this.#sayToAll(round)
      await this.#finish(round)
    })
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#repeat)
    clearTimeout(this.#settling)
    clearTimeout(this.#agreeing)
  }

  #setOf(own: Fingerprint | null, peers: readonly PhrasePeer[]): string | null {
    const all = [own, ...peers.map(({ fingerprint }) => fingerprint)]
    if (peers.length === 0 || all.includes(null)) return null
    return [...new Set(all)].sort().join('|')
  }

  async #enter(set: string): Promise<void> {
    const own = this.#own
    if (set !== this.#wanted || own === null) return
    const fingerprints = set.split('|')
    const name = await roundName(fingerprints)
    const round = this.#rounds.get(name) ?? (await this.#open(name, own, fingerprints))
    this.#rounds.delete(name)
    this.#rounds.set(name, round)
    for (const oldest of [...this.#rounds.keys()].slice(0, -MAX_ROUNDS)) this.#rounds.delete(oldest)
    this.#current = { set, round }
    this.#sayToAll(round)
    this.#resetTime()
  }

  async #open(name: string, fingerprint: Fingerprint, all: readonly Fingerprint[]): Promise<PhraseRound> {
    const nonce = makeNonce()
    const commitment = await commitmentTo(name, fingerprint, nonce)
    const others = all.filter((each) => each !== fingerprint)
    return new PhraseRound(name, { fingerprint, nonce, commitment }, others)
  }

  async #take(from: Fingerprint, word: PhraseWord): Promise<void> {
    const round = this.#rounds.get(word.round)
    if (!round || round.isBroken) return
    const wasCommitted = round.isCommitted
    const verdict =
      word.kind === 'commit'
        ? round.commit(from, word.commitment)
        : round.reveal(from, word.nonce, await commitmentTo(round.name, from, word.nonce))
    if (verdict === 'cheat') this.#options.onCheat(from)
    if (word.kind === 'commit' && (verdict === 'new' || (verdict === 'known' && wasCommitted)))
      this.#answer(from, round, verdict)
    if (round.isCommitted && !wasCommitted) for (const each of round.others) this.#reveal(each, round)
    await this.#finish(round)
  }

  /** Somebody whose commitment is new has not heard ours, or not in time; who says it again lacks what came after. */
  #answer(to: Fingerprint, round: PhraseRound, verdict: 'new' | 'known'): void {
    if (verdict === 'new') this.#commit(to, round)
    else this.#reveal(to, round)
  }

  async #finish(round: PhraseRound): Promise<void> {
    if (!round.isComplete || this.#words.has(round)) return
    try {
      this.#words.set(round, await wordsOf(this.#options.code, round.openings))
    } catch (error) {
      this.#options.log('warn', `The list of words was not loaded: ${reasonOf(error)}`)
    }
  }

  #sayToAll(round: PhraseRound): void {
    for (const each of round.others) this.#sayTo(each, round)
  }

  #sayTo(to: Fingerprint, round: PhraseRound): void {
    if (round.isBroken) return
    this.#commit(to, round)
    if (round.isCommitted) this.#reveal(to, round)
  }

  #commit(to: Fingerprint, { name, own: { commitment } }: PhraseRound): void {
    this.#options.say(to, { kind: 'commit', round: name, commitment })
  }

  #reveal(to: Fingerprint, { name, own: { nonce } }: PhraseRound): void {
    this.#options.say(to, { kind: 'reveal', round: name, nonce })
  }

  #resetTime(): void {
    clearTimeout(this.#agreeing)
    this.#agreeing = undefined
    this.#isLate = false
    this.#watchTime()
  }

  /** Only while everybody is connected does the time run in which they should agree. */
  #watchTime(): void {
    const canAgree = this.#isCurrent && this.#peers.every(({ isConnected }) => isConnected)
    if (!canAgree) {
      clearTimeout(this.#agreeing)
      this.#agreeing = undefined
      this.#isLate = false
    } else
      this.#agreeing ??= setTimeout(() => {
        this.#isLate = true
        this.#show()
      }, this.#times.agreeMs)
  }

  get #isCurrent(): boolean {
    return this.#current !== null && this.#current.set === this.#wanted
  }

  /** One thing after the other: hashes take their time. */
  #do(task: () => void | Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#isClosed) return
      try {
        await task()
      } catch (error) {
        this.#options.log('warn', `The phrase of the room: ${reasonOf(error)}`)
      }
      this.#show()
    })
  }

  #judge(): RoomPhraseView {
    if (this.#peers.length === 0) return none
    if (this.#peers.some(({ isIntercepted }) => isIntercepted)) return different
    const round = this.#isCurrent ? this.#current?.round : undefined
    if (!round) return waiting
    if (round.isBroken) return different
    const words = this.#words.get(round)
    if (words)
      return this.#view.phase === 'ready' && this.#view.words === words ? this.#view : { phase: 'ready', words }
    // Complete, but for the list of words.
    return this.#isLate && !round.isComplete ? different : waiting
  }

  #show(): void {
    const view = this.#judge()
    if (view === this.#view || this.#isClosed) return
    this.#view = view
    this.#events.emit('changed')
  }
}
