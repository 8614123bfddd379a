import { expect, test } from 'vitest'
import { startTestServer } from '../../helpers/signalling-client.ts'
import { candidate, description } from './appointments-client.ts'
import { call, joinAs, ring, UserClient } from './calls-client.ts'

const offer = description('offer')
const MALFORMED = 'The message is not well formed.'

const needsUser = [
  'user:status',
  'call:initiate',
  'call:accept',
  'call:reject',
  'call:offer',
  'call:answer',
  'ice:candidate',
  'call:end',
]

test.each(needsUser)('%s before user:join is refused', async (event) => {
  const { url } = await startTestServer()
  const nobody = new UserClient(url)
  expect(await nobody.refused(event, { userId: 'ann', to: 'ann', callId: 'c', callType: 'audio' })).toBe(
    'User not authenticated',
  )
})

test.each([undefined, null, 7, 'ann', [], {}, { userId: '' }, { userId: 7 }, { userId: null }])(
  'joining as %j needs a user id',
  async (payload) => {
    const { url } = await startTestServer()
    expect(await new UserClient(url).refused('user:join', payload)).toBe('User ID is required')
  },
)

test.each(['a'.repeat(65), ' ann', 'an\nn', 'a\u202enn', 'ann\u200b'])('%j is no user id', async (userId) => {
  const { url } = await startTestServer()
  expect(await new UserClient(url).refused('user:join', { userId })).toMatch(/one line/)
})

test('ids that are names of what every object has are ids like others', async () => {
  const { url } = await startTestServer()
  const [first, second] = [await joinAs(url, '__proto__'), await joinAs(url, 'constructor')]
  expect(await first.status('toString')).toMatchObject({ isOnline: false })
  await call(first, second, 'constructor')
})

test('the id of a user who is there is refused, and the first one stays', async () => {
  const { url } = await startTestServer()
  const [ann, bob, thief] = [await joinAs(url, 'ann'), await joinAs(url, 'bob'), new UserClient(url)]
  expect(await thief.refused('user:join', { userId: 'ann' })).toBe('User ID is taken')
  expect(await thief.refused('user:status', { userId: 'ann' })).toBe('User not authenticated')
  await ring(bob, ann, 'ann')
})

test('whoever joins as somebody else leaves the former id and its call', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  const callId = await call(ann, bob, 'bob')
  await ann.join('anna')
  expect(await bob.next('call:ended')).toMatchObject({ callId, by: 'ann' })
  expect(await bob.status('ann')).toMatchObject({ isOnline: false, isInCall: false })
  await ring(bob, ann, 'anna')
})

test('calls to nobody, to oneself, to the busy and from the busy are refused', async () => {
  const { url } = await startTestServer()
  const [ann, bob, cy] = [await joinAs(url, 'ann'), await joinAs(url, 'bob'), await joinAs(url, 'cy')]
  const dial = (to: unknown) => ({ to, callType: 'audio' })
  expect(await ann.refused('call:initiate', dial('dora'))).toBe('User not found')
  expect(await ann.refused('call:initiate', dial(undefined))).toBe('User not found')
  expect(await ann.refused('call:initiate', dial('ann'))).toBe('User is not available')
  for (const callType of [undefined, 'smell', 7])
    expect(await ann.refused('call:initiate', { to: 'bob', callType })).toBe(MALFORMED)
  const callId = await ring(ann, bob, 'bob')
  expect(await cy.refused('call:initiate', dial('ann'))).toBe('User is not available')
  expect(await cy.refused('call:initiate', dial('bob'))).toBe('User is not available')
  expect(await ann.refused('call:initiate', dial('cy'))).toBe('Already in a call')
  expect(await ann.refused('call:initiate', dial('bob'))).toBe('Already in a call')
  expect(await bob.refused('call:initiate', dial('cy'))).toBe('Already in a call')
  bob.emit('call:accept', { callId })
  await bob.next('call:accepted')
  expect(await cy.refused('call:initiate', dial('bob'))).toBe('User is not available')
  expect(await bob.refused('call:initiate', dial('ann'))).toBe('Already in a call')
  expect(await cy.rest()).toEqual([])
})

