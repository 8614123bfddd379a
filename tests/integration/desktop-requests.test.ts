import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Requests } from '#electron/ipc.ts'
import { DesktopFixture, type TestPageWindow } from '#tests/helpers/electron-stand-in-fixture.ts'
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

const bridgeless = (frame: 'child' | 'none' | 'detached' | 'foreign') =>
  app.evaluate(async ({ standIn }, kind) => {
    const { contents } = standIn.windows[0]!
    const { mainFrame } = contents
    const frames = {
      child: { origin: 'app://bundle', detached: false },
      none: null,
      detached: { origin: 'app://bundle', detached: true },
      foreign: { origin: 'https://evil.example', detached: false },
    }
    const event = { senderFrame: frames[kind], sender: contents.self, mainFrame }
    return standIn.ipcMain.invoke(event, 'request:getSettings', []).then(
      () => 'answered',
      (error: unknown) => String(error),
    )
  }, frame)

test.each(['child', 'none', 'detached', 'foreign'] as const)(
  'a message from a frame that is %s is refused',
  async (kind) => {
    expect(await bridgeless(kind)).toContain('getSettings: refused')
  },
)

test('a frame inside the page has no bridge, and no answer if it finds the channel', async () => {
  const answer = await page.evaluate(async () => {
    const frame = document.createElement('iframe')
    document.body.append(frame)
    const inner = frame.contentWindow as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
    const hasBridge = 'desktop' in inner
    const answered = await inner['__electronStandInInvoke']!('request:getSettings', []).catch((error: unknown) =>
      String(error),
    )
    frame.remove()
    return { hasBridge, answered }
  })
  expect(answer.hasBridge).toBe(false)
  expect(answer.answered).toContain('refused')
})

const pin = 'p'.repeat(43)
const meeting = { code: 'k7mq2xvd9thr', title: 'Stand-up', name: 'Ada', isGuarded: false, former: [pin] }
const hostile: Record<keyof Requests, readonly (readonly unknown[])[]> = {
  getInfo: [[1], [{}]],
  getSettings: [['name']],
  changeSettings: [
    [],
    [null],
    [[]],
    ['name'],
    [{ unknown: 1 }],
    [{ name: 1 }],
    [{ name: 'a'.repeat(65) }],
    [{ name: 'ok', theme: 'blue' }],
    [{ hostPort: 80 }],
    [{ hostPort: 8001.5 }],
    [{ hostPort: NaN }],
    [{ hostPort: '8001' }],
    [{ serverUrl: 'javascript:alert(1)' }],
    [{ serverUrl: 'https://user:secret@example.org' }],
    [{ recent: [{ code: 'a', serverUrl: '', title: '', at: -1, link: '' }] }],
    [{ recent: [{ code: 'a', serverUrl: '', title: '', at: 1 }] }],
    [{ recent: [{ code: 'a', serverUrl: '', title: '', at: 1, link: 'x'.repeat(2049) }] }],
    [{ recent: Array.from({ length: 13 }, () => ({ code: 'a', serverUrl: '', title: '', at: 1, link: '' })) }],
    [{ recent: [{ code: 'a', serverUrl: '', title: '', at: 1, link: '', extra: true }] }],
    [{ announce: 'loudly' }],
    [{ relayOnly: 'yes' }],
    [{ mayInherit: 1 }],
    [{ accessTokens: [{ origin: 'javascript:alert(1)', token: 'secret' }] }],
    [{ accessTokens: [{ origin: 'https://example.org/path', token: 'secret' }] }],
    [{ accessTokens: [{ origin: 'https://example.org', token: '' }] }],
    [{ accessTokens: [{ origin: 'https://example.org', token: 'a'.repeat(513) }] }],
    [{ name: 'x'.repeat(10_000_000) }],
    [JSON.parse('{ "__proto__": { "name": "x" }, "constructor": 1 }')],
    [{ name: 'ok' }, { name: 'two' }],
  ],
  getHost: [[1]],
  startHost: [[8001], [{ port: 1 }]],
  stopHost: [[true]],
  getHostKeys: [[1], ['pin'], [{}]],
  checkReach: [[true], ['192.168.1.1']],
  announce: [
    [],
    [{}],
    [[]],
    ['k7mq2xvd9thr'],
    [{ ...meeting, code: '' }],
    [{ ...meeting, code: '../../etc' }],
    [{ ...meeting, title: 'x'.repeat(81) }],
    [{ ...meeting, name: 'x'.repeat(65) }],
    [{ ...meeting, isGuarded: 1 }],
    [{ ...meeting, port: 22 }],
    [{ ...meeting, former: undefined }],
    [{ ...meeting, former: pin }],
    [{ ...meeting, former: ['x'] }],
    [{ ...meeting, former: Array.from({ length: 6 }, () => pin) }],
    [meeting, meeting],
  ],
  watchNearby: [[], ['true'], [1], [null], [true, true]],
  findHost: [
    [],
    [null],
    ['192.168.1.20:8001'],
    [{ pin, addresses: '192.168.1.20:8001' }],
    [{ pin: 'x', addresses: [] }],
    [{ pin: `${pin}=`, addresses: [] }],
    [{ pin: `${pin.slice(1)}+`, addresses: [] }],
    [{ pin, addresses: Array.from({ length: 9 }, () => '192.168.1.20:8001') }],
    [{ pin, addresses: ['x'.repeat(65)] }],
    [{ pin, addresses: [8001] }],
    [{ pin, addresses: [], serverUrl: 'https://evil.example' }],
    [{ addresses: ['192.168.1.20:8001'] }],
    [{ pin, addresses: [], code: '../../etc' }],
    [{ pin, addresses: [], code: null }],
  ],
  hasVpn: [['x'], [null]],
  whyUnreachable: [
    [],
    [null],
    ['192.168.1.20'],
    ['file:///etc/passwd'],
    [`http://${'a'.repeat(2048)}`],
    ['http://192.168.1.20:8001', 1],
  ],
  getMediaAccess: [[], ['screen'], [{}], ['camera', 'microphone']],
  askMediaAccess: [[], ['screen'], [null]],
  openMediaSettings: [[], ['https://evil.example'], ['x-apple.systempreferences:'], [['camera']]],
  setInCall: [[], ['true'], [1], [null], [true, true]],
  log: [[], ['info'], ['fatal', 'x'], ['info', 1], ['info', 'x'.repeat(2001)], ['info', 'x', {}]],
}

