import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright'
import { expect, test } from 'playwright/test'
import type { DesktopApi } from '#electron/ipc.ts'

declare const window: { readonly desktop: DesktopApi } & typeof globalThis

/** Electron's own rule (node_modules/electron/index.js), without its download. */
const isElectronThere = (): boolean => {
  const pathFile = join('node_modules', 'electron', 'path.txt')
  const program = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : 'electron'
  return existsSync(
    join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join('node_modules', 'electron', 'dist'), program),
  )
}

test.describe('the app in a real Electron', () => {
  test.skip(!isElectronThere(), 'there is no Electron binary here (npx install-electron gets it)')

  let userDataDir: string
  let app: ElectronApplication
  let page: Page
  test.beforeAll(async () => {
    userDataDir = await mkdtemp(join(tmpdir(), 'earshot-live-'))
    app = await _electron.launch({
      args: ['.', `--user-data-dir=${userDataDir}`, '--use-fake-device-for-media-stream'],
    })
    page = await app.firstWindow()
    await page.waitForLoadState()
  })
  test.afterAll(async () => {
    await app.close()
    await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 })
  })

  test('shows the page of the bundle, in a sandbox, with the bridge and nothing of Node', async () => {
    expect(page.url()).toBe('app://bundle/')
    const found = await page.evaluate(() => ({
      origin: window.location.origin,
      isSecure: window.isSecureContext,
      hasRequire: 'require' in window || 'process' in window,
      hasBridge: typeof window.desktop.startHost,
    }))
    expect(found).toEqual({ origin: 'app://bundle', isSecure: true, hasRequire: false, hasBridge: 'function' })
    await expect(page.getByRole('button', { name: 'Host a meeting' })).toBeVisible()
  })

  test('gets camera and microphone without a question', async () => {
    const kinds = await page.evaluate(async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
      return stream.getTracks().map(({ kind, readyState }) => `${kind} ${readyState}`)
    })
    expect(kinds.toSorted()).toEqual(['audio live', 'video live'])
  })

  test('hosts, and reaches its own server by a plain socket on every address', async () => {
    const state = await page.evaluate(() => window.desktop.startHost())
    if (state.phase !== 'running') throw new Error(`Hosting is ${state.phase}`)
    const hosts = [
      '127.0.0.1',
      ...state.addresses.filter(({ family }) => family === 'IPv4').map(({ address }) => address),
    ]
    for (const host of hosts) {
      const packet = await page.evaluate(
        (url) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(url)
            socket.onmessage = ({ data }) => resolve(String(data))
            socket.onerror = () => resolve('refused')
          }),
        `ws://${host}:${String(state.port)}/socket.io/?EIO=4&transport=websocket`,
      )
      expect(packet, host).toMatch(/^0\{"sid"/)
    }
    expect(await page.evaluate(() => window.desktop.stopHost())).toEqual({ phase: 'off' })
  })

  test('stays on its page', async () => {
    await page.evaluate(() => window.location.assign('https://example.org/'))
    expect(await page.evaluate(() => window.open('about:blank'))).toBeNull()
    expect(page.url()).toBe('app://bundle/')
    expect(app.windows()).toHaveLength(1)
  })
})
