import { describe, expect, it } from 'vitest'
import type { PeerId } from '#signalling/protocol.ts'
import { eventually, expectFrames, expectSound } from './await-media.ts'
import { BarePeer } from './bare-peer.ts'
import { openMedia } from './link-pair.ts'
import { ServerDouble } from './server-double.ts'
import { Somebody, URL } from './somebody.ts'

/** A client of another system in the room of `server`, for one other: whoever is there, or comes first. */
const comeIn = async (server: ServerDouble, name: string, offer: 'you' | 'they') => {
  const { audio, video } = await openMedia()
  const heardFrom: PeerId[] = []
  const arrived: PeerId[] = []
  const peer = new BarePeer({ tracks: [audio, video], beginsAnew: true, send: (signal) => seat.say(signal) })
  const seat = server.admit(name, {
    offer,
    take: (from, signal) => {
      heardFrom.push(from)
      peer.link.handleSignal(signal)
    },
    onArrival: (id) => {
      arrived.push(id)
      if (offer === 'they') void (arrived.length === 1 ? peer.offer() : peer.reconnect())
    },
  })
  return { peer, heardFrom, arrived }
}

const seeEachOther = async (ann: Somebody, name: string, peer: BarePeer): Promise<void> => {
  await ann.sees(name)
  await expectFrames(() => ann.person(name).stream)
  await expectSound(() => ann.person(name).stream)
  await expectFrames(() => peer.remote)
  await expectSound(() => peer.remote)
}

const openAnn = async (server: ServerDouble): Promise<Somebody> => {
  const ann = new Somebody(server, 'Ann')
  await ann.media.turnOn()
  return ann
}

describe.each(['you', 'they'] as const)('a client of another system, with the offer for %s to make,', (offer) => {
  it('that was there before has sound and picture both ways', async () => {
    const server = new ServerDouble()
    const { peer } = await comeIn(server, 'Kiosk', offer)
    const ann = await (await openAnn(server)).enter()
    await seeEachOther(ann, 'Kiosk', peer)
    expect(peer.received.some((signal) => signal.kind === 'description' && signal.type === 'offer')).toBe(
      offer === 'you',
    )
  })

  it('that comes later has sound and picture both ways', async () => {
    const server = new ServerDouble()
    const ann = await (await openAnn(server)).enter()
    const { peer } = await comeIn(server, 'Kiosk', offer)
    // A wire that offers to whom was there before it: only then may that side begin.
    if (offer === 'they') await peer.offer()
    await seeEachOther(ann, 'Kiosk', peer)
    expect(ann.notices).toEqual([{ kind: 'joined', name: 'Kiosk' }])
  })

  it('is sent nothing from in front of the room, but shown', async () => {
    const server = new ServerDouble()
    const { peer, heardFrom } = await comeIn(server, 'Kiosk', offer)
    const ann = await openAnn(server)
    await ann.call.open(URL, server.code)
    expect(ann.call.state).toMatchObject({ phase: 'green-room', room: { peers: [{ name: 'Kiosk' }] } })
    await ann.call.join('Ann')
    await seeEachOther(ann, 'Kiosk', peer)
    expect(new Set(heardFrom)).toEqual(new Set([ann.state.you]))
  })

  it('goes when the server says so, without a goodbye and while it is still heard', async () => {
    const server = new ServerDouble()
    const { peer } = await comeIn(server, 'Kiosk', offer)
    const ann = await (await openAnn(server)).enter()
    await seeEachOther(ann, 'Kiosk', peer)
    server.giveUp('Kiosk', 'left')
    await ann.sees()
    expect(ann.notices).toEqual([{ kind: 'left', name: 'Kiosk' }])
  })

  it('meets a page that was loaded anew as somebody new', async () => {
    const server = new ServerDouble()
    const { peer } = await comeIn(server, 'Kiosk', offer)
    const ann = await (await openAnn(server)).enter()
    await seeEachOther(ann, 'Kiosk', peer)
    const { you } = ann.state
    ann.reload()
    expect(await ann.call.resume()).toBe(true)
    await seeEachOther(ann, 'Kiosk', peer)
    expect(ann.state.you).not.toBe(you)
  })
})

it('a server that forgot us has the clients of other systems meet us anew', async () => {
  const server = new ServerDouble()
  const { peer, arrived } = await comeIn(server, 'Kiosk', 'they')
  const ann = await (await openAnn(server)).enter()
  await seeEachOther(ann, 'Kiosk', peer)
  const [stream, you] = [ann.person('Kiosk').stream, ann.state.you]
  server.cut(ann.client!)
  server.giveUp('Ann')
  server.refusals.set('peer:resume', 'resume-refused')
  ann.client!.reopen()
  await eventually(() => {
    expect(ann.state.you).not.toBe(you)
    expect(ann.person('Kiosk').stream).not.toBe(stream)
  })
  await seeEachOther(ann, 'Kiosk', peer)
  expect(arrived).toHaveLength(2)
})