test.each(Object.entries(hostile))(
  '%s refuses what the contract does not allow, and nothing changes',
  async (name, payloads) => {
    const result = await app.evaluate(
      async ({ standIn }, { name, payloads }) => {
        const { contents } = standIn.windows[0]!
        const event = { senderFrame: contents.mainFrame, sender: contents.self }
        const read = async () =>
          JSON.stringify([
            await standIn.ipcMain.invoke(event, 'request:getSettings', []),
            await standIn.ipcMain.invoke(event, 'request:getHost', []),
            [...standIn.record.displayBlockers],
            standIn.record.openedLinks.length,
          ])
        const before = await read()
        const answered: unknown[] = []
        for (const payload of payloads) {
          const wasRefused = await standIn.ipcMain.invoke(event, `request:${name}`, payload).then(
            () => false,
            () => true,
          )
          if (!wasRefused) answered.push(payload)
        }
        return { answered, isUnchanged: before === (await read()), isPolluted: 'name' in {} }
      },
      { name, payloads },
    )
    expect(result).toEqual({ answered: [], isUnchanged: true, isPolluted: false })
  },
)

test('an unknown channel is not answered, electron-store’s neither', async () => {
  const found = await app.evaluate(async ({ standIn }) => ({
    answer: await standIn.ipcMain.invoke({}, 'request:eval', []).catch((error: unknown) => String(error)),
    storeListeners: standIn.ipcMain.listenerCount('electron-store-get-data'),
  }))
  expect(found.answer).toContain('No handler registered')
  expect(found.storeListeners).toBe(0)
})

test('getInfo says what this app runs on', async () => {
  const info = await page.evaluate(() => window.desktop.getInfo())
  expect(info).toMatchObject({ version: '0.1.0', locale: 'en-GB' })
})

test.each([
  ['linux', 'denied', 'unknown', false, []],
  [
    'darwin',
    'not-determined',
    'granted',
    true,
    ['x-apple.systempreferences:com.apple.preference.security?Privacy_Camera'],
  ],
  ['darwin', 'denied', 'denied', true, ['x-apple.systempreferences:com.apple.preference.security?Privacy_Camera']],
  ['win32', 'denied', 'denied', true, ['ms-settings:privacy-webcam']],
] as const)(
  'on %s, where the system says %s, asking for the camera gives %s',
  async (platform, status, wanted, hasPage, links) => {
    await app.evaluate(
      ({ standIn }, { platform, status }) => {
        Object.defineProperty(process, 'platform', { value: platform })
        standIn.record.mediaAccess.camera = status
        standIn.record.openedLinks.length = 0
      },
      { platform, status },
    )
    const found = await page.evaluate(async () => ({
      before: await window.desktop.getMediaAccess('camera'),
      after: await window.desktop.askMediaAccess('camera'),
      hasPage: await window.desktop.openMediaSettings('camera'),
    }))
    expect(found).toEqual({ before: platform === 'linux' ? 'unknown' : status, after: wanted, hasPage })
    expect(await app.evaluate(({ standIn }) => [...standIn.record.openedLinks])).toEqual(links)
    await app.evaluate((_, own) => void Object.defineProperty(process, 'platform', { value: own }), process.platform)
  },
)

test('the page’s lines go into the log file one line each, and only so many', async () => {
  await page.evaluate(async () => {
    await window.desktop.log('warn', 'first\n[error] forged')
    for (let line = 0; line < 300; line += 1) await window.desktop.log('info', `line ${String(line)}`)
  })
  const log = await app.log()
  expect(log).toMatch(/\[warn\].*\[page\] first · \[error\] forged\n/)
  expect(log).not.toContain('line 299')
})
