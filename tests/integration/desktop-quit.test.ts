import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { DesktopFixture, findFreePort, type TestPageWindow } from '#tests/helpers/electron-stand-in-fixture.ts'
import type { DesktopUnderTest } from '#tests/helpers/electron-stand-in.ts'

declare const window: TestPageWindow & typeof globalThis

let fixture: DesktopFixture
let app: DesktopUnderTest
beforeAll(async () => {
  fixture = await DesktopFixture.build()
}, 60_000)
afterAll(() => fixture.close())
beforeEach(async () => {
  app = await fixture.launch()
  await app.page()
})

const beInCall = async (isInCall = true) =>
  (await app.page()).evaluate((value) => window.desktop.setInCall(value), isInCall)
const askToQuit = () => app.evaluate(({ electron }) => void setImmediate(() => electron.app.quit()))
const closeWindow = () => app.evaluate(({ standIn }) => void setImmediate(() => standIn.windows[0]!.close()))
const dialogs = () => app.evaluate(({ standIn }) => standIn.record.dialogs.map(({ options }) => options))
const press = (button: number) => app.evaluate(({ standIn }, index) => standIn.record.dialogs[0]!.answer(index), button)
const oneDialog = async () => {
  await expect.poll(dialogs).toHaveLength(1)
  return (await dialogs())[0]!
}
const blockers = () => app.evaluate(({ standIn }) => standIn.record.displayBlockers.size)

test('closing the window outside of a call ends the app without a question', async () => {
  await closeWindow()
  await app.exited()
})

test.each([
  ['closing the window', closeWindow],
  ['quitting', askToQuit],
])('%s in a call asks, and staying changes nothing', async (_, act) => {
  await beInCall()
  await act()
  const { message, buttons, defaultId, cancelId } = await oneDialog()
  expect(message).toBe('Leave the call and quit?')
  expect(buttons).toEqual(['Leave and quit', 'Stay in the call'])
  expect([defaultId, cancelId]).toEqual([1, 1])
  await act()
  expect(await dialogs()).toHaveLength(1)
  await press(1)
  await expect.poll(dialogs).toEqual([])
  expect(await app.evaluate(({ standIn }) => standIn.windows.length)).toBe(1)
})

test.each([
  ['closing the window', closeWindow],
  ['quitting', askToQuit],
])('%s in a call and saying so ends the app', async (_, act) => {
  await beInCall()
  await act()
  await oneDialog()
  await press(0)
  await app.exited()
})

test('who hosts is told that the meeting goes on elsewhere or ends for everyone', async () => {
  const page = await app.page()
  await page.evaluate(
    async (hostPort) => {
      await window.desktop.changeSettings({ hostPort })
      await window.desktop.startHost()
    },
    await findFreePort(),
  )
  await beInCall()
  await closeWindow()
  const { message, detail } = await oneDialog()
  expect(message).toBe('Stop hosting and quit?')
  expect(detail).toContain('another computer in it goes on')
  expect(detail).toContain('ends for everyone')
  await press(0)
  await app.exited()
})

test('a system that shuts down is not held up by the question', async () => {
  await beInCall()
  await app.evaluate(({ electron }) => {
    electron.powerMonitor.emit('shutdown')
    setImmediate(() => electron.app.quit())
  })
  await app.exited()
})

test('the display stays awake during a call, and no longer', async () => {
  await beInCall()
  await beInCall()
  expect(await blockers()).toBe(1)
  await beInCall(false)
  expect(await blockers()).toBe(0)
})

test('a page that starts over is in no call', async () => {
  await beInCall()
  await (await app.page()).reload()
  await expect.poll(blockers).toBe(0)
  await closeWindow()
  await app.exited()
})

const crash = () =>
  app.evaluate(({ standIn }) => {
    const { contents } = standIn.windows[0]!
    contents.emit('render-process-gone', new standIn.StoppableEvent(), { reason: 'crashed', exitCode: 11 })
  })

test('a page that crashes is loaded again, and the person is told', async () => {
  const page = await app.page()
  const isReloaded = page.waitForEvent('load')
  await crash()
  await isReloaded
  expect((await oneDialog()).message).toBe('Earshot had to start its window again')
  expect(await app.log()).toContain('crashed (11)')
})

test('a page that crashes over and over asks before it goes on', async () => {
  for (const _ of [1, 2]) {
    await crash()
    await oneDialog()
    await press(0)
  }
  await crash()
  expect((await oneDialog()).buttons).toEqual(['Try again', 'Quit'])
  await press(1)
  await app.exited()
})
