import { createSubscriber } from 'svelte/reactivity'
import type { Call } from '../call/call.ts'
import type { CallState } from '../call/call-state.ts'

/** What the screens use of `Call`; tests put a double in its place. */
export type CallControls = Pick<
  Call,
  | 'state'
  | 'on'
  | 'host'
  | 'open'
  | 'join'
  | 'cancelKnock'
  | 'resume'
  | 'leave'
  | 'dismiss'
  | 'sendChat'
  | 'readDocument'
  | 'changeRoom'
  | 'endRoom'
  | 'answerKnock'
  | 'mutePerson'
  | 'removePerson'
  | 'promotePerson'
  | 'confirmPhrase'
  | 'checkLinks'
  | 'reconnectNow'
  | 'showAccessToken'
>

/** The call as runes see it: reading `state` in an effect or a template follows it. Holds no copy. */
export class CallView {
  readonly controls: CallControls
  readonly #subscribe: () => void

  constructor(call: CallControls) {
    this.controls = call
    this.#subscribe = createSubscriber((update) => call.on('changed', update))
  }

  get state(): CallState {
    this.#subscribe()
    return this.controls.state
  }

  /** Out of whatever it is in, back to the beginning; out of a meeting by way of `ended`. */
  goBack(): void {
    const { phase } = this.controls.state
    if (phase === 'ended' || phase === 'failed') this.controls.dismiss()
    else if (phase !== 'idle') void this.controls.leave()
  }
}
