import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DesktopFixture, type TestPageWindow } from '#tests/helpers/electron-stand-in-fixture.ts'
import type { DesktopUnderTest } from '#tests/helpers/electron-stand-in.ts'

declare const window: TestPageWindow & typeof globalThis

const link = 'earshot://192.168.1.20:8001/r/k7mq2xvd9thr#AQNsZWdpdA'

let fixture: DesktopFixture
beforeAll(async () => {
  fixture = await DesktopFixture.build()
}, 60_000)
afterAll(() => fixture.close())

const opened = (page: Page) =>
  page.evaluate(() => window.notices.filter(([name]) => name === 'invitationOpened').map(([, each]) => each))
const openUrl = (app: DesktopUnderTest, url: string) =>
  app.evaluate(({ electron, standIn }, each) => electron.app.emit('open-url', new standIn.StoppableEvent(), each), url)

test('a link that the app is started with reaches the page once, and nothing is connected', async () => {
  const app = await fixture.launch({ args: [link, '--original-process-start-time=13'] })
  const page = await app.page()
  await expect.poll(() => opened(page)).toEqual([link])
  await page.reload()
  await expect.poll(() => page.evaluate(() => window.desktop.getHost())).toEqual({ phase: 'off' })
  expect(await opened(page)).toEqual([])
})

test.each([
  ['switches around it', ['--remote-debugging-port=9', link, '--no-sandbox'], [link]],
  ['two links', [link, `${link}x`], []],
  ['a link with a switch inside', [`${link} --inspect`], []],
])('started with %s, the page hears of the link alone', async (_, args, wanted) => {
  const app = await fixture.launch({ args })
  const page = await app.page()
  // A link that comes later is told after what the app was started with.
  const last = 'earshot://192.168.1.99:8001/r/last'
  await page.evaluate(() => window.desktop.getInfo())
  await openUrl(app, last)
  await expect.poll(() => opened(page)).toEqual([...wanted, last])
})

describe('while the app runs', () => {
  let app: DesktopUnderTest
  let page: Page
  beforeAll(async () => {
    app = await fixture.launch()
    page = await app.page()
  })

  test('a second start hands its link over, brings the window forward and ends', async () => {
    const second = await fixture.launch({ userDataDir: app.userDataDir, args: ['--no-sandbox', link] })
    await second.exited()
    await expect.poll(() => opened(page)).toEqual([link])
    expect(await app.evaluate(({ standIn }) => standIn.windows[0]!.focusCount)).toBe(1)
  })

  test('a second start without a link, or with a bad one, only brings the window forward', async () => {
    for (const args of [['--remote-debugging-port=9'], ['earshot://a b']]) {
      const second = await fixture.launch({ userDataDir: app.userDataDir, args })
      await second.exited()
    }
    await expect.poll(() => app.evaluate(({ standIn }) => standIn.windows[0]!.focusCount)).toBe(3)
    expect(await opened(page)).toEqual([link])
  })

  test('what macOS opens arrives, brings the window forward, and a reload brings nothing back', async () => {
    const other = link.replace('.20', '.21')
    await openUrl(app, other)
    await openUrl(app, 'https://evil.example/')
    await expect.poll(() => opened(page)).toEqual([link, other])
    expect(await app.evaluate(({ standIn }) => standIn.windows[0]!.focusCount)).toBe(4)
    await page.reload()
    await openUrl(app, link)
    await expect.poll(() => opened(page)).toEqual([link])
  })

  test('a link that comes while the page is gone waits for the next one', async () => {
    await app.evaluate(({ electron, standIn }, url) => {
      const { contents } = standIn.windows[0]!
      contents.emit('render-process-gone', new standIn.StoppableEvent(), { reason: 'crashed', exitCode: 5 })
      electron.app.emit('open-url', new standIn.StoppableEvent(), url)
    }, `${link}w`)
    await expect.poll(() => opened(page)).toEqual([`${link}w`])
  })

  test('only the page itself can say that it listens', async () => {
    const waiting = await app.evaluate(({ electron, standIn }, url) => {
      const { contents } = standIn.windows[0]!
      contents.emit('did-start-navigation', Object.assign(new standIn.StoppableEvent(), { isMainFrame: true }))
      electron.app.emit('open-url', new standIn.StoppableEvent(), url)
      const child = { origin: 'app://bundle', detached: false }
      for (const senderFrame of [child, null]) standIn.ipcMain.emit('listening', { senderFrame }, 'invitationOpened')
      for (const name of [1, null, {}, '__proto__', 'hostChanged'])
        standIn.ipcMain.emit('listening', { senderFrame: contents.mainFrame }, name)
      return url
    }, `${link}only`)
    await page.evaluate(() => window.desktop.getInfo())
    expect(await opened(page)).not.toContain(waiting)
    await page.evaluate(() => window.desktop.on('invitationOpened', () => undefined))
    await expect.poll(() => opened(page)).toContain(waiting)
  })

  test('the system was asked to open links with this app', async () => {
    expect(await app.evaluate(({ standIn }) => standIn.app.protocolClients)).toEqual([['earshot']])
  })
})
