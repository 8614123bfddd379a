interface Piece {
  readonly first: number
  readonly last: number
  readonly size: number
  readonly text: string
}

/** Messages to one process: those posted in this turn, and those that it has not read yet. */
export class Outgoing {
  readonly #pieceSize: number
  #posted: string[] = []
  readonly #unread: Piece[] = []
  #size = 0
  #next = 1

  /** `pieceSize`: in UTF-16 units of JSON. */
  constructor(pieceSize: number) {
    this.#pieceSize = pieceSize
  }

  /** Of all that is kept, in UTF-16 units of JSON. */
  get size(): number {
    return this.#size
  }

  /** The number of the next message that is cut. */
  get next(): number {
    return this.#next
  }

  get unread(): readonly Piece[] {
    return this.#unread
  }

  get hasPosted(): boolean {
    return this.#posted.length > 0
  }

  post(text: string): void {
    this.#posted.push(text)
    this.#size += text.length
  }

  /** Makes pieces of what was posted, keeps them as unread and answers them. */
  cut(): readonly Piece[] {
    const pieces: Piece[] = []
    let texts: string[] = []
    let size = 0
    const end = () => {
      if (texts.length === 0) return
      const first = this.#next
      this.#next += texts.length
      pieces.push({ first, last: this.#next - 1, size, text: texts.join(',') })
      texts = []
      size = 0
    }
    for (const text of this.#posted) {
      if (size + text.length > this.#pieceSize) end()
      texts.push(text)
      size += text.length
    }
    end()
    this.#posted = []
    for (const piece of pieces) this.#unread.push(piece)
    return pieces
  }

  /** All up to this number were read. Answers if that can be. */
  read(number: number): boolean {
    if (number >= this.#next) return false
    const found = this.#unread.findIndex(({ last }) => last > number)
    const count = found === -1 ? this.#unread.length : found
    if (count > 0) for (const { size } of this.#unread.splice(0, count)) this.#size -= size
    return true
  }
}
