import type { CallState } from '../call/call-state.ts'
import type { Texts } from '../texts/texts.ts'
import type { CallView } from './call.svelte.ts'
import { HostMoves, lossWords, moveWords, type HostWords } from './host-moves.ts'

/** Long enough for a screen reader to pick it up, short enough not to be found later as if it were news. */
const shownMs = 4000
/** That no computer hosts the meeting is said only if it lasts: mostly the next one follows at once. */
const LOSS_MS = 1000

type Joined = Extract<CallState, { phase: 'joined' }>

const sentenceOf = ({ what, next }: HostWords): string => (next === '' ? what : `${what} ${next}`)

/** Says changes of the call to people who do not see them: one sentence at a time, for a polite live region. */
export class Announcer {
  /** False while the chat is open: what is read there needs no announcement. */
  isChatAnnounced = true
  #message: string
  #timer: ReturnType<typeof setTimeout> | undefined
  #before: CallState
  #moves: HostMoves | null = null
  /** Whether the server is said to be gone, and nothing of its end. */
  #isLossSaid = false
  #lossTimer: ReturnType<typeof setTimeout> | undefined
  readonly #texts: Texts
  readonly #stops: readonly (() => void)[]

  constructor(call: CallView, texts: Texts) {
    this.#message = $state('')
    this.#texts = texts
    this.#before = call.controls.state
    this.#stops = [
      call.controls.on('notice', ({ kind, name }) => {
        if (kind !== 'chat' || this.isChatAnnounced) this.say(texts.announcements[kind](name))
      }),
      call.controls.on('changed', () => {
        this.#follow(call.controls.state)
      }),
    ]
  }

  get message(): string {
    return this.#message
  }

  /** Sentences that come together are said together. */
  say(sentence: string): void {
    this.#message = this.#message === '' ? sentence : `${this.#message} ${sentence}`
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#message = ''
    }, shownMs)
  }

  close(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#lossTimer)
    for (const stop of this.#stops) stop()
  }

  #follow(after: CallState): void {
    const before = this.#before
    this.#before = after
    if (after.phase !== 'joined') clearTimeout(this.#lossTimer)
    else if (before.phase === 'joined') this.#compare(before, after)
    else {
      this.#moves = new HostMoves(after.hosting)
      this.#isLossSaid = after.server !== 'online'
    }
  }

  #compare(before: Joined, after: Joined): void {
    this.#compareServers(before, after)
    this.#compareDocuments(before, after)
    this.#comparePeople(before, after)
  }

  #compareServers(before: Joined, after: Joined): void {
    const { announcements } = this.#texts
    // A question for the token is an alert of its own.
    if (before.server === 'online' && after.server !== 'online') {
      this.say(announcements.serverLost)
      this.#isLossSaid = true
    }
    const loss = this.#lossOf(after)
    if (loss !== this.#lossOf(before)) {
      clearTimeout(this.#lossTimer)
      if (loss !== null) this.#lossTimer = setTimeout(() => this.say(loss), LOSS_MS)
    }
    if (this.#moves?.take(after.hosting)) {
      this.say(sentenceOf(moveWords(after.hosting, this.#texts)))
      this.#isLossSaid = false
    } else if (this.#isLossSaid && after.server === 'online' && loss === null) {
      this.say(announcements.serverBack)
      this.#isLossSaid = false
    }
  }

  #lossOf({ hosting, people }: Joined): string | null {
    const words = lossWords(hosting, people.length === 0, this.#texts)
    return words && sentenceOf(words)
  }

  #compareDocuments(before: Joined, after: Joined): void {
    const { announcements } = this.#texts
    for (const { kind, at } of after.documents) {
      const former = before.documents.find((document) => document.kind === kind)?.at
      if (former === undefined) this.say(announcements.documentAdded(kind))
      else if (former !== at) this.say(announcements.documentChanged(kind))
    }
  }

  #comparePeople(before: Joined, after: Joined): void {
    const { announcements } = this.#texts
    for (const { id, name, link } of after.people) {
      const former = before.people.find((person) => person.id === id)?.link
      if (former === link) continue
      if (link === 'reconnecting') this.say(announcements.personLost(name))
      if (link === 'connected' && (former === 'reconnecting' || former === 'unreachable')) {
        this.say(announcements.personBack(name))
      }
    }
  }
}
