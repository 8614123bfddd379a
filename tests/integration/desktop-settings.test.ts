import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DesktopFixture, type TestPageWindow } from '#tests/helpers/electron-stand-in-fixture.ts'
import { createKeychain } from '#tests/helpers/electron-stand-in-safe-storage.ts'
import type { DesktopUnderTest } from '#tests/helpers/electron-stand-in.ts'

declare const window: TestPageWindow & typeof globalThis

let fixture: DesktopFixture
beforeAll(async () => {
  fixture = await DesktopFixture.build()
}, 60_000)
afterAll(() => fixture.close())

const settingsOf = async (app: DesktopUnderTest) => (await app.page()).evaluate(() => window.desktop.getSettings())
const settingsFile = (app: DesktopUnderTest) => join(app.userDataDir, 'settings.json')
/** An app that finds this settings file. */
const launchWith = async (text: string) => {
  const userDataDir = await mkdtemp(join(tmpdir(), 'earshot-desktop-'))
  await writeFile(join(userDataDir, 'settings.json'), text)
  return fixture.launch({ userDataDir })
}

test('settings and the window’s place outlive the app, in a file for this person only', async () => {
  const first = await fixture.launch()
  const page = await first.page()
  expect(await settingsOf(first)).toMatchObject({ name: '', theme: 'system', hostPort: 8001 })
  const recent = [{ code: 'k7mq2xvd9thr', serverUrl: '', title: 'Stand-up', at: 1_700_000_000_000, link: '' }]
  const accessTokens = [{ origin: 'https://meet.example', token: '0123456789abcdef' }]
  const changed = await page.evaluate(
    (lists) => window.desktop.changeSettings({ name: 'Ada', theme: 'dark', ...lists }),
    { recent, accessTokens },
  )
  expect(changed).toMatchObject({ name: 'Ada', theme: 'dark', recent, accessTokens, cameraOn: true })
  await expect.poll(() => page.evaluate(() => window.notices)).toContainEqual(['settingsChanged', changed])
  await first.evaluate(({ electron, standIn }) => {
    standIn.windows[0]!.bounds = { x: 300, y: 200, width: 500, height: 600 }
    setImmediate(() => electron.app.quit())
  })
  await first.exited()
  expect((await stat(settingsFile(first))).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600)

  const second = await fixture.launch({ userDataDir: first.userDataDir })
  expect(await settingsOf(second)).toEqual(changed)
  const found = await second.evaluate(({ electron, standIn }) => {
    const { x, y, width, height, minWidth, minHeight } = standIn.windows[0]!.options
    return { bounds: [x, y, width, height], minimum: [minWidth, minHeight], theme: electron.nativeTheme.themeSource }
  })
  expect(found).toEqual({ bounds: [300, 200, 500, 600], minimum: [360, 480], theme: 'dark' })
})

