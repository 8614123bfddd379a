import * as v from 'valibot'

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const MAX_TEXT = 64 * 1024 * 1024

/** What one process sends another in one piece. */
export interface Header {
  /** The sender's link to the receiver: higher each time it was broken. */
  readonly epoch: number
  /** The receiver's epoch, as far as the sender knows it; 0: it knows none. */
  readonly to: number
  /** The receiver's epochs up to this one are over. */
  readonly over: number
  /** All messages of the receiver up to this number were read. */
  readonly ack: number
  /** The number of the first message; without messages, that of the next one. */
  readonly first: number
}

export interface Batch extends Header {
  readonly messages: readonly unknown[]
}

const Positive = v.pipe(Count, v.minValue(1))

const Wire = v.tuple([Positive, Count, Count, Count, Positive, v.array(v.unknown())])
const Text = v.pipe(v.string(), v.maxLength(MAX_TEXT))

/** Two fields, so that the sender of a malformed batch is known. */
export const Entry = v.object({ from: v.pipe(v.string(), v.minLength(1), v.maxLength(100)), batch: Text })

/** `text`: messages as JSON, with commas between them. */
export const writeBatch = ({ epoch, to, over, ack, first }: Header, text: string): string =>
  `[${epoch},${to},${over},${ack},${first},[${text}]]`

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Null when it is malformed. */
export const readBatch = (text: string): Batch | null => {
  const parsed = v.safeParse(Wire, parseJson(text))
  if (!parsed.success) return null
  const [epoch, to, over, ack, first, messages] = parsed.output
  return { epoch, to, over, ack, first, messages }
}
