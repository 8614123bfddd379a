import { loadEnvFile } from 'node:process'
import { isAddressRange } from './http/addresses.ts'
import type { AccessScope } from './http/access.ts'
import type { MetricsOptions } from './http/metrics.ts'
import type { SignallingServerOptions } from './server.ts'

const DEFAULT_PORT = 8001
const DEFAULT_DATA_DIR = 'data'
const PAGE_DIR = 'dist/renderer'
/** Shorter ones can be guessed. */
const SECRET_LENGTH = 16
/** What a client takes from a server (renderer/call/server-words.ts). */
const ICE_URLS = 8
const DEFAULT_TURN_TTL_S = 12 * 60 * 60
const TURN_TTL_S = { min: 60, max: 48 * 60 * 60 }

/** The first is what it is when nothing is said. */
const logLevels = ['warn', 'silent', 'error', 'info', 'debug'] as const

export interface Environment extends Omit<SignallingServerOptions, 'metrics' | 'openCluster'> {
  /** Undefined: off. */
  readonly metrics: MetricsOptions | undefined
  /** Where the Redis is that joins this process with others; undefined: it is alone. */
  readonly redisUrl: string | undefined
  readonly logLevel: (typeof logLevels)[number]
}

type Variables = Readonly<Record<string, string | undefined>>

const loadDotEnv = () => {
  try {
    loadEnvFile()
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isAbsent) throw error
  }
}

const readPort = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new Error(`PORT has to be 0 to 65535, and is "${text}".`)
  return Number(text)
}

const readOrigin = (text: string): string => {
  const url = URL.parse(text)
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  if (!isOrigin) throw new Error(`CLIENT_URL has to be origins like https://meet.example.org, and holds "${text}".`)
  return url.origin
}

/** Of a list with commas. */
const readList = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')

/** One of these words; the first when there is none. */
const readWord = <const Word extends string>(
  name: string,
  text: string | undefined,
  words: readonly [Word, ...Word[]],
) => {
  if (text === undefined || text === '') return words[0]
  const word = words.find((each) => each === text.toLowerCase())
  if (word === undefined) throw new Error(`${name} has to be one of ${words.join(', ')}, and is "${text}".`)
  return word
}

/** Something secret; it is never repeated in a message. */
const readSecret = (name: string, text: string | undefined): string | null => {
  if (text === undefined || text === '') return null
  if (text.length < SECRET_LENGTH) throw new Error(`${name} has to have at least ${String(SECRET_LENGTH)} characters.`)
  return text
}

/** What may stand in `Authorization: Bearer` (RFC 6750) and in an address. */
const readToken = (name: string, text: string | undefined): string | null => {
  const token = readSecret(name, text)
  if (token === null || /^[\w.~+/-]{1,512}=*$/.test(token)) return token
  throw new Error(`${name} may have at most 512 letters, digits and -._~+/ (openssl rand -hex 24 makes a good one).`)
}

const HOST_AND_PORT = String.raw`(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?`
const STUN_URL = new RegExp(`^stuns?:${HOST_AND_PORT}$`)
const TURN_URL = new RegExp(String.raw`^turns?:${HOST_AND_PORT}(?:\?transport=(?:udp|tcp))?$`)

const readIceUrls = (name: string, text: string | undefined, pattern: RegExp, example: string): readonly string[] => {
  const urls = readList(text)
  const wrong = urls.find((url) => !pattern.test(url))
  if (wrong !== undefined) throw new Error(`${name} has to be addresses like ${example}, and holds "${wrong}".`)
  if (urls.length > ICE_URLS) throw new Error(`${name} may hold at most ${String(ICE_URLS)} addresses.`)
  return urls
}

const readTtl = (text: string | undefined): number => {
  if (text === undefined || text === '') return DEFAULT_TURN_TTL_S
  const { min, max } = TURN_TTL_S
  if (!/^\d{1,6}$/.test(text) || Number(text) < min || Number(text) > max)
    throw new Error(`TURN_TTL has to be ${String(min)} to ${String(max)} seconds, and is "${text}".`)
  return Number(text)
}

