import type { Trust } from '../call-state.ts'
import type { LinkWord, TrustWord } from '../control-message.ts'
import { Emitter } from '../emitter.ts'
import type { LinkView } from '../peer-link.ts'
import { reasonOf, type Log } from '../log.ts'
import { canProve } from './encoding.ts'
import type { Fingerprints } from './fingerprints.ts'
import { isIntroduction, type Introduction } from './identity.ts'
import type { Installation } from './installation.ts'
import type { LinkProof } from './link-proof.ts'

/** Whoever has not proved who they are this long after the link connected is taken for somebody who can not. */
const PATIENCE_MS = 5000

/** What is needed of a `PeerLink`. */
export interface ProvableLink {
  on(name: 'changed', listener: (view: LinkView) => void): () => void
  on(name: 'open' | 'replaced' | 'certificate', listener: () => void): () => void
  on(name: 'trust', listener: (word: TrustWord) => void): () => void
  tell(word: LinkWord): boolean
  fingerprints(): Promise<Fingerprints | null>
}

export interface LinkTrustOptions {
  readonly link: ProvableLink
  /** Clients of other systems have no control channel, and can prove nothing. */
  readonly isOurKind: boolean
  readonly code: string
  /** Null without the secret of an invitation. */
  readonly proof: Promise<LinkProof | null>
  readonly installation: Installation
  readonly log: Log
}

export type PhraseWord = Extract<TrustWord, { kind: 'commit' | 'reveal' }>

interface LinkTrustEvents {
  readonly changed: []
  /** The control channel of a connection is open, and its certificates are known. */
  readonly opened: [Fingerprints]
  readonly phrase: [PhraseWord, Fingerprints]
}

/**
 * Whether the other side of one link is who it should be. Of each connection of the link it looks at the certificates in use,
 * proves to hold the secret of the invitation, and takes the proof and the introduction of the other side.
 *
 * `intercepted` stays for as long as the connection does. Nobody may talk to whoever that is all the same: own sound and
 * picture are off that link until another connection shows a right proof, or the key of somebody who is known.
 */
