import { expect, test } from 'vitest'
import { startTestServer } from '../../helpers/signalling-client.ts'
import { candidate, description } from './appointments-client.ts'
import { call, joinAs, ring, UserClient } from './calls-client.ts'

const [offer, answer] = [description('offer'), description('answer', '2')]

test('a user joins and is told who and where', async () => {
  const { url } = await startTestServer()
  const ann = new UserClient(url)
  expect(await ann.join('ann')).toEqual({ userId: 'ann', socketId: ann.socket.id })
  expect(await ann.join('ann')).toEqual({ userId: 'ann', socketId: ann.socket.id })
})

test('two users call, connect and end, and hear nothing else', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  ann.emit('call:initiate', { to: 'bob', callType: 'audio' })
  const initiated = await ann.next('call:initiated')
  expect(initiated).toEqual({ callId: expect.stringMatching(/^[\w-]{22}$/), to: 'bob' })
  const { callId } = initiated
  expect(await bob.next('call:incoming')).toEqual({ from: 'ann', callType: 'audio', callId })

  bob.emit('call:accept', { callId, from: 'ann' })
  for (const side of [ann, bob]) expect(await side.next('call:accepted')).toEqual({ callId, by: 'bob' })

  ann.emit('call:offer', { offer, from: 'ann', to: 'bob', callType: 'audio' })
  ann.emit('ice:candidate', { candidate, from: 'ann', to: 'bob' })
  expect(await bob.next('call:offer')).toEqual({ offer, from: 'ann', callType: 'audio' })
  expect(await bob.next('ice:candidate')).toEqual({ candidate, from: 'ann' })
  bob.emit('call:answer', { answer, from: 'bob', to: 'ann' })
  bob.emit('ice:candidate', { candidate, from: 'bob', to: 'ann' })
  expect(await ann.next('call:answer')).toEqual({ answer, from: 'bob' })
  expect(await ann.next('ice:candidate')).toEqual({ candidate, from: 'bob' })

  bob.emit('call:offer', { offer: answer.sdp.replace('answer', 'offer'), from: 'bob', to: 'ann', callType: 'video' })
  expect(await ann.next('call:offer')).toMatchObject({ from: 'bob' })

  bob.emit('call:end', { callId })
  for (const side of [ann, bob]) expect(await side.next('call:ended')).toMatchObject({ callId, by: 'bob' })
  expect([await ann.rest(), await bob.rest()]).toEqual([[], []])
  await call(bob, ann, 'ann')
})

test('a call is rejected, and both are told', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const callId = await ring(ann, bob, 'bob')
  bob.emit('call:reject', { callId, from: 'ann' })
  for (const side of [ann, bob]) expect(await side.next('call:rejected')).toEqual({ callId, by: 'bob' })
  expect(await bob.status('ann')).toEqual({ userId: 'ann', isOnline: true, isInCall: false })
})

test('the caller gives up before there is an answer', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const callId = await ring(ann, bob, 'bob')
  ann.emit('call:end', { callId })
  for (const side of [ann, bob]) expect(await side.next('call:ended')).toMatchObject({ callId, by: 'ann' })
  expect(await bob.refused('call:accept', { callId, from: 'ann' })).toBe('Call not found or expired')
})

test('a call that nobody answers times out for both', async () => {
  const { url } = await startTestServer({ limits: { ringMs: 50 } })
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const callId = await ring(ann, bob, 'bob')
  for (const side of [ann, bob])
    expect(await side.next('call:ended')).toEqual({ callId, by: 'bob', reason: 'timed-out' })
  expect(await ann.status('ann')).toMatchObject({ isInCall: false })
})

test('the status says who is there and who is in a call', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  expect(await ann.status('bob')).toEqual({ userId: 'bob', isOnline: true, isInCall: false })
  expect(await ann.status('cy')).toEqual({ userId: 'cy', isOnline: false, isInCall: false })
  await call(ann, bob, 'bob')
  for (const userId of ['ann', 'bob'])
    expect(await ann.status(userId)).toEqual({ userId, isOnline: true, isInCall: true })
})

test('an offer that comes before the answer waits for it', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const callId = await ring(ann, bob, 'bob')
  ann.emit('call:offer', { offer, from: 'ann', to: 'bob', callType: 'video' })
  ann.emit('ice:candidate', { candidate, from: 'ann', to: 'bob' })
  await ann.rest()
  expect(await bob.rest()).toEqual([])
  bob.emit('call:accept', { callId, from: 'ann' })
  await bob.next('call:accepted')
  expect(await bob.next('call:offer')).toEqual({ offer, from: 'ann', callType: 'video' })
  expect(await bob.next('ice:candidate')).toEqual({ candidate, from: 'ann' })
})

test('a client that writes descriptions as text is sent text', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  await call(ann, bob, 'bob')
  ann.emit('call:offer', { offer: offer.sdp, to: 'bob' })
  await bob.next('call:offer')
  bob.emit('call:answer', { answer, to: 'ann' })
  expect(await ann.next('call:answer')).toEqual({ answer: answer.sdp, from: 'bob' })
})

test('both dial each other: one call, accepted once, and only the first dialler offers', async () => {
  const { url } = await startTestServer()
  for (let round = 0; round < 3; round += 1) {
    const [ann, bob] = [await joinAs(url, `ann ${round}`), await joinAs(url, `bob ${round}`)]
    ann.emit('call:initiate', { to: `bob ${round}`, callType: 'video' })
    bob.emit('call:initiate', { to: `ann ${round}`, callType: 'video' })
    const [first, second] = [await ann.next('call:initiated'), await bob.next('call:initiated')]
    expect(first['callId']).toBe(second['callId'])
    const accepted = [await ann.next('call:accepted'), await bob.next('call:accepted')]
    expect(accepted[0]).toEqual(accepted[1])
    const isAnnCalled = accepted[0]!['by'] === `ann ${round}`
    const [caller, callee] = isAnnCalled ? [bob, ann] : [ann, bob]
    const [callerId, calleeId] = isAnnCalled ? ['bob', 'ann'] : ['ann', 'bob']
    expect(await callee.next('call:incoming')).toMatchObject({ callId: first['callId'] })

    callee.emit('call:offer', { offer, to: `${callerId} ${round}` })
    callee.emit('ice:candidate', { candidate, to: `${callerId} ${round}` })
    expect(await callee.rest()).toEqual([])
    caller.emit('call:offer', { offer, to: `${calleeId} ${round}` })
    expect(await callee.next('call:offer')).toMatchObject({ from: `${callerId} ${round}` })
    callee.emit('call:answer', { answer, to: `${callerId} ${round}` })
    await caller.next('call:answer')
    caller.emit('call:end', first)
    for (const side of [caller, callee]) await side.next('call:ended')
    expect([await caller.rest(), await callee.rest()]).toEqual([[], []])
  }
})