const readIce = ({ STUN_URLS, TURN_URLS, TURN_SECRET, TURN_TTL }: Variables) => {
  const stun = readIceUrls('STUN_URLS', STUN_URLS, STUN_URL, 'stun:turn.example.org:3478')
  const urls = readIceUrls('TURN_URLS', TURN_URLS, TURN_URL, 'turn:turn.example.org:3478?transport=udp')
  const secret = readSecret('TURN_SECRET', TURN_SECRET)
  const lifetimeMs = readTtl(TURN_TTL) * 1000
  if (urls.length > 0 && secret === null)
    throw new Error('TURN_URLS needs TURN_SECRET: the static-auth-secret of the TURN server.')
  if (urls.length === 0 && secret !== null) throw new Error('TURN_SECRET needs TURN_URLS: where the TURN server is.')
  return {
    iceServers: stun.length === 0 ? [] : [{ urls: stun }],
    turn: secret === null ? undefined : { urls, secret, lifetimeMs },
  }
}

/** Whether the server relays by itself; one of several processes would join only those who happen to be at the same. */
const readRelay = ({ RELAY, REDIS_URL }: Variables): boolean => {
  const isOn = readWord('RELAY', RELAY, ['off', 'on']) === 'on'
  if (isOn && REDIS_URL)
    throw new Error('RELAY can not be on with REDIS_URL: give TURN_URLS to servers of several processes.')
  return isOn
}

const readAccess = ({ ACCESS_TOKEN, ACCESS_TOKEN_FOR }: Variables) => {
  const token = readToken('ACCESS_TOKEN', ACCESS_TOKEN)
  const scope: AccessScope = readWord('ACCESS_TOKEN_FOR', ACCESS_TOKEN_FOR, ['create', 'all'])
  if (token === null && ACCESS_TOKEN_FOR) throw new Error('ACCESS_TOKEN_FOR needs ACCESS_TOKEN: the token to ask for.')
  return token === null ? undefined : { token, scope }
}

const readMetrics = ({ METRICS, METRICS_TOKEN }: Variables) => {
  const isOn = readWord('METRICS', METRICS, ['off', 'on']) === 'on'
  const token = readToken('METRICS_TOKEN', METRICS_TOKEN)
  if (token !== null) return { token }
  return isOn ? {} : undefined
}

const readProxies = (text: string | undefined): readonly string[] => {
  const proxies = readList(text)
  const wrong = proxies.find((entry) => !isAddressRange(entry))
  if (wrong === undefined) return proxies
  throw new Error(`TRUSTED_PROXIES has to be addresses or ranges like 127.0.0.1 or 10.0.0.0/8, and holds "${wrong}".`)
}

/** Whether devices that register for events have to show the token they were answered. */
const readSessionTokens = (text: string | undefined) =>
  readWord('SESSION_TOKENS', text, ['optional', 'required']) === 'required'
    ? { limits: { requireSessionTokens: true } }
    : {}

const readNotifyUrl = (text: string | undefined): string | undefined => {
  if (text === undefined || text === '') return undefined
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href
  throw new Error('DEVICE_NOTIFY_URL has to be an address like https://devices.example.org/notification/create.')
}

/** It may hold a password, so it is never repeated in a message. */
const readRedisUrl = (text: string | undefined): string | undefined => {
  if (text === undefined || text === '') return undefined
  const url = URL.parse(text)
  if (url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '') return text
  throw new Error('REDIS_URL has to be an address like redis://:password@redis.example.org:6379.')
}

/**
 * Reads the settings of a server (docs/DEPLOY.md lists them) from `variables`. Throws an `Error` whose message tells a person
 * which value is wrong, in one sentence, and never repeats a secret.
 */
export const readSettings = (variables: Variables): Environment => {
  const { HOST = '', PORT = '', DATA_DIR = DEFAULT_DATA_DIR, CLIENT_URL, TRUSTED_PROXIES, LOG_LEVEL } = variables
  return {
    host: HOST === '' ? undefined : HOST,
    port: PORT === '' ? DEFAULT_PORT : readPort(PORT),
    allowedOrigins: readList(CLIENT_URL).map(readOrigin),
    dataDir: DATA_DIR === '' ? undefined : DATA_DIR,
    pageDir: PAGE_DIR,
    ...readIce(variables),
    relay: readRelay(variables) || undefined,
    access: readAccess(variables),
    metrics: readMetrics(variables),
    redisUrl: readRedisUrl(variables['REDIS_URL']),
    deviceNotifyUrl: readNotifyUrl(variables['DEVICE_NOTIFY_URL']),
    ...readSessionTokens(variables['SESSION_TOKENS']),
    trustedProxies: readProxies(TRUSTED_PROXIES),
    logLevel: readWord('LOG_LEVEL', LOG_LEVEL, logLevels),
  }
}

/** From the environment, and from the file `.env` what is not set there. */
export const readEnvironment = (): Environment => {
  loadDotEnv()
  return readSettings(process.env)
}