export class LinkTrust {
  readonly #options: LinkTrustOptions
  readonly #events = new Emitter<LinkTrustEvents>()
  readonly #stops: (() => void)[]
  #hasSecret = false
  /** Counts the connections of the link, so that what was begun for a former one is not finished. */
  #generation = 0
  #present: Fingerprints | null = null
  #last: Fingerprints | null = null
  #isProven = false
  #isIntercepted = false
  #isLate = false
  #isHeldBack = false
  #mayIntroduce = false
  #key: string | null = null
  #patience: ReturnType<typeof setTimeout> | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(options: LinkTrustOptions) {
    this.#options = options
    const { link, isOurKind, installation } = options
    this.#stops = !isOurKind || !canProve() ? [] : this.#follow(link, installation)
  }

  on<Name extends keyof LinkTrustEvents>(name: Name, listener: (...args: LinkTrustEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get trust(): Trust {
    if (this.#isIntercepted) return 'intercepted'
    if (this.#key !== null && this.#options.installation.known.isVerified(this.#key)) return 'verified'
    if (this.#isProven) return 'invited'
    const isAllSaid = this.#key !== null && !this.#hasSecret
    return this.#stops.length === 0 || this.#isLate || isAllSaid ? 'unverified' : 'checking'
  }
  /** Whoever was in between once gets nothing of us until somebody is there who proves who they are. */
  get isHeldBack(): boolean {
    return this.#isHeldBack
  }
  /** Public key of a valid introduction; null before one. */
  get key(): string | null {
    return this.#key
  }
  /** Of the present connection, else, while there is none, of the last one. */
  get fingerprints(): Fingerprints | null {
    return this.#present ?? this.#last
  }

  /** Whether somebody else was verified under this name. Whoever shows no key in time counts as somebody else. */
  hasNewKey(name: string): boolean {
    const { isOurKind, installation } = this.#options
    const isKnownBy = this.#key !== null || this.#isLate
    return isOurKind && isKnownBy && installation.known.isAnother(name, this.#key)
  }

  /** Both are inside the room: from now on they may know who we are over many meetings. */
  introduce(): void {
    if (this.#mayIntroduce) return
    this.#mayIntroduce = true
    void this.#introduce()
  }

  tell(word: PhraseWord): void {
    if (this.#present) this.#options.link.tell(word)
  }

  /** Somebody is in between, or cheats. */
  intercept(reason: string): void {
    if (this.#isIntercepted) return
    this.#isIntercepted = this.#isHeldBack = true
    this.#options.log('warn', `Somebody may be in the middle: ${reason}`)
    this.#events.emit('changed')
  }

  close(): void {
    this.#generation++
    clearTimeout(this.#patience)
    for (const stop of this.#stops) stop()
  }

  #follow(link: ProvableLink, { known }: Installation): (() => void)[] {
    return [
      link.on('changed', ({ phase }) => {
        if (phase === 'connected') this.#waitForProof()
      }),
      link.on('open', () => {
        this.#do((isCurrent) => this.#greet(isCurrent))
      }),
      link.on('trust', (word) => {
        this.#do((isCurrent) => this.#take(word, isCurrent))
      }),
      link.on('replaced', () => {
        this.#beginAnew()
      }),
      link.on('certificate', () => {
        this.intercept('the other certificate changed')
      }),
      known.on('changed', () => {
        this.#onKnown()
      }),
    ]
  }

  #waitForProof(): void {
    this.#patience ??= setTimeout(() => {
      this.#isLate = true
      this.#events.emit('changed')
    }, PATIENCE_MS)
  }

  #beginAnew(): void {
    this.#generation++
    clearTimeout(this.#patience)
    this.#patience = undefined
    this.#last = this.#present ?? this.#last
    this.#present = null
    this.#isProven = this.#isIntercepted = this.#isLate = false
    this.#key = null
    this.#events.emit('changed')
  }

  #onKnown(): void {
    if (this.trust === 'verified') this.#isHeldBack = false
    if (this.#key !== null || this.#isLate) this.#events.emit('changed')
  }

  /** One thing after the other, and nothing any more for a connection that another one has replaced. */
  #do(task: (isCurrent: () => boolean) => Promise<void>): void {
    const generation = this.#generation
    const isCurrent = () => generation === this.#generation
    this.#work = this.#work.then(async () => {
      if (!isCurrent()) return
      try {
        await task(isCurrent)
      } catch (error) {
        this.#options.log('warn', `A link could not be checked: ${reasonOf(error)}`)
      }
    })
  }

  async #greet(isCurrent: () => boolean): Promise<void> {
    const { link } = this.#options
    const [fingerprints, proof] = await Promise.all([link.fingerprints(), this.#options.proof])
    if (!isCurrent() || fingerprints === null) return
    this.#present = this.#last = fingerprints
    this.#hasSecret = proof !== null
    // A server can bring us our own signals: that makes a link to ourselves, and every proof of ours fits.
    if (fingerprints.own === fingerprints.theirs) this.intercept('the other side shows our own certificate')
    const mac = await proof?.prove(fingerprints)
    if (!isCurrent()) return
    if (mac !== undefined) link.tell({ kind: 'proof', mac })
    this.#events.emit('opened', fingerprints)
    void this.#introduce()
  }

  /** Not one of the things after each other: the browser may take its time to find the key. */
  async #introduce(): Promise<void> {
    const { link, code, installation, log } = this.#options
    const [fingerprints, generation] = [this.#present, this.#generation]
    if (!this.#mayIntroduce || fingerprints === null || this.#isIntercepted) return
    try {
      const introduction = await installation.identity.introduce(code, fingerprints)
      if (generation === this.#generation) link.tell({ kind: 'identity', ...introduction })
    } catch (error) {
      log('warn', `This side could not introduce itself: ${reasonOf(error)}`)
    }
  }

  async #take(word: TrustWord, isCurrent: () => boolean): Promise<void> {
    const fingerprints = this.#present
    if (fingerprints === null) return
    if (word.kind === 'proof') await this.#takeProof(word.mac, fingerprints, isCurrent)
    else if (word.kind === 'identity') await this.#takeIntroduction(word, fingerprints, isCurrent)
    else this.#events.emit('phrase', word, fingerprints)
  }

  async #takeProof(mac: string, fingerprints: Fingerprints, isCurrent: () => boolean): Promise<void> {
    const proof = await this.#options.proof
    if (proof === null) return
    const isRight = await proof.isProof(mac, fingerprints)
    if (!isCurrent()) return
    if (!isRight) this.intercept('the proof is wrong')
    else if (!this.#isIntercepted && !this.#isProven) {
      this.#isProven = true
      this.#isHeldBack = false
      this.#events.emit('changed')
    }
  }

  async #takeIntroduction(word: Introduction, fingerprints: Fingerprints, isCurrent: () => boolean): Promise<void> {
    const isValid = await isIntroduction(word, this.#options.code, fingerprints)
    if (!isCurrent()) return
    if (!isValid) this.intercept('the signature is wrong')
    // The first one counts: nobody becomes another person on the same connection.
    else if (!this.#isIntercepted && this.#key === null) {
      this.#key = word.key
      this.#onKnown()
    }
  }
}
