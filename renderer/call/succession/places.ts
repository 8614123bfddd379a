import type { PinnedHost, WantedHost } from '#electron/ipc.ts'

/** One of the computers that host this room, or did. */
export interface Place {
  /** Null when it is not known: a browser sees no keys. */
  readonly pin: string | null
  /** As in `WantedHost`. */
  readonly addresses: readonly string[]
  /** The latest of this page for its seat there; empty when it never had one. */
  readonly token: string
}

const MAX_ADDRESSES = 8

/** The computers that host this room, or did, in the order in which they came to. */
export class Places {
  readonly #places: Place[]

  constructor(first: WantedHost, remembered: readonly Place[] = []) {
    this.#places = remembered.length > 0 ? [...remembered] : [{ ...first, token: '' }]
  }

  /** At most `max`; of more, the first one and the latest. */
  list(max: number): Place[] {
    return this.#places.length <= max ? [...this.#places] : [this.first, ...this.#places.slice(1 - max)]
  }

  get first(): Place {
    return this.#places[0] ?? { pin: null, addresses: [], token: '' }
  }

  /** The one with this key, as far as it is known. */
  find(pin: string): Place | null {
    return this.#places.find((place) => place.pin === pin) ?? null
  }

  /** Answers what is known of that computer now. */
  remember({ pin, addresses }: PinnedHost, token?: string): Place {
    const known = this.find(pin)
    const place: Place = {
      pin,
      addresses: [...new Set([...addresses, ...(known?.addresses ?? [])])].slice(0, MAX_ADDRESSES),
      token: token ?? known?.token ?? '',
    }
    const at = known ? this.#places.indexOf(known) : this.#places.length
    this.#places[at] = place
    return place
  }

  /** The key of a computer turned out. */
  know(place: Place, pin: string): Place {
    const known = { ...place, pin }
    const at = this.#places.findIndex((each) => each.pin === place.pin)
    if (at >= 0) this.#places[at] = known
    return known
  }

  /** There is a seat at that computer, with this token. */
  keepToken(place: Place, token: string): Place {
    const at = this.#places.findIndex((each) => each.pin === place.pin)
    const kept = { ...place, token }
    if (at >= 0) this.#places[at] = kept
    return kept
  }
}
