import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { startSignallingServer } from '#signalling/server.ts'
import { connect, fillRoom, startTestServer } from '../helpers/signalling-client.ts'

test('a taken port is Node’s own error', async () => {
  const { port } = await startTestServer()
  await expect(startSignallingServer({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test.each([undefined, '0.0.0.0', '127.0.0.1', 'localhost'])(
  'with host %s the answered address is reached from here',
  async (host) => {
    const { url, port } = await startTestServer({ host })
    expect(new URL(url).port).toBe(String(port))
    expect((await connect(url)).session.iceServers).toEqual([])
  },
)

test('an IPv6 host is written in brackets', async (context) => {
  const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
  if (!hasIpv6) context.skip('this machine has no IPv6 loopback')
  const { url } = await startTestServer({ host: '::1' })
  expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/)
  await connect(url)
})

test('a port can be taken again as soon as the server has closed', async () => {
  const first = await startTestServer()
  await fillRoom(first.url, 'Ann', 'Bob')
  await first.close()
  const { url } = await startTestServer({ port: first.port })
  await connect(url)
})

test('a closed server leaves nothing that keeps the process alive', async () => {
  const script = `
    import { io } from 'socket.io-client'
    import { startSignallingServer } from '#signalling/server.ts'
    const server = await startSignallingServer({ host: '127.0.0.1' })
    const socket = io(server.url, { transports: ['websocket'], auth: { version: 1 }, reconnection: false })
    await new Promise((resolve) => socket.once('session:opened', resolve))
    const { value } = await socket.emitWithAck('room:create', {})
    await socket.emitWithAck('room:join', { code: value.code, name: 'Ann' })
    await server.close()
    console.log('closed')`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 10_000,
  })
  const [closed] = await once(child.stdout, 'data')
  expect(String(closed)).toBe('closed\n')
  expect(await once(child, 'exit')).toEqual([0, null])
})
