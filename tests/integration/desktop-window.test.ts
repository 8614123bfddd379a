import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requestNames } from '#electron/ipc.ts'
import { DesktopFixture, type TestPageWindow } from '#tests/helpers/electron-stand-in-fixture.ts'
import type { DesktopUnderTest } from '#tests/helpers/electron-stand-in.ts'

declare const window: TestPageWindow & typeof globalThis

let fixture: DesktopFixture
let app: DesktopUnderTest
let page: Page
beforeAll(async () => {
  fixture = await DesktopFixture.build()
  app = await fixture.launch({ args: ['--remote-debugging-port=9', '--ignore-certificate-errors'] })
  page = await app.page()
}, 60_000)
afterAll(() => fixture.close())

const openedLinks = () => app.evaluate(({ standIn }) => [...standIn.record.openedLinks])

describe('the window', () => {
  test('shows the bundle as a secure context once it has a picture', async () => {
    expect(await page.textContent('h1')).toBe('Test page')
    expect(await page.evaluate(() => isSecureContext)).toBe(true)
    const found = await app.evaluate(({ standIn }) => {
      const [shown] = standIn.windows
      return { url: shown!.contents.mainFrame.url, isShown: shown!.isShown, preferences: shown!.options.webPreferences }
    })
    expect(found).toMatchObject({
      url: 'app://bundle/',
      isShown: true,
      preferences: {
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        webviewTag: false,
        devTools: false,
      },
    })
  })

  test('gives the page the contract and nothing else of Electron or Node', async () => {
    const found = await page.evaluate(() => ({
      names: Object.keys(window.desktop),
      isFrozen: Object.isFrozen(window.desktop),
      leaks: ['require', 'process', 'module', 'ipcRenderer', 'electron', 'Buffer'].filter((name) => name in globalThis),
    }))
    expect(found.names.toSorted()).toEqual([...Object.keys(requestNames), 'on'].toSorted())
    expect(found).toMatchObject({ isFrozen: true, leaks: [] })
  })

  test('has a menu without Reload and developer tools when packaged', async () => {
    const menu = JSON.stringify(await app.evaluate(({ standIn }) => standIn.record.menu))
    expect(menu).toContain('zoomIn')
    expect(menu).not.toMatch(/reload|toggleDevTools/)
  })

  test('takes debugging switches off the command line of the packaged app', async () => {
    const left = await app.evaluate(({ electron }) =>
      ['remote-debugging-port', 'ignore-certificate-errors'].filter((name) => electron.app.commandLine.hasSwitch(name)),
    )
    expect(left).toEqual([])
  })
})

describe('app://bundle', () => {
  const ask = (address: string, method = 'GET') =>
    app.evaluate(
      async ({ standIn }, asked) => {
        const response = await standIn.protocol.answer(asked.address, asked.method)
        const headers = Object.fromEntries(response?.headers ?? [])
        return { status: response?.status, headers, text: await response?.text() }
      },
      { address, method },
    )

  test.each(['/', '/index.html', '/page.js', '/assets/style.css', '/nothing-here'])(
    'answers %s with the policy and without type sniffing',
    async (path) => {
      const { headers } = await ask(`app://bundle${path}`)
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
      expect(headers['content-security-policy']).not.toContain('unsafe')
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-type': expect.any(String) as string,
      })
    },
  )

  test.each([
    '/../electron/main.js',
    '/..%2felectron%2fmain.js',
    '/assets/..%2f..%2felectron/main.js',
    '/..\\electron\\main.js',
    '/%2e%2e/electron/main.js',
    '/%00',
    '/%',
    '/assets',
    '/r/k7mq2xvd9thr',
    '/INDEX.HTML',
  ])('has nothing at %s', async (path) => {
    expect(await ask(`app://bundle${path}`)).toMatchObject({ status: 404, text: '' })
  })

  test('has nothing on another host, and takes nothing', async () => {
    expect(await ask('app://evil/')).toMatchObject({ status: 404 })
    expect(await ask('app://bundle/', 'POST')).toMatchObject({ status: 405 })
    expect(await ask('app://bundle/', 'HEAD')).toMatchObject({ status: 200, text: '' })
  })

  test('lets no injected script run and the page load nothing from elsewhere', async () => {
    const refused = await page.evaluate(async () => {
      const names: string[] = []
      const script = document.createElement('script')
      try {
        script.text = 'window.wasInjected = true'
      } catch {
        names.push('trusted-types')
      }
      document.body.append(script)
      const violation = Promise.withResolvers<SecurityPolicyViolationEvent>()
      document.addEventListener('securitypolicyviolation', (event) => {
        if (event.blockedURI.startsWith('http://127.0.0.1:9')) violation.resolve(event)
      })
      await fetch('http://127.0.0.1:9/').catch(() => undefined)
      names.push((await violation.promise).effectiveDirective)
      return { names, wasInjected: 'wasInjected' in window }
    })
    expect(refused.wasInjected).toBe(false)
    expect(refused.names).toEqual(expect.arrayContaining(['trusted-types', 'connect-src']))
  })
})

