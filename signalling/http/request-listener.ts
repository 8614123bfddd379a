import type { IncomingMessage, ServerResponse } from 'node:http'
import { contain, type Log } from '../log.ts'
import type { Tally } from '../metrics.ts'
import { tokensOf, type Access } from './access.ts'
import type { Addresses } from './addresses.ts'
import type { Hosts } from './hosts.ts'
import { isSocketPath } from '../transports/admission.ts'
import { allowCrossOrigin } from './cors.ts'
import { healthOf, type ReadyCheck } from './health.ts'
import type { ServePage } from './page.ts'
import { refuse as refusalOf } from '../domain/results.ts'
import { Exchange, findRoute, type Found, type Route } from './router.ts'
import { securityHeaders } from './security-headers.ts'
import { takeExchange } from './take-exchange.ts'

const NOTHING_HERE = 'There is nothing at this address.'
const WRONG_NAME: [number, string] = [403, 'This server does not go by that name.']
const WRONG_ORIGIN = 'Pages of that origin may not use this server.'
const SERVER_FULL = 'The server has no room for more.'
const ENCRYPTED_ONLY =
  'This server talks to other computers over https alone: browsers give a camera to no page that came over http.'

interface ListenerOptions {
  readonly hosts: Hosts
  /** Whether a request is sent on to the encrypted address, whatever it asks for. */
  readonly isRedirected: (request: IncomingMessage) => boolean
  readonly log: Log
  /** Null when no page was built. */
  readonly servePage: ServePage | null
  /** For those without the page: devices, back ends, clients of other systems. */
  readonly routes: readonly Route[]
  /** Takes a long-polling request of Socket.IO; false when there is no place for its sender. */
  readonly poll: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly addresses: Addresses
  readonly access: Access
  readonly readyChecks: readonly ReadyCheck[]
  /** Has a request answered where what it is about has its home. Never rejects. None in a server of one process. */
  readonly forward?: ((route: Route, exchange: Exchange) => Promise<void>) | null
  /** Null when nobody counts. */
  readonly tally: Tally | null
}

