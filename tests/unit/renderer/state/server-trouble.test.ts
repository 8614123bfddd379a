import { expect, test } from 'vitest'
import { findServerTrouble } from '#renderer/state/server-trouble.ts'

const desktop = { whyUnreachable: () => Promise.resolve('refused' as const) }

test.each([
  ['http://192.168.1.20:8001', { isOnline: false, page: 'http:' }, 'offline'],
  ['http://127.0.0.1:8001', { isOnline: false, page: 'http:' }, 'refused'],
  ['http://192.168.1.20:8001', { isOnline: true, page: 'https:' }, 'mixed'],
  ['https://192.168.1.20:8001', { isOnline: true, page: 'https:' }, 'refused'],
  ['http://192.168.1.20:8001', { isOnline: true, page: 'app:' }, 'refused'],
] as const)('%s from %j: %s', async (url, circumstances, trouble) => {
  expect(await findServerTrouble(desktop, url, circumstances)).toBe(trouble)
})

test('is not known of what the desktop does not ask', async () => {
  const refusing = { whyUnreachable: () => Promise.reject(new Error('refused')) }
  expect(await findServerTrouble(refusing, 'nonsense', { isOnline: true, page: 'app:' })).toBe('unknown')
})
