import { expect, it } from 'vitest'
import { silentLog } from '#renderer/call/log.ts'
import { SignallingClient } from '#renderer/call/signalling-client.ts'

const connect = async (serverUrl: string) => {
  const client = new SignallingClient({ serverUrl, log: silentLog })
  return { client, result: await client.connect({ deadlineMs: 10_000, failures: 2 }) }
}

it('says that nobody is there when nothing listens', async () => {
  // Port 9 (discard) is one that Chromium never opens a connection to.
  const { client, result } = await connect('http://127.0.0.1:9')
  expect(result).toMatchObject({ ok: false, code: 'server-unreachable' })
  expect(client.isOnline).toBe(false)
})

it('says that it is no server of ours when something else answers', async () => {
  const { result } = await connect(location.origin)
  expect(result).toMatchObject({ ok: false, code: 'not-a-server' })
})

it('refuses requests at once while there is no connection, and keeps none for later', async () => {
  const client = new SignallingClient({ serverUrl: location.origin, log: silentLog })
  client.sendSignal('abcdefghijklmnopqrstuv', {
    kind: 'description',
    type: 'offer',
    sdp: '',
    epoch: 'a',
    toEpoch: null,
  })
  expect(await client.request('room:leave', {})).toMatchObject({ ok: false, code: 'disconnected' })
  client.close()
  client.close()
})
