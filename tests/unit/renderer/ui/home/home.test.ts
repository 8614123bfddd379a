import { describe, expect, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import { code, identity } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const host = screen.getByRole('button', { name: 'Host a meeting' })
const join = screen.getByRole('button', { name: 'Join', exact: true })
const codeOrLink = screen.getByRole('textbox', { name: 'Code or link' })
const yourName = screen.getByRole('textbox', { name: 'Your name' })

describe('the name', () => {
  test('the first time it is asked for, and hosting without one says so and goes to the field', async () => {
    const { call } = await openWindow({ settings: { name: '' } })
    await host.click()
    await expect.element(screen.getByText(/Enter your name first/)).toBeVisible()
    await expect.element(yourName).toHaveFocus()
    expect(call.asked).toEqual([])
  })

  test('typed once, it is kept and used', async () => {
    const { desktop, call } = await openWindow({ settings: { name: '' } })
    await yourName.fill('  Ben   Okafor ')
    await host.click()
    await expect.poll(() => desktop.settings.name).toBe('Ben Okafor')
    await expect
      .poll(() => call.asked.at(-1))
      .toEqual(['host', 'http://127.0.0.1:8001', { title: 'Ben Okafor’s meeting' }])
  })

  test('known, it is shown and can be changed; an empty one leaves the former', async () => {
    const { desktop } = await openWindow({ settings: { name: 'Ann' } })
    await expect.element(screen.getByRole('heading', { name: 'Ann' })).toBeVisible()
    await screen.getByRole('button', { name: 'Change your name' }).click()
    await yourName.fill('Anna')
    await codeOrLink.click()
    await expect.element(screen.getByRole('heading', { name: 'Anna' })).toBeVisible()
    expect(desktop.settings.name).toBe('Anna')
    await screen.getByRole('button', { name: 'Change your name' }).click()
    await yourName.fill('')
    await codeOrLink.click()
    await expect.element(screen.getByRole('heading', { name: 'Anna' })).toBeVisible()
    expect(desktop.settings.name).toBe('Anna')
  })
})

describe('joining', () => {
  test.each([
    ['', 'Enter the code or the link'],
    ['what/is:this', 'neither a code nor a link'],
    ['javascript:alert(1)', 'neither a code nor a link'],
    ['Tuesday at nine', 'does not say where the meeting is'],
    ['ftp://example.org/r/k7mq-2xvd-9thr', 'neither a code nor a link'],
    ['192.168.1.20:8001', 'Add the code or the name of the meeting'],
    ['k7mq-2xvd-9thr', 'does not say where the meeting is'],
  ])('"%s" is answered with what is missing', async (typed, sentence) => {
    const { call } = await openWindow()
    await codeOrLink.fill(typed)
    await join.click()
    await expect.element(screen.getByText(new RegExp(sentence))).toBeVisible()
    await expect.element(codeOrLink).toHaveFocus()
    expect(call.asked).toEqual([])
  })

  test.each([
    ['http://192.168.1.20:8001/r/k7mq-2xvd-9thr', 'k7mq-2xvd-9thr'],
    ['192.168.1.20:8001/r/k7mq2xvd9thr', 'k7mq2xvd9thr'],
    ['192.168.1.20:8001 K7MQ 2XVD 9THR', 'K7MQ 2XVD 9THR'],
    ['192.168.1.20:8001 appointment 42', 'appointment 42'],
    ['http://192.168.1.20:8001/r/appointment%2042/?name=Ada', 'appointment 42'],
  ])('%s leads to its server', async (typed, room) => {
    const { call } = await openWindow()
    await codeOrLink.fill(typed)
    await join.click()
    const host = { pin: null, addresses: ['192.168.1.20:8001'] }
    await expect.poll(() => call.asked).toEqual([['open', 'http://192.168.1.20:8001', room, null, host]])
  })

  test('a bare code is looked up on the server of the settings, else on the own one', async () => {
    const { call, desktop, page } = await openWindow({ settings: { serverUrl: 'https://meet.example' } })
    await codeOrLink.fill('k7mq-2xvd-9thr')
    await join.click()
    await expect.poll(() => call.asked.at(-1)).toEqual(['open', 'https://meet.example', 'k7mq-2xvd-9thr', null])
    await page.settings.change({ serverUrl: '' })
    desktop.tell('hostChanged', desktop.hostAfterStart)
    await codeOrLink.fill('3f2a1c9e-77aa')
    await join.click()
    await expect.poll(() => call.asked.at(-1)).toEqual(['open', 'http://127.0.0.1:8001', '3f2a1c9e-77aa', null])
  })

  test('in a browser a bare code is looked up on the server of the page, and a foreign link goes to its own page', async () => {
    const { call, wentTo } = await openWindow({ platform: 'browser' })
    await codeOrLink.fill('k7mq-2xvd-9thr')
    await join.click()
    await expect.poll(() => call.asked).toEqual([['open', location.origin, 'k7mq-2xvd-9thr', null]])
    await codeOrLink.fill('https://meet.example/r/Tuesday%20at%20nine')
    await join.click()
    await expect.poll(() => wentTo).toEqual(['https://meet.example/r/Tuesday%20at%20nine'])
    expect(call.asked).toHaveLength(1)
  })
})

describe('hosting in the desktop app', () => {
  test('the steps of starting are shown, and can be cancelled', async () => {
    const { desktop, call } = await openWindow({
      prepare: (double) => {
        double.startHost = () => {
          double.tell('hostChanged', { phase: 'starting', step: 'port' })
          return new Promise(() => undefined)
        }
      },
    })
    await host.click()
    await expect.element(screen.getByRole('listitem').filter({ hasText: 'Finding a free port' })).toBeVisible()
    await expect
      .element(screen.getByRole('listitem').filter({ hasText: 'Finding a free port' }))
      .toHaveAttribute('aria-current', 'step')
    await screen.getByRole('button', { name: 'Cancel' }).click()
    await expect.element(host).toBeVisible()
    expect(desktop.asked).toContainEqual(['stopHost'])
    expect(call.asked).toEqual([])
  })

  test('a failure is said in a sentence and can be tried again', async () => {
    const { desktop, call } = await openWindow({
      prepare: (double) => {
        double.hostAfterStart = { phase: 'failed', reason: 'no-free-port' }
      },
    })
    const works = { ...desktop.hostAfterStart }
    await host.click()
    await expect.element(screen.getByText(/All the ports that were tried/)).toBeVisible()
    expect(works).toMatchObject({ phase: 'failed' })
    desktop.hostAfterStart = {
      phase: 'running',
      url: 'http://127.0.0.1:9000',
      port: 9000,
      takenPort: null,
      addresses: [],
      identity,
    }
    await screen.getByRole('button', { name: 'Try again' }).click()
    await expect.poll(() => call.asked.at(-1)?.slice(0, 2)).toEqual(['host', 'http://127.0.0.1:9000'])
  })

  test('a server that goes on running is said, and can be stopped', async () => {
    const { desktop } = await openWindow({
      prepare: (double) => {
        double.host = double.hostAfterStart
      },
    })
    await expect.element(screen.getByText(/hosting on 192\.168\.1\.20:8001/)).toBeVisible()
    await screen.getByRole('button', { name: 'Stop hosting' }).click()
    await expect.element(screen.getByText(/hosting on/)).not.toBeInTheDocument()
    expect(desktop.asked).toContainEqual(['stopHost'])
  })
})

describe('what the system asks before the first time', () => {
  const question = { win32: /Windows asks once/, darwin: /macOS asks once/ } as const

  test.each(['win32', 'darwin'] as const)('is said on %s, and no more once one has hosted', async (platform) => {
    const first = await openWindow({ platform })
    await expect.element(screen.getByText(question[platform])).toBeVisible()
    await expect.element(host).toHaveAccessibleDescription(question[platform])
    await host.click()
    await expect.poll(() => first.call.asked.at(-1)?.[0]).toBe('host')
    first.call.set({ phase: 'failed', problem: 'timeout', serverUrl: '', asked: null })
    first.call.set({ phase: 'idle' })
    await expect.element(host).toBeVisible()
    await expect.element(screen.getByText(question[platform])).not.toBeInTheDocument()
  })

  test.each(['linux', 'browser'] as const)('is nothing on %s', async (platform) => {
    await openWindow({ platform })
    await expect.element(host).toBeVisible()
    await expect.element(screen.getByText(/asks once/)).not.toBeInTheDocument()
  })
})

describe('recent meetings', () => {
  const recent = [
    { code, serverUrl: 'https://meet.example', title: 'Tuesday', at: Date.now() - 3_600_000, link: '' },
    { code: '3h9xkd71qmtv', serverUrl: 'http://127.0.0.1:8001', title: '', at: Date.now() - 86_400_000, link: '' },
  ]

  test('one click leads in again', async () => {
    const { call } = await openWindow({ settings: { recent } })
    await screen.getByRole('button', { name: /^Join Tuesday again/ }).click()
    await expect.poll(() => call.asked).toEqual([['open', 'https://meet.example', code, null]])
  })

  test('one on this computer starts its server first', async () => {
    const { call, desktop } = await openWindow({ settings: { recent } })
    await screen.getByRole('button', { name: /^Join Meeting again/ }).click()
    await expect.poll(() => call.asked).toEqual([['open', 'http://127.0.0.1:8001', '3h9xkd71qmtv', null]])
    expect(desktop.asked.filter(([verb]) => verb === 'startHost')).toHaveLength(1)
  })

  test('one can be removed', async () => {
    const { desktop } = await openWindow({ settings: { recent } })
    await screen.getByRole('button', { name: /^Remove Tuesday/ }).click()
    await expect.element(screen.getByRole('button', { name: /^Join Tuesday again/ })).not.toBeInTheDocument()
    expect(desktop.settings.recent).toEqual(recent.slice(1))
  })
})

describe('settings', () => {
  test('the theme follows the choice at once', async () => {
    await openWindow({ settings: { theme: 'light' } })
    await expect.poll(() => document.documentElement.dataset['theme']).toBe('light')
    await screen.getByRole('button', { name: 'Settings' }).click()
    await screen.getByRole('radio', { name: 'Dark' }).click()
    await expect.poll(() => document.documentElement.dataset['theme']).toBe('dark')
  })

  test('what cannot be is refused in words, and nothing is changed', async () => {
    const { desktop } = await openWindow()
    await screen.getByRole('button', { name: 'Settings' }).click()
    await screen.getByRole('textbox', { name: 'Port for hosting' }).fill('80')
    await screen.getByRole('button', { name: 'Save' }).click()
    await expect.element(screen.getByText(/from 1024 to 65535/)).toBeVisible()
    await screen.getByRole('textbox', { name: 'Port for hosting' }).fill('9000')
    await screen.getByRole('textbox', { name: 'Server for short codes' }).fill('meet.example')
    await screen.getByRole('button', { name: 'Save' }).click()
    await expect.element(screen.getByText(/begins with https:\/\//)).toBeVisible()
    expect(desktop.settings).toMatchObject({ hostPort: 8001, serverUrl: '' })
    await screen.getByRole('textbox', { name: 'Server for short codes' }).fill('https://meet.example')
    await screen.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => desktop.settings).toMatchObject({ hostPort: 9000, serverUrl: 'https://meet.example' })
    await expect.element(screen.getByRole('dialog')).not.toBeInTheDocument()
  })

  test('what this network sees of hosted meetings is chosen at once', async () => {
    const { desktop } = await openWindow()
    await screen.getByRole('button', { name: 'Settings' }).click()
    await screen.getByRole('radio', { name: 'That there is a meeting' }).click()
    await expect.poll(() => desktop.settings.announce).toBe('unnamed')
  })

  test.each(['linux', 'browser'] as const)(
    'on %s sound and picture can be sent through a relay only',
    async (platform) => {
      const { desktop } = await openWindow({ platform })
      await screen.getByRole('button', { name: 'Settings' }).click()
      const hide = screen.getByRole('switch', { name: 'Hide my addresses' })
      await expect.element(hide).toHaveAccessibleDescription(/It needs a relay/)
      await hide.click()
      await expect.poll(() => desktop.settings.relayOnly).toBe(true)
      await expect.element(hide).toBeChecked()
    },
  )

  test('this computer takes over meetings unless that is turned off', async () => {
    const { desktop } = await openWindow()
    await screen.getByRole('button', { name: 'Settings' }).click()
    const mayInherit = screen.getByRole('switch', { name: 'Let this computer take over a meeting' })
    await expect.element(mayInherit).toBeChecked()
    await expect.element(mayInherit).toHaveAccessibleDescription(/^If the computer that hosts goes away/)
    await mayInherit.click()
    await expect.poll(() => desktop.settings.mayInherit).toBe(false)
    await expect.element(mayInherit).not.toBeChecked()
  })

  test('a browser has no host to set up', async () => {
    await openWindow({ platform: 'browser' })
    await screen.getByRole('button', { name: 'Settings' }).click()
    await expect.element(screen.getByRole('textbox', { name: 'Your name' })).toBeVisible()
    await expect.element(screen.getByRole('textbox', { name: 'Port for hosting' })).not.toBeInTheDocument()
    await expect.element(screen.getByRole('radio', { name: 'That there is a meeting' })).not.toBeInTheDocument()
    await expect.element(screen.getByRole('switch', { name: /take over/ })).not.toBeInTheDocument()
  })
})
