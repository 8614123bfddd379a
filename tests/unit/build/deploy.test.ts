import { globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings } from '#signalling/environment.ts'

const root = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

test('the server imports nothing but what is installed without the development packages', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
  const imported = globSync('signalling/**/*.ts', { cwd: root }).flatMap((path) =>
    Array.from(read(path).matchAll(/(?:from|import\() ?'([^'.#][^']*)'/g), ([, name = '']) => name),
  )
  const packages = new Set(imported.map((name) => (name.startsWith('@') ? name : (name.split('/')[0] ?? ''))))
  const isThere = (name: string) => name.startsWith('node:') || builtinModules.includes(name) || name in dependencies
  expect(packages.has('socket.io')).toBe(true)
  expect([...packages].filter((name) => !isThere(name))).toEqual([])
})

/** Names of the variables that are read, as the source has them. */
const variables = new Set(
  Array.from(read('signalling/environment.ts').matchAll(/\b[A-Z]+_?[A-Z_]*[A-Z]\b/g), ([name]) => name),
)

test('each setting is explained, and nothing is explained that is none', () => {
  const explained = Array.from(read('docs/DEPLOY.md').matchAll(/^\| `([A-Z_]+)`/gm), ([, name = '']) => name)
  const settings = Object.keys(fullSettings)
  expect(explained.toSorted()).toEqual(settings.toSorted())
  expect(settings.filter((name) => !variables.has(name))).toEqual([])
})

const fullSettings = {
  HOST: '127.0.0.1',
  PORT: '8001',
  REDIS_URL: 'redis://:password@redis.example.org:6379',
  CLIENT_URL: 'https://meet.example.org',
  DATA_DIR: 'data',
  LOG_LEVEL: 'info',
  TRUSTED_PROXIES: '127.0.0.1',
  STUN_URLS: 'stun:turn.example.org:3478',
  TURN_URLS: 'turn:turn.example.org:3478?transport=udp',
  TURN_SECRET: 'change-me-change-me-change-me-change-me',
  TURN_TTL: '43200',
  RELAY: 'off',
  ACCESS_TOKEN: '0123456789abcdef',
  ACCESS_TOKEN_FOR: 'create',
  SESSION_TOKENS: 'required',
  METRICS: 'on',
  METRICS_TOKEN: '0123456789abcdef',
  DEVICE_NOTIFY_URL: 'https://devices.example.org/notification/create',
}

test('all settings together are good ones', () => {
  expect(readSettings(fullSettings)).toMatchObject({ host: '127.0.0.1', access: { scope: 'create' } })
})

test('the example of a settings file is a good one', () => {
  const [, example = ''] = /^```ini\n([^`]+)```$/m.exec(read('docs/DEPLOY.md')) ?? []
  const settings: Record<string, string> = Object.fromEntries(
    Array.from(example.matchAll(/^([A-Z_]+)=(.*)$/gm), ([, name = '', value = '']) => [name, value]),
  )
  expect(Object.keys(settings).length).toBeGreaterThan(4)
  expect(Object.keys(settings).filter((name) => !(name in fullSettings))).toEqual([])
  expect(readSettings(settings)).toMatchObject({ allowedOrigins: ['https://meet.example.org'] })
})

test('the image gets neither settings nor data nor the repository', () => {
  const lines = read('.dockerignore').split('\n')
  const kept = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  expect(lines).toContain('*')
  expect(kept.filter((path) => /^(?:\.env|data|\.git|node_modules|dist|release)/.test(path))).toEqual([])
  expect(lines).toContain('**/.env')
})
