import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startSignallingServer } from '#signalling/server.ts'
import { codeOf, connect, next, request, startTestServer, valueOf } from '../../helpers/signalling-client.ts'
import { AppointmentClient, candidate, description, put, saveChats, storedChats } from './appointments-client.ts'

const paths = [
  ['the default path', {}],
  ['its own path', { path: '/api/v1/signalling/socket' }],
] as const

test.each(paths)('two people meet, exchange a call and part, over %s', async (_, options) => {
  const { url } = await startTestServer()
  const ann = new AppointmentClient(url, options)
  expect(await ann.join('visit 7', 'Ann')).toEqual({
    ...{ message: 'Joined Successfully', remoteSocket: null, opponent_name: null, chats: [] },
  })
  const bob = new AppointmentClient(url, options)
  const joined = await bob.join('visit 7', 'Bob')
  expect(joined).toEqual({
    ...{ message: 'Joined Successfully', remoteSocket: expect.any(String), opponent_name: 'Ann', chats: [] },
  })

  const [offer, answer] = [description('offer'), description('answer', '2')]
  bob.emit('send_offer', { appointment_id: 'visit 7', offer, remoteSocketId: joined['remoteSocket'] })
  bob.emit('ice_candidate', { remoteSocketId: joined['remoteSocket'], candidate })
  const received = await ann.next('receive_offer')
  expect(received).toEqual({ from: expect.any(String), offer, name: 'Bob' })
  expect(await ann.next('ice_candidate')).toEqual({ candidate })
  ann.emit('send_answer', { appointment_id: 'visit 7', answer, remoteSocketId: received['from'] })
  ann.emit('ice_candidate', { remoteSocketId: received['from'], candidate })
  expect(await bob.next('receive_answer')).toEqual({ from: joined['remoteSocket'], answer })
  expect(await bob.next('ice_candidate')).toEqual({ candidate })

  bob.socket.disconnect()
  expect(await ann.next('user_left')).toEqual({ message: expect.any(String) })
  expect([ann.untaken, bob.untaken]).toEqual([[], []])
})

test('joining answers the acknowledgement as well, and whoever is left alone is first again', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = [new AppointmentClient(url), new AppointmentClient(url)]
  const answer: unknown = await ann.socket.emitWithAck('join_room', { appointment_id: 'a', name: 'Ann' })
  expect(answer).toEqual(await ann.next('joined_successfully'))
  await bob.join('a', 'Bob')
  ann.socket.disconnect()
  await bob.next('user_left')
  const cy = new AppointmentClient(url)
  expect(await cy.join('a', 'Cy')).toMatchObject({ opponent_name: 'Bob' })
})

test('an appointment that is not named is made up, and nobody else is in it', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = [new AppointmentClient(url), new AppointmentClient(url)]
  const [first, second] = [await ann.join(undefined, 'Ann'), await bob.join(undefined, 'Bob')]
  expect([first['remoteSocket'], second['remoteSocket']]).toEqual([null, null])
  expect(first['appointment_id']).toMatch(/^[\w-]{22}$/)
  expect(second['appointment_id']).not.toBe(first['appointment_id'])
  const cy = new AppointmentClient(url)
  expect(await cy.join(String(first['appointment_id']), 'Cy')).toMatchObject({ opponent_name: 'Ann' })
})

test('the health check answers an empty object that is not kept', async () => {
  const { url } = await startTestServer()
  const response = await fetch(`${url}/api/v1/signalling/health-status`)
  expect([response.status, await response.json()]).toEqual([200, {}])
  expect(response.headers.get('cache-control')).toBe('no-store')
})

test('the chats of two people who save in turn are kept once each, in order', async () => {
  const { url } = await startTestServer()
  await new AppointmentClient(url).join('a', 'Ann')
  const [one, two, three, four] = ['one', 'two', 'three', 'four'].map((text, at) => ({ text, at, by: { id: at % 2 } }))
  const reordered = { by: { id: 0 }, at: 0, text: 'one' }
  for (const list of [[one], [reordered, two], [one, three], [one, two, three, four], [], [one]])
    expect(await saveChats(url, 'a', list)).toEqual({
      status: 200,
      body: { success: true, message: 'Chats saved Successfully' },
    })
  expect(await storedChats(url, 'a')).toEqual([one, two, three, four])
})

