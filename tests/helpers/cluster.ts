import { onTestFinished } from 'vitest'
import { RedisServer } from './redis.ts'
import { ServerProcess } from './server-process.ts'

export interface TestCluster {
  readonly redis: RedisServer
  readonly servers: readonly ServerProcess[]
}

/** Starts Redis and so many standalone servers that it joins, each a process of its own; all gone when the test is over. */
export const startCluster = async (
  count: number,
  environment: Readonly<Record<string, string>> = {},
  { appendOnly = true }: { readonly appendOnly?: boolean } = {},
): Promise<TestCluster> => {
  const redis = await RedisServer.start({ appendOnly })
  onTestFinished(() => redis.close())
  const servers = Array.from({ length: count }, () => new ServerProcess())
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.close()))
  })
  const settings = { HOST: '127.0.0.1', REDIS_URL: redis.url, ...environment }
  await Promise.all(servers.map((server) => server.start(settings)))
  return { redis, servers }
}
