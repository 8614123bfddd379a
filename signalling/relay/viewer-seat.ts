import type { ViewerPeer } from './media-peer.ts'
import type { Guest, Seat } from './seat.ts'

/** An estimate that was not renewed for this long says nothing any more, in ms. */
const ESTIMATE_MS = 10_000

/** One viewer of a stream. Has a seat only while there is something to see. */
export class Viewer {
  readonly guest: Guest
  seat: Seat | null = null
  peer: ViewerPeer | null = null
  #estimate: { readonly bitsPerSecond: number; readonly atMs: number } | null = null

  constructor(guest: Guest) {
    this.guest = guest
  }

  setEstimate(bitsPerSecond: number, nowMs: number): void {
    this.#estimate = { bitsPerSecond, atMs: nowMs }
  }

  /** In bits a second; null when the viewer has not told lately. */
  estimateAt(nowMs: number): number | null {
    if (this.#estimate === null || nowMs - this.#estimate.atMs > ESTIMATE_MS) return null
    return this.#estimate.bitsPerSecond
  }
}
