import type { Hosting } from '../call/call-state.ts'
import type { Texts } from '../texts/texts.ts'

/** Names the computer that hosts; null while none does. */
const placeOf = (hosting: Hosting): string | null => {
  if (hosting.phase === 'lost' || hosting.phase === 'taking-over') return null
  return hosting.phase === 'other' ? hosting.host.pin : hosting.phase
}

/** Notices when another computer has come to host than before; being without one in between is no such thing. */
export class HostMoves {
  #place: string

  constructor(hosting: Hosting) {
    this.#place = placeOf(hosting) ?? 'invited'
  }

  /** Whether it is another one now. */
  take(hosting: Hosting): boolean {
    const place = placeOf(hosting) ?? this.#place
    const hasMoved = place !== this.#place
    this.#place = place
    return hasMoved
  }
}

/** What is so, and what comes of it; `next` is empty where nothing has to be added. */
export interface HostWords {
  readonly what: string
  readonly next: string
}

/** Where the meeting runs, once another computer hosts it than before. */
export const moveWords = (hosting: Hosting, { succession }: Texts): HostWords => {
  if (hosting.phase === 'own') return succession.own
  return { what: hosting.phase === 'other' ? succession.other(hosting.name) : succession.first, next: '' }
}

/** What is so while no computer hosts; null while one does. */
export const lossWords = (hosting: Hosting, isAlone: boolean, { succession }: Texts): HostWords | null => {
  if (hosting.phase === 'taking-over') return { what: succession.gone, next: succession.takingOver }
  if (hosting.phase !== 'lost') return null
  if (hosting.heir !== null) return { what: succession.gone, next: succession.heir(hosting.heir) }
  return { what: succession.gone, next: isAlone ? succession.nobodyAlone : succession.nobody }
}
