import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Addresses } from '../http/addresses.ts'
import type { Hosts } from '../http/hosts.ts'

/** The path of Socket.IO, as its clients have it by default. */
export const SOCKET_PATH = '/socket.io/'
/** Where clients of the appointment system look for it. With or without the last slash, as Socket.IO's clients send it. */
const SOCKET_PATHS: ReadonlySet<string> = new Set([
  SOCKET_PATH,
  '/api/v1/signalling/socket/',
  '/api/v1/signalling/socket',
])

export const isSocketPath = (path: string | undefined): boolean => path !== undefined && SOCKET_PATHS.has(path)

type RefusedStatus = '400 Bad Request' | '403 Forbidden' | '404 Not Found' | '503 Service Unavailable'

interface AdmissionOptions {
  readonly hosts: Hosts
  readonly addresses: Addresses
  readonly isStopping: () => boolean
  /** Told why somebody was refused. */
  readonly onRefused: (reason: 'forbidden' | 'no-such-path' | 'no-place') => void
}

const checkRequest = ({ url, headers }: IncomingMessage, hosts: Hosts): RefusedStatus | null => {
  if (!hosts.isOwnHost(headers.host) || !hosts.isAllowedOrigin(headers.origin, headers.host)) return '403 Forbidden'
  const [path, query] = (url ?? '').split('?')
  if (!isSocketPath(path)) return '404 Not Found'
  return new URLSearchParams(query).get('transport') === 'websocket' ? null : '400 Bad Request'
}

/**
 * Decides on an upgrade to a WebSocket before anything of it is parsed: by name, page, path and number. A refused one
 * is answered with its status and closed; the place of an admitted one is given back when its connection closes.
 */
export const admitUpgrade = (request: IncomingMessage, socket: Duplex, options: AdmissionOptions): boolean => {
  const refuse = (status: RefusedStatus): false => {
    socket.on('error', () => socket.destroy())
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
    return false
  }
  const refused = checkRequest(request, options.hosts)
  if (refused !== null) {
    options.onRefused(refused === '403 Forbidden' ? 'forbidden' : 'no-such-path')
    return refuse(refused)
  }
  const leave = options.isStopping() ? null : options.addresses.enter(options.addresses.of(request))
  if (leave === null) {
    options.onRefused('no-place')
    return refuse('503 Service Unavailable')
  }
  socket.once('close', leave)
  return true
}