describe('permissions', () => {
  const answers = (question: { permission: string; origin?: string; isMainFrame?: boolean }, partition = '') =>
    app.evaluate(
      async ({ electron, standIn }, { question, partition }) => {
        if (partition !== '') electron.session.fromPartition(partition)
        const session = standIn.sessionOf(partition)
        const contents = standIn.windows[0]!.contents.self
        const full = { origin: 'app://bundle', ...question }
        return [await session.asks(contents, full), session.checks(contents, full)]
      },
      { question, partition },
    )

  test('the page gets camera and microphone', async () => {
    expect(await answers({ permission: 'media' })).toEqual([true, true])
    const kinds = await page.evaluate(async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
      const found = stream.getTracks().map((track) => track.kind)
      for (const track of stream.getTracks()) track.stop()
      return found
    })
    expect(kinds.toSorted()).toEqual(['audio', 'video'])
  })

  test.each([
    'geolocation',
    'notifications',
    'clipboard-read',
    'hid',
    'usb',
    'serial',
    'midi',
    'display-capture',
    'idle-detection',
    'openExternal',
    'fileSystem',
    'window-management',
    'local-network',
  ])('the page gets no %s', async (permission) => expect(await answers({ permission })).toEqual([false, false]))

  test.each(['app://evil', 'https://bundle', 'http://127.0.0.1:8001', 'app://bundle.evil.example', 'null'])(
    'a page of %s gets no camera',
    async (origin) => expect(await answers({ permission: 'media', origin })).toEqual([false, false]),
  )

  test('a frame inside the page gets none', async () => {
    expect(await answers({ permission: 'media', isMainFrame: false })).toEqual([false, false])
  })

  test('a session that is made later is held to the same', async () => {
    expect(await answers({ permission: 'geolocation' }, 'later')).toEqual([false, false])
    expect(await answers({ permission: 'media', origin: 'https://evil.example' }, 'later')).toEqual([false, false])
  })

  test('workers, devices and screens are refused', async () => {
    const found = await app.evaluate(async ({ standIn }) => {
      const session = standIn.sessionOf('')
      return {
        worker: session.checks(null, { permission: 'media', origin: 'app://bundle' }),
        device: session.checksDevice('app://bundle'),
        display: await session.asksForDisplay(standIn.windows[0]!.contents.mainFrame),
      }
    })
    expect(found).toEqual({ worker: false, device: false, display: null })
  })
})

describe('navigation', () => {
  test.each(['https://evil.example/', 'http://127.0.0.1:9/', 'http://bundle.app.localhost.evil.example/'])(
    'the page cannot go to %s',
    async (address) => {
      const countRefused = async () => (await app.log()).split('navigation away from the page was refused').length
      const before = await countRefused()
      await page.evaluate((to) => window.location.assign(to), address)
      await expect.poll(countRefused).toBe(before + 1)
      expect(await page.textContent('h1')).toBe('Test page')
      expect(page.url()).toBe('http://bundle.app.localhost/')
    },
  )

  test('a web link opens in the system, as it was parsed', async () => {
    await page.evaluate(() => window.open('https://example.org/a b', '_blank'))
    await expect.poll(openedLinks).toContain('https://example.org/a%20b')
    const pages = page.context().pages()
    expect(pages).toEqual([page])
  })

  test.each([
    'file:///etc/passwd',
    'ms-msdt:/id',
    'smb://host/share',
    'https://user:secret@example.org/',
    'about:blank',
    'app://bundle/',
    `https://example.org/${'a'.repeat(3000)}`,
  ])('a link to %s opens nothing', async (address) => {
    const found = await app.evaluate(({ standIn }, url) => {
      const before = standIn.record.openedLinks.length
      const answer = standIn.windows[0]!.contents.askToOpen(url)
      return { answer, opened: standIn.record.openedLinks.length - before }
    }, address)
    expect(found).toEqual({ answer: 'deny', opened: 0 })
  })

  test('frames, webviews and redirects to elsewhere are refused', async () => {
    const wereStopped = await app.evaluate(({ standIn }) => {
      const { contents } = standIn.windows[0]!
      const away = { url: 'https://evil.example/', isMainFrame: true }
      return [
        ['will-redirect', away],
        ['will-frame-navigate', { url: 'app://bundle/', isMainFrame: false }],
        ['will-attach-webview', {}],
      ].map(([name, details]) => {
        const event = Object.assign(new standIn.StoppableEvent(), details)
        contents.emit(name as string, event)
        return event.defaultPrevented
      })
    })
    expect(wereStopped).toEqual([true, true, true])
  })
})
