import type { Journal, PlaceKey } from '#signalling/cluster/cluster.ts'

/** Lets outputs through, or holds them until `release`, as a journal does while Redis writes. */
export class JournalDouble implements Pick<Journal, 'after'> {
  #held: [PlaceKey | null, () => void, (() => void) | undefined][] | null = null

  readonly after = (key: PlaceKey | null, then: () => void, never?: () => void): void => {
    if (this.#held === null) then()
    else this.#held.push([key, then, never])
  }

  get waiting(): number {
    return this.#held?.length ?? 0
  }

  hold(): void {
    this.#held ??= []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const [, then] of held) then()
  }

  lose(key: PlaceKey): void {
    const dropped = this.#held?.filter(([about]) => about === key) ?? []
    this.#held = this.#held?.filter(([about]) => about !== key) ?? null
    for (const [, , never] of dropped) never?.()
  }
}
