import { expect, test } from 'vitest'
import type { Signal } from '#signalling/protocol.ts'
import type { ServerLimits } from '#signalling/server-limits.ts'
import {
  anOffer,
  fillRoom,
  joinRoom,
  next,
  request,
  startTestServer,
  valueOf,
} from '../../helpers/signalling-client.ts'
import { fillMinimalRoom, joinMinimalRoom } from './minimal-rooms-client.ts'
import { joinSseSession, SseClient } from './sse-sessions-client.ts'

const sdpOf = (id: number) => `v=0\r\no=- ${String(id)} 2 IN IP4 127.0.0.1\r\ns=-\r\n`
const offer = { type: 'offer', sdp: sdpOf(11) }
const answer = { type: 'answer', sdp: sdpOf(22) }

/** With a short wait at the end: fetch keeps a connection in reserve that it never says anything on. */
const start = (limits: Partial<ServerLimits> = {}) => startTestServer({ limits: { closingMs: 50, ...limits } })

test('a client of minimal rooms and one of sessions meet, whoever comes first', async () => {
  const { url } = await start()
  const door = await joinSseSession(url, '7', 'door')
  const ann = await joinMinimalRoom(url, '7', 'Ann')
  const [{ peer_id: doorId }] = ann.joined.peers as [{ peer_id: string }]
  expect(ann.joined.peers).toEqual([{ peer_id: doorId, peer_name: 'door' }])
  expect(await door.next('new-peer')).toEqual({ type: 'new-peer', senderId: ann.id })
  await door.send('offer', offer, ann.id)
  expect(await ann.client.next('offer')).toEqual({ peer_id: doorId, sdp: offer })
  ann.client.send('answer', { peer_id: doorId, sdp: answer })
  expect(await door.next('answer')).toEqual({ type: 'answer', payload: answer, senderId: ann.id })

  const desk = await joinSseSession(url, '7', 'desk')
  const arrived = await ann.client.next('user-arrived')
  expect(arrived).toMatchObject({ peer_name: 'desk' })
  ann.client.send('offer', { peer_id: arrived.peer_id, sdp: offer })
  expect(await desk.next('offer')).toEqual({ type: 'offer', payload: offer, senderId: ann.id })
  ann.client.send('cut-the-call')
  expect(await desk.next('peer-left')).toEqual({ type: 'peer-left', senderId: ann.id })
})

test('a peer that has gone past its window is cut out of minimal rooms too', async () => {
  const { url } = await start({ streamResumeMs: 100 })
  const [ann] = await fillMinimalRoom(url, '7', 'Ann')
  const door = await joinSseSession(url, '7', 'door')
  const { peer_id } = await ann!.client.next('user-arrived')
  door.close()
  expect(await ann!.client.next('cut-the-call')).toEqual({ peer_id })
})

test('Earshot and a session meet in one room, each offering as the room says', async () => {
  const { url } = await start()
  const door = await joinSseSession(url, 'house', 'door')
  const eve = await joinRoom(url, 'house', 'Eve')
  const { id, offer: whoOffers } = eve.joined.room.peers[0]!
  expect([eve.joined.room.peers[0]?.name, whoOffers]).toEqual(['door', 'they'])
  expect(await door.next('new-peer')).toEqual({ type: 'new-peer', senderId: eve.joined.peerId })
  const received = next(eve.socket, 'signal:received')
  await door.send('offer', offer, eve.joined.peerId)
  expect(await received).toMatchObject({ from: id, signal: { kind: 'description', ...offer } })
  const reply: Signal = { kind: 'description', epoch: 'e9', toEpoch: null, type: 'answer', sdp: answer.sdp }
  valueOf(await request(eve.socket, 'signal:send', { to: id, signal: reply }))
  expect(await door.next('answer')).toEqual({ type: 'answer', payload: answer, senderId: eve.joined.peerId })
  valueOf(await request(eve.socket, 'room:leave', {}))
  expect(await door.next('peer-left')).toEqual({ type: 'peer-left', senderId: eve.joined.peerId })
})

test('Earshot offers to a session’s peer that arrives, and is told when it has left', async () => {
  const { url } = await start({ streamResumeMs: 100 })
  const [eve] = await fillRoom(url, 'Eve')
  const told = next(eve.socket, 'peer:joined')
  const door = await joinSseSession(url, eve.joined.room.code, 'door')
  const { id, offer: whoOffers } = await told
  expect(whoOffers).toBe('you')
  valueOf(await request(eve.socket, 'signal:send', { to: id, signal: anOffer() }))
  expect(await door.next('offer')).toMatchObject({ senderId: eve.joined.peerId, payload: { type: 'offer' } })
  expect((await new SseClient(url, eve.joined.room.code, eve.joined.peerId).register()).status).toBe(409)
  const left = next(eve.socket, 'peer:left')
  door.close()
  expect(await left).toEqual({ id, reason: 'left' })
})
