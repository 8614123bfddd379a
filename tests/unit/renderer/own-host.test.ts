import { expect, test, vi } from 'vitest'
import type { HostState } from '#electron/ipc.ts'
import { askOwnHost, followOwnHost } from '#renderer/own-host.ts'

const told = {
  port: 8001,
  addresses: [{ card: 'eth0', family: 'IPv4', address: '192.168.1.20', isVirtual: false }],
  identity: { pin: 'p'.repeat(43), fingerprint: Array.from({ length: 32 }, () => 'AB').join(':') },
}
const answerWith = (body: unknown, status = 200) =>
  vi.spyOn(window, 'fetch').mockImplementation(() => Promise.resolve(Response.json(body, { status })))

test('the page of this computer learns how others reach its server', async () => {
  answerWith(told)
  expect(await askOwnHost()).toEqual({ phase: 'running', url: location.origin, takenPort: null, ...told })
})

test.each([
  ['a server that knows nothing', null, 200],
  ['a server that has no such address', { message: 'There is nothing at this address.' }, 404],
  ['an address that is none', { ...told, addresses: [{ ...told.addresses[0], address: '<b>' }] }, 200],
  ['a key that is none', { ...told, identity: { ...told.identity, pin: 'p' } }, 200],
])('%s means that nothing is hosted here', async (_what, body, status) => {
  answerWith(body, status)
  expect(await askOwnHost()).toEqual({ phase: 'off' })
})

test('a change of addresses is told, the same again is not, nor is a server that is away for a moment', async () => {
  const heard: HostState[] = []
  const fetched = answerWith(told)
  const stop = followOwnHost((state) => heard.push(state), 5)
  await expect.poll(() => fetched.mock.calls.length).toBeGreaterThan(3)
  fetched.mockImplementation(() => Promise.reject(new TypeError('Failed to fetch')))
  const before = fetched.mock.calls.length
  await expect.poll(() => fetched.mock.calls.length).toBeGreaterThan(before + 3)
  expect(heard).toEqual([])
  answerWith({ ...told, addresses: [] })
  await expect.poll(() => heard).toMatchObject([{ phase: 'running', addresses: [] }])
  stop()
})
