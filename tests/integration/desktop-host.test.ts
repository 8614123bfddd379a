import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { askForCertificate, pinOf } from '#electron/tls-key.ts'
import { DesktopFixture, findFreePort, type TestPageWindow } from '#tests/helpers/electron-stand-in-fixture.ts'
import type { DesktopUnderTest } from '#tests/helpers/electron-stand-in.ts'

declare const window: TestPageWindow & typeof globalThis

let fixture: DesktopFixture
let app: DesktopUnderTest
let page: Page
beforeAll(async () => {
  fixture = await DesktopFixture.build()
  app = await fixture.launch()
  page = await app.page()
}, 60_000)
afterAll(() => fixture.close())
beforeEach(async () => {
  await page.evaluate(() => window.desktop.stopHost())
  await page.evaluate(() => window.notices.splice(0))
})

const want = (hostPort: number) => page.evaluate((port) => window.desktop.changeSettings({ hostPort: port }), hostPort)
const startHost = () => page.evaluate(() => window.desktop.startHost())
const hostStates = () =>
  page.evaluate(() => window.notices.filter((notice) => notice[0] === 'hostChanged').map(([, state]) => state))
const phases = async () => (await hostStates()).map((state) => (state.phase === 'starting' ? state.step : state.phase))
const killServer = () => app.evaluate(({ standIn }) => standIn.processes.at(-1)!.child.kill('SIGKILL'))

/** The first packet of the Socket.IO server, as a socket of the page gets it. */
const firstPacket = (url: string) =>
  page.evaluate(
    (address) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`${address.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
        socket.onmessage = ({ data }) => {
          resolve(String(data))
          socket.close()
        }
        socket.onerror = () => resolve('refused')
      }),
    url,
  )

const occupy = (port: number) =>
  new Promise<Server>((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(port, () => resolve(server))
  })
const isFree = async (port: number) => {
  const server = await occupy(port).catch(() => null)
  server?.close()
  return server !== null
}

test('hosting tells its steps, runs on the wanted port, and takes the page’s socket', async () => {
  const port = await findFreePort()
  await want(port)
  const state = await startHost()
  expect(state).toMatchObject({ phase: 'running', port, takenPort: null, url: `http://127.0.0.1:${String(port)}` })
  expect(await phases()).toEqual(['process', 'port', 'check', 'running'])
  expect(await firstPacket(`http://127.0.0.1:${String(port)}`)).toMatch(/^0\{"sid"/)
  expect(await page.evaluate(() => window.desktop.startHost())).toEqual(state)
})

test('the server takes the app’s own origin and refuses another page’s', async () => {
  await want(await findFreePort())
  const state = await startHost()
  if (state.phase !== 'running') throw new Error(`Hosting is ${state.phase}`)
  const connectFrom = (origin: string) => {
    const socket = io(state.url, { transports: ['websocket'], reconnection: false, extraHeaders: { Origin: origin } })
    onTestFinished(() => void socket.disconnect())
    return new Promise<string>((resolve) => {
      socket.once('connect', () => resolve('taken'))
      socket.once('connect_error', () => resolve('refused'))
    })
  }
  expect(await connectFrom('app://bundle')).toBe('taken')
  expect(await connectFrom('https://evil.example')).toBe('refused')
  expect(await connectFrom('http://bundle.app.localhost')).toBe('refused')
})

test('others are shown the key and the certificate that the state tells, by https', async () => {
  await want(await findFreePort())
  const state = await startHost()
  if (state.phase !== 'running') throw new Error(`Hosting is ${state.phase}`)
  const shown = await askForCertificate({ host: '127.0.0.1', port: state.port }, AbortSignal.timeout(10_000))
  expect(pinOf(shown!)).toBe(state.identity.pin)
  expect(shown!.fingerprint256).toBe(state.identity.fingerprint)
  for (const { address } of state.addresses) expect(shown!.checkIP(address), address).toBeDefined()
})

test('a taken port gives the next free one, and says so', async () => {
  const port = await findFreePort()
  const other = await occupy(port)
  await want(port)
  const state = await startHost()
  other.close()
  expect(state).toMatchObject({ phase: 'running', takenPort: port })
  expect(state.phase === 'running' && state.port).toBeGreaterThan(port)
})

