import { sha256, toBase64Url } from './encoding.ts'
import type { Fingerprint } from './fingerprints.ts'

export type Words = readonly [string, string, string, string]

/** BIP-39: 2048 words, told apart by their first four letters. */
const WORD_BITS = 11n

/** The words come when somebody is there to compare them with: nobody needs them to see the page. */
const loadWordList = async (): Promise<readonly string[]> => {
  const { wordlist } = await import('@scure/bip39/wordlists/english.js')
  return wordlist
}

/** Names the round of exactly these people. */
export const roundName = async (fingerprints: readonly Fingerprint[]): Promise<string> =>
  toBase64Url(await sha256(`earshot-round-1|${[...fingerprints].sort().join('|')}`))

/** Binds whoever says it to `nonce`, and tells nothing of it. */
export const commitmentTo = async (round: string, fingerprint: Fingerprint, nonce: string): Promise<string> =>
  toBase64Url(await sha256(`earshot-commit-1|${round}|${fingerprint}|${nonce}`))

/** 256 random bits. */
export const makeNonce = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(32)))

/** The first 44 bits of everybody's nonces as four words. Rejects when the list of words can not be loaded. */
export const wordsOf = async (code: string, openings: readonly (readonly [Fingerprint, string])[]): Promise<Words> => {
  const said = openings.map(([fingerprint, nonce]) => `${fingerprint}|${nonce}`)
  const digest = await sha256(['earshot-words-1', code, ...said].join('|'))
  const bits = new DataView(digest.buffer).getBigUint64(0)
  const list = await loadWordList()
  const word = (place: bigint): string => list[Number((bits >> (64n - WORD_BITS * (place + 1n))) & 2047n)] ?? ''
  return [word(0n), word(1n), word(2n), word(3n)]
}