const answer = (response: ServerResponse, status: number, type: 'text/plain' | 'application/json', body: string) => {
  if (status === 405 && !response.hasHeader('Allow')) response.setHeader('Allow', 'GET, HEAD')
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
const say = (response: ServerResponse, status: number, sentence: string) =>
  answer(response, status, 'text/plain', `${sentence}\n`)

/** The same address over https. Browsers leave the port of plain HTTP, 80, out; that of https is another. */
const encryptedAddress = (host: string, url = '/'): string => {
  const port = /:\d+$/.test(host) ? '' : ':80'
  return `https://${host}${port}${url.startsWith('/') ? url : '/'}`
}

const redirect = (request: IncomingMessage, response: ServerResponse, host: string): void => {
  response.setHeader('Location', encryptedAddress(host, request.url))
  say(response, 308, ENCRYPTED_ONLY)
}

/** One segment of at most the length of a room's name, as browsers write it. The page itself says when there is no such room. */
const ROOM_PATH = /^\/r\/(?:[\w.~!$&'()*+,;=:@-]|%(?!2f|5c|00)[\da-f]{2}){1,400}\/?$/i

/** Where a live stream is watched; the page itself says when there is none. */
const LIVE_PATH = /^\/live\/[\w.~-]{1,64}\/?$/

/** `/`, `/r/<room>` and `/live/<stream>` are the page itself; everything else is a file of it, or nothing. */
const fileFor = (path: string): string | null => {
  if (path === '/' || ROOM_PATH.test(path) || LIVE_PATH.test(path)) return '/index.html'
  return path.startsWith('/r/') || path.startsWith('/live/') ? null : path
}

const answerPage = (request: IncomingMessage, response: ServerResponse, servePage: ServePage | null, path: string) => {
  const onMissing = () => say(response, 404, NOTHING_HERE)
  const file = fileFor(path)
  if (file === null) onMissing()
  else if (servePage !== null) servePage(Object.assign(request, { url: file }), response, onMissing)
  else if (file === '/index.html') say(response, 404, 'Earshot is running here, but its page has not been built.')
  else onMissing()
}

const refuse = (request: IncomingMessage, path: string): [status: number, sentence: string] | null => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return [405, 'Only GET and HEAD are answered here.']
  // No name of ours needs escaping, so that what is escaped can only be meant to get past a check.
  return /[%\\]/.test(path) && !ROOM_PATH.test(path) ? [404, NOTHING_HERE] : null
}

const SOCKET_METHODS = ['GET', 'POST']

const refuseExchange = (exchange: Exchange, { route }: Found, options: ListenerOptions): boolean => {
  const { addresses, access } = options
  if (!addresses.takeRequest(exchange.address, route.rate ?? 'room'))
    exchange.json(429, { message: refusalOf('too-many-requests').message })
  else if (!route.hasOwnProof && !access.mayEnter(tokensOf(exchange.request))) {
    exchange.response.setHeader('WWW-Authenticate', 'Bearer')
    exchange.json(401, { message: refusalOf('access-denied').message })
  } else return false
  return true
}

const isStream = (response: ServerResponse): boolean =>
  /^text\/event-stream\b/.test(String(response.getHeader('content-type') ?? ''))

/** Counts a request when its answer is out; the life of a stream is no duration of a request. */
const count = (tally: Tally, { path }: Route, response: ServerResponse): void => {
  const startedAt = performance.now()
  response.once('close', () => {
    if (response.statusCode >= 400) tally.refuse(`http-${String(response.statusCode)}`)
    if (!isStream(response)) tally.took(path, startedAt)
  })
}

export interface RequestListener {
  readonly listen: (request: IncomingMessage, response: ServerResponse) => void
  /** Event streams that are open. */
  readonly streams: () => readonly ServerResponse[]
}

/** Answers plain HTTP: a fixed table of routes, with the same headers on every answer. */
export const createRequestListener = (options: ListenerOptions): RequestListener => {
  const { hosts, log, servePage, routes, poll, addresses, access, readyChecks, forward = null, tally } = options
  const open = new Set<ServerResponse>()
  const answerRoute = (found: Found, request: IncomingMessage, response: ServerResponse): void => {
    const asker = { address: addresses.of(request), mayCreate: access.mayCreate(tokensOf(request)) }
    const exchange = new Exchange(request, response, found.params, asker)
    if (tally !== null) count(tally, found.route, response)
    if (refuseExchange(exchange, found, options)) return
    open.add(response)
    response.once('close', () => open.delete(response))
    if (forward === null || found.route.wishOf === undefined) void takeExchange(found.route, exchange, log)
    else void forward(found.route, exchange)
  }
  /** Answers false for what is none of a route nor of Socket.IO. */
  const answerClients = (request: IncomingMessage, response: ServerResponse, path: string, host: string): boolean => {
    const isSocket = isSocketPath(path)
    const { found, methods } = isSocket
      ? { found: null, methods: SOCKET_METHODS }
      : findRoute(routes, request.method, path)
    if (methods.length === 0) return false
    if (!hosts.isAllowedOrigin(request.headers.origin, host)) {
      tally?.refuse('forbidden')
      say(response, 403, WRONG_ORIGIN)
    } else if (allowCrossOrigin(request, response, methods)) return true
    else if (isSocket) {
      if (!poll(request, response)) say(response, 503, SERVER_FULL)
    } else if (found === null) {
      response.setHeader('Allow', methods.join(', '))
      say(response, 405, 'That method is not answered here.')
    } else answerRoute(found, request, response)
    return true
  }
  const answerBrowser = (request: IncomingMessage, response: ServerResponse, path: string): void => {
    const refused = refuse(request, path)
    const health = healthOf(path, readyChecks)
    if (refused !== null) say(response, ...refused)
    else if (health !== null) answer(response, health.status, 'application/json', health.body)
    else answerPage(request, response, servePage, path)
  }
  const answerRequest = (request: IncomingMessage, response: ServerResponse) => {
    const { host } = request.headers
    for (const [name, value] of securityHeaders(hosts.isOwnHost(host) ? host : null)) response.setHeader(name, value)
    const [path = '/'] = (request.url ?? '/').split('?')
    if (!hosts.isOwnHost(host)) say(response, ...WRONG_NAME)
    else if (options.isRedirected(request)) redirect(request, response, host)
    else if (!answerClients(request, response, path, host)) answerBrowser(request, response, path)
  }
  const listen = (request: IncomingMessage, response: ServerResponse): void => {
    if (!contain(log, 'http-fault', () => answerRequest(request, response))) response.destroy()
  }
  return { listen, streams: () => [...open].filter(isStream) }
}
