import { expect, onTestFinished, test } from 'vitest'
import { silentLog } from '#renderer/call/log.ts'
import { SignallingClient } from '#renderer/call/signalling-client.ts'
import { startTestServer } from '../helpers/signalling-client.ts'

const TOKEN = '0123456789abcdef'

/** The page's own connection to a server, with a token that can be changed. */
const open = async (serverUrl: string, token: string | null) => {
  const shown = { token }
  const client = new SignallingClient({ serverUrl, log: silentLog, accessToken: () => shown.token })
  onTestFinished(() => {
    client.close()
  })
  return { client, shown, session: await client.connect({ deadlineMs: 10_000, failures: 2 }) }
}

test('[C11] the page shows its token, and says so where the server asks for another one', async () => {
  const { url } = await startTestServer({ access: { token: TOKEN, scope: 'all' } })
  for (const token of [null, '', 'wrong']) {
    expect((await open(url, token)).session).toMatchObject({ ok: false, code: 'access-denied' })
  }
  expect((await open(url, TOKEN)).session.ok).toBe(true)
})

test('[J12] the page makes rooms with the token only, and looks into them without', async () => {
  const { url } = await startTestServer({ access: { token: TOKEN, scope: 'create' } })
  const host = await open(url, TOKEN)
  const created = await host.client.request('room:create', {})
  if (!created.ok) throw new Error(created.code)
  const guest = await open(url, null)
  expect(await guest.client.request('room:create', {})).toMatchObject({ ok: false, code: 'access-denied' })
  expect((await guest.client.request('room:look', { code: created.value.code })).ok).toBe(true)
})

test('[J12] a connection that comes back shows the token as it is then', async () => {
  const { url } = await startTestServer({ access: { token: TOKEN, scope: 'create' } })
  const { client, shown } = await open(url, null)
  const isBack = new Promise<void>((resolve) => {
    client.on('opened', () => {
      resolve()
    })
  })
  shown.token = TOKEN
  client.renew()
  await isBack
  expect((await client.request('room:create', {})).ok).toBe(true)
})

test('[C11] a connection that may not come back is told so, and comes back with the new token', async () => {
  const before = await startTestServer({ access: { token: TOKEN, scope: 'all' } })
  const { client, shown } = await open(before.url, TOKEN)
  const told = (name: 'refused' | 'opened') =>
    new Promise((resolve) => {
      client.on(name, resolve)
    })
  const [refused, opened] = [told('refused'), told('opened')]
  await before.close()
  const port = Number(new URL(before.url).port)
  await startTestServer({ port, access: { token: 'another-token-4567', scope: 'all' } })
  expect(await refused).toBe('access-denied')
  expect(client.isOnline).toBe(false)
  shown.token = 'another-token-4567'
  await opened
  expect((await client.request('room:create', {})).ok).toBe(true)
})
