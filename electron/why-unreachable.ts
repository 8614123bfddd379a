import { request as requestPlain, type IncomingMessage } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { LookupFunction } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Unreachable } from './ipc.ts'
import { lanEndpointOf } from './lan-address.ts'

const LIMIT_MS = 4000
/** On the local network whoever is there answers within some milliseconds, and the person has waited for `findHost` already. */
const LAN_LIMIT_MS = 1500
/** Certificates of a day and more are common; a clock that is off by less breaks none of them. */
const CLOCK_TOLERANCE_MS = 24 * 60 * 60_000

interface Circumstances {
  readonly platform?: NodeJS.Platform
  readonly now?: () => number
  readonly limitMs?: number
  readonly lookup?: LookupFunction
  /** Whether this app knows the computer there by its key, so that its certificate needs nobody who vouches for it. */
  readonly isPinned?: (serverUrl: string) => boolean
}

/** Of the system (errno.h), of `getaddrinfo`, and of Node's sockets. */
const causeOfCode = (code: string | undefined, platform: NodeJS.Platform): Unreachable => {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return 'refused'
    case 'ETIMEDOUT':
    case 'ABORT_ERR':
      return 'timed-out'
    // macOS answers this for every address of the local network while "Local Network" is off for the app (TN3179).
    case 'EHOSTUNREACH':
      return platform === 'darwin' ? 'blocked-by-system' : 'no-route'
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return 'no-route'
    case 'EPERM':
    case 'EACCES':
      return 'blocked-by-system'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'name-unknown'
    case undefined:
    default:
      return 'unknown'
  }
}

/** What Node says of a certificate whose time is not now (deps/ncrypto, `X509_V_ERR_*`). */
const TIME_ERRORS = ['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']

const causeOfCertificate = ({ headers, socket }: IncomingMessage, now: number): Unreachable => {
  if (!(socket instanceof TLSSocket) || socket.authorized) return 'answers'
  const { valid_from: from, valid_to: to } = socket.getPeerCertificate()
  const isTimely = Date.parse(from) <= now && now <= Date.parse(to)
  // The error is a string at run time, whatever the types say.
  const hasTimeError = TIME_ERRORS.includes(String(socket.authorizationError))
  const theirs = Date.parse(headers.date ?? '')
  const isClockOff = Math.abs(theirs - now) > CLOCK_TOLERANCE_MS
  return (hasTimeError || !isTimely) && isClockOff ? 'clock' : 'certificate'
}

const codeOf = (error: unknown): string | undefined => {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * Why a server cannot be reached, found out by asking it once for its head; at most 4 s, on the local network 1.5 s. Nothing is sent that tells who asks, and
 * nothing of the answer but the certificate and the time is looked at. `serverUrl`: http or https; of any other, `unknown`.
 */
export const whyUnreachable = async (
  serverUrl: string,
  {
    platform = process.platform,
    now = () => Date.now(),
    limitMs = lanEndpointOf(serverUrl) === null ? LIMIT_MS : LAN_LIMIT_MS,
    isPinned = () => false,
    lookup,
  }: Circumstances = {},
): Promise<Unreachable> => {
  const url = URL.parse(serverUrl)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return 'unknown'
  const isSecure = url.protocol === 'https:'
  return await new Promise((resolve) => {
    const options = {
      method: 'HEAD',
      path: '/health',
      agent: false,
      signal: AbortSignal.timeout(limitMs),
      ...(lookup && { lookup }),
    }
    const onAnswer = (answer: IncomingMessage): void => {
      resolve(isSecure && !isPinned(url.origin) ? causeOfCertificate(answer, now()) : 'answers')
      answer.destroy()
    }
    const asked = isSecure
      ? requestSecure(url.origin, { ...options, rejectUnauthorized: false }, onAnswer)
      : requestPlain(url.origin, options, onAnswer)
    asked.once('error', (error) => resolve(causeOfCode(codeOf(error), platform)))
    asked.end()
  })
}
