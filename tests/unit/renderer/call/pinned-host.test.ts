import { expect, it, onTestFinished } from 'vitest'
import type { FoundHost, WantedHost } from '#electron/ipc.ts'
import { Call } from '#renderer/call/call.ts'
import { DevicesDouble } from './devices-double.ts'
import { ServerDouble } from './server-double.ts'

const invitedTo = 'https://192.168.1.20:8001'
const pin = 'p'.repeat(43)
const wanted: WantedHost = { pin, addresses: ['192.168.1.20:8001', '10.0.0.5:8001'] }

const open = (findHost: (wanted: WantedHost) => Promise<FoundHost>) => {
  const server = new ServerDouble()
  const opened: string[] = []
  const call = new Call({
    media: new DevicesDouble(),
    memory: { load: () => null, save: () => undefined },
    findHost,
    openSignalling: (serverUrl) => {
      opened.push(serverUrl)
      return server.open()
    },
  })
  onTestFinished(() => call.close())
  return { server, call, opened }
}

it('the computer that an invitation pins is looked for first, and met where it was found', async () => {
  const asked: WantedHost[] = []
  const { server, call, opened } = open((host) => {
    asked.push(host)
    return Promise.resolve({ ok: true, serverUrl: 'https://10.0.0.5:8001', pin })
  })
  const opening = call.open(invitedTo, server.code, null, wanted)
  expect(call.state).toEqual({ phase: 'opening', serverUrl: invitedTo, goal: 'join' })
  await opening
  expect(asked).toEqual([{ ...wanted, code: server.code }])
  expect(opened).toEqual(['https://10.0.0.5:8001'])
  expect(call.state).toMatchObject({ phase: 'green-room', serverUrl: 'https://10.0.0.5:8001' })
})

it.each([
  ['wrong-key', 'wrong-key'],
  ['unreachable', 'host-not-found'],
] as const)('a search that ends in %s connects nowhere and says %s', async (problem, said) => {
  const { server, call, opened } = open(() => Promise.resolve({ ok: false, problem }))
  await call.open(invitedTo, server.code, null, wanted)
  expect(opened).toEqual([])
  expect(call.state).toEqual({ phase: 'failed', problem: said, serverUrl: invitedTo, asked: server.code })
})

it('a computer that just died is looked for once more: somebody else’s may have gone on with its room by then', async () => {
  const answers: FoundHost[] = [
    { ok: false, problem: 'unreachable' },
    { ok: true, serverUrl: 'https://10.0.0.9:8001', pin: 'h'.repeat(43) },
  ]
  const { server, call, opened } = open(() => Promise.resolve(answers.shift()!))
  await call.open(invitedTo, server.code, null, wanted)
  expect(opened).toEqual(['https://10.0.0.9:8001'])
  await call.join('Ann')
  expect(call.state).toMatchObject({
    phase: 'joined',
    hosting: { phase: 'other', host: { pin: 'h'.repeat(43), addresses: ['10.0.0.9:8001'] } },
  })
})

it('a search that breaks counts as one that found nothing', async () => {
  const { server, call } = open(() => Promise.reject(new Error('refused')))
  await call.open(invitedTo, server.code, null, wanted)
  expect(call.state).toMatchObject({ phase: 'failed', problem: 'host-not-found' })
})

it('a search that was given up connects nowhere, whatever it finds', async () => {
  const found = Promise.withResolvers<FoundHost>()
  const { server, call, opened } = open(() => found.promise)
  const opening = call.open(invitedTo, server.code, null, wanted)
  await call.leave()
  found.resolve({ ok: true, serverUrl: invitedTo, pin })
  await opening
  expect(opened).toEqual([])
  expect(call.state).toEqual({ phase: 'idle' })
})

it('a typed address where nobody speaks TLS is opened as it was typed', async () => {
  const { server, call, opened } = open(() => Promise.resolve({ ok: false, problem: 'unreachable' }))
  await call.open('http://192.168.1.20:8001', server.code, null, { pin: null, addresses: ['192.168.1.20:8001'] })
  expect(opened).toEqual(['http://192.168.1.20:8001'])
})
