import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { checkServer } from '#electron/server-check.ts'
import { startSignallingServer } from '#signalling/server.ts'

const listen = async (answer: RequestListener): Promise<number> => {
  const server = createServer(answer)
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

test('a signalling server is known as one', async () => {
  const server = await startSignallingServer()
  onTestFinished(() => server.close())
  expect(await checkServer(server.port)).toBe(true)
})

test('another program on the port is not', async () => {
  expect(await checkServer(await listen((_, response) => response.end('hello')))).toBe(false)
  expect(await checkServer(await listen((_, response) => response.writeHead(404).end('{}')))).toBe(false)
})

test('nobody on the port is not', async () => {
  const server = await startSignallingServer()
  await server.close()
  expect(await checkServer(server.port)).toBe(false)
})
