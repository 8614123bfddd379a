import { expect, test } from 'vitest'
import { readSettings } from '#signalling/environment.ts'

const SECRET = 'a-secret-of-the-turn-server'
const TOKEN = '0123456789abcdef'

test('nothing set is a server for the own network: no ICE servers, open to everybody, no figures, warnings alone', () => {
  expect(readSettings({})).toEqual({
    port: 8001,
    allowedOrigins: [],
    dataDir: 'data',
    pageDir: 'dist/renderer',
    iceServers: [],
    trustedProxies: [],
    logLevel: 'warn',
  })
})

test('empty values are as good as none', () => {
  const names = ['HOST', 'PORT', 'CLIENT_URL', 'STUN_URLS', 'TURN_URLS', 'TURN_SECRET', 'TURN_TTL', 'ACCESS_TOKEN']
  const more = [
    'ACCESS_TOKEN_FOR',
    'METRICS',
    'METRICS_TOKEN',
    'TRUSTED_PROXIES',
    'LOG_LEVEL',
    'SESSION_TOKENS',
    'DEVICE_NOTIFY_URL',
    'REDIS_URL',
    'RELAY',
  ]
  const empty = Object.fromEntries([...names, ...more].map((name) => [name, '']))
  expect(readSettings(empty)).toEqual(readSettings({}))
})

test('STUN and TURN servers are lists, and credentials are good for 12 hours unless said otherwise', () => {
  const variables = {
    STUN_URLS: 'stun:stun.example.org, stun:[2001:db8::1]:3478',
    TURN_URLS: 'turn:turn.example.org:3478?transport=udp,turns:turn.example.org:443?transport=tcp',
    TURN_SECRET: SECRET,
  }
  expect(readSettings(variables)).toMatchObject({
    iceServers: [{ urls: ['stun:stun.example.org', 'stun:[2001:db8::1]:3478'] }],
    turn: {
      urls: ['turn:turn.example.org:3478?transport=udp', 'turns:turn.example.org:443?transport=tcp'],
      secret: SECRET,
      lifetimeMs: 12 * 3_600_000,
    },
  })
  expect(readSettings({ ...variables, TURN_TTL: '600' }).turn?.lifetimeMs).toBe(600_000)
})

test('the access token is asked of those who make rooms, or of all', () => {
  expect(readSettings({ ACCESS_TOKEN: TOKEN }).access).toEqual({ token: TOKEN, scope: 'create' })
  expect(readSettings({ ACCESS_TOKEN: TOKEN, ACCESS_TOKEN_FOR: 'all' }).access).toEqual({ token: TOKEN, scope: 'all' })
})

test('figures are off, on for this machine, or on for who has the token', () => {
  expect(readSettings({ METRICS: 'off' }).metrics).toBeUndefined()
  expect(readSettings({ METRICS: 'on' }).metrics).toEqual({})
  expect(readSettings({ METRICS_TOKEN: TOKEN }).metrics).toEqual({ token: TOKEN })
})

test('devices are asked to come where the address says, and show their tokens when they have to', () => {
  const variables = { DEVICE_NOTIFY_URL: 'https://devices.example.org/come', SESSION_TOKENS: 'required' }
  expect(readSettings(variables)).toMatchObject({
    deviceNotifyUrl: 'https://devices.example.org/come',
    limits: { requireSessionTokens: true },
  })
})

test('proxies are addresses and ranges, the log level is a word', () => {
  expect(readSettings({ TRUSTED_PROXIES: '127.0.0.1, ::1,10.0.0.0/8' }).trustedProxies).toEqual([
    '127.0.0.1',
    '::1',
    '10.0.0.0/8',
  ])
  expect(readSettings({ LOG_LEVEL: 'INFO' }).logLevel).toBe('info')
})

test('Redis is an address, with or without TLS and a password', () => {
  for (const url of ['redis://127.0.0.1:6379', 'rediss://earshot:secret@redis.example.org:6380/2'])
    expect(readSettings({ REDIS_URL: url }).redisUrl).toBe(url)
})

