import { expect, test } from 'vitest'
import { dropConnection, startTestServer } from '../../helpers/signalling-client.ts'
import { candidate, description } from './appointments-client.ts'
import type { UserClient } from './calls-client.ts'
import { call, Identity, joinAs, ring } from './calls-client.ts'

const [offer, answer] = [description('offer'), description('answer', '2')]
/** Asking for a status until something is so counts as requests. */
const patient = { roomRate: { burst: 10_000, perSecond: 10_000 } }

const drop = (client: UserClient): void => dropConnection(client.socket)

test('a call rings on all devices of the callee; answered on one, it stops on the others', async () => {
  const { url } = await startTestServer()
  const identity = await Identity.make()
  const ann = await joinAs(url, 'ann')
  const [phone, desk] = [await identity.join(url, 'bob'), await identity.join(url, 'bob')]
  const callId = await ring(ann, phone, 'bob')
  expect(await desk.next('call:incoming')).toEqual({ from: 'ann', callType: 'video', callId })
  const late = await identity.join(url, 'bob')
  expect(await late.next('call:incoming')).toMatchObject({ callId })

  desk.emit('call:accept', { callId, from: 'ann' })
  for (const side of [ann, desk]) expect(await side.next('call:accepted')).toEqual({ callId, by: 'bob' })
  for (const other of [phone, late])
    expect(await other.next('call:ended')).toEqual({ callId, by: 'bob', reason: 'answered-elsewhere' })
  expect(await phone.refused('call:accept', { callId, from: 'ann' })).toBe('Call not found or expired')
  expect(await phone.refused('call:answer', { answer, to: 'ann' })).toBe('Receiver not found')

  ann.emit('call:offer', { offer, to: 'bob' })
  await desk.next('call:offer')
  expect([await ann.rest(), await phone.rest(), await late.rest(), await desk.rest()]).toEqual([[], [], [], []])
})

test('rejected on one device, a call stops on all', async () => {
  const { url } = await startTestServer()
  const identity = await Identity.make()
  const ann = await joinAs(url, 'ann')
  const [phone, desk] = [await identity.join(url, 'bob'), await identity.join(url, 'bob')]
  const callId = await ring(ann, phone, 'bob')
  phone.emit('call:reject', { callId, from: 'ann' })
  for (const client of [ann, phone, desk]) expect(await client.next('call:rejected')).toEqual({ callId, by: 'bob' })
})

test('a user has one call over all devices', async () => {
  const { url } = await startTestServer()
  const identity = await Identity.make()
  const [ann, cy] = [await joinAs(url, 'ann'), await joinAs(url, 'cy')]
  const [phone, desk] = [await identity.join(url, 'bob'), await identity.join(url, 'bob')]
  await call(phone, ann, 'ann')
  expect(await desk.refused('call:initiate', { to: 'cy', callType: 'audio' })).toBe('Already in a call')
  expect(await cy.refused('call:initiate', { to: 'bob', callType: 'audio' })).toBe('User is not available')
  expect(await desk.rest()).toEqual([])
})

test('both dial each other while one has two devices: the other device stops', async () => {
  const { url } = await startTestServer()
  const identity = await Identity.make()
  const ann = await joinAs(url, 'ann')
  const [phone, desk] = [await identity.join(url, 'bob'), await identity.join(url, 'bob')]
  const callId = await ring(ann, phone, 'bob')
  desk.emit('call:initiate', { to: 'ann', callType: 'video' })
  expect(await desk.next('call:initiated')).toEqual({ callId, to: 'ann' })
  for (const side of [ann, desk]) expect(await side.next('call:accepted')).toEqual({ callId, by: 'bob' })
  expect(await phone.next('call:ended')).toMatchObject({ reason: 'answered-elsewhere' })
})

test('a user who is back in time keeps the call, with what was sent meanwhile', async () => {
  const { url } = await startTestServer({ limits: patient })
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const callId = await call(ann, bob, 'bob')
  ann.emit('call:offer', { offer, to: 'bob' })
  await bob.next('call:offer')
  bob.emit('call:answer', { answer, to: 'ann' })
  await ann.next('call:answer')

  drop(bob)
  await ann.untilOffline('bob')
  expect(await ann.status('bob')).toMatchObject({ isInCall: true })
  ann.emit('ice:candidate', { candidate, to: 'bob' })
  expect(await ann.rest()).toEqual([])
  const back = await joinAs(url, 'bob')
  expect(await back.next('ice:candidate')).toEqual({ candidate, from: 'ann' })
  back.emit('call:offer', { offer, to: 'ann' })
  expect(await ann.next('call:offer')).toMatchObject({ from: 'bob' })
  expect(await back.rest()).toEqual([])
  back.emit('call:end', { callId })
  for (const side of [ann, back]) expect(await side.next('call:ended')).toMatchObject({ callId, by: 'bob' })
})

test('a caller who was away when the call was accepted is told, and offers then', async () => {
  const { url } = await startTestServer({ limits: patient })
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const callId = await ring(ann, bob, 'bob')
  drop(ann)
  await bob.untilOffline('ann')
  bob.emit('call:accept', { callId, from: 'ann' })
  await bob.next('call:accepted')
  const back = await joinAs(url, 'ann')
  expect(await back.next('call:accepted')).toEqual({ callId, by: 'bob' })
  back.emit('call:offer', { offer, to: 'bob' })
  expect(await bob.next('call:offer')).toMatchObject({ from: 'ann' })
})

test('a call that ended while a user was away is told when the user is back', async () => {
  const { url } = await startTestServer({ limits: patient })
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const callId = await call(ann, bob, 'bob')
  drop(bob)
  await ann.untilOffline('bob')
  ann.emit('call:end', { callId })
  await ann.next('call:ended')
  const back = await joinAs(url, 'bob')
  expect(await back.next('call:ended')).toMatchObject({ callId, by: 'ann' })
})

test.each(['ringing', 'accepted'])('a call ends when a side of it, %s, is gone for good', async (phase) => {
  const { url } = await startTestServer({ limits: { ...patient, awayMs: 50 } })
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const callId = phase === 'ringing' ? await ring(ann, bob, 'bob') : await call(ann, bob, 'bob')
  drop(bob)
  expect(await ann.next('call:ended')).toEqual({ callId, by: 'bob', reason: 'lost' })
  expect(await ann.status('ann')).toMatchObject({ isInCall: false })
  expect(await ann.refused('call:initiate', { to: 'bob', callType: 'audio' })).toBe('User not found')
  await joinAs(url, 'bob')
})

test('a user who is away can not be called', async () => {
  const { url } = await startTestServer({ limits: patient })
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  drop(bob)
  await ann.untilOffline('bob')
  expect(await ann.refused('call:initiate', { to: 'bob', callType: 'audio' })).toBe('User not found')
})
