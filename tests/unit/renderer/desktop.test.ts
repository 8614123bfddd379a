import { afterEach, describe, expect, test } from 'vitest'
import { openDesktop } from '#renderer/desktop.ts'

const key = 'earshot.settings'
afterEach(() => {
  localStorage.clear()
})

describe('in a browser', () => {
  test('settings outlive the page', async () => {
    await openDesktop().changeSettings({ name: 'Ann', theme: 'dark' })
    expect(await openDesktop().getSettings()).toMatchObject({
      ...{ name: 'Ann', theme: 'dark' },
      ...{ hostPort: 8001, mayInherit: true },
    })
  })

  test.each(['', '{', 'null', '[]', '"text"', '42'])(
    'stored settings that read %s are as if there were none',
    async (stored) => {
      localStorage.setItem(key, stored)
      expect(await openDesktop().getSettings()).toMatchObject({ name: '', theme: 'system', cameraOn: true, recent: [] })
    },
  )

  test('an ill field falls back by itself and leaves the others', async () => {
    localStorage.setItem(key, JSON.stringify({ name: 'Ann', theme: 'pink', hostPort: 1, recent: [{ code: 1 }] }))
    expect(await openDesktop().getSettings()).toMatchObject({
      name: 'Ann',
      theme: 'system',
      hostPort: 8001,
      recent: [],
    })
  })

  test('access tokens outlive the page, and ill ones are as if there were none', async () => {
    const accessTokens = [{ origin: location.origin, token: 'a-token-of-this-server' }]
    await openDesktop().changeSettings({ accessTokens })
    expect(await openDesktop().getSettings()).toMatchObject({ accessTokens })
    for (const ill of ['all', [{ origin: 1 }], [{ origin: 'http://a', token: '' }]]) {
      localStorage.setItem(key, JSON.stringify({ name: 'Ann', accessTokens: ill }))
      expect(await openDesktop().getSettings()).toMatchObject({ name: 'Ann', accessTokens: [] })
    }
  })

  test('a change in another tab is told, until nobody listens', async () => {
    const desktop = openDesktop()
    const heard: string[] = []
    const stop = desktop.on('settingsChanged', ({ name }) => heard.push(name))
    window.dispatchEvent(new StorageEvent('storage', { key, newValue: JSON.stringify({ name: 'Ben' }) }))
    stop()
    await desktop.changeSettings({ name: 'Cleo' })
    expect(heard).toEqual(['Ben'])
  })

  test('nothing can be hosted, and no system page opened', async () => {
    const desktop = openDesktop()
    expect(await desktop.getInfo()).toMatchObject({ platform: 'browser' })
    expect(await desktop.startHost()).toEqual({ phase: 'off' })
    expect(await desktop.getHostKeys()).toBeNull()
    expect(await desktop.openMediaSettings('camera')).toBe(false)
  })
})

test('in the desktop app the preload’s bridge is used as it is', () => {
  const bridge = { ...openDesktop() }
  Object.defineProperty(window, 'desktop', { value: bridge, configurable: true })
  expect(openDesktop()).toBe(bridge)
  Reflect.deleteProperty(window, 'desktop')
})