const messageOf = (variables: Record<string, string>): string => {
  try {
    readSettings(variables)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('these settings were taken')
}

test.each([
  [{ STUN_URLS: 'stun.example.org' }, 'STUN_URLS'],
  [{ STUN_URLS: 'turn:turn.example.org' }, 'STUN_URLS'],
  [{ STUN_URLS: Array.from({ length: 9 }, () => 'stun:a').join() }, 'STUN_URLS'],
  [{ TURN_URLS: 'turn:turn.example.org:3478?transport=sctp', TURN_SECRET: SECRET }, 'TURN_URLS'],
  [{ TURN_URLS: 'turn:user:password@turn.example.org', TURN_SECRET: SECRET }, 'TURN_URLS'],
  [{ TURN_URLS: 'turn:turn.example.org' }, 'TURN_SECRET'],
  [{ TURN_SECRET: SECRET }, 'TURN_URLS'],
  [{ TURN_URLS: 'turn:turn.example.org', TURN_SECRET: 'short' }, 'TURN_SECRET'],
  [{ TURN_URLS: 'turn:turn.example.org', TURN_SECRET: SECRET, TURN_TTL: '1h' }, 'TURN_TTL'],
  [{ TURN_URLS: 'turn:turn.example.org', TURN_SECRET: SECRET, TURN_TTL: '59' }, 'TURN_TTL'],
  [{ TURN_URLS: 'turn:turn.example.org', TURN_SECRET: SECRET, TURN_TTL: '172801' }, 'TURN_TTL'],
  [{ ACCESS_TOKEN: 'short' }, 'ACCESS_TOKEN'],
  [{ ACCESS_TOKEN: 'blanks do not fit in a header' }, 'ACCESS_TOKEN'],
  [{ ACCESS_TOKEN_FOR: 'all' }, 'ACCESS_TOKEN'],
  [{ ACCESS_TOKEN: TOKEN, ACCESS_TOKEN_FOR: 'some' }, 'ACCESS_TOKEN_FOR'],
  [{ METRICS: 'yes' }, 'METRICS'],
  [{ METRICS_TOKEN: 'short' }, 'METRICS_TOKEN'],
  [{ TRUSTED_PROXIES: 'proxy.example.org' }, 'TRUSTED_PROXIES'],
  [{ TRUSTED_PROXIES: '10.0.0.0/33' }, 'TRUSTED_PROXIES'],
  [{ TRUSTED_PROXIES: '10.0.0.0/8/8' }, 'TRUSTED_PROXIES'],
  [{ LOG_LEVEL: 'verbose' }, 'LOG_LEVEL'],
  [{ SESSION_TOKENS: 'yes' }, 'SESSION_TOKENS'],
  [{ DEVICE_NOTIFY_URL: 'devices.example.org' }, 'DEVICE_NOTIFY_URL'],
  [{ DEVICE_NOTIFY_URL: 'file:///etc/passwd' }, 'DEVICE_NOTIFY_URL'],
  [{ REDIS_URL: 'redis.example.org:6379' }, 'REDIS_URL'],
  [{ REDIS_URL: 'https://redis.example.org' }, 'REDIS_URL'],
])('a wrong value is named in one sentence: %j', (variables, name) => {
  const message = messageOf(variables)
  expect(message).toContain(name)
  expect(message).toMatch(/^[^\n]+\.$/)
})

test.each([
  [{ TURN_SECRET: SECRET }, SECRET],
  [{ ACCESS_TOKEN: 'tiny' }, 'tiny'],
  [{ ACCESS_TOKEN: 'my secret with blanks' }, 'my secret'],
  [{ METRICS_TOKEN: 'my secret with blanks' }, 'my secret'],
  [{ REDIS_URL: 'http://:my-secret@redis.example.org' }, 'my-secret'],
])('no message repeats a secret: %j', (variables, secret) => {
  expect(messageOf(variables)).not.toContain(secret)
})

test('the own relay is off unless asked for, and not for one of several processes', () => {
  expect(readSettings({ RELAY: 'off' }).relay).toBeUndefined()
  expect(readSettings({ RELAY: 'on' }).relay).toBe(true)
  expect(() => readSettings({ RELAY: 'yes' })).toThrow('RELAY has to be one of off, on, and is "yes".')
  expect(() => readSettings({ RELAY: 'on', REDIS_URL: 'redis://localhost' })).toThrow(
    'RELAY can not be on with REDIS_URL',
  )
})
