import { beforeAll, expect, test } from 'vitest'
import { checkReach } from '#electron/host-check.ts'
import type { HostAddress, HostState } from '#electron/ipc.ts'
import { createSelfSigned, type SelfSigned } from '#tests/helpers/self-signed.ts'
import { startTlsHost } from '#tests/helpers/tls-host.ts'

let ours: SelfSigned
beforeAll(async () => {
  ours = await createSelfSigned()
})

const at = (address: string): HostAddress => ({ card: 'eth0', family: 'IPv4', address, isVirtual: false })
const running = (port: number, ...addresses: string[]): HostState => ({
  phase: 'running',
  url: `http://127.0.0.1:${String(port)}`,
  port,
  takenPort: null,
  addresses: addresses.map(at),
  identity: { pin: ours.pin, fingerprint: '' },
})
const quiet = {
  checkMulticast: () => Promise.resolve(true),
  readFirewall: () => Promise.resolve('off' as const),
  wasReached: false,
}

test('names the own addresses at which the server proves to hold its key', async () => {
  const host = await startTlsHost(ours)
  // Of all of 127.0.0.0/8 this computer answers itself; at the second nobody listens.
  const report = await checkReach({ ...quiet, host: running(host.port, '127.0.0.1', '127.0.0.9'), wasReached: true })
  expect(report).toEqual({ answering: ['127.0.0.1'], firewall: 'off', multicast: true, wasReached: true })
})

test('another program at the port is not the server', async () => {
  const host = await startTlsHost(await createSelfSigned())
  const report = await checkReach({ ...quiet, host: running(host.port, '127.0.0.1') })
  expect(report.answering).toEqual([])
})

test('passes on what the firewall of the system does with the port, and whether multicast comes back', async () => {
  const asked: number[] = []
  const readFirewall = (port: number) => {
    asked.push(port)
    return Promise.resolve('blocks' as const)
  }
  const host = running(8001)
  const report = await checkReach({ ...quiet, host, readFirewall, checkMulticast: () => Promise.resolve(false) })
  expect(report).toEqual({ answering: [], firewall: 'blocks', multicast: false, wasReached: false })
  expect(asked).toEqual([8001])
})

test('of a server that does not run only the network is told', async () => {
  const report = await checkReach({ ...quiet, host: { phase: 'off' } })
  expect(report).toEqual({ answering: [], firewall: 'unknown', multicast: true, wasReached: false })
})
