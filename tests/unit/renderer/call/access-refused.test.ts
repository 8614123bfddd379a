import { expect, it } from 'vitest'
import { eventually } from './await-media.ts'
import { ServerDouble } from './server-double.ts'
import { enter, Somebody, URL } from './somebody.ts'

it('in front of a room, a server that lets us in no more ends in the question for its access token', async () => {
  const server = new ServerDouble()
  const ann = new Somebody(server, 'Ann')
  await ann.call.host(URL, {})
  server.crash()
  server.refuseAll('server-full')
  expect(ann.call.state).toMatchObject({ phase: 'green-room', server: 'reconnecting' })
  server.refuseAll('access-denied')
  expect(ann.call.state).toMatchObject({ phase: 'failed', problem: 'access-denied', serverUrl: URL })
})

it('in a meeting, it is asked for while sound and picture go on, and brings one back into the room', async () => {
  const server = new ServerDouble()
  const [ann, ben] = await enter(server, 'Ann', 'Ben')
  await ann!.sees('Ben')
  server.crash()
  server.refuseAll('server-full')
  expect(ann!.state.server).toBe('reconnecting')
  server.refuseAll('access-denied')
  for (const one of [ann!, ben!]) expect(one.state.server).toBe('access-denied')
  await ann!.sees('Ben')

  ann!.call.showAccessToken()
  expect(ann!.state.server).toBe('reconnecting')
  server.refuseAll('access-denied')
  expect(ann!.state.server).toBe('access-denied')
  server.restart()
  await eventually(() => {
    for (const one of [ann!, ben!]) expect(one.state.server).toBe('online')
  })
  await ann!.sees('Ben')
})

it('hosting that is refused says so, with the server that refused', async () => {
  const server = new ServerDouble()
  server.refusals.set('room:create', 'access-denied')
  const ann = new Somebody(server, 'Ann')
  await ann.call.host(URL, {})
  expect(ann.call.state).toMatchObject({ phase: 'failed', problem: 'access-denied', serverUrl: URL })
  server.refusals.clear()
  await ann.call.host(URL, {})
  expect(ann.call.state).toMatchObject({ phase: 'green-room' })
})
