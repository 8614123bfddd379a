import * as v from 'valibot'
import { cleanLine, limits } from '#signalling/protocol.ts'
import { Emitter } from '../emitter.ts'
import type { TrustStorage } from './trust-storage.ts'

/** The oldest go first. */
export const MAX_KNOWN_PEOPLE = 500

const KnownPerson = v.object({
  /** Public key, SPKI, base64url. */
  key: v.pipe(v.string(), v.minLength(1), v.maxLength(140)),
  name: v.pipe(v.string(), v.maxLength(limits.name)),
  /** Milliseconds since 1970. */
  verifiedAt: v.pipe(v.number(), v.finite()),
})
type KnownPerson = v.InferOutput<typeof KnownPerson>

const nothing: readonly KnownPerson[] = []

/** What is none of ours is left out. */
const parseKnown = (stored: unknown): readonly KnownPerson[] =>
  Array.isArray(stored) ? stored.filter((each) => v.is(KnownPerson, each)) : nothing

const merge = (former: readonly KnownPerson[], added: readonly KnownPerson[]): readonly KnownPerson[] =>
  [...former.filter(({ key }) => !added.some((each) => each.key === key)), ...added]
    .sort((a, b) => a.verifiedAt - b.verifiedAt)
    .slice(-MAX_KNOWN_PEOPLE)

const nameKey = (name: string): string => cleanLine(name).toLowerCase()

/** Those whom this person verified once, by their keys. Empty until it is loaded. */
export class KnownPeople {
  readonly #storage: TrustStorage
  readonly #events = new Emitter<{ readonly changed: [] }>()
  #people = nothing
  #keys: ReadonlySet<string> = new Set()
  #names: ReadonlySet<string> = new Set()
  #isLoaded = false

  constructor(storage: TrustStorage) {
    this.#storage = storage
  }

  on(name: 'changed', listener: () => void): () => void {
    return this.#events.on(name, listener)
  }

  /** Twice is no error. */
  async load(): Promise<void> {
    if (this.#isLoaded) return
    this.#isLoaded = true
    this.#adopt(merge(parseKnown(await this.#storage.read('known-people')), this.#people))
  }

  isVerified(key: string): boolean {
    return this.#keys.has(key)
  }

  /** Whether somebody was verified under this name, and it is not who holds `key` (null: who holds none). */
  isAnother(name: string, key: string | null): boolean {
    return !(key !== null && this.isVerified(key)) && this.#names.has(nameKey(name))
  }

  /** They were verified just now. Known at once, kept soon. */
  async remember(people: readonly { readonly key: string; readonly name: string }[]): Promise<void> {
    if (people.length === 0) return
    const verifiedAt = Date.now()
    const added = people.map(({ key, name }) => ({ key, name: cleanLine(name).slice(0, limits.name), verifiedAt }))
    this.#adopt(merge(this.#people, added))
    const kept = await this.#storage.change('known-people', (present) => merge(parseKnown(present), added))
    this.#adopt(merge(kept, this.#people))
  }

  #adopt(people: readonly KnownPerson[]): void {
    this.#people = people
    this.#keys = new Set(people.map(({ key }) => key))
    this.#names = new Set(people.map(({ name }) => nameKey(name)).filter((name) => name !== ''))
    this.#events.emit('changed')
  }
}
