import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startCluster } from '../../helpers/cluster.ts'
import { whyNoRedis } from '../../helpers/redis.ts'
import { connect, createRoom } from '../../helpers/signalling-client.ts'
import { SoakChaos } from './soak/soak-chaos.ts'
import { checkEnd } from './soak/soak-end.ts'
import { SoakGuest, SoakWatcher } from './soak/soak-others.ts'
import { SoakPerson } from './soak/soak-person.ts'
import { SoakRandom } from './soak/soak-random.ts'
import { SoakRoom, SoakWorld } from './soak/soak-world.ts'

/**
 * Three processes and a Redis under people who come, go, talk and come back, while processes are killed, stalled, stopped and
 * started, and Redis is restarted with and without what it held. `SOAK_SECONDS` makes the disturbances longer (20 by default)
 * and the choices other ones each time; `SOAK_SEED` repeats those of a former run. What happened in a run that fails is in `soak-<seed>.txt` in the folder for
 * temporary files.
 */
const isLong = process.env['SOAK_SECONDS'] !== undefined
const seconds = Number(process.env['SOAK_SECONDS'] ?? 20)
const seed = Number(process.env['SOAK_SEED'] ?? (isLong ? Math.floor(Math.random() * 4_294_967_296) : 1))

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

const CAPACITIES = [2, 3, 4]
const settings = { METRICS: 'on' }

const populate = async (world: SoakWorld, random: SoakRandom) => {
  const host = await connect(world.urls[0]!)
  for (const capacity of CAPACITIES)
    world.rooms.push(new SoakRoom(await createRoom(host.socket, { capacity }), capacity))
  host.socket.close()
  const named = new SoakRoom('visit', 16, true)
  world.rooms.push(named)
  const people = Array.from({ length: 9 }, (_, at) => new SoakPerson(world, `P${at}`, random.fork()))
  const guests = [0, 1].map((at) => new SoakGuest(world, `G${at}`, named, random.fork()))
  const watchers = [0, 1, 2].map((at) => new SoakWatcher(world, `W${at}`, random.fork()))
  onTestFinished(() => {
    for (const each of [...people, ...guests, ...watchers]) each.close()
  })
  return { people, guests, watchers }
}

describe.skipIf(reason !== null)('three processes and Redis, disturbed', () => {
  test(
    '[P2] [P3] [P4] [P6] whatever is lost and comes back, rooms hold their capacity, messages stay, and all end up together',
    { timeout: seconds * 1000 + 200_000 },
    async () => {
      console.info(`seed ${String(seed)}`)
      const random = new SoakRandom(seed)
      const cluster = await startCluster(3, settings)
      const world = new SoakWorld(cluster.servers.map(({ url }) => url))
      const crowd = await populate(world, random)
      const base = { HOST: '127.0.0.1', REDIS_URL: cluster.redis.url, ...settings }
      const chaos = new SoakChaos(cluster, { world, people: crowd.people, random: random.fork(), settings: base })
      const living = [...crowd.people, ...crowd.guests, ...crowd.watchers].map((each) => each.live())
      await chaos.rage(seconds * 1000)
      world.note('the end')
      world.isEnding = true
      await Promise.all(living)
      await checkEnd(world, crowd, cluster)
      if (world.violations.length > 0) writeFileSync(join(tmpdir(), `soak-${String(seed)}.txt`), world.trace.join('\n'))
      expect(world.violations, `seed ${String(seed)}`).toEqual([])
    },
  )
})
