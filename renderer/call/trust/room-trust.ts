import type { RoomPhrase as RoomPhraseView } from '../call-state.ts'
import { Emitter } from '../emitter.ts'
import type { Log } from '../log.ts'
import { canProve } from './encoding.ts'
import type { Installation } from './installation.ts'
import { LinkProof } from './link-proof.ts'
import { LinkTrust, type ProvableLink } from './link-trust.ts'
import { RoomPhrase } from './room-phrase.ts'

export interface RoomTrustOptions {
  /** The one form of `RoomView.code`. */
  readonly code: string
  /** Of the invitation, base64url; null when there was none. */
  readonly secret: string | null
  readonly installation: Installation
  readonly log: Log
}

/** Somebody who is shown in the room and has a control channel. */
export interface TrustedPerson {
  readonly trust: LinkTrust
  readonly isConnected: boolean
  readonly name: string
}

/** Whom of one room one can trust, and the phrase of the room. */
export class RoomTrust {
  readonly #options: RoomTrustOptions
  readonly #events = new Emitter<{ readonly changed: [] }>()
  readonly #proof: Promise<LinkProof | null>
  readonly #phrase: RoomPhrase
  readonly #links = new Set<LinkTrust>()
  #people: readonly TrustedPerson[] = []

  constructor(options: RoomTrustOptions) {
    const { code, secret, installation, log } = options
    this.#options = options
    this.#proof = secret === null || !canProve() ? Promise.resolve(null) : LinkProof.of(secret, code)
    if (canProve()) void installation.known.load()
    this.#phrase = new RoomPhrase({
      code,
      log,
      say: (to, word) => {
        for (const link of this.#linksOf(to)) link.tell(word)
      },
      onCheat: (fingerprint) => {
        for (const link of this.#linksOf(fingerprint)) link.intercept('the phrase was revealed wrongly')
      },
    })
    this.#phrase.on('changed', () => {
      this.#events.emit('changed')
    })
  }

  /** The phrase has changed. */
  on(name: 'changed', listener: () => void): () => void {
    return this.#events.on(name, listener)
  }

  get phrase(): RoomPhraseView {
    return this.#phrase.view
  }

  /** Looks after one link until the answer is closed with `forget`. */
  follow(link: ProvableLink, isOurKind: boolean): LinkTrust {
    const { code, installation, log } = this.#options
    const trust = new LinkTrust({ link, isOurKind, code, proof: this.#proof, installation, log })
    trust.on('opened', ({ theirs }) => {
      this.#update()
      this.#phrase.repeatTo(theirs)
    })
    trust.on('phrase', (word, { theirs }) => {
      this.#phrase.take(theirs, word)
    })
    this.#links.add(trust)
    return trust
  }

  forget(trust: LinkTrust): void {
    trust.close()
    this.#links.delete(trust)
  }

  /** Everyone of our kind who is shown in the room. */
  setPeople(people: readonly TrustedPerson[]): void {
    this.#people = people
    this.#update()
  }

  /** All who are here compared the words: whoever is known by a key is verified from now on, for all meetings to come. */
  confirmPhrase(): void {
    if (this.#phrase.view.phase !== 'ready') return
    const compared = this.#people.flatMap(({ name, trust: { key } }) => (key === null ? [] : [{ name, key }]))
    void this.#options.installation.known.remember(compared)
  }

  close(): void {
    this.#phrase.close()
    for (const link of this.#links) link.close()
    this.#links.clear()
  }

  #linksOf(fingerprint: string): LinkTrust[] {
    return [...this.#links].filter(({ fingerprints }) => fingerprints?.theirs === fingerprint)
  }

  #update(): void {
    const own = [...this.#links].find(({ fingerprints }) => fingerprints !== null)?.fingerprints?.own ?? null
    const peers = this.#people.map(({ trust, isConnected }) => ({
      fingerprint: trust.fingerprints?.theirs ?? null,
      isConnected,
      isIntercepted: trust.trust === 'intercepted',
    }))
    this.#phrase.update(own, canProve() ? peers : [])
  }
}
