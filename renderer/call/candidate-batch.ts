import { limits, type Candidate } from '#signalling/protocol.ts'

/** Host candidates come within a few milliseconds of each other; a server counts messages, not candidates. */
const BATCH_MS = 15

/** Gathers own candidates for a moment and hands them out in messages of at most `limits.candidatesPerSignal`. */
export class CandidateBatch {
  readonly #send: (candidates: Candidate[]) => void
  #waiting: Candidate[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(send: (candidates: Candidate[]) => void) {
    this.#send = send
  }

  add(candidate: RTCIceCandidate): void {
    if (candidate.candidate.length > limits.candidate) return
    this.#waiting.push({
      candidate: candidate.candidate,
      sdpMid: candidate.sdpMid,
      sdpMLineIndex: candidate.sdpMLineIndex,
      usernameFragment: candidate.usernameFragment,
    })
    this.#timer ??= setTimeout(() => {
      this.flush()
    }, BATCH_MS)
  }

  flush(): void {
    const candidates = this.#waiting
    this.drop()
    for (let from = 0; from < candidates.length; from += limits.candidatesPerSignal)
      this.#send(candidates.slice(from, from + limits.candidatesPerSignal))
  }

  /** Forgets what waits: the description that is sent next holds it already. */
  drop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting = []
  }
}
