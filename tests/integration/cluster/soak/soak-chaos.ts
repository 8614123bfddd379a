import type { TestCluster } from '../../../helpers/cluster.ts'
import { pause, type SoakRandom } from './soak-random.ts'
import type { SoakPerson } from './soak-person.ts'
import type { SoakWorld } from './soak-world.ts'

/** All that a process was home of is at home elsewhere, and everybody is back. */
const CALM_MS = 11_000
const REWRITTEN_MS = 5000

/** Kills, stalls and restarts what there is of a cluster; one process at least is always well. */
export class SoakChaos {
  readonly #cluster: TestCluster
  readonly #world: SoakWorld
  readonly #people: readonly SoakPerson[]
  readonly #random: SoakRandom
  readonly #settings: Readonly<Record<string, string>>
  readonly #unwell = new Map<number, Promise<void>>()

  constructor(
    cluster: TestCluster,
    base: {
      readonly world: SoakWorld
      readonly people: readonly SoakPerson[]
      readonly random: SoakRandom
      readonly settings: Readonly<Record<string, string>>
    },
  ) {
    this.#cluster = cluster
    this.#world = base.world
    this.#people = base.people
    this.#random = base.random
    this.#settings = base.settings
  }

  /** For so long; then everything is well. */
  async rage(ms: number): Promise<void> {
    const endsAt = performance.now() + ms
    while (performance.now() < endsAt) {
      await pause(this.#random.between(200, 3500))
      await this.#random.weighed<() => void | Promise<void>>([
        [4, () => this.#harm((at) => this.#kill(at))],
        [4, () => this.#harm((at) => this.#stall(at))],
        [2, () => this.#harm((at) => this.#stop(at))],
        [1.5, () => this.#restartRedis()],
        [0.7, () => this.#emptyRedis()],
      ])()
    }
    await this.#allWell()
  }

  #harm(how: (at: number) => Promise<void>): void {
    const well = this.#cluster.servers.map((_, at) => at).filter((at) => !this.#unwell.has(at))
    if (well.length < 2) return
    const at = this.#random.of(well)
    this.#unwell.set(
      at,
      how(at).finally(() => this.#unwell.delete(at)),
    )
  }

  async #kill(at: number): Promise<void> {
    this.#world.note(`chaos: kill ${String(at)}`)
    await this.#cluster.servers[at]!.kill()
    await pause(this.#random.of([0, this.#random.between(0, 9000)]))
    await this.#start(at)
  }

  async #stop(at: number): Promise<void> {
    this.#world.note(`chaos: stop ${String(at)}`)
    await this.#cluster.servers[at]!.stop()
    await pause(this.#random.between(0, 3000))
    await this.#start(at)
  }

  async #stall(at: number): Promise<void> {
    this.#world.note(`chaos: stall ${String(at)}`)
    this.#cluster.servers[at]!.pause()
    this.#world.stalled.add(at)
    await pause(this.#random.between(4500, 9000))
    this.#world.note(`chaos: continue ${String(at)}`)
    this.#cluster.servers[at]!.continue()
    this.#world.stalled.delete(at)
  }

  async #start(at: number): Promise<void> {
    await this.#cluster.servers[at]!.start(this.#settings)
    this.#world.note(`chaos: started ${String(at)}`)
  }

  async #restartRedis(): Promise<void> {
    // A process that starts needs Redis.
    await this.#allWell()
    this.#world.note('chaos: Redis is killed')
    this.#world.isRedisAway = true
    await this.#cluster.redis.kill()
    await pause(this.#random.between(0, 3000))
    await this.#cluster.redis.restart()
    this.#world.isRedisAway = false
    this.#world.note('chaos: Redis is back')
  }

  async #emptyRedis(): Promise<void> {
    await this.#allWell()
    await pause(CALM_MS)
    for (const room of this.#world.rooms) {
      if (this.#people.some((person) => person.room === room)) continue
      // Redis alone may know it.
      room.mayBeMissing = true
      room.answered.length = 0
    }
    this.#world.note('chaos: Redis is killed and forgets')
    this.#world.isRedisAway = true
    await this.#cluster.redis.kill()
    await this.#cluster.redis.forget()
    await pause(this.#random.between(0, 3000))
    await this.#cluster.redis.restart()
    this.#world.isRedisAway = false
    this.#world.note('chaos: Redis is back, empty')
    await pause(REWRITTEN_MS)
  }

  async #allWell(): Promise<void> {
    while (this.#unwell.size > 0) await Promise.all(this.#unwell.values())
  }
}
