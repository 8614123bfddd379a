import { expect, test } from 'vitest'
import { SettingsView } from '#renderer/state/settings.svelte.ts'
import { DesktopDouble } from '../ui/doubles.ts'

const meeting = (number: number) => ({
  code: `code-${String(number)}`,
  serverUrl: 'http://a',
  title: '',
  at: number,
  link: '',
})

test('a meeting is remembered once, newest first, and at most twelve are', async () => {
  const desktop = new DesktopDouble()
  const settings = new SettingsView(desktop, desktop.settings)
  for (let number = 1; number <= 14; number += 1) {
    settings.rememberMeeting(meeting(number))
    await expect.poll(() => settings.current.recent[0]).toEqual(meeting(number))
  }
  expect(settings.current.recent).toHaveLength(12)
  settings.rememberMeeting({ ...meeting(10), at: 99 })
  await expect.poll(() => settings.current.recent[0]).toEqual({ ...meeting(10), at: 99 })
  expect(settings.current.recent.filter(({ code }) => code === 'code-10')).toHaveLength(1)
})

test('a meeting whose host has another address is remembered once, when its invitation is the same', async () => {
  const desktop = new DesktopDouble()
  const settings = new SettingsView(desktop, desktop.settings)
  const [first, moved] = [1, 2].map((at) => ({ ...meeting(1), serverUrl: `https://10.0.0.${String(at)}:8001`, at }))
  settings.rememberMeeting({ ...first!, link: 'https://10.0.0.1:8001/r/code-1#a' })
  await expect.poll(() => settings.current.recent).toHaveLength(1)
  settings.rememberMeeting({ ...moved!, link: 'https://10.0.0.1:8001/r/code-1#a' })
  await expect.poll(() => settings.current.recent.map(({ at }) => at)).toEqual([2])
  settings.rememberMeeting({ ...first!, at: 3 })
  await expect.poll(() => settings.current.recent.map(({ at }) => at)).toEqual([3, 2])
})

test('an access token is for the origin that asked for it, and for no other', async () => {
  const desktop = new DesktopDouble()
  const settings = new SettingsView(desktop, desktop.settings)
  await settings.keepAccessToken('https://meet.example/r/k7mq-2xvd-9thr', 'first-token')
  await settings.keepAccessToken('https://meet.example:8443', 'other-port')
  expect(settings.accessTokenFor('https://meet.example')).toBe('first-token')
  expect(settings.accessTokenFor('https://meet.example:8443/')).toBe('other-port')
  for (const other of ['http://meet.example', 'https://example', 'https://evil.meet.example', 'no address', '']) {
    expect(settings.accessTokenFor(other)).toBeNull()
  }
})

test('a new access token takes the place of the former one, twelve are kept, and one can be forgotten', async () => {
  const desktop = new DesktopDouble()
  const settings = new SettingsView(desktop, desktop.settings)
  for (let number = 1; number <= 13; number += 1) {
    await settings.keepAccessToken(`http://host-${String(number)}:8001`, 'old')
  }
  await settings.keepAccessToken('http://host-13:8001', 'new')
  expect(desktop.settings.accessTokens).toHaveLength(12)
  expect(settings.accessTokenFor('http://host-13:8001')).toBe('new')
  expect(settings.accessTokenFor('http://host-2:8001')).toBe('old')
  expect(settings.accessTokenFor('http://host-1:8001')).toBeNull()
  settings.forgetAccessToken('http://host-13:8001')
  await expect.poll(() => settings.accessTokenFor('http://host-13:8001')).toBeNull()
  expect(desktop.settings.accessTokens).toHaveLength(11)
})

test('a change that the desktop refuses rejects and changes nothing', async () => {
  const desktop = new DesktopDouble({ name: 'Ann' })
  const settings = new SettingsView(desktop, desktop.settings)
  desktop.changeSettings = () => Promise.reject(new Error('refused'))
  await expect(settings.change({ name: 'x' })).rejects.toThrow('refused')
  expect(settings.current.name).toBe('Ann')
})

test('a change made elsewhere is followed until the view is closed', () => {
  const desktop = new DesktopDouble({ name: 'Ann' })
  const settings = new SettingsView(desktop, desktop.settings)
  desktop.tell('settingsChanged', { ...desktop.settings, name: 'Anna' })
  expect(settings.current.name).toBe('Anna')
  settings.close()
  desktop.tell('settingsChanged', { ...desktop.settings, name: 'Ben' })
  expect(settings.current.name).toBe('Anna')
})
