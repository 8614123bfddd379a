import type { IncomingMessage, ServerResponse } from 'node:http'
import * as v from 'valibot'
import { RoomCode } from '#signalling/protocol.ts'
import { contain, type Log } from '../log.ts'
import type { Hosts } from './hosts.ts'
import type { ServePage } from './page.ts'
import { securityHeaders } from './security-headers.ts'

const NOTHING_HERE = 'There is nothing at this address.'
const WRONG_NAME: [number, string] = [403, 'This server does not go by that name.']

interface ListenerOptions {
  readonly hosts: Hosts
  readonly log: Log
  /** Null when no page was built. */
  readonly servePage: ServePage | null
}

const answer = (response: ServerResponse, status: number, type: 'text/plain' | 'application/json', body: string) => {
  if (status === 405) response.setHeader('Allow', 'GET, HEAD')
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
const say = (response: ServerResponse, status: number, sentence: string) =>
  answer(response, status, 'text/plain', `${sentence}\n`)

/** `/` and `/r/<code>` are the page itself; everything else is a file of it, or nothing. */
const fileFor = (path: string): string | null => {
  if (path === '/') return '/index.html'
  if (!path.startsWith('/r/')) return path
  return v.is(RoomCode, path.slice('/r/'.length).replace(/\/$/, '')) ? '/index.html' : null
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
  return /[%\\]/.test(path) ? [404, NOTHING_HERE] : null
}

/** Answers plain HTTP: a fixed table of routes, without side effects, with the same headers on every answer. */
export const createRequestListener = ({ hosts, log, servePage }: ListenerOptions) => {
  const answerRequest = (request: IncomingMessage, response: ServerResponse) => {
    const { host } = request.headers
    for (const [name, value] of securityHeaders(hosts.isOwnHost(host) ? host : null)) response.setHeader(name, value)
    const [path = '/'] = (request.url ?? '/').split('?')
    const refused = hosts.isOwnHost(host) ? refuse(request, path) : WRONG_NAME
    if (refused !== null) say(response, ...refused)
    else if (path === '/health') answer(response, 200, 'application/json', '{ "status": "ok" }')
    else answerPage(request, response, servePage, path)
  }
  return (request: IncomingMessage, response: ServerResponse): void => {
    if (!contain(log, 'http-fault', () => answerRequest(request, response))) response.destroy()
  }
}
