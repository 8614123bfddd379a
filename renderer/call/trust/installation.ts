import { Identity } from './identity.ts'
import { KnownPeople } from './known-people.ts'
import { BrowserTrustStorage, type TrustStorage } from './trust-storage.ts'

/** Who this person is, and whom they know. */
export class Installation {
  readonly identity: Identity
  readonly known: KnownPeople

  constructor(storage: TrustStorage = new BrowserTrustStorage()) {
    this.identity = new Identity(storage)
    this.known = new KnownPeople(storage)
  }
}

let present: Installation | null = null

/** The one of this app, or of this browser. */
export const thisInstallation = (): Installation => (present ??= new Installation())
