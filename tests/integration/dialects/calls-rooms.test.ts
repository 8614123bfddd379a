import { expect, test } from 'vitest'
import {
  anOffer,
  connect,
  createRoom,
  joinRoom,
  next,
  request,
  startTestServer,
  valueOf,
} from '../../helpers/signalling-client.ts'
import { AppointmentClient, candidate, description } from './appointments-client.ts'
import { call, joinAs, type UserClient } from './calls-client.ts'

const [offer, answer] = [description('offer'), description('answer', '2')]

const callRoom = async (user: UserClient, room: string): Promise<string> => {
  user.emit('call:initiate', { to: room, callType: 'video' })
  const { callId, to } = await user.next('call:initiated')
  expect(to).toBe(room)
  expect(await user.next('call:accepted')).toEqual({ callId, by: room })
  return String(callId)
}

test('a user calls a room: those inside offer, the user answers, and leaves by ending the call', async () => {
  const { url } = await startTestServer()
  const host = await connect(url)
  const code = await createRoom(host.socket)
  const ann = await joinRoom(url, code, 'Ann')
  const bob = await joinAs(url, 'bob')
  const arrived = next(ann.socket, 'peer:joined')
  const callId = await callRoom(bob, code)
  const { id, name, offer: whoOffers } = await arrived
  expect([name, whoOffers]).toEqual(['bob', 'you'])
  bob.emit('call:offer', { offer, to: code })
  bob.emit('ice:candidate', { candidate, to: code })
  expect(await bob.rest()).toEqual([])

  const from = ann.joined.peerId
  valueOf(await request(ann.socket, 'signal:send', { to: id, signal: anOffer() }))
  const { sdp } = anOffer() as { sdp: string }
  expect(await bob.next('call:offer')).toEqual({ offer: { type: 'offer', sdp }, from, callType: 'video' })
  const answered = next(ann.socket, 'signal:received')
  bob.emit('call:answer', { answer, to: from })
  expect(await answered).toMatchObject({ from: id, signal: { kind: 'description', type: 'answer', sdp: answer.sdp } })
  const trickled = next(ann.socket, 'signal:received')
  bob.emit('ice:candidate', { candidate, to: code })
  expect(await trickled).toMatchObject({ from: id, signal: { candidates: [candidate] } })

  const left = next(ann.socket, 'peer:left')
  bob.emit('call:end', { callId })
  expect(await left).toEqual({ id, reason: 'left' })
  expect(await bob.next('call:ended')).toMatchObject({ callId, by: 'bob' })
  expect(ann.facts.filter(([fact]) => fact === 'signal:received')).toHaveLength(2)
})

test('two users who call one room meet there, each by the other’s id', async () => {
  const { url } = await startTestServer()
  const code = await createRoom((await connect(url)).socket)
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  await callRoom(ann, code)
  ann.emit('call:offer', { offer, to: code })
  ann.emit('ice:candidate', { candidate, to: code })
  await ann.rest()
  await callRoom(bob, code)
  expect(await bob.next('call:offer')).toEqual({ offer, from: 'ann', callType: 'video' })
  expect(await bob.next('ice:candidate')).toEqual({ candidate, from: 'ann' })
  bob.emit('call:answer', { answer, to: 'ann' })
  expect(await ann.next('call:answer')).toEqual({ answer, from: 'bob' })
  expect([await ann.rest(), await bob.rest()]).toEqual([[], []])
})

test('a user calls an appointment, whose client offers', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = [new AppointmentClient(url), await joinAs(url, 'bob')]
  await ann.join('visit 7', 'Ann')
  await callRoom(bob, 'visit 7')
  const { remoteSocket } = await ann.next('joined_successfully')
  ann.emit('send_offer', { appointment_id: 'visit 7', offer, remoteSocketId: remoteSocket })
  const { from } = await bob.next('call:offer')
  bob.emit('call:answer', { answer, to: from })
  expect(await ann.next('receive_answer')).toEqual({ from: remoteSocket, answer })
})

test('a call is a room under its id, where others can join', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const callId = await call(ann, bob, 'bob')
  const cy = await connect(url)
  const { room, peerId } = valueOf(await request(cy.socket, 'room:join', { code: callId, name: 'Cy' }))
  expect(room.peers.map(({ name }) => name)).toEqual(['ann', 'bob', 'Cy'])
  const [first] = room.peers
  valueOf(await request(cy.socket, 'signal:send', { to: first!.id, signal: anOffer() }))
  expect(await ann.next('call:offer')).toMatchObject({ from: peerId })
  ann.emit('call:end', { callId })
  await bob.next('call:ended')
  expect(valueOf(await request(cy.socket, 'room:leave', {}))).toEqual({})
})

test('rooms of calls that are over do not fill the server', async () => {
  const { url } = await startTestServer({ limits: { rooms: 1, awayMs: 1 } })
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const callId = await call(ann, bob, 'bob')
  const cy = await connect(url)
  valueOf(await request(cy.socket, 'room:look', { code: callId }))
  const closed = next(cy.socket, 'room:closed')
  ann.emit('call:end', { callId })
  expect(await closed).toMatchObject({ reason: 'expired' })
  for (const side of [ann, bob]) await side.next('call:ended')
  await call(bob, ann, 'ann')
})

test('a full server and a full room take no calls', async () => {
  const { url } = await startTestServer({ limits: { rooms: 1 } })
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const code = await createRoom((await connect(url)).socket, { capacity: 2 })
  await Promise.all([joinRoom(url, code, 'Cy'), joinRoom(url, code, 'Dora')])
  expect(await ann.refused('call:initiate', { to: code, callType: 'audio' })).toBe('User is not available')
  ann.emit('call:initiate', { to: 'bob', callType: 'audio' })
  const { callId } = await bob.next('call:incoming')
  expect(await bob.refused('call:accept', { callId })).toMatch(/no room for more/)
  bob.emit('call:reject', { callId })
  await bob.next('call:rejected')
})

test('whoever calls themselves like a peer inside does not get in', async () => {
  const { url } = await startTestServer()
  const code = await createRoom((await connect(url)).socket)
  const ann = await joinRoom(url, code, 'Ann')
  const eve = await joinAs(url, ann.joined.peerId)
  expect(await eve.refused('call:initiate', { to: code, callType: 'audio' })).toBe('User is not available')
})
