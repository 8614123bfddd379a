/** What two processes say to each other about HTTP requests. The number is the request's, as the process has it that was asked. */
import * as v from 'valibot'

const integer = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max))
const line = (max: number) => v.pipe(v.string(), v.maxLength(max), v.regex(/^[^\r\n]*$/))

/** In UTF-16 units: more than any body or first part of an event stream has. */
const Text = v.pipe(v.string(), v.maxLength(4 * 1024 * 1024))
const RequestNumber = integer(0, Number.MAX_SAFE_INTEGER)
const Status = integer(200, 599)

const HeaderName = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/))
const HeaderValue = v.union([v.pipe(v.string(), v.maxLength(1024), v.regex(/^[\t -~]*$/)), v.number()])
const Head = v.tuple([Status, v.pipe(v.array(v.tuple([HeaderName, HeaderValue])), v.maxLength(16))])

/** The body of a request, or why there is none that anybody could read. */
const Body = v.union([v.object({ text: Text }), v.object({ status: Status, message: line(200) })])

const Request = v.object({
  method: line(16),
  url: line(16 * 1024),
  headers: v.object({
    authorization: v.optional(line(16 * 1024)),
    'content-type': v.optional(line(1024)),
    'last-event-id': v.optional(line(16 * 1024)),
  }),
  asker: v.object({ address: line(128), mayCreate: v.boolean() }),
  body: v.nullable(Body),
})

/** To the home: a request; its client is gone; so many bytes of the answer wait for the client. */
const ToHome = [
  v.tuple([v.literal('ask'), RequestNumber, Request]),
  v.tuple([v.literal('closed'), RequestNumber]),
  v.tuple([v.literal('waiting'), RequestNumber, integer(0, Number.MAX_SAFE_INTEGER)]),
] as const

/**
 * To the process that was asked: a part of the answer, the first one with the head; the answer is over before its end; this
 * process is not the home; it was the home and is not any more, or can not take more.
 */
const FromHome = [
  v.tuple([v.literal('part'), RequestNumber, v.object({ head: v.nullable(Head), text: Text, isLast: v.boolean() })]),
  v.tuple([v.literal('cut'), RequestNumber]),
  v.tuple([v.literal('moved'), RequestNumber]),
  v.tuple([v.literal('lost'), RequestNumber]),
] as const

export const ExchangeMessage = v.union([...ToHome, ...FromHome])
/** As much of a message as is needed to give up what it was about. */
export const AnyExchangeMessage = v.looseTuple([v.string(), RequestNumber])
export type ExchangeMessage = v.InferOutput<typeof ExchangeMessage>
export type SentRequest = v.InferOutput<typeof Request>
export type SentBody = v.InferOutput<typeof Body>

/** A piece of an answer. */
export interface Part {
  /** With the first one. */
  readonly head: v.InferOutput<typeof Head> | null
  readonly text: string
  readonly isLast: boolean
}
