import { io } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startCluster } from '../../helpers/cluster.ts'
import { whyNoRedis } from '../../helpers/redis.ts'
import { joinRoom, next, request, valueOf } from '../../helpers/signalling-client.ts'
import {
  AppointmentClient,
  candidate,
  description,
  post,
  saveChats,
  setDocument,
  storedChats,
} from '../dialects/appointments-client.ts'
import { call, Identity, joinAs, UserClient } from '../dialects/calls-client.ts'
import { joinMinimalRoom, MinimalRoomsClient } from '../dialects/minimal-rooms-client.ts'
import { joinSseSession, RawStream, SseClient } from '../dialects/sse-sessions-client.ts'

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

const start = async () => {
  const { servers, redis } = await startCluster(3)
  const [one, two, three] = servers.map(({ url }) => url) as [string, string, string]
  return { one, two, three, servers, redis }
}

const [offer, answer] = [description('offer'), description('answer', '2')]

describe.skipIf(reason !== null)('clients of other systems, each at another process', { timeout: 60_000 }, () => {
  test('[P1] appointments, sessions, minimal rooms and Earshot meet in one room', async () => {
    const { one, two, three } = await start()
    const ann = new AppointmentClient(one)
    expect(await ann.join('visit-1', 'Ann')).toMatchObject({ remoteSocket: null })
    const door = await joinSseSession(two, 'visit-1', 'door')
    const met = await ann.next('joined_successfully')
    expect(met).toMatchObject({ opponent_name: 'door' })
    ann.emit('send_offer', { appointment_id: 'visit-1', remoteSocketId: met['remoteSocket'], offer })
    const offered = await door.next('offer')
    expect(offered).toMatchObject({ payload: offer })
    await door.send('answer', answer, offered.senderId!)
    expect(await ann.next('receive_answer')).toMatchObject({ answer, from: met['remoteSocket'] })

    const mia = await joinMinimalRoom(three, 'visit-1', 'Mia')
    expect(mia.joined.peers).toEqual(expect.arrayContaining([{ peer_id: met['remoteSocket'], peer_name: 'door' }]))
    const eve = await joinRoom(two, 'visit-1', 'Eve')
    expect(eve.joined.room.peers.map(({ name }) => name)).toEqual(['Ann', 'door', 'Mia', 'Eve'])
    const heard = next(eve.socket, 'signal:received')
    await door.send('offer', offer, eve.joined.peerId)
    expect(await heard).toMatchObject({ signal: { kind: 'description', type: 'offer', sdp: offer.sdp } })

    const left = next(eve.socket, 'peer:left')
    mia.client.send('cut-the-call')
    expect(await left).toEqual({ id: mia.id, reason: 'left' })
  })

  test('a session reads its events at one process, posts to another, and goes on at a third', async () => {
    const { one, two, three } = await start()
    const door = new SseClient(one, 'house', 'door')
    const { token } = (await door.register()).body
    const first = await RawStream.open(`${two}/events/house/door`, { token: token! })
    const hall = await joinSseSession(one, 'house', 'hall')
    expect(await first.message()).toMatchObject({ type: 'new-peer', senderId: 'hall' })
    const { lastEventId } = first
    first.drop()
    const sent = await post(
      `${three}/message/house/door`,
      { type: 'offer', payload: offer, target: 'hall' },
      {
        Authorization: `Bearer ${token}`,
      },
    )
    expect(sent.status).toBe(200)
    expect(await hall.next('offer')).toEqual({ type: 'offer', payload: offer, senderId: 'door' })
    await hall.send('answer', answer, 'door')
    await hall.send('ice-candidate', candidate, 'door')
    const second = await RawStream.open(`${three}/events/house/door`, { token: token!, lastEventId })
    expect([await second.message(), await second.message()]).toMatchObject([
      { type: 'answer' },
      { type: 'ice-candidate' },
    ])
  })

  test('two that make one room at once at different processes are in one room', async () => {
    const { one, two, three } = await start()
    const clients = [one, two, three].map((url) => new AppointmentClient(url))
    const joined = await Promise.all(clients.map((client, at) => client.join('same', `P${at}`)))
    expect(joined.filter(({ remoteSocket }) => remoteSocket === null)).toHaveLength(1)
    const eve = await joinRoom(one, 'same', 'Eve')
    expect(eve.joined.room.peers).toHaveLength(4)
    const rooms = [one, two, three].map((url) => new MinimalRoomsClient(url).ask('create-room', { room_id: 'same' }))
    for (const made of await Promise.all(rooms)) expect(made).toEqual({ error: expect.stringContaining('occupied') })
  })

  test('chats and documents are those of all processes, and outlive the one that was their home', async () => {
    const { one, two, three, servers } = await start()
    const made = await post(`${one}/api/v1/signalling/appointments`, { appointment_id: 'kept', title: 'Kept' })
    const token = String(made.body['token'])
    expect(await saveChats(two, 'kept', [{ text: 'first' }])).toMatchObject({ status: 200 })
    const eve = await joinRoom(three, 'kept', 'Eve')
    expect(eve.joined.room.title).toBe('Kept')
    const changed = next(eve.socket, 'documents:changed')
    expect(await setDocument(two, 'kept', 'report', { text: 'All well.' }, token)).toMatchObject({ status: 200 })
    expect((await changed).documents).toMatchObject([{ kind: 'report', size: 9 }])
    expect(await setDocument(three, 'kept', 'report', { text: 'mine' }, 'x'.repeat(43))).toMatchObject({ status: 403 })
    const again = await post(`${three}/api/v1/signalling/appointments`, { appointment_id: 'kept' })
    expect(again.status).toBe(409)
    await servers[0]!.kill()
    await servers[2]!.kill()
    expect(await saveChats(two, 'kept', [{ text: 'first' }, { text: 'second' }])).toMatchObject({ status: 200 })
    expect(await storedChats(two, 'kept')).toEqual([{ text: 'first' }, { text: 'second' }])
    const bob = await joinRoom(two, 'kept', 'Bob')
    const report = valueOf(await request(bob.socket, 'document:read', { kind: 'report' }))
    expect(report.text).toBe('All well.')
    expect(await setDocument(two, 'kept', 'report', { text: 'Better.' }, token)).toMatchObject({ status: 200 })
  })

  test('users at different processes call each other, and both dialling at once is one call', async () => {
    const { one, two, three } = await start()
    const [ann, bob] = [await joinAs(one, 'ann'), await joinAs(two, 'bob')]
    const tablet = await joinAs(three, 'cyd')
    expect(await tablet.status('ann')).toMatchObject({ isOnline: true, isInCall: false })
    const callId = await call(ann, bob, 'bob')
    ann.emit('call:offer', { offer, from: 'ann', to: 'bob', callType: 'audio' })
    expect(await bob.next('call:offer')).toMatchObject({ offer, from: 'ann' })
    bob.emit('call:answer', { answer, from: 'bob', to: 'ann' })
    expect(await ann.next('call:answer')).toEqual({ answer, from: 'bob' })
    tablet.emit('call:initiate', { to: 'ann', callType: 'audio' })
    expect(await tablet.next('error')).toEqual({ message: expect.any(String) })
    bob.emit('call:end', { callId })
    for (const side of [ann, bob]) expect(await side.next('call:ended')).toMatchObject({ callId })
    ann.emit('call:initiate', { to: 'bob', callType: 'audio' })
    bob.emit('call:initiate', { to: 'ann', callType: 'audio' })
    const accepted = await Promise.all([ann.next('call:accepted'), bob.next('call:accepted')])
    expect(accepted[0]).toEqual(accepted[1])
  })

  test('an id that belongs to a key belongs to it at every process, also after its home was lost', async () => {
    const { one, two, three, servers } = await start()
    const identity = await Identity.make()
    const ann = await identity.join(one, 'ann')
    ann.socket.close()
    const thief = new UserClient(two)
    thief.emit('user:join', { userId: 'ann' })
    await thief.next('error')
    await servers[0]!.kill()
    const second = new UserClient(three)
    const answered: unknown = await second.socket.timeout(20_000).emitWithAck('user:join', { userId: 'ann' })
    expect(answered).toEqual({ error: expect.any(String) as string })
    await identity.join(three, 'ann')
  })

  test('a device that waits at one process is asked at another, and joins its stream at a third', async () => {
    const { one, two, three } = await start()
    const connect = (url: string) => {
      const socket = io(url, { forceNew: true, reconnection: false, transports: ['websocket'] })
      onTestFinished(() => void socket.close())
      return socket
    }
    const device = connect(one)
    await device.emitWithAck('wait-for-stream', { deviceId: 'camera-7f3a' })
    const asked = new Promise<{ sessionId: string }>((resolve) => device.once('stream-request', resolve))
    const made = await post(`${two}/live/create-stream-request`, { deviceId: 'camera-7f3a' })
    expect(made.status).toBe(200)
    const { sessionId } = await asked
    const camera = connect(three)
    const offered = new Promise((resolve) => camera.once('offerSdp', resolve))
    const join = { sessionId, deviceId: 'camera-7f3a', role: 'device' }
    expect(await camera.emitWithAck('join-stream', join)).toMatchObject({ role: 'device', sessionId })
    expect(await offered).toMatchObject({ sessionId, sdp: { type: 'offer' } })
    const ended = new Promise<{ state: string }>((resolve) => {
      camera.on('stream-state', (state: { state: string }) => state.state === 'ended' && resolve(state))
    })
    expect(await post(`${one}/live/stop`, { sessionId })).toMatchObject({ status: 200 })
    expect(await ended).toMatchObject({ state: 'ended' })
    expect(await post(`${two}/live/stop`, { sessionId })).toMatchObject({ status: 404 })
  })
})
