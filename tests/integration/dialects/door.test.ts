import { describe, expect, test } from 'vitest'
import { hostMeeting, next, request, startTestServer, valueOf, type Member } from '../../helpers/signalling-client.ts'
import { AppointmentClient } from './appointments-client.ts'
import { joinAs } from './calls-client.ts'
import { MinimalRoomsClient, joinMinimalRoom } from './minimal-rooms-client.ts'
import { SseClient, joinSseSession } from './sse-sessions-client.ts'

const doors = [{ locked: true }, { knock: true }, { password: 'sesame' }] as const
const FULL = 'The room is full.'

const change = async ({ socket }: Pick<Member, 'socket'>, wish: (typeof doors)[number]) =>
  valueOf(await request(socket, 'room:change', wish))

describe.each(doors)('[G9] to clients of other systems a room with the door %j', (door) => {
  const open = async () => {
    const { url } = await startTestServer()
    const host = await hostMeeting(url)
    await change(host, door)
    return { url, host, code: host.code }
  }

  test('is a full appointment, and is none of the kept ones', async () => {
    const { url, host, code } = await open()
    const client = new AppointmentClient(url)
    expect(await client.refused('join_room', { appointment_id: code, name: 'Eve' })).toBe(FULL)
    expect(client.inbox.untaken).toEqual([])
    const saved = await fetch(`${url}/api/v1/signalling/save-chats/${code}`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: '{"chats":[]}',
    })
    expect(saved.status).toBe(404)
    expect(host.facts.some(([name]) => name === 'peer:joined')).toBe(false)
  })

  test('is a full numbered room', async () => {
    const { url, code } = await open()
    const client = new MinimalRoomsClient(url)
    expect(await client.ask('join', { room_id: code, peer_name: 'Eve' })).toMatchObject({ error: FULL })
    expect(await client.next('full-room')).toEqual({ room_id: code, max_users: 16 })
    expect(await client.ask('create-room', { room_id: code })).toHaveProperty('error')
  })

  test('is a full session, before and after somebody had registered', async () => {
    const { url, host, code } = await open()
    const client = new SseClient(url, code, 'kiosk')
    expect(await client.register()).toEqual({ status: 403, body: { message: FULL } })
    // Nor is it said whether somebody of that id is inside.
    expect((await new SseClient(url, code, host.joined.peerId).register()).body.message).toBe(FULL)
    expect((await client.send('offer', { type: 'offer', sdp: 'v=0' }, host.joined.peerId)).status).toBe(403)
  })

  test('is a user who is not available', async () => {
    const { url, host, code } = await open()
    const eve = await joinAs(url, 'eve')
    expect(await eve.refused('call:initiate', { to: code, callType: 'audio' })).toBe('User is not available')
    expect(await eve.refused('call:offer', { to: host.joined.peerId, offer: 'v=0' })).toBe('Receiver not found')
  })
})

describe.each([
  ['removes them', '[O5]', 'removed'],
  ['ends the meeting', '[O8]', 'ended'],
] as const)('when a host %s', (_, rule, how) => {
  const act = async (host: Member, id: string) => {
    if (how === 'ended') valueOf(await request(host.socket, 'room:end', {}))
    else valueOf(await request(host.socket, 'peer:remove', { id }))
  }
  const open = async () => {
    const { url } = await startTestServer()
    return { url, host: await hostMeeting(url) }
  }
  const arrival = async (host: Member) => (await next(host.socket, 'peer:joined')).id

  test(`${rule} a client of appointments hears that the other one has left, and is in no meeting`, async () => {
    const { url, host } = await open()
    const { code } = host
    const came = arrival(host)
    const client = new AppointmentClient(url)
    await client.join(code, 'Eve')
    await act(host, await came)
    expect(await client.next('user_left')).toEqual({ message: expect.stringContaining('host has') as string })
    const candidate = { remoteSocketId: host.joined.peerId, candidate: null }
    expect(await client.refused('ice_candidate', candidate)).toBe('Join a meeting first.')
    if (how === 'removed')
      expect(await client.refused('join_room', { appointment_id: code, name: 'Another' })).toBe(FULL)
    else await client.join('another one', 'Eve')
  })

  test(`${rule} a client of numbered rooms is told that its own call is cut`, async () => {
    const { url, host } = await open()
    const { client, id } = await joinMinimalRoom(url, host.code, 'Eve')
    await act(host, id)
    expect(await client.next('cut-the-call')).toEqual({ peer_id: id })
    const answer = await client.ask('offer', { peer_id: host.joined.peerId, sdp: 'v=0' })
    expect(answer.error).toBe('This connection is in no room.')
    const again = await client.ask('join', { room_id: host.code, peer_name: 'Another' })
    expect(again.error).toBe(how === 'removed' ? FULL : 'There is no such room.')
  })

  test(`${rule} a peer of a session is told that it has left, and its stream ends`, async () => {
    const { url, host } = await open()
    const came = arrival(host)
    const client = await joinSseSession(url, host.code, 'kiosk')
    await act(host, await came)
    expect(await client.next('peer-left')).toEqual({ type: 'peer-left', senderId: 'kiosk' })
    // It comes again by itself, and is told that there is no such peer.
    await expect.poll(() => client.readyState, { timeout: 10_000 }).toBe(2)
    expect((await client.send('offer', { type: 'offer', sdp: 'v=0' }, host.joined.peerId)).status).toBe(403)
    if (how === 'removed') expect((await client.register()).body.message).toBe(FULL)
  })

  test(`${rule} a user who called the room hears that the call has ended`, async () => {
    const { url, host } = await open()
    const came = arrival(host)
    const eve = await joinAs(url, 'eve')
    eve.emit('call:initiate', { to: host.code, callType: 'audio' })
    const { callId } = await eve.next('call:accepted')
    await act(host, await came)
    expect(await eve.next('call:ended')).toEqual({ callId, by: host.code, reason: 'ended' })
    expect(await eve.status('eve')).toMatchObject({ isInCall: false })
  })
})

test('[G8] rooms that there are not are counted over all systems', async () => {
  const { url } = await startTestServer({
    limits: { isLoopbackExempt: false, missRate: { burst: 2, perSecond: 0.001 } },
  })
  const host = await hostMeeting(url)
  const minimal = new MinimalRoomsClient(url)
  expect((await minimal.ask('join', { room_id: 'nowhere', peer_name: 'Eve' })).error).toBe('There is no such room.')
  const eve = await joinAs(url, 'eve')
  expect(await eve.refused('call:initiate', { to: 'nowhere', callType: 'audio' })).toBe('User not found')
  const slowed = await minimal.ask('join', { room_id: host.code, peer_name: 'Eve' })
  expect(slowed.error).toBe('Too many requests; wait a moment.')
  expect(await eve.refused('call:initiate', { to: host.code, callType: 'audio' })).toBe('User not found')
})
