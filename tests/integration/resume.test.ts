import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  anOffer,
  codeOf,
  connect,
  dropConnection,
  fillRoom,
  next,
  request,
  startTestServer,
  valueOf,
  type Member,
} from '../helpers/signalling-client.ts'

const drop = async (member: Member, witness: Member) => {
  const away = next(witness.socket, 'peer:away')
  dropConnection(member.socket)
  await away
}

test('[R1] whoever resumes is back under the old id, with a new token, and the others are told', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  await drop(bob, ann)
  const back = next(ann.socket, 'peer:back')
  const again = await connect(url)
  const resumed = valueOf(await request(again.socket, 'peer:resume', { token: bob.joined.token }))
  expect(resumed).toEqual({ ...bob.joined, token: expect.any(String) })
  expect(resumed.token).not.toBe(bob.joined.token)
  expect(await back).toEqual({ id: bob.joined.peerId })
})

test('[R2] signals sent meanwhile arrive in order, after the answer', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  await drop(bob, ann)
  const epochs = ['one', 'two', 'three']
  for (const epoch of epochs)
    valueOf(await request(ann.socket, 'signal:send', { to: bob.joined.peerId, signal: anOffer(epoch) }))
  const again = await connect(url)
  const order: string[] = []
  again.socket.on('signal:received', ({ signal }) => order.push(signal.epoch))
  again.socket.emit('peer:resume', { token: bob.joined.token }, ({ ok }) => order.push(ok ? 'answer' : 'refusal'))
  await expect.poll(() => order).toEqual(['answer', ...epochs])
})

test('[R4] a token is good once, and the one it was answered with after that', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  await drop(bob, ann)
  const [second, thief, third] = [await connect(url), await connect(url), await connect(url)]
  const resumed = valueOf(await request(second.socket, 'peer:resume', { token: bob.joined.token }))
  expect(codeOf(await request(thief.socket, 'peer:resume', { token: bob.joined.token }))).toBe('resume-refused')
  await drop({ ...second, joined: resumed }, ann)
  expect(valueOf(await request(third.socket, 'peer:resume', { token: resumed.token })).peerId).toBe(bob.joined.peerId)
})

test('[R4] of two connections that show the same token at once, one gets the place', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  await drop(bob, ann)
  const racers = await Promise.all([connect(url), connect(url)])
  const answers = await Promise.all(
    racers.map(({ socket }) => request(socket, 'peer:resume', { token: bob.joined.token })),
  )
  expect(answers.map(({ ok }) => ok).sort()).toEqual([false, true])
})

test('[R5] resuming while the former connection is alive takes its place, and the others notice nothing', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const replaced = next(bob.socket, 'session:replaced')
  const again = await connect(url)
  valueOf(await request(again.socket, 'peer:resume', { token: bob.joined.token }))
  await replaced
  const received = next(again.socket, 'signal:received')
  valueOf(await request(ann.socket, 'signal:send', { to: bob.joined.peerId, signal: anOffer() }))
  await received
  expect(codeOf(await request(bob.socket, 'chat:send', { nonce: 'nonce-01', text: 'hi' }))).toBe('not-in-room')
  dropConnection(bob.socket)
  valueOf(await request(again.socket, 'chat:send', { nonce: 'nonce-01', text: 'hi' }))
  await expect.poll(() => ann.facts.at(-1)?.[0]).toBe('chat:posted')
  expect(ann.facts.map(([name]) => name)).toEqual(['session:opened', 'peer:joined', 'chat:posted'])
})

test('[R6] whoever left on purpose is not let back in by a token', async () => {
  const { url } = await startTestServer()
  const [, bob] = await fillRoom(url, 'Ann', 'Bob')
  valueOf(await request(bob.socket, 'room:leave', {}))
  expect(codeOf(await request(bob.socket, 'peer:resume', { token: bob.joined.token }))).toBe('resume-refused')
})

test('[R7] a peer that was given up comes back under its old id', async () => {
  const { url } = await startTestServer({ limits: { awayMs: 50 } })
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const left = next(ann.socket, 'peer:left')
  dropConnection(bob.socket)
  await left
  const came = next(ann.socket, 'peer:joined')
  const again = await connect(url)
  valueOf(await request(again.socket, 'peer:resume', { token: bob.joined.token }))
  expect(await came).toMatchObject({ id: bob.joined.peerId, name: 'Bob' })
})

test('[R8] a server that starts again with the same folder knows room and people by their tokens', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'earshot-resume-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const former = await startTestServer({ dataDir })
  const [ann, bob] = await fillRoom(former.url, 'Ann', 'Bob')
  await former.close()
  const { url } = await startTestServer({ dataDir })
  const [annAgain, bobAgain] = [await connect(url), await connect(url)]
  const first = valueOf(await request(annAgain.socket, 'peer:resume', { token: ann.joined.token }))
  expect(first.room).toMatchObject({ code: ann.joined.room.code, peers: [{ id: ann.joined.peerId, name: 'Ann' }] })
  const second = valueOf(await request(bobAgain.socket, 'peer:resume', { token: bob.joined.token }))
  expect(second.room.peers.map(({ id }) => id)).toEqual([ann.joined.peerId, bob.joined.peerId])
  const received = next(annAgain.socket, 'signal:received')
  valueOf(await request(bobAgain.socket, 'signal:send', { to: ann.joined.peerId, signal: anOffer() }))
  expect((await received).from).toBe(bob.joined.peerId)
})

test('[R9] a token of another server, an altered one and nonsense are refused', async () => {
  const [{ url }, other] = [await startTestServer(), await startTestServer()]
  const [ann] = await fillRoom(other.url, 'Ann')
  const { socket } = await connect(url)
  const { token } = ann.joined
  for (const bad of [token, `${token}x`, token.slice(1), 'nonsense', '.', 'a.b.c'])
    expect(codeOf(await request(socket, 'peer:resume', { token: bad })), bad).toBe('resume-refused')
})

test('[R11] a connection that is in a room resumes nobody', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  expect(codeOf(await request(ann.socket, 'peer:resume', { token: bob.joined.token }))).toBe('already-in-room')
})
