import { mkdtemp, rm, stat } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startLocalServer } from '#build/local-server.ts'
import { askForCertificate, pinOf } from '#electron/tls-key.ts'
import { ask } from '../helpers/signalling-raw.ts'

const startIn = async (folder: string) => {
  const server = await startLocalServer(folder)
  onTestFinished(() => server.stop())
  const shown = await askForCertificate({ host: '127.0.0.1', port: server.port }, AbortSignal.timeout(10_000))
  return { ...server, shown: shown! }
}

test('the server of npm start without Electron speaks https with others, under a key that stays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-local-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const first = await startIn(folder)
  expect(first.url).toBe(`http://localhost:${String(first.port)}`)
  expect((await ask(first.port, '/health')).status).toBe(200)
  expect(first.shown.checkHost('localhost')).toBe('localhost')
  if (first.urlForOthers === null) {
    expect(
      Object.values(networkInterfaces())
        .flat()
        .every((card) => card?.internal),
    ).toBe(true)
  } else {
    const { protocol, hostname, port } = new URL(first.urlForOthers)
    expect([protocol, port]).toEqual(['https:', String(first.port)])
    expect(first.shown.checkIP(hostname.replace(/^\[|\]$/g, ''))).toBeDefined()
  }
  expect((await stat(join(folder, 'host-key.json'))).mode & 0o777).toBe(0o600)
  await first.stop()
  const second = await startIn(folder)
  expect(pinOf(second.shown)).toBe(pinOf(first.shown))
})

test('it tells its own page alone how others reach it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-local-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const { port, shown, url, urlForOthers } = await startIn(folder)
  const told = await fetch(`${url}/own-host`)
  expect(await told.json()).toMatchObject({
    ...{ phase: 'running', url, port, takenPort: null },
    identity: { pin: pinOf(shown), fingerprint: shown.fingerprint256 },
  })
  expect((await ask(port, '/own-host', { headers: { Host: `rebound.example:${String(port)}` } })).status).toBe(403)
  expect((await ask(port, '/own-host', { headers: { Host: `192.168.1.20:${String(port)}` } })).status).toBe(404)
  if (urlForOthers === null) return
  // From another address than loopback it is as if from another computer.
  const { hostname } = new URL(urlForOthers)
  expect((await fetch(`http://${hostname}:${String(port)}/own-host`, { redirect: 'manual' })).status).toBe(308)
})