test('a server that crashes comes back on the same port, with the key of its tokens, and the page is told', async () => {
  const port = await findFreePort()
  await want(port)
  await startHost()
  await killServer()
  await expect
    .poll(phases, { timeout: 15_000 })
    .toEqual(['process', 'port', 'check', 'running', 'restarting', 'running'])
  expect((await hostStates()).at(-1)).toMatchObject({ phase: 'running', port })
  expect(await firstPacket(`http://127.0.0.1:${String(port)}`)).toMatch(/^0\{"sid"/)
  expect(await readdir(join(app.userDataDir, 'server'))).toContain('earshot.db')
  expect(await app.log()).not.toContain('store-unusable')
})

test('stopping ends the server’s process and frees the port; stopping again is no error', async () => {
  const port = await findFreePort()
  await want(port)
  await startHost()
  expect(await page.evaluate(() => window.desktop.stopHost())).toEqual({ phase: 'off' })
  expect(await isFree(port)).toBe(true)
  expect(await app.evaluate(({ standIn }) => standIn.processes.filter(({ pid }) => pid !== undefined).length)).toBe(0)
  expect(await page.evaluate(() => window.desktop.stopHost())).toEqual({ phase: 'off' })
})

test('a server that cannot start is tried four times, then hosting has failed and the log says why', async () => {
  const folder = join(app.userDataDir, 'server')
  await rm(folder, { recursive: true, force: true })
  await writeFile(folder, 'not a folder')
  await want(await findFreePort())
  expect(await startHost()).toEqual({ phase: 'failed', reason: 'crashed' })
  await rm(folder)
  expect((await phases()).filter((phase) => phase === 'restarting')).toHaveLength(3)
  expect(await app.log()).toMatch(/\[host\].*(EEXIST|ENOTDIR)/)
  expect(await app.evaluate(({ standIn }) => standIn.processes.filter(({ pid }) => pid !== undefined).length)).toBe(0)
  expect(await startHost()).toMatchObject({ phase: 'running' })
})

test('the page is told when the computer wakes up', async () => {
  await app.evaluate(({ electron }) => electron.powerMonitor.emit('resume'))
  await expect.poll(() => page.evaluate(() => window.notices)).toContainEqual(['networkChanged', 'resumed'])
})

test('the server runs apart, with next to nothing of the environment', async () => {
  await startHost()
  const found = await app.evaluate(({ standIn }) => {
    const { pid, modulePath, environment } = standIn.processes.at(-1)!
    return { isApart: pid !== process.pid, modulePath, environment: Object.keys(environment) }
  })
  expect(found.isApart).toBe(true)
  expect(found.modulePath).toMatch(/host-process\.js$/)
  expect(found.environment).toContain('PATH')
  expect(found.environment.filter((name) => /NODE|ELECTRON|EARSHOT|TOKEN|KEY/.test(name))).toEqual([])
})

test('the key outlives the app, sealed by the keychain', async () => {
  const first = await fixture.launch()
  const identityIn = async (launched: DesktopUnderTest) => {
    const itsPage = await launched.page()
    const state = await itsPage.evaluate(() => window.desktop.startHost())
    return state.phase === 'running' ? state.identity : null
  }
  const identity = await identityIn(first)
  expect(identity?.pin).toMatch(/^[\w-]{43}$/)
  expect(await readFile(join(first.userDataDir, 'host-key.json'), 'utf8')).toMatch(/^\{"sealed":"[\w+/=]+"\}$/)
  await first.close()
  expect(await identityIn(await fixture.launch({ userDataDir: first.userDataDir }))).toEqual(identity)
})

test('the page is told what this computer hosts with before it hosts anything', async () => {
  const first = await fixture.launch()
  const itsPage = await first.page()
  const keysOf = async (launched: DesktopUnderTest) =>
    (await launched.page()).evaluate(() => window.desktop.getHostKeys())
  const keys = await keysOf(first)
  expect(keys).toEqual({ pin: expect.stringMatching(/^[\w-]{43}$/), ownerKey: expect.stringMatching(/^[\w-]{22}$/) })
  expect(await keysOf(first)).toEqual(keys)
  expect(await itsPage.evaluate(() => window.desktop.getHost())).toEqual({ phase: 'off' })
  expect(await first.evaluate(({ standIn }) => standIn.processes.length)).toBe(0)
  const files = await readdir(first.userDataDir)
  expect(files).toContain('host-key.json')
  expect(files).not.toContain('host-certificate.pem')

  const state = await itsPage.evaluate(() => window.desktop.startHost())
  expect(state).toMatchObject({ phase: 'running', identity: { pin: keys!.pin } })
  const orders = await first.evaluate(({ standIn }) => standIn.processes.at(-1)!.messages)
  expect(orders).toMatchObject([{ kind: 'start', ownerKey: keys!.ownerKey }])
  expect(await first.log()).not.toContain(keys!.ownerKey)
  await first.close()

  const later = await keysOf(await fixture.launch({ userDataDir: first.userDataDir }))
  expect(later?.pin).toBe(keys!.pin)
  expect(later?.ownerKey).not.toBe(keys!.ownerKey)
})

test('quitting lets the server go and leaves no process behind', async () => {
  const quitting = await fixture.launch()
  const itsPage = await quitting.page()
  const port = await findFreePort()
  const state = await itsPage.evaluate(async (hostPort) => {
    await window.desktop.changeSettings({ hostPort })
    return window.desktop.startHost()
  }, port)
  expect(state).toMatchObject({ phase: 'running' })
  const [serverPid] = await quitting.evaluate(({ standIn }) => standIn.processes.map(({ pid }) => pid))
  await quitting.evaluate(({ electron }) => void setImmediate(() => electron.app.quit()))
  await quitting.exited()
  expect(await isFree(port)).toBe(true)
  expect(() => process.kill(serverPid!, 0)).toThrow('ESRCH')
})
