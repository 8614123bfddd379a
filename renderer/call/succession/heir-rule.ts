import type { Heir, PeerId } from '#signalling/protocol.ts'

/** How long an heir may take before the next one takes their turn. */
const TURN_MS = 4000
/** How long the others may take to say whether they reach the server. */
const ANSWER_MS = 1500
/** With nobody to be heard it may be this computer's own cable; but somebody might still come. */
const ALONE_MS = 12_000

export interface Standing {
  readonly you: PeerId
  /** In the order in which they are to go on with the room. */
  readonly heirs: readonly Heir[]
  /** Whose links are heard now. */
  readonly heard: readonly PeerId[]
  /** What those said since the server was lost of whether they reach it. */
  readonly reach: ReadonlyMap<PeerId, boolean>
  /** Since nobody who is heard reaches the server, as far as this side knows. */
  readonly lostMs: number
}

/** How long until each of these has had their turn. */
export const roundMs = (heirs: readonly Heir[]): number => heirs.length * TURN_MS

/** Who is to go on with the room as far as this side knows: the first heir that is heard, or this one; null when there is none. */
export const firstHeir = ({ you, heirs, heard }: Pick<Standing, 'you' | 'heirs' | 'heard'>): PeerId | null =>
  heirs.find(({ id }) => id === you || heard.includes(id))?.id ?? null

/**
 * Whether this side's computer is to take over now. The rule is the same for all: the first heir who is heard goes on with the
 * room, when nobody who is heard reaches the server any more; whoever does not get it done in time is passed over.
 */
export const isToTakeOver = ({ you, heirs, heard, reach, lostMs }: Standing): boolean => {
  const own = heirs.findIndex(({ id }) => id === you)
  if (own < 0) return false
  if (heard.length === 0) return lostMs > ALONE_MS
  if (heard.some((id) => reach.get(id) === true)) return false
  if (lostMs < ANSWER_MS && heard.some((id) => !reach.has(id))) return false
  const before = heirs.slice(0, own).filter(({ id }) => heard.includes(id))
  return lostMs >= before.length * TURN_MS
}
