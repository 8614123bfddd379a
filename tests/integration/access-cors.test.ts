import { expect, test } from 'vitest'
import { startTestServer } from '../helpers/signalling-client.ts'
import { ask } from '../helpers/signalling-raw.ts'

const PAGE = 'https://meet.example.org'
const preflight = (origin: string) => ({
  Origin: origin,
  'Access-Control-Request-Method': 'POST',
  'Access-Control-Request-Headers': 'content-type',
})
const start = () => startTestServer({ allowedOrigins: [PAGE] })

test('[H10] a page of an allowed origin is told beforehand what it may do', async () => {
  const { port } = await start()
  const { status, headers, body } = await ask(port, '/iceServers', { method: 'OPTIONS', headers: preflight(PAGE) })
  expect([status, body]).toEqual([204, ''])
  expect(headers).toMatchObject({
    'access-control-allow-origin': PAGE,
    'access-control-allow-methods': 'GET',
    'access-control-allow-headers': 'Authorization, Content-Type, Last-Event-ID',
    vary: 'Origin',
  })
})

test('[H10] it may read the answers, and those of long-polling', async () => {
  const { port } = await start()
  for (const path of ['/iceServers', '/socket.io/?EIO=4&transport=polling']) {
    const { status, headers } = await ask(port, path, { headers: { Origin: PAGE } })
    expect([path, status, headers['access-control-allow-origin'], headers.vary]).toEqual([path, 200, PAGE, 'Origin'])
  }
})

test.each(['https://evil.example', 'https://meet.example.org.evil.example', 'http://meet.example.org', 'null', '*'])(
  '[H10] a page of %s may neither ask nor read',
  async (origin) => {
    const { port } = await start()
    for (const [path, method] of [
      ['/iceServers', 'GET'],
      ['/iceServers', 'OPTIONS'],
      ['/socket.io/?EIO=4&transport=polling', 'GET'],
      ['/socket.io/?EIO=4&transport=polling', 'OPTIONS'],
    ] as const) {
      const { status, headers } = await ask(port, path, { method, headers: preflight(origin) })
      expect([path, status]).toEqual([path, 403])
      expect(headers).not.toHaveProperty('access-control-allow-origin')
    }
  },
)

test('[H10] no answer is for everybody', async () => {
  const { port } = await start()
  for (const headers of [{}, { Origin: PAGE }])
    for (const path of ['/iceServers', '/health', '/', '/socket.io/?EIO=4&transport=polling'])
      expect((await ask(port, path, { headers })).headers['access-control-allow-origin']).not.toBe('*')
})
