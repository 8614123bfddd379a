import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openMinimalRooms } from '#signalling/dialects/minimal-rooms.ts'
import { createWorld, enter, openRoom } from '../../../helpers/signalling-domain.ts'

const start = (mayCreate = true) => {
  const world = createWorld()
  const { sockets } = openMinimalRooms(world)
  const connect = () => {
    const sent: [string, unknown][] = []
    const send = (event: string, payload?: unknown) => void sent.push([event, payload])
    const connection = sockets!.open({
      id: 's',
      address: '192.0.2.1',
      mayCreate,
      send,
      close: () => undefined,
    })
    const ask = (event: string, payload?: unknown) => {
      let answer: unknown
      void connection.handle(event, payload, (given) => (answer = given))
      return answer as Record<string, unknown>
    }
    return { connection, ask, sent }
  }
  return { ...world, connect, events: sockets!.events }
}

test('every event that it takes is counted in some rate', () => {
  expect([...start().events]).toEqual([
    ['create-room', 'room'],
    ['join', 'room'],
    ['offer', 'signal'],
    ['answer', 'signal'],
    ['ice', 'signal'],
    ['cut-the-call', 'room'],
  ])
})

test('when everybody has gone nothing is left but the empty room, and in the end not even that', () => {
  const { rooms, clock, limits, connect } = start()
  const clients = Array.from({ length: 16 }, connect)
  clients[0]!.ask('create-room', { room_id: '7' })
  for (const [at, { ask }] of clients.entries())
    expect(ask('join', { room_id: '7', peer_name: `p${at}` })).toHaveProperty('peer_id')
  expect(clock.pending).toBe(0)
  for (const { connection } of clients) connection.lost()
  expect([rooms.find('7')?.size, clock.pending]).toEqual([0, 1])
  clock.advance(limits.emptyRoomMs)
  expect([rooms.size, clock.pending]).toEqual([0, 0])
})

test('a lost socket that was in no room tells nobody', () => {
  const world = start()
  const ann = enter(world, openRoom(world))
  world.connect().connection.lost()
  expect(ann.facts).toEqual([])
})

test('a client without the access token makes no room, and may use an empty one', () => {
  const { connect, rooms } = start(false)
  expect(connect().ask('create-room', { room_id: '7' })).toHaveProperty('error')
  expect(rooms.size).toBe(0)
  rooms.create({ name: '7' })
  expect(connect().ask('create-room', { room_id: '7' })).toEqual({ room_id: '7', url: '/r/7/' })
})

test('a server without space for another room says so', () => {
  const world = createWorld({ rooms: 0 })
  const sent: unknown[] = []
  const send = (_event: string, payload?: unknown) => void sent.push(payload)
  const socket = { id: 's', address: '', mayCreate: true, send, close: () => undefined }
  void openMinimalRooms(world).sockets!.open(socket).handle('create-room', {}, null)
  expect(sent).toEqual([{ error: 'The server has no room for more. Create another room.' }])
})

test('no payload, whatever it holds, does more than be answered once', () => {
  const { connect, events, rooms } = start()
  const [ann, bob, zoe] = [connect(), connect(), connect()]
  ann.ask('create-room', { room_id: '7' })
  ann.ask('join', { room_id: '7', peer_name: 'Ann' })
  const bobId = bob.ask('join', { room_id: '7', peer_name: 'Bob' })['peer_id']
  const told = bob.sent.length
  const nearly = fc.record(
    {
      room_id: fc.oneof(fc.constantFrom('7', 'none'), fc.anything()),
      max_users: fc.anything(),
      peer_name: fc.anything(),
      peer_id: fc.oneof(fc.constant(bobId), fc.anything()),
      sdp: fc.anything({ maxDepth: 1 }).filter((sdp) => typeof sdp !== 'string'),
      candidate: fc.object(),
    },
    { requiredKeys: [] },
  )
  const names = [...events.keys()].filter((name) => name !== 'cut-the-call')
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.oneof(fc.anything(), nearly),
      fc.boolean(),
      (event, payload, isInside) => {
        const { connection } = isInside ? ann : zoe
        const answers: unknown[] = []
        void connection.handle(event, payload, (answer) => answers.push(answer))
        expect(answers).toEqual([expect.any(Object)])
        zoe.connection.lost()
      },
    ),
    { numRuns: 5000 },
  )
  expect(bob.sent.slice(told).every(([event]) => ['user-arrived', 'cut-the-call'].includes(event))).toBe(true)
  expect(rooms.find('7')?.size).toBe(2)
})
