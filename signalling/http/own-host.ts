import { isLoopback } from './addresses.ts'
import type { Route } from './router.ts'

const OWN_NAMES = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i

/**
 * `GET /own-host`: tells the page of this very computer how others reach it, as JSON; null when nothing is known. To anybody
 * else, and to a page that came here by another name (DNS rebinding), there is nothing at this address.
 */
export const ownHostRoute = (describe: () => unknown): Route => ({
  method: 'GET',
  path: '/own-host',
  // Being on this computer is the proof.
  hasOwnProof: true,
  handle: (exchange) => {
    const { socket, headers } = exchange.request
    if (isLoopback(socket.remoteAddress ?? '') && OWN_NAMES.test(headers.host ?? '')) exchange.json(200, describe())
    else exchange.json(404, { message: 'There is nothing at this address.' })
  },
})
