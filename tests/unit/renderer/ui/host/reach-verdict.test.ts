import { expect, test } from 'vitest'
import type { HostState, ReachReport } from '#electron/ipc.ts'
import { en } from '#renderer/texts/en.ts'
import { verdictOn } from '#renderer/ui/host/reach-verdict.ts'
import { identity } from '../doubles.ts'

type Running = Extract<HostState, { phase: 'running' }>
const host: Running = {
  phase: 'running',
  url: 'http://127.0.0.1:8002',
  port: 8002,
  takenPort: null,
  addresses: [{ card: 'eth0', family: 'IPv4', address: '192.168.1.20', isVirtual: false }],
  identity,
}
const quiet: ReachReport = { answering: ['192.168.1.20:8002'], firewall: 'unknown', multicast: true, wasReached: false }
const judge = (change: Partial<ReachReport>, running = host, platform: 'linux' | 'win32' | 'darwin' = 'win32') =>
  verdictOn({ ...quiet, ...change }, running, platform, en.reach)

test('somebody who came in outweighs what the firewall seems to do', () => {
  expect(judge({ wasReached: true, firewall: 'blocks', answering: [] })).toMatchObject({
    tone: 'good',
    what: 'Others can reach this computer.',
  })
})

test('a computer on no network is told what to plug in, whoever was here before', () => {
  expect(judge({ wasReached: true }, { ...host, addresses: [] })).toMatchObject({
    tone: 'bad',
    what: 'This computer is on no network.',
  })
})

test.each([
  ['win32', /Windows Security/],
  ['darwin', /System Settings/],
  ['linux', /ufw allow 8002/],
] as const)('a firewall that blocks names the one step on %s', (platform, step) => {
  const verdict = judge({ firewall: 'blocks' }, host, platform)
  expect(verdict).toMatchObject({ tone: 'bad', what: 'The firewall of this computer keeps others out.' })
  expect(verdict.next).toMatch(step)
})

test('a computer that does not answer itself is said to be silent', () => {
  expect(judge({ answering: [] })).toMatchObject({
    tone: 'bad',
    what: 'This computer does not answer at its own addresses.',
  })
})

test('nothing in the way promises no more than is known', () => {
  expect(judge({ firewall: 'lets-through' })).toMatchObject({ tone: 'fair', next: 'The firewall lets others in.' })
  expect(judge({ firewall: 'off' })).toMatchObject({ tone: 'fair', next: 'The firewall lets others in.' })
  expect(judge({}).next).toMatch(/shows when the first one comes/)
  expect(judge({}, host, 'linux').next).toMatch(/port 8002/)
})
