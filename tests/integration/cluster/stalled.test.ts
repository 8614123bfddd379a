import { describe, expect, test } from 'vitest'
import { startCluster } from '../../helpers/cluster.ts'
import { whyNoRedis } from '../../helpers/redis.ts'
import { closed, connect, joinRoom, request, valueOf } from '../../helpers/signalling-client.ts'
import { ResumingClient } from './resuming-client.ts'

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

describe.skipIf(reason !== null)('a process that stood still', { timeout: 60_000 }, () => {
  test('[P3] tells nobody what it knew of a room that another process decides about by now', async () => {
    const { servers } = await startCluster(2)
    const [stalled, other] = servers.map(({ url }) => url) as [string, string]
    const bob = new ResumingClient('Bob', [other], 0)
    const asker = await connect(stalled)
    const code = valueOf(await request(asker.socket, 'room:create', {})).code
    await joinRoom(stalled, code, 'Ada')
    valueOf(await bob.join(code))
    servers[0]!.pause()
    // It waits where the process has not read it yet.
    const answer = new Promise<unknown>((resolve) => asker.socket.emit('room:look', { code }, resolve))
    await expect.poll(() => bob.returns, { timeout: 20_000 }).toBe(1)
    valueOf(await request(bob.socket, 'room:leave', {}))
    servers[0]!.continue()
    const heard = await Promise.race([answer, closed(asker.socket).then(() => 'closed')])
    expect(JSON.stringify(heard)).not.toContain('Bob')
  })
})
