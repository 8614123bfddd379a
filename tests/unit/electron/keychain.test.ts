import { expect, test, vi } from 'vitest'
import { SystemKeychain } from '#electron/keychain.ts'
import type { Log } from '#electron/log.ts'
import {
  createKeychain,
  createSafeStorage,
  type KeychainOptions,
} from '#tests/helpers/electron-stand-in-safe-storage.ts'

const system = createKeychain()

const setUp = (options: KeychainOptions = system, platform: NodeJS.Platform = 'linux') => {
  const lines: string[] = []
  const write = (message: string) => void lines.push(message)
  const log: Log = { error: write, warn: write, info: write, scoped: () => log }
  const keychain = new SystemKeychain({ safeStorage: createSafeStorage(options, () => true), platform, log })
  return { keychain, lines }
}
const sealHere = async (text: string): Promise<string> => (await setUp().keychain.seal(text))!

test('opens what it sealed, at a later start too', async () => {
  const sealed = await sealHere('secret €')
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('secret')
  expect(await setUp().keychain.open(sealed)).toEqual({ state: 'open', text: 'secret €', isStale: false })
})

test.each<[string, KeychainOptions]>([
  ['Electron says that there is no encryption', { ...system, isAvailable: false }],
  ['the system has no keychain', { ...system, backend: 'basic_text' }],
  ['the keychain does not answer and Chromium falls back to its fixed password', { key: null }],
])('where %s, nothing is sealed, what was sealed stays locked, and one line says so', async (_, options) => {
  const { keychain, lines } = setUp(options)
  expect(await keychain.seal('secret')).toBeNull()
  expect(await keychain.seal('secret')).toBeNull()
  expect(await keychain.open(await sealHere('secret'))).toEqual({ state: 'locked' })
  expect(lines).toHaveLength(1)
})

test('the tag of the fixed password means the keychain of the system on macOS and Windows', async () => {
  for (const platform of ['darwin', 'win32'] as const) {
    expect(await setUp({ key: null }, platform).keychain.seal('secret')).not.toBeNull()
  }
})

test('what another keychain sealed, and what nobody did, is lost', async () => {
  const { keychain } = setUp(createKeychain())
  expect(await keychain.open(await sealHere('secret'))).toEqual({ state: 'lost' })
  expect(await keychain.open(Buffer.from('v11 of nobody, and long enough').toString('base64'))).toEqual({
    state: 'lost',
  })
})

test('what a locked keychain does not give now is not lost', async () => {
  const { keychain } = setUp({ ...system, isLocked: true })
  expect(await keychain.open(await sealHere('secret'))).toEqual({ state: 'locked' })
})

test('says when what it opened should be sealed anew', async () => {
  const { keychain } = setUp({ ...system, isRotated: true })
  expect(await keychain.open(await sealHere('secret'))).toEqual({ state: 'open', text: 'secret', isStale: true })
})

test('a keychain that never answers holds nothing up for ever', async () => {
  const sealed = await sealHere('secret')
  vi.useFakeTimers()
  try {
    const safeStorage = {
      ...createSafeStorage(system, () => true),
      isAsyncEncryptionAvailable: () => new Promise<boolean>(() => undefined),
    }
    const log: Log = { error: vi.fn(), warn: vi.fn(), info: vi.fn(), scoped: () => log }
    const keychain = new SystemKeychain({ safeStorage, platform: 'linux', log })
    const answers = Promise.all([keychain.open(sealed), keychain.seal('secret')])
    await vi.runAllTimersAsync()
    expect(await answers).toEqual([{ state: 'locked' }, null])
  } finally {
    vi.useRealTimers()
  }
})

test('a text that cannot be sealed is answered with null, and the log says so', async () => {
  const { encryptStringAsync, ...others } = createSafeStorage(system, () => true)
  const log: Log = { error: vi.fn(), warn: vi.fn(), info: vi.fn(), scoped: () => log }
  const encryptOnce = vi.fn(encryptStringAsync)
  encryptOnce.mockImplementationOnce(encryptStringAsync).mockRejectedValue(new Error('Full'))
  const safeStorage = { ...others, encryptStringAsync: encryptOnce }
  const keychain = new SystemKeychain({ safeStorage, platform: 'linux', log })
  expect(await keychain.seal('secret')).toBeNull()
  expect(log.warn).toHaveBeenCalledOnce()
})
