import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  anOffer,
  closed,
  codeOf,
  connect,
  dropConnection,
  hostMeeting,
  joinRoom,
  next,
  request,
  startTestServer,
  valueOf,
} from '../helpers/signalling-client.ts'

const counted = { isLoopbackExempt: false }

test('[G1] whoever makes a room is answered a key, and is its host by showing it', async () => {
  const { url } = await startTestServer()
  const { hostKey, joined } = await hostMeeting(url, { password: 'sesame', knock: true })
  expect(hostKey).toMatch(/^[\w-]{22}$/)
  expect(joined.room).toMatchObject({
    door: { hasPassword: true, knock: true, locked: false },
    hosts: [joined.peerId],
  })
})

test('[G2] a guest is told what is in the way, one after the other', async () => {
  const { url } = await startTestServer()
  const { code, socket } = await hostMeeting(url, { password: 'sesame', knock: true })
  const guest = await connect(url)
  const join = async (password?: string) =>
    codeOf(await request(guest.socket, 'room:join', { code, name: 'Ann', ...(password && { password }) }))
  expect([await join(), await join('wrong'), await join('sesame')]).toEqual([
    'password-needed',
    'wrong-password',
    'knock-needed',
  ])
  valueOf(await request(socket, 'room:change', { locked: true }))
  expect(await join('sesame')).toBe('room-locked')
})

test('[G3] a password is the same however its letters are composed', async () => {
  const { url } = await startTestServer()
  const { code } = await hostMeeting(url, { password: 'caf\u00e9' })
  const { socket } = await connect(url)
  valueOf(await request(socket, 'room:join', { code, name: 'Ann', password: 'cafe\u0301' }))
})

test('[G4] a new socket has no more tries than the former one', async () => {
  const { url } = await startTestServer({ limits: { ...counted, passwordRate: { burst: 2, perSecond: 0.001 } } })
  const { code } = await hostMeeting(url, { password: 'sesame' })
  const codes: string[] = []
  for (const password of ['one', 'two', 'sesame']) {
    const { socket } = await connect(url)
    codes.push(codeOf(await request(socket, 'room:join', { code, name: 'Eve', password })))
  }
  expect(codes).toEqual(['wrong-password', 'wrong-password', 'too-many-requests'])
})

test('[G6] a guest in front of a guarded room gets nothing out of it', async () => {
  const { url } = await startTestServer()
  const { code, joined, socket, facts } = await hostMeeting(url, { knock: true, title: 'Plans' })
  const eve = await connect(url)
  const view = valueOf(await request(eve.socket, 'room:look', { code }))
  expect([view.title, view.peers, view.hosts]).toEqual(['Plans', [], []])
  const to = { to: joined.peerId, signal: anOffer() }
  expect(codeOf(await request(eve.socket, 'signal:send', to))).toBe('peer-not-found')
  expect(codeOf(await request(socket, 'signal:send', { to: eve.session.peerId, signal: anOffer() }))).toBe(
    'peer-not-found',
  )
  expect(codeOf(await request(eve.socket, 'chat:send', { nonce: 'nonce-01', text: 'hi' }))).toBe('not-in-room')
  expect(codeOf(await request(eve.socket, 'document:read', { kind: 'report' }))).toBe('not-in-room')
  expect(codeOf(await request(eve.socket, 'peer:remove', { id: joined.peerId }))).toBe('not-host')
  expect(facts.map(([name]) => name)).toEqual(['session:opened'])
})

test('[G8] codes are not tried out faster by more sockets', async () => {
  const { url } = await startTestServer({ limits: { ...counted, missRate: { burst: 2, perSecond: 0.001 } } })
  const { code } = await hostMeeting(url)
  const [one, other] = [await connect(url), await connect(url)]
  const look = ({ socket }: typeof one, at: string) => request(socket, 'room:look', { code: at })
  expect(codeOf(await look(one, '000000000000'))).toBe('room-not-found')
  expect(codeOf(await look(other, '000000000001'))).toBe('room-not-found')
  expect(codeOf(await look(one, code))).toBe('too-many-requests')
  expect(codeOf(await look(other, code))).toBe('too-many-requests')
})

test('[K1] a host sees who waits, and lets that one in', async () => {
  const { url } = await startTestServer()
  const host = await hostMeeting(url, { knock: true })
  const { code } = host
  const ann = await connect(url)
  const knocking = next(host.socket, 'knocks:changed')
  expect(await request(ann.socket, 'room:knock', { code, name: 'Ann' })).toEqual({ ok: true, value: {} })
  const knock = { id: ann.session.peerId, name: 'Ann', wasRemoved: false }
  expect(await knocking).toEqual({ knocks: [knock] })
  const answered = next(ann.socket, 'knock:answered')
  valueOf(await request(host.socket, 'knock:answer', { id: knock.id, admit: true }))
  expect(await answered).toEqual({ admitted: true })
  const { peerId } = valueOf(await request(ann.socket, 'room:join', { code, name: 'Ann' }))
  expect(peerId).toBe(knock.id)
})

