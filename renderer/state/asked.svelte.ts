import type { DesktopApi } from '#electron/ipc.ts'
import { parseInvitation } from '../call/invitation.ts'
import type { Texts } from '../texts/texts.ts'
import type { CallView } from './call.svelte.ts'
import { isSameRoom, targetOf, type Target } from './targets.ts'

interface AskedOptions {
  readonly call: CallView
  readonly desktop: DesktopApi
  readonly texts: Texts
  /** Says a sentence to the person, whatever is shown. */
  readonly say: (sentence: string) => void
}

/** The invitation that the system was asked to open with this app: followed only when the person agrees. */
export class Asked {
  readonly #options: AskedOptions
  readonly #stop: () => void
  #target: Target | null

  constructor(options: AskedOptions) {
    this.#options = options
    this.#target = $state.raw(null)
    this.#stop = options.desktop.on('invitationOpened', (link) => {
      this.#ask(link)
    })
  }

  /** Where it leads to; null when the person agreed, or refused. */
  get target(): Target | null {
    return this.#target
  }

  /** The question is answered; tells what it was about. */
  take(): Target | null {
    const target = this.#target
    this.#target = null
    return target
  }

  close(): void {
    this.#stop()
  }

  #ask(link: string): void {
    const { call, texts, desktop, say } = this.#options
    const target = targetOf(parseInvitation(link))
    if (target === null) {
      void desktop.log('warn', 'a link was opened with this app that is no invitation')
      say(texts.brokenInvitation)
      return
    }
    const { state } = call.controls
    const isThere = 'secret' in state && isSameRoom(state.room.code, target.code)
    if (!isThere) this.#target = target
  }
}