test('calls that do not exist can not be accepted, rejected or ended', async () => {
  const { url } = await startTestServer()
  const ann = await joinAs(url, 'ann')
  for (const callId of ['no such call', undefined, 7, '__proto__', 'x'.repeat(100)]) {
    expect(await ann.refused('call:accept', { callId })).toBe('Call not found or expired')
    expect(await ann.refused('call:reject', { callId })).toBe('Call not found')
    expect(await ann.refused('call:end', { callId })).toBe('Call not found')
  }
  for (const event of ['call:accept', 'call:reject', 'call:end', 'call:initiate', 'call:offer'])
    expect(await ann.refused(event, 'text')).toBe(MALFORMED)
})

test('only the callee accepts and rejects, once, and only participants end', async () => {
  const { url } = await startTestServer()
  const [ann, bob, eve] = [await joinAs(url, 'ann'), await joinAs(url, 'bob'), await joinAs(url, 'eve')]
  const callId = await ring(ann, bob, 'bob')
  for (const event of ['call:accept', 'call:reject'])
    for (const client of [ann, eve]) expect(await client.refused(event, { callId, from: 'ann' })).toBe('Unauthorized')
  expect(await eve.refused('call:end', { callId })).toBe('Unauthorized')
  bob.emit('call:accept', { callId, from: 'ann' })
  for (const client of [ann, bob]) await client.next('call:accepted')
  expect(await eve.refused('call:end', { callId })).toBe('Unauthorized')
  expect(await eve.refused('call:accept', { callId })).toBe('Unauthorized')
  expect(await bob.refused('call:accept', { callId })).toBe('Call not found or expired')
  expect(await bob.refused('call:reject', { callId })).toBe('Call not found')
  expect([await ann.rest(), await bob.rest(), await eve.rest()]).toEqual([[], [], []])
  expect(await ann.status('bob')).toMatchObject({ isInCall: true })
})

test('signals go between the two of a call only, and the server says who sent them', async () => {
  const { url } = await startTestServer()
  const [ann, bob, eve] = [await joinAs(url, 'ann'), await joinAs(url, 'bob'), await joinAs(url, 'eve')]
  await call(ann, bob, 'bob')
  for (const to of ['bob', 'ann', 'nobody', undefined, 7]) {
    expect(await eve.refused('call:offer', { offer, from: 'ann', to, callType: 'video' })).toBe('Receiver not found')
    expect(await eve.refused('call:answer', { answer: offer, from: 'ann', to })).toBe('Receiver not found')
    expect(await eve.refused('ice:candidate', { candidate, from: 'ann', to })).toBe('Receiver not found')
  }
  for (const to of ['eve', 'ann', undefined])
    expect(await ann.refused('call:offer', { offer, from: 'ann', to })).toBe('Receiver not found')
  for (const bad of [undefined, 7, {}, { type: 'answer', sdp: 'v=0' }, { type: 'offer', sdp: 'x'.repeat(40_000) }])
    expect(await ann.refused('call:offer', { offer: bad, to: 'bob' })).toBe(MALFORMED)
  expect(await ann.refused('ice:candidate', { candidate: 7, to: 'bob' })).toBe(MALFORMED)
  expect([await bob.rest(), await eve.rest()]).toEqual([[], []])
  ann.emit('call:offer', { offer, from: 'eve', to: 'bob', callType: 'video' })
  expect(await bob.next('call:offer')).toEqual({ offer, from: 'ann', callType: 'video' })
})

test('a refusal answers the acknowledgement as well', async () => {
  const { url } = await startTestServer()
  const client = new UserClient(url)
  const refused: unknown = await client.socket.emitWithAck('call:end', { callId: 'c' })
  expect(refused).toEqual({ error: 'User not authenticated' })
  expect(await client.socket.emitWithAck('user:join', { userId: 'ann' })).toEqual({})
})

test('the status of nobody in particular is refused', async () => {
  const { url } = await startTestServer()
  const ann = await joinAs(url, 'ann')
  for (const payload of [undefined, {}, { userId: '' }, { userId: 7 }])
    expect(await ann.refused('user:status', payload)).toBe('User ID is required')
})

test('where rooms are made with an access token only, whoever has none calls nobody', async () => {
  const { url } = await startTestServer({ access: { token: 'a'.repeat(32), scope: 'create' } })
  const [ann, bob] = [await joinAs(url, 'ann'), await joinAs(url, 'bob')]
  expect(await ann.refused('call:initiate', { to: 'bob', callType: 'audio' })).toMatch(/access token/)
  expect(await bob.rest()).toEqual([])
})
