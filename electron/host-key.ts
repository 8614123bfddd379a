import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Keychain } from './keychain.ts'
import type { Log } from './log.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { putAside } from './put-aside.ts'

const FILE_NAME = 'host-key.json'
/** One key is some hundred bytes, sealed or not. */
const MAX_FILE_BYTES = 16 * 1024

/** `sealed`: by the keychain; `key`: PEM (PKCS #8), where there is none. */
const StoredKey = v.union([v.strictObject({ sealed: v.string() }), v.strictObject({ key: v.string() })])

export interface HostKeyOptions {
  /** Made when missing. */
  readonly folder: string
  readonly keychain: Keychain
  readonly log: Log
}

type Found =
  | { readonly state: 'absent' }
  /** `isSealed`: as the keychain would do it today. */
  | { readonly state: 'open'; readonly key: KeyObject; readonly isSealed: boolean }
  | { readonly state: 'unusable'; readonly reason: string }

/** Throws for anything but a private key on the curve P-256. */
const parseKey = (pem: string): KeyObject => {
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('It is no key on the curve P-256')
  return key
}

const openStored = async (text: string, keychain: Keychain): Promise<Found> => {
  const stored = v.safeParse(v.pipe(v.string(), v.parseJson(), StoredKey), text)
  // What the parser says holds pieces of the text, which may be those of a key.
  if (!stored.success) return { state: 'unusable', reason: 'the file is damaged' }
  if ('key' in stored.output) return { state: 'open', key: parseKey(stored.output.key), isSealed: false }
  const opened = await keychain.open(stored.output.sealed)
  if (opened.state !== 'open') return { state: 'unusable', reason: `the keychain says that it is ${opened.state}` }
  return { state: 'open', key: parseKey(opened.text), isSealed: !opened.isStale }
}

const findKey = async ({ folder, keychain }: HostKeyOptions): Promise<Found> => {
  try {
    const text = await readPrivateFile(join(folder, FILE_NAME), MAX_FILE_BYTES)
    return text === null ? { state: 'absent' } : await openStored(text, keychain)
  } catch (error) {
    return { state: 'unusable', reason: String(error) }
  }
}

/** Null unless the keychain gives back what it sealed: one that is locked may take things and keep them to itself. */
const seal = async (pem: string, keychain: Keychain): Promise<string | null> => {
  const sealed = await keychain.seal(pem)
  const opened = sealed === null ? null : await keychain.open(sealed)
  return opened?.state === 'open' && opened.text === pem ? sealed : null
}

/** Seals and writes a key. Never rejects: without it this key is good until the app ends. */
const keepKey = async (key: KeyObject, { folder, keychain, log }: HostKeyOptions, isNew: boolean): Promise<void> => {
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const sealed = await seal(pem, keychain)
  if (!isNew && sealed === null) return
  try {
    const stored: v.InferOutput<typeof StoredKey> = sealed === null ? { key: pem } : { sealed }
    await writePrivateFile(join(folder, FILE_NAME), JSON.stringify(stored))
  } catch (error) {
    const loss = isNew ? '; invitations made from now on are good until the app ends' : ''
    log.warn(`The key of this computer could not be written (${String(error)})${loss}`)
  }
}

const putKeyAside = (reason: string, { folder, log }: HostKeyOptions): void => {
  const lost = 'invitations made before now lead to "another computer"'
  try {
    log.warn(`A new key for this computer: ${reason}; kept as ${putAside(folder, FILE_NAME)}, and ${lost}`)
  } catch (error) {
    log.warn(`A new key for this computer: ${reason}; not kept (${String(error)}), and ${lost}`)
  }
}

/**
 * Answers the private key (ECDSA, P-256) that this installation is known by: the one kept in `folder`, or a new one when there
 * is none, or none that can be used. Sealed by the keychain where there is one. Never rejects.
 */
export const openHostKey = async (options: HostKeyOptions): Promise<KeyObject> => {
  const found = await findKey(options)
  if (found.state === 'open') {
    if (!found.isSealed) await keepKey(found.key, options, false)
    return found.key
  }
  if (found.state === 'unusable') putKeyAside(found.reason, options)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await keepKey(privateKey, options, true)
  return privateKey
}
