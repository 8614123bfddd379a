import { networkInterfaces } from 'node:os'
import { isLoopback, plainAddress } from './addresses.ts'

const readOwnAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((card) => (card ?? []).map(({ address }) => address))

/** A link-local address comes with the card that it is good on: `fe80::1%eth0` is `fe80::1`. */
const withoutZone = (address: string): string => address.replace(/%.*$/, '')

/** Remembers whether anybody from another computer was ever answered. */
export class Reach {
  readonly #ownAddresses: () => readonly string[]
  #wasReached = false

  /** `ownAddresses`: those of this computer, now. */
  constructor(ownAddresses: () => readonly string[] = readOwnAddresses) {
    this.#ownAddresses = ownAddresses
  }

  get wasReached(): boolean {
    return this.#wasReached
  }

  /** Takes down that a sender was answered. `remoteAddress` is missing of a connection that is closed by now. */
  note({ remoteAddress }: { readonly remoteAddress?: string | undefined }): void {
    if (this.#wasReached || remoteAddress === undefined) return
    const address = withoutZone(plainAddress(remoteAddress))
    this.#wasReached = !isLoopback(address) && !this.#ownAddresses().includes(address)
  }
}
