import { describe, expect, test } from 'vitest'
import { startCluster } from '../../helpers/cluster.ts'
import { whyNoRedis } from '../../helpers/redis.ts'
import { codeOf, connect, hostMeeting, joinRoom, next, request, valueOf } from '../../helpers/signalling-client.ts'

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

const start = async () => {
  const { servers } = await startCluster(2)
  const [one, two] = servers.map(({ url }) => url) as [string, string]
  return { servers, one, two }
}

describe.skipIf(reason !== null)('the door of a room in two processes', { timeout: 60_000 }, () => {
  test('[P1] a guest at one process knocks, and a host at another lets in, removes and mutes', async () => {
    const { one, two } = await start()
    const host = await hostMeeting(one, { knock: true })
    const { code } = host
    const guest = await connect(two)
    const knocked = next(host.socket, 'knocks:changed')
    valueOf(await request(guest.socket, 'room:knock', { code, name: 'Ann' }))
    const { knocks } = await knocked
    const answered = next(guest.socket, 'knock:answered')
    valueOf(await request(host.socket, 'knock:answer', { id: knocks[0]!.id, admit: true }))
    expect(await answered).toEqual({ admitted: true })
    const { peerId: id } = valueOf(await request(guest.socket, 'room:join', { code, name: 'Ann' }))
    const muted = next(guest.socket, 'peer:muted')
    valueOf(await request(host.socket, 'peer:mute', { id }))
    expect(await muted).toEqual({ id, by: host.joined.peerId })
    const removed = next(guest.socket, 'session:removed')
    valueOf(await request(host.socket, 'peer:remove', { id }))
    await removed
  })

  test('[P3] when the home of a room is killed its door, hosts and removed are as they were', async () => {
    const { servers, one, two } = await start()
    const host = await hostMeeting(one, { title: 'Plans' })
    const { code, hostKey } = host
    const [ann, eve] = [await joinRoom(two, code, 'Ann'), await joinRoom(two, code, 'Eve')]
    valueOf(await request(host.socket, 'peer:promote', { id: ann.joined.peerId }))
    valueOf(await request(host.socket, 'peer:remove', { id: eve.joined.peerId }))
    const change = { title: 'Budget', capacity: 5, password: 'sesame', locked: true }
    valueOf(await request(host.socket, 'room:change', change))
    await servers[0]!.kill()

    const again = await connect(two)
    const back = valueOf(await request(again.socket, 'peer:resume', { token: ann.joined.token }))
    const door = { hasPassword: true, knock: false, locked: true }
    const hosts = [host.joined.peerId, ann.joined.peerId]
    expect(back.room).toMatchObject({ title: 'Budget', capacity: 5, door, hosts })
    const { socket } = await connect(two)
    expect(codeOf(await request(socket, 'peer:resume', { token: eve.joined.token }))).toBe('resume-refused')
    expect(codeOf(await request(socket, 'room:join', { code, name: 'Eve' }))).toBe('room-locked')
    valueOf(await request(again.socket, 'room:change', { locked: false }))
    const withPassword = { code, name: 'Eve', password: 'sesame' }
    expect(codeOf(await request(socket, 'room:join', { ...withPassword, password: 'x' }))).toBe('wrong-password')
    expect(codeOf(await request(socket, 'room:join', withPassword))).toBe('knock-needed')
    const key = valueOf(await request(socket, 'room:join', { code, name: 'Hal', hostKey }))
    expect(key.room.hosts).toContain(key.peerId)
  })

  test('[O8] an ended room is no room at any process, and tokens are void everywhere, also once its home is dead', async () => {
    const { servers, one, two } = await start()
    const host = await hostMeeting(one)
    const { code, hostKey } = host
    const ann = await joinRoom(two, code, 'Ann')
    const over = next(ann.socket, 'room:closed')
    valueOf(await request(host.socket, 'room:end', {}))
    expect(await over).toEqual({ code, reason: 'ended' })
    for (const isHomeDead of [false, true]) {
      if (isHomeDead) await servers[0]!.kill()
      const { socket } = await connect(two)
      for (const { joined } of [host, ann])
        expect(codeOf(await request(socket, 'peer:resume', { token: joined.token }))).toBe('resume-refused')
      expect(codeOf(await request(socket, 'room:join', { code, name: 'Hal', hostKey }))).toBe('room-not-found')
    }
  })
})
