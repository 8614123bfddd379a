import { HttpRefusal } from '../http/http-refusal.ts'
import type { Exchange, ExchangeRequest } from '../http/router.ts'
import type { SentBody, SentRequest } from './exchange-messages.ts'

const readBody = async (exchange: Exchange, maxBytes: number): Promise<SentBody> => {
  try {
    return { text: await exchange.readText(maxBytes) }
  } catch (fault) {
    const { status, message } = fault instanceof HttpRefusal ? fault : new HttpRefusal(400, 'The body did not arrive.')
    return { status, message }
  }
}

/** What the home needs of a request. `maxBytes`: of a body; undefined when the route reads none. */
export const toSent = async (exchange: Exchange, maxBytes: number | undefined): Promise<SentRequest> => {
  const { method = '', url = '', headers } = exchange.request
  const lastEventId = headers['last-event-id']
  return {
    method,
    url,
    headers: {
      ...(headers.authorization === undefined ? {} : { authorization: headers.authorization }),
      ...(headers['content-type'] === undefined ? {} : { 'content-type': headers['content-type'] }),
      ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
    },
    asker: { address: exchange.asker.address, mayCreate: exchange.asker.mayCreate },
    body: maxBytes === undefined ? null : await readBody(exchange, maxBytes),
  }
}

/** The request as a route reads it. Why a body could not be read is said when the route asks for it, as where it came in. */
export const readSent = ({ method, url, headers, body }: SentRequest): ExchangeRequest => ({
  method,
  url,
  headers,
  socket: {},
  // eslint-disable-next-line @typescript-eslint/require-await -- it takes the place of one that waits for the network
  async *iterator() {
    if (body === null) return
    if (!('text' in body)) throw new HttpRefusal(body.status, body.message)
    yield Buffer.from(body.text)
  },
  resume: () => undefined,
})