// Each starts the app up to four times.
describe('access tokens on the disk', { timeout: 60_000 }, () => {
  const accessTokens = [
    { origin: 'https://meet.example', token: 'token-0123456789abcdef' },
    { origin: 'http://192.168.1.20:8001', token: 'token-fedcba9876543210' },
  ]
  const readSettings = async (app: DesktopUnderTest) => readFile(settingsFile(app), 'utf8')
  const keep = async (app: DesktopUnderTest, tokens = accessTokens) =>
    (await app.page()).evaluate((lists) => window.desktop.changeSettings(lists), { accessTokens: tokens })
  const tokensIn = async (app: DesktopUnderTest) => (await settingsOf(app)).accessTokens
  /** The next start with the same profile. */
  const relaunch = async (app: DesktopUnderTest, keychain = fixture.keychain) => {
    await app.close()
    return fixture.launch({ userDataDir: app.userDataDir, keychain })
  }
  const without = { ...createKeychain(), isAvailable: false }
  const secrets = [...accessTokens.map(({ token }) => token), 'token-']
  const expectSealed = async (app: DesktopUnderTest) => {
    const text = await readSettings(app)
    for (const { origin } of accessTokens) expect(text).toContain(origin)
    for (const secret of secrets) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(Buffer.from(secret).toString('base64').slice(0, -4))
    }
  }

  test('are encrypted there, also by later changes, and known again at the next start, newest first', async () => {
    const first = await fixture.launch()
    expect((await keep(first)).accessTokens).toEqual(accessTokens)
    await expectSealed(first)
    await (await first.page()).evaluate(() => window.desktop.changeSettings({ name: 'Ada' }))
    await expectSealed(first)
    const second = await relaunch(first)
    expect(await settingsOf(second)).toMatchObject({ name: 'Ada', accessTokens })
    await expectSealed(second)
  })

  test('are kept as the last of several changes wants them, also when it takes the shortest', async () => {
    const app = await fixture.launch()
    await app.page()
    await app.evaluate(
      async ({ standIn }, changes) => {
        const { contents } = standIn.windows[0]!
        const event = { senderFrame: contents.mainFrame, sender: contents.self }
        await Promise.all(changes.map((change) => standIn.ipcMain.invoke(event, 'request:changeSettings', [change])))
      },
      [{ accessTokens }, { name: 'Ada' }, { accessTokens: accessTokens.slice(0, 1) }],
    )
    const next = await relaunch(app)
    expect(await settingsOf(next)).toMatchObject({ name: 'Ada', accessTokens: accessTokens.slice(0, 1) })
  })

  test('stay plain where nothing encrypts, and are encrypted at the first start where something does', async () => {
    const first = await fixture.launch({ keychain: without })
    await keep(first)
    expect(JSON.parse(await readSettings(first))).toMatchObject({ settings: { accessTokens } })
    expect((await stat(settingsFile(first))).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600)
    const second = await relaunch(first, without)
    expect(await tokensIn(second)).toEqual(accessTokens)

    const third = await relaunch(second)
    expect(await tokensIn(third)).toEqual(accessTokens)
    await expectSealed(third)
  })

  test('that are encrypted wait on the disk while the keychain is away', async () => {
    const first = await fixture.launch()
    await keep(first)
    const second = await relaunch(first, without)
    expect(await tokensIn(second)).toEqual([])
    expect(await second.log()).toMatch(/\[warn\] .*access tokens \(2\) stay locked/)
    const newer = { origin: accessTokens[1]!.origin, token: 'token-newer' }
    await keep(second, [newer])
    expect(await readSettings(second)).toContain(accessTokens[0]!.origin)
    await keep(second, [])
    expect(await readSettings(second)).not.toContain(newer.origin)
    await keep(second, [newer])
    const third = await relaunch(second)
    expect(await tokensIn(third)).toEqual([newer, accessTokens[0]!])
    await expectSealed(third)
  })

  test('that cannot be decrypted any more are dropped, the rest stays, and the log says so without them', async () => {
    const first = await fixture.launch()
    await keep(first)
    await (await first.page()).evaluate(() => window.desktop.changeSettings({ name: 'Ada' }))
    const second = await relaunch(first, createKeychain())
    expect(await settingsOf(second)).toMatchObject({ name: 'Ada', accessTokens: [] })
    const log = await second.log()
    expect(log).toMatch(/\[warn\] .*access tokens \(2\) cannot be decrypted/)
    for (const secret of [...secrets, 'meet.example']) expect(log).not.toContain(secret)
    expect(await readSettings(second)).not.toContain('meet.example')
    expect((await readdir(second.userDataDir)).filter((name) => name.includes('corrupt'))).toEqual([])

    const third = await relaunch(second, fixture.keychain)
    expect(await tokensIn(third)).toEqual([])
    await keep(third)
    expect(await tokensIn(await relaunch(third))).toEqual(accessTokens)
  })
})

test.each([
  ['is no JSON', '{ "settings": '],
  ['breaks a limit', '{ "version": 0, "settings": { "hostPort": 80 } }'],
  ['is far too large', `{ "settings": { "name": "${'a'.repeat(2_000_000)}" } }`],
])('a settings file that %s is put aside, and the defaults take its place', async (_, text) => {
  const app = await launchWith(text)
  expect(await settingsOf(app)).toMatchObject({ name: '', hostPort: 8001 })
  expect(await readFile(join(app.userDataDir, 'settings.corrupt-1.json'), 'utf8')).toBe(text)
  expect(await app.log()).toContain('kept as settings.corrupt-1.json')
  await (await app.page()).evaluate(() => window.desktop.changeSettings({ name: 'Ada' }))
  expect(JSON.parse(await readFile(settingsFile(app), 'utf8'))).toMatchObject({ settings: { name: 'Ada' } })
})

test('unknown fields of a newer version are let go, missing ones get their default', async () => {
  const app = await launchWith('{ "version": 9, "settings": { "name": "Ada", "wings": 2 }, "tail": true }')
  expect(await settingsOf(app)).toMatchObject({ name: 'Ada', cameraOn: true })
  expect((await readdir(app.userDataDir)).filter((name) => name.includes('corrupt'))).toEqual([])
})

test('a second start with the same profile brings the first window forward and ends', async () => {
  const first = await fixture.launch()
  await first.page()
  const second = await fixture.launch({ userDataDir: first.userDataDir })
  await second.exited()
  await expect.poll(() => first.evaluate(({ standIn }) => standIn.windows[0]!.focusCount)).toBe(1)
})

test('--profile gives another person settings of their own', async () => {
  const app = await fixture.launch({ args: ['--profile=Bob'] })
  await (await app.page()).evaluate(() => window.desktop.changeSettings({ name: 'Bob' }))
  expect(existsSync(settingsFile(app))).toBe(false)
  expect(await readFile(join(`${app.userDataDir}-bob`, 'settings.json'), 'utf8')).toContain('"Bob"')
})

test('--profile with a path in it is passed over', async () => {
  const app = await fixture.launch({ args: ['--profile=../../x'] })
  await (await app.page()).evaluate(() => window.desktop.changeSettings({ name: 'Eve' }))
  expect(existsSync(settingsFile(app))).toBe(true)
})
