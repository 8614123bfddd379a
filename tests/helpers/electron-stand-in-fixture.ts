import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildDesktop } from '#build/build.ts'
import type { DesktopApi, Notices } from '#electron/ipc.ts'
import { createKeychain } from './electron-stand-in-safe-storage.ts'
import { DesktopUnderTest, type LaunchOptions } from './electron-stand-in.ts'

/** What the small page of these tests has on its window. */
export interface TestPageWindow {
  readonly desktop: DesktopApi
  /** Every notice so far, oldest first. */
  readonly notices: { [Name in keyof Notices]: [Name, ...Notices[Name]] }[keyof Notices][]
}

const pageFiles = {
  'index.html':
    '<!doctype html><meta charset="utf-8"><title>Test page</title><h1>Test page</h1><script src="/page.js"></script>',
  'page.js': `
    window.notices = []
    for (const name of ['hostChanged', 'settingsChanged', 'networkChanged', 'nearbyChanged', 'invitationOpened'])
      window.desktop.on(name, (...args) => window.notices.push([name, ...args]))
  `,
  'assets/style.css': 'body { color: red }',
}

/** The desktop app built from the sources, with a page that only listens, and the apps started from it. */
export class DesktopFixture {
  readonly distDir: string
  /** The keychain of this computer, for each app that is given no other. */
  readonly keychain = createKeychain()
  readonly #apps: DesktopUnderTest[] = []

  private constructor(distDir: string) {
    this.distDir = distDir
  }

  static async build(): Promise<DesktopFixture> {
    const distDir = await mkdtemp(join(tmpdir(), 'earshot-dist-'))
    await buildDesktop(distDir)
    for (const [name, text] of Object.entries(pageFiles)) {
      await mkdir(join(distDir, 'renderer', name, '..'), { recursive: true })
      await writeFile(join(distDir, 'renderer', name), text)
    }
    return new DesktopFixture(distDir)
  }

  /** Starts an app; `close` of the fixture ends it at the latest. */
  async launch(options: Omit<LaunchOptions, 'distDir'> = {}): Promise<DesktopUnderTest> {
    const app = await DesktopUnderTest.launch({ distDir: this.distDir, keychain: this.keychain, ...options })
    this.#apps.push(app)
    return app
  }

  async close(): Promise<void> {
    for (const app of this.#apps) await app.dispose()
    await rm(this.distDir, { recursive: true, force: true })
  }
}

/** A port of this computer that nobody listens on just now. */
export const findFreePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
