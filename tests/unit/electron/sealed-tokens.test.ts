import { expect, test } from 'vitest'
import { SystemKeychain, type Keychain } from '#electron/keychain.ts'
import type { Log } from '#electron/log.ts'
import { openTokens, sealTokens } from '#electron/sealed-tokens.ts'
import {
  createKeychain,
  createSafeStorage,
  type KeychainOptions,
} from '#tests/helpers/electron-stand-in-safe-storage.ts'

const silent: Log = { error: () => undefined, warn: () => undefined, info: () => undefined, scoped: () => silent }
const keychainOf = (options: KeychainOptions): Keychain =>
  new SystemKeychain({ safeStorage: createSafeStorage(options, () => true), platform: 'linux', log: silent })

const system = createKeychain()
const here = keychainOf(system)
const nowhere = keychainOf({ key: null })
const one = { origin: 'https://one.example', token: 'first' }
const two = { origin: 'https://two.example', token: 'second' }
const nothing = { accessTokens: [], sealedTokens: [] }

test('what is sealed is opened in the same order, and nothing is to be written', async () => {
  const stored = await sealTokens([one, two], [], here)
  expect(stored).toMatchObject({
    accessTokens: [],
    sealedTokens: [{ origin: one.origin }, { origin: two.origin }],
  })
  expect(await openTokens(stored, here)).toEqual({ tokens: [one, two], locked: [], lost: 0, isCurrent: true })
})

test('plain ones are taken, before a sealed one of the same origin, and are to be written again', async () => {
  const { sealedTokens } = await sealTokens([{ ...one, token: 'former' }, two], [], here)
  const opened = await openTokens({ accessTokens: [one], sealedTokens }, here)
  expect(opened).toEqual({ tokens: [one, two], locked: [], lost: 0, isCurrent: false })
})

test('a token that was put under another origin is not shown to it', async () => {
  const { sealedTokens } = await sealTokens([one], [], here)
  const moved = sealedTokens.map((sealed) => ({ ...sealed, origin: 'https://thief.example' }))
  const opened = await openTokens({ accessTokens: [], sealedTokens: moved }, here)
  expect(opened).toEqual({ tokens: [], locked: [], lost: 1, isCurrent: false })
})

test.each(['no JSON', 'null', JSON.stringify({ ...one, token: '' }), JSON.stringify({ ...one, extra: 1 })])(
  'a sealed text that holds no token is lost: %s',
  async (text) => {
    const sealed = (await here.seal(text))!
    const opened = await openTokens({ ...nothing, sealedTokens: [{ origin: one.origin, sealed }] }, here)
    expect(opened).toMatchObject({ tokens: [], lost: 1 })
  },
)

test('one sealed under a former key is to be written again', async () => {
  const stored = await sealTokens([one], [], here)
  const opened = await openTokens(stored, keychainOf({ ...system, isRotated: true }))
  expect(opened).toEqual({ tokens: [one], locked: [], lost: 0, isCurrent: false })
})

test('locked ones are kept as they are beside new ones, but for the origins that these are for', async () => {
  const { sealedTokens } = await sealTokens([one, two], [], here)
  const { tokens, locked } = await openTokens({ ...nothing, sealedTokens }, nowhere)
  expect({ tokens, locked }).toEqual({ tokens: [], locked: sealedTokens })
  const newer = { ...one, token: 'newer' }
  expect(await sealTokens([newer], locked, nowhere)).toEqual({
    accessTokens: [newer],
    sealedTokens: sealedTokens.slice(1),
  })
})

test('with locked ones there are never more than twelve, the new ones first', async () => {
  const tokens = Array.from({ length: 12 }, (_, index) => ({ ...one, origin: `https://host-${index}.example` }))
  const { sealedTokens: locked } = await sealTokens([one, two], [], here)
  const stored = await sealTokens(tokens.slice(1), locked, here)
  expect(stored.sealedTokens.map(({ origin }) => origin)).toEqual([
    ...tokens.slice(1).map(({ origin }) => origin),
    one.origin,
  ])
  expect((await sealTokens(tokens, locked, nowhere)).sealedTokens).toEqual([])
})
