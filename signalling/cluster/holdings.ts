import type { RoomCode } from '#signalling/protocol.ts'
import type { PlaceKey } from './cluster.ts'

/** The places that are at home here, as far as this process knows, and the codes of their rooms. */
export class Holdings {
  readonly #places = new Map<PlaceKey, RoomCode | null>()
  readonly #codes = new Map<RoomCode, PlaceKey>()

  get keys(): readonly PlaceKey[] {
    return [...this.#places.keys()]
  }

  has(key: PlaceKey): boolean {
    return this.#places.has(key)
  }

  add(key: PlaceKey): void {
    if (!this.#places.has(key)) this.#places.set(key, null)
  }

  /** Answers false when it was not held. */
  remove(key: PlaceKey): boolean {
    this.vacate(key)
    return this.#places.delete(key)
  }

  /** The room in this place goes by this code. */
  occupy(key: PlaceKey, code: RoomCode): void {
    this.vacate(key)
    this.#places.set(key, code)
    this.#codes.set(code, key)
  }

  /** There is no room in this place any more. */
  vacate(key: PlaceKey): void {
    const code = this.#places.get(key) ?? null
    if (code === null) return
    this.#places.set(key, null)
    this.#codes.delete(code)
  }

  /** Empty when there is no room there. */
  codeOf(key: PlaceKey): string {
    return this.#places.get(key) ?? ''
  }

  keyOf(code: RoomCode): PlaceKey | undefined {
    return this.#codes.get(code)
  }
}
