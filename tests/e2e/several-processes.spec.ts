import { expect, test } from '../helpers/call-test.ts'
import { LoadBalancer } from '../helpers/load-balancer.ts'
import { RedisServer, whyNoRedis } from '../helpers/redis.ts'
import { ServerProcess } from '../helpers/server-process.ts'

const reason = await whyNoRedis()
if (reason !== null) console.log(`several processes are not tested: ${reason}`)
test.skip(reason !== null, reason ?? '')

test.setTimeout(120_000)

let redis: RedisServer
let servers: ServerProcess[] = []
let balancers: LoadBalancer[] = []

/** Each person comes to another process first. */
test.beforeEach(async () => {
  redis = await RedisServer.start()
  servers = [new ServerProcess(), new ServerProcess(), new ServerProcess()]
  await Promise.all(servers.map((server) => server.start({ REDIS_URL: redis.url })))
  const ports = servers.map(({ port }) => port)
  const orders = ports.map((_, at) => [...ports.slice(at), ...ports.slice(0, at)])
  balancers = await Promise.all(orders.map((order) => LoadBalancer.start(order)))
})
test.afterEach(async () => {
  for (const balancer of balancers) balancer.close()
  await Promise.all(servers.map((server) => server.close()))
  await redis.close()
})

test('three people at three processes: one is killed, Redis is restarted, and their call goes on', async ({
  person,
}) => {
  const people = [await person('Ann'), await person('Ben'), await person('Cleo')] as const
  const [ann, ben, cleo] = people
  const path = new URL(await ann.host(balancers[0]!.url)).pathname
  await ben.join(balancers[1]!.url + path)
  await cleo.join(balancers[2]!.url + path)
  await ann.expectPeople('Ben', 'Cleo')
  for (const one of [ann, ben]) await one.expectMoving('Cleo')
  await ben.say('before')
  for (const one of people) await one.expectChat('before')

  // The home of the room: its maker is connected to it.
  await servers[0]!.kill()
  await ann.expectMoving('Ben')
  await ben.expectHeard('Cleo')
  await cleo.say('said meanwhile')
  for (const one of people) {
    await expect(one.page.getByText(/Reconnecting to the meeting/)).toHaveCount(0, { timeout: 25_000 })
    await one.expectChat('said meanwhile')
    await one.expectChat('before')
  }
  await ann.expectPeople('Ben', 'Cleo')

  await redis.kill()
  await cleo.expectMoving('Ann')
  await redis.restart()
  await ann.say('after')
  for (const one of people) await one.expectChat('after')
  await cleo.expectPeople('Ann', 'Ben')
  await cleo.expectHeard('Ann')
  for (const one of people) await expect(one.page.getByText(/Reconnecting to the meeting/)).toHaveCount(0)
})
