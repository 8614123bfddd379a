import { expect, test } from 'vitest'
import { CallView } from '#renderer/state/call.svelte.ts'
import { HostView } from '#renderer/state/host.svelte.ts'
import { Meetings } from '#renderer/state/meetings.svelte.ts'
import { SettingsView } from '#renderer/state/settings.svelte.ts'
import { en } from '#renderer/texts/en.ts'
import { CallDouble, code, DesktopDouble, greenRoomState } from '../ui/doubles.ts'

const open = (pageServerUrl: string | null = null) => {
  const [desktop, call] = [new DesktopDouble(), new CallDouble()]
  const meetings = new Meetings({
    call: new CallView(call),
    host: new HostView(desktop, desktop.host),
    settings: new SettingsView(desktop, desktop.settings),
    texts: en,
    pageServerUrl,
    goTo: () => undefined,
  })
  return { desktop, call, meetings }
}

test('a browser hosts on the server of its page and starts none', async () => {
  const { desktop, call, meetings } = open('https://meet.example')
  await meetings.host()
  expect(call.asked).toEqual([['host', 'https://meet.example', { title: 'Ann’s meeting' }]])
  expect(desktop.asked).toEqual([])
})

test('a start that was cancelled makes no meeting, even when the server answers late', async () => {
  const { desktop, call, meetings } = open()
  let answer: (() => void) | undefined
  desktop.startHost = () =>
    new Promise((resolve) => {
      answer = () => resolve(desktop.hostAfterStart)
    })
  const hosting = meetings.host()
  expect(meetings.isStartingHost).toBe(true)
  meetings.cancel()
  expect(meetings.isStartingHost).toBe(false)
  answer?.()
  await hosting
  expect(call.asked).toEqual([])
  expect(desktop.asked).toEqual([['stopHost']])
})

test('trying again repeats what was tried last', async () => {
  const { call, meetings } = open()
  meetings.open('http://192.168.1.20:8001', code)
  meetings.tryAgain()
  expect(call.asked).toEqual([
    ['open', 'http://192.168.1.20:8001', code],
    ['open', 'http://192.168.1.20:8001', code],
  ])
  await meetings.host()
  meetings.tryAgain()
  await expect.poll(() => call.asked.slice(2).map(([verb]) => verb)).toEqual(['host', 'host'])
})

test('an access token is kept for the server that asked, and what was tried is tried again', async () => {
  const { desktop, call, meetings } = open('https://meet.example')
  await meetings.host()
  await meetings.showAccessToken('https://meet.example', 'a-token')
  expect(desktop.settings.accessTokens).toEqual([{ origin: 'https://meet.example', token: 'a-token' }])
  await expect.poll(() => call.asked.map(([verb]) => verb)).toEqual(['host', 'host'])
})

test('an access token that cannot be kept is not tried with', async () => {
  const { desktop, call, meetings } = open('https://meet.example')
  await meetings.host()
  desktop.changeSettings = () => Promise.reject(new Error('refused'))
  await expect(meetings.showAccessToken('https://meet.example', 'a-token')).rejects.toThrow('refused')
  expect(call.asked).toHaveLength(1)
})

test('a meeting that was made is opened again, not made twice', async () => {
  const { call, meetings } = open('https://meet.example')
  call.host = () => {
    call.set(greenRoomState())
    return Promise.resolve()
  }
  await meetings.host()
  meetings.tryAgain()
  expect(call.asked).toEqual([['open', 'https://meet.example', code]])
})

test('only the meeting that this window made is its own', async () => {
  const { call, meetings } = open()
  call.host = () => {
    call.set(greenRoomState())
    return Promise.resolve()
  }
  expect(meetings.isHostOf(code)).toBe(false)
  await meetings.host()
  expect(meetings.isHostOf(code)).toBe(true)
  expect(meetings.isHostOf('3h9xkd71qmtv')).toBe(false)
})
