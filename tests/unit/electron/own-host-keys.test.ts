import { expect, test } from 'vitest'
import type { Log } from '#electron/log.ts'
import { OwnHostKeys } from '#electron/own-host-keys.ts'

const setUp = (pin: () => Promise<string>) => {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const log: Log = { error: write, warn: write, info: write, scoped: () => log }
  return { keys: new OwnHostKeys({ certificates: { pin }, log }), lines }
}
const pin = 'p'.repeat(43)

test('the page is told the pin of this computer and the key of the embedded server, which are in no log', async () => {
  const { keys, lines } = setUp(() => Promise.resolve(pin))
  expect(await keys.read()).toEqual({ pin, ownerKey: keys.ownerKey })
  expect(await keys.read()).toEqual({ pin, ownerKey: keys.ownerKey })
  expect(lines).toEqual([])
})

test('the key of the embedded server is 128 bits, and another one at each start of the app', () => {
  const ownerKeys = Array.from({ length: 50 }, () => setUp(() => Promise.resolve(pin)).keys.ownerKey)
  expect(new Set(ownerKeys).size).toBe(50)
  for (const ownerKey of ownerKeys) expect(Buffer.from(ownerKey, 'base64url').toString('base64url')).toBe(ownerKey)
  for (const ownerKey of ownerKeys) expect(ownerKey).toMatch(/^[\w-]{22}$/)
})

test('a computer that has no key, and can make none, says so in its log, and is asked again the next time', async () => {
  let answer = () => Promise.reject(new Error('no random numbers'))
  const { keys, lines } = setUp(() => answer())
  expect(await keys.read()).toBeNull()
  expect(lines).toEqual(['This computer has no key to host with: Error: no random numbers'])
  answer = () => Promise.resolve(pin) as Promise<never>
  expect(await keys.read()).toMatchObject({ pin })
  expect(lines.join()).not.toContain(keys.ownerKey)
})
