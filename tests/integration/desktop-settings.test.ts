import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DesktopFixture, type TestPageWindow } from '#tests/helpers/electron-stand-in-fixture.ts'
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
  const recent = [{ code: 'k7mq2xvd9thr', serverUrl: '', title: 'Stand-up', at: 1_700_000_000_000 }]
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
