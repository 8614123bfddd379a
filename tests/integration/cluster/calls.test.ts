import { describe, expect, test } from 'vitest'
import { startCluster } from '../../helpers/cluster.ts'
import { whyNoRedis } from '../../helpers/redis.ts'
import { anOffer, connect, createRoom, joinRoom, next, request, valueOf } from '../../helpers/signalling-client.ts'
import { AppointmentClient, candidate, description } from '../dialects/appointments-client.ts'
import { call, joinAs, type UserClient } from '../dialects/calls-client.ts'
import { joinMinimalRoom } from '../dialects/minimal-rooms-client.ts'

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

const [offer, answer] = [description('offer'), description('answer', '2')]

/** Three processes; the last is the home of users and calls. */
const start = async () => {
  const { servers } = await startCluster(3)
  const [one, two, three] = servers.map(({ url }) => url) as [string, string, string]
  await joinAs(three, 'the first')
  return { one, two, three, servers }
}

const openRoom = async (url: string, room: { readonly capacity?: number } = {}): Promise<string> =>
  createRoom((await connect(url)).socket, room)

const callRoom = async (user: UserClient, room: string): Promise<string> => {
  user.emit('call:initiate', { to: room, callType: 'video' })
  const { callId, to } = await user.next('call:initiated')
  expect(to).toBe(room)
  expect(await user.next('call:accepted')).toEqual({ callId, by: room })
  return String(callId)
}

