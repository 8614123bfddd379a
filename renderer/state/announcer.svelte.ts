import type { CallState } from '../call/call-state.ts'
import type { Texts } from '../texts/texts.ts'
import type { CallView } from './call.svelte.ts'

/** Long enough for a screen reader to pick it up, short enough not to be found later as if it were news. */
const shownMs = 4000

type Joined = Extract<CallState, { phase: 'joined' }>

/** Says changes of the call to people who do not see them: one sentence at a time, for a polite live region. */
export class Announcer {
  /** False while the chat is open: what is read there needs no announcement. */
  isChatAnnounced = true
  #message: string
  #timer: ReturnType<typeof setTimeout> | undefined
  #before: CallState
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
        const before = this.#before
        this.#before = call.controls.state
        if (before.phase === 'joined' && this.#before.phase === 'joined') this.#compare(before, this.#before)
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
    for (const stop of this.#stops) stop()
  }

  #compare(before: Joined, after: Joined): void {
    const { announcements } = this.#texts
    if (before.server !== after.server) {
      // A question for the token is an alert of its own.
      if (before.server === 'online') this.say(announcements.serverLost)
      else if (after.server === 'online') this.say(announcements.serverBack)
    }
    for (const { kind, at } of after.documents) {
      const former = before.documents.find((document) => document.kind === kind)?.at
      if (former === undefined) this.say(announcements.documentAdded(kind))
      else if (former !== at) this.say(announcements.documentChanged(kind))
    }
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