test('[K3] whoever was declined is told, and told to wait', async () => {
  const { url } = await startTestServer()
  const host = await hostMeeting(url, { knock: true })
  const { code } = host
  const eve = await connect(url)
  valueOf(await request(eve.socket, 'room:knock', { code, name: 'Eve' }))
  const answered = next(eve.socket, 'knock:answered')
  valueOf(await request(host.socket, 'knock:answer', { id: eve.session.peerId, admit: false }))
  expect(await answered).toEqual({ admitted: false })
  expect(codeOf(await request(eve.socket, 'room:knock', { code, name: 'Eve' }))).toBe('knock-declined')
  expect(codeOf(await request(eve.socket, 'room:join', { code, name: 'Eve' }))).toBe('knock-needed')
})

test('[K4] a connection that is gone waits no more', async () => {
  const { url } = await startTestServer()
  const host = await hostMeeting(url, { knock: true })
  const ann = await connect(url)
  valueOf(await request(ann.socket, 'room:knock', { code: host.code, name: 'Ann' }))
  const changed = next(host.socket, 'knocks:changed')
  dropConnection(ann.socket)
  expect(await changed).toEqual({ knocks: [] })
})

test('[K6] where nobody has to knock the leave comes right behind the answer', async () => {
  const { url } = await startTestServer()
  const { code } = await hostMeeting(url)
  const { socket } = await connect(url)
  const order: string[] = []
  socket.on('knock:answered', () => order.push('knock:answered'))
  socket.emit('room:knock', { code, name: 'Ann' }, () => order.push('answer'))
  await expect.poll(() => order).toEqual(['answer', 'knock:answered'])
})

test('[O2] when the host leaves, the guest who stays is told to be one', async () => {
  const { url } = await startTestServer()
  const host = await hostMeeting(url)
  const ann = await joinRoom(url, host.code, 'Ann')
  const updated = next(ann.socket, 'room:updated')
  valueOf(await request(host.socket, 'room:leave', {}))
  expect(await updated).toMatchObject({ hosts: [ann.joined.peerId] })
})

test('[O4] a change is answered with how the room is then, and told to the others', async () => {
  const { url } = await startTestServer()
  const host = await hostMeeting(url)
  const ann = await joinRoom(url, host.code, 'Ann')
  const updated = next(ann.socket, 'room:updated')
  const change = { title: 'Plans', capacity: 5, password: 'sesame', knock: true, locked: true }
  const details = valueOf(await request(host.socket, 'room:change', change))
  const door = { hasPassword: true, knock: true, locked: true }
  expect(details).toEqual({ title: 'Plans', capacity: 5, door, hosts: [host.joined.peerId] })
  expect(await updated).toEqual(details)
  expect(codeOf(await request(ann.socket, 'room:change', { locked: false }))).toBe('not-host')
})

test('[O4] who made the room decides about it in front of it, too; without the key, or with another, nobody does', async () => {
  const { url } = await startTestServer()
  const maker = await connect(url)
  const { code, hostKey } = valueOf(await request(maker.socket, 'room:create', {}))
  expect(codeOf(await request(maker.socket, 'room:change', { knock: true, hostKey }))).toBe('not-host')
  valueOf(await request(maker.socket, 'room:look', { code }))
  const seen = next(maker.socket, 'room:changed')
  const changed = valueOf(await request(maker.socket, 'room:change', { knock: true, title: 'Tea', hostKey }))
  expect(changed).toMatchObject({ title: 'Tea', door: { knock: true } })
  expect(await seen).toMatchObject({ code, title: 'Tea', door: { knock: true } })
  const guest = await connect(url)
  valueOf(await request(guest.socket, 'room:look', { code }))
  for (const wrong of [{}, { hostKey: 'k'.repeat(22) }])
    expect(codeOf(await request(guest.socket, 'room:change', { knock: false, ...wrong }))).toBe('not-host')
  expect(codeOf(await request(guest.socket, 'room:join', { code, name: 'Eve' }))).toBe('knock-needed')
})

test('[O5] whoever is removed stays connected, is in no room, and knocks under another name on another socket', async () => {
  const { url } = await startTestServer()
  const host = await hostMeeting(url)
  const { code } = host
  const eve = await joinRoom(url, code, 'Eve')
  const [removed, left] = [next(eve.socket, 'session:removed'), next(host.socket, 'peer:left')]
  valueOf(await request(host.socket, 'peer:remove', { id: eve.joined.peerId }))
  await removed
  expect(await left).toEqual({ id: eve.joined.peerId, reason: 'removed' })
  expect(codeOf(await request(eve.socket, 'signal:send', { to: host.joined.peerId, signal: anOffer() }))).toBe(
    'not-in-room',
  )
  const again = await connect(url)
  expect(codeOf(await request(again.socket, 'peer:resume', { token: eve.joined.token }))).toBe('resume-refused')
  expect(codeOf(await request(again.socket, 'room:join', { code, name: 'Mallory' }))).toBe('knock-needed')
  const knocking = next(host.socket, 'knocks:changed')
  valueOf(await request(again.socket, 'room:knock', { code, name: 'Mallory' }))
  expect(await knocking).toMatchObject({ knocks: [{ name: 'Mallory', wasRemoved: true }] })
})

