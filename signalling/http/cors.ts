import type { IncomingMessage, ServerResponse } from 'node:http'

const ALLOWED_HEADERS = 'Authorization, Content-Type, Last-Event-ID'
/** How long a browser may keep the answer to a preflight request. */
const PREFLIGHT_SECONDS = '600'

/**
 * Lets a page of an allowed origin read the answer (Fetch standard, "CORS protocol"). The caller has checked the origin.
 * Answers true when the request was a preflight, which is answered with this.
 */
export const allowCrossOrigin = (
  request: IncomingMessage,
  response: ServerResponse,
  methods: readonly string[],
): boolean => {
  const { origin } = request.headers
  response.setHeader('Vary', 'Origin')
  if (origin !== undefined) {
    response.setHeader('Access-Control-Allow-Origin', origin)
    // Socket.IO's clients may send cookies of a load balancer.
    response.setHeader('Access-Control-Allow-Credentials', 'true')
  }
  if (request.method !== 'OPTIONS') return false
  response.setHeader('Access-Control-Allow-Methods', methods.join(', '))
  response.setHeader('Access-Control-Allow-Headers', ALLOWED_HEADERS)
  response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS)
  response.writeHead(204).end()
  return true
}