test('chats survive a restart of the server', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'earshot-appointments-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const before = await startSignallingServer({ host: '127.0.0.1', dataDir })
  await new AppointmentClient(before.url).join('a', 'Ann')
  await saveChats(before.url, 'a', [{ text: 'kept \u0000 \ud800 😀' }])
  await before.close()
  const { url } = await startTestServer({ dataDir })
  expect(await storedChats(url, 'a')).toEqual([{ text: 'kept \u0000 \ud800 😀' }])
  expect((await saveChats(url, 'a', [{ text: 'more' }])).status).toBe(200)
})

test.each([
  ['of no appointment', 'b', [{}], 404],
  ['with a list in it', 'a', [{ text: 'new' }, []], 400],
  ['with a text in it', 'a', [{ text: 'new' }, 'hi'], 400],
  ['with null in it', 'a', [null], 400],
  ['that are no list', 'a', { text: 'hi' }, 400],
  ['that are missing', 'a', undefined, 400],
  ['nested too deep', 'a', [JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`)], 400],
  ['too many', 'a', Array.from({ length: 2001 }, (_, at) => ({ at })), 413],
  ['too large', 'a', [{ text: 'x'.repeat(600_000) }], 413],
])('chats %s are refused with a message, and nothing is stored', async (_, appointment, chats, status) => {
  const { url } = await startTestServer()
  await new AppointmentClient(url).join('a', 'Ann')
  await saveChats(url, 'a', [{ text: 'old' }])
  expect(await saveChats(url, appointment, chats)).toEqual({ status, body: { message: expect.any(String) } })
  expect(await storedChats(url, 'a')).toEqual([{ text: 'old' }])
})

test('a limit that is met by saving bit by bit refuses what is too much, and keeps the rest', async () => {
  const { url } = await startTestServer()
  await new AppointmentClient(url).join('a', 'Ann')
  const half = (text: string) => ({ text: text.repeat(200_000) })
  expect((await saveChats(url, 'a', [half('x')])).status).toBe(200)
  expect((await saveChats(url, 'a', [half('y')])).status).toBe(200)
  expect((await saveChats(url, 'a', [half('z')])).status).toBe(413)
  expect(await storedChats(url, 'a')).toEqual([half('x'), half('y')])
})

test('what is no JSON is refused', async () => {
  const { url } = await startTestServer()
  await new AppointmentClient(url).join('a', 'Ann')
  expect((await put(`${url}/api/v1/signalling/save-chats/a`, '{"chats":[')).status).toBe(400)
})

test.each([
  ['no object', 'hello'],
  ['nothing', undefined],
  ['no name', { appointment_id: 'a' }],
  ['an empty name', { appointment_id: 'a', name: ' \u200b ' }],
  ['an id that is no text', { appointment_id: 7, name: 'Ann' }],
  ['an id that is too long', { appointment_id: 'a'.repeat(65), name: 'Ann' }],
  ['an id that can not be seen', { appointment_id: '\u202e', name: 'Ann' }],
])('joining with %s is refused, and the client can still join', async (_, payload) => {
  const { url } = await startTestServer()
  const ann = new AppointmentClient(url)
  await ann.refused('join_room', payload)
  expect(await ann.socket.emitWithAck('join_room', payload)).toEqual({ error: expect.any(String) })
  await ann.next('error')
  expect(await ann.join('a', 'Ann')).toMatchObject({ remoteSocket: null })
})

test('nothing is sent from outside a meeting', async () => {
  const { url } = await startTestServer()
  const [ann, eve] = [new AppointmentClient(url), new AppointmentClient(url)]
  await ann.join('a', 'Ann')
  const bob = new AppointmentClient(url)
  const { remoteSocket: remoteSocketId } = await bob.join('a', 'Bob')
  const send = { appointment_id: 'a', remoteSocketId }
  await eve.refused('send_offer', { ...send, offer: description('offer') })
  await eve.refused('send_answer', { ...send, answer: description('answer') })
  await eve.refused('ice_candidate', { ...send, candidate })
  bob.emit('send_offer', { ...send, offer: description('offer') })
  expect(await ann.next('receive_offer')).toMatchObject({ name: 'Bob' })
  expect(ann.untaken).toEqual([])
})

test('nobody acts for another appointment, nor reaches somebody of one, nor joins a second', async () => {
  const { url } = await startTestServer()
  const [ann, bob, eve, mal] = Array.from({ length: 4 }, () => new AppointmentClient(url))
  await ann!.join('a', 'Ann')
  const { remoteSocket: annId } = await bob!.join('a', 'Bob')
  await eve!.join('b', 'Eve')
  const { remoteSocket: eveId } = await mal!.join('b', 'Mal')
  const offer = description('offer')
  for (const [appointment, remoteSocketId] of [
    ['a', annId],
    ['a', eveId],
    ['b', annId],
    ['b', null],
    ['b', 'A'.repeat(22)],
    ['b', 7],
    [undefined, eveId],
  ])
    await mal!.refused('send_offer', { appointment_id: appointment, remoteSocketId, offer })
  await mal!.refused('ice_candidate', { remoteSocketId: annId, candidate })
  await mal!.refused('join_room', { appointment_id: 'a', name: 'Mal' })
  mal!.emit('send_offer', { appointment_id: 'b', remoteSocketId: eveId, offer })
  expect(await eve!.next('receive_offer')).toMatchObject({ name: 'Mal' })
  bob!.emit('send_offer', { appointment_id: 'a', remoteSocketId: annId, offer })
  expect(await ann!.next('receive_offer')).toMatchObject({ name: 'Bob' })
  expect([ann!.untaken, eve!.untaken]).toEqual([[], []])
})

test.each([
  ['send_offer', { offer: description('answer') }],
  ['send_offer', { offer: { type: 'offer' } }],
  ['send_offer', { offer: { type: 'offer', sdp: 'x'.repeat(40_000) } }],
  ['send_offer', {}],
  ['send_answer', { answer: description('offer') }],
  ['send_answer', { answer: 7 }],
  ['ice_candidate', { candidate: { candidate: 7 } }],
  ['ice_candidate', { candidate: { candidate: 'x'.repeat(2000) } }],
  ['ice_candidate', {}],
])('%s of the wrong shape is refused (%#)', async (event, wrong) => {
  const { url } = await startTestServer()
  const [ann, bob] = [new AppointmentClient(url), new AppointmentClient(url)]
  await ann.join('a', 'Ann')
  const { remoteSocket: remoteSocketId } = await bob.join('a', 'Bob')
  await bob.refused(event, { appointment_id: 'a', remoteSocketId, ...wrong })
  bob.emit('send_offer', { appointment_id: 'a', remoteSocketId, offer: description('offer') })
  await ann.next('receive_offer')
  expect(ann.untaken).toEqual([])
})

test('a full room is refused to one more', async () => {
  const { url } = await startTestServer()
  const host = await connect(url)
  const { code } = valueOf(await request(host.socket, 'room:create', { capacity: 2 }))
  valueOf(await request(host.socket, 'room:join', { code, name: 'Host' }))
  await new AppointmentClient(url).join(code, 'Ann')
  expect(await new AppointmentClient(url).refused('join_room', { appointment_id: code, name: 'Bob' })).toMatch(/full/)
})

test('somebody with the app meets a client of an appointment by its name, and is offered to or offers as told', async () => {
  const { url } = await startTestServer()
  const ann = new AppointmentClient(url)
  await ann.join('a', 'Ann')
  const app = await connect(url)
  const joined = valueOf(await request(app.socket, 'room:join', { code: 'a', name: 'Bob' }))
  const { id: annId, offer } = joined.room.peers[0]!
  expect(offer).toBe('you')
  const { sdp } = description('offer')
  const signal = { kind: 'description', epoch: 'e1', toEpoch: null, type: 'offer', sdp } as const
  valueOf(await request(app.socket, 'signal:send', { to: annId, signal }))
  expect(await ann.next('receive_offer')).toEqual({ from: joined.peerId, offer: { type: 'offer', sdp }, name: 'Bob' })
  const answered = next(app.socket, 'signal:received')
  ann.emit('send_answer', { appointment_id: 'a', remoteSocketId: joined.peerId, answer: description('answer') })
  expect(await answered).toMatchObject({ from: annId, signal: { kind: 'description', type: 'answer' } })

  const came = next(app.socket, 'peer:joined')
  const cy = new AppointmentClient(url)
  expect(await cy.join('a', 'Cy')).toMatchObject({ remoteSocket: annId, opponent_name: 'Ann' })
  expect((await came).offer).toBe('you')
})

test('the name of an appointment that nobody knows opens no room', async () => {
  const { url } = await startTestServer()
  const app = await connect(url)
  expect(codeOf(await request(app.socket, 'room:look', { code: 'no such visit' }))).toBe('room-not-found')
})