describe.skipIf(reason !== null)('calls and rooms at different processes', { timeout: 60_000 }, () => {
  test('a user calls a room of another process: those inside offer, the user answers, and ends the call', async () => {
    const { one, two, three } = await start()
    const code = await openRoom(one)
    const ann = await joinRoom(two, code, 'Ann')
    for (const url of [three, two, one]) {
      const bob = await joinAs(url, `bob of ${url}`)
      const arrived = next(ann.socket, 'peer:joined')
      const callId = await callRoom(bob, code)
      const { id, name, offer: whoOffers } = await arrived
      expect([name, whoOffers]).toEqual([`bob of ${url}`, 'you'])
      expect(await bob.status(`bob of ${url}`)).toMatchObject({ isInCall: true })

      const from = ann.joined.peerId
      valueOf(await request(ann.socket, 'signal:send', { to: id, signal: anOffer() }))
      const { sdp } = anOffer() as { sdp: string }
      expect(await bob.next('call:offer')).toEqual({ offer: { type: 'offer', sdp }, from, callType: 'video' })
      const answered = next(ann.socket, 'signal:received')
      bob.emit('call:answer', { answer, to: from })
      expect(await answered).toMatchObject({ from: id, signal: { type: 'answer', sdp: answer.sdp } })
      const trickled = next(ann.socket, 'signal:received')
      bob.emit('ice:candidate', { candidate, to: code })
      expect(await trickled).toMatchObject({ from: id, signal: { candidates: [candidate] } })

      const left = next(ann.socket, 'peer:left')
      bob.emit('call:end', { callId })
      expect(await left).toEqual({ id, reason: 'left' })
      expect(await bob.next('call:ended')).toMatchObject({ callId, reason: 'ended' })
      expect(await bob.rest()).toEqual([])
    }
  })

  test('two users who call one room meet there by their ids; what is sent right behind the call waits with it', async () => {
    const { one, two, three } = await start()
    const code = await openRoom(one)
    const [ann, bob] = [await joinAs(two, 'ann'), await joinAs(three, 'bob')]
    ann.emit('call:initiate', { to: code, callType: 'video' })
    ann.emit('call:offer', { offer, to: code })
    ann.emit('ice:candidate', { candidate, to: code })
    await ann.next('call:accepted')
    await callRoom(bob, code)
    expect(await bob.next('call:offer')).toEqual({ offer, from: 'ann', callType: 'video' })
    expect(await bob.next('ice:candidate')).toEqual({ candidate, from: 'ann' })
    bob.emit('call:answer', { answer, to: 'ann' })
    expect(await ann.next('call:answer')).toEqual({ answer, from: 'bob' })
  })

  test('a user calls an appointment of another process by its name, and its client offers', async () => {
    const { one, two } = await start()
    const ann = new AppointmentClient(one)
    await ann.join('visit 7', 'Ann')
    const bob = await joinAs(two, 'bob')
    await callRoom(bob, 'visit 7')
    const { remoteSocket } = await ann.next('joined_successfully')
    ann.emit('send_offer', { appointment_id: 'visit 7', offer, remoteSocketId: remoteSocket })
    const { from } = await bob.next('call:offer')
    bob.emit('call:answer', { answer, to: from })
    expect(await ann.next('receive_answer')).toEqual({ from: remoteSocket, answer })
  })

  test('what has to be refused is refused in the same words, and keeps nobody from calling', async () => {
    const { one, two } = await start()
    const [full, free] = [await openRoom(one, { capacity: 2 }), await openRoom(one)]
    await Promise.all([joinRoom(one, full, 'Cy'), joinRoom(two, full, 'Dora')])
    const ann = await joinRoom(two, free, 'Ann')
    const [bob, eve] = [await joinAs(two, 'bob'), await joinAs(one, ann.joined.peerId)]
    const initiate = (to: string) => ({ to, callType: 'audio' })
    expect(await bob.refused('call:initiate', initiate(full))).toBe('User is not available')
    expect(await bob.refused('call:initiate', initiate('nothing at all'))).toBe('User not found')
    expect(await eve.refused('call:initiate', initiate(free))).toBe('User is not available')
    expect(await bob.status('bob')).toMatchObject({ isInCall: false })
    await callRoom(bob, free)
    expect(await bob.refused('call:initiate', initiate(free))).toBe('Already in a call')
  })

  test('a user whose connection is lost comes back into the room, also through another process', async () => {
    const { one, two, three } = await start()
    const code = await openRoom(one)
    const ann = await joinRoom(one, code, 'Ann')
    const bob = await joinAs(two, 'bob')
    const callId = await callRoom(bob, code)
    const { id } = ann.facts.find(([fact]) => fact === 'peer:joined')![1] as { id: string }
    const away = next(ann.socket, 'peer:away')
    bob.socket.close()
    expect(await away).toEqual({ id })
    valueOf(await request(ann.socket, 'signal:send', { to: id, signal: anOffer() }))
    const back = next(ann.socket, 'peer:back')
    const again = await joinAs(three, 'bob')
    expect(await back).toEqual({ id })
    expect(await again.next('call:accepted')).toEqual({ callId, by: code })
    expect(await again.next('call:offer')).toMatchObject({ from: ann.joined.peerId })
    const answered = next(ann.socket, 'signal:received')
    again.emit('call:answer', { answer, to: code })
    expect(await answered).toMatchObject({ from: id, signal: { type: 'answer' } })
  })

  test('a call to a room ends when the process dies that the room is at, and the room can be called again', async () => {
    const { one, two, three, servers } = await start()
    const code = await openRoom(one)
    const ann = await joinRoom(two, code, 'Ann')
    const bob = await joinAs(three, 'bob')
    const callId = await callRoom(bob, code)
    const isCut = new Promise((resolve) => ann.socket.once('disconnect', resolve))
    const ended = new Promise((resolve) => bob.socket.once('call:ended', resolve))
    await servers[0]!.kill()
    expect(await ended).toEqual({ callId, by: code, reason: 'lost' })
    await isCut
    expect(await bob.status('bob')).toMatchObject({ isInCall: false })
    const again = await connect(two)
    const { token } = ann.joined
    expect(valueOf(await request(again.socket, 'peer:resume', { token }))).toMatchObject({ peerId: ann.joined.peerId })
    const arrived = next(again.socket, 'peer:joined')
    await callRoom(bob, code)
    expect(await arrived).toMatchObject({ name: 'bob' })
  })

  test('a call between users is a room under its id, which clients of any system join at any process', async () => {
    const { one, two, three } = await start()
    const [ann, bob] = [await joinAs(one, 'ann'), await joinAs(two, 'bob')]
    const callId = await call(ann, bob, 'bob')
    const cy = await joinRoom(two, callId, 'Cy')
    expect(cy.joined.room.peers.map(({ name }) => name)).toEqual(['ann', 'bob', 'Cy'])
    const [first] = cy.joined.room.peers
    valueOf(await request(cy.socket, 'signal:send', { to: first!.id, signal: anOffer() }))
    expect(await ann.next('call:offer')).toMatchObject({ from: cy.joined.peerId })
    const second = next(cy.socket, 'peer:joined')
    await joinMinimalRoom(one, callId, 'Mia')
    expect(await second).toMatchObject({ name: 'Mia' })
    const third = next(cy.socket, 'peer:joined')
    const dora = await joinAs(three, 'dora')
    await callRoom(dora, callId)
    expect(await third).toMatchObject({ name: 'dora' })
  })
})