test('[O6] everybody is told who is to be silent', async () => {
  const { url } = await startTestServer()
  const host = await hostMeeting(url)
  const ann = await joinRoom(url, host.code, 'Ann')
  const both = [next(host.socket, 'peer:muted'), next(ann.socket, 'peer:muted')]
  valueOf(await request(host.socket, 'peer:mute', { id: ann.joined.peerId }))
  for (const muted of both) expect(await muted).toEqual({ id: ann.joined.peerId, by: host.joined.peerId })
})

test('[O7] a second host decides as the first one does', async () => {
  const { url } = await startTestServer()
  const host = await hostMeeting(url)
  const ann = await joinRoom(url, host.code, 'Ann')
  valueOf(await request(host.socket, 'peer:promote', { id: ann.joined.peerId }))
  valueOf(await request(ann.socket, 'peer:remove', { id: host.joined.peerId }))
  await expect.poll(() => host.facts.at(-1)?.[0]).toBe('session:removed')
})

test('[O8] an ended room sends everybody out, is not found, and no token or key leads back', async () => {
  const { url } = await startTestServer()
  const host = await hostMeeting(url)
  const { code, hostKey } = host
  const [ann, looking] = [await joinRoom(url, code, 'Ann'), await connect(url)]
  valueOf(await request(looking.socket, 'room:look', { code }))
  const told = [host, ann, looking].map(({ socket }) => next(socket, 'room:closed'))
  expect(await request(host.socket, 'room:end', {})).toEqual({ ok: true, value: {} })
  for (const closing of told) expect(await closing).toEqual({ code, reason: 'ended' })
  expect(codeOf(await request(ann.socket, 'peer:resume', { token: host.joined.token }))).toBe('resume-refused')
  expect(codeOf(await request(host.socket, 'room:join', { code, name: 'Hal', hostKey }))).toBe('room-not-found')
})

test('[G11] a server that starts again with the same folder has the same door, hosts and removed, and no ended room', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'earshot-door-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const former = await startTestServer({ dataDir })
  const [host, over] = [await hostMeeting(former.url), await hostMeeting(former.url)]
  const { code, hostKey } = host
  const [ann, eve] = [await joinRoom(former.url, code, 'Ann'), await joinRoom(former.url, code, 'Eve')]
  valueOf(await request(host.socket, 'room:change', { password: 'sesame', capacity: 4, locked: true }))
  valueOf(await request(host.socket, 'peer:remove', { id: eve.joined.peerId }))
  valueOf(await request(over.socket, 'room:end', {}))
  const gone = [host, ann, eve, over].map(({ socket }) => closed(socket))
  await former.close()
  await Promise.all(gone)

  const { url } = await startTestServer({ dataDir })
  const resume = async (token: string) => {
    const client = await connect(url)
    return { ...client, answer: await request(client.socket, 'peer:resume', { token }) }
  }
  expect(codeOf((await resume(over.joined.token)).answer)).toBe('resume-refused')
  expect(codeOf((await resume(eve.joined.token)).answer)).toBe('resume-refused')
  const annAgain = valueOf((await resume(ann.joined.token)).answer)
  const door = { hasPassword: true, knock: false, locked: true }
  expect(annAgain.room).toMatchObject({ capacity: 4, hosts: [], door })
  expect(codeOf((await resume(eve.joined.token)).answer)).toBe('resume-refused')
  const hostAgain = await resume(host.joined.token)
  expect(valueOf(hostAgain.answer).room.hosts).toEqual([host.joined.peerId])
  const { socket } = await connect(url)
  expect(codeOf(await request(socket, 'room:join', { code, name: 'Mallory' }))).toBe('room-locked')
  valueOf(await request(hostAgain.socket, 'room:change', { locked: false }))
  expect(codeOf(await request(socket, 'room:join', { code, name: 'Mallory', password: 'wrong' }))).toBe(
    'wrong-password',
  )
  expect(codeOf(await request(socket, 'room:join', { code, name: 'Mallory', password: 'sesame' }))).toBe('knock-needed')
  const key = valueOf(await request(socket, 'room:join', { code, name: 'Hal', hostKey }))
  expect(key.room.hosts).toEqual([host.joined.peerId, key.peerId])
})
