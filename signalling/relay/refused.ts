/** What somebody asked for is not done, and why: a sentence for them. Nothing has changed. */
export class Refused extends Error {
  /** As HTTP says it; Socket.IO clients get the sentence alone. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
