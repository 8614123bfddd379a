import { describe, expect, it } from 'vitest'
import { limits, type Signal } from '#signalling/protocol.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { eventually, expectFrames, sentPackets } from './await-media.ts'
import { collectConnections } from './link-pair.ts'
import { ServerDouble } from './server-double.ts'
import { enter, Somebody, URL } from './somebody.ts'

const anOffer: Signal = { kind: 'description', epoch: 'e', toEpoch: null, type: 'offer', sdp: 'v=0\r\n' }

const areConnected = async (connections: readonly RTCPeerConnection[], count: number): Promise<void> => {
  await eventually(() => {
    expect(connections.filter(({ connectionState }) => connectionState === 'connected')).toHaveLength(count)
  })
}

describe('in front of a room', () => {
  it('connects to those inside, unseen and without sound or picture, and shows both at the join', async () => {
    const server = new ServerDouble()
    const connections = collectConnections()
    const [ann, ben] = [new Somebody(server, 'Ann'), new Somebody(server, 'Ben')]
    await Promise.all([ann.media.turnOn(), ben.media.turnOn()])
    await ann.enter()
    await ben.call.open(URL, server.code)
    await areConnected(connections, 2)
    expect(ann.state.people).toEqual([])
    expect(ann.notices).toEqual([])
    expect(await sentPackets(connections)).toBe(0)
    await ben.call.join('Ben')
    // At once: there is nothing left to connect.
    await ann.sees('Ben')
    await expectFrames(() => ben.person('Ann').stream)
    await expectFrames(() => ann.person('Ben').stream)
    expect(ann.notices).toEqual([{ kind: 'joined', name: 'Ben' }])
    expect(connections).toHaveLength(2)
  })

  it('refused, takes sound and picture back from those it was connected to', async () => {
    const server = new ServerDouble()
    const connections = collectConnections()
    const [ann, ben] = [new Somebody(server, 'Ann'), new Somebody(server, 'Ben')]
    await ben.media.turnOn()
    await ann.enter()
    await ben.call.open(URL, server.code)
    await areConnected(connections, 2)
    server.refusals.set('room:join', 'room-full')
    await ben.call.join('Ben')
    expect(connections.filter(({ connectionState }) => connectionState === 'closed')).toHaveLength(1)
    await eventually(() => {
      expect(connections).toHaveLength(4)
    })
    const [, , mine, theirs] = connections
    await areConnected([mine!, theirs!], 2)
    expect(await sentPackets([mine!, theirs!])).toBe(0)
    expect(ann.state.people).toEqual([])
  })

  it('forgets those who looked and went, without a word to anybody', async () => {
    const server = new ServerDouble()
    const connections = collectConnections()
    const [ann] = await enter(server, 'Ann')
    const ben = new Somebody(server, 'Ben')
    await ben.call.open(URL, server.code)
    await areConnected(connections, 2)
    await ben.call.leave()
    await eventually(() => {
      expect(connections.map(({ connectionState }) => connectionState)).toEqual(['closed', 'closed'])
    })
    expect(ann!.notices).toEqual([])
  })

  it('is connected no more people than may come in', async () => {
    const server = new ServerDouble()
    const connections = collectConnections()
    const [ann] = await enter(server, 'Ann')
    const stranger = server.open()
    await stranger.connect()
    for (let count = 0; count < limits.roomCapacity + 5; count++) {
      const from = randomId()
      server.tellAll('signal:received', { from, signal: { ...anOffer, epoch: randomId() } })
    }
    await eventually(() => {
      expect(connections).toHaveLength(limits.roomCapacity)
    })
    expect(ann!.state.people).toEqual([])
    const ben = await new Somebody(server, 'Ben').enter()
    await ben.sees('Ann')
    await ann!.sees('Ben')
  })
})
