import { randomBytes } from 'node:crypto'
import type { IceServers } from '../domain/turn-credentials.ts'
import type { Route } from './router.ts'

/**
 * `GET /iceServers`, for clients that read it over HTTP: all URLs in one object of the shape of RTCIceServer, with a
 * credential of their own when there is a TURN server.
 */
export const iceRoute = (ice: IceServers): Route => ({
  method: 'GET',
  path: '/iceServers',
  handle: (exchange) => {
    const { iceServers } = ice.for(randomBytes(16).toString('base64url'), exchange.request.headers.host)
    const { username, credential } = iceServers.find((server) => server.credential !== undefined) ?? {}
    const urls = iceServers
      .filter((server) => server.credential === undefined || server.credential === credential)
      .flatMap((server) => server.urls)
    exchange.json(200, { urls, ...(credential === undefined ? {} : { username, credential }) })
  },
})
